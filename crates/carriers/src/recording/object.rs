//! Recordings that lie in the owner's own bucket.

use percent_encoding::percent_decode_str;

use super::{CannotFetch, Source};

const NO_OBJECT: CannotFetch = CannotFetch::BadPlace("is no object in an S3 bucket");

/// Bucket and key of a recording of Amazon Connect, from the `Location` that its contact record gives: `bucket/key`,
/// split at the first `/`, where the key may be percent-encoded.
///
/// # Errors
/// When it is none of S3: a stream of Kinesis Video Streams, for one, has no object that could be copied.
pub fn connect_object(location: &str) -> Result<(String, String), CannotFetch> {
    if location.starts_with("arn:") || location.contains("kinesisvideo") {
        return Err(CannotFetch::BadPlace(
            "is a stream of Kinesis Video Streams, which is no file",
        ));
    }
    let (bucket, key) = location.split_once('/').ok_or(NO_OBJECT)?;
    let key = percent_decode_str(key).decode_utf8().map_err(|_| NO_OBJECT)?;
    checked(bucket, &key)
}

/// The object that `s3://bucket/key` names.
pub(crate) fn of_s3_url(url: &str) -> Result<Source, CannotFetch> {
    let path = url.strip_prefix("s3://").ok_or(NO_OBJECT)?;
    let (bucket, key) = path.split_once('/').ok_or(NO_OBJECT)?;
    let (bucket, key) = checked(bucket, key)?;
    Ok(Source::Object { bucket, key })
}

fn checked(bucket: &str, key: &str) -> Result<(String, String), CannotFetch> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let is_bucket = (3..=63).contains(&bucket.len()) && bucket.bytes().all(letter);
    let is_key = (1..=1024).contains(&key.len()) && !key.chars().any(char::is_control);
    if is_bucket && is_key {
        Ok((bucket.to_owned(), key.to_owned()))
    } else {
        Err(NO_OBJECT)
    }
}
