//! The function's settings.

use std::time::Duration;

use jiff::tz::TimeZone;
use ringback_lambda::{BadVariable, Vars};
use ringback_steps::Step;

use crate::hours::{Hours, Span};
use crate::mrkdwn::OrderLink;

/// The settings of `notify`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CONTACTS_TABLE`
    pub contacts_table: String,
    /// `NOTIFY_SECRET_ARN`
    pub secret_arn: Option<String>,
    /// `NOTIFY_STEPS`
    pub steps: Vec<Step>,
    /// `NOTIFY_HOURS` and `NOTIFY_TIME_ZONE`
    pub hours: Hours,
    /// `ORDER_LINK`
    pub order_link: Option<OrderLink>,
    /// `SEND_TIMEOUT_MS`
    pub send_timeout: Duration,
    /// `ALLOW_HTTP`
    pub allow_http: bool,
    /// `NOTIFY_QUEUE_URL`
    pub queue_url: String,
    /// `DEAD_LETTER_QUEUE_URL`
    pub dead_letter_queue_url: String,
}

impl Config {
    /// Reads the settings; see the README for names, defaults and bounds.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_vars(vars: &Vars) -> Result<Self, BadVariable> {
        let zone = vars.parsed(
            "NOTIFY_TIME_ZONE",
            TimeZone::UTC,
            "the IANA name of a time zone, for example Europe/Berlin",
            |name| TimeZone::get(name).ok(),
        )?;
        let spans = vars.parsed(
            "NOTIFY_HOURS",
            Vec::new(),
            "always, or days and hours like Mon-Fri 08:00-18:00, several with commas",
            Span::parse_list,
        )?;
        Ok(Self {
            contacts_table: vars.required("CONTACTS_TABLE")?,
            secret_arn: vars
                .optional("NOTIFY_SECRET_ARN")
                .filter(|arn| *arn != "none")
                .map(str::to_owned),
            steps: vars.parsed(
                "NOTIFY_STEPS",
                Step::ALL
                    .iter()
                    .copied()
                    .filter(|step| *step != Step::Chose)
                    .collect(),
                "a comma-separated list of steps",
                |list| list.split(',').map(|word| Step::from_name(word.trim())).collect(),
            )?,
            hours: Hours::new(spans, zone),
            order_link: vars.parsed(
                "ORDER_LINK",
                None,
                "none, or an https address with {orderId} once, that is not presigned",
                |text| match text {
                    "none" => Some(None),
                    template => OrderLink::parse(template).map(Some),
                },
            )?,
            send_timeout: Duration::from_millis(vars.number("SEND_TIMEOUT_MS", 5000, 500..=10_000)?),
            allow_http: vars.parsed("ALLOW_HTTP", false, "on or off", |word| match word {
                "on" => Some(true),
                "off" => Some(false),
                _ => None,
            })?,
            queue_url: vars.required("NOTIFY_QUEUE_URL")?,
            dead_letter_queue_url: vars.required("DEAD_LETTER_QUEUE_URL")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Result<Config, String> {
        let vars = Vars::from([
            ("CONTACTS_TABLE", "contacts"),
            ("NOTIFY_QUEUE_URL", "queue"),
            ("DEAD_LETTER_QUEUE_URL", "dead"),
            (name, value),
        ]);
        Config::from_vars(&vars).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (name, value) in [
            ("NOTIFY_STEPS", "identified,rang"),
            ("NOTIFY_HOURS", "Monday 9-5"),
            ("NOTIFY_TIME_ZONE", "Europe/Nowhere"),
            ("ORDER_LINK", "https://example.com/"),
            ("SEND_TIMEOUT_MS", "499"),
            ("ALLOW_HTTP", "yes"),
        ] {
            let problem = with(name, value).unwrap_err();
            assert!(problem.contains(name) && !problem.contains(value), "{problem}");
        }
    }

    #[test]
    fn nothing_is_sent_to_nobody_and_always_is_no_hours() {
        assert_eq!(with("NOTIFY_SECRET_ARN", "none"), with("NOTIFY_SECRET_ARN", ""));
        assert_eq!(with("NOTIFY_HOURS", "always"), with("NOTIFY_HOURS", ""));
        assert_eq!(with("ORDER_LINK", "none"), with("ORDER_LINK", ""));
        assert_eq!(
            with("NOTIFY_SECRET_ARN", "arn").unwrap().secret_arn.unwrap(),
            "arn"
        );
    }
}
