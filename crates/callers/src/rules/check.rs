//! What is wrong with rules, before they are kept.

use std::collections::HashSet;

use ringback_connect::Channel;
use ringback_connect::phone::E164;

use super::{LONGEST_PROMPT, MOST_STEPS, Rule, Rules, SHOP, Template, When, speaks};
use crate::classify::is_language;
use crate::document::Problem;
use crate::model::PersonKind;
use crate::plan::{Bounds, EXTERNAL_SECONDS, PLACEHOLDERS, Part, QUEUE_SECONDS, is_name, is_queue, parts};

/// Rules, places and plans, of each; more would not fit in one item of DynamoDB.
const MOST_ENTRIES: usize = 100;
/// Entries in a condition.
const MOST_WORDS: usize = 50;
/// Characters of a name that is shown or spoken.
const LONGEST_NAME: usize = 100;

const NAME: &str = "must be 1 to 40 small letters, digits or hyphens";

impl Rules {
    /// Whether they are fit to be kept.
    ///
    /// # Errors
    /// Every problem there is, with the path of its field.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut found = Found(Vec::new());
        for (path, many) in [
            ("places", self.places.len()),
            ("rules", self.rules.len()),
            ("plans", self.plans.len()),
        ] {
            found.unless(many <= MOST_ENTRIES, path, "has more than 100 entries");
        }
        for (name, place) in &self.places {
            let path = at("places", name);
            found.unless(is_name(name), &path, NAME);
            found.unless(name != SHOP, &path, "is the word for the shop of the order");
            let number = E164::parse(&place.phone).is_ok();
            found.unless(
                number,
                format!("{path}.phone"),
                "must be a number in E.164, for example +14155550121",
            );
            found.name(format!("{path}.name"), &place.name);
        }
        for (index, rule) in self.rules.iter().enumerate() {
            let earlier = self.rules.get(..index).unwrap_or_default();
            self.check_rule(&mut found, &format!("rules[{index}]"), rule, earlier);
        }
        for (name, steps) in &self.plans {
            let path = at("plans", name);
            found.unless(is_name(name), &path, NAME);
            found.unless(!steps.is_empty(), &path, "needs a step");
            found.unless(steps.len() <= MOST_STEPS, &path, "has more than six steps");
            self.check_plan(&mut found, &path, steps);
        }
        if found.0.is_empty() { Ok(()) } else { Err(found.0) }
    }

    fn check_rule(&self, found: &mut Found, path: &str, rule: &Rule, earlier: &[Rule]) {
        found.name(format!("{path}.name"), &rule.name);
        if let Some(before) = earlier.iter().position(|before| before.name == rule.name) {
            found.add(
                format!("{path}.name"),
                format!("is the name of rules[{before}] too"),
            );
        }
        found.unless(is_name(&rule.class), format!("{path}.class"), NAME);
        let priority = rule.priority.is_none_or(|priority| (1..=9).contains(&priority));
        found.unless(priority, format!("{path}.priority"), "must be 1 to 9");
        found.queue(format!("{path}.queue"), rule.queue.as_deref());
        let language = rule.language.as_deref().is_none_or(is_language);
        found.unless(
            language,
            format!("{path}.language"),
            "must be a language tag such as de or en-GB",
        );
        if let Some(plan) = &rule.plan {
            found.unless(self.plan(plan).is_some(), format!("{path}.plan"), "is no plan");
        }
        check_when(found, &format!("{path}.when"), &rule.when);
        if let Some(before) = earlier.iter().position(|before| before.when.covers(&rule.when)) {
            let problem = format!("is never asked: rules[{before}] already takes every such caller");
            found.add(format!("{path}.when"), problem);
        }
    }

    fn check_plan(&self, found: &mut Found, plan: &str, steps: &[Template]) {
        let mut names = HashSet::new();
        for (index, step) in steps.iter().enumerate() {
            let path = format!("{plan}[{index}].{}", kind(step));
            let field = format!("{path}.name");
            found.unless(is_name(step.name()), &field, NAME);
            // Events of a call are told apart by the names of its steps.
            found.unless(
                names.insert(step.name()),
                field,
                "is the name of an earlier step too",
            );
            let prompt = match step {
                Template::Menu(menu) => {
                    let after = steps.get(index + 1..).unwrap_or_default();
                    let next = after.first().is_some_and(|next| next.name() == menu.first);
                    found.unless(next, format!("{path}.first"), "must be the name of the next step");
                    let later = after.iter().skip(1).any(|later| later.name() == menu.otherwise);
                    let problem = "must be the name of a step after the one that key 1 leads to";
                    found.unless(later, format!("{path}.otherwise"), problem);
                    &menu.prompt
                }
                Template::External(external) => {
                    found.seconds(&path, external.seconds, EXTERNAL_SECONDS);
                    let known = external.to == SHOP || self.places.contains_key(&external.to);
                    found.unless(known, format!("{path}.to"), "is neither shop nor one of places");
                    &external.prompt
                }
                Template::Queue(queue) => {
                    found.seconds(&path, queue.seconds, QUEUE_SECONDS);
                    found.queue(format!("{path}.queue"), queue.queue.as_deref());
                    &queue.prompt
                }
                Template::Message(said) | Template::HangUp(said) => &said.prompt,
            };
            if let Some(prompt) = prompt {
                check_prompt(found, &format!("{path}.prompt"), prompt);
            }
        }
    }
}

