//! S3, as far as the contenders speak it, in memory.
//!
//! It does per byte what S3 does while a client waits, and no more: it keeps what comes, and has its CRC-64/NVME. Putting
//! parts together touches no byte, for a checksum of the whole is combined from those of the parts. Signatures and other
//! checksums are not checked: whether what was sent is what was kept, the bench sees by itself, by its SHA-256.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crc_fast::{CrcAlgorithm, Digest};
use futures_util::StreamExt;
use sha2::{Digest as _, Sha256};

/// An object that was kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object {
    /// How large it is.
    pub(crate) bytes: usize,
    /// What it is.
    pub(crate) sha256: String,
}

/// What came in one request.
#[derive(Debug, Clone)]
struct Part {
    pieces: Vec<Bytes>,
    crc: Digest,
}

#[derive(Debug, Default)]
struct Kept {
    /// By bucket and key, as in a path.
    objects: BTreeMap<String, Vec<Part>>,
    uploads: HashMap<String, BTreeMap<u32, Part>>,
}

/// The buckets; every name is one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Objects {
    kept: Arc<Mutex<Kept>>,
    uploads: Arc<AtomicU64>,
}

impl Objects {
    pub(crate) fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }

    /// Takes all objects out of a bucket.
    pub(crate) fn take(&self, bucket: &str) -> Vec<Object> {
        let inside = format!("/{bucket}/");
        let mut kept = self.kept();
        let all = std::mem::take(&mut kept.objects);
        let (taken, left) = all.into_iter().partition(|(path, _)| path.starts_with(&inside));
        kept.objects = left;
        drop(kept);
        BTreeMap::into_values(taken).map(|parts| object(&parts)).collect()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn object(parts: &[Part]) -> Object {
    let (mut bytes, mut digest) = (0, Sha256::new());
    for piece in parts.iter().flat_map(|part| &part.pieces) {
        bytes += piece.len();
        digest.update(piece);
    }
    let sha256 = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Object { bytes, sha256 }
}

async fn answer(State(objects): State<Objects>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let query: HashMap<String, String> =
        form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let path = head.uri.path().to_owned();
    match head.method {
        Method::PUT => objects.put(path, &query, &head.headers, body).await,
        Method::POST if query.contains_key("uploads") => objects.begin(),
        Method::POST => objects.complete(path, &query, &head.headers, body).await,
        Method::DELETE => {
            let mut kept = objects.kept();
            if let Some(upload) = query.get("uploadId") {
                kept.uploads.remove(upload);
            } else {
                kept.objects.remove(&path);
            }
            StatusCode::NO_CONTENT.into_response()
        }
        Method::HEAD => objects.head(&path),
        _ => StatusCode::NOT_IMPLEMENTED.into_response(),
    }
}

impl Objects {
    async fn put(
        &self,
        path: String,
        query: &HashMap<String, String>,
        headers: &HeaderMap,
        body: Body,
    ) -> Response {
        let Some(part) = part(headers, body).await else {
            return problem("IncompleteBody");
        };
        let answer = [
            ("etag", "\"part\"".to_owned()),
            ("x-amz-checksum-crc64nvme", written(&part.crc)),
        ];
        let mut kept = self.kept();
        match query.get("uploadId") {
            None => drop(kept.objects.insert(path, vec![part])),
            Some(upload) => {
                let number = query.get("partNumber").and_then(|number| number.parse().ok());
                let (Some(parts), Some(number)) = (kept.uploads.get_mut(upload), number) else {
                    return problem("NoSuchUpload");
                };
                parts.insert(number, part);
            }
        }
        answer.into_response()
    }

    fn begin(&self) -> Response {
        let upload = format!("upload-{}", self.uploads.fetch_add(1, Ordering::Relaxed));
        self.kept().uploads.insert(upload.clone(), BTreeMap::new());
        let answer = format!("<UploadId>{upload}</UploadId>");
        xml(&format!(
            "<InitiateMultipartUploadResult>{answer}</InitiateMultipartUploadResult>"
        ))
    }

    async fn complete(
        &self,
        path: String,
        query: &HashMap<String, String>,
        headers: &HeaderMap,
        body: Body,
    ) -> Response {
        // Which parts there are is known; the document says nothing else.
        drop(axum::body::to_bytes(body, 1 << 20).await);
        let mut kept = self.kept();
        let upload = query.get("uploadId").and_then(|id| kept.uploads.remove(id));
        let Some(parts) = upload else {
            return problem("NoSuchUpload");
        };
        let parts: Vec<_> = parts.into_values().collect();
        let crc = written(&whole(&parts));
        let told = headers.get("x-amz-checksum-crc64nvme");
        if told.is_some_and(|told| told.as_bytes() != crc.as_bytes()) {
            return problem("BadDigest");
        }
        kept.objects.insert(path, parts);
        xml(&format!(
            "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag><ChecksumCRC64NVME>{crc}</ChecksumCRC64NVME>\
             <ChecksumType>FULL_OBJECT</ChecksumType></CompleteMultipartUploadResult>"
        ))
    }

    fn head(&self, path: &str) -> Response {
        let kept = self.kept();
        let Some(parts) = kept.objects.get(path) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let bytes: usize = parts.iter().flat_map(|part| &part.pieces).map(Bytes::len).sum();
        let headers = [
            ("content-length", bytes.to_string()),
            ("etag", "\"whole\"".to_owned()),
            ("x-amz-checksum-crc64nvme", written(&whole(parts))),
            ("x-amz-checksum-type", "FULL_OBJECT".to_owned()),
        ];
        headers.into_response()
    }
}

async fn part(headers: &HeaderMap, body: Body) -> Option<Part> {
    let hash = headers
        .get("x-amz-content-sha256")
        .and_then(|value| value.to_str().ok());
    let chunked = hash.is_some_and(|hash| hash.starts_with("STREAMING-"));
    let mut crc = Digest::new(CrcAlgorithm::Crc64Nvme);
    let mut pieces = Vec::new();
    let mut stream = body.into_data_stream();
    while let Some(piece) = stream.next().await {
        let piece = piece.ok()?;
        if !chunked {
            crc.update(&piece);
        }
        pieces.push(piece);
    }
    if chunked {
        pieces = unchunked(&pieces.concat())?;
        pieces.iter().for_each(|piece| crc.update(piece));
    }
    Some(Part { pieces, crc })
}

/// The data of a body in `aws-chunked`: each chunk has its size in a line before it, and the last is empty.
fn unchunked(body: &[u8]) -> Option<Vec<Bytes>> {
    let (mut chunks, mut left) = (Vec::new(), body);
    loop {
        let end = left.windows(2).position(|pair| pair == b"\r\n")?;
        let line = std::str::from_utf8(left.get(..end)?).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?, 16).ok()?;
        if size == 0 {
            return Some(chunks);
        }
        let data = left.get(end + 2..end + 2 + size)?;
        chunks.push(Bytes::copy_from_slice(data));
        left = left.get(end + 4 + size..)?;
    }
}

fn whole(parts: &[Part]) -> Digest {
    let mut crc = Digest::new(CrcAlgorithm::Crc64Nvme);
    parts.iter().for_each(|part| crc.combine(&part.crc));
    crc
}

fn written(crc: &Digest) -> String {
    BASE64_STANDARD.encode(crc.finalize().to_be_bytes())
}

fn xml(document: &str) -> Response {
    ([("content-type", "application/xml")], document.to_owned()).into_response()
}

fn problem(code: &str) -> Response {
    (
        StatusCode::BAD_REQUEST,
        xml(&format!("<Error><Code>{code}</Code></Error>")),
    )
        .into_response()
}
