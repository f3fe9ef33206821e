//! `ringback call`: one call, with the conditions it meets.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use ringback_contact_flow::run::{AgentState, Channel, ExternalNumber, Party};
use ringback_local::centre::{Centre, INBOUND};
use ringback_local::flows::{self, FlowFile};
use ringback_local::gate::{Fault, Gate};
use ringback_local::marketplace;
use ringback_local::world::{self, World};

use super::show;

/// A Friday morning: within the built-in call centre's hours, and the same in every run.
const MORNING: &str = "2026-11-20T10:00:00Z";

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  A caller nobody knows:
    ringback call --from +14155550100
  Offered the agent of yesterday, and accepted:
    ringback call --from +14155550100 --spoke-with agent-a --press 1
  That agent is busy for longer than the offer lasts:
    ringback call --from +14155550100 --spoke-with agent-a --press 1 \\
        --agent agent-a=busy
  Yesterday's call was rated 1:
    ringback call --from +14155550100 --spoke-with agent-a --rated 1
  The table is down:
    ringback call --from +14155550100 --spoke-with agent-a --fault down
  In the evening, London time:
    ringback call --from +14155550100 --at 2026-11-20T23:00+00:00

The marketplace of events/directory/marketplace.jsonl is in the directory:
  An open order, and the shop answers:
    ringback call --from +14155550101 --press 1
  An open order; neither the shop nor the office answers:
    ringback call --from +14155550102 --press 1 \\
        --number +14155550130=rings-out
  A shop that is closed in the morning:
    ringback call --from +14155550103
  Support instead of the shop, a wrong key, no key:
    ringback call --from +14155550101 --press 2
    ringback call --from +14155550101 --press 9 --press 9
    ringback call --from +14155550101
  A customer without an order, a partner, somebody unknown:
    ringback call --from +14155550104
    ringback call --from +14155550121
    ringback call --from +14155550199
  A number that the caller has typed in before, which proves nothing:
    ringback call --from +14155550199 --attribute enteredNumber=4155550101
  The caller hangs up while the shop rings:
    ringback call --from +14155550102 --press 1 --hang-up-after 20")]
