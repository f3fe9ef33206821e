//! What follows from how an attempt ended.

use std::time::Duration;

use ringback_calls::{Wanted, delete_refused, given_up};
use serde_json::json;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::lease::Held;
use crate::metrics::MessageMetrics;
use crate::patience::{TRIES_IN_DOUBT, wait};
use crate::trouble::{Kind, Trouble};
use crate::{App, Fate};

/// What an attempt did not come through with.
#[derive(Debug)]
pub(crate) enum Undone {
    Archiving(Trouble),
    /// What is archived.
    Deleting(Trouble),
}

impl App {
    /// Has the recording's message come again, or is done with it.
    pub(crate) async fn conclude(
        &self,
        wanted: &Wanted,
        held: &mut Held<'_>,
        undone: Undone,
        message: &str,
        clock: &Clock,
        counts: &mut MessageMetrics,
    ) -> Result<Fate, Trouble> {
        let (trouble, deleting) = match undone {
            Undone::Archiving(trouble) => (trouble, false),
            Undone::Deleting(trouble) => (trouble, true),
        };
        let (tries, first) = (held.lease.tries, held.lease.first_tried_at);
        let over = match trouble.kind {
            Kind::Lost => {
                info!(call.id = %wanted.call_id, recording.id = wanted.recording_id, "A recording became somebody else's; its message comes again");
                return Ok(Fate::Again(None));
            }
            Kind::Final => true,
            Kind::Doubtful => tries > TRIES_IN_DOUBT,
            Kind::Refused | Kind::Waiting | Kind::Throttled | Kind::Ours => false,
        };
        let wait = wait(tries, first, clock.now(), self.config.patience, trouble.wish);
        if let Some(wait) = wait.filter(|_| !over) {
            count(&trouble, counts);
            log(wanted, &trouble, deleting, wait, tries);
            return Ok(Fate::Again(Some(wait)));
        }
        match deleting {
            true => self.refused_to_delete(wanted, &trouble, clock, counts).await?,
            false => {
                self.give_up(wanted, held, &trouble, message, clock, counts)
                    .await?;
            }
        }
        Ok(Fate::Done)
    }

    /// Says that a recording will not be archived, to the call and to an engineer.
    async fn give_up(
        &self,
        wanted: &Wanted,
        held: &mut Held<'_>,
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
        // Not before the letter: where that cannot be sent, the next try comes with no patience left, and sends it.
        held.close().await;
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
}

/// There is nothing to do.
pub(crate) fn repeated(wanted: &Wanted, what: &'static str, counts: &mut MessageMetrics) -> Fate {
    counts.repeated += 1;
    info!(call.id = %wanted.call_id, recording.id = wanted.recording_id, "{what}");
    Fate::Done
}

fn count(trouble: &Trouble, counts: &mut MessageMetrics) {
    match trouble.kind {
        Kind::Throttled => counts.throttled += 1,
        Kind::Refused => counts.refused += 1,
        Kind::Ours => counts.failed += 1,
        Kind::Waiting | Kind::Doubtful | Kind::Final | Kind::Lost => counts.waiting += 1,
    }
}

fn log(wanted: &Wanted, trouble: &Trouble, deleting: bool, wait: Duration, tries: u64) {
    let (seconds, code) = (wait.as_secs(), &trouble.code);
    match trouble.kind {
        Kind::Ours => {
            error!(call.id = %wanted.call_id, recording.id = wanted.recording_id, %code, seconds, attempts = tries, "Archiving a recording failed; it comes again")
        }
        Kind::Refused => {
            warn!(call.id = %wanted.call_id, recording.id = wanted.recording_id, %code, seconds, attempts = tries, deleting, "A carrier does not give a recording: the account is to be mended")
        }
        _ if deleting => {
            info!(call.id = %wanted.call_id, recording.id = wanted.recording_id, %code, seconds, attempts = tries, "A recording is not deleted at its carrier yet; it comes again")
        }
        _ => {
            info!(call.id = %wanted.call_id, recording.id = wanted.recording_id, %code, seconds, attempts = tries, "A recording cannot be had yet; it comes again")
        }
    }
}
