//! `ringback demo`: what `cargo run` tells.

mod backwards;
mod callbacks;
mod recording;

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ringback_contact_flow::run::{AgentState, ExternalNumber, Party};
use ringback_local::centre::Centre;
use ringback_local::marketplace::{self, MARKETPLACE};
use ringback_local::world::{Call, World};

use super::show;

const CALLER: &str = "+14155550100";

#[derive(Debug, Default, Args)]
pub(crate) struct Demo {
    /// Every block, the bookkeeping included.
    #[arg(long)]
    all: bool,
    /// The calls as JSON, one run a line.
    #[arg(long)]
    json: bool,
}

/// One call of the story.
struct Chapter {
    heading: &'static str,
    note: &'static str,
    call: Call,
    /// Outside numbers that do something else from now on.
    numbers: &'static [(&'static str, ExternalNumber)],
}

impl Demo {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let mut world = World::start(Centre::load(None)?, &[]).await?;
        self.introduce(
            "The returning caller",
            "Four calls from one number into infra/flows/inbound.json. The flow, its waiting and its agents are \
             simulated;\nthe functions are the real ones, over a DynamoDB in this process.",
        );
        self.play(&mut world, returning_caller()?, Chat::Silent).await?;
        if !self.json {
            show::heading("What the operator sees");
            let (hits, misses) = (world.metric("StickyHit"), world.metric("StickyMiss"));
            show::note(&format!(
                "StickyHit {hits}, StickyMiss {misses}; {} SearchContacts requests.",
                world.metric("Searches"),
            ));
        }

        // The calls follow each other faster than the search's quota allows.
        let mut world = World::start(Centre::load(None)?, &[("SEARCH_CONTACTS", "off")]).await?;
        let opening = "2026-11-20T07:00:00Z".parse()?;
        marketplace::fill(&world.stack, MARKETPLACE, opening).await?;
        self.introduce(
            "The customer with an open order",
            "A marketplace of three shops, with an office and a call centre. classify-caller finds out who is calling, the \
             flow plays\nthe plan, and notify tells the team's chat. The directory is events/directory/marketplace.jsonl.",
        );
        self.play(&mut world, open_order()?, Chat::Shown).await?;

        backwards::tell(self.json).await?;
        recording::tell(self.json).await?;
        callbacks::tell(self.json).await?;
        if !self.json {
            show::note(
                "\nNext: `ringback call --help` for a call of your own, `ringback --help` for the rest.",
            );
        }
        Ok(ExitCode::SUCCESS)
    }

    fn introduce(&self, heading: &str, note: &str) {
        if !self.json {
            show::heading(heading);
            show::note(note);
        }
    }

    async fn play<const N: usize>(&self, world: &mut World, story: [Chapter; N], chat: Chat) -> Result<()> {
        let zone = world.centre.centre.hours.first();
        let zone = zone.map_or(TimeZone::UTC, |hours| hours.time_zone.clone());
        let detail = if self.all {
            show::Detail::All
        } else {
            show::Detail::Story
        };
        for chapter in story {
            for (number, behaviour) in chapter.numbers {
                world
                    .centre
                    .centre
                    .numbers
                    .insert((*number).to_owned(), *behaviour);
            }
            let run = world.call(&chapter.call).await?;
            let posted = world.stack.simulated_chat.take_posted();
            if self.json {
                anstream::println!("{}", serde_json::to_string(&run)?);
                continue;
            }
            show::heading(chapter.heading);
            show::note(chapter.note);
            show::run(&run, &zone, detail);
            if chat == Chat::Shown {
                show::chat(&posted);
            }
        }
        Ok(())
    }
}

/// Whether what the chat is told belongs to the story.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chat {
    Shown,
    Silent,
}

fn returning_caller() -> Result<[Chapter; 4]> {
    let at = |text: &str| -> Result<Timestamp> { Ok(text.parse()?) };
    let call = |time, keys| -> Result<Call> {
        let mut call = Call::new(CALLER, at(time)?);
        call.caller.keys = keys;
        call.caller.conversation.ended_by = Party::Agent;
        Ok(call)
    };
    let key = |key: &str| Some(key.to_owned());
    let away = |agent: &str, call: Call| call.while_agent(agent, AgentState::Offline);
    Ok([
        Chapter {
            heading: "Wednesday, 10:00. A first call",
            note: "Nobody knows the number. agent-b answers, and the caller rates the call 5.",
            call: away("agent-a", call("2026-11-18T10:00:00Z", vec![key("5")])?),
            numbers: &[],
        },
        Chapter {
            heading: "Thursday, 10:00. The same caller, offered and accepted",
            note: "agent-b is busy for another 25 seconds, agent-a and agent-c are free. The caller presses 1.",
            call: call("2026-11-19T10:00:00Z", vec![key("1"), key("5")])?
                .while_agent("agent-b", AgentState::Busy { seconds: Some(25) }),
            numbers: &[],
        },
        Chapter {
            heading: "Thursday, 15:00. Offered, accepted, and not to be had",
            note: "agent-b is in a long call. The offer lasts 20 seconds; then whoever is free answers. Not content: 1.",
            call: call("2026-11-19T15:00:00Z", vec![key("1"), key("1")])?
                .while_agent("agent-b", AgentState::Busy { seconds: None }),
            numbers: &[],
        },
        Chapter {
            heading: "Friday, 10:00. After a bad call nobody is offered",
            note: "The last agent was rated below 3, so the ordinary queue serves at once.",
            call: call("2026-11-20T10:00:00Z", vec![None])?,
            numbers: &[],
        },
    ])
}

fn open_order() -> Result<[Chapter; 4]> {
    let call = |from: &str, time: &str, keys: &[&str]| -> Result<Call> {
        let mut call = Call::new(from, time.parse()?);
        call.caller.keys = keys.iter().map(|key| Some((*key).to_owned())).collect();
        Ok(call)
    };
    Ok([
        Chapter {
            heading: "Friday, 10:00. The shop answers",
            note: "Customer A has an open order, presses 1, and speaks with the shop. Its channel learns who is calling.",
            call: call("+14155550101", "2026-11-20T10:00:00Z", &["1"])?,
            numbers: &[],
        },
        Chapter {
            heading: "Friday, 10:05. Neither the shop nor the office answers",
            note: "15 seconds each, then the call centre, whose agent hears who it is.",
            call: call("+14155550102", "2026-11-20T10:05:00Z", &["1"])?,
            numbers: &[("+14155550130", ExternalNumber::RingsOut)],
        },
        Chapter {
            heading: "Friday, 10:10. The shop is closed",
            note: "So it is not offered; the office answers.",
            call: call("+14155550103", "2026-11-20T10:10:00Z", &[])?,
            numbers: &[(
                "+14155550130",
                ExternalNumber::Answers {
                    after_seconds: 4,
                    talk_seconds: 60,
                },
            )],
        },
        Chapter {
            heading: "Friday, 10:15. A partner",
            note: "Partners are asked to use the chat.",
            call: call("+14155550121", "2026-11-20T10:15:00Z", &[])?,
            numbers: &[],
        },
    ])
}