pub(crate) struct Call {
    /// The caller's number in E.164; without it the number is withheld.
    #[arg(long, value_name = "NUMBER")]
    from: Option<String>,
    /// The operator's own id of the customer, for channels without a number.
    #[arg(long, value_name = "ID")]
    customer_id: Option<String>,
    /// How the customer comes.
    #[arg(long, value_enum, default_value_t = By::Voice)]
    channel: By,
    /// What the caller keys at the next prompt that asks; repeat it for the prompts after, empty for no key.
    #[arg(long, value_name = "KEYS")]
    press: Vec<String>,
    /// The flow the call comes into; other flows are the shipped ones and those beside it.
    #[arg(long, value_name = "FILE")]
    flow: Option<PathBuf>,
    /// What stands for a placeholder `${NAME}` of the flow.
    #[arg(long, value_name = "NAME=TEXT", value_parser = pair)]
    fill: Vec<(String, String)>,
    /// When the call comes in, with an offset from UTC.
    #[arg(long, value_name = "TIME", default_value = MORNING, value_parser = time)]
    at: Timestamp,
    /// A call centre in place of the built-in one: JSON of the shape of `local/centre.json`.
    #[arg(long, value_name = "FILE")]
    centre: Option<PathBuf>,
    /// What an agent is doing when the call comes in: available, offline, busy, busy:SECONDS or acw:SECONDS.
    #[arg(long, value_name = "ID=STATE", value_parser = agent)]
    agent: Vec<(String, AgentState)>,
    /// What an outside number does when it is rung: answers, answers:SECONDS, rings-out or busy.
    #[arg(long, value_name = "NUMBER=WHAT", value_parser = outside)]
    number: Vec<(String, ExternalNumber)>,
    /// Who is in the directory: a file of changes, a line each, as they stand on the bus; or `none`.
    #[arg(long, value_name = "FILE", default_value = "marketplace")]
    directory: String,
    /// A contact attribute that an earlier flow has set, for example `enteredNumber=4155550101`.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    attribute: Vec<(String, String)>,
    /// The caller hangs up so many seconds after the call came in, unless somebody has answered by then.
    #[arg(long, value_name = "SECONDS")]
    hang_up_after: Option<u32>,
    /// The caller spoke with this agent the day before.
    #[arg(long, value_name = "ID")]
    spoke_with: Option<String>,
    /// How the caller rated that conversation, 1 to 5.
    #[arg(long, value_name = "1-5", requires = "spoke_with", value_parser = clap::value_parser!(u8).range(1..=5))]
    rated: Option<u8>,
    /// How many calls the caller has made since, ten minutes apart, each behaving as this one.
    #[arg(long, value_name = "CALLS", requires = "spoke_with", default_value_t = 0,
          value_parser = clap::value_parser!(u8).range(0..=20))]
    called_today: u8,
    /// How long the caller waits in a queue before hanging up, in seconds.
    #[arg(long, value_name = "SECONDS")]
    patience: Option<u32>,
    /// How long the conversation with the agent lasts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    talk: u32,
    /// Who ends the conversation; the survey is asked when it is the agent.
    #[arg(long, value_enum, default_value_t = Side::Agent)]
    hung_up_by: Side,
    /// A setting of a function, for example `STICKY_MODE=agent-queue`.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// What befalls the tables during the call. Nothing is told in the chat then.
    #[arg(long, value_enum)]
    fault: Option<Trouble>,
    /// The transcript and the contact as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Voice,
    Chat,
    Task,
    Email,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Side {
    Agent,
    Customer,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Trouble {
    /// It answers with internal errors.
    Down,
    /// It throttles everything.
    Throttled,
    /// It never answers.
    Hanging,
    /// It answers 300 ms late.
    Slow,
}

impl Call {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        self.look_over()?;
        let (centre, flow) = self.centre()?;
        let zone = centre
            .centre
            .hours
            .first()
            .map_or(TimeZone::UTC, |hours| hours.time_zone.clone());
        let settings: Vec<_> = self
            .set
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let mut world = World::start(centre, &settings).await?;

        let call = self.call(flow);
        if let Some(agent) = &self.spoke_with {
            self.acquaint(&mut world, &call, agent).await?;
        }
        self.fill_directory(&world).await?;
        world.stack.simulated_chat.take_posted();
        if let Some(trouble) = self.fault
            && let Some(gate) = world.stack.gate()
        {
            gate.fail(Gate::EVERYTHING, trouble.fault());
        }
        let run = world.call_only(&call).await?;
        if self.json {
            anstream::println!("{}", serde_json::to_string_pretty(&run)?);
            return Ok(ExitCode::SUCCESS);
        }
        show::when(self.at, &zone);
        show::run(&run, &zone, show::Detail::All);
        // With the table in trouble nothing can be remembered of the call either.
        if self.fault.is_none() {
            world.functions.settle(&run.finished).await?;
            show::chat(&world.stack.simulated_chat.take_posted());
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Refuses what would be passed over in silence.
    fn look_over(&self) -> Result<()> {
        if let Some(from) = &self.from {
            let example = "expected a number in E.164, for example +14155550100";
            ringback_connect::phone::E164::parse(from).with_context(|| format!("--from: {example}"))?;
            if !matches!(self.channel, By::Voice) {
                bail!("--from: only a call has a number; name the customer with --customer-id");
            }
        }
        if let Some(keys) = self
            .press
            .iter()
            .find(|keys| keys.chars().any(|key| !"0123456789*#".contains(key)))
        {
            bail!("--press {keys}: a telephone has the keys 0 to 9, * and #");
        }
        Ok(())
    }

    async fn fill_directory(&self, world: &World) -> Result<()> {
        let changes = match self.directory.as_str() {
            "none" => return Ok(()),
            "marketplace" => marketplace::changes(None),
            file => marketplace::changes(Some(Path::new(file))),
        };
        let filled = marketplace::fill(&world.stack, &changes?, self.at).await;
        filled.with_context(|| format!("--directory {}", self.directory))
    }

    /// The call centre with all flows, and the name of the flow the call comes into.
    fn centre(&self) -> Result<(Centre, String)> {
        let mut centre = Centre::describe(self.centre.as_deref())?;
        let file = self.flow.as_deref().map(FlowFile::read).transpose()?;
        let mut files = flows::shipped();
        if let Some(path) = &self.flow {
            let beside = neighbours(path)?;
            files.retain(|shipped| !beside.iter().any(|other| other.stem == shipped.stem));
            files.extend(beside);
        }
        if let Some(file) = &file {
            files.retain(|other| other.stem != file.stem);
            files.push(file.clone());
        }
        let known: BTreeSet<_> = files.iter().flat_map(FlowFile::placeholders).collect();
        if let Some((name, _)) = self.fill.iter().find(|(name, _)| !known.contains(name)) {
            let known: Vec<_> = known.into_iter().collect();
            bail!(
                "--fill {name}: no flow has this placeholder; there are {}",
                known.join(", ")
            );
        }
        centre.values.extend(self.fill.iter().cloned());
        centre.centre.numbers.extend(self.number.iter().cloned());
        match &file {
            None => centre.install(&files)?,
            Some(file) => {
                for other in &files {
                    centre
                        .values
                        .insert(other.placeholder(), centre.centre.flow_arn(&other.stem));
                }
                // A file beside it that is no flow, or has placeholders of its own, is no reason not to run this one.
                files
                    .iter()
                    .for_each(|other| drop(centre.install(std::slice::from_ref(other))));
                centre.install(std::slice::from_ref(file))?;
            }
        }
        Ok((centre, file.map_or_else(|| INBOUND.to_owned(), |file| file.stem)))
    }

    fn call(&self, flow: String) -> world::Call {
        let mut call = world::Call::new(self.from.as_deref().unwrap_or("anonymous"), self.at);
        if !matches!(self.channel, By::Voice) {
            call.from = None;
        }
        call.customer_id.clone_from(&self.customer_id);
        call.channel = match self.channel {
            By::Voice => Channel::Voice,
            By::Chat => Channel::Chat,
            By::Task => Channel::Task,
            By::Email => Channel::Email,
        };
        call.flow = flow;
        call.attributes = self.attribute.iter().cloned().collect();
        call.agents.clone_from(&self.agent);
        call.caller.keys = self
            .press
            .iter()
            .map(|keys| Some(keys.clone()).filter(|keys| !keys.is_empty()))
            .collect();
        call.caller.queue_patience_seconds = self.patience;
        call.caller.hangs_up_after_seconds = self.hang_up_after;
        call.caller.conversation.seconds = self.talk;
        call.caller.conversation.ended_by = match self.hung_up_by {
            Side::Agent => Party::Agent,
            Side::Customer => Party::Customer,
        };
        call
    }

    /// The day before, and the calls of today up to this one.
    async fn acquaint(&self, world: &mut World, call: &world::Call, agent: &str) -> Result<()> {
        if !world.centre.centre.agents.iter().any(|known| known.id == agent) {
            let known: Vec<_> = world
                .centre
                .centre
                .agents
                .iter()
                .map(|agent| agent.id.as_str())
                .collect();
            bail!(
                "the call centre has no agent {agent}; it has {}",
                known.join(", ")
            );
        }
        let yesterday = world::Call {
            at: day_before(world, self.at),
            ..call.clone()
        };
        let run = world.spoke(&yesterday, agent, self.rated).await?;
        if run.finished.agent.as_ref().is_none_or(|spoke| spoke.id != agent) {
            bail!(
                "--spoke-with {agent}: the call of the day before, at {}, did not reach them: {}; \
                 choose another --at or --centre",
                yesterday.at,
                show::ending(&run.ending),
            );
        }
        let rated = run
            .finished
            .attributes
            .get(
                world
                    .centre
                    .values
                    .get("RatingAttribute")
                    .map_or("CustomerRating", String::as_str),
            )
            .map(|rating| format!(" and rated it {rating}"));
        self.announce(&format!(
            "The day before, the caller spoke with {agent}{}.",
            rated.unwrap_or_default()
        ));
        for earlier in (1..=i64::from(self.called_today)).rev() {
            let before = world::Call {
                at: self.at - SignedDuration::from_mins(10 * earlier),
                ..call.clone()
            };
            let run = world.call(&before).await?;
            let offer = run.finished.attributes.get("lastAgentReason").cloned();
            let offer = offer.unwrap_or_else(|| show::ending(&run.ending));
            self.announce(&format!(
                "{} minutes ago, the caller called ({offer}).",
                10 * earlier
            ));
        }
        Ok(())
    }

    fn announce(&self, text: &str) {
        if !self.json {
            show::note(text);
        }
    }
}

/// The other flows of a flow's folder. What cannot be read there is no flow of ours.
fn neighbours(path: &Path) -> Result<Vec<FlowFile>> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    Ok(entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|other| other.file_name() != path.file_name())
        .filter(|other| other.extension().is_some_and(|extension| extension == "json"))
        .filter_map(|other| FlowFile::read(&other).ok())
        .collect())
}

