//! The function's settings.

use std::time::Duration;

use ringback_lambda::{BadVariable, Vars};

/// The settings of `contact-events`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CONTACTS_TABLE`
    pub contacts_table: String,
    /// `RETENTION_DAYS`
    pub retention: Duration,
    /// `DEAD_LETTER_QUEUE_URL`
    pub dead_letter_queue_url: String,
    /// `EVENT_BUS_NAME`
    pub event_bus_name: String,
    /// `AGENT_NAMES`
    pub agent_names: bool,
}

impl Config {
    /// Reads the settings; see the README for names, defaults and bounds.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_vars(vars: &Vars) -> Result<Self, BadVariable> {
        Ok(Self {
            contacts_table: vars.required("CONTACTS_TABLE")?,
            retention: Duration::from_secs(vars.number("RETENTION_DAYS", 14, 1..=730)? * 24 * 3600),
            dead_letter_queue_url: vars.required("DEAD_LETTER_QUEUE_URL")?,
            event_bus_name: vars.required("EVENT_BUS_NAME")?,
            agent_names: vars.parsed("AGENT_NAMES", true, "on or off", on_or_off)?,
        })
    }
}

fn on_or_off(text: &str) -> Option<bool> {
    match text {
        "on" => Some(true),
        "off" => Some(false),
        _ => None,
    }
}
