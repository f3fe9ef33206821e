//! The order of things, for one recording.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ringback_accounts::Known;
use ringback_calls::{CallEvent, Claimed, NewEvent, Wanted, archived, deleted_at_carrier, fold};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::archive::Stored;
use crate::clock::Clock;
use crate::ending::{Undone, repeated};
use crate::job::{From, Job, given_up_after, ready_at};
use crate::lease::Held;
use crate::metrics::MessageMetrics;
use crate::trouble::{Kind, Trouble};
use crate::{App, Fate, LEAST_TIME, Message};

/// How much longer a lease lasts than the invocation that holds it.
const MARGIN: Duration = Duration::from_secs(30);

/// How long a deletion may take, with all that is asked for it.
const DELETION: Duration = Duration::from_secs(60);

/// The first pause before an event is written again, and the longest; each is twice the one before.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(8));

/// Why a recording is never deleted at the carrier: nothing proves that all of it came.
const UNPROVEN: &str = "not-proven-whole";

impl App {
    /// Archives a recording, if nobody has or does.
    ///
    /// The claim comes first, and the call is read under it: whoever reads before may have read what another has changed
    /// by the time the recording is his.
    ///
    /// # Errors
    /// When nobody can tell whether it is to be archived.
    pub(crate) async fn recording(
        &self,
        wanted: &Wanted,
        message: Message<'_>,
        clock: &Clock,
        counts: &mut MessageMetrics,
    ) -> Result<Fate, Trouble> {
        let length = clock.left() + MARGIN;
        let lease = match self.calls.claim(wanted, message.id, length, clock.now()).await? {
            Claimed::Mine(lease) => lease,
            Claimed::Gone => return Ok(repeated(wanted, "Nobody wants a recording any more", counts)),
            // Who has it may have died, or it could not be given back: it is looked at once more when it is free.
            Claimed::Busy { until, same_holder } if same_holder || message.is_first => {
                info!(call.id = %wanted.call_id, recording.id = wanted.recording_id, "A recording is being archived; its message comes again");
                return Ok(Fate::Again(Some(until_over(until, clock.now()))));
            }
            Claimed::Busy { .. } => {
                let what = "A recording is being archived by somebody else";
                return Ok(repeated(wanted, what, counts));
            }
        };
        let mut held = Held::new(&self.calls, wanted, &lease);
        let fate = self.under_lease(wanted, &mut held, message, clock, counts).await;
        match &fate {
            Ok(Fate::Done) => held.close().await,
            _ => held.release().await,
        }
        fate
    }

    async fn under_lease(
        &self,
        wanted: &Wanted,
        held: &mut Held<'_>,
        message: Message<'_>,
        clock: &Clock,
        counts: &mut MessageMetrics,
    ) -> Result<Fate, Trouble> {
        let now = clock.now();
        let entries = self.calls.events(&wanted.tenant, &wanted.call_id, now).await?;
        let record = fold(&wanted.call_id, &entries);
        let known = record
            .as_ref()
            .and_then(|record| Some((record, record.recordings.get(&wanted.recording_id)?)));
        let Some((record, recording)) = known else {
            // Its item is there, so somebody has read of it: an event that cannot be read here may be after a deployment.
            let undone = Undone::Archiving(Trouble::waiting("not-in-record"));
            return self
                .conclude(wanted, held, undone, message.id, clock, counts)
                .await;
        };
        let job = Job {
            wanted,
            record,
            recording,
        };
        let from = self.from(wanted, record).await;
        if let Ok(from) = &from {
            counts.carrier = from.dimension().to_owned();
        }
        if recording.archived.is_some() && !owes_deletion(job, from.as_ref()) {
            return Ok(repeated(wanted, "A recording was archived before", counts));
        }
        // The first try since it was closed: the letter about it was sent, and this message belongs to that wish. A later
        // one may be the very message that gave it up and could not say so.
        let was_closed = held.lease.tries == 1 && recording.given_up.is_some();
        if was_closed && given_up_after(message.sent_at, &entries, &wanted.recording_id) {
            let what = "A recording was given up after this message was sent";
            return Ok(repeated(wanted, what, counts));
        }
        let ready = ready_at(&entries, &wanted.recording_id);
        match self.attempt(job, from, held, ready, clock, counts).await {
            Ok(()) => Ok(Fate::Done),
            Err(undone) => {
                self.conclude(wanted, held, undone, message.id, clock, counts)
                    .await
            }
        }
    }

