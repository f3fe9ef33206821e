//! Telnyx Call Control: the agent first, the customer by a command of ours.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, End, Leg, Moment, Party, ours};
use super::shape::{Order, Post, Said, Shape, Want, number_in, uuid};
use crate::simulated_carriers::media::hosts::Asked;

pub(super) struct Telnyx;

impl Shape for Telnyx {
    fn code(&self) -> &'static str {
        "tx"
    }

    fn want(&self, asked: &Asked) -> Option<Want> {
        let rest = asked.path.strip_prefix("/v2/calls")?;
        let parts: Vec<_> = rest.split('/').skip(1).collect();
        let call = |id: &str| number_in(id).unwrap_or_default() / 2;
        Some(match (asked.method.as_str(), parts.as_slice()) {
            ("POST", []) => dial(&asked.json()?).unwrap_or(Want::Nonsense),
            ("POST", [id, "actions", "hangup"]) => Want::HangUp(call(id)),
            ("POST", [id, "actions", "transfer"]) => {
                transfer(call(id), &asked.json()?).unwrap_or(Want::Nonsense)
            }
            ("GET", [id]) => Want::Inquire(call(id)),
            _ => Want::Nonsense,
        })
    }

    fn accepted(&self, call: &Call) -> Said {
        Said::json(200, &json!({"data": resource(call, Party::Agent)}))
    }

    fn second_accepted(&self, call: &Call) -> Said {
        Said::json(200, &json!({"data": resource(call, Party::Customer)}))
    }

    fn refused(&self, status: u16) -> Said {
        let code = match status {
            401 => "10009",
            404 => "10005",
            422 => "90015",
            429 => "10011",
            _ => "10000",
        };
        let error = json!({"code": code, "title": "made up", "detail": "made up"});
        Said::json(status, &json!({"errors": [error]}))
    }

    fn error_inside(&self) -> Said {
        Said {
            status: 200,
            ..self.refused(422)
        }
    }

    fn became(&self, call: &Call, asked: &Asked) -> Said {
        let customer = asked.path.contains(&control_id(call, Party::Customer));
        let party = if customer { Party::Customer } else { Party::Agent };
        match call.leg(party) {
            Some(_) => Said::json(200, &json!({"data": resource(call, party)})),
            None => self.refused(404),
        }
    }

    fn hung_up(&self, _call: &Call) -> Said {
        Said::json(200, &json!({"data": {"result": "ok"}}))
    }

    fn tell(&self, call: &Call, moment: Moment) -> Vec<Post> {
        match moment {
            Moment::Dialled(party) => {
                let more = json!({"direction": "outgoing", "state": "bridging"});
                vec![event(call, party, "call.initiated", 1, more)]
            }
            // There is no event for it.
            Moment::Ringing(_) => Vec::new(),
            Moment::Answered(party) => {
                vec![event(
                    call,
                    party,
                    "call.answered",
                    2,
                    json!({"state": "answered"}),
                )]
            }
            Moment::Bridged => [Party::Agent, Party::Customer]
                .map(|party| event(call, party, "call.bridged", 3, json!({"state": "bridged"})))
                .into(),
            Moment::Ended(party) => vec![event(call, party, "call.hangup", 4, ended(call, party))],
            Moment::Afterwards if call.is_recorded() => {
                vec![event(
                    call,
                    Party::Agent,
                    "call.recording.saved",
                    5,
                    recording(call),
                )]
            }
            Moment::Afterwards => Vec::new(),
        }
    }
}

/// `POST /v2/calls`: the agent, or the customer to be linked to them.
fn dial(body: &Value) -> Option<Want> {
    let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
    let leg = Leg {
        number: text("to")?,
        shown: text("from")?,
        echo: text("client_state").unwrap_or_default(),
        ..Leg::default()
    };
    // Telnyx wants to know which of its applications it is.
    text("connection_id")?;
    if let Some(link) = text("link_to") {
        let recorded = text("record").as_deref() == Some("record-from-answer");
        let leg = Leg { recorded, ..leg };
        return Some(Want::Second(number_in(&link)? / 2, Box::new(leg)));
    }
    let events_url = text("webhook_url")?;
    Some(Want::Place(Box::new(Order {
        agent: leg,
        customer: None,
        ours: ours(&events_url)?,
        events_url,
    })))
}

