//! The order of things, for one recording.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ringback_accounts::Known;
use ringback_calls::{
    CallEvent, Claimed, Lease, NewEvent, Wanted, archived, delete_refused, deleted_at_carrier, fold, given_up,
};
use serde_json::json;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::archive::Stored;
use crate::clock::Clock;
use crate::job::{From, Job, ready_at};
use crate::lease::Held;
use crate::metrics::MessageMetrics;
use crate::patience::wait;
use crate::trouble::{Kind, Trouble};
use crate::{App, Fate};

/// How much longer a lease lasts than the invocation that holds it.
const MARGIN: Duration = Duration::from_secs(30);

/// What an attempt did not come through with.
enum Undone {
    Archiving(Trouble),
    Deleting(Trouble),
}

impl App {
    /// Archives a recording, if nobody has or does.
    ///
    /// # Errors
    /// When nobody can tell whether it is to be archived.
    pub(crate) async fn recording(
        &self,
        wanted: &Wanted,
        holder: &str,
        clock: &Clock,
        counts: &mut MessageMetrics,
    ) -> Result<Fate, Trouble> {
        let entries = self
            .calls
            .events(&wanted.tenant, &wanted.call_id, clock.now())
            .await?;
        let record = fold(&wanted.call_id, &entries);
        let known = record
            .as_ref()
            .and_then(|record| Some((record, record.recordings.get(&wanted.recording_id)?)));
        let Some((record, recording)) = known else {
            info!(call.id = %wanted.call_id, recording.id = wanted.recording_id, "The call is gone, and its recording with it");
            return Ok(Fate::Done);
        };
        let job = Job {
            wanted,
            record,
            recording,
        };
        let from = self.from(record).await;
        if let Ok(from) = &from {
            counts.carrier = from.dimension().to_owned();
        }
        if recording.archived.is_some() && !owes_deletion(job, from.as_ref()) {
            return Ok(repeated(wanted, "A recording was archived before", counts));
        }
        let lease = match self
            .calls
            .claim(wanted, holder, clock.left() + MARGIN, clock.now())
            .await?
        {
            Claimed::Mine(lease) => lease,
            Claimed::Gone => return Ok(repeated(wanted, "Nobody wants a recording any more", counts)),
            Claimed::Busy {
                same_holder: false, ..
            } => {
                return Ok(repeated(
                    wanted,
                    "A recording is being archived by somebody else",
                    counts,
                ));
            }
            Claimed::Busy { until, .. } => return Ok(Fate::Again(Some(until_over(until, clock.now())))),
        };
        let mut held = Held::new(&self.calls, wanted, &lease);
        let ready = ready_at(&entries, &wanted.recording_id);
        let ended = self.attempt(job, from, &mut held, ready, clock, counts).await;
        let fate = self.conclude(job, &lease, ended, holder, clock, counts).await;
        held.release().await;
        fate
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
        // What an attempt before has left behind, which Lambda ended.
        held.abort(&self.bucket).await.map_err(Undone::Archiving)?;
        let from = from.map_err(Undone::Archiving)?;
        if job.recording.archived.is_none() {
            self.archive_and_tell(job, &from, held, ready, clock, counts)
                .await
                .map_err(Undone::Archiving)?;
        }
        if job.recording.deleted_at_carrier.is_none()
            && let Some(known) = from.deletes()
        {
            self.delete_and_tell(job, known, clock)
                .await
                .map_err(Undone::Deleting)?;
        }
        Ok(())
    }

    async fn archive_and_tell(
        &self,
        job: Job<'_>,
        from: &From,
        held: &mut Held<'_>,
        ready: Option<Timestamp>,
        clock: &Clock,
        counts: &mut MessageMetrics,
    ) -> Result<(), Trouble> {
        let stored = self.in_time(job, from, held, clock).await?;
        let (bytes, at) = (stored.archived.bytes, clock.now());
        let event = archived(job.wanted, stored.archived, stored.seconds, at);
        self.tell(job.wanted, event, at).await?;
        held.done().await;
        counts.archived += 1;
        counts.bytes = Some(bytes);
        counts.age = ready.and_then(|ready| Duration::try_from(ready.duration_until(at)).ok());
        info!(call.id = %job.wanted.call_id, recording.id = job.wanted.recording_id, bytes, "Archived a recording");
        Ok(())
    }

