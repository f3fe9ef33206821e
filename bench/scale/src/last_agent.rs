//! `last-agent` against the contacts of a caller, and against the callers in the table.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use dynoxide::types::{AttributeValue, Item};
use jiff::{SignedDuration, Timestamp};
use last_agent::{App, Config};
use ringback_connect::ids::InstanceArn;
use ringback_connect::{CallerKey, CallerKind};
use ringback_contacts::{ContactStore, Facts, NEWEST};
use ringback_lambda::{Patience, Vars, emf_sink};
use ringback_local::centre::INSTANCE_ARN;
use ringback_local::dynamo::CONTACTS_TABLE;
use serde_json::{Value, json};

use crate::curve::{Curve, Drawing, Measure, median, short, within};
use crate::dynamo::{Dynamo, Sent, client};
use crate::{Size, say};

/// How many answers the requests to DynamoDB are counted over.
const COUNTED: u32 = 20;
/// The agent of a caller's newest contact.
const AGENT: &str = "agent-a";

/// A function over one table.
struct Place {
    app: App,
    store: ContactStore,
    sent: Sent,
    now: Timestamp,
    dynamo: Dynamo,
}

/// Who asks.
enum Who {
    /// A caller by number.
    Number(String),
    /// Any of so many customers.
    AnyOf(u64),
}

/// A point of a curve, with what was measured in each round.
struct Point {
    x: f64,
    place: usize,
    who: Who,
    p50: Vec<f64>,
    p99: Vec<f64>,
    query: Vec<f64>,
    requests: f64,
}

impl Place {
    async fn new() -> Result<Self> {
        let dynamo = Dynamo::start().await?;
        let vars = [
            ("CONTACTS_TABLE", CONTACTS_TABLE),
            ("SEARCH_CONTACTS", "off"),
            // The longest ones, so that a slow machine is measured and not cut off; and offers are counted, but never so
            // many that there is none.
            ("ANSWER_BUDGET_MS", "7500"),
            ("ATTEMPT_TIMEOUT_MS", "2000"),
            ("STICKY_PER_AGENT_AND_HOUR", "100000"),
            ("STICKY_PER_CALLER_AND_DAY", "100000"),
        ];
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let config = Config::from_vars(&Vars::from(HashMap::from(vars)))?;
        let sdk = dynamo
            .sdk(Patience::Caller {
                attempt: config.attempt_timeout,
            })
            .await;
        let sent = Sent::default();
        let client = client(&sdk, &sent);
        let store = ContactStore::new(client.clone(), CONTACTS_TABLE.to_owned(), config.retention);
        let connect = aws_sdk_connect::Client::new(&sdk);
        let app = App::new(config, client, connect, emf_sink(std::io::sink()));
        Ok(Self {
            app,
            store,
            sent,
            now: Timestamp::now(),
            dynamo,
        })
    }

    /// Puts contacts into the table; how long it took.
    fn fill(&self, contacts: impl Iterator<Item = Contact>) -> Result<Duration> {
        let begun = Instant::now();
        let items = contacts.map(|contact| contact.item(self.now));
        self.dynamo.fill(CONTACTS_TABLE, items)?;
        Ok(begun.elapsed())
    }

    async fn answer(&self, event: &Value) -> Result<Duration> {
        let begun = Instant::now();
        let answer = self.app.answer(event, self.now, None).await;
        let took = begun.elapsed();
        ensure!(
            answer.get("agentId") == Some(&json!(AGENT)),
            "the answer is not the one that is right: {answer}"
        );
        Ok(took)
    }

    async fn query(&self, key: &CallerKey) -> Result<Duration> {
        let begun = Instant::now();
        let since = self.now - SignedDuration::from_hours(7 * 24);
        let known = self.store.by_caller(key, since).await?;
        ensure!(!known.is_empty(), "a caller is not in the index");
        Ok(begun.elapsed())
    }
}

/// A contact that was.
struct Contact {
    key: String,
    id: String,
    agent: &'static str,
    /// How many seconds ago.
    ago: i64,
}

