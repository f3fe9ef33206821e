//! Who is calling, and of which class they are. Pure and total: whatever the directory and the rules hold, the caller
//! gets a class and a plan, and the order in which things were read does not matter.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use ringback_connect::phone::E164;
use ringback_connect::{CallerKind, CallerPoint, Channel};
use serde::Serialize;

use crate::answer::Reason;
use crate::model::{Order, Person, PersonKind, Shop};
use crate::plan::{Scene, Step, Words, is_name, is_queue, plan};
use crate::rules::{DEFAULT_PRIORITY, DEFAULT_QUEUE, Rule, Rules};
use crate::text::{clean, isolated, ssml};

/// The class of somebody nothing is known of; also what everything falls open to.
pub const UNKNOWN: &str = "unknown";

/// Characters of a name that are shown.
const NAME: usize = 100;
/// Characters of an order's title that are shown.
const TITLE: usize = 200;
/// Bytes of an id; a longer one is not shown, for a part of an id is another id.
const ID: usize = 128;
/// Characters of the line for the agent, and of what is whispered.
const SUMMARY: usize = 600;

/// The call, as far as rules ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// How the caller and the contact centre talk.
    pub channel: Channel,
    /// What was looked up; absent for a caller whom nothing names.
    pub point: Option<CallerPoint>,
    /// Whether that is the line's own number or Connect's customer id, not what somebody typed.
    pub verified: bool,
}

/// Whom of the people at a contact point, and which of the orders, the call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chosen<'a> {
    /// Who is calling.
    pub person: Option<&'a Person>,
    /// The open order that counts.
    pub order: Option<&'a Order>,
    /// Several people have this contact point and none of them stands out.
    pub shared: bool,
}

/// Chooses among what was read of a contact point.
///
/// - One person is the caller; their newest order counts, and so does one of the contact point itself.
/// - Of several people the one with an open order is the caller, if only one has any. Otherwise nobody is named,
///   and an order counts only if it is of the contact point and nobody else has one.
/// - Where no person is known, the newest order counts, unless the orders are of several customers.
///
/// An order of a customer who is not here counts for nobody else.
pub fn choose<'a>(people: &'a [Person], orders: &'a [Order]) -> Chosen<'a> {
    let mut by_id: BTreeMap<&str, &Person> = BTreeMap::new();
    for person in people {
        let known = by_id.entry(&person.customer_id).or_insert(person);
        let newer = person
            .version
            .cmp(&known.version)
            .then_with(|| tie(person, *known));
        if newer == Ordering::Greater {
            *known = person;
        }
    }
    let newest = |ours: &dyn Fn(Option<&str>) -> bool| {
        let ours = orders.iter().filter(|order| ours(order.customer_id.as_deref()));
        ours.max_by(|a, b| {
            let key = |order: &'a Order| (order.placed_at, &order.order_id, order.version);
            key(a).cmp(&key(b)).then_with(|| tie(*a, *b))
        })
    };
    let mut people = by_id.values().copied();
    match (people.next(), people.next()) {
        (None, _) => {
            let owner = orders.iter().find_map(|order| order.customer_id.as_deref());
            let mixed = orders
                .iter()
                .any(|order| order.customer_id.is_some() && order.customer_id.as_deref() != owner);
            Chosen {
                person: None,
                order: if mixed { None } else { newest(&|_| true) },
                shared: mixed,
            }
        }
        (Some(person), None) => Chosen {
            person: Some(person),
            order: newest(&|owner| owner.is_none_or(|owner| owner == person.customer_id)),
            shared: false,
        },
        (Some(_), Some(_)) => {
            let mut waiting = by_id.keys().filter_map(|id| newest(&|owner| owner == Some(*id)));
            match (waiting.next(), waiting.next()) {
                (Some(order), None) => Chosen {
                    person: order.customer_id.as_deref().and_then(|id| by_id.get(id).copied()),
                    order: Some(order),
                    shared: false,
                },
                (None, _) => Chosen {
                    person: None,
                    order: newest(&|owner| owner.is_none()),
                    shared: true,
                },
                (Some(_), Some(_)) => Chosen {
                    person: None,
                    order: None,
                    shared: true,
                },
            }
        }
    }
}

/// Two documents with the same id and version should not differ; if they do, their text decides, so that what is
/// chosen does not depend on which was read first.
fn tie<T: Serialize>(a: &T, b: &T) -> Ordering {
    let text = |document: &T| serde_json::to_string(document).unwrap_or_default();
    text(a).cmp(&text(b))
}

impl<'a> Chosen<'a> {
    /// The shop to read: of the order, else a partner's own.
    pub fn shop_id(&self) -> Option<&'a str> {
        let own = self.person.filter(|person| person.kind == PersonKind::Partner);
        let order = self.order.and_then(|order| order.shop_id.as_deref());
        order.or_else(|| own.and_then(|person| person.shop_id.as_deref()))
    }

    /// What an answer calls it.
    pub fn reason(&self) -> Reason {
        match (self.shared, self.person, self.order) {
            (true, _, _) => Reason::SharedNumber,
            (false, Some(_), _) => Reason::Person,
            (false, None, Some(_)) => Reason::Order,
            (false, None, None) => Reason::NotInDirectory,
        }
    }
}

