//! The documents that tell a carrier whom to dial, as a carrier reads them.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// An element of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    attributes: Vec<(String, String)>,
    /// The text directly in it.
    pub(super) text: String,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The first element of that name; none where there is none, or it is no XML.
pub(super) fn first(document: &str, name: &str) -> Option<Element> {
    let mut reader = Reader::from_str(document);
    loop {
        match reader.read_event().ok()? {
            Event::Empty(start) if start.name().as_ref() == name => return element(&start),
            Event::Start(start) if start.name().as_ref() == name => {
                let mut found = element(&start)?;
                let raw = reader.read_text(start.name()).ok()?;
                // The text of what is in it, as in `<Conference>` in `<Dial>`, is not its own.
                let own = raw.split('<').next().unwrap_or_default();
                found.text = quick_xml::escape::unescape(own).ok()?.into_owned();
                return Some(found);
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let value = quick_xml::escape::unescape(&attribute.value).ok()?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Some(Element {
        attributes,
        text: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_with_what_is_escaped_in_them() {
        let document = r#"<Response><Dial action="https://x.example/?a=1&amp;b=2"><Number>&#43;14155550102</Number></Dial></Response>"#;
        let dial = first(document, "Dial").unwrap();
        assert_eq!(dial.attribute("action"), Some("https://x.example/?a=1&b=2"));
        assert_eq!(first(document, "Number").unwrap().text, "+14155550102");
        assert_eq!(first(document, "Sip"), None);
        assert_eq!(first("{}", "Sip"), None);
    }
}
