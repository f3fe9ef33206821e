//! The contenders take turns, round by round, for the machine is never quiet.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::contenders::{Contender, Kind};
use crate::host::{Function, Start};
use crate::jobs::{Job, Place};
use crate::world::World;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amount {
    /// How often all take their turn.
    pub(crate) rounds: usize,
    /// Starts in a round; the last process stays for the calls.
    pub(crate) starts: usize,
    /// Calls that are not counted: caches fill, and compilers see what is hot.
    pub(crate) warm_up: usize,
    /// Calls that count.
    pub(crate) calls: usize,
}

/// What was measured of one contender.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// From the start of the process to the first answer.
    pub(crate) cold: Vec<Duration>,
    /// The processor time of that.
    pub(crate) cold_processor: Vec<Duration>,
    /// From handing an event over to its answer.
    pub(crate) warm: Vec<Duration>,
    /// The processor time of these calls together.
    pub(crate) processor: Duration,
    /// The most memory that was resident, in bytes.
    pub(crate) memory: u64,
}

/// Measures one job: figures in the order of the contenders.
pub(crate) async fn measure(
    world: &World,
    job: &dyn Job,
    contenders: &[Contender],
    amount: Amount,
    logs: &Path,
) -> Result<Vec<Figures>> {
    let mut figures: Vec<_> = contenders.iter().map(|_| Figures::default()).collect();
    let mut outcomes = Outcomes::default();
    for round in 0..amount.rounds {
        for turn in 0..contenders.len() {
            // Whoever goes first finds another machine than whoever goes last.
            let index = (round + turn) % contenders.len();
            let (Some(contender), Some(figures)) = (contenders.get(index), figures.get_mut(index)) else {
                continue;
            };
            let turn = Turn {
                world,
                job,
                contender,
                amount,
                logs,
            };
            let measured = turn.take(figures, &mut outcomes).await;
            measured.with_context(|| format!("{} with {}", job.function(), contender.name))?;
        }
    }
    Ok(figures)
}

/// What came of each event, as the first who did it left it.
#[derive(Debug, Default)]
struct Outcomes(HashMap<usize, Value>);

impl Outcomes {
    fn compare(&mut self, event: usize, outcome: Value) -> Result<()> {
        match self.0.entry(event) {
            Entry::Vacant(first) => drop(first.insert(outcome)),
            Entry::Occupied(first) => ensure!(
                *first.get() == outcome,
                "what came of event {event} is not what came of it with another:\n{outcome}\n{}",
                first.get()
            ),
        }
        Ok(())
    }
}

/// One contender's turn.
struct Turn<'a> {
    world: &'a World,
    job: &'a dyn Job,
    contender: &'a Contender,
    amount: Amount,
    logs: &'a Path,
}

impl Turn<'_> {
    async fn take(&self, figures: &mut Figures, outcomes: &mut Outcomes) -> Result<()> {
        let Amount {
            starts,
            warm_up,
            calls,
            ..
        } = self.amount;
        for start in 1..=starts {
            let events = if start == starts { 1 + warm_up + calls } else { 1 };
            let place = self.job.place(self.world, events)?;
            let (mut function, cold) = self.start(&place, outcomes).await?;
            figures.cold.push(cold);
            figures.cold_processor.push(function.processor_time()?);
            if start == starts {
                let mut before = Duration::ZERO;
                for event in 1..events {
                    if event == 1 + warm_up {
                        before = function.processor_time()?;
                    }
                    let took = self.call(&mut function, &place, event, outcomes).await?;
                    if event > warm_up {
                        figures.warm.push(took);
                    }
                }
                figures.processor += function.processor_time()?.saturating_sub(before);
                figures.memory = figures.memory.max(function.peak_memory()?);
            }
            function.stop().await?;
            self.job.leave(self.world, &place)?;
        }
        Ok(())
    }

    async fn start(&self, place: &Place, outcomes: &mut Outcomes) -> Result<(Function, Duration)> {
        self.job.before(self.world, place, 0)?;
        let event = self.job.event(place, 0)?;
        let start = Start {
            function: self.job.function(),
            command: &self.contender.command,
            settings: &place.settings,
            log: self.logs.join(format!("{}.log", place.number)),
        };
        let (function, answer) = Function::cold(start, &event).await?;
        self.check(place, 0, &answer.value, outcomes)?;
        Ok((function, answer.took))
    }

    async fn call(
        &self,
        function: &mut Function,
        place: &Place,
        event: usize,
        outcomes: &mut Outcomes,
    ) -> Result<Duration> {
        self.job.before(self.world, place, event)?;
        let answer = function.invoke(&self.job.event(place, event)?).await?;
        self.check(place, event, &answer.value, outcomes)?;
        Ok(answer.took)
    }

    /// Floors do something else; all others must do the same.
    fn check(&self, place: &Place, event: usize, answer: &Value, outcomes: &mut Outcomes) -> Result<()> {
        if self.contender.kind == Kind::Floor {
            return Ok(());
        }
        let outcome = self.job.outcome(self.world, place, event, answer)?;
        outcomes.compare(event, outcome)
    }
}
