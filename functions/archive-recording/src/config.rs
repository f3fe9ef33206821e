//! The function's settings.

use std::collections::BTreeSet;
use std::time::Duration;

use ringback_lambda::{BadVariable, Vars};
use ringback_outbound::simulated_carriers;
use url::Url;

/// The settings of `archive-recording`; the README's table explains each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `CALLS_TABLE`
    pub calls_table: String,
    /// `CALL_RETENTION_DAYS`
    pub call_retention: Duration,
    /// `CARRIERS_TABLE`
    pub carriers_table: String,
    /// `RECORDINGS_BUCKET`
    pub recordings_bucket: String,
    /// `CONNECT_BUCKETS`
    pub connect_buckets: BTreeSet<String>,
    /// `CARRIER_BUCKETS`
    pub carrier_buckets: BTreeSet<String>,
    /// `RECORDINGS_QUEUE_URL`
    pub queue_url: String,
    /// `DEAD_LETTER_QUEUE_URL`
    pub dead_letter_queue_url: String,
    /// `RETENTION_CLASS`
    pub retention_class: String,
    /// `MAX_RECORDING_MB`, in bytes
    pub max_bytes: u64,
    /// `PATIENCE_HOURS`
    pub patience: Duration,
    /// `STALL_SECONDS`
    pub stall: Duration,
    /// `SIMULATED_CARRIERS`
    pub simulated_carriers: Option<Url>,
}

impl Config {
    /// Reads the settings; see the README for names, defaults and bounds.
    ///
    /// # Errors
    /// Names the first variable that is missing or wrong.
    pub fn from_vars(vars: &Vars) -> Result<Self, BadVariable> {
        let hours = vars.number("PATIENCE_HOURS", 24, 1..=72)?;
        let days = vars.number("CALL_RETENTION_DAYS", 1095, 1..=3650)?;
        let recordings_bucket = vars.required("RECORDINGS_BUCKET")?;
        let sources = |name| {
            let expected = "none, or names of buckets with commas, and not RECORDINGS_BUCKET";
            let others = |list: &str| buckets(list).filter(|names| !names.contains(&recordings_bucket));
            vars.parsed(name, BTreeSet::new(), expected, others)
        };
        Ok(Self {
            connect_buckets: sources("CONNECT_BUCKETS")?,
            carrier_buckets: sources("CARRIER_BUCKETS")?,
            calls_table: vars.required("CALLS_TABLE")?,
            call_retention: Duration::from_secs(days * 24 * 3600),
            carriers_table: vars.required("CARRIERS_TABLE")?,
            recordings_bucket,
            queue_url: vars.required("RECORDINGS_QUEUE_URL")?,
            dead_letter_queue_url: vars.required("DEAD_LETTER_QUEUE_URL")?,
            retention_class: vars.parsed(
                "RETENTION_CLASS",
                "standard".to_owned(),
                "1 to 64 letters, digits, -, _ and ., and not hold, which is the class of what is held",
                retention_class,
            )?,
            max_bytes: vars.number("MAX_RECORDING_MB", 4096, 1..=51_200)? * 1_000_000,
            patience: Duration::from_secs(hours * 3600),
            stall: Duration::from_secs(vars.number("STALL_SECONDS", 20, 1..=60)?),
            simulated_carriers: simulated_carriers(vars)?,
        })
    }
}

fn buckets(list: &str) -> Option<BTreeSet<String>> {
    if list == "none" {
        return Some(BTreeSet::new());
    }
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let name = |name: &str| {
        let good = (3..=63).contains(&name.len()) && name.bytes().all(letter);
        good.then(|| name.to_owned())
    };
    list.split(',').map(|part| name(part.trim())).collect()
}

fn retention_class(class: &str) -> Option<String> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let good = (1..=64).contains(&class.len()) && class.bytes().all(letter) && class != "hold";
    good.then(|| class.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Result<Config, String> {
        let vars = Vars::from([
            ("CALLS_TABLE", "calls"),
            ("CARRIERS_TABLE", "carriers"),
            ("RECORDINGS_BUCKET", "recordings"),
            ("RECORDINGS_QUEUE_URL", "queue"),
            ("DEAD_LETTER_QUEUE_URL", "dead"),
            (name, value),
        ]);
        Config::from_vars(&vars).map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (name, value) in [
            ("CALL_RETENTION_DAYS", "0"),
            ("CONNECT_BUCKETS", "Bucket One"),
            ("CARRIER_BUCKETS", "bucket-1,,bucket-2"),
            ("CONNECT_BUCKETS", "recordings"),
            ("CARRIER_BUCKETS", "bucket-1,recordings"),
            ("RETENTION_CLASS", "hold"),
            ("RETENTION_CLASS", "a&b=c"),
            ("MAX_RECORDING_MB", "51201"),
            ("PATIENCE_HOURS", "73"),
            ("STALL_SECONDS", "61"),
            // Not without ALLOW_HTTP.
            ("SIMULATED_CARRIERS", "http://127.0.0.1:9000"),
        ] {
            let problem = with(name, value).unwrap_err();
            assert!(
                problem.starts_with(&format!("the environment variable {name} must be ")),
                "{problem}"
            );
        }
    }

    #[test]
    fn settings_that_are_left_out_have_their_defaults() {
        let config = with("CONNECT_BUCKETS", "none").unwrap();
        assert_eq!(config.max_bytes, 4_096_000_000);
        assert_eq!(config.patience, Duration::from_secs(24 * 3600));
        assert_eq!(config.retention_class, "standard");
        assert!(
            config.connect_buckets.is_empty()
                && config.carrier_buckets.is_empty()
                && config.simulated_carriers.is_none()
        );
        let config = with("CARRIER_BUCKETS", "connect-1, carrier.2").unwrap();
        assert_eq!(
            (config.carrier_buckets.len(), config.connect_buckets.len()),
            (2, 0)
        );
    }
}
