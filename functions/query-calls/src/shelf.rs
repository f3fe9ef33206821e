//! The bucket of recordings.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::types::{Tag, Tagging};
use jiff::Timestamp;
use ringback_calls::Archived;
use ringback_lambda::error_code;

use crate::hold::Tags;

/// The bucket of recordings.
#[derive(Debug)]
pub(crate) struct Shelf {
    s3: Client,
    bucket: String,
}

/// The bucket did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ShelfError {
    /// The object is no longer there.
    Gone,
    /// S3 did not answer, or not as it should: its error code.
    Failed(String),
}

impl Shelf {
    pub(crate) fn new(s3: Client, bucket: String) -> Self {
        Self { s3, bucket }
    }

    /// Whether recordings of that bucket are ours to hand out.
    pub(crate) fn holds(&self, archived: &Archived) -> bool {
        archived.bucket == self.bucket
    }

    /// A link to an object that is there, good for so long from `now` on. A browser saves what it leads to.
    pub(crate) async fn link(
        &self,
        archived: &Archived,
        life: Duration,
        now: Timestamp,
    ) -> Result<String, ShelfError> {
        let object = self.s3.head_object().bucket(&self.bucket).key(&archived.key);
        object.send().await.map_err(|error| ShelfError::of(&error))?;
        let terms = PresigningConfig::builder()
            .start_time(SystemTime::from(now))
            .expires_in(life)
            .build()
            .map_err(|_| ShelfError::Failed("presigning".to_owned()))?;
        let link = self
            .s3
            .get_object()
            .bucket(&self.bucket)
            .key(&archived.key)
            .response_content_type(&archived.content_type)
            .response_content_disposition(attachment(&archived.key))
            .presigned(terms)
            .await
            .map_err(|error| ShelfError::of(&error))?;
        Ok(link.uri().to_owned())
    }

    /// The object's tags.
    pub(crate) async fn tags(&self, key: &str) -> Result<Tags, ShelfError> {
        let request = self.s3.get_object_tagging().bucket(&self.bucket).key(key);
        let answer = request.send().await.map_err(|error| ShelfError::of(&error))?;
        Ok(answer
            .tag_set
            .into_iter()
            .map(|tag| (tag.key, tag.value))
            .collect())
    }

    /// Gives the object these tags and no other.
    pub(crate) async fn tag(&self, key: &str, tags: &Tags) -> Result<(), ShelfError> {
        let tags: Result<Vec<_>, BuildError> = tags
            .iter()
            .map(|(name, value)| Tag::builder().key(name).value(value).build())
            .collect();
        let tagging = tags.and_then(|tags| Tagging::builder().set_tag_set(Some(tags)).build());
        let tagging = tagging.map_err(|_| ShelfError::Failed("tagging".to_owned()))?;
        let request = self.s3.put_object_tagging().bucket(&self.bucket).key(key);
        let answer = request.tagging(tagging).send().await;
        answer.map(drop).map_err(|error| ShelfError::of(&error))
    }
}

impl ShelfError {
    /// That the object is gone S3 says only to those who may list the bucket; to others access is denied.
    fn of<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Self {
        let code = error_code(error);
        let status = error.raw_response().map(|response| response.status().as_u16());
        if status == Some(404) && code != "NoSuchBucket" {
            return Self::Gone;
        }
        Self::Failed(code)
    }
}

/// The header with which a browser saves the object under the last part of its key. That part is made of a carrier's id,
/// so whatever might end the header's quotes is replaced.
fn attachment(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or_default();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let name = name.replace(|letter: char| !plain(letter), "_");
    format!("attachment; filename=\"{name}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_saved_file_cannot_leave_its_quotes() {
        for (key, expected) in [
            ("t-1/2026/11/20/call-0001/RE0.mp3", "RE0.mp3"),
            ("a\";b=\"c\r\nd.wav", "a__b__c__d.wav"),
            ("é%2F.wav", "__2F.wav"),
        ] {
            assert_eq!(attachment(key), format!("attachment; filename=\"{expected}\""));
        }
    }
}