    async fn delete_and_tell(&self, job: Job<'_>, known: &Known, clock: &Clock) -> Result<(), Trouble> {
        self.delete(job, known, clock).await?;
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

    /// What follows from how an attempt ended.
    async fn conclude(
        &self,
        job: Job<'_>,
        lease: &Lease,
        ended: Result<(), Undone>,
        message: &str,
        clock: &Clock,
        counts: &mut MessageMetrics,
    ) -> Result<Fate, Trouble> {
        let (trouble, deleting) = match ended {
            Ok(()) => return Ok(Fate::Done),
            Err(Undone::Archiving(trouble)) => (trouble, false),
            Err(Undone::Deleting(trouble)) => (trouble, true),
        };
        let wanted = job.wanted;
        let over = match trouble.kind {
            Kind::Lost => return Ok(repeated(wanted, "A recording became somebody else's", counts)),
            Kind::Final => true,
            // Of a deletion a refusal is an answer; an account that does not give the recording may be mended.
            Kind::Refused => deleting,
            Kind::Waiting | Kind::Throttled | Kind::Ours => false,
        };
        let (attempts, first) = (lease.attempts, lease.first_tried_at);
        let wait = wait(attempts, first, clock.now(), self.config.patience, trouble.wish);
        if let Some(wait) = wait.filter(|_| !over) {
            count(&trouble, counts);
            log(wanted, &trouble, wait, attempts);
            return Ok(Fate::Again(Some(wait)));
        }
        match deleting {
            true => self.refused_to_delete(wanted, &trouble, clock, counts).await?,
            false => self.give_up(wanted, &trouble, message, clock, counts).await?,
        }
        Ok(Fate::Done)
    }

    /// Says that a recording will not be archived, to the call and to an engineer.
    async fn give_up(
        &self,
        wanted: &Wanted,
        trouble: &Trouble,
        message: &str,
        clock: &Clock,
        counts: &mut MessageMetrics,
    ) -> Result<(), Trouble> {
        let at = clock.now();
        self.tell(wanted, given_up(wanted, &trouble.code, at), at).await?;
        let letter = json!(wanted).to_string();
        let reason = format!("the recording cannot be archived ({})", trouble.code);
        self.dead_letters
            .send(letter.as_bytes(), &reason, message)
            .await?;
        counts.given_up += 1;
        error!(call.id = %wanted.call_id, recording.id = wanted.recording_id, code = %trouble.code, "Gave a recording up");
        Ok(())
    }

    async fn refused_to_delete(
        &self,
        wanted: &Wanted,
        trouble: &Trouble,
        clock: &Clock,
        counts: &mut MessageMetrics,
    ) -> Result<(), Trouble> {
        let at = clock.now();
        self.tell(wanted, delete_refused(wanted, &trouble.code, at), at)
            .await?;
        counts.delete_refused += 1;
        warn!(call.id = %wanted.call_id, recording.id = wanted.recording_id, code = %trouble.code, "A carrier did not delete a recording");
        Ok(())
    }

    /// Writes what became of the recording into the call.
    async fn tell(&self, wanted: &Wanted, event: CallEvent, at: Timestamp) -> Result<(), Trouble> {
        self.calls.put(&NewEvent::of_recording(wanted, event, at)).await?;
        Ok(())
    }
}

fn owes_deletion(job: Job<'_>, from: Result<&From, &Trouble>) -> bool {
    let configured = match from {
        Ok(from) => from.deletes().is_some(),
        // Nobody knows: it is asked for under the lease.
        Err(trouble) => trouble.kind == Kind::Ours,
    };
    configured && job.recording.deleted_at_carrier.is_none()
}

fn repeated(wanted: &Wanted, what: &'static str, counts: &mut MessageMetrics) -> Fate {
    counts.repeated += 1;
    info!(call.id = %wanted.call_id, recording.id = wanted.recording_id, "{what}");
    Fate::Done
}

/// How long until a lease of this very message is over: an invocation that took it has died.
fn until_over(until: Timestamp, now: Timestamp) -> Duration {
    let left = now.duration_until(until).max(SignedDuration::ZERO);
    Duration::from_secs(left.unsigned_abs().as_secs() + 1)
}

fn count(trouble: &Trouble, counts: &mut MessageMetrics) {
    match trouble.kind {
        Kind::Throttled => counts.throttled += 1,
        Kind::Refused => counts.refused += 1,
        Kind::Ours => counts.failed += 1,
        Kind::Waiting | Kind::Final | Kind::Lost => counts.waiting += 1,
    }
}

fn log(wanted: &Wanted, trouble: &Trouble, wait: Duration, attempts: u64) {
    let (seconds, code) = (wait.as_secs(), &trouble.code);
    match trouble.kind {
        Kind::Ours => {
            error!(call.id = %wanted.call_id, recording.id = wanted.recording_id, %code, seconds, attempts, "Archiving a recording failed; it comes again")
        }
        Kind::Refused => {
            warn!(call.id = %wanted.call_id, recording.id = wanted.recording_id, %code, seconds, attempts, "A carrier does not give a recording: the account is to be mended")
        }
        _ => {
            info!(call.id = %wanted.call_id, recording.id = wanted.recording_id, %code, seconds, attempts, "A recording cannot be had yet; it comes again")
        }
    }
}
