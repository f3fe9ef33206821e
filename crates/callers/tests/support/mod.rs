//! A call as tests put it together.
#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(unreachable_pub, reason = "each test is a crate of its own")]

use jiff::Timestamp;
use ringback_callers::{
    Answer, Call, Classification, NumberUsed, Order, Person, Rules, Shop, Source, Status, choose, classify,
};
use ringback_connect::{CallerPoint, Channel};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A call and what the directory holds of its caller.
#[derive(Debug, Clone)]
pub struct Case {
    pub people: Vec<Person>,
    pub orders: Vec<Order>,
    pub shop: Option<Shop>,
    pub rules: Rules,
    pub channel: Channel,
    pub point: Option<CallerPoint>,
    pub verified: bool,
    pub now: Timestamp,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            people: Vec::new(),
            orders: Vec::new(),
            shop: None,
            rules: office(),
            channel: Channel::Voice,
            point: CallerPoint::parse("phone:+14155550100").ok(),
            verified: true,
            now: "2026-07-01T18:00:00Z".parse().unwrap(), // a Wednesday
        }
    }
}

impl Case {
    pub fn call(&self) -> Call {
        Call {
            channel: self.channel.clone(),
            point: self.point.clone(),
            verified: self.verified,
        }
    }

    pub fn classify(&self) -> Classification {
        let chosen = choose(&self.people, &self.orders);
        classify(&chosen, self.shop.as_ref(), &self.rules, &self.call(), self.now)
    }

    pub fn answer(&self) -> Answer {
        let reason = choose(&self.people, &self.orders).reason();
        Answer {
            reason,
            source: if reason.status() == Status::Found {
                Source::Directory
            } else {
                Source::None
            },
            number_used: NumberUsed::Line,
            classification: self.classify(),
        }
    }

    /// Each step as its name and target; a menu's name and how far it leads.
    pub fn steps(&self) -> Vec<String> {
        let plan = self.classify().plan;
        plan.into_iter()
            .map(|step| format!("{} {}", step.name, step.target))
            .collect()
    }

    pub fn told(&self) -> String {
        lines(&self.answer())
    }
}

/// The answer, a field a line; fields without a value are left out, and each step is one line.
pub fn lines(answer: &Answer) -> String {
    let fields = answer.fields();
    let of_steps = |name: &str| name.starts_with("step");
    let mut lines: Vec<String> = fields
        .iter()
        .filter(|(name, value)| !of_steps(name) && value != "none")
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let steps: Vec<_> = fields
        .iter()
        .filter(|(name, _)| of_steps(name))
        .map(|(_, value)| value.as_str())
        .collect();
    lines.extend(
        steps
            .chunks(6)
            .filter(|step| step[0] != "none")
            .map(|step| step.join(" | ")),
    );
    lines.join("\n") + "\n"
}

pub fn from<T: DeserializeOwned>(document: Value) -> T {
    serde_json::from_value(document).unwrap()
}

/// The built-in rules, with an office.
pub fn office() -> Rules {
    from(json!({"places": {"office": {"phone": "+14155550120", "name": "the office"}}}))
}
