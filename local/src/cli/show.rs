//! How a call looks in a terminal.

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ringback_contact_flow::run::{DialFact, Ending, Entry, LambdaFact, Place, Run, StepStatus, What};
use ringback_local::simulated_chat::Posted;
use serde_json::{Map, Value};

const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();
const VOICE: Style = AnsiColor::Cyan.on_default();
const GOOD: Style = AnsiColor::Green.on_default();
const FUNCTION: Style = AnsiColor::Magenta.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default();

/// A heading.
pub(crate) fn heading(text: &str) {
    anstream::println!("\n{BOLD}{text}{BOLD:#}");
}

/// A paragraph that explains.
pub(crate) fn note(text: &str) {
    anstream::println!("{DIM}{text}{DIM:#}");
}

/// The day of a call, and the zone of the times below it.
pub(crate) fn when(at: Timestamp, zone: &TimeZone) {
    let day = at.to_zoned(zone.clone()).strftime("%A %d %B %Y").to_string();
    let name = zone.iana_name().unwrap_or("UTC");
    note(&format!("{day}; times in {name}."));
}

/// How much of a transcript to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Every block.
    All,
    /// What the caller hears and what decides about them; not the bookkeeping between.
    Story,
}

/// A call's transcript, in the call centre's own time, and how it ended.
pub(crate) fn run(run: &Run, zone: &TimeZone, detail: Detail) {
    let mut flow = String::new();
    for entry in run
        .transcript
        .iter()
        .filter(|entry| detail == Detail::All || !is_bookkeeping(&entry.what))
    {
        if let Some(place) = &entry.place
            && place.flow != flow
        {
            place.flow.clone_into(&mut flow);
            anstream::println!("  {DIM}── {flow}{DIM:#}");
        }
        line(entry, zone, &run.finished.instance_arn);
    }
    let how = ending(&run.ending);
    anstream::println!("  {BOLD}{how}{BOLD:#}");
}

/// What the team's chat was told about a call.
pub(crate) fn chat(posted: &[Posted]) {
    if posted.is_empty() {
        return;
    }
    anstream::println!("  {DIM}── in the chat{DIM:#}");
    for message in posted {
        let text = message.text().replace('\n', " · ");
        anstream::println!("  #{:<10} {text}", message.channel);
    }
}

/// A carrier that became worse or better, as the event tells it.
pub(crate) fn switch(event: &Value) {
    let field = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let why = match field("reason") {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    let style = if field("to") == "closed" { GOOD } else { WARNING };
    // A circuit breaker's own words are the wrong way round for whoever looks at telephones.
    let words = |state| match state {
        "closed" => "healthy",
        "half-open" => "tried again",
        "open" => "left alone",
        state => state,
    };
    let (carrier, from, to) = (field("carrier"), words(field("from")), words(field("to")));
    anstream::println!("  {style}carrier {carrier}: {from} → {to}{why}{style:#}");
}

/// Rows below headings, each column as wide as what stands in it.
pub(crate) fn columns<const N: usize>(headings: &[&str; N], rows: &[[String; N]]) -> Vec<String> {
    let mut widths = headings.map(|heading| heading.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let headings = headings.map(str::to_owned);
    std::iter::once(&headings)
        .chain(rows)
        .map(|row| {
            let cells = widths.iter().zip(row);
            let cells: Vec<_> = cells.map(|(width, cell)| format!("{cell:<width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

/// The record of a call that has ended.
pub(crate) fn record(line: &str) {
    anstream::println!("  {GOOD}{line}{GOOD:#}");
}

fn is_bookkeeping(what: &What) -> bool {
    matches!(
        what,
        What::Set { .. }
            | What::Compared { .. }
            | What::AttributesSet { .. }
            | What::HookSet { .. }
            | What::TargetQueue { .. }
            | What::Looped { .. }
            | What::Lambda {
                outcome: LambdaFact::Started { .. },
                ..
            }
    )
}

fn line(entry: &Entry, zone: &TimeZone, instance: &str) {
    let time = entry.at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string();
    let block = entry.place.as_ref().map_or_else(String::new, label);
    let style = style(&entry.what);
    // The instance's ARN is the same in every line, and long.
    let what = words(&entry.what)
        .replace(['\r', '\n'], " ")
        .replace(instance, "…");
    anstream::println!("  {DIM}{time}{DIM:#}  {block:<30} {style}{what}{style:#}");
}

/// A block's name; its type where the console made the name up.
fn label(place: &Place) -> String {
    let made_up = place.block.len() == 36 && place.block.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    match place.block.get(..8) {
        Some(start) if made_up => format!("{} {start}", place.kind),
        _ => place.block.clone(),
    }
}

/// An entry's words, a function's answer as a person reads it.
fn words(what: &What) -> String {
    let What::Lambda {
        function,
        took_milliseconds,
        outcome: LambdaFact::Answered {
            value: Value::Object(answer),
        },
        ..
    } = what
    else {
        return what.to_string();
    };
    let name = function.rsplit(':').next().unwrap_or(function);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if answer.contains_key("planLength") {
        return format!("{name} answers in {took_milliseconds} ms: {}", plan(answer));
    }
    // What decides first, the details after it.
    let first = ["status", "reason", "agentId", "rating", "source", "mode"];
    let (mut fields, details): (Vec<_>, Vec<_>) =
        answer.iter().partition(|(key, _)| first.contains(&key.as_str()));
    fields.sort_by_key(|(key, _)| first.iter().position(|known| known == key));
    fields.extend(details);
    let fields: Vec<_> = fields
        .into_iter()
        .map(|(key, value)| format!("{key}={}", text(value)))
        .collect();
    format!("{name} answers in {took_milliseconds} ms: {}", fields.join(" "))
}

/// A classification in a line; all of it is in the attributes that the flow sets next.
fn plan(answer: &Map<String, Value>) -> String {
    let field = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
    let steps = (1..=6).filter(|step| field(&format!("step{step}Kind")) != "none");
    let steps: Vec<_> = steps.map(|step| field(&format!("step{step}Name"))).collect();
    format!(
        "{} ({}): class {}, plan {}; “{}”",
        field("status"),
        field("reason"),
        field("class"),
        steps.join(" → "),
        field("summary"),
    )
}

fn style(what: &What) -> Style {
    match what {
        What::Said { .. } | What::Asked { .. } | What::Whispered { .. } => VOICE,
        What::Lambda {
            outcome: LambdaFact::Answered { .. } | LambdaFact::Started { .. },
            ..
        } => FUNCTION,
        What::Connected { .. }
        | What::RoutingStep {
            status: StepStatus::Joined,
            ..
        }
        | What::Transferred {
            outcome: DialFact::Answered { .. },
            ..
        } => GOOD,
        What::Lambda { .. } | What::Error { .. } => BAD,
        _ => Style::new(),
    }
}

pub(crate) fn ending(ending: &Ending) -> String {
    match ending {
        Ending::AgentConversation { agent, ended_by } => {
            format!("Spoke with {agent}; the {ended_by} hung up.")
        }
        Ending::HungUp {
            queue: Some(queue), ..
        } => format!("Gave up waiting in the queue {queue}."),
        Ending::HungUp { queue: None, .. } => "Hung up.".to_owned(),
        Ending::DisconnectedByFlow { .. } => "The flow ended the call.".to_owned(),
        Ending::TransferredOut { number } => format!("Handed to {number}."),
        Ending::QueueTimeout { queue } => format!("Nobody ever answered in the queue {queue}."),
    }
}
