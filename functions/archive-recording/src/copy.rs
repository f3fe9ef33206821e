//! From another bucket of the owner's: S3 copies, and what it has copied is read.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::bucket::{Bucket, Object, Source};
use crate::lease::Held;
use crate::part::Total;
use crate::sniff::HEAD;
use crate::trouble::{Kind, Trouble};

/// The largest object that is copied in one request; S3 takes up to 5 GiB, and then answers after minutes.
const WHOLE: u64 = 256 * 1024 * 1024;

/// What stands in a path as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

/// An object that is to be copied, and its first bytes.
pub(crate) async fn look(
    bucket: &Bucket,
    name: &str,
    key: &str,
    limit: u64,
) -> Result<(Source, Bytes), Trouble> {
    let request = bucket.client.get_object().bucket(name).key(key);
    let range = format!("bytes=0-{}", HEAD - 1);
    let object = request
        .range(range)
        .send()
        .await
        .map_err(|error| unread(&error))?;
    let bytes = size(&object).ok_or_else(|| Trouble::new(Kind::Ours, "s3-unreadable-answer"))?;
    if bytes > limit {
        return Err(Trouble::never("too-large"));
    }
    let source = Source {
        path: format!("{name}/{}", utf8_percent_encode(key, ESCAPED)),
        etag: object.e_tag.unwrap_or_default(),
        bytes,
    };
    let first = object.body.collect().await;
    let first = first.map_err(|_| Trouble::new(Kind::Ours, "s3-truncated"))?;
    Ok((source, first.into_bytes()))
}

/// Copies an object, and reads the copy: what its bytes come to.
pub(crate) async fn copy(
    bucket: &Bucket,
    object: &Object,
    source: &Source,
    held: &mut Held<'_>,
) -> Result<Total, Trouble> {
    let answered = if source.bytes <= WHOLE {
        bucket.copy(object, source).await?
    } else {
        in_parts(bucket, object, source, held).await?
    };
    let total = bucket.read(&object.key).await?;
    if total.bytes != source.bytes || answered.is_some_and(|crc| crc != total.crc) {
        return Err(Trouble::new(Kind::Ours, "s3-has-other-bytes"));
    }
    Ok(total)
}

async fn in_parts(
    bucket: &Bucket,
    object: &Object,
    source: &Source,
    held: &mut Held<'_>,
) -> Result<Option<String>, Trouble> {
    let upload = bucket.begin(object).await?;
    held.keep(upload.clone()).await?;
    let (mut parts, mut first) = (Vec::new(), 0);
    while first < source.bytes {
        let last = source.bytes.min(first + WHOLE) - 1;
        let number = i32::try_from(parts.len() + 1).unwrap_or(i32::MAX);
        parts.push(bucket.copy_part(&upload, number, source, first, last).await?);
        first = last + 1;
    }
    bucket.complete(&upload, parts, source.bytes, None).await
}

/// The size of the whole object, of which some bytes were asked for.
fn size(object: &GetObjectOutput) -> Option<u64> {
    let range = object.content_range.as_deref();
    match range.and_then(|range| range.rsplit_once('/')) {
        Some((_, total)) => total.parse().ok(),
        None => u64::try_from(object.content_length?).ok(),
    }
}

/// Why an object of another bucket cannot be read. One that is not there yet may be soon, and to who may not list the
/// bucket it is forbidden.
fn unread<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Trouble {
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("NoSuchKey" | "NotFound") => Trouble::waiting("404"),
        // It has no bytes.
        Some("InvalidRange") => Trouble::waiting("empty"),
        Some("AccessDenied" | "NoSuchBucket" | "PermanentRedirect") => {
            Trouble::new(Kind::Refused, "source-refused")
        }
        _ => Trouble::of_s3(error),
    }
}