fn check_prompt(found: &mut Found, path: &str, prompt: &str) {
    found.unless(
        !prompt.trim().is_empty(),
        path,
        "is empty; leave it out for the step's own words",
    );
    let short = prompt.chars().count() <= LONGEST_PROMPT;
    found.unless(short, path, "is longer than 500 characters");
    let known = parts(prompt).all(|part| match part {
        Part::Text(_) => true,
        Part::Name(name) => PLACEHOLDERS.contains(&name),
    });
    found.unless(
        known,
        path,
        "may hold {customerName}, {orderId} and {shopName}, and no other brace",
    );
}

fn check_when(found: &mut Found, path: &str, when: &When) {
    let lists = [
        ("kind", when.kind.as_ref().map(Vec::len)),
        ("tags", when.tags.as_ref().map(Vec::len)),
        ("businessType", when.business_type.as_ref().map(Vec::len)),
        ("language", when.language.as_ref().map(Vec::len)),
        ("channel", when.channel.as_ref().map(Vec::len)),
        ("prefix", when.prefix.as_ref().map(Vec::len)),
    ];
    for (name, many) in lists {
        found.unless(
            many != Some(0),
            format!("{path}.{name}"),
            "is empty and never holds",
        );
        found.unless(
            many <= Some(MOST_WORDS),
            format!("{path}.{name}"),
            "has more than 50 entries",
        );
    }
    let each =
        |found: &mut Found, name: &str, list: &Option<Vec<String>>, fits: fn(&str) -> bool, problem: &str| {
            for (index, word) in list.iter().flatten().enumerate() {
                found.unless(fits(word), format!("{path}.{name}[{index}]"), problem);
            }
        };
    let word = |word: &str| (1..=40).contains(&word.chars().count());
    each(found, "tags", &when.tags, word, "must be 1 to 40 characters");
    each(
        found,
        "businessType",
        &when.business_type,
        word,
        "must be 1 to 40 characters",
    );
    each(
        found,
        "language",
        &when.language,
        is_language,
        "must be a language tag such as de or en-GB",
    );
    each(
        found,
        "prefix",
        &when.prefix,
        is_prefix,
        "must be the beginning of a number, for example +49",
    );
    for (index, channel) in when.channel.iter().flatten().enumerate() {
        let known = !matches!(channel, Channel::Other(_));
        found.unless(
            known,
            format!("{path}.channel[{index}]"),
            "must be VOICE, CHAT, TASK or EMAIL",
        );
    }
    for (name, problem) in when.contradictions() {
        found.add(format!("{path}.{name}"), problem);
    }
}

