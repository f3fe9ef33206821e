//! Where an account's secrets are.

use std::fmt;

use ringback_carriers::Carrier;
use serde::{Deserialize, Serialize};

/// The ARNs of an account's secrets in Secrets Manager.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretArns {
    /// The one in use; none where the carrier signs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// The one that takes its place; both are good meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The one with which we ask the carrier, for calls and recordings: an API key, a password, a private key. None where it is the
    /// one in use, or where there is nothing to ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
}

impl SecretArns {
    /// Those with which its carrier signs: the current one, then the next.
    pub(crate) fn signing(&self) -> Vec<&str> {
        let both = [&self.current, &self.next];
        both.into_iter().flatten().map(String::as_str).collect()
    }

    /// Those with which its carrier is asked: the API secret, or where there is none and the carrier knows only one kind,
    /// those with which it signs.
    pub(crate) fn asking(&self, carrier: &dyn Carrier) -> Vec<&str> {
        match &self.api {
            Some(api) => vec![api],
            None if carrier.asks_with_the_signing_secret() => self.signing(),
            None => Vec::new(),
        }
    }
}

impl fmt::Display for SecretArns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.current.as_deref().unwrap_or("none"))?;
        match &self.next {
            Some(next) => write!(f, ", next {next}"),
            None => Ok(()),
        }
    }
}

/// Whether that may be the ARN of a secret.
pub(crate) fn is_secret_arn(text: &str) -> bool {
    let parts: Vec<_> = text.splitn(7, ':').collect();
    let [arn, partition, service, region, account, kind, name] = parts.as_slice() else {
        return false;
    };
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    *arn == "arn"
        && partition.starts_with("aws")
        && *service == "secretsmanager"
        && !region.is_empty()
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && *kind == "secret"
        && (1..=512).contains(&name.len())
        && name.bytes().all(in_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carrier_is_asked_with_the_api_secret_or_with_the_only_one_there_is() {
        let arns = |api: Option<&str>| SecretArns {
            current: Some("current".to_owned()),
            next: Some("next".to_owned()),
            api: api.map(str::to_owned),
        };
        for carrier in ringback_carriers::CARRIERS {
            let same = matches!(carrier.code(), "tw" | "pl" | "hw" | "si");
            let fallback: &[&str] = if same { &["current", "next"] } else { &[] };
            assert_eq!(arns(None).asking(*carrier), fallback, "{}", carrier.code());
            assert_eq!(arns(Some("api")).asking(*carrier), ["api"]);
        }
    }
}
