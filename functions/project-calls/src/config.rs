//! The function's settings.

use ringback_lambda::{BadVariable, Vars};

/// The settings of `project-calls`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CALLS_TABLE`
    pub calls_table: String,
    /// `CARRIERS_TABLE`
    pub carriers_table: String,
    /// `DEAD_LETTER_QUEUE_URL`
    pub dead_letter_queue_url: String,
}

impl Config {
    /// Reads the settings; see the README for names, defaults and bounds.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_vars(vars: &Vars) -> Result<Self, BadVariable> {
        Ok(Self {
            calls_table: vars.required("CALLS_TABLE")?,
            carriers_table: vars.required("CARRIERS_TABLE")?,
            dead_letter_queue_url: vars.required("DEAD_LETTER_QUEUE_URL")?,
        })
    }
}