impl Contact {
    fn item(&self, now: Timestamp) -> Item {
        let connected = now - SignedDuration::from_secs(self.ago);
        let facts = Facts {
            agent: Some(format!("{INSTANCE_ARN}/agent/{}", self.agent)),
            queue: Some(format!("{INSTANCE_ARN}/queue/orders")),
            connected_at: Some(connected),
            ended_at: Some(connected + SignedDuration::from_secs(180)),
            ..Facts::default()
        };
        let facts = serde_json::to_value(&facts).unwrap_or_default();
        let facts = facts.as_object().into_iter().flatten();
        let facts = facts
            .filter_map(|(name, value)| Some((name.clone(), text(value.as_str()?))))
            .collect();
        HashMap::from([
            ("id".to_owned(), text(&format!("contact#{}", self.id))),
            ("caller".to_owned(), text(&self.key)),
            (
                "agentAt".to_owned(),
                text(&connected.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ),
            (format!("connected#{}", self.id), AttributeValue::M(facts)),
        ])
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn key(kind: CallerKind, value: &str) -> Result<CallerKey> {
    Ok(CallerKey::new(InstanceArn::parse(INSTANCE_ARN)?.id, kind, value)?)
}

impl Who {
    /// Whoever it is the nth time.
    fn nth(&self, nth: u64) -> (CallerKind, String) {
        match self {
            Self::Number(number) => (CallerKind::Phone, number.clone()),
            // A prime: all of them come, far from each other.
            Self::AnyOf(many) => (
                CallerKind::Customer,
                format!("c-{}", nth.wrapping_mul(7_368_787) % many),
            ),
        }
    }

    /// What a flow sends of a new contact of theirs.
    fn event(&self, nth: u64) -> Value {
        let id = format!("00000000-0000-4000-8000-{nth:012x}");
        let (kind, name) = self.nth(nth);
        let endpoint = match kind {
            CallerKind::Phone => json!({"Address": name, "Type": "TELEPHONE_NUMBER"}),
            _ => Value::Null,
        };
        json!({
            "Details": {
                "ContactData": {
                    "Attributes": {},
                    "AwsRegion": "eu-west-2",
                    "Channel": "VOICE",
                    "ContactId": id,
                    "CustomerEndpoint": endpoint,
                    "CustomerId": (kind == CallerKind::Customer).then_some(name),
                    "InitialContactId": id,
                    "InitiationMethod": "INBOUND",
                    "InstanceARN": INSTANCE_ARN,
                    "PreviousContactId": id,
                    "Queue": null,
                    "SystemEndpoint": {"Address": "+14155550199", "Type": "TELEPHONE_NUMBER"},
                },
                "Parameters": {},
            },
            "Name": "ContactFlowEvent",
        })
    }
}

impl Point {
    fn new(x: f64, place: usize, who: Who) -> Self {
        Self {
            x,
            place,
            who,
            p50: Vec::new(),
            p99: Vec::new(),
            query: Vec::new(),
            requests: 0.0,
        }
    }

    async fn round(&mut self, place: &Place, ids: &mut u64, calls: u32) -> Result<()> {
        let mut times = Vec::new();
        for _ in 0..calls {
            *ids += 1;
            times.push(place.answer(&self.who.event(*ids)).await?);
        }
        self.p50.push(within(&mut times, 50) * 1e3);
        self.p99.push(within(&mut times, 99) * 1e3);
        let mut times = Vec::new();
        for nth in 0..u64::from(calls / 4) {
            let (kind, name) = self.who.nth(*ids + nth);
            times.push(place.query(&key(kind, &name)?).await?);
        }
        self.query.push(within(&mut times, 50) * 1e3);
        Ok(())
    }

    async fn count(&mut self, place: &Place, ids: &mut u64) -> Result<String> {
        place.sent.take();
        for _ in 0..COUNTED {
            *ids += 1;
            place.answer(&self.who.event(*ids)).await?;
        }
        let sent = place.sent.take();
        self.requests = f64::from(sent.values().sum::<u32>()) / f64::from(COUNTED);
        let each: Vec<_> = sent
            .iter()
            .map(|(name, times)| format!("{} {name}", times / COUNTED))
            .collect();
        Ok(each.join(" and "))
    }
}

/// Measures all points, round by round.
async fn measure(places: &[Place], points: &mut [Point], size: Size) -> Result<String> {
    let (rounds, calls) = size.of((2, 40), (5, 1000), (5, 1000));
    let mut ids = 0;
    for round in 0..=rounds {
        for point in &mut *points {
            let Some(place) = places.get(point.place) else {
                continue;
            };
            if round == 0 {
                // A warm function is measured: connections are open, and nothing happens for the first time.
                point.round(place, &mut ids, 20).await?;
                (point.p50, point.p99, point.query) = Default::default();
            } else {
                point.round(place, &mut ids, calls).await?;
            }
        }
    }
    let mut requests = Vec::new();
    for point in &mut *points {
        if let Some(place) = places.get(point.place) {
            requests.push(point.count(place, &mut ids).await?);
        }
    }
    requests.dedup();
    ensure!(
        requests.len() == 1,
        "the requests to DynamoDB are not as many everywhere: {requests:?}"
    );
    Ok(format!(
        "{} rounds over all points in turn, {calls} answers of each point in a round; the medians of the rounds. \
         Every answer, whatever the point: {}.",
        rounds,
        requests.concat()
    ))
}

fn measures(points: &[Point], from: f64) -> Vec<Measure> {
    let of = |name, values: fn(&Point) -> &Vec<f64>, growth_from| {
        let points = points
            .iter()
            .map(|point| (point.x, median(values(point))))
            .collect();
        Measure {
            name,
            unit: "ms",
            points,
            growth_from,
        }
    };
    let requests = points.iter().map(|point| (point.x, point.requests)).collect();
    vec![
        of("p50", |point| &point.p50, Some(from)),
        of("p99", |point| &point.p99, Some(from)),
        of("p50 of the Query alone", |point| &point.query, Some(from)),
        Measure {
            name: "requests to DynamoDB",
            unit: "",
            points: requests,
            growth_from: Some(1.0),
        },
    ]
}

const ABOUT: &str = "In this process, through `App::answer`, with the AWS SDK over loopback HTTP to the embedded \
    DynamoDB (SQLite in memory), which works on the same cores. Logs go nowhere. `SearchContacts` is off, and offers are counted.";

/// Against 1 to 100 000 contacts of one caller, all callers in one table.
pub(crate) async fn contacts(size: Size) -> Result<Curve> {
    let most = size.of(1_000, 100_000, 100_000);
    let sizes = (0..)
        .map(|power| 10_i64.pow(power))
        .take_while(|many| *many <= most);
    let place = Place::new().await?;
    let (mut points, mut items, mut took) = (Vec::new(), 0, Duration::ZERO);
    for (nth, many) in sizes.enumerate() {
        let number = format!("+141555501{:02}", nth + 1);
        let key = key(CallerKind::Phone, &number)?.index_key();
        took += place.fill((0..many).map(|contact| Contact {
            key: key.clone(),
            id: format!("c-{many}-{contact}"),
            agent: if contact == 0 { AGENT } else { "agent-b" },
            ago: 3600 + contact,
        }))?;
        items += many;
        points.push(Point::new(
            f64::from(i32::try_from(many)?),
            0,
            Who::Number(number),
        ));
    }
    say(&format!(
        "last-agent: {items} contacts loaded in {:.1} s",
        took.as_secs_f64()
    ));
    let how = measure(&[place], &mut points, size).await?;
    Ok(Curve {
        title: "`last-agent` against the contacts of its caller",
        x: "contacts of the caller",
        about: format!(
            "{ABOUT}\nAll callers are in one table of {} contacts, loaded in {:.1} s.\n{how}\nA lookup reads the newest \
             {NEWEST} contacts at most, so growth is named from there on.",
            short(f64::from(i32::try_from(items)?)),
            took.as_secs_f64()
        ),
        measures: measures(&points, f64::from(NEWEST)),
        drawings: vec![Drawing::linear(
            "last-agent-contacts",
            "last-agent, warm, against the contacts of its caller",
            "ms",
            &["p50", "p99", "p50 of the Query alone"],
        )],
    })
}

/// Against 1 to 1 000 000 callers in the table, each with a contact.
pub(crate) async fn callers(size: Size) -> Result<Curve> {
    let most = size.of(1_000, 100_000, 1_000_000);
    let sizes = (0..)
        .map(|power| 10_u64.pow(power))
        .take_while(|many| *many <= most);
    let (mut places, mut points, mut loads) = (Vec::new(), Vec::new(), Vec::new());
    for (nth, many) in sizes.enumerate() {
        let place = Place::new().await?;
        let prefix = key(CallerKind::Customer, "c-")?.index_key();
        let took = place.fill((0..many).map(|caller| Contact {
            key: format!("{prefix}{caller}"),
            id: format!("c-{caller}"),
            agent: AGENT,
            ago: 3600 + i64::try_from(caller % 86_400).unwrap_or_default(),
        }))?;
        say(&format!(
            "last-agent: {many} callers loaded in {:.1} s",
            took.as_secs_f64()
        ));
        let x = f64::from(u32::try_from(many)?);
        loads.push((x, x / took.as_secs_f64()));
        places.push(place);
        points.push(Point::new(x, nth, Who::AnyOf(many)));
    }
    let how = measure(&places, &mut points, size).await?;
    let mut measures = measures(&points, 1.0);
    measures.push(Measure {
        name: "loaded",
        unit: "items/s",
        points: loads,
        growth_from: None,
    });
    Ok(Curve {
        title: "`last-agent` against the callers in the table",
        x: "callers in the table",
        about: format!(
            "{ABOUT}\nA table for each point, every caller with one contact; all over the table ask, one after another.\n{how}"
        ),
        measures,
        drawings: vec![Drawing::linear(
            "last-agent-callers",
            "last-agent, warm, against the callers in the table",
            "ms",
            &["p50", "p99", "p50 of the Query alone"],
        )],
    })
}
