//! Hexadecimal digits.

/// In lower case.
pub(crate) fn lower(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// In upper case.
pub(crate) fn upper(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The bytes that digits in lower case stand for.
pub(crate) fn read_lower(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? * 16 + digit(*low)?);
    rest.is_empty().then(|| pairs.iter().map(byte).collect())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(read_lower(&lower(&bytes)), Some(bytes.clone()));
        assert_eq!(upper(&bytes), lower(&bytes).to_uppercase());
        assert_eq!(read_lower(""), Some(Vec::new()));
        for odd in ["0", "0g", "AB", "+1", "é"] {
            assert_eq!(read_lower(odd), None, "{odd}");
        }
    }
}
