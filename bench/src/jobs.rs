//! The jobs that are measured: what each event is, and what must come of it.

mod archive;
mod last_agent;
mod webhook;

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::world::World;

pub(crate) use archive::{ArchiveRecording, LARGE};
pub(crate) use last_agent::{LastAgent, Lookup, agent_of, contact_id};
pub(crate) use webhook::CarrierWebhook;

/// A place of its own for one process: tables that nobody else uses, and the settings that lead to them.
#[derive(Debug)]
pub(crate) struct Place {
    /// Tells it from other places.
    pub(crate) number: usize,
    /// The function's settings.
    pub(crate) settings: Vec<(String, String)>,
}

impl Place {
    fn new(number: usize, settings: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let settings = settings.iter().map(owned).collect();
        Self { number, settings }
    }

    fn setting(&self, name: &str) -> Result<&str> {
        let found = self.settings.iter().find(|(known, _)| known == name);
        let (_, value) = found.with_context(|| format!("the place has no {name}"))?;
        Ok(value)
    }
}

/// A job, of which every process does the same events in the same order.
pub(crate) trait Job {
    /// The function's name.
    fn function(&self) -> &'static str;

    /// A new place, for a process that does `events` at most.
    fn place(&self, world: &World, events: usize) -> Result<Place>;

    /// Gives the place up.
    fn leave(&self, world: &World, place: &Place) -> Result<()>;

    /// What is to be so before the event, and costs nothing in the cloud.
    fn before(&self, _world: &World, _place: &Place, _event: usize) -> Result<()> {
        Ok(())
    }

    /// The event of that number; 0 is the cold one.
    fn event(&self, place: &Place, number: usize) -> Result<Value>;

    /// What came of it that must be the same whoever did it.
    ///
    /// # Errors
    /// When it is wrong.
    fn outcome(&self, world: &World, place: &Place, number: usize, answer: &Value) -> Result<Value>;
}

/// So many hours ago, in whole seconds.
fn hours_ago(hours: i64) -> Result<Timestamp> {
    let at = Timestamp::now().checked_sub(SignedDuration::from_hours(hours))?;
    Ok(Timestamp::from_second(at.as_second())?)
}

/// A sample of `events/`.
fn sample(world: &World, path: &str) -> Result<Value> {
    let path = world.root.join("events").join(path);
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// Puts a value in the place of another.
fn replace(event: &mut Value, pointer: &str, value: impl Into<Value>) -> Result<()> {
    let place = event.pointer_mut(pointer);
    *place.with_context(|| format!("the sample has no {pointer}"))? = value.into();
    Ok(())
}
