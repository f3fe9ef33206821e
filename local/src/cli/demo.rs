//! `ringback demo`: what `cargo run` tells.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ringback_contact_flow::run::{AgentState, Party};
use ringback_local::centre::Centre;
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
}

impl Demo {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let centre = Centre::load(None)?;
        let zone = centre
            .centre
            .hours
            .first()
            .map_or(TimeZone::UTC, |hours| hours.time_zone.clone());
        let mut world = World::start(centre, &[]).await?;
        if !self.json {
            show::heading("The returning caller");
            show::note(
                "Four calls from one number into infra/flows/inbound.json. The flow, its waiting and its agents are \
                 simulated;\nthe functions last-agent, contact-events and contact-records are the real ones, over a \
                 DynamoDB in this process.",
            );
        }
        for chapter in story()? {
            let run = world.call(&chapter.call).await?;
            if self.json {
                anstream::println!("{}", serde_json::to_string(&run)?);
            } else {
                show::heading(chapter.heading);
                show::note(chapter.note);
                show::run(
                    &run,
                    &zone,
                    if self.all {
                        show::Detail::All
                    } else {
                        show::Detail::Story
                    },
                );
            }
        }
        if !self.json {
            show::heading("What the operator sees");
            let (hits, misses) = (world.metric("StickyHit"), world.metric("StickyMiss"));
            show::note(&format!(
                "StickyHit {hits}, StickyMiss {misses}; {} lookups, {} SearchContacts requests.\n\
                 Next: `ringback call --help` for a call of your own, `ringback --help` for the rest.",
                world.metric("Answers"),
                world.metric("Searches"),
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn story() -> Result<[Chapter; 4]> {
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
        },
        Chapter {
            heading: "Thursday, 10:00. The same caller, offered and accepted",
            note: "agent-b is busy for another 25 seconds, agent-a and agent-c are free. The caller presses 1.",
            call: call("2026-11-19T10:00:00Z", vec![key("1"), key("5")])?
                .while_agent("agent-b", AgentState::Busy { seconds: Some(25) }),
        },
        Chapter {
            heading: "Thursday, 15:00. Offered, accepted, and not to be had",
            note: "agent-b is in a long call. The offer lasts 20 seconds; then whoever is free answers. Not content: 1.",
            call: call("2026-11-19T15:00:00Z", vec![key("1"), key("1")])?
                .while_agent("agent-b", AgentState::Busy { seconds: None }),
        },
        Chapter {
            heading: "Friday, 10:00. After a bad call nobody is offered",
            note: "The last agent was rated below 3, so the ordinary queue serves at once.",
            call: call("2026-11-20T10:00:00Z", vec![None])?,
        },
    ])
}
