//! The function's settings.

use std::time::Duration;

use ringback_connect::Channel;
use ringback_contacts::{Mode, Policy};
use ringback_lambda::{BadVariable, Vars};

/// The settings of `last-agent`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CONTACTS_TABLE`
    pub contacts_table: String,
    /// `RETENTION_DAYS`
    pub retention: Duration,
    /// `CALLER_ATTRIBUTE`
    pub caller_attribute: String,
    /// `ANSWER_BUDGET_MS`
    pub budget: Duration,
    /// `ATTEMPT_TIMEOUT_MS`
    pub attempt_timeout: Duration,
    /// `SEARCH_CONTACTS`
    pub search: bool,
    /// `SEARCH_DAYS`
    pub search_days: i64,
    /// `SEARCH_TIMEOUT_MS`
    pub search_timeout: Duration,
    /// `STICKY_MODE`, `STICKY_WINDOW_DAYS`, `STICKY_MINIMUM_TALK_SECONDS`, `STICKY_CHANNELS`, `STICKY_OUTBOUND`,
    /// `STICKY_MINIMUM_RATING`, `STICKY_PER_AGENT_AND_HOUR`, `STICKY_PER_CALLER_AND_DAY`
    pub policy: Policy,
}

impl Config {
    /// Reads the settings; see the README for names, defaults and bounds.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_vars(vars: &Vars) -> Result<Self, BadVariable> {
        let days = |days: u64| Duration::from_secs(days * 24 * 3600);
        let standard = Policy::default();
        let window_days = vars.number("STICKY_WINDOW_DAYS", 7, 1..=56)?;
        Ok(Self {
            contacts_table: vars.required("CONTACTS_TABLE")?,
            // An item must outlive the window, or acquaintances vanish while they still count.
            retention: days(vars.number("RETENTION_DAYS", window_days.max(14), window_days..=730)?),
            caller_attribute: vars
                .optional("CALLER_ATTRIBUTE")
                .unwrap_or("CustomerPhoneNumber")
                .to_owned(),
            budget: Duration::from_millis(vars.number("ANSWER_BUDGET_MS", 2500, 100..=7500)?),
            attempt_timeout: Duration::from_millis(vars.number("ATTEMPT_TIMEOUT_MS", 400, 50..=2000)?),
            search: vars.parsed("SEARCH_CONTACTS", true, "on or off", on_or_off)?,
            search_days: i64::try_from(vars.number("SEARCH_DAYS", 7, 1..=56)?).unwrap_or(56),
            search_timeout: Duration::from_millis(vars.number("SEARCH_TIMEOUT_MS", 1000, 50..=5000)?),
            policy: Policy {
                mode: vars.parsed(
                    "STICKY_MODE",
                    standard.mode,
                    "same-first, same-only, agent-queue or off",
                    Mode::from_name,
                )?,
                window: days(window_days),
                minimum_talk: Duration::from_secs(vars.number(
                    "STICKY_MINIMUM_TALK_SECONDS",
                    10,
                    0..=3600,
                )?),
                channels: vars.parsed(
                    "STICKY_CHANNELS",
                    standard.channels,
                    "a comma-separated list of VOICE, CHAT, TASK and EMAIL",
                    channels,
                )?,
                outbound: vars.parsed("STICKY_OUTBOUND", false, "on or off", on_or_off)?,
                minimum_rating: u8::try_from(vars.number("STICKY_MINIMUM_RATING", 3, 1..=5)?).unwrap_or(5),
                per_agent_and_hour: cap(vars, "STICKY_PER_AGENT_AND_HOUR", 6)?,
                per_caller_and_day: cap(vars, "STICKY_PER_CALLER_AND_DAY", 3)?,
            },
        })
    }
}

/// A cap of 0 is no cap.
fn cap(vars: &Vars, name: &str, default: u64) -> Result<Option<u32>, BadVariable> {
    let cap = vars.number(name, default, 0..=100_000)?;
    Ok(u32::try_from(cap).ok().filter(|cap| *cap > 0))
}

fn on_or_off(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}

fn channels(text: &str) -> Option<Vec<Channel>> {
    text.split(',')
        .map(|word| match Channel::from(word) {
            Channel::Other(_) => None,
            known => Some(known),
        })
        .collect()
}
