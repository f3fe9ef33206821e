//! Bandwidth: it asks for a document when the agent has answered.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, End, Leg, Moment, Party, ours};
use super::shape::{Order, Post, Said, Shape, Want, number_in, uuid};
use super::xml;
use crate::simulated_carriers::media::hosts::Asked;

pub(super) struct Bandwidth;

/// The sample account.
const ACCOUNT: &str = "1000001";

impl Shape for Bandwidth {
    fn code(&self) -> &'static str {
        "bw"
    }

    fn want(&self, asked: &Asked) -> Option<Want> {
        let rest = asked.path.strip_prefix("/api/v2/accounts/")?;
        let (_, what) = rest.split_once('/')?;
        let id = what.strip_prefix("calls")?.trim_matches('/');
        if id.contains('/') {
            return None;
        }
        let call = |id: &str| number_in(id).unwrap_or_default() / 2;
        Some(match (asked.method.as_str(), id) {
            ("POST", "") => {
                order(&asked.json()?).map_or(Want::Nonsense, |order| Want::Place(Box::new(order)))
            }
            ("GET", "") => Want::InquireAll,
            ("GET", id) => Want::Inquire(call(id)),
            ("POST", id) if asked.json()?.get("state").and_then(Value::as_str) == Some("completed") => {
                Want::HangUp(call(id))
            }
            _ => Want::Nonsense,
        })
    }

    fn accepted(&self, call: &Call) -> Said {
        Said::json(201, &resource(call, Party::Agent))
    }

    fn refused(&self, status: u16) -> Said {
        let kind = match status {
            400 => "validation",
            401 => "authentication",
            403 => "authorization",
            404 => "not-found",
            429 => "rate-limit",
            _ => "internal",
        };
        Said::json(
            status,
            &json!({"id": uuid(0), "type": kind, "description": "made up"}),
        )
    }

    fn error_inside(&self) -> Said {
        Said {
            status: 200,
            ..self.refused(400)
        }
    }

    fn became(&self, call: &Call, asked: &Asked) -> Said {
        let customer = asked.path.ends_with(&id(call, Party::Customer));
        let party = if customer { Party::Customer } else { Party::Agent };
        Said::json(200, &resource(call, party))
    }

    fn all(&self, calls: &[Call], asked: &Asked) -> Said {
        let to = asked.parameter("to");
        let legs = calls.iter().flat_map(|call| {
            let both = [Party::Agent, Party::Customer].map(|party| (call, party));
            both.into_iter()
        });
        let found: Vec<_> = legs
            .filter(|(call, party)| {
                let leg = call.leg(*party).filter(|leg| leg.dialled.is_some());
                leg.is_some_and(|leg| to.is_none_or(|to| leg.number == to))
            })
            .map(|(call, party)| resource(call, party))
            .collect();
        Said::json(200, &json!(found))
    }

    fn hung_up(&self, _call: &Call) -> Said {
        Said {
            status: 200,
            content_type: "application/json",
            body: String::new(),
        }
    }

    fn tell(&self, call: &Call, moment: Moment) -> Vec<Post> {
        let customer = call.customer.as_ref();
        match moment {
            Moment::Answered(Party::Customer) => {
                vec![post(
                    call,
                    Party::Customer,
                    "transferAnswer",
                    customer.and_then(|leg| leg.answered),
                )]
            }
            Moment::Ended(Party::Customer) => {
                let ended = customer.and_then(|leg| leg.ended).map(|(at, _)| at);
                vec![
                    post(call, Party::Customer, "transferDisconnect", ended),
                    post(call, Party::Agent, "transferComplete", ended),
                ]
            }
            Moment::Ended(Party::Agent) => {
                let ended = call.agent.ended.map(|(at, _)| at);
                vec![post(call, Party::Agent, "disconnect", ended)]
            }
            Moment::Afterwards if call.is_recorded() => {
                let ended = customer.and_then(|leg| leg.ended).map(|(at, _)| at);
                vec![post(call, Party::Agent, "recordingAvailable", ended)]
            }
            // That the agent has answered it tells with its question.
            Moment::Dialled(_)
            | Moment::Ringing(_)
            | Moment::Answered(Party::Agent)
            | Moment::Bridged
            | Moment::Afterwards => Vec::new(),
        }
    }

    fn question(&self, call: &Call) -> Option<Post> {
        Some(post(call, Party::Agent, "answer", call.agent.answered))
    }

    fn connect(&self, document: &str) -> Option<Leg> {
        let transfer = xml::first(document, "Transfer")?;
        let number = xml::first(document, "PhoneNumber")?;
        Some(Leg {
            number: number.text.trim().to_owned(),
            shown: transfer.attribute("transferCallerId")?.to_owned(),
            recorded: xml::first(document, "StartRecording").is_some(),
            ..Leg::default()
        })
    }
}

