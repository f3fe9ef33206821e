//! The function's settings.

use std::time::Duration;

use ringback_accounts::PublicBase;
use ringback_api::{Principals, Roles, Tenancy};
use ringback_connect::ids::{InstanceArn, InstanceId};
use ringback_lambda::{BadVariable, Vars};
use ringback_outbound::simulated_carriers;
use url::Url;

/// The settings of `place-call`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CALLS_TABLE`
    pub calls_table: String,
    /// `CALL_RETENTION_DAYS`
    pub call_retention: Duration,
    /// `CARRIERS_TABLE`
    pub carriers_table: String,
    /// `PUBLIC_BASE_URL`
    pub public_base: PublicBase,
    /// `INSTANCE_ARN`: the instance whose tenant may call over Amazon Connect.
    pub instance: InstanceId,
    /// `INSTANCE_ARN`, `TENANT_CLAIM`, `TENANT_PRINCIPALS` and `ROLE_CLAIM`: for whom a request calls, and who asks.
    pub tenancy: Tenancy,
    /// `PLACING_ROLE`: who may place and end calls; everybody where there is none.
    pub placing_role: Option<Roles>,
    /// `OPERATOR_ROLE`: who may take accounts out of use and back into it; everybody where there is none.
    pub operator_role: Option<Roles>,
    /// `EVENT_BUS_NAME`
    pub event_bus_name: String,
    /// `PLACE_TIMEOUT_MS`
    pub place_timeout: Duration,
    /// `SIMULATED_CARRIERS`, which counts only with `ALLOW_HTTP`
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
        let instance = vars.required("INSTANCE_ARN")?;
        let instance = InstanceArn::parse(&instance).map_err(|_| BadVariable {
            name: "INSTANCE_ARN".to_owned(),
            problem: "must be the ARN of an Amazon Connect instance".to_owned(),
        })?;
        let claim = |name| {
            let claim = vars.optional(name).filter(|claim| *claim != "none");
            claim.map(str::to_owned)
        };
        let principals = vars.parsed(
            "TENANT_PRINCIPALS",
            Principals::default(),
            "none, or a JSON object of ARNs of IAM roles or users, each with its tenant",
            |text| match text {
                "none" => Some(Principals::default()),
                text => Principals::parse(text),
            },
        )?;
        let tenancy = Tenancy::new(claim("TENANT_CLAIM"), instance.id.as_str().to_owned());
        let roles = |name| {
            let expected =
                "none, or roles with commas between them: words of tokens, ARNs of roles and users";
            vars.parsed(name, None, expected, Roles::parse_optional)
        };
        let days = vars.number("CALL_RETENTION_DAYS", 1095, 1..=3650)?;
        Ok(Self {
            calls_table: vars.required("CALLS_TABLE")?,
            call_retention: Duration::from_secs(days * 24 * 3600),
            carriers_table: vars.required("CARRIERS_TABLE")?,
            public_base,
            instance: instance.id,
            tenancy: tenancy
                .with_principals(principals)
                .with_role_claim(claim("ROLE_CLAIM")),
            placing_role: roles("PLACING_ROLE")?,
            operator_role: roles("OPERATOR_ROLE")?,
            event_bus_name: vars.required("EVENT_BUS_NAME")?,
            place_timeout: Duration::from_millis(vars.number("PLACE_TIMEOUT_MS", 8000, 1000..=15_000)?),
            simulated_carriers: simulated_carriers(vars)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:connect:eu-west-2:111122223333:instance/00000000-0000-4000-8000-000000000001";

    #[test]
    fn a_wrong_setting_is_named_and_what_is_left_out_has_its_default() {
        let with = |name: &str, value: &str| {
            let vars = Vars::from([
                ("CALLS_TABLE", "calls"),
                ("CARRIERS_TABLE", "carriers"),
                ("PUBLIC_BASE_URL", "https://calls.example.com"),
                ("INSTANCE_ARN", ARN),
                ("EVENT_BUS_NAME", "ringback"),
                (name, value),
            ]);
            Config::from_vars(&vars).map_err(|problem| problem.to_string())
        };
        for (name, value) in [
            ("PUBLIC_BASE_URL", "http://calls.example.com"),
            ("INSTANCE_ARN", "arn:aws:s3:::bucket"),
            ("TENANT_PRINCIPALS", "{\"clerk\": \"t-1\"}"),
            ("PLACING_ROLE", "desk,,supervisor"),
            ("OPERATOR_ROLE", "arn:aws:iam::111122223333:root"),
            ("PLACE_TIMEOUT_MS", "60000"),
            ("CALL_RETENTION_DAYS", "0"),
            ("SIMULATED_CARRIERS", "https://127.0.0.1:9000"),
            // Not without ALLOW_HTTP.
            ("SIMULATED_CARRIERS", "http://127.0.0.1:9000"),
            ("ALLOW_HTTP", "yes"),
        ] {
            let problem = with(name, value).unwrap_err();
            let start = format!("the environment variable {name} must be ");
            assert!(problem.starts_with(&start), "{problem}");
        }
        let config = with("SIMULATED_CARRIERS", "none").unwrap();
        assert_eq!(config.place_timeout, Duration::from_secs(8));
        assert!(config.simulated_carriers.is_none());
    }
}
