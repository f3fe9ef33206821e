//! The function's settings.

use ringback_lambda::{BadVariable, Vars};

/// The settings of `report-step`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `EVENT_BUS_NAME`
    pub event_bus_name: String,
    /// `DEAD_LETTER_QUEUE_URL`
    pub dead_letter_queue_url: String,
}

impl Config {
    /// Reads the settings; see the README for their names.
    ///
    /// # Errors
    /// Names the first variable that is missing.
    pub fn from_vars(vars: &Vars) -> Result<Self, BadVariable> {
        Ok(Self {
            event_bus_name: vars.required("EVENT_BUS_NAME")?,
            dead_letter_queue_url: vars.required("DEAD_LETTER_QUEUE_URL")?,
        })
    }
}
