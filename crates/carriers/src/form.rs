//! Forms, `application/x-www-form-urlencoded`.

use crate::reading::Unreadable;

/// The fields of a form, decoded, in the order they came.
#[derive(Default)]
pub(crate) struct Form(Vec<(String, String)>);

/// More fields are no form of a carrier.
const MOST_FIELDS: usize = 500;

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    /// When the bytes are no ASCII, a field is no UTF-8 once decoded, or there are more than 500.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let bad = |problem: &str| Unreadable::Body {
            what: "form",
            problem: problem.to_owned(),
        };
        if !bytes.is_ascii() {
            return Err(bad("holds bytes that a form escapes"));
        }
        let fields: Vec<_> = form_urlencoded::parse(bytes)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .take(MOST_FIELDS + 1)
            .collect();
        if fields.len() > MOST_FIELDS {
            return Err(bad("has more than 500 fields"));
        }
        // The parser puts U+FFFD where bytes are no UTF-8.
        let broken = |text: &str| text.contains('\u{FFFD}');
        if fields.iter().any(|(name, value)| broken(name) || broken(value)) {
            return Err(bad("is no UTF-8"));
        }
        Ok(Self(fields))
    }

    /// A form of those fields, for what says the same in another shape.
    pub(crate) fn of(fields: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let owned = |(name, value): (&str, String)| (name.to_owned(), value);
        Self(fields.into_iter().map(owned).collect())
    }

    /// The first value of a field; none if it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// All fields.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
