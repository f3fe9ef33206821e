//! Text from outside, before it goes on the bus.

/// Longest name or title, in characters.
const LONGEST_NAME: usize = 200;

/// Longest id, in characters: as long as Connect's own.
const LONGEST_ID: usize = 256;

/// Longest word of a vocabulary: a class, a label, a reason.
const LONGEST_WORD: usize = 64;

/// A name on one line, cut where it is too long.
pub(crate) fn name(text: &str) -> Option<String> {
    cut(text, LONGEST_NAME)
}

/// A word on one line, cut where it is too long.
pub(crate) fn word(text: &str) -> Option<String> {
    cut(text, LONGEST_WORD)
}

/// An id. A cut one would be another's, so one that is too long is left out.
pub(crate) fn id(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.chars().count() <= LONGEST_ID && !text.chars().any(char::is_control))
        .then(|| text.to_owned())
}

fn cut(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    let mut cut: String = text
        .chars()
        .take(longest)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(longest).is_some() {
        cut.pop();
        cut.push('…');
    }
    (!cut.trim().is_empty()).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_and_an_id_is_not() {
        assert_eq!(name(" 📞\n\"A\" مرحبا ").as_deref(), Some("📞 \"A\" مرحبا"));
        assert_eq!(name(&"ü".repeat(201)), Some(format!("{}…", "ü".repeat(199))));
        assert_eq!(name(&"ü".repeat(200)), Some("ü".repeat(200)));
        assert_eq!(id(&"ü".repeat(256)), Some("ü".repeat(256)));
        assert_eq!(id(&"ü".repeat(257)), None);
        assert_eq!(id("A\n17"), None);
        assert_eq!((name(" \t"), id(" ")), (None, None));
    }
}
