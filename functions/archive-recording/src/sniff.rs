//! Whether bytes are audio, whatever the server calls them.

use infer::audio;

/// How many of the first bytes are looked at: enough to tell what they are, and how long some frames of MP3 last.
pub(crate) const HEAD: usize = 4096;

/// What kind of audio a recording is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Audio {
    pub(crate) content_type: &'static str,
    pub(crate) extension: &'static str,
}

/// Whether bytes begin so.
type Is = fn(&[u8]) -> bool;

const fn kind(content_type: &'static str, extension: &'static str) -> Audio {
    Audio {
        content_type,
        extension,
    }
}

/// What the first bytes say; none if they are no audio that carriers record: a page of HTML, a document of JSON or XML.
pub(crate) fn sniff(first: &[u8]) -> Option<Audio> {
    let kinds: [(Is, Audio); 8] = [
        (audio::is_wav, kind("audio/wav", "wav")),
        (is_mp3, kind("audio/mpeg", "mp3")),
        (audio::is_ogg, kind("audio/ogg", "ogg")),
        (audio::is_flac, kind("audio/flac", "flac")),
        (audio::is_m4a, kind("audio/mp4", "m4a")),
        (is_amr, kind("audio/amr", "amr")),
        (is_amr_wideband, kind("audio/amr-wb", "awb")),
        (audio::is_aac, kind("audio/aac", "aac")),
    ];
    kinds
        .into_iter()
        .find(|(is, _)| is(first))
        .map(|(_, audio)| audio)
}

/// An ID3 tag, or the header of a frame. Telephone recordings are often MPEG 2.5 (8 kHz), which `infer` does not know.
fn is_mp3(first: &[u8]) -> bool {
    if first.starts_with(b"ID3") {
        return true;
    }
    let [0xff, second, third, ..] = *first else {
        return false;
    };
    let (sync, version, layer) = (second & 0xe0 == 0xe0, second >> 3 & 3, second >> 1 & 3);
    let (bit_rate, sampling_rate) = (third >> 4, third >> 2 & 3);
    // Layer III; the other values are reserved.
    sync && version != 1 && layer == 1 && bit_rate != 15 && sampling_rate != 3
}

fn is_amr(first: &[u8]) -> bool {
    first.starts_with(b"#!AMR\n")
}

fn is_amr_wideband(first: &[u8]) -> bool {
    first.starts_with(b"#!AMR-WB\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a WAV.
    const WAV: &[u8] =
        b"RIFF\x24\x3e\0\0WAVEfmt \x10\0\0\0\x07\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data\0\x3e\0\0";

    #[test]
    fn audio_is_told_by_its_bytes() {
        let table: [(&[u8], Option<&str>); 17] = [
            (WAV, Some("wav")),
            (b"ID3\x04\0\0\0\0\0\0", Some("mp3")),
            (b"\xff\xfb\x90\x44\0\0", Some("mp3")),
            (b"\xff\xf3\x48\xc4\0\0", Some("mp3")),
            (b"\xff\xe3\x18\xc4\0\0", Some("mp3")),
            (b"OggS\0\x02\0\0", Some("ogg")),
            (b"fLaC\0\0\0\x22", Some("flac")),
            (b"\0\0\0\x20ftypM4A \0\0\0\0", Some("m4a")),
            (b"#!AMR\n\x3c\x91\x17\x16\xbe\x66", Some("amr")),
            (b"#!AMR-WB\n\x44", Some("awb")),
            (b"\xff\xf1\x50\x80\0\x1f", Some("aac")),
            (b"<!DOCTYPE html><html><body>Sign in</body></html>", None),
            (b"{\"code\":404,\"message\":\"not found\"}", None),
            (b"<?xml version=\"1.0\"?><Error/>", None),
            (b"RIFF\x24\x3e\0\0AVI LIST", None),
            (b"\xff\xff\xff\xff\xff\xff", None),
            (b"", None),
        ];
        for (first, extension) in table {
            assert_eq!(sniff(first).map(|audio| audio.extension), extension, "{first:?}");
        }
    }
}
