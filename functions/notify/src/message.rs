//! What the team's chat reads: a step and what is known of its call, as one message of Slack's Block Kit.

use ringback_connect::Channel;
use ringback_steps::{Agent, Key, Place, PlaceKind, Step, StepEvent};
use serde_json::{Value, json};

use crate::memory::Known;
use crate::mrkdwn::{OrderLink, escaped};

/// The plan's label of the step that rings the shop.
pub(crate) const SHOP: &str = "shop";

/// Connect's words for an end that is no caller who gave up: the flow hung up as planned, or the conversation with
/// somebody outside was over.
const ENDS_AS_PLANNED: [&str; 2] = ["CONTACT_FLOW_DISCONNECT", "THIRD_PARTY_DISCONNECT"];

/// The message for the team, or nothing where there is nothing to say.
pub(crate) fn for_team(event: &StepEvent, known: &Known, link: Option<&OrderLink>) -> Option<Value> {
    let place = event.place.as_ref();
    let somewhere = || place.map_or_else(|| "somebody".to_owned(), |place| place_name(place, known));
    let queue = place.is_some_and(|place| place.kind == PlaceKind::Queue);
    let within = match event.seconds {
        None | Some(0) => String::new(),
        Some(seconds) => format!(" within {seconds} s"),
    };
    let (first, who) = (caller_first(known), caller(known));
    let headline = match event.step {
        Step::Identified => format!("{first} {}", calling(event)),
        Step::Chose => match event.key {
            Some(Key::One) => format!("{first} pressed 1"),
            Some(Key::Two) => format!("{first} pressed 2"),
            Some(Key::None) => format!("{first} pressed no key"),
            Some(Key::Wrong) => format!("{first} pressed a key that means nothing"),
            None => format!("{first} answered the menu"),
        },
        Step::Transferred if queue => format!("{first} is waiting for {}", somewhere()),
        Step::Transferred => format!("Ringing {} for {who}", somewhere()),
        Step::RangOut if queue => format!("Nobody of {} took the call of {who}{within}", somewhere()),
        Step::RangOut => format!("{} did not answer {who}{within}", capital(&somewhere())),
        Step::Answered => format!("{} answered {who}", capital(&somewhere())),
        Step::AgentAnswered => format!("{} answered {who}", agent_name(event.agent.as_ref())),
        Step::GaveUp => format!("Nobody could take the call of {who}"),
        Step::Ended => format!("{first} {}", unanswered(event, known)?),
    };
    // What is known of the call is told where somebody reads of it first, and where somebody should ring back.
    let mut lines = vec![Line::plain(headline)];
    if matches!(event.step, Step::Identified | Step::GaveUp | Step::Ended) {
        lines.extend(order(known, link).map(|order| Line {
            markup: format!("Order {}", order.markup),
            plain: format!("Order {}", order.plain),
        }));
        let shop = known.shop_name.as_ref();
        lines.extend(shop.map(|shop| Line::plain(format!("Shop {}", escaped(shop)))));
    }
    Some(message(lines))
}

/// The message for the shop that is about to ring.
pub(crate) fn for_shop(event: &StepEvent, known: &Known, link: Option<&OrderLink>) -> Value {
    let headline = format!("{} {}", caller_first(known), calling(event));
    message(match order(known, link) {
        None => vec![Line::plain(headline)],
        Some(order) => vec![Line {
            markup: format!("{headline} about order {}", order.markup),
            plain: format!("{headline} about order {}", order.plain),
        }],
    })
}

/// A line as Slack shows it, and as it is read where blocks are not shown.
struct Line {
    markup: String,
    plain: String,
}

impl Line {
    fn plain(text: String) -> Self {
        Self {
            markup: text.clone(),
            plain: text,
        }
    }
}

