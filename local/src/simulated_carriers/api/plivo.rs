//! Plivo: it asks for a document when the agent has answered.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::call::{Call, End, Leg, Moment, Party, ours};
use super::shape::{Order, Post, Said, Shape, Want, number_in, uuid};
use super::xml;
use crate::simulated_carriers::media::PLIVO_ACCOUNT;
use crate::simulated_carriers::media::hosts::Asked;

pub(super) struct Plivo;

impl Shape for Plivo {
    fn code(&self) -> &'static str {
        "pl"
    }

    fn want(&self, asked: &Asked) -> Option<Want> {
        let rest = asked.path.strip_prefix("/v1/Account/")?;
        let (_, what) = rest.split_once('/')?;
        let id = what.strip_prefix("Call/")?.trim_matches('/');
        let call = |id: &str| number_in(id).unwrap_or_default() / 2;
        Some(match (asked.method.as_str(), id) {
            ("POST", "") => {
                order(&asked.json()?).map_or(Want::Nonsense, |order| Want::Place(Box::new(order)))
            }
            ("GET", "") => Want::Inquire(asked.parameter("parent_call_uuid").map(call).unwrap_or_default()),
            ("GET", id) => Want::Inquire(call(id)),
            ("DELETE", id) => Want::HangUp(call(id)),
            _ => Want::Nonsense,
        })
    }

    fn accepted(&self, call: &Call) -> Said {
        Said::json(
            201,
            &json!({
                "message": "call fired",
                "request_uuid": uuid(call.leg_number(Party::Agent)),
                "api_id": uuid(call.number),
            }),
        )
    }

    fn refused(&self, status: u16) -> Said {
        Said::json(status, &json!({"api_id": uuid(0), "error": "made up"}))
    }

    fn error_inside(&self) -> Said {
        self.refused(200)
    }

    fn became(&self, call: &Call, asked: &Asked) -> Said {
        let live = asked.parameter("status") == Some("live");
        if asked.parameter("parent_call_uuid").is_some() {
            let ended = call.customer.as_ref().is_some_and(|leg| leg.ended.is_some());
            let objects: Vec<_> = ended
                .then(|| resource(call, Party::Customer))
                .into_iter()
                .collect();
            return Said::json(
                200,
                &json!({"api_id": uuid(0), "meta": {"limit": 20}, "objects": objects}),
            );
        }
        if live == call.agent.ended.is_some() {
            return self.refused(404);
        }
        Said::json(200, &resource(call, Party::Agent))
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
            Moment::Ringing(Party::Agent) => {
                vec![post(call, "ringing", &[("Event", "Ring".to_owned())])]
            }
            Moment::Answered(Party::Customer) => vec![dial(call, "answer", "DialAnswer")],
            Moment::Bridged => vec![dial(call, "connected", "DialConnected")],
            Moment::Ended(Party::Customer) => vec![dial(call, "hangup", "DialHangup"), dial_over(call)],
            Moment::Ended(Party::Agent) => vec![over(call)],
            Moment::Afterwards if call.is_recorded() => {
                vec![recording(call)]
            }
            // That the agent has answered it tells with its question.
            Moment::Dialled(_)
            | Moment::Ringing(Party::Customer)
            | Moment::Answered(Party::Agent)
            | Moment::Afterwards => Vec::new(),
        }
    }

    fn question(&self, call: &Call) -> Option<Post> {
        Some(post(call, "in-progress", &[("Event", "StartApp".to_owned())]))
    }

    fn connect(&self, document: &str) -> Option<Leg> {
        let dial = xml::first(document, "Dial")?;
        let number = xml::first(document, "Number")?;
        Some(Leg {
            number: number.text.trim().to_owned(),
            shown: dial.attribute("callerId")?.to_owned(),
            recorded: xml::first(document, "Record").is_some(),
            ..Leg::default()
        })
    }
}

fn order(body: &Value) -> Option<Order> {
    let text = |name: &str| body.get(name)?.as_str().map(str::to_owned);
    let events_url = text("answer_url")?;
    Some(Order {
        agent: Leg {
            number: text("to")?,
            shown: text("from")?,
            ..Leg::default()
        },
        ours: ours(&events_url)?,
        events_url,
        ..Order::default()
    })
}

fn at(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string())
}