impl Trouble {
    fn fault(self) -> Fault {
        match self {
            Self::Down => Fault::Down,
            Self::Throttled => Fault::Throttled,
            Self::Hanging => Fault::Hanging,
            Self::Slow => Fault::Slow(Duration::from_millis(300)),
        }
    }
}

/// A day before, or the last hour before that in which the call centre was open.
fn day_before(world: &World, at: Timestamp) -> Timestamp {
    let day_before = at - SignedDuration::from_hours(24);
    let Some(hours) = world.centre.centre.hours.first() else {
        return day_before;
    };
    (0..7 * 24)
        .map(|back| day_before - SignedDuration::from_hours(back))
        .find(|at| hours.is_open(*at))
        .unwrap_or(day_before)
}

fn pair(text: &str) -> Result<(String, String)> {
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| anyhow!("expected NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn time(text: &str) -> Result<Timestamp> {
    text.parse()
        .context("expected a time with an offset, for example 2026-11-20T18:00+01:00")
}

fn outside(text: &str) -> Result<(String, ExternalNumber)> {
    let (number, what) = pair(text).context("for example +14155550130=rings-out")?;
    ringback_connect::phone::E164::parse(&number).context("expected a number in E.164 before the =")?;
    let behaviour = match what
        .split_once(':')
        .map_or((what.as_str(), None), |(word, seconds)| (word, Some(seconds)))
    {
        ("answers", seconds) => ExternalNumber::Answers {
            after_seconds: seconds
                .map_or(Ok(5), str::parse)
                .context("the seconds after the colon")?,
            talk_seconds: 60,
        },
        ("rings-out", None) => ExternalNumber::RingsOut,
        ("busy", None) => ExternalNumber::Busy,
        _ => bail!("expected answers, answers:SECONDS, rings-out or busy"),
    };
    Ok((number, behaviour))
}

fn agent(text: &str) -> Result<(String, AgentState)> {
    let (id, state) = pair(text).context("for example agent-a=busy:30")?;
    let (word, seconds) = match state.split_once(':') {
        Some((word, seconds)) => (
            word,
            Some(seconds.parse::<u32>().context("the seconds after the colon")?),
        ),
        None => (state.as_str(), None),
    };
    let state = match (word, seconds) {
        ("available", None) => AgentState::Available,
        ("offline", None) => AgentState::Offline,
        ("busy", seconds) => AgentState::Busy { seconds },
        ("acw", Some(seconds)) => AgentState::AfterContactWork { seconds },
        _ => bail!("expected available, offline, busy, busy:SECONDS or acw:SECONDS"),
    };
    Ok((id, state))
}
