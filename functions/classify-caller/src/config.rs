//! The function's settings.

use std::time::Duration;

use ringback_callers::Region;
use ringback_lambda::{BadVariable, Vars};

/// The settings of `classify-caller`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CALLERS_TABLE`
    pub callers_table: String,
    /// `CALLER_ATTRIBUTE`
    pub caller_attribute: String,
    /// `NUMBER_REGION`
    pub number_region: Region,
    /// `ANSWER_BUDGET_MS`
    pub budget: Duration,
    /// `ATTEMPT_TIMEOUT_MS`
    pub attempt_timeout: Duration,
    /// `RULES_SECONDS`
    pub rules_age: Duration,
    /// `LOOKUP_URL`, `LOOKUP_SECRET_ARN`, `LOOKUP_TIMEOUT_MS`: the operator's own backend, if there is one.
    pub lookup: Option<Lookup>,
}

/// The operator's own backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Where it is asked.
    pub url: String,
    /// The secret with the keys that sign requests and answers.
    pub secret_arn: String,
    /// How long it may take.
    pub timeout: Duration,
}

impl Config {
    /// Reads the settings; see the README for names, defaults and bounds.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_vars(vars: &Vars) -> Result<Self, BadVariable> {
        let timeout = Duration::from_millis(vars.number("LOOKUP_TIMEOUT_MS", 800, 50..=3000)?);
        let url = vars.parsed("LOOKUP_URL", None, "none or an https:// address", address)?;
        let secret_arn = vars
            .optional("LOOKUP_SECRET_ARN")
            .filter(|arn| *arn != "none")
            .map(str::to_owned);
        let lookup = match (url, secret_arn) {
            (None, _) => None,
            (Some(url), Some(secret_arn)) => Some(Lookup {
                url,
                secret_arn,
                timeout,
            }),
            (Some(_), None) => {
                return Err(BadVariable {
                    name: "LOOKUP_SECRET_ARN".to_owned(),
                    problem: "is not set, though LOOKUP_URL is".to_owned(),
                });
            }
        };
        Ok(Self {
            callers_table: vars.required("CALLERS_TABLE")?,
            caller_attribute: vars
                .optional("CALLER_ATTRIBUTE")
                .unwrap_or("CustomerPhoneNumber")
                .to_owned(),
            number_region: vars.parsed(
                "NUMBER_REGION",
                Region::default(),
                "a region of ISO 3166 such as US or GB",
                Region::parse,
            )?,
            budget: Duration::from_millis(vars.number("ANSWER_BUDGET_MS", 2500, 100..=7500)?),
            attempt_timeout: Duration::from_millis(vars.number("ATTEMPT_TIMEOUT_MS", 400, 50..=2000)?),
            rules_age: Duration::from_secs(vars.number("RULES_SECONDS", 60, 0..=3600)?),
            lookup,
        })
    }
}

/// `https://…`; `http://` only to this machine itself, for trying things out.
fn address(text: &str) -> Option<Option<String>> {
    if text == "none" {
        return Some(None);
    }
    let loopback = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"];
    let allowed = text.starts_with("https://") || loopback.iter().any(|start| text.starts_with(start));
    allowed.then(|| Some(text.to_owned()))
}
