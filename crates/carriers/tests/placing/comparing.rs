//! Whether two requests or documents have the same shape, and values only where values were.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::{BytesStart, Event};
use ringback_carriers::Ask;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

/// What a carrier is sent.
pub(crate) enum Sent {
    Ask(Ask),
    Document(String),
}

/// Compares what was made of harmless values with what was made of others.
pub(crate) struct Comparing<'a> {
    /// Each harmless value, and what stands there instead.
    pub(crate) swaps: &'a [(String, String)],
}

impl Comparing<'_> {
    pub(crate) fn sent(&self, harmless: &Sent, odd: &Sent) -> Result<(), String> {
        match (harmless, odd) {
            (Sent::Document(harmless), Sent::Document(odd)) => self.text("document", harmless, odd),
            (Sent::Ask(harmless), Sent::Ask(odd)) => self.ask(harmless, odd),
            _ => Err("something else is sent".to_owned()),
        }
    }

    fn ask(&self, harmless: &Ask, odd: &Ask) -> Result<(), String> {
        same("method", &harmless.method, &odd.method)?;
        let [one, other] = [harmless, odd].map(|ask| Url::parse(&ask.url).unwrap());
        same("origin", &one.origin(), &other.origin())?;
        let user = |url: &Url| (url.username().to_owned(), url.fragment().map(str::to_owned));
        same("user", &user(&one), &user(&other))?;
        let segments = |url: &Url| -> Vec<String> {
            let decoded = |part: &str| percent_decode_str(part).decode_utf8().unwrap().into_owned();
            url.path_segments().unwrap().map(decoded).collect()
        };
        self.list("path", &segments(&one), &segments(&other))?;
        let pairs = |url: &Url| url.query_pairs().into_owned().collect::<Vec<_>>();
        self.pairs("query", &pairs(&one), &pairs(&other))?;
        let headers = |ask: &Ask| -> Vec<(String, String)> {
            let pair =
                |(name, value): &(&str, SecretString)| ((*name).to_owned(), value.expose_secret().to_owned());
            ask.headers.iter().map(pair).collect()
        };
        self.pairs("headers", &headers(harmless), &headers(odd))?;
        match (&harmless.body, &odd.body) {
            (None, None) => Ok(()),
            (Some(one), Some(other)) => {
                let (one, other) = (one.expose_secret(), other.expose_secret());
                let is_form = headers(harmless)
                    .iter()
                    .any(|(_, value)| value.contains("form-urlencoded"));
                if !is_form {
                    return self.text("body", one, other);
                }
                let fields = |body: &str| -> Vec<(String, String)> {
                    form_urlencoded::parse(body.as_bytes()).into_owned().collect()
                };
                self.pairs("form", &fields(one), &fields(other))
            }
            _ => Err("only one has a body".to_owned()),
        }
    }

    fn list(&self, place: &str, harmless: &[String], odd: &[String]) -> Result<(), String> {
        same(place, &harmless.len(), &odd.len())?;
        let mut both = harmless.iter().zip(odd);
        both.try_for_each(|(one, other)| self.text(place, one, other))
    }

    fn pairs(
        &self,
        place: &str,
        harmless: &[(String, String)],
        odd: &[(String, String)],
    ) -> Result<(), String> {
        same(place, &harmless.len(), &odd.len())?;
        harmless
            .iter()
            .zip(odd)
            .try_for_each(|((name, one), (also, other))| {
                same(place, name, also)?;
                self.text(&format!("{place} {name}"), one, other)
            })
    }

    /// A text may be a document itself: whatever the harmless one is, the other must be too.
    fn text(&self, place: &str, harmless: &str, odd: &str) -> Result<(), String> {
        if let Some(harmless) = container(harmless) {
            let odd = container(odd).ok_or_else(|| format!("{place}: is no JSON any more"))?;
            return self.json(place, &harmless, &odd);
        }
        if harmless.starts_with('<') {
            return self.pairs(place, &xml(harmless)?, &xml(odd)?);
        }
        if let Some(harmless) = encoded(harmless) {
            let odd = encoded(odd).ok_or_else(|| format!("{place}: is no base64 any more"))?;
            return self.text(place, &harmless, &odd);
        }
        let plain = |text: &str| text.chars().filter(|char| !char.is_control()).collect::<String>();
        let swapped = |write: &dyn Fn(&str) -> String| {
            self.swaps.iter().fold(harmless.to_owned(), |text, (from, to)| {
                text.replace(from, &write(to))
            })
        };
        // Where a text that begins with `<` would be a document.
        let spoken = |text: &str| text.replace(['<', '>'], " ");
        let as_url = |text: &str| Url::parse(text).map_or_else(|_| text.to_owned(), String::from);
        let expected = [
            swapped(&str::to_owned),
            swapped(&plain),
            swapped(&spoken),
            swapped(&as_url),
        ];
        if expected.iter().any(|expected| expected == odd) {
            Ok(())
        } else {
            Err(format!("{place}: {odd:?} instead of {:?}", expected[0]))
        }
    }

    fn json(&self, place: &str, harmless: &Value, odd: &Value) -> Result<(), String> {
        match (harmless, odd) {
            (Value::Object(one), Value::Object(other)) => {
                same(
                    place,
                    &one.keys().collect::<Vec<_>>(),
                    &other.keys().collect::<Vec<_>>(),
                )?;
                one.iter()
                    .try_for_each(|(name, value)| self.json(&format!("{place}.{name}"), value, &other[name]))
            }
            (Value::Array(one), Value::Array(other)) => {
                same(place, &one.len(), &other.len())?;
                one.iter()
                    .zip(other)
                    .try_for_each(|(one, other)| self.json(place, one, other))
            }
            (Value::String(one), Value::String(other)) => self.text(place, one, other),
            _ => same(place, harmless, odd),
        }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(place: &str, harmless: &T, odd: &T) -> Result<(), String> {
    if harmless == odd {
        Ok(())
    } else {
        Err(format!("{place}: {odd:?} instead of {harmless:?}"))
    }
}

fn container(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    (value.is_object() || value.is_array()).then_some(value)
}

fn encoded(text: &str) -> Option<String> {
    let text = String::from_utf8(BASE64_STANDARD.decode(text).ok()?).ok()?;
    (text.starts_with('{') || text.starts_with("https://")).then_some(text)
}

/// The elements, attributes and texts of a document, in their order.
fn xml(document: &str) -> Result<Vec<(String, String)>, String> {
    let mut reader = Reader::from_str(document);
    let (mut all, mut text) = (Vec::new(), String::new());
    let begin = |all: &mut Vec<(String, String)>, tag: &BytesStart<'_>| {
        all.push((format!("<{}", tag.name().into_inner()), String::new()));
        for attribute in tag.attributes() {
            let attribute = attribute.unwrap();
            let value = unescape(&attribute.value).unwrap().into_owned();
            all.push((attribute.key.into_inner().to_owned(), value));
        }
    };
    loop {
        match reader
            .read_event()
            .map_err(|error| format!("is no XML any more: {error}"))?
        {
            Event::Start(tag) => begin(&mut all, &tag),
            Event::Empty(tag) => {
                begin(&mut all, &tag);
                all.push((">".to_owned(), String::new()));
            }
            Event::End(_) => all.push((">".to_owned(), std::mem::take(&mut text))),
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(name) => text.push_str(resolve_predefined_entity(&name).unwrap()),
            Event::Decl(_) => {}
            Event::Eof => return Ok(all),
            other => return Err(format!("has {other:?}")),
        }
    }
}
