//! Recordings that lie in the owner's own bucket.

use percent_encoding::percent_decode_str;

use super::place::climbs;
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

/// The object that `s3://bucket/key` names, if it lies in that place: a bucket and what its keys begin with, because
/// buckets hold other accounts' recordings, too.
pub(crate) fn of_s3_url(url: &str, place: &BucketPlace<'_>) -> Result<Source, CannotFetch> {
    let path = url.strip_prefix("s3://").ok_or(NO_OBJECT)?;
    let (bucket, key) = path.split_once('/').ok_or(NO_OBJECT)?;
    let (bucket, key) = checked(bucket, key)?;
    if !place.holds(&bucket, &key) {
        return Err(CannotFetch::BadPlace(
            "is not in the account's own place in a bucket",
        ));
    }
    Ok(Source::Object { bucket, key })
}

/// Where in a bucket an account's recordings lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BucketPlace<'a> {
    bucket: &'a str,
    /// Without a `/` at its ends, and not empty.
    prefix: &'a str,
}

impl<'a> BucketPlace<'a> {
    /// A place as people write it: `bucket/prefix`, where the prefix may have further parts.
    ///
    /// # Errors
    /// With what it must be, as the end of a sentence.
    pub fn parse(text: &'a str) -> Result<Self, &'static str> {
        const PROBLEM: &str =
            "must be a bucket and what the keys of this account begin with, such as my-recordings/main";
        let (bucket, prefix) = text.trim().split_once('/').ok_or(PROBLEM)?;
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if checked(bucket, prefix).is_err() || !is_plain(prefix) {
            return Err(PROBLEM);
        }
        Ok(Self { bucket, prefix })
    }

    /// Whether the object is below it. S3 itself knows no way up; who copies by a path may.
    fn holds(&self, bucket: &str, key: &str) -> bool {
        let below = key
            .strip_prefix(self.prefix)
            .and_then(|rest| rest.strip_prefix('/'));
        bucket == self.bucket && below.is_some_and(is_plain) && is_plain(key)
    }
}

/// Whether a key has parts, and all of them lead down.
fn is_plain(key: &str) -> bool {
    !climbs(key) && key.split('/').all(|part| !matches!(part, "" | "."))
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
