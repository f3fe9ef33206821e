//! The operator's rules: data that says which class a caller is of, and what happens to that class.

mod check;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use jiff::Timestamp;
use ringback_connect::phone::E164;
use ringback_connect::{CallerKind, Channel};
use serde::{Deserialize, Serialize};

use crate::classify::Facts;
use crate::hours::Hours;
use crate::model::PersonKind;

/// The word with which a plan rings the shop of the order, or the partner's own.
pub const SHOP: &str = "shop";
/// The queue of the flow that asks.
pub const DEFAULT_QUEUE: &str = "default";
/// The priority of who has no other; 1 is served first.
pub const DEFAULT_PRIORITY: u8 = 5;
/// Steps in a plan, at most.
pub const MOST_STEPS: usize = 6;
/// Characters in a prompt, at most: as it is written, and as it is spoken.
pub const LONGEST_PROMPT: usize = 500;

/// The rules of one tenant. Rules are asked in order and the first that holds decides; where none does, those of
/// [`Rules::built_in`] do. [`Rules::check`] says whether they are fit to be kept; what is not still classifies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    /// Grows with every change; an older one never wins.
    #[serde(default)]
    pub version: u64,
    /// Places that plans may ring, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub places: BTreeMap<String, Place>,
    /// In the order in which they are asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// What happens to a caller, by name; one that has the name of a built-in plan takes its place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub plans: BTreeMap<String, Vec<Template>>,
}

/// A place that can be rung. `Debug` leaves its number out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Place {
    /// Its number in E.164.
    pub phone: String,
    /// What it is called when it is spoken of: `the office`.
    pub name: String,
    /// When it may be rung; always, without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

/// Who is of a class, and what the class gets. What is left out is as for the class of that name, and in the end as
/// for the built-in class of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// For people who read the rules and the log.
    pub name: String,
    /// For whom it holds.
    #[serde(default)]
    pub when: When,
    /// The class of the callers for whom it holds, a word of the operator's own or a built-in one.
    pub class: String,
    /// 1 to 9, 1 is served first; 5 without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// ARN or id of a queue; `default` without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// A language tag; the person's own without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Name of a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<String>,
}

/// Conditions. All that are given must hold; a list holds if one of its entries does. What is not known, for example
/// whether a shop without hours is open, is neither true nor false.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct When {
    /// Somebody in the directory was told to be the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<bool>,
    /// Several people have this contact point and none of them stands out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<bool>,
    /// What the person is to the business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Vec<PersonKind>>,
    /// Words that the person carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// There is an open order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_order: Option<bool>,
    /// Of the order, else of the shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_type: Option<Vec<String>>,
    /// The shop is open now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shop_open: Option<bool>,
    /// Of the person: `de` is also `de-AT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Vec<String>>,
    /// How the caller and the contact centre talk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Vec<Channel>>,
    /// How the caller's number begins: `+49`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Vec<String>>,
    /// The line itself says who is calling, not what the caller typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
}

/// A step of a plan as it is written, before it is known who is calling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Template {
    /// Asks whom the caller wants.
    Menu(Menu),
    /// Rings a number.
    External(External),
    /// Waits for an agent.
    Queue(Queue),
    /// Says something.
    Message(Said),
    /// Says something and ends the call.
    HangUp(Said),
}

/// Key 1 leads to the next step, anything else to another one. How long a caller may think is the flow's: its block
/// takes no value at run time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Menu {
    /// `menu` without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The name of the next step, which key 1 leads to. Where that is left out, so is the menu.
    pub first: String,
    /// The name of a later step. Where that is left out, the one after it.
    pub otherwise: String,
    /// What the caller hears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// A number that is rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct External {
    /// What the step is called in the plan and in its events.
    pub name: String,
    /// `shop`, or the name of a place.
    pub to: String,
    /// How long it rings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// What the caller hears before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// A queue of agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Queue {
    /// What the step is called in the plan and in its events; `queue` without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// ARN or id, or `default`: the queue of the rule, else that of the flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// How long to wait before the next step; 0 is to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
    /// What the caller hears while waiting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// Something that is said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Said {
    /// `message` or `hang-up` without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the caller hears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

static BUILT_IN: LazyLock<Rules> =
    LazyLock::new(|| serde_json::from_str(include_str!("rules/built-in.json")).unwrap_or_default());

impl Rules {
    /// The rules that hold after the operator's own: the classes `partner`, `active-order`, `known-customer` and
    /// `unknown`, with a plan for each. Their plans ring the place `office`, where the operator names one.
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    pub(crate) fn first(&self, facts: &Facts<'_>) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.when.holds(facts))
    }

    /// The operator's plan of that name, else the built-in one.
    pub(crate) fn plan(&self, name: &str) -> Option<&[Template]> {
        let own = self.plans.get(name);
        own.or_else(|| BUILT_IN.plans.get(name)).map(Vec::as_slice)
    }
}

impl Place {
    /// Its number, if it may be rung now.
    pub(crate) fn number(&self, now: Timestamp) -> Option<E164> {
        let open = self.hours.as_ref().is_none_or(|hours| hours.is_open(now));
        E164::parse(&self.phone).ok().filter(|_| open)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl When {
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> bool {
        let person = facts.chosen.person;
        let language = person.and_then(|person| person.language.as_deref());
        let number = facts
            .call
            .point
            .as_ref()
            .filter(|point| point.kind() == CallerKind::Phone)
            .map(|point| point.value());
        is(self.known, person.is_some())
            && is(self.shared, facts.chosen.shared)
            && any(&self.kind, |kind| {
                person.is_some_and(|person| person.kind == *kind)
            })
            && any(&self.tags, |tag| {
                person.is_some_and(|person| person.tags.contains(tag))
            })
            && is(self.open_order, facts.chosen.order.is_some())
            && any(&self.business_type, |business| {
                facts.business_type() == Some(business)
            })
            && self
                .shop_open
                .is_none_or(|wanted| facts.shop_open == Some(wanted))
            && any(&self.language, |range| {
                language.is_some_and(|tag| speaks(tag, range))
            })
            && any(&self.channel, |channel| *channel == facts.call.channel)
            && any(&self.prefix, |prefix| {
                number.is_some_and(|number| number.starts_with(prefix))
            })
            && is(self.verified, facts.verified)
    }
}

fn is(wanted: Option<bool>, fact: bool) -> bool {
    wanted.is_none_or(|wanted| wanted == fact)
}

fn any<T>(wanted: &Option<Vec<T>>, holds: impl Fn(&T) -> bool) -> bool {
    wanted.as_ref().is_none_or(|wanted| wanted.iter().any(holds))
}

/// Basic filtering of RFC 4647: the range is the tag, or the tag goes on with another subtag.
fn speaks(tag: &str, range: &str) -> bool {
    let (Some(head), Some(rest)) = (tag.get(..range.len()), tag.get(range.len()..)) else {
        return false;
    };
    !range.is_empty() && head.eq_ignore_ascii_case(range) && (rest.is_empty() || rest.starts_with('-'))
}
