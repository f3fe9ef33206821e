//! How a call looks in a terminal.

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use ringback_contact_flow::run::{DialFact, Ending, Entry, LambdaFact, Run, StepStatus, What};

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

/// A call's transcript, in the call centre's own time, and how it ended.
pub(crate) fn run(run: &Run, zone: &TimeZone) {
    let mut flow = String::new();
    for entry in &run.transcript {
        if let Some(place) = &entry.place
            && place.flow != flow
        {
            place.flow.clone_into(&mut flow);
            anstream::println!("  {DIM}── {flow}{DIM:#}");
        }
        line(entry, zone);
    }
    let how = ending(&run.ending);
    anstream::println!("  {BOLD}{how}{BOLD:#}");
}

fn line(entry: &Entry, zone: &TimeZone) {
    let time = entry.at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string();
    let block = entry.place.as_ref().map_or("", |place| place.block.as_str());
    let style = style(&entry.what);
    let what = entry.what.to_string().replace(['\r', '\n'], " ");
    anstream::println!("  {DIM}{time}{DIM:#}  {block:<30} {style}{what}{style:#}");
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

fn ending(ending: &Ending) -> String {
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
