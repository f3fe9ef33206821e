//! Sinch: a conference into which the agent is called, and then, by a command of ours, the customer.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, End, Leg, Moment, Party};
use super::shape::{Order, Post, Said, Shape, Want, number_in, of_account, uuid};
use crate::simulated_carriers::media::hosts::Asked;

pub(super) struct Sinch;

/// The sample account's application.
const APPLICATION: &str = "00000000-0000-4000-8000-000000000009";

impl Shape for Sinch {
    fn code(&self) -> &'static str {
        "si"
    }

    fn want(&self, asked: &Asked) -> Option<Want> {
        let what = asked.path.strip_prefix("/calling/v1/")?;
        let call = |id: &str| number_in(id.split('_').next().unwrap_or_default()).unwrap_or_default() / 2;
        if asked.method == "POST" && what == "callouts" {
            return Some(callout(&asked.json()?).unwrap_or(Want::Nonsense));
        }
        if let ("DELETE", Some(conference)) = (asked.method.as_str(), what.strip_prefix("conferences/id/")) {
            return Some(Want::HangUpOf(conference.to_owned()));
        }
        let id = what.strip_prefix("calls/id/")?;
        Some(match asked.method.as_str() {
            "GET" => Want::Inquire(call(id)),
            "PATCH" if asked.json()?.pointer("/action/name").and_then(Value::as_str) == Some("hangup") => {
                Want::HangUp(call(id))
            }
            _ => Want::Nonsense,
        })
    }

    fn accepted(&self, call: &Call) -> Said {
        Said::json(200, &json!({"callId": id(call, Party::Agent)}))
    }

    fn second_accepted(&self, call: &Call) -> Said {
        Said::json(200, &json!({"callId": id(call, Party::Customer)}))
    }

    fn refused(&self, status: u16) -> Said {
        let code = u32::from(status) * 100;
        Said::json(
            status,
            &json!({"errorCode": code, "message": "made up", "reference": "1"}),
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
        let leg = call.leg(party).cloned().unwrap_or_default();
        let ended = leg.ended.map(|(at, _)| at);
        let (result, reason) = result(&leg);
        Said::json(
            200,
            &json!({
                "from": leg.shown,
                "to": {"type": "number", "endpoint": leg.number},
                "domain": "pstn",
                "callId": id(call, party),
                "duration": leg.seconds(),
                "status": if ended.is_some() { "FINAL" } else { "ONGOING" },
                "result": result,
                "reason": reason,
                "timestamp": at(ended.or(leg.dialled)),
                "custom": leg.echo,
            }),
        )
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
            Moment::Answered(party) => vec![ace(call, party)],
            Moment::Ended(party) => vec![dice(call, party)],
            Moment::Dialled(_) | Moment::Ringing(_) | Moment::Bridged | Moment::Afterwards => Vec::new(),
        }
    }
}

/// A callout for the agent, or for the customer of a call whose agent is there.
fn callout(body: &Value) -> Option<Want> {
    let callout = body.get("conferenceCallout")?;
    let text = |path: &str| Some(callout.pointer(path)?.as_str()?.to_owned());
    let leg = Leg {
        number: text("/destination/endpoint")?,
        shown: text("/cli")?,
        echo: text("/custom")?,
        ..Leg::default()
    };
    let (ours, letter) = leg.echo.split_once(':')?;
    let ours = ours.to_owned();
    Some(match letter {
        "B" => Want::SecondOf(ours, Box::new(leg)),
        _ => Want::Place(Box::new(Order {
            ours,
            events_url: of_account("si")?,
            agent: leg,
            ..Order::default()
        })),
    })
}

fn id(call: &Call, party: Party) -> String {
    format!("{}_1", uuid(call.leg_number(party)))
}

fn at(at: Option<Timestamp>) -> Option<String> {
    Some(at?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn result(leg: &Leg) -> (&'static str, &'static str) {
    match leg.ended.map(|(_, how)| how) {
        Some(End::Over) if leg.answered.is_some() => ("ANSWERED", "CALLEEHANGUP"),
        Some(End::Busy) => ("BUSY", "N/A"),
        Some(End::NoAnswer) => ("NOANSWER", "TIMEOUT"),
        Some(End::Over | End::Cancelled) => ("FAILED", "CANCEL"),
        None => ("N/A", "N/A"),
    }
}

fn ace(call: &Call, party: Party) -> Post {
    let leg = call.leg(party).cloned().unwrap_or_default();
    Post::json(&json!({
        "event": "ace",
        "callid": id(call, party),
        "timestamp": at(leg.answered),
        "version": 1,
        "custom": leg.echo,
        "applicationKey": APPLICATION,
    }))
}

fn dice(call: &Call, party: Party) -> Post {
    let leg = call.leg(party).cloned().unwrap_or_default();
    let (result, reason) = result(&leg);
    let price = json!({"currencyId": "USD", "amount": 0.014});
    Post::json(&json!({
        "event": "dice",
        "callid": id(call, party),
        "timestamp": at(leg.ended.map(|(at, _)| at)),
        "version": 1,
        "reason": reason,
        "result": result,
        "duration": leg.seconds(),
        "debit": price,
        "userRate": price,
        "to": {"type": "number", "endpoint": leg.number},
        "from": leg.shown,
        "custom": leg.echo,
        "applicationKey": APPLICATION,
    }))
}
