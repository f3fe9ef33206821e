//! The function's settings.

use std::time::Duration;

use ringback_accounts::PublicBase;
use ringback_lambda::{BadVariable, Vars};
use ringback_outbound::simulated_carriers;
use url::Url;

/// The settings of `carrier-webhook`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CARRIERS_TABLE`
    pub carriers_table: String,
    /// `CALLS_TABLE`
    pub calls_table: String,
    /// `CALL_RETENTION_DAYS`
    pub call_retention: Duration,
    /// `PUBLIC_BASE_URL`
    pub public_base: PublicBase,
    /// `DEAD_LETTER_QUEUE_URL`
    pub dead_letter_queue_url: String,
    /// `SIMULATED_CARRIERS`
    pub simulated_carriers: Option<Url>,
}

impl Config {
    /// Reads the settings; see the README for names, defaults and bounds.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_vars(vars: &Vars) -> Result<Self, BadVariable> {
        let base = vars.required("PUBLIC_BASE_URL")?;
        let public_base = PublicBase::parse(&base).ok_or_else(|| BadVariable {
            name: "PUBLIC_BASE_URL".to_owned(),
            problem: "must be https:// and a host, with a path if there is a base path mapping".to_owned(),
        })?;
        let days = vars.number("CALL_RETENTION_DAYS", 1095, 1..=3650)?;
        Ok(Self {
            carriers_table: vars.required("CARRIERS_TABLE")?,
            calls_table: vars.required("CALLS_TABLE")?,
            call_retention: Duration::from_secs(days * 24 * 3600),
            public_base,
            dead_letter_queue_url: vars.required("DEAD_LETTER_QUEUE_URL")?,
            simulated_carriers: simulated_carriers(vars)?,
        })
    }
}
