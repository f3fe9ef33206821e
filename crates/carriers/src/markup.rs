//! Documents for carriers: a small tree of XML elements, with everything escaped.

use quick_xml::escape::escape;

use crate::answer::Answer;

/// An element.
pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// An empty element.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            attributes: Vec::new(),
            text: String::new(),
            children: Vec::new(),
        }
    }

    /// The element with an attribute more.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// The element with that text in it.
    pub(crate) fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// The element with a child more.
    pub(crate) fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// The element as the whole document of an answer.
    pub(crate) fn answer(&self) -> Answer {
        let mut document = String::from(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
        self.write(&mut document);
        Answer::document("text/xml", document)
    }

    fn write(&self, to: &mut String) {
        to.push('<');
        to.push_str(self.name);
        for (name, value) in &self.attributes {
            to.push(' ');
            to.push_str(name);
            to.push_str("=\"");
            push_escaped(to, value);
            to.push('"');
        }
        if self.text.is_empty() && self.children.is_empty() {
            to.push_str("/>");
            return;
        }
        to.push('>');
        push_escaped(to, &self.text);
        self.children.iter().for_each(|child| child.write(to));
        to.push_str("</");
        to.push_str(self.name);
        to.push('>');
    }
}

/// XML has no way to write most control characters, so they are left out.
fn push_escaped(to: &mut String, text: &str) {
    let text: String = text.chars().filter(|char| !char.is_control()).collect();
    to.push_str(&escape(text.as_str()));
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::escape::{resolve_predefined_entity, unescape};
    use quick_xml::events::Event;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let odd = "a<b>&\"c'\u{0} ]]> <!ENTITY x \"y\">&x;";
        let document = Element::new("Response")
            .child(Element::new("Dial").with("action", odd).text(odd))
            .answer();
        let mut reader = Reader::from_str(&document.body);
        let (mut attribute, mut text) = (String::new(), String::new());
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => {
                    for found in start.attributes() {
                        attribute.push_str(&unescape(&found.unwrap().value).unwrap());
                    }
                }
                Event::Text(part) => text.push_str(&part),
                Event::GeneralRef(name) => text.push_str(resolve_predefined_entity(&name).unwrap()),
                Event::Eof => break,
                _ => {}
            }
        }
        let kept = odd.replace('\u{0}', "");
        assert_eq!(attribute, kept);
        assert_eq!(text, kept);
    }
}
