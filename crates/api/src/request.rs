//! Requests as API Gateway's HTTP APIs hand them over (payload format 2.0).

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A request. `Debug` shows its method alone: paths hold ids, and bodies whatever somebody sends.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    event: &'a Value,
    /// `GET`, `PUT`; empty where the event names none.
    pub method: &'a str,
    /// The path as it came, before anything is decoded.
    pub path: &'a str,
}

/// Why a body cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadBody {
    /// It is too large.
    #[error("is larger than {0} bytes")]
    TooLarge(usize),
    /// API Gateway says that it is Base64, and it is none.
    #[error("is no Base64")]
    NoBase64,
    /// It is no JSON: where it is wrong, and not what stands there.
    #[error("is no JSON: line {line}, column {column}")]
    NoJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 at the end of a line.
        column: usize,
    },
}

impl<'a> Request<'a> {
    /// The request that an event is; none if it is something else, an event of the bus.
    pub fn read(event: &'a Value) -> Option<Self> {
        let http = event.pointer("/requestContext/http")?;
        Some(Self {
            event,
            method: http.get("method").and_then(Value::as_str).unwrap_or_default(),
            path: event.get("rawPath").and_then(Value::as_str).unwrap_or_default(),
        })
    }

    /// The segments of its path, decoded one by one, so that an escaped `/` stays inside its segment. None where they
    /// are no UTF-8.
    pub fn segments(&self) -> Option<Vec<Cow<'a, str>>> {
        let segments = self.path.trim_matches('/').split('/');
        segments
            .map(|segment| percent_decode_str(segment).decode_utf8().ok())
            .collect()
    }

    /// What the query string says, name and value, in the order it came. None where it is no UTF-8.
    pub fn query(&self) -> Option<Vec<(Cow<'a, str>, Cow<'a, str>)>> {
        let text = self.event.get("rawQueryString").and_then(Value::as_str);
        let pairs = text
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty());
        pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((unescaped(name)?, unescaped(value)?))
            })
            .collect()
    }

    /// A header; API Gateway has joined those that came more than once with a comma.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let headers = self.event.get("headers")?.as_object()?;
        let mut found = headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next()?.1.as_str()
    }

    /// API Gateway's id of the request.
    pub fn id(&self) -> Option<&'a str> {
        self.event.pointer("/requestContext/requestId")?.as_str()
    }

    /// What API Gateway's authoriser says of whoever asks.
    pub(crate) fn authoriser(&self) -> Option<&'a Value> {
        self.event.pointer("/requestContext/authorizer")
    }

    /// The bytes of its body, of at most so many; none where there are none.
    ///
    /// # Errors
    /// When there are more, or they are not what API Gateway says they are.
    pub fn body(&self, most: usize) -> Result<Option<Vec<u8>>, BadBody> {
        let Some(text) = self.event.get("body").and_then(Value::as_str) else {
            return Ok(None);
        };
        let encoded = self.event.get("isBase64Encoded").and_then(Value::as_bool) == Some(true);
        let body = if encoded {
            STANDARD.decode(text).map_err(|_| BadBody::NoBase64)?
        } else {
            text.as_bytes().to_vec()
        };
        if body.len() > most {
            return Err(BadBody::TooLarge(most));
        }
        Ok(Some(body).filter(|body| !body.is_empty()))
    }

    /// Its body of at most so many bytes as JSON; none where there is none.
    ///
    /// # Errors
    /// When it is larger, or no JSON.
    pub fn json(&self, most: usize) -> Result<Option<Value>, BadBody> {
        let Some(body) = self.body(most)? else {
            return Ok(None);
        };
        serde_json::from_slice(&body)
            .map(Some)
            .map_err(|error| BadBody::NoJson {
                line: error.line(),
                column: error.column(),
            })
    }
}

/// A name or value of a query string: forms write a space as `+`.
fn unescaped(text: &str) -> Option<Cow<'_, str>> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
        return Some(Cow::Owned(decoded.into_owned()));
    }
    percent_decode_str(text).decode_utf8().ok()
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn segments_are_decoded_one_by_one() {
        for (path, expected) in [
            ("/calls/a%2Fb/link", Some(vec!["calls", "a/b", "link"])),
            ("/calls/RE0%20%C3%A9/", Some(vec!["calls", "RE0 é"])),
            ("/calls/100%", Some(vec!["calls", "100%"])),
            ("/calls/%ff", None),
        ] {
            let event = json!({"rawPath": path, "requestContext": {"http": {"method": "GET"}}});
            let segments = Request::read(&event).unwrap().segments();
            let segments = segments
                .as_ref()
                .map(|found| found.iter().map(AsRef::as_ref).collect());
            assert_eq!(segments, expected, "{path}");
        }
        assert!(Request::read(&json!({"detail-type": "order.placed"})).is_none());
    }

    #[test]
    fn a_query_string_is_decoded_name_by_name() {
        for (text, expected) in [
            (
                json!("agent=a%26b%3Dc&limit=2"),
                Some(vec![("agent", "a&b=c"), ("limit", "2")]),
            ),
            (json!("agent=jo+d%2B"), Some(vec![("agent", "jo d+")])),
            (json!("open&&agent="), Some(vec![("open", ""), ("agent", "")])),
            (json!(""), Some(vec![])),
            (Value::Null, Some(vec![])),
            (json!("agent=%ff"), None),
        ] {
            let event = json!({"rawQueryString": text, "requestContext": {"http": {}}});
            let query = Request::read(&event).unwrap().query();
            let query: Option<Vec<_>> = query.as_ref().map(|query| {
                query
                    .iter()
                    .map(|(name, value)| (name.as_ref(), value.as_ref()))
                    .collect()
            });
            assert_eq!(query, expected, "{text}");
        }
    }

    #[test]
    fn a_body_is_read_encoded_or_not_and_says_where_it_is_wrong() {
        let json_of = |body: Value, encoded: bool| {
            let event = json!({"requestContext": {"http": {}}, "body": body, "isBase64Encoded": encoded});
            Request::read(&event).unwrap().json(16)
        };
        let document = Ok(Some(json!({"a": 1})));
        assert_eq!(json_of(json!("{\"a\":1}"), false), document);
        assert_eq!(json_of(json!(STANDARD.encode("{\"a\":1}")), true), document);
        assert_eq!(json_of(Value::Null, false), Ok(None));
        assert_eq!(json_of(json!(""), false), Ok(None));
        assert_eq!(json_of(json!("?"), true), Err(BadBody::NoBase64));
        assert_eq!(json_of(json!(" ".repeat(17)), false), Err(BadBody::TooLarge(16)));
        let broken = BadBody::NoJson { line: 2, column: 4 };
        assert_eq!(json_of(json!("{\n\"a\":"), false), Err(broken));
    }
}
