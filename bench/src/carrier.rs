//! A carrier that has recordings of any size. Nothing is checked: who asks, and by which name of a host, is another's test.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

const HEAD: usize = 44;
const BLOCK: usize = 1 << 18;

/// The carrier's id of a recording of so many bytes.
pub(crate) fn recording_id(bytes: usize) -> String {
    format!("RE{bytes:032}")
}

/// `GET …/RE<bytes in 32 digits>.wav` is a WAV file of so many bytes, always the same.
pub(crate) fn carrier() -> Router {
    let block: Bytes = (0..=u8::MAX).cycle().take(BLOCK).collect();
    Router::new().fallback(move |uri: Uri| async move { recording(uri.path(), &block) })
}

fn recording(path: &str, block: &Bytes) -> Response {
    let name = path.rsplit('/').next().and_then(|name| name.split('.').next());
    let size = name
        .and_then(|name| name.strip_prefix("RE"))
        .and_then(|digits| digits.parse::<usize>().ok());
    let Some(size) = size.filter(|size| *size >= HEAD) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let data = size - HEAD;
    let whole = std::iter::repeat_n(block.clone(), data / BLOCK);
    let pieces: Vec<_> = std::iter::once(head(data))
        .chain(whole)
        .chain([block.slice(..data % BLOCK)])
        .map(Ok::<_, std::io::Error>)
        .collect();
    let headers = [
        (header::CONTENT_TYPE, "audio/x-wav".to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
    ];
    (headers, Body::from_stream(stream::iter(pieces))).into_response()
}

/// The head of a WAV file of one channel, 16 bits and 8 kHz.
fn head(data: usize) -> Bytes {
    let long = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let short = u16::to_le_bytes;
    let mut head = Vec::with_capacity(HEAD);
    head.extend_from_slice(b"RIFF");
    head.extend_from_slice(&long(data + 36));
    head.extend_from_slice(b"WAVEfmt ");
    head.extend_from_slice(&long(16));
    head.extend_from_slice(&short(1));
    head.extend_from_slice(&short(1));
    head.extend_from_slice(&long(8000));
    head.extend_from_slice(&long(16_000));
    head.extend_from_slice(&short(2));
    head.extend_from_slice(&short(16));
    head.extend_from_slice(b"data");
    head.extend_from_slice(&long(data));
    head.into()
}