fn message(lines: Vec<Line>) -> Value {
    let section = |line: &Line| {
        // Verbatim: what looks like a channel or an address in a name does not become one.
        let text = json!({"type": "mrkdwn", "text": line.markup, "verbatim": true});
        json!({"type": "section", "text": text})
    };
    let blocks: Vec<_> = lines.iter().map(section).collect();
    let text: Vec<_> = lines.into_iter().map(|line| line.plain).collect();
    // Nobody's preview fetches our links.
    json!({"text": text.join("\n"), "blocks": blocks, "unfurl_links": false, "unfurl_media": false})
}

/// The order's id, as a link where there is one, and its title.
fn order(known: &Known, link: Option<&OrderLink>) -> Option<Line> {
    let id = known.order_id.as_ref()?;
    let shown = escaped(id);
    let title = known.order_title.as_ref();
    let title = title.map_or_else(String::new, |title| format!(": {}", escaped(title)));
    let linked = match link.and_then(|link| link.of(id)) {
        // A vertical bar ends nothing here, but Slack documents no text with one.
        Some(address) => format!("<{address}|{}>", shown.replace('|', "\u{2223}")),
        None => shown.clone(),
    };
    Some(Line {
        markup: format!("{linked}{title}"),
        plain: format!("{shown}{title}"),
    })
}

fn calling(event: &StepEvent) -> &'static str {
    match event.channel {
        Channel::Chat => "is writing",
        _ => "is calling",
    }
}

/// What is said of an end, if nobody had answered.
fn unanswered(event: &StepEvent, known: &Known) -> Option<String> {
    let reason = event.disconnect_reason.as_deref().unwrap_or_default();
    if event.agent.is_some() || known.answered || ENDS_AS_PLANNED.contains(&reason) {
        return None;
    }
    // A flow hears of an external number's answer only once that conversation is over, and never if the caller hung
    // up first. After the ring time they were talking; before it nobody can tell.
    let is_over = |until: Option<jiff::Timestamp>| until.is_some_and(|until| event.at > until);
    if known.ringing.iter().any(|ringing| is_over(ringing.until)) {
        return None;
    }
    let left = match (&event.channel, reason) {
        (_, "TELECOM_PROBLEM") => "was cut off",
        (Channel::Chat, _) => "left the chat",
        _ => "hung up",
    };
    Some(match known.ringing.iter().max_by_key(|ringing| ringing.until) {
        Some(ringing) => {
            let place = place_name(
                &Place {
                    kind: PlaceKind::External,
                    name: ringing.place.clone(),
                },
                known,
            );
            format!("{left} while {place} was ringing; no answer is known")
        }
        None => format!("{left}; nobody had answered"),
    })
}

/// Who called, within a sentence.
fn caller(known: &Known) -> String {
    if let Some(name) = name(known) {
        return name;
    }
    let class = match &known.class {
        None => "a caller".to_owned(),
        Some(class) => format!("{} caller", escaped(class)),
    };
    match &known.number {
        Some(number) => format!("{class} {}", escaped(number)),
        None => class,
    }
}

/// Who called, at the beginning of a sentence.
fn caller_first(known: &Known) -> String {
    name(known).unwrap_or_else(|| capital(&caller(known)))
}

/// The caller's name, if anything of it can be seen.
fn name(known: &Known) -> Option<String> {
    let name = escaped(known.name.as_ref()?);
    let doubt = if known.unverified { " (not verified)" } else { "" };
    (!name.trim().is_empty()).then(|| format!("{name}{doubt}"))
}

fn agent_name(agent: Option<&Agent>) -> String {
    match agent {
        Some(Agent { name: Some(name), .. }) => escaped(name),
        Some(agent) => format!("Agent {}", escaped(agent.id.as_str())),
        None => "An agent".to_owned(),
    }
}

/// A place as people call it: the shop has a name of its own.
fn place_name(place: &Place, known: &Known) -> String {
    match &known.shop_name {
        Some(shop) if place.kind == PlaceKind::External && place.name == SHOP => escaped(shop),
        _ => escaped(&place.name),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
