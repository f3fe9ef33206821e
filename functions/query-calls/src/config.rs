//! The function's settings.

use std::time::Duration;

use ringback_api::Tenancy;
use ringback_connect::ids::InstanceArn;
use ringback_lambda::{BadVariable, Vars};

/// The settings of `query-calls`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CALLS_TABLE`
    pub calls_table: String,
    /// `CALL_RETENTION_DAYS`
    pub call_retention: Duration,
    /// `RECORDINGS_BUCKET`
    pub recordings_bucket: String,
    /// `INSTANCE_ARN` and `TENANT_CLAIM`: whose calls a request may see.
    pub tenancy: Tenancy,
    /// `LINK_SECONDS`
    pub link_life: Duration,
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
        let claim = vars.optional("TENANT_CLAIM").filter(|claim| *claim != "none");
        let days = vars.number("CALL_RETENTION_DAYS", 1095, 1..=3650)?;
        Ok(Self {
            calls_table: vars.required("CALLS_TABLE")?,
            call_retention: Duration::from_secs(days * 24 * 3600),
            recordings_bucket: vars.required("RECORDINGS_BUCKET")?,
            tenancy: Tenancy::new(claim.map(str::to_owned), instance.id.as_str().to_owned()),
            link_life: Duration::from_secs(vars.number("LINK_SECONDS", 300, 30..=3600)?),
        })
    }
}
