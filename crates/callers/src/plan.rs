//! The plan: a template, once it is known who is calling and who may be rung now.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ringback_connect::words;

use crate::rules::{
    DEFAULT_QUEUE, External, LONGEST_PROMPT, MOST_STEPS, Menu, Place, Queue, SHOP, Said, Template,
};
use crate::text::clean;

words! {
    /// What a step does.
    StepKind {
        /// Asks: key 1 is the next step, anything else moves on by the target.
        Menu = "menu",
        /// Rings the number in the target.
        External = "external",
        /// Waits in the queue in the target.
        Queue = "queue",
        /// Says its prompt.
        Message = "message",
        /// Says its prompt and ends the call.
        HangUp = "hang-up",
    }
}

/// One step of a plan, ready to be played.
#[derive(Clone, PartialEq, Eq)]
pub struct Step {
    /// Which block of the flow plays it.
    pub kind: StepKind,
    /// What it is called in events.
    pub name: String,
    /// External: a number in E.164. Queue: ARN, id or `default`. Menu: how many steps to move on. Else `none`.
    pub target: String,
    /// External: how long it rings. Menu: time for input. Queue: how long to wait, 0 is to the end. Else 0.
    pub seconds: u16,
    /// What the caller hears; plain text, not SSML.
    pub prompt: String,
}

impl Step {
    /// The wait of a queue in the rounds of ten seconds that the flow can count; 0 is to the end.
    pub fn rounds(&self) -> u16 {
        match self.kind {
            StepKind::Queue => self.seconds.div_ceil(10),
            _ => 0,
        }
    }

    /// The queue that takes whoever has no plan.
    fn default_queue(queue: &str) -> Self {
        Self {
            kind: StepKind::Queue,
            name: "call-centre".to_owned(),
            target: queue.to_owned(),
            seconds: 0,
            prompt: HOLD.to_owned(),
        }
    }
}

/// Shows no number.
impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let target = match self.kind {
            StepKind::External => "…",
            _ => &self.target,
        };
        write!(
            f,
            "{} {} to {target} {}s",
            self.kind.name(),
            self.name,
            self.seconds
        )
    }
}

const HOLD: &str = "Please hold the line. The next free colleague will take your call.";

/// What a plan needs to know of the caller and the world.
pub(crate) struct Scene<'a> {
    pub(crate) places: &'a BTreeMap<String, Place>,
    /// The shop's number, if it may be rung now.
    pub(crate) shop_phone: Option<String>,
    /// The queue of who has no other.
    pub(crate) queue: &'a str,
    pub(crate) words: Words<'a>,
    pub(crate) now: Timestamp,
}

/// What prompts may speak of.
#[derive(Default)]
pub(crate) struct Words<'a> {
    pub(crate) customer_name: Option<&'a str>,
    pub(crate) order_id: Option<&'a str>,
    pub(crate) shop_name: Option<&'a str>,
}

/// The names in braces that a prompt may hold.
pub(crate) const PLACEHOLDERS: [&str; 3] = ["customerName", "orderId", "shopName"];

/// The plan of a template: one to six steps.
///
/// It is built from its end, for whether a menu stays and how far it leads depends on what is left after it:
/// - an external step stays if there is a number and it may be rung now;
/// - a menu stays if the step it offers with key 1 stays right behind it;
/// - its other key leads to the step it names, else to the next that is left after that one; if nothing is left there,
///   the default queue is put at the end of the plan for it.
///
/// More than six steps are refused when rules are kept; what was kept otherwise is cut.
pub(crate) fn plan(templates: &[Template], scene: &Scene<'_>) -> Vec<Step> {
    let templates = templates.get(..MOST_STEPS).unwrap_or(templates);
    // Last step first, each with its place in the template.
    let mut kept: Vec<(usize, Step)> = Vec::new();
    for (at, template) in templates.iter().enumerate().rev() {
        let step = match template {
            Template::Menu(menu) => scene.menu(menu, at, templates, &mut kept),
            Template::External(external) => scene.external(external),
            Template::Queue(queue) => Some(scene.queue(queue)),
            Template::Message(said) => Some(scene.said(StepKind::Message, said)),
            Template::HangUp(said) => Some(scene.said(StepKind::HangUp, said)),
        };
        kept.extend(step.map(|step| (at, step)));
    }
    if kept.is_empty() {
        return vec![Step::default_queue(scene.queue)];
    }
    kept.into_iter().rev().map(|(_, step)| step).collect()
}

