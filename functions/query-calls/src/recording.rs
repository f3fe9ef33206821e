//! What is done with one recording: a link to it, a legal hold, the hold's end.

use std::hash::{BuildHasher, Hasher, RandomState};

use jiff::Timestamp;
use ringback_api::{Problem, Request, Response};
use ringback_calls::{Archived, CallRecord, Requester, Wanted, held, link_given, released};
use serde::Serialize;
use tracing::info;

use crate::App;
use crate::hold::{self, Tags};
use crate::metrics::RequestMetrics;
use crate::problems::{ANOTHER_BUCKET, CONTESTED, GIVEN_UP, NO_SUCH_RECORDING, NOT_ARCHIVED, TOO_MANY_TAGS};
use crate::route::Step;

/// How often a hold looks whether it is there. Who takes it away looks whether somebody holds it and gives it back, so
/// once more is enough; more would not fit into the function's time.
const LOOKS: u8 = 2;

/// Somebody wants something of an archived recording.
pub(crate) struct Task<'a> {
    wanted: Wanted,
    archived: &'a Archived,
    /// Whether the call's events say that it is held.
    held: bool,
    kept_until: Timestamp,
    who: String,
    request: String,
    now: Timestamp,
}

/// A link that was given.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Link<'a> {
    url: String,
    expires_at: Timestamp,
    content_type: &'a str,
    bytes: u64,
    sha256: &'a str,
}

/// Whether a recording is held.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hold<'a> {
    held: bool,
    /// Whether it was not so before.
    changed: bool,
    /// The class that counts while it is not held.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention: Option<&'a str>,
    /// Until when the call itself is kept, and with it what this API knows of the recording.
    call_kept_until: Timestamp,
}

impl<'a> Task<'a> {
    /// That recording of the call, if it is archived.
    pub(crate) fn of(
        record: &'a CallRecord,
        kept_until: Timestamp,
        id: String,
        who: String,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let facts = record.recordings.get(&id).ok_or_else(|| {
            Problem::new(
                &NO_SUCH_RECORDING,
                "The call's record lists the recordings it has.",
            )
        })?;
        let archived = facts.archived.as_ref().ok_or_else(|| match &facts.given_up {
            Some(why) => Problem::new(&GIVEN_UP, format!("It could not be had from the carrier: {why}.")),
            None => Problem::new(&NOT_ARCHIVED, "It is not in the bucket yet; ask again later."),
        })?;
        Ok(Self {
            wanted: Wanted {
                tenant: record.tenant.clone(),
                call_id: record.id.clone(),
                recording_id: id,
                version: record.version,
            },
            archived,
            held: facts.held.unwrap_or_default(),
            kept_until,
            who,
            request: request.id().map_or_else(random, str::to_owned),
            now,
        })
    }

    fn requester(&self) -> Requester<'_> {
        Requester {
            by: &self.who,
            request: &self.request,
        }
    }

    fn state(&self, held: bool, changed: bool, retention: Option<&str>) -> Response {
        let hold = Hold {
            held,
            changed,
            retention,
            call_kept_until: self.kept_until,
        };
        Response::json(200, &hold)
    }

    fn done(&self, message: &str) {
        info!(call.id = %self.wanted.call_id, recording.id = self.wanted.recording_id, "{message}");
    }
}

impl App {
    /// Takes the step.
    pub(crate) async fn take(
        &self,
        task: &Task<'_>,
        step: Step,
        counts: &mut RequestMetrics,
    ) -> Result<Response, Problem> {
        // The bucket is a setting: recordings of before it was changed are elsewhere, and no role reaches them.
        if !self.shelf.holds(task.archived) {
            let detail = "It was archived in another bucket than the one of this deployment's settings.";
            return Err(Problem::new(&ANOTHER_BUCKET, detail));
        }
        match step {
            Step::Link => self.link(task, counts).await,
            Step::Hold => self.hold(task, counts).await,
            Step::Release => self.release(task, counts).await,
        }
    }

