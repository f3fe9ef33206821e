//! Jiuyun: both legs in one request, and one URL for all calls of an application.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::call::{Call, End, Leg, Moment, Party};
use super::shape::{Order, Post, Said, Shape, Want, of_account};
use crate::simulated_carriers::media::hosts::Asked;

pub(super) struct Jiuyun;

impl Shape for Jiuyun {
    fn code(&self) -> &'static str {
        "e9"
    }

    fn want(&self, asked: &Asked) -> Option<Want> {
        let rest = asked.path.strip_prefix("/2016-01-01/Accounts/")?;
        let (_, what) = rest.split_once('/')?;
        let body = asked.json()?;
        let call = body.pointer("/req/callId").and_then(Value::as_str);
        let call = call.and_then(|id| u64::from_str_radix(id, 16).ok());
        Some(match (asked.method.as_str(), what) {
            ("POST", "Calls/callBack") => {
                order(&body).map_or(Want::Nonsense, |order| Want::Place(Box::new(order)))
            }
            ("POST", "Calls/CancelCallback") => Want::HangUp(call.unwrap_or_default()),
            ("POST", "Records/query") => Want::Inquire(call.unwrap_or_default()),
            _ => Want::Nonsense,
        })
    }

    fn accepted(&self, call: &Call) -> Said {
        said(
            "000000",
            json!({"callId": id(call), "dateCreated": "2026/11/20 17:00:00", "subStatusCode": ""}),
        )
    }

    /// It says 200 whatever it is; the code tells.
    fn refused(&self, status: u16) -> Said {
        let code = match status {
            400 => "900201",
            401 | 403 => "900111",
            404 => "900217",
            429 => "900224",
            status => {
                return Said {
                    status,
                    ..said("900099", json!({}))
                };
            }
        };
        said(code, json!({}))
    }

    fn error_inside(&self) -> Said {
        said("900117", json!({}))
    }

    fn became(&self, call: &Call, _asked: &Asked) -> Said {
        if !call.over {
            return said("000000", json!({"type": 1}));
        }
        let notify: serde_json::Map<_, _> = hangup(call)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::String(value)))
            .collect();
        said("000000", json!({"type": 1, "callNotify": notify}))
    }

    fn hung_up(&self, _call: &Call) -> Said {
        said("000000", json!({}))
    }

    fn tell(&self, call: &Call, moment: Moment) -> Vec<Post> {
        match moment {
            Moment::Dialled(Party::Agent) => {
                vec![notice("CallInvite", call, &[("userFlag", "0".to_owned())])]
            }
            Moment::Dialled(Party::Customer) => {
                vec![notice("CallInvite", call, &[("userFlag", "1".to_owned())])]
            }
            Moment::Bridged => vec![notice("CallEstablish", call, &[])],
            Moment::Afterwards => vec![notice("Hangup", call, &hangup(call))],
            Moment::Ringing(_) | Moment::Answered(_) | Moment::Ended(_) => Vec::new(),
        }
    }
}

fn order(body: &Value) -> Option<Order> {
    let callback = body.get("callback")?;
    let text = |name: &str| callback.get(name)?.as_str().map(str::to_owned);
    let shown = |name: &str| {
        let first = callback.get(name).and_then(|numbers| numbers.get(0));
        first.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    text("appId")?;
    let leg = |name: &str, name_of_shown: &str| {
        Some(Leg {
            number: e164(&text(name)?),
            shown: e164(&shown(name_of_shown)),
            recorded: text("needRecord").as_deref() == Some("1"),
            ..Leg::default()
        })
    };
    Some(Order {
        agent: leg("from", "fromSerNum")?,
        customer: Some(leg("to", "toSerNum")?),
        events_url: of_account("e9")?,
        ours: text("userData")?,
    })
}

/// Numbers abroad begin with 00 there; those of China with nothing.
fn e164(number: &str) -> String {
    match number.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None if number.starts_with('+') => number.to_owned(),
        None => format!("+86{number}"),
    }
}

fn theirs(number: &str) -> String {
    number.replacen('+', "00", 1)
}

fn said(code: &str, more: Value) -> Said {
    let mut resp = json!({"statusCode": code});
    if let (Some(resp), Value::Object(more)) = (resp.as_object_mut(), more) {
        resp.extend(more);
    }
    Said::json(200, &json!({"resp": resp}))
}

fn id(call: &Call) -> String {
    format!("{:032x}", call.number)
}

/// Their clock is Beijing's.
fn at(at: Option<Timestamp>) -> String {
    let there = at.map(|at| at + SignedDuration::from_hours(8));
    there.map_or_else(String::new, |at| at.strftime("%Y%m%d%H%M%S").to_string())
}

fn hangup(call: &Call) -> Vec<(&'static str, String)> {
    let customer = call.customer.clone().unwrap_or_default();
    let ended = call.agent.ended.map(|(at, _)| at);
    let bye = match (
        call.agent.ended.map(|(_, how)| how),
        customer.ended.map(|(_, how)| how),
    ) {
        (Some(End::Busy), _) => "3",
        (Some(End::NoAnswer | End::Cancelled), _) => "1",
        (_, Some(End::Busy)) => "4",
        (_, Some(End::NoAnswer | End::Cancelled)) => "2",
        _ => "0",
    };
    vec![
        ("startTimeA", at(call.agent.answered)),
        ("startTimeB", at(customer.answered)),
        ("endTime", at(ended)),
        ("duration", customer.seconds().to_string()),
        (
            "recordUrl",
            match call.is_recorded() {
                true => format!("http://d1.33e9cloud.com/20261120/sample/{}.mp3", id(call)),
                false => String::new(),
            },
        ),
        ("byeType", bye.to_owned()),
    ]
}

fn notice(action: &str, call: &Call, more: &[(&str, String)]) -> Post {
    let customer = call.customer.clone().unwrap_or_default();
    let id = id(call);
    let mut body = format!(
        "<?xml version='1.0'?>\n<req><action>{action}</action><type>1</type><appId>feff3cbd52c041a1baab0492bee56423</appId>\
         <caller>{}</caller><called>{}</called><subType>1</subType><callId>{id}</callId><dateCreated>{}</dateCreated>\
         <userData>{}</userData>",
        theirs(&call.agent.number),
        theirs(&customer.number),
        at(Some(Timestamp::now())),
        call.ours,
    );
    for (name, value) in more {
        body.push_str(&format!("<{name}>{value}</{name}>"));
    }
    body.push_str("</req>");
    Post {
        content_type: "application/xml",
        body,
    }
}
