//! Fetching a recording, and storing it.

use bytes::Bytes;
use reqwest::header::LOCATION;
use ringback_accounts::Known;
use ringback_calls::Archived;
use ringback_carriers::{Fetch, Gives, LinkAnswer, Source, connect_object};

use crate::App;
use crate::bucket::Object;
use crate::clock::Clock;
use crate::copy::{copy, look};
use crate::download::Download;
use crate::job::{Credentials, From, Job};
use crate::key::{key, segment};
use crate::lease::Held;
use crate::length::length;
use crate::outside::Asking;
use crate::part::Total;
use crate::patience::TRIES_IN_DOUBT;
use crate::sniff::{Audio, HEAD, sniff};
use crate::trouble::Trouble;
use crate::upload::store;
use crate::whole::Whole;

/// Links that lead to links, at most.
const MOST_LINKS: u8 = 2;

/// A recording that is stored.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) archived: Archived,
    /// How long it lasts, where the carrier or the recording itself says.
    pub(crate) seconds: Option<u64>,
    /// Whether something proves that it is all of it.
    pub(crate) proven: bool,
}

/// What a carrier has opened for us.
enum Opened<'a> {
    Download(Box<Download<'a>>),
    Object { bucket: String, key: String },
}

impl App {
    /// Fetches the recording and stores it.
    pub(crate) async fn archive(
        &self,
        job: Job<'_>,
        from: &From,
        held: &mut Held<'_>,
        clock: &Clock,
    ) -> Result<Stored, Trouble> {
        let (opened, buckets) = match from {
            From::Connect => {
                let location = job.recording.at_carrier.as_deref().unwrap_or_default();
                let (bucket, key) = connect_object(location)?;
                (Opened::Object { bucket, key }, &self.config.connect_buckets)
            }
            // What an account says never leads into Amazon Connect's buckets.
            From::Account(known) => (self.open(job, known, clock).await?, &self.config.carrier_buckets),
        };
        match opened {
            Opened::Download(download) => self.fetch(job, *download, held).await,
            Opened::Object { bucket, .. } if !buckets.contains(&bucket) => {
                Err(Trouble::never("bucket-not-allowed"))
            }
            Opened::Object { bucket, key } => self.copy(job, &bucket, &key, held).await,
        }
    }

    /// Asks the carrier. Where it does not take what we say we are, its secret may have changed, and a link may have
    /// expired between two requests: both are worth another time at once.
    async fn open(&self, job: Job<'_>, known: &Known, clock: &Clock) -> Result<Opened<'_>, Trouble> {
        let mut credentials = Credentials::of(known, clock.now()).await?;
        let (mut linked, mut linked_again) = (false, false);
        loop {
            let trouble = match self.ask(job, &credentials, &mut linked, clock).await {
                Err(trouble) if trouble.is_unauthorised() => trouble,
                opened => return opened,
            };
            if !credentials.another().await? {
                if !linked || linked_again {
                    return Err(trouble);
                }
                linked_again = true;
            }
            credentials.now = clock.now();
        }
    }

    async fn ask(
        &self,
        job: Job<'_>,
        credentials: &Credentials<'_>,
        linked: &mut bool,
        clock: &Clock,
    ) -> Result<Opened<'_>, Trouble> {
        let (kept, keys, carrier) = (job.kept(), credentials.keys(), credentials.carrier().get());
        let mut fetch = match carrier.recording(&kept, &keys, credentials.now)? {
            Source::Object { bucket, key } => return Ok(Opened::Object { bucket, key }),
            Source::Http(fetch) => fetch,
        };
        let asking = credentials.asking();
        let mut led = false;
        // What the record itself names stays as it is; an answer of the carrier's may be another the next time.
        let doubt = |trouble: Trouble, led| if led { trouble.led_astray() } else { trouble };
        for _ in 0..MOST_LINKS {
            if fetch.gives == Gives::Media {
                break;
            }
            *linked = true;
            let asked = self.outside.ask(&fetch, &asking).await;
            let (_, response) = asked.map_err(|trouble| doubt(trouble, led))?;
            let (status, location) = (response.status(), response.headers().get(LOCATION).cloned());
            let body = self.outside.text(response).await?;
            let answer = LinkAnswer {
                status: status.as_u16(),
                location: location.as_ref().and_then(|location| location.to_str().ok()),
                body: &body,
            };
            fetch = carrier.link(&answer, &kept, &keys)?;
            led = true;
        }
        let download = self.download(&fetch, asking, clock).await;
        let download = download.map_err(|trouble| doubt(trouble, led))?;
        Ok(Opened::Download(Box::new(download)))
    }

    async fn download(&self, fetch: &Fetch, asking: Asking, clock: &Clock) -> Result<Download<'_>, Trouble> {
        if fetch.gives == Gives::Link {
            return Err(Trouble::waiting("too-many-links"));
        }
        Download::begin(
            &self.outside,
            fetch,
            asking,
            self.config.max_bytes,
            clock.budget(),
        )
        .await
    }

    async fn fetch(
        &self,
        job: Job<'_>,
        mut download: Download<'_>,
        held: &mut Held<'_>,
    ) -> Result<Stored, Trouble> {
        let (mut first, mut head) = (Vec::new(), Vec::with_capacity(HEAD));
        while head.len() < HEAD
            && let Some(chunk) = download.next().await?
        {
            head.extend(chunk.iter().take(HEAD - head.len()));
            first.push(chunk);
        }
        let (object, audio) = self.object(job, &head)?;
        let whole = Whole {
            head: &head,
            seconds: job.recording.seconds,
            again: held.lease.tries <= TRIES_IN_DOUBT,
        };
        let stored = store(&self.bucket, &object, first, &mut download, whole, held).await?;
        Ok(self.stored(job, object, audio, &head, stored))
    }

    async fn copy(
        &self,
        job: Job<'_>,
        bucket: &str,
        key: &str,
        held: &mut Held<'_>,
    ) -> Result<Stored, Trouble> {
        let (source, head): (_, Bytes) = look(&self.bucket, bucket, key, self.config.max_bytes).await?;
        let (object, audio) = self.object(job, &head)?;
        let total = copy(&self.bucket, &object, &source, held).await?;
        // An object of S3 is there as a whole or not at all.
        Ok(self.stored(job, object, audio, &head, (total, true)))
    }

    /// The object that a recording with these first bytes becomes.
    fn object(&self, job: Job<'_>, head: &[u8]) -> Result<(Object, Audio), Trouble> {
        if head.is_empty() {
            return Err(Trouble::waiting("empty"));
        }
        let audio = sniff(head).ok_or_else(|| Trouble::doubtful("not-audio"))?;
        let object = Object {
            key: key(job.wanted, job.record.created_at, audio.extension),
            content_type: audio.content_type,
            call_id: job.wanted.call_id.to_string(),
            recording_id: segment(&job.wanted.recording_id),
        };
        Ok((object, audio))
    }

    fn stored(
        &self,
        job: Job<'_>,
        object: Object,
        audio: Audio,
        head: &[u8],
        (total, proven): (Total, bool),
    ) -> Stored {
        Stored {
            proven,
            seconds: job.recording.seconds.or_else(|| length(head, total.bytes)),
            archived: Archived {
                bucket: self.bucket.name.clone(),
                key: object.key,
                bytes: total.bytes,
                sha256: total.sha256,
                content_type: audio.content_type.to_owned(),
            },
        }
    }
}
