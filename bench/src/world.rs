//! Everything that what is measured talks to, in this process.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;

use crate::dynamo::Dynamo;
use crate::objects::Objects;
use crate::server::Server;
use crate::{carrier, services};

/// The world; everything ends when it is dropped.
pub(crate) struct World {
    /// The repository.
    pub(crate) root: PathBuf,
    /// DynamoDB.
    pub(crate) dynamo: Dynamo,
    /// Amazon Connect.
    pub(crate) connect: Server,
    /// Secrets Manager and SQS.
    pub(crate) others: Server,
    /// S3.
    pub(crate) s3: Server,
    /// What lies in S3.
    pub(crate) objects: Objects,
    /// Where recordings are.
    pub(crate) carrier: Server,
    places: AtomicUsize,
}

impl World {
    /// Starts everything.
    pub(crate) fn start(root: &Path) -> Result<Self> {
        let objects = Objects::default();
        Ok(Self {
            root: root.to_owned(),
            dynamo: Dynamo::start(root)?,
            connect: Server::http(services::connect())?,
            others: Server::http(services::others())?,
            s3: Server::http(objects.router())?,
            objects,
            carrier: Server::http(carrier::carrier())?,
            places: AtomicUsize::new(0),
        })
    }

    /// A number that no other place has.
    pub(crate) fn number(&self) -> usize {
        self.places.fetch_add(1, Ordering::Relaxed)
    }
}
