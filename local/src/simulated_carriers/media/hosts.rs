//! Which carrier a host is of, and what is wanted there.

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use serde_json::Value;

use super::SimulatedMedia;

/// Hosts, or what they end with, and whose they are.
const HOSTS: [(&str, &str); 13] = [
    ("api.twilio.com", "tw"),
    (".signalwire.com", "sw"),
    ("api.telnyx.com", "tx"),
    (TELNYX_MEDIA, "tx"),
    (".nexmo.com", "vg"),
    (".plivo.com", "pl"),
    ("api.33e9cloud.com", "e9"),
    ("d1.33e9cloud.com", "e9"),
    (".voximplant.com", "vx"),
    ("voice.bandwidth.com", "bw"),
    (".sinch.com", "si"),
    (HUAWEI_API, "hw"),
    (HUAWEI_MEDIA, "hw"),
];

/// Where Telnyx' links lead.
const TELNYX_MEDIA: &str = "s3.amazonaws.com";
/// Where Huawei's links lead.
const HUAWEI_MEDIA: &str = "sample-bucket.ostor.huawei.com";
/// Where the application of the sample account at Huawei is.
const HUAWEI_API: &str = "rtccall.cn-north-1.myhuaweicloud.cn";

/// The query parameter with a link's number.
const LINK: &str = "X-Link";

/// What a carrier reads of a body.
const LONGEST_BODY: usize = 1024 * 1024;

/// A request, as far as it matters here.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What a request wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Media,
    Link,
    Deletion,
    Nothing,
}

impl Asked {
    /// Reads a request, unless its body is too long.
    pub(super) async fn of(request: Request<Body>) -> Result<Self, axum::Error> {
        let (request, body) = request.into_parts();
        let body = axum::body::to_bytes(body, LONGEST_BODY).await?;
        let headers = request.headers;
        let host = headers.get("x-forwarded-host").or_else(|| headers.get("host"));
        let query = request.uri.query().unwrap_or_default();
        Ok(Self {
            method: request.method.as_str().to_owned(),
            host: host
                .and_then(|host| host.to_str().ok())
                .unwrap_or_default()
                .to_owned(),
            path: request.uri.path().to_owned(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers,
            body,
        })
    }

    /// A field of the form that the body is.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let mut fields = form_urlencoded::parse(&self.body);
        let found = fields.find(|(known, _)| known == name);
        found.map(|(_, value)| value.into_owned())
    }

    /// The JSON that the body is.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl SimulatedMedia {
    pub(super) fn carrier_of(&self, host: &str) -> Option<String> {
        if let Some(carrier) = self.inner().hosts.get(host) {
            return Some(carrier.clone());
        }
        let ours = |known: &&str| host == *known || (known.starts_with('.') && host.ends_with(*known));
        let found = HOSTS.iter().find(|(known, _)| ours(known));
        found.map(|(_, carrier)| (*carrier).to_owned())
    }
}

/// What a request to a carrier wants, by where it goes.
pub(super) fn wanted(carrier: &str, asked: &Asked) -> Wanted {
    let path = asked.path.as_str();
    match (carrier, asked.method.as_str()) {
        ("vx", "GET" | "POST") if path == "/platform_api/DeleteRecord/" => Wanted::Deletion,
        ("tw", method) if path.starts_with("/2010-04-01/Accounts/AC") && path.contains("/Recordings/RE") => {
            media_or_deletion(method)
        }
        ("sw", method)
            if path.starts_with("/api/laml/2010-04-01/Accounts/") && path.contains("/Recordings/") =>
        {
            media_or_deletion(method)
        }
        ("tx", "DELETE") => Wanted::Deletion,
        ("tx", "GET") if asked.host == "api.telnyx.com" && path.starts_with("/v2/recordings/") => {
            Wanted::Link
        }
        ("hw", "GET") if path == "/rest/provision/voice/record/v1.0" => Wanted::Link,
        ("tw" | "sw" | "vg", _) if !path.starts_with("/v1/files/") => Wanted::Nothing,
        ("e9" | "hw" | "vg", "DELETE") => Wanted::Nothing,
        (_, method) => media_or_deletion(method),
    }
}

fn media_or_deletion(method: &str) -> Wanted {
    match method {
        "GET" => Wanted::Media,
        "DELETE" => Wanted::Deletion,
        _ => Wanted::Nothing,
    }
}

/// A carrier's link of that number.
pub(super) fn link(carrier: &str, number: u64) -> String {
    match carrier {
        "hw" => format!("https://{HUAWEI_MEDIA}/1200_5_20261120090014.wav?{LINK}={number}"),
        _ => format!("https://{TELNYX_MEDIA}/telephony-recorder-prod/sample/sample.mp3?{LINK}={number}"),
    }
}

/// The number of the link that a request follows, where it is one that this server gave.
pub(super) fn link_of(asked: &Asked) -> Option<u64> {
    asked.parameter(LINK)?.parse().ok()
}

/// The format of a carrier's recordings, as the samples have it.
pub(super) fn format_of(carrier: &str) -> &'static str {
    match carrier {
        "sw" | "hw" | "tw" => "wav",
        _ => "mp3",
    }
}

/// What carriers say of it; not all say the truth.
pub(super) fn content_type(carrier: &str) -> &'static str {
    match carrier {
        "tx" | "hw" => "application/octet-stream",
        "sw" | "tw" => "audio/x-wav",
        _ => "audio/mpeg",
    }
}
