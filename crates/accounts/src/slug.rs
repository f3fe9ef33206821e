//! The part of a carrier's path that names the account.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of an account in paths: 8 to 64 letters, digits, `-` and `_`. It is a credential, so `Debug` shows its last
/// four characters and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// The text is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no slug: 8 to 64 letters, digits, - and _")]
pub struct BadSlug;

/// Letters and digits only: some carriers take no other characters in a URL.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Five bits each: 130 bits.
const LENGTH: usize = 26;

impl Slug {
    /// Reads a slug.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(text: &str) -> Result<Self, BadSlug> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (8..=64).contains(&text.len()) && text.bytes().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadSlug)
        }
    }

    /// A new slug that nobody can guess.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes)?;
        let letter = |byte: u8| ALPHABET.get(usize::from(byte & 31)).copied().map(char::from);
        Ok(Self(bytes.into_iter().filter_map(letter).collect()))
    }

    /// The whole slug: the deliberate way out.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.0.len().saturating_sub(4);
        write!(f, "…{}", self.0.get(from..).unwrap_or_default())
    }
}

impl TryFrom<String> for Slug {
    type Error = BadSlug;

    fn try_from(text: String) -> Result<Self, BadSlug> {
        Self::parse(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn slugs_are_long_all_different_and_fit_into_any_url() {
        let slugs: BTreeSet<_> = (0..1000).map(|_| Slug::generate().unwrap()).collect();
        assert_eq!(slugs.len(), 1000);
        for slug in &slugs {
            assert_eq!(slug.as_str().len(), 26);
            assert!(slug.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric()));
            assert_eq!(Slug::parse(slug.as_str()).as_ref(), Ok(slug));
            assert!(!format!("{slug:?}").contains(slug.as_str()));
        }
        let letters: BTreeSet<_> = slugs.iter().flat_map(|slug| slug.as_str().chars()).collect();
        assert_eq!(letters.len(), 32, "every letter is used");
    }

    #[test]
    fn what_would_need_escaping_or_is_too_short_is_no_slug() {
        for text in [
            "",
            "short",
            "a/b/c/d/e/f",
            "..........",
            "sl%75g-slug",
            "ünïcödes",
            &"a".repeat(65),
        ] {
            assert_eq!(Slug::parse(text), Err(BadSlug), "{text}");
        }
    }
}
