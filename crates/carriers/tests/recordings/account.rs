//! An account at every carrier, and a recording that it has there.

use jiff::Timestamp;
use ringback_carriers::{CannotFetch, Carrier, Fetch, Kept, Keys, LinkAnswer, Settings, Source, carrier};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

/// The key of an application at Vonage and of a service account at Voximplant. It guards nothing.
pub(crate) const KEY: &str = include_str!("sample_key.pem");
pub(crate) const PUBLIC_KEY: &str = include_str!("sample_key.pub.pem");

/// Carrier, id and where the carrier has it.
pub(crate) const RECORDED: [(&str, &str, &str); 10] = [
    (
        "tw",
        "RE00000000000000000000000000000001",
        "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings/\
         RE00000000000000000000000000000001",
    ),
    (
        "sw",
        "00000000-0000-4000-8000-0000000000e1",
        "https://example.signalwire.com/api/laml/2010-04-01/Accounts/00000000-0000-4000-8000-000000000001/Recordings/\
         00000000-0000-4000-8000-0000000000e1.wav",
    ),
    (
        "tx",
        "00000000-0000-4000-a000-000000000001",
        "https://s3.amazonaws.com/telephony-recorder-prod/sample/1.mp3?X-Amz-Expires=600",
    ),
    (
        "vg",
        "00000000-0000-4000-a000-000000000001",
        "https://api.nexmo.com/v1/files/00000000-0000-4000-a000-000000000001",
    ),
    (
        "pl",
        "00000000-0000-4000-8000-0000000000e1",
        "https://media.plivo.com/v1/Account/MA000000000000000001/Recording/00000000-0000-4000-8000-0000000000e1.mp3",
    ),
    (
        "e9",
        "00000000000000000000000000000005",
        "http://d1.33e9cloud.com/20261120/sample/00000000000000000000000000000005.mp3",
    ),
    (
        "hw",
        "1200_5_20261120090014.wav",
        "ostor.huawei.com/1200_5_20261120090014.wav",
    ),
    (
        "vx",
        "1005",
        "https://storage-gw-com-02.voximplant.com/voximplant-records/2026/11/20/1005.mp3?record_id=1005",
    ),
    (
        "bw",
        "r-00000000-0000-4000-a000-000000000001",
        "https://voice.bandwidth.com/api/v2/accounts/1000001/calls/c-1/recordings/\
         r-00000000-0000-4000-a000-000000000001/media",
    ),
    (
        "si",
        "sample-recording",
        "s3://sample-recordings/main/sample-recording.mp3",
    ),
];

/// The recording that a carrier has, as the call's record knows it.
pub(crate) fn kept(carrier: &str) -> Kept<'static> {
    let row = RECORDED.iter().find(|(code, ..)| *code == carrier);
    let (_, id, place) = *row.unwrap();
    Kept {
        id,
        at_carrier: Some(place),
        ..Kept::default()
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

/// An account with its API secret and settings.
pub(crate) struct Account {
    pub(crate) carrier: &'static dyn Carrier,
    pub(crate) secrets: Vec<SecretString>,
    pub(crate) settings: Settings,
}

impl Account {
    pub(crate) fn sample(code: &str) -> Self {
        let service_account = json!({"account_email": "sample@example.com", "account_id": 1000001,
            "key_id": "sample-key-id", "private_key": KEY});
        let service_account = service_account.to_string();
        let (secret, settings): (&str, &[(&str, &str)]) = match code {
            "tw" => (
                "sample-auth-token",
                &[("accountSid", "AC00000000000000000000000000000001")],
            ),
            "sw" => (
                "PT-sample-token",
                &[
                    ("projectId", "00000000-0000-4000-8000-000000000001"),
                    ("space", "example"),
                ],
            ),
            "tx" => ("KEY-sample", &[]),
            "vg" => (KEY, &[("applicationId", "00000000-0000-4000-8000-000000000002")]),
            "pl" => ("sample-auth-token", &[("authId", "MA000000000000000001")]),
            "e9" => ("sample-token", &[("accountSid", "sample-sid")]),
            "hw" => (
                "sample-app-secret",
                &[
                    ("appKey", "sample-app-key"),
                    ("apiBase", "https://rtccall.cn-north-1.myhuaweicloud.cn:443"),
                    ("recordBucket", "sp-sample"),
                ],
            ),
            "vx" => (&service_account, &[]),
            "bw" => ("sample-api-user:sample-api-password", &[("accountId", "1000001")]),
            "si" => ("", &[("recordBucket", "sample-recordings/main")]),
            _ => ("", &[]),
        };
        Self {
            carrier: carrier(code).unwrap(),
            secrets: vec![SecretString::from(secret)],
            settings: Settings(
                settings
                    .iter()
                    .map(|(name, value)| ((*name).into(), (*value).into()))
                    .collect(),
            ),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.0.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn keys(&self) -> Keys<'_> {
        Keys {
            secrets: &self.secrets,
            settings: &self.settings,
        }
    }

    pub(crate) fn recording(&self, kept: &Kept<'_>) -> Result<Source, CannotFetch> {
        self.carrier.recording(kept, &self.keys(), now())
    }

    pub(crate) fn link(&self, answer: &LinkAnswer<'_>, kept: &Kept<'_>) -> Result<Fetch, CannotFetch> {
        self.carrier.link(answer, kept, &self.keys())
    }

    pub(crate) fn delete(&self, kept: &Kept<'_>) -> Result<Fetch, CannotFetch> {
        self.carrier.delete(kept, &self.keys(), now())
    }

    /// Whether a URL is of one of the carrier's places.
    pub(crate) fn allows(&self, url: &str) -> bool {
        let url = Url::parse(url).unwrap();
        let places = self.carrier.places(&self.keys());
        places.iter().any(|place| place.allows(&url))
    }
}

/// A request as a text: its method and URL, then a header a line.
pub(crate) fn written(fetch: &Fetch) -> String {
    let mut text = format!("{} {}", fetch.method, fetch.url);
    for (name, value) in &fetch.headers {
        text.push_str(&format!("\n{name}: {}", value.expose_secret()));
    }
    text
}

/// The request that a recording is asked for with.
pub(crate) fn asked(account: &Account, kept: &Kept<'_>) -> Fetch {
    match account.recording(kept).unwrap() {
        Source::Http(fetch) => fetch,
        Source::Object { .. } => panic!("is had by HTTP"),
    }
}
