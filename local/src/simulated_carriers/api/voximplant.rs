//! Voximplant, with the scenario of `infra/voximplant/callback.js`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, End, Leg, Moment, Party};
use super::shape::{Order, Post, Said, Shape, Want, number_in, uuid};
use crate::simulated_carriers::media::hosts::Asked;

pub(super) struct Voximplant;

/// Where a session takes requests.
const SESSION: &str = "/request";
const SESSIONS: &str = "sample-session.voximplant.com";

impl Shape for Voximplant {
    fn code(&self) -> &'static str {
        "vx"
    }

    fn want(&self, asked: &Asked) -> Option<Want> {
        if asked.host == SESSIONS && asked.path == SESSION {
            let session = asked.parameter("session").and_then(number_in);
            return Some(Want::HangUp(session.unwrap_or_default()));
        }
        let rest = asked.path.strip_prefix("/platform_api")?;
        let said = |name: &str| {
            asked
                .field(name)
                .or_else(|| asked.parameter(name).map(str::to_owned))
        };
        let command = match rest.trim_matches('/') {
            "" => said("cmd")?,
            command => command.to_owned(),
        };
        match command.as_str() {
            "StartScenarios" => {
                said("rule_id")?;
                let data = said("script_custom_data")?;
                Some(order(&data).map_or(Want::Nonsense, |order| Want::Place(Box::new(order))))
            }
            "GetCallHistory" => Some(match said("call_session_history_id") {
                Some(id) => Want::Inquire(id.parse().unwrap_or_default()),
                None => Want::InquireAll,
            }),
            _ => None,
        }
    }

    fn accepted(&self, call: &Call) -> Said {
        let control = format!("https://{SESSIONS}{SESSION}?session={}", uuid(call.number));
        Said::json(
            200,
            &json!({
                "result": 1,
                "media_session_access_url": control,
                "media_session_access_secure_url": control,
                "call_session_history_id": call.number,
            }),
        )
    }

    /// Its codes are in no list, so only the status is one that anybody may rely on.
    fn refused(&self, status: u16) -> Said {
        let code = match status {
            401 => 100,
            403 => 127,
            404 => 111,
            400 => 121,
            429 => 429,
            _ => 0,
        };
        Said::json(status, &json!({"error": {"code": code, "msg": "made up"}}))
    }

    fn error_inside(&self) -> Said {
        Said::json(200, &json!({"error": {"code": 429, "msg": "made up"}}))
    }

    fn became(&self, call: &Call, _asked: &Asked) -> Said {
        Said::json(
            200,
            &json!({"result": [session(call)], "count": 1, "total_count": 1}),
        )
    }

    fn all(&self, calls: &[Call], _asked: &Asked) -> Said {
        let sessions: Vec<_> = calls.iter().map(session).collect();
        let count = sessions.len();
        Said::json(
            200,
            &json!({"result": sessions, "count": count, "total_count": count}),
        )
    }

    fn hung_up(&self, _call: &Call) -> Said {
        Said {
            status: 200,
            content_type: "text/plain",
            body: String::new(),
        }
    }

    fn tell(&self, call: &Call, moment: Moment) -> Vec<Post> {
        let leg = |party| call.leg(party).cloned().unwrap_or_default();
        match moment {
            Moment::Dialled(party) => {
                let dialled = notice(
                    call,
                    party,
                    "dialled",
                    leg(party).dialled,
                    1,
                    json!({"number": leg(party).number}),
                );
                match party {
                    Party::Agent => vec![whole(call, "started", leg(party).dialled, 0), dialled],
                    Party::Customer => vec![dialled],
                }
            }
            Moment::Ringing(party) => vec![notice(call, party, "ringing", leg(party).ringing, 2, json!({}))],
            Moment::Answered(party) => {
                vec![notice(call, party, "answered", leg(party).answered, 3, json!({}))]
            }
            Moment::Ended(party) => vec![ended(call, party)],
            Moment::Afterwards => {
                let recording = call.is_recorded().then(|| recording(call));
                let closed = whole(call, "closed", Some(Timestamp::now()), 21);
                recording.into_iter().chain([closed]).collect()
            }
            Moment::Bridged => Vec::new(),
        }
    }
}

