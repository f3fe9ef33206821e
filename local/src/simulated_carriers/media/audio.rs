//! Recordings that are what they say they are, and nothing to listen to.

/// A WAV of that many bytes, its head included: two channels of 16 bits, 8 000 samples a second. The same seed, the same
/// noise.
pub fn wav(bytes: usize, seed: u64) -> Vec<u8> {
    let data = u32::try_from(bytes.saturating_sub(44)).unwrap_or(u32::MAX);
    let mut out = Vec::with_capacity(bytes.max(44));
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&data.saturating_add(36).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16_u32.to_le_bytes());
    // PCM, two channels.
    for field in [1_u16, 2] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    for field in [8_000_u32, 32_000] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    for field in [4_u16, 16] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    out.extend_from_slice(b"data");
    out.extend_from_slice(&data.to_le_bytes());
    fill(&mut out, bytes, seed);
    out
}

/// An MP3 of that many bytes: a tag, and frames of 128 kbit/s whose contents are noise.
pub fn mp3(bytes: usize, seed: u64) -> Vec<u8> {
    const FRAME: usize = 417;
    let mut out = Vec::with_capacity(bytes);
    out.extend_from_slice(b"ID3\x03\x00\x00\x00\x00\x00\x00");
    while out.len() < bytes {
        let end = (out.len() + FRAME).min(bytes);
        let seed = seed.wrapping_add(end as u64);
        out.extend_from_slice(&[0xFF, 0xFB, 0x90, 0x00]);
        fill(&mut out, end, seed);
    }
    out.truncate(bytes);
    out
}

/// Xorshift (Marsaglia 2003) up to that length.
fn fill(out: &mut Vec<u8>, length: usize, seed: u64) {
    let mut state = seed ^ 0x9E37_79B9_7F4A_7C15;
    while out.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::{mp3, wav};

    #[test]
    fn audio_is_as_long_as_was_asked_and_always_the_same() {
        for make in [wav, mp3] {
            assert_eq!(make(10_001, 7).len(), 10_001);
            assert_eq!(make(10_001, 7), make(10_001, 7));
            assert_ne!(make(10_001, 7), make(10_001, 8));
        }
        assert!(wav(44, 1).starts_with(b"RIFF") && mp3(100, 1).starts_with(b"ID3"));
    }
}