/// Plivo's call records are in the zone of the account's owner.
fn local(at: Option<Timestamp>) -> String {
    let there = at.map(|at| at + SignedDuration::from_mins(330));
    there.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn post(call: &Call, status: &str, more: &[(&str, String)]) -> Post {
    let id = uuid(call.leg_number(Party::Agent));
    let start = at(call.agent.dialled);
    let mut fields = vec![
        ("ALegRequestUUID", id.as_str()),
        ("ALegUUID", &id),
        ("BillRate", "0.005"),
        ("CallStatus", status),
        ("CallUUID", &id),
        ("Direction", "outbound"),
        ("From", &call.agent.shown),
        ("ParentAuthID", PLIVO_ACCOUNT),
        ("RequestUUID", &id),
        ("SessionStart", &start),
        ("To", &call.agent.number),
    ];
    fields.extend(more.iter().map(|(name, value)| (*name, value.as_str())));
    Post::form(&fields)
}

fn dial(call: &Call, action: &str, event: &str) -> Post {
    let leg = call.customer.clone().unwrap_or_default();
    let mut more = vec![
        ("DialAction", action.to_owned()),
        ("DialALegUUID", uuid(call.leg_number(Party::Agent))),
        ("DialBLegUUID", uuid(call.leg_number(Party::Customer))),
        ("DialBLegFrom", leg.shown.clone()),
        ("DialBLegTo", leg.number.clone()),
        ("DialBLegStatus", action.to_owned()),
        ("Event", event.to_owned()),
    ];
    if leg.ended.is_some() {
        let (cause, code, name) = cause(&leg);
        more.extend([
            ("DialBLegDuration", leg.seconds().to_string()),
            (
                "DialBLegBillDuration",
                leg.seconds().next_multiple_of(60).to_string(),
            ),
            ("DialBLegHangupCause", cause.to_owned()),
            ("DialBLegHangupCauseCode", code.to_owned()),
            ("DialBLegHangupCauseName", name.to_owned()),
            ("DialBLegHangupSource", "Callee".to_owned()),
        ]);
    }
    post(call, "in-progress", &more)
}

fn cause(leg: &Leg) -> (&'static str, &'static str, &'static str) {
    match leg.ended.map(|(_, how)| how) {
        Some(End::Busy) => ("USER_BUSY", "3010", "Busy Line"),
        Some(End::NoAnswer) => ("NO_ANSWER", "3000", "No Answer"),
        Some(End::Cancelled) => ("ORIGINATOR_CANCEL", "1000", "Cancelled"),
        Some(End::Over) | None => ("NORMAL_CLEARING", "4000", "Normal Hangup"),
    }
}

fn dial_over(call: &Call) -> Post {
    let leg = call.customer.clone().unwrap_or_default();
    let status = match leg.ended.map(|(_, how)| how) {
        Some(End::Busy) => "busy",
        Some(End::NoAnswer) => "no-answer",
        Some(End::Cancelled) => "cancel",
        Some(End::Over) | None => "completed",
    };
    let more = [
        ("DialStatus", status.to_owned()),
        ("DialRingStatus", "true".to_owned()),
        ("DialHangupCause", cause(&leg).0.to_owned()),
        ("DialALegUUID", uuid(call.leg_number(Party::Agent))),
        ("DialBLegUUID", uuid(call.leg_number(Party::Customer))),
    ];
    post(call, "in-progress", &more)
}

fn over(call: &Call) -> Post {
    let leg = &call.agent;
    let status = match leg.ended.map(|(_, how)| how) {
        Some(End::Busy) => "busy",
        Some(End::NoAnswer) => "no-answer",
        Some(End::Cancelled) => "cancel",
        Some(End::Over) | None => "completed",
    };
    let (cause, code, name) = cause(leg);
    let more = [
        ("AnswerTime", local(leg.answered)),
        ("BillDuration", leg.seconds().next_multiple_of(60).to_string()),
        ("Duration", leg.seconds().to_string()),
        ("EndTime", local(leg.ended.map(|(at, _)| at))),
        ("Event", "Hangup".to_owned()),
        ("HangupCause", cause.to_owned()),
        ("HangupCauseCode", code.to_owned()),
        ("HangupCauseName", name.to_owned()),
        ("HangupSource", "Carrier".to_owned()),
        ("StartTime", local(leg.dialled)),
        ("TotalCost", "0.00500".to_owned()),
    ];
    post(call, status, &more)
}

fn recording(call: &Call) -> Post {
    let leg = call.customer.clone().unwrap_or_default();
    let id = uuid(call.number);
    let more = [
        ("Event", "Record".to_owned()),
        (
            "RecordUrl",
            format!("https://media.plivo.com/v1/Account/{PLIVO_ACCOUNT}/Recording/{id}.mp3"),
        ),
        ("RecordingID", id),
        ("RecordingDuration", leg.seconds().to_string()),
        ("RecordingDurationMs", (leg.seconds() * 1000).to_string()),
    ];
    post(call, "completed", &more)
}

/// A call as the API shows it.
fn resource(call: &Call, party: Party) -> Value {
    let leg = call.leg(party).cloned().unwrap_or_default();
    let (_, code, name) = cause(&leg);
    let ended = leg.ended.map(|(at, _)| at);
    json!({
        "call_uuid": uuid(call.leg_number(party)),
        "parent_call_uuid": (party == Party::Customer).then(|| uuid(call.leg_number(Party::Agent))),
        "call_direction": "outbound",
        "call_state": if leg.answered.is_some() { "ANSWER" } else { "RINGING" },
        "call_status": if leg.answered.is_some() { "in-progress" } else { "ringing" },
        "from_number": leg.shown,
        "to_number": leg.number,
        "from": leg.shown,
        "to": leg.number,
        "initiation_time": with_zone(leg.dialled),
        "answer_time": with_zone(leg.answered),
        "end_time": with_zone(ended),
        "session_start": at(leg.dialled),
        "call_duration": leg.seconds(),
        "bill_duration": leg.seconds().next_multiple_of(60),
        "hangup_cause_code": ended.and_then(|_| code.parse::<u64>().ok()),
        "hangup_cause_name": ended.map(|_| name),
        "hangup_source": ended.map(|_| "Callee"),
        "total_amount": "0.00500",
    })
}

fn with_zone(at: Option<Timestamp>) -> Option<String> {
    Some(at?.strftime("%Y-%m-%d %H:%M:%S+00:00").to_string())
}
