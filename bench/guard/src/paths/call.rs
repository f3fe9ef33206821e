//! The events of a call, folded into its record.

use anyhow::{Context, Result, ensure};
use jiff::SignedDuration;
use ringback_calls::{CallId, Entry, EventId, State, fold};
use ringback_carriers::{Keys, Line, Request, Settings, carrier};

use super::{HotPath, Walk, walk};
use crate::seeded::Seeded;

/// A call that we placed, with its recording.
const LIFE: &str = include_str!("../../../../events/carriers/tw/recording.jsonl");

pub(super) fn paths() -> [HotPath; 2] {
    [
        HotPath::new("call/fold of 13 events", || fold_of(13)),
        HotPath::new("call/fold of 200 events", || fold_of(200)),
    ]
}

fn fold_of(events: usize) -> Result<Walk> {
    let id = CallId::parse("sample-recording")?;
    let entries = entries(events)?;
    let record = fold(&id, &entries).context("there is no record")?;
    ensure!(record.state == State::Close, "the call is not over");
    walk(move || fold(&id, &entries).context("there is no record"))
}

/// The life, and from its end on what carriers add: the same once more under another id, a little later.
fn entries(events: usize) -> Result<Vec<Entry>> {
    let life = life()?;
    let mut seeded = Seeded::new(13);
    let mut entries = life.clone();
    for nth in life.len()..events {
        let among = seeded.below(life.len() as u64);
        let mut more = life
            .get(usize::try_from(among)?)
            .context("there is no life")?
            .clone();
        more.event.id = EventId::of(&["more", &nth.to_string()]);
        let later = SignedDuration::from_millis(i64::try_from(seeded.below(60_000))?);
        more.received_at = more.received_at.checked_add(later)?;
        entries.push(more);
    }
    entries.truncate(events);
    Ok(entries)
}

fn life() -> Result<Vec<Entry>> {
    let settings = Settings::default();
    let keys = Keys {
        secrets: &[],
        settings: &settings,
    };
    let mut entries = Vec::new();
    for line in LIFE.lines() {
        let (carrier_code, received_at, events) = match Line::read(line)? {
            Line::Placed(line) => ("own".to_owned(), line.at, vec![line.placed.event(line.at)]),
            Line::Request(capture) => {
                let headers = capture.headers();
                let request = Request {
                    method: &capture.method,
                    url: &capture.url,
                    headers: &headers,
                    body: capture.body.as_deref().unwrap_or_default().as_bytes(),
                };
                let carrier = carrier(&capture.carrier).context("there is no such carrier")?;
                let heard = carrier.read(&request, &keys)?.heard;
                let received_at = capture.received_at.context("nobody knows when it came")?;
                (
                    capture.carrier,
                    received_at,
                    heard.into_iter().map(|heard| heard.event).collect(),
                )
            }
        };
        entries.extend(events.into_iter().map(|event| Entry {
            tenant: "t-1".to_owned(),
            carrier: carrier_code.clone(),
            account: "sample-account".to_owned(),
            received_at,
            event,
        }));
    }
    Ok(entries)
}