fn order(body: &Value) -> Option<Order> {
    let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
    // Without these Bandwidth does not know whose call it is, and has nothing to prove itself with.
    for name in ["applicationId", "username", "password"] {
        text(name)?;
    }
    let events_url = text("answerUrl")?;
    Some(Order {
        agent: Leg {
            number: text("to")?,
            shown: text("from")?,
            echo: text("tag").unwrap_or_default(),
            ..Leg::default()
        },
        ours: ours(&events_url)?,
        events_url,
        ..Order::default()
    })
}

fn id(call: &Call, party: Party) -> String {
    format!("c-{}", uuid(call.leg_number(party)))
}

fn url(call: &Call, party: Party) -> String {
    format!(
        "https://voice.bandwidth.com/api/v2/accounts/{ACCOUNT}/calls/{}",
        id(call, party)
    )
}

fn at(at: Option<Timestamp>) -> Option<String> {
    Some(at?.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

fn cause(leg: &Leg) -> Option<&'static str> {
    Some(match leg.ended?.1 {
        End::Busy => "busy",
        End::NoAnswer => "timeout",
        End::Cancelled => "cancel",
        End::Over => "hangup",
    })
}

/// A call as the API shows it.
fn resource(call: &Call, party: Party) -> Value {
    let leg = call.leg(party).cloned().unwrap_or_default();
    let state = match (leg.ended, leg.answered) {
        (Some(_), _) => "disconnected",
        (None, Some(_)) => "answered",
        (None, None) => "initiated",
    };
    let mut resource = json!({
        "accountId": ACCOUNT,
        "applicationId": "00000000-0000-4000-8000-0000000000aa",
        "callId": id(call, party),
        "callUrl": url(call, party),
        "from": leg.shown,
        "to": leg.number,
        "direction": "outbound",
        "state": state,
        "tag": call.agent.echo,
        "startTime": at(leg.dialled),
        "enqueuedTime": at(leg.dialled),
        "answerTime": at(leg.answered),
        "endTime": at(leg.ended.map(|(at, _)| at)),
        "disconnectCause": cause(&leg),
        "lastUpdate": at(Some(Timestamp::now())),
    });
    if let (Party::Customer, Some(resource)) = (party, resource.as_object_mut()) {
        resource.insert("parentCallId".to_owned(), json!(id(call, Party::Agent)));
    }
    resource
}

fn post(call: &Call, party: Party, kind: &str, now: Option<Timestamp>) -> Post {
    let leg = call.leg(party).cloned().unwrap_or_default();
    let customer = call.customer.clone().unwrap_or_default();
    let mut body = json!({
        "eventType": kind,
        "eventTime": at(now),
        "accountId": ACCOUNT,
        "applicationId": "00000000-0000-4000-8000-0000000000aa",
        "from": call.agent.shown,
        "to": call.agent.number,
        "direction": "outbound",
        "callId": id(call, party),
        "callUrl": url(call, party),
        "startTime": at(leg.dialled),
        "tag": call.agent.echo,
    });
    let mut set = |name: &str, value: Value| {
        if let Some(body) = body.as_object_mut()
            && !value.is_null()
        {
            body.insert(name.to_owned(), value);
        }
    };
    set("answerTime", json!(at(leg.answered)));
    if kind.starts_with("transfer") {
        set("transferCallerId", json!(customer.shown));
        set("transferTo", json!(customer.number));
    }
    if party == Party::Customer {
        set("parentCallId", json!(id(call, Party::Agent)));
    }
    match kind {
        "transferComplete" => set("cause", json!(cause(&customer))),
        "disconnect" | "transferDisconnect" => {
            set("endTime", json!(at(now)));
            set("cause", json!(cause(&leg)));
            if cause(&leg) == Some("busy") {
                set("sipResponseCode", json!("486"));
            }
        }
        "recordingAvailable" => {
            let recording = format!("r-{}", uuid(call.number));
            set("endTime", json!(at(now)));
            set(
                "mediaUrl",
                json!(format!("{}/recordings/{recording}/media", url(call, party))),
            );
            set("recordingId", json!(recording));
            set("duration", json!(format!("PT{}S", customer.seconds())));
            set("fileFormat", json!("mp3"));
            set("channels", json!(2));
            set("status", json!("complete"));
        }
        _ => {}
    }
    Post::json(&body)
}
