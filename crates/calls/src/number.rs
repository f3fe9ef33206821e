//! Telephone numbers, as carriers write them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number or address at one end of a leg: E.164 wherever the carrier gives that, otherwise as it came (a SIP address,
/// a short code). `Debug` shows the last four characters only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Number(String);

/// Longer addresses are cut: nothing that a person dials is longer.
const LONGEST: usize = 128;

impl Number {
    /// A number as it came; none if there is nothing.
    pub fn raw(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.chars().take(LONGEST).collect()))
    }

    /// A number of a carrier that writes E.164 with or without its `+`.
    pub fn international(text: &str) -> Option<Self> {
        let text = text.trim();
        let plausible = (7..=15).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && !text.starts_with('0');
        if plausible {
            return Some(Self(format!("+{text}")));
        }
        Self::raw(text)
    }

    /// A number of a carrier that leaves its own country's code out: `code` is that, `86`. Numbers that begin with `+`
    /// or `00` are international; a `0` before the area code is left out.
    pub fn national(text: &str, code: &str) -> Option<Self> {
        let text = text.trim();
        let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits {
            return Self::raw(text);
        }
        match text.strip_prefix("00") {
            Some(international) => Self::international(international),
            None => {
                let significant = text.strip_prefix('0').unwrap_or(text);
                // Short codes (10086) belong to no area and stay as they are.
                if significant.len() < 7 {
                    return Self::raw(text);
                }
                Self::raw(&format!("+{code}{significant}"))
            }
        }
    }

    /// The whole number: the deliberate way out.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four characters, `…0100`.
    pub fn masked(&self) -> String {
        let from = self.0.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
        format!("…{}", self.0.get(from..).unwrap_or_default())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}
