//! `carrier-webhook` behind the carriers' front of `ringback serve`, over 1 to 64 connections.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use ringback_calls::CallId;
use ringback_lambda::emf_sink;
use ringback_local::api::{Api, Clock};
use ringback_local::sample_accounts::{self, SampleAccount};
use ringback_local::simulated_carriers::{Life, Name, Play, Played};
use ringback_local::stack::{Addresses, PUBLIC_BASE_URL, Stack};

use crate::curve::{Curve, Drawing, Measure, median};
use crate::{Size, say};

const CONNECTIONS: [u8; 7] = [1, 2, 4, 8, 16, 32, 64];

/// Calls of one life, each under a name of its own.
fn lives(sample: &Life, account: &str, calls: std::ops::Range<u32>) -> Result<Vec<Life>> {
    calls
        .map(|number| {
            Ok(sample.named(&Name {
                call: CallId::parse(&format!("scale-call-{number}")).context("an id of a call")?,
                account: account.to_owned(),
                base: PUBLIC_BASE_URL.to_owned(),
                number,
            }))
        })
        .collect()
}

/// Posts calls to a front and tables that nobody has used before.
async fn post(connections: usize, calls: u32) -> Result<Played> {
    let account = SampleAccount::of("tw").context("there is no sample account of Twilio")?;
    let stack = Stack::start(&Addresses::any()).await?;
    sample_accounts::add(&stack).await?;
    let webhook = stack.carrier_webhook(&[], emf_sink(std::io::sink())).await?;
    let api = Api::of_carriers(Arc::new(webhook), Clock::system()).await?;
    let sample = Life::sample("tw", "normal")?;
    let play = Play {
        connections,
        ..Play::to(&api.url())
    };
    // The account and its secret are known from here on, and connections are open.
    let warm = play
        .run(&lives(&sample, account.slug, 0..8)?, &account.at_carrier())
        .await?;
    let played = play
        .run(
            &lives(&sample, account.slug, 8..8 + calls)?,
            &account.at_carrier(),
        )
        .await?;
    ensure!(
        warm.is_complete() && played.is_complete(),
        "webhooks were refused: {:?} {:?}",
        warm.refused,
        played.refused
    );
    Ok(played)
}

/// What was measured with so many connections, in each round.
struct Point {
    connections: u8,
    speeds: Vec<f64>,
    medians: Vec<f64>,
    slowest: Vec<f64>,
}

pub(crate) async fn curve(size: Size) -> Result<Curve> {
    let (rounds, calls) = size.of((1, 20), (3, 200), (5, 200));
    let mut measured = CONNECTIONS.map(|connections| Point {
        connections,
        speeds: Vec::new(),
        medians: Vec::new(),
        slowest: Vec::new(),
    });
    for round in 1..=rounds {
        for point in &mut measured {
            let played = post(point.connections.into(), calls).await?;
            let requests = f64::from(u32::try_from(played.requests)?);
            point.speeds.push(requests / played.took.as_secs_f64());
            point.medians.push(played.median.as_secs_f64() * 1e3);
            point.slowest.push(played.slowest.as_secs_f64() * 1e3);
        }
        say(&format!("carrier-webhook: round {round} of {rounds}"));
    }
    let points = |of: fn(&Point) -> &Vec<f64>| {
        let at = measured
            .iter()
            .map(|point| (f64::from(point.connections), median(of(point))));
        at.collect()
    };
    let measure = |name, unit, points| Measure {
        name,
        unit,
        points,
        growth_from: Some(1.0),
    };
    Ok(Curve {
        title: "`carrier-webhook` over connections",
        x: "connections",
        about: format!(
            "The carriers' front of `ringback serve` over loopback HTTP, TCP_NODELAY on both sides; requests signed as Twilio \
             signs, each the news of an event, each verified and stored once before it is answered.\nThe simulated Twilio (which \
             signs anew each time), the function and the embedded DynamoDB are one process and share its cores: the throughput \
             is theirs together, and the table takes one write at a time.\n{rounds} rounds over all points in turn, {} events of {calls} \
             calls each time over fresh tables; the medians of the rounds.",
            u64::from(calls) * 9
        ),
        measures: vec![
            measure("events", "1/s", points(|point| &point.speeds)),
            measure("p50", "ms", points(|point| &point.medians)),
            measure("p99", "ms", points(|point| &point.slowest)),
        ],
        drawings: vec![
            Drawing::linear(
                "webhook-throughput",
                "carrier-webhook: events a second over connections",
                "events/s",
                &["events"],
            ),
            Drawing::logarithmic(
                "webhook-latency",
                "carrier-webhook: time to the answer over connections",
                "ms",
                &["p50", "p99"],
            ),
        ],
    })
}
