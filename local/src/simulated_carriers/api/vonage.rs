//! Vonage: an NCCO in the request says whom to connect the agent with.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, End, Leg, Moment, Party, ours};
use super::shape::{Order, Post, Said, Shape, Want, number_in, uuid};
use crate::simulated_carriers::media::hosts::Asked;

pub(super) struct Vonage;

impl Shape for Vonage {
    fn code(&self) -> &'static str {
        "vg"
    }

    fn want(&self, asked: &Asked) -> Option<Want> {
        let rest = asked.path.strip_prefix("/v1/calls")?;
        let call = |id: &str| number_in(id).unwrap_or_default() / 2;
        let id = rest.trim_matches('/');
        Some(match (asked.method.as_str(), id) {
            ("POST", "") => {
                order(&asked.json()?).map_or(Want::Nonsense, |order| Want::Place(Box::new(order)))
            }
            // The id of a conversation is the call's own number.
            ("GET", "") => Want::Inquire(
                asked
                    .parameter("conversation_uuid")
                    .and_then(number_in)
                    .unwrap_or_default(),
            ),
            ("GET", id) => Want::Inquire(call(id)),
            ("PUT", id) if asked.json()?.get("action").and_then(Value::as_str) == Some("hangup") => {
                Want::HangUp(call(id))
            }
            _ => Want::Nonsense,
        })
    }

    fn accepted(&self, call: &Call) -> Said {
        Said::json(
            201,
            &json!({
                "uuid": uuid(call.leg_number(Party::Agent)),
                "status": "started",
                "direction": "outbound",
                "conversation_uuid": conversation(call),
            }),
        )
    }

    fn refused(&self, status: u16) -> Said {
        let problem = match status {
            401 => json!({"type": "UNAUTHORIZED", "error_title": "made up"}),
            404 => json!({"type": "NOT_FOUND", "error_title": "made up"}),
            429 => json!({"type": "https://developer.nexmo.com/api-errors#throttled", "title": "made up"}),
            _ => {
                json!({"type": "https://developer.nexmo.com/api-errors", "title": "made up", "detail": "made up"})
            }
        };
        Said::json(status, &problem)
    }

    fn error_inside(&self) -> Said {
        Said::json(
            200,
            &json!({"type": "UNSUPPORTED_TYPE", "error_title": "made up"}),
        )
    }

    fn became(&self, call: &Call, asked: &Asked) -> Said {
        if asked.parameter("conversation_uuid").is_some() {
            let legs = [Party::Agent, Party::Customer].into_iter();
            let calls: Vec<_> = legs
                .filter(|party| call.leg(*party).is_some_and(|leg| leg.dialled.is_some()))
                .map(|party| resource(call, party))
                .collect();
            let found = json!({"count": calls.len(), "page_size": 10, "record_index": 0, "_embedded": {"calls": calls}});
            return Said::json(200, &found);
        }
        let customer = asked.path.ends_with(&uuid(call.leg_number(Party::Customer)));
        let party = if customer { Party::Customer } else { Party::Agent };
        Said::json(200, &resource(call, party))
    }

    fn hung_up(&self, _call: &Call) -> Said {
        Said {
            status: 204,
            content_type: "application/json",
            body: String::new(),
        }
    }

    fn tell(&self, call: &Call, moment: Moment) -> Vec<Post> {
        match moment {
            Moment::Dialled(party)
            | Moment::Ringing(party)
            | Moment::Answered(party)
            | Moment::Ended(party) => {
                vec![step(call, party)]
            }
            Moment::Afterwards if call.is_recorded() => {
                vec![recording(call)]
            }
            Moment::Bridged | Moment::Afterwards => Vec::new(),
        }
    }
}

fn order(body: &Value) -> Option<Order> {
    let number = |path: &str| Some(format!("+{}", body.pointer(path)?.as_str()?));
    let actions = body.get("ncco")?.as_array()?;
    let action = |wanted: &str| {
        let named = |action: &&Value| action.get("action").and_then(Value::as_str) == Some(wanted);
        actions.iter().find(named)
    };
    let connect = action("connect")?;
    let of_connect = |path: &str| Some(format!("+{}", connect.pointer(path)?.as_str()?));
    let events_url = body.pointer("/event_url/0")?.as_str()?.to_owned();
    Some(Order {
        agent: Leg {
            number: number("/to/0/number")?,
            shown: number("/from/number")?,
            ..Leg::default()
        },
        customer: Some(Leg {
            number: of_connect("/endpoint/0/number")?,
            shown: of_connect("/from")?,
            recorded: action("record").is_some(),
            ..Leg::default()
        }),
        ours: ours(&events_url)?,
        events_url,
    })
}

fn conversation(call: &Call) -> String {
    format!("CON-{}", uuid(call.number))
}

fn digits(number: &str) -> &str {
    number.trim_start_matches('+')
}

fn at(at: Option<Timestamp>) -> Option<String> {
    Some(at?.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

fn status(leg: &Leg) -> &'static str {
    match leg.ended {
        Some((_, End::Over)) if leg.answered.is_some() => "completed",
        Some((_, End::Busy)) => "busy",
        Some((_, End::NoAnswer)) => "timeout",
        Some((_, End::Over | End::Cancelled)) => "cancelled",
        None if leg.answered.is_some() => "answered",
        None if leg.ringing.is_some() => "ringing",
        None => "started",
    }
}

/// A leg as the API shows it.
fn resource(call: &Call, party: Party) -> Value {
    let leg = call.leg(party).cloned().unwrap_or_default();
    let ended = leg.ended.map(|(at, _)| at);
    json!({
        "uuid": uuid(call.leg_number(party)),
        "conversation_uuid": conversation(call),
        "status": status(&leg),
        "direction": "outbound",
        "to": {"type": "phone", "number": digits(&leg.number)},
        "from": {"type": "phone", "number": digits(&leg.shown)},
        "start_time": at(leg.answered),
        "end_time": at(ended),
        "duration": ended.map(|_| leg.seconds().to_string()),
        "rate": "0.01270000",
        "price": "0.01270000",
        "network": "US-FIXED",
    })
}

fn step(call: &Call, party: Party) -> Post {
    let leg = call.leg(party).cloned().unwrap_or_default();
    let status = status(&leg);
    let now = leg.ended.map(|(at, _)| at);
    let now = now.or(leg.answered).or(leg.ringing).or(leg.dialled);
    let mut body = json!({
        "from": digits(&leg.shown),
        "to": digits(&leg.number),
        "uuid": uuid(call.leg_number(party)),
        "conversation_uuid": conversation(call),
        "status": status,
        "direction": "outbound",
        "timestamp": at(now),
    });
    let more = match status {
        "answered" => json!({"start_time": null, "rate": null, "network": null}),
        "completed" => json!({
            "start_time": at(leg.answered),
            "end_time": at(now),
            "duration": leg.seconds().to_string(),
            "rate": "0.01270000",
            "price": "0.01270000",
            "network": "US-FIXED",
        }),
        _ => json!({}),
    };
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    Post::json(&body)
}

fn recording(call: &Call) -> Post {
    let leg = call.customer.clone().unwrap_or_default();
    let (id, ended) = (uuid(call.number), leg.ended.map(|(at, _)| at));
    Post::json(&json!({
        "start_time": at(leg.answered),
        "recording_url": format!("https://api.nexmo.com/v1/files/{id}"),
        "size": 232_000,
        "recording_uuid": id,
        "end_time": at(ended),
        "conversation_uuid": conversation(call),
        "timestamp": at(ended),
    }))
}
