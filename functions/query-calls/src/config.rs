//! The function's settings.

use std::time::Duration;

use ringback_api::{Principals, Roles, Tenancy};
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
    /// `INSTANCE_ARN`, `TENANT_CLAIM`, `TENANT_PRINCIPALS` and `ROLE_CLAIM`: whose calls a request may see, and who asks.
    pub tenancy: Tenancy,
    /// `NUMBERS_ROLE`: who sees whole numbers.
    pub numbers_role: Roles,
    /// `OPERATOR_ROLE`: who may put recordings under legal hold and end that; everybody where there is none.
    pub operator_role: Option<Roles>,
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
        let claim = |name| {
            let claim = vars.optional(name).filter(|claim| *claim != "none");
            claim.map(str::to_owned)
        };
        let tenancy = Tenancy::new(claim("TENANT_CLAIM"), instance.id.as_str().to_owned());
        let principals = vars.parsed(
            "TENANT_PRINCIPALS",
            Principals::default(),
            "none, or a JSON object from ARNs of roles and users to tenants",
            |text| match text {
                "none" => Some(Principals::default()),
                text => Principals::parse(text),
            },
        )?;
        let numbers_role = vars.parsed(
            "NUMBERS_ROLE",
            Roles::default(),
            "none, or roles with commas between them: words of tokens, ARNs of roles and users",
            |text| match text {
                "none" => Some(Roles::default()),
                text => Roles::parse(text),
            },
        )?;
        let operator_role = vars.parsed(
            "OPERATOR_ROLE",
            None,
            "none, or roles with commas between them: words of tokens, ARNs of roles and users",
            Roles::parse_optional,
        )?;
        let days = vars.number("CALL_RETENTION_DAYS", 1095, 1..=3650)?;
        Ok(Self {
            calls_table: vars.required("CALLS_TABLE")?,
            call_retention: Duration::from_secs(days * 24 * 3600),
            recordings_bucket: vars.required("RECORDINGS_BUCKET")?,
            tenancy: tenancy
                .with_principals(principals)
                .with_role_claim(claim("ROLE_CLAIM")),
            numbers_role,
            operator_role,
            link_life: Duration::from_secs(vars.number("LINK_SECONDS", 300, 30..=3600)?),
        })
    }
}
