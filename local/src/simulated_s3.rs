//! S3 in this process: `s3s-fs` over a directory of its own, and in front of it what that leaves out: object tags,
//! checksums of whole objects made of parts, parts that are checked, and failures on demand.

mod layer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;

use crate::server::Server;

/// The bucket that recordings end in.
pub const RECORDINGS_BUCKET: &str = "recordings";
/// The bucket that Amazon Connect puts its recordings into.
pub const CONNECT_BUCKET: &str = "connect-recordings";
/// The bucket that the sample account at Sinch puts its recordings into.
pub const CARRIER_BUCKET: &str = "carrier-recordings";

/// The key that everything here is signed with; it guards nothing.
pub(crate) const KEY: &str = "local";

/// What becomes of an operation of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum S3Fault {
    /// It is refused with 503, until all is healed.
    Down,
    /// So many pass, then so many fail with 500 when half of their body has come.
    Breaks {
        /// How many pass first.
        after: u32,
        /// How many fail then.
        times: u32,
    },
}

/// An object's tags.
pub type Tags = BTreeMap<String, String>;

/// An object: its bucket and its key.
type Name = (String, String);

/// What is remembered of an upload in parts.
#[derive(Debug, Clone, Default)]
struct Upload {
    tags: Tags,
    algorithm: Option<String>,
}

#[derive(Debug, Default)]
struct Remembered {
    tags: BTreeMap<Name, Tags>,
    checksums: BTreeMap<Name, String>,
    uploads: BTreeMap<String, Upload>,
    faults: BTreeMap<String, S3Fault>,
    passed: BTreeMap<String, u32>,
}

/// The simulated S3. Its directory goes when the last of its clones does.
#[derive(Debug, Clone)]
pub struct SimulatedS3 {
    directory: Arc<TempDir>,
    files: Arc<FileSystem>,
    remembered: Arc<Mutex<Remembered>>,
}

impl SimulatedS3 {
    /// The name that stands for every operation.
    pub const EVERYTHING: &str = "*";

    /// An S3 with the three buckets, all empty.
    pub(crate) fn new() -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("ringback-s3-")
            .tempdir()
            .context("making a directory for S3")?;
        for bucket in [RECORDINGS_BUCKET, CONNECT_BUCKET, CARRIER_BUCKET] {
            std::fs::create_dir(directory.path().join(bucket))?;
        }
        let files = FileSystem::new(directory.path()).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        Ok(Self {
            directory: Arc::new(directory),
            files: Arc::new(files),
            remembered: Arc::default(),
        })
    }

    pub(crate) async fn start(&self, address: &str) -> Result<Server> {
        let mut builder = S3ServiceBuilder::new(self.clone());
        builder.set_auth(SimpleAuth::from_single(KEY, KEY));
        let router = Router::new().fallback(pass).with_state(builder.build());
        Server::http(address, router).await
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an operation (`UploadPart`, `PutObject`, … or [`SimulatedS3::EVERYTHING`]) fail from now on.
    pub fn fail(&self, operation: &str, fault: S3Fault) {
        self.remembered().faults.insert(operation.to_owned(), fault);
    }

    /// Lets everything pass again.
    pub fn heal(&self) {
        self.remembered().faults.clear();
    }

    /// How often each operation was asked for since the last call of this.
    pub fn take_counts(&self) -> BTreeMap<String, u32> {
        std::mem::take(&mut self.remembered().passed)
    }

    /// An object's tags; none where there is no such object.
    pub fn tags(&self, bucket: &str, key: &str) -> Option<Tags> {
        if !self.path(bucket, key).is_file() {
            return None;
        }
        let name = (bucket.to_owned(), key.to_owned());
        Some(self.remembered().tags.get(&name).cloned().unwrap_or_default())
    }

    /// The bytes of an object, as they lie in the directory.
    ///
    /// # Errors
    /// When there is no such object.
    pub fn bytes(&self, bucket: &str, key: &str) -> Result<Vec<u8>> {
        std::fs::read(self.path(bucket, key)).with_context(|| format!("no object {key} in {bucket}"))
    }

    /// Puts an object there, as another system does.
    ///
    /// # Errors
    /// When the directory does not take it.
    pub fn put(&self, bucket: &str, key: &str, bytes: &[u8]) -> Result<()> {
        let path = self.path(bucket, key);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(path, bytes)?)
    }

    /// The keys of a bucket's objects, in order.
    ///
    /// # Errors
    /// When there is no such bucket.
    pub fn keys(&self, bucket: &str) -> Result<Vec<String>> {
        let root = self.directory.path().join(bucket);
        let mut keys = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    keys.push(path.strip_prefix(&root)?.to_string_lossy().into_owned());
                }
            }
        }
        keys.sort();
        Ok(keys)
    }

    /// What uploads in parts that were neither completed nor aborted have left: theirs and their parts' files.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn left_over(&self) -> Result<Vec<String>> {
        let mut left = Vec::new();
        for entry in std::fs::read_dir(self.directory.path())? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.starts_with(".upload-") || name.starts_with(".upload_id-") {
                left.push(name);
            }
        }
        left.sort();
        Ok(left)
    }

    fn path(&self, bucket: &str, key: &str) -> PathBuf {
        self.directory.path().join(bucket).join(Path::new(key))
    }
}