fn is_prefix(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (1..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

impl When {
    /// Conditions that never hold together, each with the field that cannot be.
    fn contradictions(&self) -> Vec<(&'static str, String)> {
        let person = [
            ("kind", self.kind.is_some()),
            ("tags", self.tags.is_some()),
            ("language", self.language.is_some()),
            ("known", self.known == Some(true)),
        ];
        let never = |other: &str| format!("never holds together with {other}");
        let mut found = Vec::new();
        for (name, asks) in person {
            if asks && self.known == Some(false) {
                found.push((name, never("known: false")));
            }
            if asks && self.shared == Some(true) {
                // Several people and none of them told apart: there is no person to ask.
                found.push((name, never("shared: true")));
            }
        }
        // A shop is that of an order, or of a partner.
        let no_partner = self.known == Some(false)
            || self.shared == Some(true)
            || self
                .kind
                .as_ref()
                .is_some_and(|kinds| !kinds.contains(&PersonKind::Partner));
        if self.open_order == Some(false) && no_partner {
            let shop = [
                ("shopOpen", self.shop_open.is_some()),
                ("businessType", self.business_type.is_some()),
            ];
            let asked = shop.into_iter().filter(|(_, asks)| *asks);
            found.extend(asked.map(|(name, _)| (name, never("openOrder: false, but for a partner"))));
        }
        found
    }

    /// Whether every caller for whom `later` holds is one for whom this holds.
    fn covers(&self, later: &Self) -> bool {
        fn bools(own: Option<bool>, later: Option<bool>) -> bool {
            own.is_none() || own == later
        }
        fn lists<T>(own: &Option<Vec<T>>, later: &Option<Vec<T>>, takes: impl Fn(&T, &T) -> bool) -> bool {
            let Some(own) = own else { return true };
            let Some(later) = later else { return false };
            later.iter().all(|later| own.iter().any(|own| takes(own, later)))
        }
        // Whoever asks for something of a person asks for a person.
        let person = later.kind.is_some() || later.tags.is_some() || later.language.is_some();
        bools(self.known, if person { Some(true) } else { later.known })
            && bools(self.shared, later.shared)
            && bools(self.open_order, later.open_order)
            && bools(self.shop_open, later.shop_open)
            && bools(self.verified, later.verified)
            && lists(&self.kind, &later.kind, PartialEq::eq)
            && lists(&self.tags, &later.tags, PartialEq::eq)
            && lists(&self.business_type, &later.business_type, PartialEq::eq)
            && lists(&self.channel, &later.channel, PartialEq::eq)
            && lists(&self.language, &later.language, |own, later| speaks(later, own))
            && lists(&self.prefix, &later.prefix, |own, later| {
                later.starts_with(own.as_str())
            })
    }
}

struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, path: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Problem::new(path, problem));
    }

    fn unless(&mut self, fits: bool, path: impl Into<String>, problem: &str) {
        if !fits {
            self.add(path, problem);
        }
    }

    fn name(&mut self, path: String, name: &str) {
        let fits = !name.trim().is_empty() && name.chars().count() <= LONGEST_NAME;
        self.unless(fits, path, "must be 1 to 100 characters");
    }

    fn queue(&mut self, path: String, queue: Option<&str>) {
        self.unless(
            queue.is_none_or(is_queue),
            path,
            "must be the ARN or id of a queue, or default",
        );
    }

    fn seconds(&mut self, path: &str, seconds: Option<i64>, (least, most): Bounds) {
        if seconds.is_some_and(|seconds| !(least..=most).contains(&seconds)) {
            self.add(format!("{path}.seconds"), format!("must be {least} to {most}"));
        }
    }
}

/// `places.office`; a name that is none is not repeated.
fn at(list: &str, name: &str) -> String {
    if is_name(name) {
        format!("{list}.{name}")
    } else {
        format!("{list}.?")
    }
}

fn kind(step: &Template) -> &'static str {
    match step {
        Template::Menu(_) => "menu",
        Template::External(_) => "external",
        Template::Queue(_) => "queue",
        Template::Message(_) => "message",
        Template::HangUp(_) => "hangUp",
    }
}
