//! An account at every carrier, for `ringback serve`, the samples in `events/` and tests. Their secrets are written down
//! here, so they guard nothing.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use ringback_accounts::{Account, AccountStore, SecretArns, Slug};
use ringback_calls::Number;
use ringback_carriers::Settings;
use ringback_placing::{PlacingStore, Policy};
use serde_json::json;

use crate::dynamo::CARRIERS_TABLE;
use crate::simulated_carriers::{self, media};
use crate::stack::Stack;

/// Whose accounts they are: the tenant of the sample instance.
pub const TENANT: &str = "t-1";

/// An account at a carrier, with what both sides keep secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleAccount {
    /// The carrier's code.
    pub carrier: &'static str,
    /// The slug in its path.
    pub slug: &'static str,
    /// The secret, as Secrets Manager has it; none where the carrier signs nothing. Telnyx' is made from `signs_with`.
    secret: Option<&'static str>,
    /// What the simulated carrier signs with.
    pub signs_with: &'static str,
    /// The secret with which the carrier is asked, where it is another one.
    api_secret: Option<&'static str>,
    settings: &'static [(&'static str, &'static str)],
}

/// All of them.
pub const SAMPLE_ACCOUNTS: [SampleAccount; 10] = [
    SampleAccount {
        settings: &[("accountSid", media::TWILIO_ACCOUNT)],
        ..sample("tw", "sample-account-tw", "sample-auth-token-tw")
    },
    SampleAccount {
        api_secret: Some(media::SIGNALWIRE_TOKEN),
        settings: &[("projectId", media::SIGNALWIRE_PROJECT), ("space", "example")],
        ..sample("sw", "sample-account-sw", "PSK_sample-signing-key-sw")
    },
    SampleAccount {
        secret: None,
        api_secret: Some(media::TELNYX_KEY),
        settings: &[("connectionId", "1000000000000000001")],
        ..sample(
            "tx",
            "sample-account-tx",
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        )
    },
    SampleAccount {
        api_secret: Some(media::SAMPLE_KEY),
        settings: &[("applicationId", media::VONAGE_APPLICATION)],
        ..sample("vg", "sample-account-vg", "sample-signature-secret-of-vonage")
    },
    SampleAccount {
        settings: &[("authId", media::PLIVO_ACCOUNT)],
        ..sample("pl", "sample-account-pl", "sample-auth-token-pl")
    },
    SampleAccount {
        secret: None,
        api_secret: Some(media::JIUYUN_TOKEN),
        settings: &[
            ("accountSid", media::JIUYUN_SID),
            ("appId", "feff3cbd52c041a1baab0492bee56423"),
        ],
        ..sample("e9", "sample-account-e9", "")
    },
    SampleAccount {
        secret: Some("sample-app-secret-hw"),
        settings: &[
            ("apiBase", "https://rtccall.cn-north-1.myhuaweicloud.cn"),
            ("appKey", "sample-app-key-hw"),
            ("recordBucket", "sample-bucket"),
        ],
        ..sample(
            "hw",
            "sample-account-hw",
            "sample-app-key-hw:sample-app-secret-hw",
        )
    },
    SampleAccount {
        api_secret: Some(VOXIMPLANT_KEY),
        settings: &[("ruleId", "1000001")],
        ..sample("vx", "sample-account-vx", "sample-hmac-secret-vx")
    },
    SampleAccount {
        api_secret: Some(media::BANDWIDTH_USER_AND_PASSWORD),
        settings: &[
            ("accountId", "1000001"),
            ("applicationId", "00000000-0000-4000-8000-0000000000aa"),
        ],
        ..sample("bw", "sample-account-bw", "sample-user:sample-password-bw")
    },
    SampleAccount {
        settings: &[("recordBucket", "carrier-recordings/sample")],
        ..sample(
            "si",
            "sample-account-si",
            "00000000-0000-4000-8000-000000000009:c2FtcGxlLXNlY3JldC1zaQ==",
        )
    },
];

/// Stands for the key of Voximplant's service account, which is a document made around the sample key.
const VOXIMPLANT_KEY: &str = "voximplant";

const fn sample(carrier: &'static str, slug: &'static str, secret: &'static str) -> SampleAccount {
    SampleAccount {
        carrier,
        slug,
        secret: Some(secret),
        signs_with: secret,
        api_secret: None,
        settings: &[],
    }
}

impl SampleAccount {
    /// The account at that carrier.
    pub fn of(carrier: &str) -> Option<Self> {
        SAMPLE_ACCOUNTS
            .into_iter()
            .find(|account| account.carrier == carrier)
    }

    /// The ARN of its secret.
    pub fn secret_arn(&self) -> String {
        let carrier = self.carrier;
        format!("arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/sample-{carrier}")
    }

