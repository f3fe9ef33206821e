//! The fold of a call's events, over 1 to 1 000 events.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use jiff::{SignedDuration, Timestamp};
use ringback_calls::{CallId, Entry, EventId, fold};
use ringback_carriers::{Keys, Request, Settings, carrier};
use ringback_local::simulated_carriers::Life;

use crate::Size;
use crate::curve::{Curve, Drawing, Measure, median};

const EVENTS: [u16; 7] = [1, 3, 10, 30, 100, 300, 1000];
/// How long one measurement takes at least, in seconds.
const LONG_ENOUGH: f64 = 0.002;

/// What Twilio says of an ordinary call that is recorded, as the table keeps it.
fn sample() -> Result<(CallId, Vec<Entry>)> {
    let life = Life::sample("tw", "recording")?;
    let twilio = carrier("tw").context("there is no Twilio")?;
    let settings = Settings::default();
    let mut entries = Vec::new();
    for capture in &life.requests {
        let headers = capture.headers();
        let request = Request {
            method: &capture.method,
            url: &capture.url,
            headers: &headers,
            body: capture.body.as_deref().unwrap_or_default().as_bytes(),
        };
        let reading = twilio.read(
            &request,
            &Keys {
                secrets: &[],
                settings: &settings,
            },
        );
        let reading = reading.map_err(|problem| anyhow!("a sample of Twilio's: {problem}"))?;
        entries.extend(reading.heard.into_iter().map(|heard| Entry {
            tenant: "t-1".to_owned(),
            carrier: "tw".to_owned(),
            account: life.account().to_owned(),
            received_at: capture.received_at.unwrap_or(Timestamp::UNIX_EPOCH),
            event: heard.event,
        }));
    }
    Ok((life.call, entries))
}

/// So many events: those of the sample again and again, each a second later than before and with an id of its own.
fn entries(sample: &[Entry], many: u16) -> Vec<Entry> {
    let each = u16::try_from(sample.len()).unwrap_or(u16::MAX).max(1);
    let later = |nth: u16, entry: &Entry| {
        let mut entry = entry.clone();
        let after = SignedDuration::from_secs(i64::from(nth / each));
        entry.received_at += after;
        entry.event.at = entry.event.at.map(|at| at + after);
        entry.event.id = EventId::of(&["scale", &nth.to_string()]);
        entry
    };
    (0..many)
        .zip(sample.iter().cycle())
        .map(|(nth, entry)| later(nth, entry))
        .collect()
}

/// How long a fold takes, in seconds: the mean of so many that the clock can tell.
fn once(id: &CallId, entries: &[Entry]) -> f64 {
    let (begun, mut folds) = (Instant::now(), 0.0);
    loop {
        black_box(fold(id, black_box(entries)));
        folds += 1.0;
        let took = begun.elapsed().as_secs_f64();
        if took >= LONG_ENOUGH {
            return took / folds;
        }
    }
}

pub(crate) fn curve(size: Size) -> Result<Curve> {
    let rounds = size.of(5, 101, 301);
    let (id, sample) = sample()?;
    let mut measured: Vec<_> = EVENTS
        .iter()
        .map(|many| (*many, entries(&sample, *many), Vec::new()))
        .collect();
    for _ in 0..rounds {
        for (_, entries, times) in &mut measured {
            times.push(once(&id, entries) * 1e9);
        }
    }
    let a_call: Vec<_> = measured
        .iter()
        .map(|(many, _, times)| (f64::from(*many), median(times)))
        .collect();
    let an_event = a_call.iter().map(|(many, time)| (*many, time / many)).collect();
    Ok(Curve {
        title: "The merge of a call's events",
        x: "events of the call",
        about: format!(
            "`fold` of `crates/calls` on one core: what Twilio says of a recorded call, again and again, each event a second later \
             than before and under an id of its own.\n{rounds} rounds over all points in turn, each at least {} ms of folds; the \
             medians of the rounds.",
            LONG_ENOUGH * 1e3
        ),
        measures: vec![
            Measure {
                name: "a call",
                unit: "ns",
                points: a_call,
                growth_from: Some(1.0),
            },
            Measure {
                name: "an event",
                unit: "ns",
                points: an_event,
                growth_from: Some(10.0),
            },
        ],
        drawings: vec![Drawing::logarithmic(
            "merge",
            "The merge of a call's events",
            "ns",
            &["a call", "an event"],
        )],
    })
}