    /// Archives, says so, and deletes at the carrier: in this order.
    async fn attempt(
        &self,
        job: Job<'_>,
        from: Result<From, Trouble>,
        held: &mut Held<'_>,
        ready: Option<Timestamp>,
        clock: &Clock,
        counts: &mut MessageMetrics,
    ) -> Result<(), Undone> {
        // What is archived is not given up, whatever else cannot be done.
        let undone = match job.recording.archived {
            None => Undone::Archiving,
            Some(_) => Undone::Deleting,
        };
        // What an attempt before has left behind, which Lambda ended.
        held.abort(&self.bucket).await.map_err(undone)?;
        let from = from.map_err(undone)?;
        let proven = match job.recording.archived {
            None => {
                self.archive_and_tell(job, &from, held, ready, clock, counts)
                    .await
            }
            Some(_) => Ok(is_proven(job)),
        };
        let proven = proven.map_err(undone)?;
        let Some(known) = from
            .deletes()
            .filter(|_| job.recording.deleted_at_carrier.is_none())
        else {
            return Ok(());
        };
        if !proven {
            counts.delete_refused += 1;
            warn!(call.id = %job.wanted.call_id, recording.id = job.wanted.recording_id, code = UNPROVEN, "A recording stays at its carrier: nothing proves that all of it came");
            return Ok(());
        }
        self.delete_and_tell(job, known, clock)
            .await
            .map_err(Undone::Deleting)
    }

    /// Whether it is proven that all of it is archived.
    async fn archive_and_tell(
        &self,
        job: Job<'_>,
        from: &From,
        held: &mut Held<'_>,
        ready: Option<Timestamp>,
        clock: &Clock,
        counts: &mut MessageMetrics,
    ) -> Result<bool, Trouble> {
        let stored = self.in_time(job, from, held, clock).await?;
        let (bytes, at) = (stored.archived.bytes, clock.now());
        let mut event = archived(job.wanted, stored.archived, stored.seconds, at);
        if !stored.proven {
            // In the same event, so that nobody ever reads the one without the other.
            let facts = event.facts.recordings.values_mut();
            facts.for_each(|facts| facts.delete_refused = Some(UNPROVEN.to_owned()));
        }
        self.tell_surely(job.wanted, event, clock).await?;
        held.done().await;
        counts.archived += 1;
        counts.bytes = Some(bytes);
        counts.age = ready.and_then(|ready| Duration::try_from(ready.duration_until(at)).ok());
        info!(call.id = %job.wanted.call_id, recording.id = job.wanted.recording_id, bytes, "Archived a recording");
        Ok(stored.proven)
    }

    async fn delete_and_tell(&self, job: Job<'_>, known: &Known, clock: &Clock) -> Result<(), Trouble> {
        if clock.left() < LEAST_TIME {
            return Err(Trouble::waiting("out-of-time"));
        }
        let deleting = Box::pin(self.delete(job, known, clock));
        let deleted = timeout(clock.budget().min(DELETION), deleting).await;
        deleted.unwrap_or_else(|_| Err(Trouble::waiting("timeout")))?;
        let at = clock.now();
        self.tell(job.wanted, deleted_at_carrier(job.wanted, at), at)
            .await?;
        info!(call.id = %job.wanted.call_id, recording.id = job.wanted.recording_id, "Deleted a recording at its carrier");
        Ok(())
    }

    /// Archives within the time that there is, and leaves no upload behind.
    async fn in_time(
        &self,
        job: Job<'_>,
        from: &From,
        held: &mut Held<'_>,
        clock: &Clock,
    ) -> Result<Stored, Trouble> {
        let archiving = Box::pin(self.archive(job, from, held, clock));
        let stored = match timeout(clock.budget(), archiving).await {
            Ok(stored) => stored,
            Err(_) => Err(Trouble::waiting("out-of-time")),
        };
        if stored.is_err()
            && let Err(trouble) = held.abort(&self.bucket).await
        {
            // Whoever comes after tries again: it remains written down.
            warn!(code = %trouble.code, "An upload could not be ended, and will be later");
        }
        stored
    }

    /// Writes what became of the recording into the call.
    pub(crate) async fn tell(&self, wanted: &Wanted, event: CallEvent, at: Timestamp) -> Result<(), Trouble> {
        self.calls.put(&NewEvent::of_recording(wanted, event, at)).await?;
        Ok(())
    }

    /// The same for as long as there is time: all that was fetched would be fetched once more.
    async fn tell_surely(&self, wanted: &Wanted, event: CallEvent, clock: &Clock) -> Result<(), Trouble> {
        let event = NewEvent::of_recording(wanted, event, clock.now());
        let (mut pause, longest) = PAUSES;
        loop {
            match self.calls.put(&event).await {
                Ok(_) => return Ok(()),
                Err(problem) if problem.is_passing() && clock.budget() > pause => sleep(pause).await,
                Err(problem) => return Err(problem.into()),
            }
            pause = longest.min(pause * 2);
        }
    }
}

fn owes_deletion(job: Job<'_>, from: Result<&From, &Trouble>) -> bool {
    let configured = match from {
        Ok(from) => from.deletes().is_some(),
        // Nobody knows: it is asked for under the lease.
        Err(trouble) => trouble.kind == Kind::Ours,
    };
    configured && job.recording.deleted_at_carrier.is_none() && is_proven(job)
}

/// Whether what was archived may be deleted at the carrier.
fn is_proven(job: Job<'_>) -> bool {
    job.recording.delete_refused.as_deref() != Some(UNPROVEN)
}

/// How long until a lease is over.
fn until_over(until: Timestamp, now: Timestamp) -> Duration {
    let left = now.duration_until(until).max(SignedDuration::ZERO);
    Duration::from_secs(left.unsigned_abs().as_secs() + 1)
}