fn order(data: &str) -> Option<Order> {
    let data: Value = serde_json::from_str(data).ok()?;
    let text = |name: &str| data.get(name)?.as_str().map(str::to_owned);
    let leg = |number: &str, shown: &str| {
        Some(Leg {
            number: text(number)?,
            shown: text(shown)?,
            recorded: data.get("record").and_then(Value::as_bool).unwrap_or_default(),
            ..Leg::default()
        })
    };
    Some(Order {
        agent: Leg {
            echo: data.to_string(),
            ..leg("a", "a_shown")?
        },
        customer: Some(leg("b", "b_shown")?),
        events_url: text("url")?,
        ours: text("call_id")?,
    })
}

fn at(at: Option<Timestamp>) -> Option<String> {
    Some(at?.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string())
}

fn in_history(at: Option<Timestamp>) -> Option<String> {
    Some(at?.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// How the scenario says that a leg ended.
fn code(leg: &Leg) -> (u32, &'static str) {
    match leg.ended.map(|(_, how)| how) {
        Some(End::Busy) => (486, "Busy Here"),
        Some(End::NoAnswer) => (408, "Ring timeout"),
        Some(End::Cancelled) => (487, "Request Terminated"),
        Some(End::Over) | None => (200, "Normal call clearing"),
    }
}

fn body(call: &Call, event: &str, now: Option<Timestamp>, sequence: u64) -> Value {
    json!({
        "v": 1,
        "call_id": call.ours,
        "session_id": call.number.to_string(),
        "seq": sequence,
        "event": event,
        "ts": at(now),
    })
}

fn whole(call: &Call, event: &str, now: Option<Timestamp>, sequence: u64) -> Post {
    let mut body = body(call, event, now, sequence);
    if let (true, Some(body)) = (event == "closed", body.as_object_mut()) {
        body.insert(
            "reason".to_owned(),
            json!(if call.hang_up { "stopped" } else { "legs" }),
        );
    }
    Post::json(&body)
}

fn recording(call: &Call) -> Post {
    let seconds = call.customer.as_ref().map_or(0, Leg::seconds);
    let mut body = body(call, "recording_ready", Some(Timestamp::now()), 20);
    if let Some(body) = body.as_object_mut() {
        let url = format!(
            "https://storage-gw-com-02.voximplant.com/voximplant-records-secure/{}.mp3",
            call.number
        );
        body.insert("record_url".to_owned(), json!(url));
        body.insert("duration".to_owned(), json!(seconds));
    }
    Post::json(&body)
}

fn notice(call: &Call, party: Party, what: &str, now: Option<Timestamp>, step: u64, more: Value) -> Post {
    let (letter, name, first) = match party {
        Party::Agent => ("A", "a", 0),
        Party::Customer => ("B", "b", 5),
    };
    let mut body = body(call, &format!("{name}_{what}"), now, first + step);
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.insert("leg".to_owned(), json!(letter));
        body.extend(more);
    }
    Post::json(&body)
}

fn ended(call: &Call, party: Party) -> Post {
    let leg = call.leg(party).cloned().unwrap_or_default();
    let (code, reason) = code(&leg);
    let now = leg.ended.map(|(at, _)| at);
    // The customer's leg ends before the agent's, so the agent's last number is after all of the customer's.
    let step = if party == Party::Agent { 14 } else { 4 };
    if leg.answered.is_some() {
        let more = json!({"code": code, "reason": reason, "duration": leg.seconds()});
        notice(call, party, "ended", now, step, more)
    } else {
        notice(
            call,
            party,
            "failed",
            now,
            step,
            json!({"code": code, "reason": reason}),
        )
    }
}

/// A session as the history shows it.
fn session(call: &Call) -> Value {
    let legs = [Party::Agent, Party::Customer].into_iter();
    let legs: Vec<_> = legs
        .filter_map(|party| Some((party, call.leg(party).filter(|leg| leg.dialled.is_some())?)))
        .map(|(party, leg)| {
            let (code, reason) = code(leg);
            json!({
                "call_id": call.leg_number(party),
                "start_time": in_history(leg.dialled),
                "duration": leg.ended.map(|_| leg.seconds()),
                "local_number": leg.shown.trim_start_matches('+'),
                "remote_number": leg.number.trim_start_matches('+'),
                "remote_number_type": "pstn",
                "incoming": false,
                "successful": leg.answered.is_some(),
                "end_reason": leg.ended.map(|_| json!({"code": code, "details": reason})),
            })
        })
        .collect();
    json!({
        "call_session_history_id": call.number,
        "start_date": in_history(call.agent.dialled),
        "duration": call.over.then(|| call.agent.seconds()),
        "finish_reason": call.over.then_some("Normal termination"),
        "custom_data": call.agent.echo,
        "calls": legs,
        "records": [],
    })
}