/// What rules ask.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) chosen: &'a Chosen<'a>,
    pub(crate) shop: Option<&'a Shop>,
    pub(crate) shop_open: Option<bool>,
    pub(crate) call: &'a Call,
    pub(crate) verified: bool,
}

impl Facts<'_> {
    pub(crate) fn business_type(&self) -> Option<&String> {
        let order = self.chosen.order.and_then(|order| order.business_type.as_ref());
        order.or_else(|| self.shop.and_then(|shop| shop.business_type.as_ref()))
    }
}

/// The caller's class, what goes with it, and what may be told about them. Every text is cleaned and bounded.
#[derive(Clone, PartialEq, Eq)]
pub struct Classification {
    /// For example `active-order`.
    pub class: String,
    /// The rule that gave it; absent where a built-in rule did.
    pub rule: Option<String>,
    /// The operator's id of the person.
    pub customer_id: Option<String>,
    /// What the person is called.
    pub customer_name: Option<String>,
    /// The open order.
    pub order_id: Option<String>,
    /// What was ordered, in the operator's words.
    pub order_title: Option<String>,
    /// Who delivers it, or the partner's own shop; also if nothing is known of it.
    pub shop_id: Option<String>,
    /// What the shop is called.
    pub shop_name: Option<String>,
    /// Its number in E.164, whether it is open or not.
    pub shop_phone: Option<String>,
    /// Its chat channel.
    pub shop_channel: Option<String>,
    /// Whether it may be rung now; absent without hours that can be read.
    pub shop_open: Option<bool>,
    /// A language tag.
    pub language: Option<String>,
    /// 1 to 9, 1 is served first.
    pub priority: u8,
    /// ARN or id of a queue, or `default`.
    pub queue: String,
    /// Whether the caller is who they seem, as far as the line can say.
    pub verified: bool,
    /// One line for the agent's screen.
    pub summary: String,
    /// The same as SSML, for the agent's ear.
    pub whisper: String,
    /// One to six steps.
    pub plan: Vec<Step>,
}

