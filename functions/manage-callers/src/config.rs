//! The function's settings.

use ringback_api::{Principals, Tenancy};
use ringback_connect::ids::{InstanceArn, InstanceId};
use ringback_lambda::{BadVariable, Vars};

/// The settings of `manage-callers`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CALLERS_TABLE`
    pub callers_table: String,
    /// `INSTANCE_ARN`: the tenant whose directory this is.
    pub tenant: InstanceId,
    /// `TENANT_CLAIM` and `TENANT_PRINCIPALS`: whose a request is.
    pub tenancy: Tenancy,
    /// `DEAD_LETTER_QUEUE_URL`
    pub dead_letter_queue_url: String,
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
        let principals = vars.parsed(
            "TENANT_PRINCIPALS",
            Principals::default(),
            "none, or a JSON object from ARNs of roles and users to tenants",
            |text| match text {
                "none" => Some(Principals::default()),
                text => Principals::parse(text),
            },
        )?;
        let tenancy = Tenancy::new(claim.map(str::to_owned), instance.id.as_str().to_owned());
        Ok(Self {
            callers_table: vars.required("CALLERS_TABLE")?,
            tenant: instance.id,
            tenancy: tenancy.with_principals(principals),
            dead_letter_queue_url: vars.required("DEAD_LETTER_QUEUE_URL")?,
        })
    }
}
