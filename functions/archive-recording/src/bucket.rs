//! The owner's bucket.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{RequestChecksumCalculation, ResponseChecksumValidation};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
    MetadataDirective, TaggingDirective,
};
use ringback_calls::Upload;
use tracing::warn;

use crate::part::{Digests, PART, Part, Total};
use crate::trouble::{Kind, Trouble};

/// One request to S3 may move a part of some megabytes, or copy some hundred within S3; the time that the invocation has
/// left ends it earlier.
const ATTEMPT: Duration = Duration::from_secs(120);

/// The bucket that recordings end in.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    pub(crate) client: Client,
    pub(crate) name: String,
    /// `retention=<class>`, as S3 takes tags.
    tagging: String,
}

/// An object that is to be made.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) content_type: &'static str,
    /// What is said of it to who finds the object alone; characters of a header.
    pub(crate) call_id: String,
    pub(crate) recording_id: String,
}

impl Bucket {
    /// The bucket, with the checksums that are wanted, and the time that large requests need.
    pub(crate) fn new(client: &Client, name: String, retention_class: &str) -> Self {
        let timeouts = client.config().timeout_config().map(|config| config.to_builder());
        let timeouts = timeouts
            .unwrap_or_default()
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(2 * ATTEMPT)
            .build();
        let config = client.config().to_builder().timeout_config(timeouts);
        // Checksums are ours: the SDK would add a CRC-32 of its own, and hash what is read a second time.
        let config = config
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        let tagging = form_urlencoded::Serializer::new(String::new())
            .append_pair("retention", retention_class)
            .finish();
        Self {
            client: Client::from_conf(config.build()),
            name,
            tagging,
        }
    }

    /// Stores an object in one piece. The part's checksum is signed, and S3 compares it; hashing the bytes a second time
    /// for the signature would prove no more.
    pub(crate) async fn put(&self, object: &Object, part: &Part) -> Result<Option<String>, Trouble> {
        let request = self
            .client
            .put_object()
            .bucket(&self.name)
            .key(&object.key)
            .content_type(object.content_type)
            .tagging(&self.tagging)
            .metadata("call-id", &object.call_id)
            .metadata("recording-id", &object.recording_id)
            .content_length(length(part.bytes as u64))
            .checksum_crc64_nvme(part.checksum())
            .body(part.body());
        let stored = request.customize().disable_payload_signing().send().await;
        let stored = stored.map_err(|error| Trouble::of_s3(&error))?;
        Ok(stored.checksum_crc64_nvme)
    }

    /// Begins an upload in parts.
    pub(crate) async fn begin(&self, object: &Object) -> Result<Upload, Trouble> {
        let request = self
            .client
            .create_multipart_upload()
            .bucket(&self.name)
            .key(&object.key)
            .content_type(object.content_type)
            .tagging(&self.tagging)
            .metadata("call-id", &object.call_id)
            .metadata("recording-id", &object.recording_id)
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .checksum_type(ChecksumType::FullObject);
        let begun = request.send().await.map_err(|error| Trouble::of_s3(&error))?;
        let id = begun.upload_id.ok_or_else(no_answer)?;
        Ok(Upload {
            key: object.key.clone(),
            id,
        })
    }

    /// Sends a part, once more where S3 did not take it.
    pub(crate) async fn send(
        &self,
        upload: &Upload,
        number: i32,
        part: Part,
    ) -> Result<CompletedPart, Trouble> {
        let checksum = part.checksum();
        let request = self
            .client
            .upload_part()
            .bucket(&self.name)
            .key(&upload.key)
            .upload_id(&upload.id)
            .part_number(number)
            .content_length(length(part.bytes as u64))
            .checksum_crc64_nvme(&checksum)
            .body(part.body());
        let sent = request.customize().disable_payload_signing().send().await;
        let sent = sent.map_err(|error| Trouble::of_s3(&error))?;
        Ok(completed(number, sent.e_tag, Some(checksum)))
    }

    /// Has S3 copy a part of another object: its bytes from the first to the last one.
    pub(crate) async fn copy_part(
        &self,
        upload: &Upload,
        number: i32,
        source: &Source,
        first: u64,
        last: u64,
    ) -> Result<CompletedPart, Trouble> {
        let request = self
            .client
            .upload_part_copy()
            .bucket(&self.name)
            .key(&upload.key)
            .upload_id(&upload.id)
            .part_number(number)
            .copy_source(&source.path)
            .copy_source_if_match(&source.etag)
            .copy_source_range(format!("bytes={first}-{last}"));
        let copied = request.send().await.map_err(|error| Trouble::of_s3(&error))?;
        let part = copied.copy_part_result.ok_or_else(no_answer)?;
        Ok(completed(number, part.e_tag, part.checksum_crc64_nvme))
    }

