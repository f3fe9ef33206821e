//! The numbers to reach, as ratios of one run.

use std::time::Duration;

use crate::stats::{median, percentile};
use crate::table::{Measured, Row, Which};

/// A number to reach.
#[derive(Debug)]
pub(crate) struct Target {
    /// What.
    pub(crate) what: &'static str,
    /// How much, in words.
    pub(crate) wanted: String,
    /// What it is.
    pub(crate) is: String,
    /// Whether it is reached.
    pub(crate) reached: bool,
}

/// What may not be more, or less.
#[derive(Debug, Clone, Copy)]
enum Bound {
    Least(f64),
    Most(f64),
}

impl Target {
    fn ratio(what: &'static str, (over, under): (f64, f64), bound: Bound) -> Self {
        let ratio = over / under;
        let (wanted, reached) = match bound {
            Bound::Least(least) => (format!("at least {least}"), ratio >= least),
            Bound::Most(most) => (format!("at most {most}"), ratio <= most),
        };
        Self {
            what,
            wanted,
            is: format!("{ratio:.2}"),
            reached,
        }
    }
}

/// A deployed package may be so large, in bytes.
const PACKAGE: u64 = 3_000_000;
/// A package with the client of Amazon Connect, whose 370 operations have types of their own.
const PACKAGE_WITH_CONNECT: u64 = 4_000_000;
/// The functions that have it.
const WITH_CONNECT: [&str; 4] = ["last-agent", "classify-caller", "place-call", "reconcile-calls"];

/// All numbers to reach of which something was measured.
pub(crate) fn targets(measured: &[Measured], packages: &[(String, u64)]) -> Vec<Target> {
    let job = |which| measured.iter().find(|job| job.which == which);
    let mut targets = Vec::new();
    if let Some(index) = job(Which::LastAgentIndex) {
        targets.extend(of_index(index).into_iter().flatten());
    }
    if let Some(webhook) = job(Which::CarrierWebhook) {
        targets.extend(of_webhook(webhook));
    }
    for (what, with_connect, most) in [
        ("largest package without `aws-sdk-connect`", false, PACKAGE),
        ("largest package with it", true, PACKAGE_WITH_CONNECT),
    ] {
        let of_kind = packages
            .iter()
            .filter(|(name, _)| WITH_CONNECT.contains(&name.as_str()) == with_connect);
        if let Some((name, bytes)) = of_kind.max_by_key(|(_, bytes)| *bytes) {
            targets.push(Target {
                what,
                wanted: format!("at most {:.1} MB", mega(most)),
                is: format!("{:.2} MB (`{name}`)", mega(*bytes)),
                reached: *bytes <= most,
            });
        }
    }
    targets
}

fn of_index(index: &Measured) -> Option<Vec<Target>> {
    let (ours, row) = (index.ours()?, |name| index.row(name));
    let mut targets = Vec::new();
    for (what, name) in [
        ("cold: Node.js / `last-agent`", "Node.js"),
        ("cold: Python / `last-agent`", "Python"),
    ] {
        if let Some(peer) = row(name) {
            targets.push(Target::ratio(
                what,
                (cold(peer)?, cold(ours)?),
                Bound::Least(25.0),
            ));
        }
    }
    let client = row("and one SDK client")?;
    targets.push(Target::ratio(
        "cold: `last-agent` / a function with one SDK client and no call",
        (cold(ours)?, cold(client)?),
        Bound::Most(1.5),
    ));
    for (what, name) in [
        ("warm p50: `last-agent` / one plain request", "one plain request"),
        (
            "warm p50: `last-agent` / two plain requests, as many as it makes",
            "two plain requests",
        ),
    ] {
        let floor = warm(row(name)?, 0.5)?;
        targets.push(Target::ratio(what, (warm(ours, 0.5)?, floor), Bound::Most(1.3)));
    }
    targets.push(Target::ratio(
        "warm: p99 / p50 of `last-agent`",
        (warm(ours, 0.99)?, warm(ours, 0.5)?),
        Bound::Most(3.0),
    ));
    if let Some(node) = row("Node.js") {
        let memory = |row: &Row| mega(row.figures.memory);
        targets.push(Target::ratio(
            "peak memory: Node.js / `last-agent`",
            (memory(node), memory(ours)),
            Bound::Least(6.0),
        ));
    }
    Some(targets)
}

fn of_webhook(webhook: &Measured) -> Option<Target> {
    let per_call = |row: &Row| row.processor_per_call().as_secs_f64();
    Some(Target::ratio(
        "events per processor second: `carrier-webhook` / Node.js",
        (per_call(webhook.row("Node.js")?), per_call(webhook.ours()?)),
        Bound::Least(4.0),
    ))
}

fn cold(row: &Row) -> Option<f64> {
    median(&row.figures.cold).map(|time| time.as_secs_f64())
}

fn warm(row: &Row, part: f64) -> Option<f64> {
    percentile(&row.figures.warm, part).map(|time| time.as_secs_f64())
}

impl Row {
    /// The processor time of a warm call, on average.
    pub(crate) fn processor_per_call(&self) -> Duration {
        let calls = u32::try_from(self.figures.warm.len()).unwrap_or(u32::MAX).max(1);
        self.figures.processor / calls
    }
}

/// Bytes in megabytes.
pub(crate) fn mega(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nothing here is that large")]
    let bytes = bytes as f64;
    bytes / 1e6
}
