//! XML, as far as carriers write it: elements and text.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};
use serde_json::{Map, Value};

use crate::reading::Unreadable;

/// Elements nested deeper are no carrier's.
const DEEPEST: usize = 32;

/// Reads a document as if it were JSON: `<req><id>1</id></req>` is `{"req": {"id": "1"}}`. Elements that repeat are a
/// list, empty ones are null; attributes, comments and namespaces are left out.
///
/// # Errors
/// When it is no XML in UTF-8, has a document type, or an entity that XML itself does not define: nothing that a
/// document defines ever expands.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Unreadable> {
    let text = std::str::from_utf8(bytes).map_err(|error| bad(error.valid_up_to(), "is no UTF-8"))?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = Element::default();
    loop {
        let event = reader.read_event().map_err(|error| Unreadable::Body {
            what: "XML",
            problem: format!("byte {}: {}", reader.error_position(), problem(&error)),
        })?;
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match event {
            Event::Start(tag) if open.len() < DEEPEST => {
                open.push(Element::named(tag.local_name().into_inner()));
            }
            Event::Start(_) => return Err(bad(at, "is nested too deeply")),
            Event::Empty(tag) => {
                let element = Element::named(tag.local_name().into_inner());
                open.last_mut().unwrap_or(&mut root).add(element);
            }
            Event::End(_) => {
                // The reader has compared the names.
                let element = open.pop().ok_or_else(|| bad(at, "closes what is not open"))?;
                open.last_mut().unwrap_or(&mut root).add(element);
            }
            Event::Text(text) => open.last_mut().unwrap_or(&mut root).text.push_str(&text),
            Event::CData(text) => open.last_mut().unwrap_or(&mut root).text.push_str(&text),
            Event::GeneralRef(reference) => {
                let text =
                    resolve(&reference).ok_or_else(|| bad(at, "names an entity that XML does not define"))?;
                open.last_mut().unwrap_or(&mut root).text.push_str(&text);
            }
            Event::DocType(_) => return Err(bad(at, "has a document type")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof if open.is_empty() => break,
            Event::Eof => return Err(bad(at, "ends inside an element")),
        }
    }
    let one = root.children.len() == 1 && !root.children.values().any(Value::is_array);
    if one && root.text.trim_start_matches('\u{feff}').trim().is_empty() {
        Ok(Value::Object(root.children))
    } else {
        Err(bad(bytes.len(), "is not one element"))
    }
}

#[derive(Default)]
struct Element {
    name: String,
    children: Map<String, Value>,
    text: String,
}

impl Element {
    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    fn add(&mut self, child: Self) {
        let value = match (child.children.is_empty(), child.text.trim()) {
            (false, _) => Value::Object(child.children),
            (true, "") => Value::Null,
            (true, text) => Value::from(text),
        };
        match self.children.get_mut(&child.name) {
            None => {
                self.children.insert(child.name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
}

/// The five entities of XML and character references.
fn resolve(reference: &BytesRef<'_>) -> Option<String> {
    if reference.is_char_ref() {
        return reference.resolve_char_ref().ok().flatten().map(String::from);
    }
    resolve_xml_entity(reference).map(str::to_owned)
}

/// What is wrong, without the document's words, which the parser's own messages quote.
fn problem(error: &quick_xml::Error) -> &'static str {
    match error {
        quick_xml::Error::Syntax(_) => "is not closed",
        quick_xml::Error::IllFormed(_) => "is not well-formed",
        _ => "cannot be read",
    }
}

fn bad(at: usize, problem: &str) -> Unreadable {
    Unreadable::Body {
        what: "XML",
        problem: format!("byte {at}: {problem}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_become_fields() {
        let document = "\u{feff}<?xml version='1.0' encoding='utf-8'?>\n<x:req a=\"1\"> <id>7 &amp; &#x38;</id><none></none>\
            <nothing/><!-- no --><n>1</n><n>2</n><n/><in><c><![CDATA[<&>]]></c></in></x:req>\n";
        let expected = json!({"req": {
            "id": "7 & 8", "none": null, "nothing": null, "n": ["1", "2", null], "in": {"c": "<&>"},
        }});
        assert_eq!(read(document.as_bytes()), Ok(expected));
    }

    #[test]
    fn nothing_that_a_document_defines_expands() {
        let laughs = "<!DOCTYPE req [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><req><id>&b;</id></req>";
        let problem = read(laughs.as_bytes()).unwrap_err().to_string();
        assert!(problem.contains("document type"), "{problem}");
        for document in [
            "<req><id>&a;</id></req>",
            "<req>&nbsp;</req>",
            "<req>&#xFFFFFFFF;</req>",
        ] {
            assert!(read(document.as_bytes()).is_err(), "{document}");
        }
    }

    #[test]
    fn what_is_no_document_is_told_with_its_place_and_without_its_words() {
        for document in [
            "",
            "secret",
            "<secret>",
            "<secret></other>",
            "</secret>",
            "<secret",
            "<a/><secret/>",
            "<a/><a/>",
            "<a/>secret",
            "<a>secret & b</a>",
        ] {
            let error = read(document.as_bytes()).unwrap_err().to_string();
            assert!(
                error.contains("byte") && !error.contains("secret"),
                "{document}: {error}"
            );
        }
        assert!(read(b"<a>\xff</a>").unwrap_err().to_string().contains("byte 3"));
        let deep = "<a>".repeat(40) + &"</a>".repeat(40);
        assert!(read(deep.as_bytes()).is_err());
        assert!(read("<a>".repeat(100_000).as_bytes()).is_err());
    }
}
