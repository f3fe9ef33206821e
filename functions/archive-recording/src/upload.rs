//! From a download into the bucket: read and sent at the same time, in memory that does not grow with the recording.

use std::collections::BTreeMap;

use aws_sdk_s3::types::CompletedPart;
use bytes::Bytes;
use ringback_calls::Upload;
use tokio::task::JoinSet;

use crate::bucket::{Bucket, Object};
use crate::download::Download;
use crate::lease::Held;
use crate::part::{Gathering, Part, Total};
use crate::trouble::{Kind, Trouble};
use crate::whole::Whole;

/// How many parts are sent at a time, while another is gathered.
const AT_A_TIME: usize = 2;

/// Stores what a download gives as that object: what it came to, compared with what S3 says it has, and whether that is
/// proven to be all. `first` is what was read of it before.
pub(crate) async fn store(
    bucket: &Bucket,
    object: &Object,
    first: Vec<Bytes>,
    download: &mut Download<'_>,
    whole: Whole<'_>,
    held: &mut Held<'_>,
) -> Result<(Total, bool), Trouble> {
    let mut source = Chunks {
        first: first.into_iter(),
        rest: Bytes::new(),
        download,
        whole,
    };
    let mut gathering = Gathering::new();
    source.fill(&mut gathering).await?;
    let (answered, proven) = match source.is_over().await? {
        true => {
            let proven = source.judge(&gathering)?;
            (bucket.put(object, &gathering.part()).await?, proven)
        }
        false => in_parts(bucket, object, &mut gathering, &mut source, held).await?,
    };
    let total = gathering.total();
    bucket.verify(&object.key, &total, answered.as_deref()).await?;
    Ok((total, proven))
}

async fn in_parts(
    bucket: &Bucket,
    object: &Object,
    gathering: &mut Gathering,
    source: &mut Chunks<'_, '_>,
    held: &mut Held<'_>,
) -> Result<(Option<String>, bool), Trouble> {
    let upload = bucket.begin(object).await?;
    // Before the first part, so that whoever comes after can end it.
    held.keep(upload.clone()).await?;
    let mut sending = Sending::new(bucket, &upload);
    while !gathering.is_empty() {
        sending.send(gathering.part()).await?;
        source.fill(gathering).await?;
    }
    // Before there is an object.
    let proven = source.judge(gathering)?;
    let parts = sending.finish().await?;
    let total = gathering.total();
    let answered = bucket.complete(&upload, parts, total.bytes, Some(&total.crc));
    Ok((answered.await?, proven))
}

/// What is read, in chunks of any size.
struct Chunks<'a, 'd> {
    first: std::vec::IntoIter<Bytes>,
    rest: Bytes,
    download: &'a mut Download<'d>,
    whole: Whole<'a>,
}

impl Chunks<'_, '_> {
    /// Gathers until the part is full, or until there is no more.
    async fn fill(&mut self, gathering: &mut Gathering) -> Result<(), Trouble> {
        while !gathering.is_full() && !self.is_over().await? {
            gathering.take(&mut self.rest);
        }
        Ok(())
    }

    /// Whether something proves that what was gathered is all, now that nothing more comes.
    fn judge(&self, gathering: &Gathering) -> Result<bool, Trouble> {
        let bytes = gathering.total().bytes;
        self.whole.judge(bytes, self.download.is_told())
    }

    /// Whether there is nothing left; reads the next chunk to know.
    async fn is_over(&mut self) -> Result<bool, Trouble> {
        while self.rest.is_empty() {
            let next = match self.first.next() {
                Some(chunk) => Some(chunk),
                None => self.download.next().await?,
            };
            match next {
                Some(chunk) => self.rest = chunk,
                None => return Ok(true),
            }
        }
        Ok(false)
    }
}

/// Parts on their way. Dropped, they are no longer sent.
struct Sending<'a> {
    bucket: &'a Bucket,
    upload: &'a Upload,
    next: i32,
    under_way: JoinSet<Result<CompletedPart, Trouble>>,
    /// By number: they end in any order.
    done: BTreeMap<i32, CompletedPart>,
}

impl<'a> Sending<'a> {
    fn new(bucket: &'a Bucket, upload: &'a Upload) -> Self {
        Self {
            bucket,
            upload,
            next: 1,
            under_way: JoinSet::new(),
            done: BTreeMap::new(),
        }
    }

    /// Begins to send a part, as soon as there are not too many.
    async fn send(&mut self, part: Part) -> Result<(), Trouble> {
        while self.under_way.len() >= AT_A_TIME {
            self.one().await?;
        }
        let (bucket, upload, number) = (self.bucket.clone(), self.upload.clone(), self.next);
        self.under_way
            .spawn(async move { bucket.send(&upload, number, part).await });
        self.next += 1;
        Ok(())
    }

    async fn finish(mut self) -> Result<Vec<CompletedPart>, Trouble> {
        while !self.under_way.is_empty() {
            self.one().await?;
        }
        Ok(self.done.into_values().collect())
    }

    /// Waits for one of them.
    async fn one(&mut self) -> Result<(), Trouble> {
        let Some(joined) = self.under_way.join_next().await else {
            return Ok(());
        };
        let part = joined.map_err(|_| Trouble::new(Kind::Ours, "s3-part-cancelled"))??;
        self.done.insert(part.part_number().unwrap_or_default(), part);
        Ok(())
    }
}
