//! How long a recording lasts, from its first bytes and its size, where the carrier has not said.

use infer::audio::is_wav;

/// In whole seconds; none where the first bytes do not say it for sure.
pub(crate) fn length(head: &[u8], bytes: u64) -> Option<u64> {
    match is_wav(head) {
        true => wav(head, bytes),
        false => mp3(head, bytes),
    }
}

/// A plain header: the format, then the data to the end.
fn wav(head: &[u8], bytes: u64) -> Option<u64> {
    if head.get(12..16)? != b"fmt " {
        return None;
    }
    let number = |at: usize| -> Option<u64> {
        let bytes = head.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?).into())
    };
    let (format, a_second) = (number(16)?, number(28)?);
    // The data's own header comes after the format's.
    let start = 12 + 8 + format + 8;
    bytes.checked_sub(start)?.checked_div(a_second)
}

/// A frame of MP3 (ISO/IEC 11172-3 and 13818-3, Layer III).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    /// Bits a second.
    bit_rate: u64,
    /// Samples a second.
    sampling_rate: u64,
    /// Samples in it.
    samples: u64,
    /// Where behind its header a tag of the encoder would begin.
    side: usize,
    /// In bytes.
    length: usize,
}

/// What the encoder's tag counts; without one, the frames there are must all be of one bit rate.
fn mp3(head: &[u8], bytes: u64) -> Option<u64> {
    let start = tag(head)?;
    let first = frame(head.get(start..)?)?;
    let encoder = head.get(start + 4 + first.side..)?;
    if encoder.starts_with(b"Xing") || encoder.starts_with(b"Info") {
        let counted = encoder.get(7)? & 1 == 1;
        let frames: [u8; 4] = encoder.get(8..12)?.try_into().ok()?;
        let samples = u64::from(u32::from_be_bytes(frames)) * first.samples;
        return counted.then_some(samples / first.sampling_rate);
    }
    let (mut at, mut frames) = (start, 0);
    while let Some(rest) = head.get(at..at + 4) {
        let next = frame(rest)?;
        if (next.bit_rate, next.sampling_rate) != (first.bit_rate, first.sampling_rate) {
            return None;
        }
        (at, frames) = (at + next.length, frames + 1);
    }
    let audio = bytes.checked_sub(start as u64)?;
    (frames >= 3).then(|| audio.saturating_mul(8) / first.bit_rate)
}

/// Where the first frame begins: behind the tag (`ID3v2`), if there is one.
fn tag(head: &[u8]) -> Option<usize> {
    let Some(b"ID3") = head.get(..3) else {
        return Some(0);
    };
    let size: [u8; 4] = head.get(6..10)?.try_into().ok()?;
    // Of each byte seven bits count.
    let size = size
        .iter()
        .fold(0, |size, byte| size << 7 | usize::from(byte & 0x7f));
    let footer = if head.get(5)? & 0x10 == 0 { 0 } else { 10 };
    Some(10 + size + footer)
}

fn frame(bytes: &[u8]) -> Option<Frame> {
    const ONE: [u64; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const TWO: [u64; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let [0xff, second, third, fourth, ..] = *bytes else {
        return None;
    };
    if second & 0xe6 != 0xe2 {
        return None;
    }
    let (is_one, slower) = match second >> 3 & 3 {
        3 => (true, 1),
        2 => (false, 2),
        0 => (false, 4),
        _ => return None,
    };
    let rates = if is_one { ONE } else { TWO };
    let bit_rate = 1000 * rates.get(usize::from(third >> 4).checked_sub(1)?)?;
    let sampling_rate = [44_100, 48_000, 32_000].get(usize::from(third >> 2 & 3))? / slower;
    let samples = if is_one { 1152 } else { 576 };
    let padding = u64::from(third >> 1 & 1);
    let side = match (is_one, fourth >> 6 == 3) {
        (true, false) => 32,
        (true, true) | (false, false) => 17,
        (false, true) => 9,
    };
    Some(Frame {
        bit_rate,
        sampling_rate,
        samples,
        side,
        length: usize::try_from(samples / 8 * bit_rate / sampling_rate + padding).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a WAV with one channel of µ-law at 8 kHz.
    const WAV: &[u8] =
        b"RIFF\x24\x3e\0\0WAVEfmt \x10\0\0\0\x07\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\x3e\0\0";

    /// Frames with those headers, each of that length.
    fn frames(headers: &[[u8; 4]], length: usize) -> Vec<u8> {
        let frame = |header: &[u8; 4]| [&header[..], &vec![0; length - 4]].concat();
        headers.iter().flat_map(frame).collect()
    }

    #[test]
    fn the_header_of_a_wav_says_how_long_it_lasts() {
        assert_eq!(length(WAV, 44 + 8000 * 3 + 7999), Some(3));
        assert_eq!(length(WAV, 20), None);
        assert_eq!(length(&WAV[..30], 8000), None);
    }

    #[test]
    fn frames_of_one_bit_rate_say_how_long_an_mp3_lasts() {
        // MPEG 1 with 128 kbit/s at 44.1 kHz, MPEG 2.5 with 16 kbit/s at 8 kHz.
        let fast = frames(&[[0xff, 0xfb, 0x90, 0x00]; 5], 417);
        let slow = frames(&[[0xff, 0xe3, 0x28, 0xc0]; 9], 144);
        assert_eq!(length(&fast, 16_000 * 60), Some(60));
        assert_eq!(length(&slow, 2000 * 61 + 1), Some(61));
        let tagged = [&b"ID3\x03\0\0\0\0\x01\x02"[..], &[0; 130], &fast].concat();
        assert_eq!(length(&tagged, 140 + 16_000 * 60), Some(60));
    }

    #[test]
    fn the_tag_of_the_encoder_counts_frames() {
        let mut first = frames(&[[0xff, 0xfb, 0x90, 0x00]], 417);
        first[36..40].copy_from_slice(b"Xing");
        first[43] = 1;
        first[44..48].copy_from_slice(&383_u32.to_be_bytes());
        assert_eq!(length(&first, 1_000_000), Some(10));
        first[43] = 0;
        assert_eq!(length(&first, 1_000_000), None);
    }

    #[test]
    fn what_is_not_sure_is_not_said() {
        let changing = [
            [0xff, 0xfb, 0x90, 0],
            [0xff, 0xfb, 0xa0, 0],
            [0xff, 0xfb, 0x90, 0],
        ];
        for head in [
            frames(&changing, 417),
            frames(&[[0xff, 0xfb, 0x90, 0]; 2], 417),
            frames(&[[0xff, 0xfb, 0x90, 0]; 5], 300),
            b"ID3\x03\0\0\x7f\x7f\x7f\x7f".to_vec(),
            b"OggS\0\x02\0\0".to_vec(),
            b"\xff\xfb".to_vec(),
            Vec::new(),
        ] {
            assert_eq!(length(&head, 1_000_000), None);
        }
    }
}
