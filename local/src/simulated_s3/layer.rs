//! The operations of S3, handed on to `s3s-fs` with what it leaves out.

use std::io::Read;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use crc_fast::{CrcAlgorithm, Digest};
use futures_util::StreamExt;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, ChecksumAlgorithm, ChecksumType,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput,
    CopySource, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectTaggingInput, DeleteObjectTaggingOutput, GetObjectInput, GetObjectOutput,
    GetObjectTaggingInput, GetObjectTaggingOutput, HeadObjectInput, HeadObjectOutput, ListObjectsV2Input,
    ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutObjectInput, PutObjectOutput,
    PutObjectTaggingInput, PutObjectTaggingOutput, StreamingBlob, Tag, TaggingDirective, UploadPartCopyInput,
    UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::{Name, S3Fault, SimulatedS3, Tags, Upload};

/// What a fault makes of one request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Judged {
    Passes,
    Breaks,
}

impl SimulatedS3 {
    fn judge(&self, operation: &str) -> S3Result<Judged> {
        let mut remembered = self.remembered();
        *remembered.passed.entry(operation.to_owned()).or_default() += 1;
        let known = if remembered.faults.contains_key(operation) {
            operation
        } else {
            Self::EVERYTHING
        };
        match remembered.faults.get_mut(known) {
            None => Ok(Judged::Passes),
            Some(S3Fault::Down) => Err(s3_error!(ServiceUnavailable, "made up")),
            Some(S3Fault::Breaks { after, .. }) if *after > 0 => {
                *after -= 1;
                Ok(Judged::Passes)
            }
            Some(S3Fault::Breaks { times, .. }) if *times > 0 => {
                *times -= 1;
                Ok(Judged::Breaks)
            }
            Some(S3Fault::Breaks { .. }) => Ok(Judged::Passes),
        }
    }

    /// For operations without a body.
    fn enter(&self, operation: &str) -> S3Result<()> {
        match self.judge(operation)? {
            Judged::Passes => Ok(()),
            Judged::Breaks => Err(s3_error!(InternalError, "made up")),
        }
    }

    /// For operations with a body: one that is to fail takes half of it first.
    async fn enter_with(
        &self,
        operation: &str,
        body: Option<&mut StreamingBlob>,
        length: Option<i64>,
    ) -> S3Result<()> {
        if self.judge(operation)? == Judged::Passes {
            return Ok(());
        }
        let half = usize::try_from(length.unwrap_or_default() / 2).unwrap_or_default();
        if let Some(body) = body {
            let mut taken = 0;
            while taken < half
                && let Some(Ok(bytes)) = body.next().await
            {
                taken += bytes.len();
            }
        }
        Err(s3_error!(InternalError, "made up"))
    }

    /// CRC-64/NVME of an object as it lies there, as S3 writes it.
    fn checksum(&self, (bucket, key): &Name) -> S3Result<String> {
        let failed = |error: std::io::Error| s3_error!(error, InternalError);
        let mut file = std::fs::File::open(self.path(bucket, key)).map_err(failed)?;
        let mut digest = Digest::new(CrcAlgorithm::Crc64Nvme);
        let mut buffer = vec![0; 1 << 20];
        loop {
            let read = file.read(&mut buffer).map_err(failed)?;
            match buffer.get(..read) {
                None | Some([]) => break,
                Some(bytes) => digest.update(bytes),
            }
        }
        Ok(BASE64_STANDARD.encode(digest.finalize().to_be_bytes()))
    }

    fn remember(&self, name: Name, tags: Tags, checksum: Option<String>) {
        let mut remembered = self.remembered();
        match checksum {
            Some(checksum) => remembered.checksums.insert(name.clone(), checksum),
            None => remembered.checksums.remove(&name),
        };
        remembered.tags.insert(name, tags);
    }

    fn forget(&self, name: &Name) {
        let mut remembered = self.remembered();
        remembered.tags.remove(name);
        remembered.checksums.remove(name);
    }

    fn kept_checksum(&self, name: &Name) -> Option<String> {
        self.remembered().checksums.get(name).cloned()
    }

    fn exists(&self, (bucket, key): &Name) -> S3Result<()> {
        if self.path(bucket, key).is_file() {
            Ok(())
        } else {
            Err(s3_error!(NoSuchKey))
        }
    }
}

/// The tags of a header: a query string.
fn read_tags(header: Option<&str>) -> Tags {
    form_urlencoded::parse(header.unwrap_or_default().as_bytes())
        .into_owned()
        .collect()
}

fn name_of(bucket: &str, key: &str) -> Name {
    (bucket.to_owned(), key.to_owned())
}