    /// Has S3 copy another object.
    pub(crate) async fn copy(&self, object: &Object, source: &Source) -> Result<Option<String>, Trouble> {
        let request = self
            .client
            .copy_object()
            .bucket(&self.name)
            .key(&object.key)
            .copy_source(&source.path)
            .copy_source_if_match(&source.etag)
            .metadata_directive(MetadataDirective::Replace)
            .content_type(object.content_type)
            .metadata("call-id", &object.call_id)
            .metadata("recording-id", &object.recording_id)
            .tagging_directive(TaggingDirective::Replace)
            .tagging(&self.tagging)
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
        let copied = request.send().await.map_err(|error| Trouble::of_s3(&error))?;
        Ok(copied
            .copy_object_result
            .and_then(|result| result.checksum_crc64_nvme))
    }

    /// Makes the object of its parts. The checksum of all of it is told where it is known, and S3 refuses another.
    pub(crate) async fn complete(
        &self,
        upload: &Upload,
        parts: Vec<CompletedPart>,
        bytes: u64,
        crc: Option<&str>,
    ) -> Result<Option<String>, Trouble> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(&self.name)
            .key(&upload.key)
            .upload_id(&upload.id)
            .multipart_upload(parts)
            .mpu_object_size(length(bytes))
            .checksum_type(ChecksumType::FullObject)
            .set_checksum_crc64_nvme(crc.map(str::to_owned));
        match request.send().await {
            Ok(completed) => Ok(completed.checksum_crc64_nvme),
            // The answer to an attempt before was lost: what there is now is looked at.
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(Trouble::of_s3(&error)),
        }
    }

    /// Ends an upload that nothing will come of. One that is not there any more is as good.
    pub(crate) async fn abort(&self, upload: &Upload) -> Result<(), Trouble> {
        let request = self
            .client
            .abort_multipart_upload()
            .bucket(&self.name)
            .key(&upload.key)
            .upload_id(&upload.id);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if is_gone(&error) => Ok(()),
            // Trying again changes nothing of a refusal; the bucket's lifecycle deletes what remains.
            Err(error @ SdkError::ServiceError(_)) if is_refusal(&error) => {
                let code = error.code().unwrap_or("unknown").to_owned();
                warn!(code, "An upload that was left behind could not be ended");
                Ok(())
            }
            Err(error) => Err(Trouble::of_s3(&error)),
        }
    }

    /// Compares what was sent with what S3 says it has: in its answer, else when it is asked. A store that keeps no
    /// checksums is read.
    pub(crate) async fn verify(
        &self,
        key: &str,
        total: &Total,
        answered: Option<&str>,
    ) -> Result<(), Trouble> {
        if let Some(crc) = answered {
            return same(crc == total.crc);
        }
        let request = self.client.head_object().bucket(&self.name).key(key);
        let head = request.checksum_mode(ChecksumMode::Enabled).send().await;
        let head = head.map_err(|error| Trouble::of_s3(&error))?;
        same(head.content_length.and_then(|bytes| u64::try_from(bytes).ok()) == Some(total.bytes))?;
        match head.checksum_crc64_nvme {
            Some(crc) if head.checksum_type == Some(ChecksumType::FullObject) => same(crc == total.crc),
            _ => same(self.read(key).await? == *total),
        }
    }

    /// Reads an object of the bucket through: what its bytes come to.
    pub(crate) async fn read(&self, key: &str) -> Result<Total, Trouble> {
        let request = self.client.get_object().bucket(&self.name).key(key);
        let mut object = request.send().await.map_err(|error| Trouble::of_s3(&error))?;
        let mut digests = Digests::new();
        while let Some(chunk) = object.body.next().await {
            digests.update(&chunk.map_err(|_| Trouble::new(Kind::Ours, "s3-truncated"))?);
        }
        Ok(digests.total())
    }
}

/// An object of another bucket that is to be copied.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// `bucket/key`, encoded as the header wants it.
    pub(crate) path: String,
    /// Of the bytes that were looked at: no others are copied.
    pub(crate) etag: String,
    pub(crate) bytes: u64,
}

fn completed(number: i32, etag: Option<String>, crc: Option<String>) -> CompletedPart {
    CompletedPart::builder()
        .part_number(number)
        .set_e_tag(etag)
        .set_checksum_crc64_nvme(crc)
        .build()
}

fn same(same: bool) -> Result<(), Trouble> {
    match same {
        true => Ok(()),
        false => Err(Trouble::new(Kind::Ours, "s3-has-other-bytes")),
    }
}

fn no_answer() -> Trouble {
    Trouble::new(Kind::Ours, "s3-unreadable-answer")
}

fn is_gone<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("NoSuchUpload")
}

fn is_refusal<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    matches!(code, Some("AccessDenied" | "InvalidRequest"))
}

fn length(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

const _: () = assert!(PART >= 5 * 1024 * 1024, "S3 takes no smaller parts");
