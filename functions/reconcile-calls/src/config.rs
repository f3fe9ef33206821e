//! The function's settings.

use std::time::Duration;

use ringback_connect::ids::InstanceArn;
use ringback_lambda::{BadVariable, Vars};
use ringback_outbound::simulated_carriers;
use url::Url;

/// The settings of `reconcile-calls`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CALLS_TABLE`
    pub calls_table: String,
    /// `CALL_RETENTION_DAYS`
    pub call_retention: Duration,
    /// `CARRIERS_TABLE`
    pub carriers_table: String,
    /// `INSTANCE_ARN`
    pub instance: InstanceArn,
    /// `RECORDINGS_QUEUE_URL`
    pub recordings_queue_url: String,
    /// `EVENT_BUS_NAME`
    pub event_bus_name: String,
    /// `RECONCILE_AT_ONCE`
    pub at_once: usize,
    /// `SIMULATED_CARRIERS`
    pub simulated_carriers: Option<Url>,
}

impl Config {
    /// Reads the settings; see the README for names, defaults and bounds.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_vars(vars: &Vars) -> Result<Self, BadVariable> {
        let instance = vars.required("INSTANCE_ARN")?;
        let instance = InstanceArn::parse(&instance).map_err(|_| BadVariable {
            name: "INSTANCE_ARN".to_owned(),
            problem: "must be the ARN of an Amazon Connect instance".to_owned(),
        })?;
        let days = vars.number("CALL_RETENTION_DAYS", 1095, 1..=3650)?;
        let at_once = vars.number("RECONCILE_AT_ONCE", 8, 1..=100)?;
        Ok(Self {
            calls_table: vars.required("CALLS_TABLE")?,
            call_retention: Duration::from_secs(days * 24 * 3600),
            carriers_table: vars.required("CARRIERS_TABLE")?,
            instance,
            recordings_queue_url: vars.required("RECORDINGS_QUEUE_URL")?,
            event_bus_name: vars.required("EVENT_BUS_NAME")?,
            at_once: usize::try_from(at_once).unwrap_or(8),
            simulated_carriers: simulated_carriers(vars)?,
        })
    }
}
