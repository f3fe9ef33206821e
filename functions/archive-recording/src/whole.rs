//! Whether what has come of a recording is all of it, where nobody but the recording itself can tell.

use infer::audio::is_wav;

use crate::length::length;
use crate::trouble::Trouble;

/// What a WAV that is written as it is recorded says where its size should stand: nothing, all ones, or as much as a
/// signed number holds; each with or without the head, which some writers count, and rounded as they like.
const SIZES_UNKNOWN: [std::ops::RangeInclusive<u32>; 3] =
    [0..=0xff, 0x7fff_0000..=0x8000_ffff, 0xffff_0000..=u32::MAX];

/// Some count the head of eight bytes, or a byte that pads an odd number, which then does not come.
const MISCOUNTED: u64 = 8;

/// What is known of a recording besides its bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole<'a> {
    pub(crate) head: &'a [u8],
    /// How long it lasts, in the carrier's word.
    pub(crate) seconds: Option<u64>,
    /// Whether it is worth another time where it is shorter than it should be: else it is taken as it is.
    pub(crate) again: bool,
}

impl Whole<'_> {
    /// Whether something proves that so many bytes are all. `told` is whether the server has said so, or TLS.
    ///
    /// # Errors
    /// When something speaks against it, for as long as another time may bring more. After that they are taken, and not
    /// proven: there are more placeholders for a size than anybody can list, and a recording that may be cut short is
    /// more than none.
    pub(crate) fn judge(&self, bytes: u64, told: bool) -> Result<bool, Trouble> {
        let size = riff(self.head);
        if size.is_some_and(|size| size > bytes.saturating_add(MISCOUNTED)) {
            return self.too_short();
        }
        if told || size.is_some() {
            return Ok(true);
        }
        let (Some(said), Some(lasts)) = (self.seconds, length(self.head, bytes)) else {
            return Ok(false);
        };
        // Seconds are rounded, and a carrier may count some that it did not record.
        let enough = lasts.saturating_add(2 + said / 50) >= said;
        match enough {
            true => Ok(true),
            false => self.too_short(),
        }
    }

    fn too_short(&self) -> Result<bool, Trouble> {
        match self.again {
            true => Err(Trouble::waiting("truncated")),
            false => Ok(false),
        }
    }
}

/// How many bytes a WAV says that it has, all in all.
fn riff(head: &[u8]) -> Option<u64> {
    let size: [u8; 4] = head.get(4..8)?.try_into().ok()?;
    let size = u32::from_le_bytes(size);
    let known = is_wav(head) && !SIZES_UNKNOWN.iter().any(|unknown| unknown.contains(&size));
    known.then(|| u64::from(size) + 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a WAV with one channel of µ-law at 8 kHz that says so many bytes come after its first eight.
    fn wav(size: u32) -> Vec<u8> {
        let format = b"WAVEfmt \x10\0\0\0\x07\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\x3e\0\0";
        [b"RIFF", &size.to_le_bytes()[..], format].concat()
    }

    /// Frames of MP3 with 128 kbit/s: 16 000 bytes a second.
    fn mp3() -> Vec<u8> {
        [&[0xff, 0xfb, 0x90, 0x00][..], &[0; 413]].concat().repeat(5)
    }

    #[test]
    fn what_is_shorter_than_it_says_is_never_proven_and_taken_once_no_other_time_helps() {
        let judge = |size: u32, bytes: u64, told: bool, again: bool| {
            let head = wav(size);
            let whole = Whole {
                head: &head,
                seconds: None,
                again,
            };
            whole
                .judge(bytes, told)
                .map_err(|trouble| trouble.code.into_owned())
        };
        let truncated = Err("truncated".to_owned());
        let sizes = [
            0,
            36,
            0x7fff_f024,
            0x7fff_ffff,
            0x8000_0023,
            0xffff_fff7,
            u32::MAX,
        ];
        for (told, again) in [(true, true), (true, false), (false, true), (false, false)] {
            let judged = |size: u32, bytes: u64| judge(size, bytes, told, again);
            assert_eq!(judged(8036, 8044), Ok(true));
            assert_eq!(judged(8044, 8044), Ok(true), "it counts its head");
            assert_eq!(judged(8036, 9000), Ok(true), "something comes after it");
            for more in [8045, 1_000_000, 0x7000_0000, 0x9000_0000] {
                let expected = if again { truncated.clone() } else { Ok(false) };
                assert_eq!(judged(more, 8044), expected, "{more:x} {told}");
            }
            for unknown in sizes {
                assert_eq!(judged(unknown, 8044), Ok(told), "{unknown:x}");
            }
        }
    }

    #[test]
    fn an_end_that_nobody_tells_is_compared_with_how_long_the_carrier_says_it_lasts() {
        let (mp3, unknown) = (mp3(), wav(0));
        for (head, a_second) in [(&mp3, 16_000), (&unknown, 8000)] {
            let judged = |seconds: Option<u64>, lasts: u64, again: bool| {
                let whole = Whole { head, seconds, again };
                whole.judge(lasts * a_second + 44, false).ok()
            };
            assert_eq!(judged(Some(60), 60, true), Some(true));
            assert_eq!(judged(Some(60), 57, true), Some(true));
            assert_eq!(judged(Some(60), 56, true), None);
            assert_eq!(judged(Some(60), 18, true), None);
            assert_eq!(judged(Some(60), 18, false), Some(false), "it stays so short");
            assert_eq!(judged(None, 60, true), Some(false));
        }
        let ogg = Whole {
            head: b"OggS\0\x02\0\0",
            seconds: Some(60),
            again: true,
        };
        assert_eq!(ogg.judge(1000, false).ok(), Some(false));
        assert_eq!(ogg.judge(1000, true).ok(), Some(true));
    }
}