impl Scene<'_> {
    fn menu(
        &self,
        menu: &Menu,
        at: usize,
        templates: &[Template],
        kept: &mut Vec<(usize, Step)>,
    ) -> Option<Step> {
        let (next, _) = kept.last()?;
        let offered = templates
            .get(*next)
            .filter(|template| template.name() == menu.first)?;
        let after = templates.iter().enumerate().skip(at + 1);
        let wanted = after
            .filter(|(_, template)| template.name() == menu.otherwise)
            .map(|(at, _)| at)
            .next()
            .unwrap_or(templates.len());
        // `kept` runs backwards, so what is left from there on stands at its front.
        let left = kept.iter().filter(|(at, _)| *at >= wanted).count();
        if left == 0 {
            let dropped = templates.len().saturating_sub(at + 1).saturating_sub(kept.len());
            if templates.len().saturating_sub(dropped) >= MOST_STEPS {
                return None;
            }
            kept.insert(0, (templates.len(), Step::default_queue(self.queue)));
        }
        let on = kept.len().saturating_sub(left.max(1)).saturating_add(1);
        Some(Step {
            kind: StepKind::Menu,
            name: label(menu.name.as_deref(), "menu"),
            target: on.to_string(),
            seconds: MENU_SECONDS,
            prompt: self.prompt(menu.prompt.as_deref(), || {
                let whom = self.called(offered);
                format!("To speak with {whom}, press 1. For anything else, press 2.")
            }),
        })
    }

    fn external(&self, external: &External) -> Option<Step> {
        let place = self.places.get(&external.to);
        let target = match external.to.as_str() {
            SHOP => self.shop_phone.clone()?,
            _ => place?.number(self.now)?.as_str().to_owned(),
        };
        Some(Step {
            kind: StepKind::External,
            name: label(Some(&external.name), "external"),
            target,
            seconds: within(external.seconds, EXTERNAL_SECONDS, 15),
            prompt: self.prompt(external.prompt.as_deref(), || {
                format!(
                    "One moment please, we are connecting you with {}.",
                    self.place(&external.to)
                )
            }),
        })
    }

    fn queue(&self, queue: &Queue) -> Step {
        let own = queue
            .queue
            .as_deref()
            .filter(|own| *own != DEFAULT_QUEUE && is_queue(own));
        Step {
            kind: StepKind::Queue,
            name: label(queue.name.as_deref(), "queue"),
            target: own.unwrap_or(self.queue).to_owned(),
            seconds: within(queue.seconds, QUEUE_SECONDS, 0),
            prompt: self.prompt(queue.prompt.as_deref(), || HOLD.to_owned()),
        }
    }

    fn said(&self, kind: StepKind, said: &Said) -> Step {
        Step {
            kind,
            name: label(said.name.as_deref(), kind.name()),
            target: "none".to_owned(),
            seconds: 0,
            prompt: self.prompt(said.prompt.as_deref(), || match kind {
                StepKind::HangUp => "Thank you for calling. Goodbye.".to_owned(),
                _ => "Thank you for calling.".to_owned(),
            }),
        }
    }

    /// How a step is spoken of in a menu.
    fn called(&self, template: &Template) -> String {
        match template {
            Template::External(external) => self.place(&external.to),
            _ => "us".to_owned(),
        }
    }

    fn place(&self, name: &str) -> String {
        let place = self.places.get(name).filter(|_| name != SHOP);
        match place.map(|place| clean(&place.name, 100)) {
            Some(called) if !called.is_empty() => called,
            _ => format!("the {SHOP}"),
        }
    }

    /// The prompt with its names filled in; the step's own words if it has none or one of the names is not known.
    fn prompt(&self, written: Option<&str>, default: impl Fn() -> String) -> String {
        let spoken = written.and_then(|written| self.words.fill(written));
        spoken
            .map(|spoken| clean(&spoken, LONGEST_PROMPT))
            .filter(|spoken| !spoken.is_empty())
            .unwrap_or_else(|| clean(&default(), LONGEST_PROMPT))
    }
}

impl Words<'_> {
    fn fill(&self, written: &str) -> Option<String> {
        let mut spoken = String::new();
        for part in parts(written) {
            spoken.push_str(match part {
                Part::Text(text) => text,
                Part::Name("customerName") => self.customer_name?,
                Part::Name("orderId") => self.order_id?,
                Part::Name("shopName") => self.shop_name?,
                Part::Name(_) => return None,
            });
        }
        Some(spoken)
    }
}

/// A stretch of a prompt.
pub(crate) enum Part<'a> {
    /// What stands there.
    Text(&'a str),
    /// What stands between braces; nothing, and no more text, where no brace closes.
    Name(&'a str),
}

pub(crate) fn parts(written: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = written;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(inside) = rest.strip_prefix('{') {
            let (name, after) = inside.split_once('}').unwrap_or_default();
            rest = after;
            return Some(Part::Name(name));
        }
        let (text, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
        rest = after;
        Some(Part::Text(text))
    })
}

impl Template {
    /// What the step is called in its plan.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Menu(menu) => menu.name.as_deref().unwrap_or("menu"),
            Self::External(external) => &external.name,
            Self::Queue(queue) => queue.name.as_deref().unwrap_or("queue"),
            Self::Message(said) => said.name.as_deref().unwrap_or("message"),
            Self::HangUp(said) => said.name.as_deref().unwrap_or("hang-up"),
        }
    }
}

/// From and to, both included: what the blocks of a flow take.
pub(crate) type Bounds = (i64, i64);
/// What the shipped flows give a caller to think.
const MENU_SECONDS: u16 = 5;
pub(crate) const EXTERNAL_SECONDS: Bounds = (5, 600);
pub(crate) const QUEUE_SECONDS: Bounds = (0, 1000);

fn within(seconds: Option<i64>, (least, most): Bounds, default: u16) -> u16 {
    let seconds = seconds.map(|seconds| seconds.clamp(least, most));
    seconds
        .and_then(|seconds| u16::try_from(seconds).ok())
        .unwrap_or(default)
}

/// ARN or id of a queue, as far as its form goes: an id is a UUID, an ARN has no space.
pub(crate) fn is_queue(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Names of classes, steps, places and plans.
pub(crate) fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(fits)
}

fn label(name: Option<&str>, default: &str) -> String {
    name.filter(|name| is_name(name)).unwrap_or(default).to_owned()
}
