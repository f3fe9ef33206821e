//! The bytes of a recording on their way: counted, digested, and gathered to parts.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use crc_fast::CrcAlgorithm;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest, Sha256};

/// How large a part is. S3 takes no smaller ones than 5 MiB, and 10 000 of them at most.
pub(crate) const PART: usize = 8 * 1024 * 1024;

/// Smaller chunks are copied together: each holds on to the whole buffer that the connection was read into, which may
/// be many times as large.
const SMALL: usize = 16 * 1024;

/// What chunks are copied together in.
const BLOCK: usize = 64 * 1024;

/// The digests of all bytes so far.
#[derive(Debug, Clone)]
pub(crate) struct Digests {
    bytes: u64,
    sha256: Sha256,
    crc: crc_fast::Digest,
}

/// What all bytes of a recording come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Total {
    pub(crate) bytes: u64,
    /// In lower-case hexadecimal digits.
    pub(crate) sha256: String,
    /// The CRC-64/NVME as S3 writes it.
    pub(crate) crc: String,
}

/// Some bytes of a recording, in the chunks they came in.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    chunks: Arc<[Bytes]>,
    pub(crate) bytes: usize,
    crc: u64,
}

/// A part that is being gathered.
#[derive(Debug)]
pub(crate) struct Gathering {
    chunks: Vec<Bytes>,
    small: BytesMut,
    bytes: usize,
    crc: crc_fast::Digest,
    digests: Digests,
}

impl Digests {
    pub(crate) fn new() -> Self {
        Self {
            bytes: 0,
            sha256: Sha256::new(),
            crc: crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.sha256.update(bytes);
        self.crc.update(bytes);
    }

    pub(crate) fn total(self) -> Total {
        let sha256 = self.sha256.finalize();
        Total {
            bytes: self.bytes,
            sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            crc: written(self.crc.finalize()),
        }
    }
}

impl Gathering {
    pub(crate) fn new() -> Self {
        Self {
            chunks: Vec::new(),
            small: BytesMut::new(),
            bytes: 0,
            crc: crc_fast::Digest::new(CrcAlgorithm::Crc64Nvme),
            digests: Digests::new(),
        }
    }

    /// Takes bytes of the chunk, as many as the part still takes. More than a part is left in the chunk.
    pub(crate) fn take(&mut self, chunk: &mut Bytes) {
        let bytes = chunk.split_to(chunk.len().min(PART - self.bytes));
        self.digests.update(&bytes);
        self.crc.update(&bytes);
        self.bytes += bytes.len();
        if bytes.len() >= SMALL {
            self.flush();
            self.chunks.push(bytes);
            return;
        }
        if self.small.capacity() - self.small.len() < bytes.len() {
            self.flush();
            self.small = BytesMut::with_capacity(BLOCK);
        }
        self.small.extend_from_slice(&bytes);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.bytes == PART
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// The part as it is; what comes next begins another.
    pub(crate) fn part(&mut self) -> Part {
        self.flush();
        Part {
            chunks: std::mem::take(&mut self.chunks).into(),
            bytes: std::mem::take(&mut self.bytes),
            crc: self.crc.finalize_reset(),
        }
    }

    /// What everything comes to, once the last part was taken.
    pub(crate) fn total(&self) -> Total {
        self.digests.clone().total()
    }

    fn flush(&mut self) {
        if !self.small.is_empty() {
            self.chunks.push(self.small.split().freeze());
        }
    }
}

impl Part {
    /// The CRC-64/NVME of the part as S3 writes it.
    pub(crate) fn checksum(&self) -> String {
        written(self.crc)
    }

    /// The part as the body of a request, from its start each time the request is tried.
    pub(crate) fn body(&self) -> ByteStream {
        let part = self.clone();
        ByteStream::new(SdkBody::retryable(move || {
            SdkBody::from_body_1_x(Chunks {
                chunks: Arc::clone(&part.chunks),
                next: 0,
                left: part.bytes as u64,
            })
        }))
    }
}

/// S3 writes a CRC in Base64, highest byte first.
fn written(crc: u64) -> String {
    STANDARD.encode(crc.to_be_bytes())
}

/// The chunks of a part, one after the other.
struct Chunks {
    chunks: Arc<[Bytes]>,
    next: usize,
    left: u64,
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let chunk = self.chunks.get(self.next).cloned();
        Poll::Ready(chunk.map(|chunk| {
            self.next += 1;
            self.left = self.left.saturating_sub(chunk.len() as u64);
            Ok(Frame::data(chunk))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of so many bytes that come in chunks of that size, and what they come to.
    fn gathered(bytes: usize, chunk: usize) -> (Vec<Part>, Total) {
        let all: Bytes = (0..bytes).map(|at| (at % 251) as u8).collect();
        let (mut gathering, mut parts) = (Gathering::new(), Vec::new());
        for start in (0..bytes).step_by(chunk) {
            let mut chunk = all.slice(start..bytes.min(start + chunk));
            while !chunk.is_empty() {
                gathering.take(&mut chunk);
                if gathering.is_full() {
                    parts.push(gathering.part());
                }
            }
        }
        if !gathering.is_empty() {
            parts.push(gathering.part());
        }
        (parts, gathering.total())
    }

    #[test]
    fn parts_and_digests_are_the_same_however_the_bytes_come() {
        let bytes = PART + 12_345;
        let whole: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
        let sha256: String = Sha256::digest(&whole)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let crc = written(crc_fast::checksum(CrcAlgorithm::Crc64Nvme, &whole));
        for chunk in [99_991, 3 * PART] {
            let (parts, total) = gathered(bytes, chunk);
            let sizes: Vec<_> = parts.iter().map(|part| part.bytes).collect();
            assert_eq!(sizes, [PART, 12_345], "{chunk}");
            assert_eq!(total.bytes, bytes as u64);
            assert_eq!((&total.sha256, &total.crc), (&sha256, &crc), "{chunk}");
            let joined: Vec<u8> = parts
                .iter()
                .flat_map(|part| part.chunks.iter().flatten().copied())
                .collect();
            assert!(joined == whole, "{chunk}");
        }
    }

    #[test]
    fn the_checksum_is_the_one_that_s3_knows() {
        // The check value of CRC-64/NVME, ae8b14860a799888, in Base64.
        let mut chunk = Bytes::from_static(b"123456789");
        let mut gathering = Gathering::new();
        gathering.take(&mut chunk);
        let part = gathering.part();
        assert_eq!(part.checksum(), "rosUhgp5mIg=");
        assert_eq!(gathering.total().crc, part.checksum());
    }

    #[test]
    fn small_chunks_are_copied_together_and_large_ones_are_handed_on() {
        for (chunk, chunks) in [(100, 2), (SMALL, 7)] {
            let (parts, _) = gathered(100_000, chunk);
            assert_eq!(parts[0].chunks.len(), chunks);
        }
    }

    #[tokio::test]
    async fn a_body_gives_the_whole_part_each_time() {
        let (parts, _) = gathered(100_000, 30_000);
        let body = parts[0].body();
        assert_eq!(body.size_hint(), (100_000, Some(100_000)));
        assert_eq!(body.collect().await.unwrap().into_bytes().len(), 100_000);
        assert_eq!(
            parts[0].body().collect().await.unwrap().into_bytes().len(),
            100_000
        );
    }
}