    /// The event is stored before the link leaves: a link that nobody knows of is worse than none.
    async fn link(&self, task: &Task<'_>, counts: &mut RequestMetrics) -> Result<Response, Problem> {
        let archived = task.archived;
        // S3 counts from the whole second.
        let from = Timestamp::from_second(task.now.as_second()).unwrap_or(task.now);
        let url = self.shelf.link(archived, self.link_life, from).await?;
        let event = link_given(&task.wanted, task.requester(), task.now);
        self.tell(&task.wanted, event, task.now).await?;
        counts.links += 1;
        task.done("Gave a link to a recording");
        let link = Link {
            url,
            expires_at: from.checked_add(self.link_life).unwrap_or(from),
            content_type: &archived.content_type,
            bytes: archived.bytes,
            sha256: &archived.sha256,
        };
        Ok(Response::json(201, &link))
    }

    /// The object first, then the event: what the record calls held is held, whatever fails between. Then the object
    /// again: whoever ended the hold meanwhile has read of this event, or is seen here.
    async fn hold(&self, task: &Task<'_>, counts: &mut RequestMetrics) -> Result<Response, Problem> {
        let before = self.shelf.tags(&task.archived.key).await?;
        // Also where an earlier request came no further than the object.
        let changed = self.tag_held(task, &before).await? || !task.held;
        let event = held(&task.wanted, task.requester(), task.now);
        self.tell(&task.wanted, event, task.now).await?;
        let class = self.keep_held(task).await?;
        counts.holds += 1;
        task.done("Put a recording under legal hold");
        Ok(task.state(true, changed, class.as_deref()))
    }

    /// The event first, then the object: no hold ends without a word of who ended it.
    async fn release(&self, task: &Task<'_>, counts: &mut RequestMetrics) -> Result<Response, Problem> {
        let tags = self.shelf.tags(&task.archived.key).await?;
        let after = hold::released(&tags);
        let changed = after.is_some() || task.held;
        if changed {
            let event = released(&task.wanted, task.requester(), task.now);
            self.tell(&task.wanted, event, task.now).await?;
        }
        let held = match &after {
            Some(after) => self.take_away(task, &tags, after).await?,
            None => changed && self.is_held(task).await?,
        };
        if changed {
            counts.releases += 1;
            task.done("Ended the legal hold of a recording");
        }
        Ok(task.state(held, changed && !held, hold::class(&tags)))
    }

    /// Takes the hold from the object; whether it is held all the same. Whoever has put it under hold meanwhile has been
    /// told that it is held, and does not look again: so the object gets its tags back where theirs is the last word, and
    /// also where nobody can say whose it is. In one request, and without a look at the tags: that may fail as well.
    async fn take_away(&self, task: &Task<'_>, before: &Tags, after: &Tags) -> Result<bool, Problem> {
        let key = &task.archived.key;
        let taken = self.shelf.tag(key, after).await.map_err(Problem::from);
        let held = match taken {
            Ok(()) => self.is_held(task).await,
            Err(problem) => Err(problem), // An answer that did not come says nothing of the tags.
        };
        if !matches!(held, Ok(false)) {
            self.shelf.tag(key, before).await?;
        }
        held
    }

    /// Gives the object the tag, if it has it not; whether it had it not.
    async fn tag_held(&self, task: &Task<'_>, tags: &Tags) -> Result<bool, Problem> {
        let after = hold::held(tags).map_err(|hold::TooManyTags| {
            let detail =
                "A hold keeps the retention class in a tag of its own, and S3 takes ten; take one away.";
            Problem::new(&TOO_MANY_TAGS, detail)
        })?;
        if let Some(after) = &after {
            self.shelf.tag(&task.archived.key, after).await?;
        }
        Ok(after.is_some())
    }

    /// Sees that the object has the tag; the retention class that waits.
    async fn keep_held(&self, task: &Task<'_>) -> Result<Option<String>, Problem> {
        for _ in 0..LOOKS {
            let tags = self.shelf.tags(&task.archived.key).await?;
            if !self.tag_held(task, &tags).await? {
                return Ok(hold::class(&tags).map(str::to_owned));
            }
        }
        let detail = "The hold is written down, and somebody takes the tag away; ask again.";
        Err(Problem::new(&CONTESTED, detail))
    }

    /// Whether the call's events say that the recording is held, as they are now.
    async fn is_held(&self, task: &Task<'_>) -> Result<bool, Problem> {
        let wanted = &task.wanted;
        let (record, _) = self.record(&wanted.tenant, &wanted.call_id, task.now).await?;
        let facts = record.recordings.get(&wanted.recording_id);
        Ok(facts.and_then(|facts| facts.held).unwrap_or_default())
    }
}

/// Stands in for the id of a request that has none, so that every link stays an event of its own.
fn random() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