fn transfer(call: u64, body: &Value) -> Option<Want> {
    let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
    let leg = Leg {
        number: text("to")?,
        shown: text("from").unwrap_or_default(),
        echo: text("target_leg_client_state").unwrap_or_default(),
        ..Leg::default()
    };
    Some(Want::Second(call, Box::new(leg)))
}

fn control_id(call: &Call, party: Party) -> String {
    format!("v3:{}", uuid(call.leg_number(party)))
}

fn at(at: Option<Timestamp>) -> Option<String> {
    Some(at?.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string())
}

/// A call as the API shows it.
fn resource(call: &Call, party: Party) -> Value {
    let leg = call.leg(party).cloned().unwrap_or_default();
    let ended = leg.ended.map(|(at, _)| at);
    json!({
        "call_control_id": control_id(call, party),
        "call_leg_id": uuid(call.leg_number(party)),
        "call_session_id": uuid(call.number),
        "client_state": leg.echo,
        "is_alive": ended.is_none() && !call.over,
        "record_type": "call",
        "call_duration": leg.seconds(),
        "start_time": at(leg.dialled),
        "end_time": at(ended),
    })
}

fn event(call: &Call, party: Party, kind: &str, sequence: u64, more: Value) -> Post {
    let leg = call.leg(party).cloned().unwrap_or_default();
    let mut payload = json!({
        "call_control_id": control_id(call, party),
        "call_leg_id": uuid(call.leg_number(party)),
        "call_session_id": uuid(call.number),
        "connection_id": "1000000000000000001",
        "client_state": leg.echo,
        "from": leg.shown,
        "to": leg.number,
        "start_time": at(leg.dialled),
    });
    if let (Some(payload), Value::Object(more)) = (payload.as_object_mut(), more) {
        payload.extend(more);
    }
    let occurred = match kind {
        "call.initiated" => leg.dialled,
        "call.answered" => leg.answered,
        "call.bridged" => call.customer.as_ref().and_then(|leg| leg.answered),
        _ => leg.ended.map(|(at, _)| at),
    };
    Post::json(&json!({
        "data": {
            "record_type": "event",
            "event_type": kind,
            "id": uuid(call.leg_number(party) * 16 + sequence),
            "occurred_at": at(occurred),
            "payload": payload,
        },
        "meta": {"attempt": 1, "delivered_to": call.events_url},
    }))
}

fn ended(call: &Call, party: Party) -> Value {
    let end = call.leg(party).and_then(|leg| leg.ended);
    let (cause, sip) = match end.map(|(_, how)| how) {
        Some(End::Busy) => ("user_busy", "486"),
        Some(End::NoAnswer) => ("timeout", "487"),
        Some(End::Cancelled) => ("originator_cancel", "487"),
        Some(End::Over) | None => ("normal_clearing", "200"),
    };
    json!({
        "state": "hangup",
        "end_time": at(end.map(|(at, _)| at)),
        "hangup_cause": cause,
        "sip_hangup_cause": sip,
        "hangup_source": "callee",
        "call_quality_stats": null,
    })
}

fn recording(call: &Call) -> Value {
    let leg = call.customer.clone().unwrap_or_default();
    json!({
        "recording_id": uuid(call.number),
        "channels": "dual",
        "format": "mp3",
        "recording_started_at": at(leg.answered),
        "recording_ended_at": at(leg.ended.map(|(at, _)| at)),
        "recording_urls": {"mp3": "https://recordings.example.com/sample-recording.mp3"},
        "public_recording_urls": {},
    })
}