async fn pass(State(service): State<S3Service>, request: Request) -> Response {
    match service.call(request.map(s3s::Body::http_body_unsync)).await {
        Ok(response) => response.map(Body::new),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::error::ProvideErrorMetadata;
    use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};

    use super::*;
    use crate::stack::{Addresses, Stack};

    /// An upload of one part, completed with that checksum of the whole; what S3 says.
    async fn uploaded(stack: &Stack, key: &str, checksum: &str) -> Result<Option<String>, String> {
        let s3 = stack.s3_client().await;
        let upload = s3
            .create_multipart_upload()
            .bucket(RECORDINGS_BUCKET)
            .key(key)
            .tagging("retention=standard&case=a%20b")
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme);
        let id = upload.send().await.unwrap().upload_id.unwrap();
        let part = s3.upload_part().bucket(RECORDINGS_BUCKET).key(key).upload_id(&id);
        let part = part
            .part_number(1)
            .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
            .body(b"123456789".to_vec().into());
        let part = part.send().await.unwrap();
        let part = CompletedPart::builder()
            .part_number(1)
            .set_e_tag(part.e_tag)
            .build();
        let completed = s3
            .complete_multipart_upload()
            .bucket(RECORDINGS_BUCKET)
            .key(key)
            .upload_id(&id)
            .multipart_upload(CompletedMultipartUpload::builder().parts(part).build())
            .checksum_crc64_nvme(checksum)
            .send()
            .await;
        let completed = completed.map_err(|error| error.code().unwrap_or_default().to_owned());
        completed.map(|completed| completed.checksum_crc64_nvme)
    }

    #[tokio::test]
    async fn an_object_of_parts_has_its_tags_and_the_checksum_that_it_was_said_to_have() {
        let stack = Stack::start(&Addresses::any()).await.unwrap();
        // The check value of CRC-64/NVME.
        let checksum = "rosUhgp5mIg=";
        let answered = uploaded(&stack, "good.mp3", checksum).await.unwrap();
        assert_eq!(answered.as_deref(), Some(checksum));
        let tags = stack.simulated_s3.tags(RECORDINGS_BUCKET, "good.mp3").unwrap();
        let expected = [("case", "a b"), ("retention", "standard")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(tags, Tags::from(expected));

        let refused = uploaded(&stack, "bad.mp3", "AAAAAAAAAAA=").await;
        assert_eq!(refused, Err("BadDigest".to_owned()));
        assert_eq!(stack.simulated_s3.keys(RECORDINGS_BUCKET).unwrap(), ["good.mp3"]);
        assert!(stack.simulated_s3.left_over().unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_operation_fails_until_it_is_healed() {
        let stack = Stack::start(&Addresses::any()).await.unwrap();
        let s3 = stack.s3_client().await;
        let put = || {
            s3.put_object()
                .bucket(RECORDINGS_BUCKET)
                .key("a")
                .body(b"a".to_vec().into())
        };
        stack.simulated_s3.fail(SimulatedS3::EVERYTHING, S3Fault::Down);
        assert!(put().send().await.is_err());
        stack.simulated_s3.heal();
        put().send().await.unwrap();
        assert_eq!(stack.simulated_s3.bytes(RECORDINGS_BUCKET, "a").unwrap(), b"a");
        // What was refused is counted too: the SDK tried it more than once.
        assert!(stack.simulated_s3.take_counts()["PutObject"] > 2);
    }
}