/// Of an upload whose whole object is to have a CRC-64/NVME no part may come with another checksum.
fn is_of(algorithm: Option<&str>, part: &UploadPartInput) -> bool {
    let others = [
        &part.checksum_crc32,
        &part.checksum_crc32c,
        &part.checksum_sha1,
        &part.checksum_sha256,
    ];
    let named = part.checksum_algorithm.as_ref().map(ChecksumAlgorithm::as_str);
    algorithm != Some(ChecksumAlgorithm::CRC64NVME)
        || (others.iter().all(|other| other.is_none())
            && named.is_none_or(|named| named == ChecksumAlgorithm::CRC64NVME))
}

#[async_trait::async_trait]
impl S3 for SimulatedS3 {
    async fn put_object(&self, mut req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let length = req.input.content_length;
        self.enter_with("PutObject", req.input.body.as_mut(), length)
            .await?;
        let name = name_of(&req.input.bucket, &req.input.key);
        let tags = read_tags(req.input.tagging.as_deref());
        let answer = match self.files.put_object(req).await {
            Ok(answer) => answer,
            Err(error) => {
                // What has another checksum than it was said to have would stay there.
                if error.code() == &s3s::S3ErrorCode::BadDigest {
                    drop(std::fs::remove_file(self.path(&name.0, &name.1)));
                    self.forget(&name);
                }
                return Err(error);
            }
        };
        let checksum = self.checksum(&name)?;
        self.remember(name, tags, Some(checksum));
        Ok(answer)
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.enter("GetObject")?;
        let disposition = req.input.response_content_disposition.clone();
        let content_type = req.input.response_content_type.clone();
        let mut answer = self.files.get_object(req).await?;
        let output = &mut answer.output;
        output.content_disposition = disposition.or_else(|| output.content_disposition.take());
        output.content_type = content_type.or_else(|| output.content_type.take());
        Ok(answer)
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        self.enter("HeadObject")?;
        let name = name_of(&req.input.bucket, &req.input.key);
        let asked = req.input.checksum_mode.is_some();
        let mut answer = self.files.head_object(req).await?;
        if asked && let Some(checksum) = self.kept_checksum(&name) {
            answer.output.checksum_crc64nvme = Some(checksum);
            answer.output.checksum_type = Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT));
        }
        Ok(answer)
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.enter("DeleteObject")?;
        self.forget(&name_of(&req.input.bucket, &req.input.key));
        self.files.delete_object(req).await
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.enter("ListObjectsV2")?;
        self.files.list_objects_v2(req).await
    }

    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        self.enter("CopyObject")?;
        let name = name_of(&req.input.bucket, &req.input.key);
        let replaced = req.input.tagging_directive.as_ref();
        let replaced = replaced.is_some_and(|directive| directive.as_str() == TaggingDirective::REPLACE);
        let tags = match &req.input.copy_source {
            CopySource::Bucket { bucket, key, .. } if !replaced => {
                let source = name_of(bucket, key);
                self.remembered().tags.get(&source).cloned().unwrap_or_default()
            }
            _ => read_tags(req.input.tagging.as_deref()),
        };
        let mut answer = self.files.copy_object(req).await?;
        let checksum = self.checksum(&name)?;
        if let Some(result) = &mut answer.output.copy_object_result {
            result.checksum_crc64nvme = Some(checksum.clone());
            result.checksum_type = Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT));
        }
        self.remember(name, tags, Some(checksum));
        Ok(answer)
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.enter("CreateMultipartUpload")?;
        let algorithm = req.input.checksum_algorithm.as_ref();
        let upload = Upload {
            tags: read_tags(req.input.tagging.as_deref()),
            algorithm: algorithm.map(|algorithm| algorithm.as_str().to_owned()),
        };
        let answer = self.files.create_multipart_upload(req).await?;
        if let Some(id) = &answer.output.upload_id {
            self.remembered().uploads.insert(id.clone(), upload);
        }
        Ok(answer)
    }

    async fn upload_part(
        &self,
        mut req: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let length = req.input.content_length;
        self.enter_with("UploadPart", req.input.body.as_mut(), length)
            .await?;
        let upload = self.upload(&req.input.upload_id)?;
        if !is_of(upload.algorithm.as_deref(), &req.input) {
            return Err(s3_error!(
                InvalidRequest,
                "Checksum Type mismatch occurred, expected checksum Type: crc64nvme"
            ));
        }
        let (expected, trailers) = (req.input.checksum_crc64nvme.clone(), req.trailing_headers.clone());
        let digest = std::sync::Arc::new(std::sync::Mutex::new(Digest::new(CrcAlgorithm::Crc64Nvme)));
        if let Some(body) = req.input.body.take() {
            let digest = std::sync::Arc::clone(&digest);
            let body = body.inspect(move |bytes| {
                if let (Ok(bytes), Ok(mut digest)) = (bytes, digest.lock()) {
                    digest.update(bytes);
                }
            });
            req.input.body =
                Some(StreamingBlob::wrap(body.map(|bytes| {
                    bytes.map_err(|error| std::io::Error::other(error.to_string()))
                })));
        }
        let mut answer = self.files.upload_part(req).await?;
        let trailer = trailers.and_then(|trailers| trailers.take());
        let trailer = trailer
            .as_ref()
            .and_then(|all| all.get("x-amz-checksum-crc64nvme"));
        let expected = expected.or_else(|| trailer?.to_str().ok().map(str::to_owned));
        let sum = digest.lock().map(|digest| digest.finalize()).unwrap_or_default();
        let sum = BASE64_STANDARD.encode(sum.to_be_bytes());
        if expected.is_some_and(|expected| expected != sum) {
            return Err(s3_error!(BadDigest, "the part has another CRC-64/NVME"));
        }
        answer.output.checksum_crc64nvme = Some(sum);
        Ok(answer)
    }

    async fn upload_part_copy(
        &self,
        req: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        self.enter("UploadPartCopy")?;
        self.upload(&req.input.upload_id)?;
        self.files.upload_part_copy(req).await
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        self.enter("ListParts")?;
        self.files.list_parts(req).await
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        self.enter("CompleteMultipartUpload")?;
        let name = name_of(&req.input.bucket, &req.input.key);
        let (id, expected) = (req.input.upload_id.clone(), req.input.checksum_crc64nvme.clone());
        let size = req.input.mpu_object_size;
        let upload = self.upload(&id)?;
        let mut output = self.files.complete_multipart_upload(req).await?.output;
        // The answer proper comes after the parts are put together.
        if let Some(rest) = output.future.take() {
            output = rest.await?;
        }
        let checksum = self.checksum(&name)?;
        let length = std::fs::metadata(self.path(&name.0, &name.1)).map(|file| file.len());
        let is_short = size.is_some_and(|size| length.is_ok_and(|length| i64::try_from(length) != Ok(size)));
        if is_short || expected.is_some_and(|expected| expected != checksum) {
            drop(std::fs::remove_file(self.path(&name.0, &name.1)));
            self.forget(&name);
            return Err(s3_error!(BadDigest, "the object has another CRC-64/NVME or size"));
        }
        self.remembered().uploads.remove(&id);
        self.remember(name, upload.tags, Some(checksum.clone()));
        output.checksum_crc64nvme = Some(checksum);
        output.checksum_type = Some(ChecksumType::from_static(ChecksumType::FULL_OBJECT));
        Ok(S3Response::new(output))
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.enter("AbortMultipartUpload")?;
        let id = req.input.upload_id.clone();
        self.upload(&id)?;
        let answer = self.files.abort_multipart_upload(req).await?;
        self.remembered().uploads.remove(&id);
        Ok(answer)
    }

    async fn get_object_tagging(
        &self,
        req: S3Request<GetObjectTaggingInput>,
    ) -> S3Result<S3Response<GetObjectTaggingOutput>> {
        self.enter("GetObjectTagging")?;
        let name = name_of(&req.input.bucket, &req.input.key);
        self.exists(&name)?;
        let tags = self.remembered().tags.get(&name).cloned().unwrap_or_default();
        let tag_set = tags.into_iter().map(|(key, value)| Tag {
            key: Some(key),
            value: Some(value),
        });
        Ok(S3Response::new(GetObjectTaggingOutput {
            tag_set: tag_set.collect(),
            version_id: None,
        }))
    }

    async fn put_object_tagging(
        &self,
        req: S3Request<PutObjectTaggingInput>,
    ) -> S3Result<S3Response<PutObjectTaggingOutput>> {
        self.enter("PutObjectTagging")?;
        let name = name_of(&req.input.bucket, &req.input.key);
        self.exists(&name)?;
        let tags = req.input.tagging.tag_set.into_iter();
        let tags = tags.map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()));
        self.remembered().tags.insert(name, tags.collect());
        Ok(S3Response::new(PutObjectTaggingOutput::default()))
    }

    async fn delete_object_tagging(
        &self,
        req: S3Request<DeleteObjectTaggingInput>,
    ) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
        self.enter("DeleteObjectTagging")?;
        let name = name_of(&req.input.bucket, &req.input.key);
        self.exists(&name)?;
        self.remembered().tags.remove(&name);
        Ok(S3Response::new(DeleteObjectTaggingOutput::default()))
    }
}

impl SimulatedS3 {
    /// An upload that is under way. S3 says so of one that is not, where `s3s-fs` denies access.
    fn upload(&self, id: &str) -> S3Result<Upload> {
        let upload = self.remembered().uploads.get(id).cloned();
        upload.ok_or_else(|| s3_error!(NoSuchUpload))
    }
}
