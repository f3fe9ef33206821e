//! The function's settings.

use std::time::Duration;

use ringback_lambda::{BadVariable, Vars};

/// The settings of `contact-records`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CONTACTS_TABLE`
    pub contacts_table: String,
    /// `RETENTION_DAYS`
    pub retention: Duration,
    /// `CALLS_TABLE`
    pub calls_table: String,
    /// `CALL_RETENTION_DAYS`
    pub call_retention: Duration,
    /// `DEAD_LETTER_QUEUE_URL`
    pub dead_letter_queue_url: String,
    /// `CALLER_ATTRIBUTE`
    pub caller_attribute: String,
    /// `RATING_ATTRIBUTE`
    pub rating_attribute: String,
}

impl Config {
    /// Reads the settings; see the README for names, defaults and bounds.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_vars(vars: &Vars) -> Result<Self, BadVariable> {
        let days = |days: u64| Duration::from_secs(days * 24 * 3600);
        Ok(Self {
            contacts_table: vars.required("CONTACTS_TABLE")?,
            retention: days(vars.number("RETENTION_DAYS", 14, 1..=730)?),
            calls_table: vars.required("CALLS_TABLE")?,
            call_retention: days(vars.number("CALL_RETENTION_DAYS", 1095, 1..=3650)?),
            dead_letter_queue_url: vars.required("DEAD_LETTER_QUEUE_URL")?,
            caller_attribute: vars
                .optional("CALLER_ATTRIBUTE")
                .unwrap_or("CustomerPhoneNumber")
                .to_owned(),
            rating_attribute: vars
                .optional("RATING_ATTRIBUTE")
                .unwrap_or("CustomerRating")
                .to_owned(),
        })
    }
}
