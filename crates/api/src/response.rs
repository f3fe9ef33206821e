//! Answers, as API Gateway takes them.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::problem::{Problem, ProblemType};
use crate::request::Request;

/// An answer. Nobody may keep it, unless it is [tagged](Response::tagged). `Debug` shows its status alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    headers: BTreeMap<&'static str, String>,
    body: Option<String>,
}

impl Response {
    /// JSON.
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(body) => Self::written(status, "application/json", body),
            // No type of ours fails to become JSON; whoever asks still gets an answer.
            Err(_) => Problem::new(&ProblemType::UNAVAILABLE, "The answer cannot be written.").into(),
        }
    }

    /// What somebody has written already.
    pub fn written(status: u16, content_type: &str, body: String) -> Self {
        let headers = [
            ("cache-control", "no-store".to_owned()),
            ("content-type", content_type.to_owned()),
        ];
        Self {
            status,
            headers: headers.into(),
            body: Some(body),
        }
    }

    /// The same answer with one more header; its name in lower case.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.insert(name, value.into());
        self
    }

    /// Its body; none of a 304.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// The same answer with an `ETag`, a digest of its body: whoever asked may keep it and ask whether it still holds.
    /// If the request says that they have this very answer (`If-None-Match`), it becomes 304 without a body.
    #[must_use]
    pub fn tagged(mut self, request: &Request<'_>) -> Self {
        let tag = tag(self.body.as_deref().unwrap_or_default());
        self.headers
            .insert("cache-control", "private, no-cache".to_owned());
        let known = request.header("if-none-match");
        if known.is_some_and(|known| names(known, &tag)) {
            self.status = 304;
            self.body = None;
            self.headers.remove("content-type");
        }
        self.headers.insert("etag", tag);
        self
    }

    /// As API Gateway takes it.
    pub fn into_value(self) -> Value {
        json!({
            "statusCode": self.status,
            "headers": self.headers,
            "body": self.body.unwrap_or_default(),
            "isBase64Encoded": false,
        })
    }

    /// What is counted: `answered`, `refused` or `failed`.
    pub fn outcome(&self) -> &'static str {
        match self.status {
            200..400 => "answered",
            500.. => "failed",
            _ => "refused",
        }
    }
}

/// Half of a SHA-256 tells two answers of one address apart.
fn tag(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{digits}\"")
}

/// Whether `If-None-Match` names a tag. Weak tags count too (RFC 9110, section 13.1.2): a proxy that compresses makes
/// tags weak. Our tags hold no comma, so the list may be split at commas.
fn names(known: &str, tag: &str) -> bool {
    let mut known = known.split(',').map(str::trim);
    known.any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        let body = serde_json::to_string(&problem.written()).unwrap_or_default();
        let mut response = Self::written(problem.kind.status, "application/problem+json", body);
        if let Some(allow) = problem.allow {
            response.headers.insert("allow", allow.to_owned());
        }
        if let Some(seconds) = problem.retry_after {
            response.headers.insert("retry-after", seconds.to_string());
        }
        response
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(known: &str) -> Value {
        json!({"headers": {"If-None-Match": known}, "requestContext": {"http": {"method": "GET"}}})
    }

    #[test]
    fn an_answer_that_is_known_is_not_sent_again() {
        let answer = |known: &str| {
            let event = asked(known);
            let request = Request::read(&event).unwrap();
            Response::json(200, &json!({"a": 1}))
                .tagged(&request)
                .into_value()
        };
        let first = answer("");
        assert_eq!(first["body"], "{\"a\":1}");
        let tag = first["headers"]["etag"].as_str().unwrap();
        for known in [tag, "*", &format!("\"other\", {tag}"), &format!("W/{tag}")] {
            let again = answer(known);
            let headers = json!({"cache-control": "private, no-cache", "etag": tag});
            assert_eq!(
                (&again["statusCode"], &again["headers"], &again["body"]),
                (&json!(304), &headers, &json!("")),
                "{known}"
            );
        }
        for other in ["\"other\"", "", &tag.replace('"', "")] {
            assert_eq!(answer(other)["statusCode"], 200, "{other}");
        }
    }

    #[test]
    fn a_problem_says_its_type_its_status_and_the_fields() {
        let answer = |problem: Problem| {
            let answer = Response::from(problem).into_value();
            let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            (answer["headers"].clone(), body)
        };
        let (headers, body) = answer(Problem::invalid("callId", "must have 8 characters"));
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(
            body,
            json!({
                "type": "urn:ringback:problem:invalid", "title": "The request cannot be read.", "status": 400,
                "detail": "callId must have 8 characters.",
                "problems": [{"path": "callId", "message": "must have 8 characters"}],
            })
        );
        let (headers, body) = answer(Problem::not_that_method("PUT, DELETE"));
        assert_eq!(
            (headers["allow"].as_str(), &body["status"]),
            (Some("PUT, DELETE"), &json!(405))
        );
        assert_eq!(body.get("problems"), None);
        let (headers, _) = answer(Problem::new(&ProblemType::UNAVAILABLE, "Later.").after(30));
        assert_eq!(headers["retry-after"], "30");
    }
}