    /// The ARN of the secret with which the carrier is asked; none where it is the same, or there is none.
    pub fn api_secret_arn(&self) -> Option<String> {
        self.api_secret.map(|_| format!("{}-api", self.secret_arn()))
    }

    /// The secret with which the carrier is asked, as Secrets Manager has it; none where it is the same, or there is none.
    pub fn api_secret(&self) -> Option<String> {
        let secret = self.api_secret?;
        if secret != VOXIMPLANT_KEY {
            return Some(secret.to_owned());
        }
        let key =
            json!({"account_id": 1_000_001, "key_id": "sample-key-vx", "private_key": media::SAMPLE_KEY});
        Some(key.to_string())
    }

    /// The secret as Secrets Manager has it.
    ///
    /// # Errors
    /// When what it is made from is no key, which a test rules out.
    pub fn secret(&self) -> Result<Option<String>> {
        if self.carrier != "tx" {
            return Ok(self.secret.map(str::to_owned));
        }
        let seed: [u8; 32] = BASE64_STANDARD
            .decode(self.signs_with)?
            .try_into()
            .ok()
            .context("the seed of Telnyx has not 32 bytes")?;
        let key = SigningKey::from_bytes(&seed).verifying_key();
        Ok(Some(BASE64_STANDARD.encode(key.as_bytes())))
    }

    /// The account as it is kept.
    ///
    /// # Errors
    /// When a field is wrong, which a test rules out.
    pub fn account(&self) -> Result<Account> {
        let signs = self.secret()?.is_some();
        // A laptop's carriers take as many calls as one likes to play.
        let settings = self.settings.iter().chain(&[("callsPerSecond", "100")]);
        let settings: BTreeMap<_, _> = settings
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Ok(Account {
            slug: Slug::parse(self.slug)?,
            tenant: TENANT.to_owned(),
            carrier: self.carrier.to_owned(),
            name: Some(format!("sample {}", self.carrier)),
            secret_arns: SecretArns {
                current: signs.then(|| self.secret_arn()),
                next: None,
                api: self.api_secret_arn(),
            },
            numbers: Number::raw("+14155550100").into_iter().collect(),
            priority: self.priority(),
            prefixes: vec!["+1415555".to_owned(), "+447700900".to_owned()],
            settings: Settings(settings),
            allowed_ips: Vec::new(),
            created_at: Timestamp::UNIX_EPOCH,
        })
    }

    /// Three carriers are asked for calls first, in that order.
    fn priority(&self) -> u32 {
        match self.carrier {
            "tw" => 10,
            "tx" => 20,
            "vg" => 30,
            _ => 100,
        }
    }

    /// The account as its carrier knows it.
    pub fn at_carrier(&self) -> simulated_carriers::Account {
        simulated_carriers::Account {
            slug: self.slug.to_owned(),
            secret: self.signs_with.to_owned(),
        }
    }
}

/// The accounts of a stack.
pub async fn store(stack: &Stack) -> AccountStore {
    AccountStore::new(stack.dynamo_client().await, CARRIERS_TABLE.to_owned())
}

/// Adds all sample accounts to a stack, with their secrets.
///
/// # Errors
/// When the table does not take them.
pub async fn add(stack: &Stack) -> Result<()> {
    let store = store(stack).await;
    for sample in &SAMPLE_ACCOUNTS {
        if let Some(secret) = sample.secret()? {
            stack.simulated_secrets.set(&sample.secret_arn(), &secret);
        }
        if let (Some(arn), Some(secret)) = (sample.api_secret_arn(), sample.api_secret()) {
            stack.simulated_secrets.set(&arn, &secret);
        }
        store.add(&sample.account()?).await?;
    }
    Ok(())
}

/// Lets the sample accounts' tenant call sample numbers, in the United States and in Great Britain, and many at once.
///
/// # Errors
/// When the table does not take it.
pub async fn allow_calls(stack: &Stack) -> Result<()> {
    let policy = Policy {
        prefixes: vec!["+1415555".to_owned(), "+447700900".to_owned()],
        calls_per_minute: 12_000,
        open_calls: 1_000,
        ..Policy::default()
    };
    let placing = PlacingStore::new(stack.dynamo_client().await, CARRIERS_TABLE.to_owned());
    Ok(placing.set_policy(TENANT, &policy).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_account_is_a_good_one() {
        for sample in SAMPLE_ACCOUNTS {
            assert_eq!(sample.account().unwrap().problems(), [], "{}", sample.carrier);
        }
        let codes = SAMPLE_ACCOUNTS.map(|sample| sample.carrier);
        assert_eq!(codes, simulated_carriers::CODES);
    }
}