/// Shows nothing of the caller.
impl std::fmt::Debug for Classification {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Classification")
            .field("class", &self.class)
            .field("rule", &self.rule)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

/// Classifies a caller. `shop` is what was read for [`Chosen::shop_id`], if it is there.
///
/// A caller who is not verified, because they typed a number in, hears no names: prompts that hold one fall back to
/// the step's own words, for anybody can type anybody's number.
pub fn classify(
    chosen: &Chosen<'_>,
    shop: Option<&Shop>,
    rules: &Rules,
    call: &Call,
    now: Timestamp,
) -> Classification {
    let shop_open = shop.and_then(|shop| Some(shop.hours.as_ref()?.is_open(now)));
    let verified = call.verified && call.point.is_some();
    let facts = Facts {
        chosen,
        shop,
        shop_open,
        call,
        verified,
    };
    let own = rules.first(&facts);
    let fallback = built_in_class(&facts);
    let class = own
        .map(|rule| rule.class.as_str())
        .filter(|class| is_name(class))
        .unwrap_or(fallback);

    let person = chosen.person;
    let order = chosen.order;
    let shop_phone = shop.and_then(|shop| E164::parse(shop.phone.as_deref()?).ok());
    let shop_phone = shop_phone.map(|number| number.as_str().to_owned());
    let language = own.and_then(|rule| tag(rule.language.as_deref()));
    let queue = own
        .and_then(|rule| rule.queue.as_deref())
        .filter(|queue| is_queue(queue))
        .unwrap_or(DEFAULT_QUEUE);
    let told = Told {
        customer_id: person.and_then(|person| id(&person.customer_id)),
        customer_name: person.and_then(|person| text(&person.name, NAME)),
        order_id: order.and_then(|order| id(&order.order_id)),
        order_title: order.and_then(|order| text(&order.title, TITLE)),
        shop_name: shop.and_then(|shop| text(&shop.name, NAME)),
    };
    let scene = Scene {
        places: &rules.places,
        shop_phone: shop_phone.clone().filter(|_| shop_open == Some(true)),
        queue,
        words: if verified { told.words() } else { Words::default() },
        now,
    };
    let templates = [
        own.and_then(|rule| rule.plan.as_deref()),
        Some(class),
        Some(fallback),
    ]
    .into_iter()
    .flatten()
    .find_map(|name| rules.plan(name));
    let plan = plan(templates.unwrap_or_default(), &scene);

    Classification {
        class: class.to_owned(),
        rule: own.and_then(|rule| text(&rule.name, NAME)),
        shop_id: shop
            .map(|shop| shop.shop_id.as_str())
            .or(chosen.shop_id())
            .and_then(id),
        shop_phone,
        shop_channel: shop.and_then(|shop| text(shop.channel.as_deref()?, NAME)),
        shop_open,
        language: language.or_else(|| tag(person?.language.as_deref())),
        priority: own.map_or(DEFAULT_PRIORITY, priority),
        queue: queue.to_owned(),
        verified,
        summary: told.summary(&facts),
        whisper: told.whisper(&facts),
        plan,
        customer_id: told.customer_id,
        customer_name: told.customer_name,
        order_id: told.order_id,
        order_title: told.order_title,
        shop_name: told.shop_name,
    }
}

fn built_in_class(facts: &Facts<'_>) -> &'static str {
    Rules::built_in()
        .first(facts)
        .map_or(UNKNOWN, |rule| rule.class.as_str())
}

fn priority(rule: &Rule) -> u8 {
    let priority = rule.priority.map(|priority| priority.clamp(1, 9));
    priority
        .and_then(|priority| u8::try_from(priority).ok())
        .unwrap_or(DEFAULT_PRIORITY)
}

fn text(text: &str, most: usize) -> Option<String> {
    Some(clean(text, most)).filter(|text| !text.is_empty())
}

fn id(id: &str) -> Option<String> {
    let whole = (1..=ID).contains(&id.len()) && clean(id, ID) == id;
    whole.then(|| id.to_owned())
}

fn tag(tag: Option<&str>) -> Option<String> {
    tag.filter(|tag| is_language(tag)).map(ToOwned::to_owned)
}

/// The form of BCP 47: subtags of one to eight letters and digits, the first of two to eight letters.
pub(crate) fn is_language(tag: &str) -> bool {
    let head = tag.split('-').next().unwrap_or_default();
    tag.len() <= 35
        && (2..=8).contains(&head.len())
        && head.bytes().all(|byte| byte.is_ascii_alphabetic())
        && tag.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// What is told of the caller, cleaned.
struct Told {
    customer_id: Option<String>,
    customer_name: Option<String>,
    order_id: Option<String>,
    order_title: Option<String>,
    shop_name: Option<String>,
}

impl Told {
    fn words(&self) -> Words<'_> {
        Words {
            customer_name: self.customer_name.as_deref(),
            order_id: self.order_id.as_deref(),
            shop_name: self.shop_name.as_deref(),
        }
    }

    fn summary(&self, facts: &Facts<'_>) -> String {
        let number = number(facts).map(|number| format!(" {}", number.masked()));
        self.tell(facts, &number.unwrap_or_default(), isolated)
    }

    /// The last digits are read one by one; a dot or an ellipsis would be read as a word.
    fn whisper(&self, facts: &Facts<'_>) -> String {
        let digits = number(facts).map(|number| {
            let tail = number.masked();
            let digits: Vec<String> = tail
                .chars()
                .filter(char::is_ascii_digit)
                .map(String::from)
                .collect();
            format!(", number ending in {}", digits.join(" "))
        });
        let said = self.tell(facts, &digits.unwrap_or_default(), ToOwned::to_owned);
        format!("<speak>{}</speak>", ssml(&said))
    }

    /// Who is calling, and about which order and shop.
    fn tell(&self, facts: &Facts<'_>, number: &str, name: fn(&str) -> String) -> String {
        let mut line = match (facts.chosen.person, &self.customer_name, &self.customer_id) {
            (Some(_), Some(called), _) => name(called),
            (Some(_), None, Some(id)) => format!("Customer {id}"),
            (Some(_), None, None) => "Known caller".to_owned(),
            (None, _, _) if facts.chosen.shared => format!("Caller with a shared number{number}"),
            (None, _, _) if facts.chosen.order.is_some() => format!("Caller{number}"),
            (None, _, _) => format!("Unknown caller{number}"),
        };
        let partner = facts
            .chosen
            .person
            .is_some_and(|person| person.kind == PersonKind::Partner);
        if partner {
            line.push_str(", partner");
        }
        if facts.chosen.order.is_some() {
            line.push_str(", order");
            if let Some(id) = &self.order_id {
                line.push(' ');
                line.push_str(id);
            }
            if let Some(title) = &self.order_title {
                line.push_str(&format!(" ({})", name(title)));
            }
        }
        if let Some(shop) = &self.shop_name {
            line.push_str(" at ");
            line.push_str(&name(shop));
        }
        if facts.chosen.person.is_some() && !facts.verified {
            line.push_str(", not verified");
        }
        // Its parts are bounded, so this cuts nothing off; it keeps the promise if somebody moves a bound.
        line.chars().take(SUMMARY).collect()
    }
}

fn number(facts: &Facts<'_>) -> Option<E164> {
    let point = facts.call.point.as_ref();
    let phone = point.filter(|point| point.kind() == CallerKind::Phone)?;
    E164::parse(phone.value()).ok()
}
