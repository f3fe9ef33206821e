//! A request as API Gateway's HTTP APIs hand it over (payload format 2.0).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ringback_carriers::Headers;
use serde_json::Value;

/// A larger body is none of a carrier: 50 call detail records are a tenth of it.
pub(crate) const LARGEST_BODY: usize = 1024 * 1024;

/// A request.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    event: &'a Value,
    pub(crate) method: &'a str,
    pub(crate) raw_path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) source: &'a str,
}

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoBody {
    /// It is larger than [`LARGEST_BODY`].
    TooLarge,
    /// What API Gateway handed over is no Base64.
    Broken,
}

impl<'a> Incoming<'a> {
    /// Reads what is there; what is not is empty.
    pub(crate) fn read(event: &'a Value) -> Self {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        Self {
            event,
            method: text("/requestContext/http/method"),
            raw_path: text("/rawPath"),
            query: text("/rawQueryString"),
            source: text("/requestContext/http/sourceIp"),
        }
    }

    /// Its headers. API Gateway has joined those that came more than once with a comma.
    pub(crate) fn headers(&self) -> Headers {
        let headers = self.event.get("headers").and_then(Value::as_object);
        let pairs = headers.into_iter().flatten();
        Headers::new(pairs.filter_map(|(name, value)| Some((name, value.as_str()?))))
    }

    /// The bytes of its body.
    pub(crate) fn body(&self) -> Result<Vec<u8>, NoBody> {
        let text = self.event.get("body").and_then(Value::as_str).unwrap_or_default();
        let encoded = self.event.get("isBase64Encoded").and_then(Value::as_bool) == Some(true);
        // Four letters of Base64 are three bytes: what is too large need not be decoded to know it.
        let most = if encoded {
            LARGEST_BODY / 3 * 4 + 8
        } else {
            LARGEST_BODY
        };
        if text.len() > most {
            return Err(NoBody::TooLarge);
        }
        let body = if encoded {
            STANDARD.decode(text).map_err(|_| NoBody::Broken)?
        } else {
            text.as_bytes().to_vec()
        };
        if body.len() > LARGEST_BODY {
            return Err(NoBody::TooLarge);
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_of_one_megabyte_is_the_largest_encoded_or_not() {
        for (bytes, expected) in [(LARGEST_BODY, None), (LARGEST_BODY + 1, Some(NoBody::TooLarge))] {
            let body = vec![b'a'; bytes];
            for event in [
                json!({"body": String::from_utf8(body.clone()).unwrap(), "isBase64Encoded": false}),
                json!({"body": STANDARD.encode(&body), "isBase64Encoded": true}),
            ] {
                assert_eq!(Incoming::read(&event).body().err(), expected);
            }
        }
        let broken = json!({"body": "?", "isBase64Encoded": true});
        assert_eq!(Incoming::read(&broken).body(), Err(NoBody::Broken));
        assert_eq!(Incoming::read(&json!({})).body(), Ok(Vec::new()));
    }
}
