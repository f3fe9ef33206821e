//! The right to archive a recording, and the upload that is under way under it.

use ringback_calls::{CallStore, Lease, StoreError, Upload, Wanted};
use tracing::warn;

use crate::bucket::Bucket;
use crate::trouble::{Kind, Trouble};

/// A lease that was taken. It is not given back when it is dropped: an invocation that dies leaves it, with the upload
/// that is written down in it, to whoever comes after.
pub(crate) struct Held<'a> {
    calls: &'a CallStore,
    wanted: &'a Wanted,
    pub(crate) lease: &'a Lease,
    /// The upload that is written down.
    upload: Option<Upload>,
    /// Whether it was given back already.
    over: bool,
}

impl<'a> Held<'a> {
    pub(crate) fn new(calls: &'a CallStore, wanted: &'a Wanted, lease: &'a Lease) -> Self {
        let upload = lease.upload.clone();
        Self {
            calls,
            wanted,
            lease,
            upload,
            over: false,
        }
    }

    /// Writes an upload down, before anything is sent.
    pub(crate) async fn keep(&mut self, upload: Upload) -> Result<(), Trouble> {
        let kept = self
            .calls
            .keep_upload(self.wanted, self.lease, Some(&upload))
            .await;
        // Also where it is not written: it is ended by this attempt, or by the bucket's lifecycle.
        self.upload = Some(upload);
        match kept? {
            true => Ok(()),
            false => Err(Trouble::new(Kind::Lost, "lease-lost")),
        }
    }

    /// The upload has become an object, and the call knows it.
    pub(crate) async fn done(&mut self) {
        if self.upload.take().is_some() {
            self.forget().await;
        }
    }

    /// Ends the upload that is written down, whoever began it.
    pub(crate) async fn abort(&mut self, bucket: &Bucket) -> Result<(), Trouble> {
        let Some(upload) = &self.upload else {
            return Ok(());
        };
        bucket.abort(upload).await?;
        self.upload = None;
        self.forget().await;
        Ok(())
    }

    /// Lets the recording go, to be tried again. The lease would end by itself.
    pub(crate) async fn release(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            let released = self.calls.release(self.wanted, self.lease).await;
            not_given_back(released);
        }
    }

    /// Lets the recording go for good: whoever comes after begins anew, with all patience.
    pub(crate) async fn close(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            let closed = self.calls.close(self.wanted, self.lease).await;
            not_given_back(closed);
        }
    }

    /// What is still written down would only be ended once more.
    async fn forget(&self) {
        if let Err(problem) = self.calls.keep_upload(self.wanted, self.lease, None).await {
            warn!(
                code = problem.code,
                "It was not written down that an upload has ended"
            );
        }
    }
}

fn not_given_back(done: Result<(), StoreError>) {
    if let Err(problem) = done {
        warn!(code = problem.code, "A recording's lease was not given back");
    }
}
