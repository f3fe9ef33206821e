//! Twilio, and SignalWire, which is the same at other addresses.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::call::{Call, End, Leg, Moment, Party, ours};
use super::shape::{Order, Post, Said, Shape, Want, number_in};
use super::xml;
use crate::simulated_carriers::media::hosts::Asked;
use crate::simulated_carriers::media::{SIGNALWIRE_PROJECT, TWILIO_ACCOUNT};

pub(super) struct Twilio {
    code: &'static str,
    account: &'static str,
    calls: &'static str,
}

pub(super) const TWILIO: Twilio = Twilio {
    code: "tw",
    account: TWILIO_ACCOUNT,
    calls: "/2010-04-01/Accounts/",
};

pub(super) const SIGNALWIRE: Twilio = Twilio {
    code: "sw",
    account: SIGNALWIRE_PROJECT,
    calls: "/api/laml/2010-04-01/Accounts/",
};

impl Shape for Twilio {
    fn code(&self) -> &'static str {
        self.code
    }

    fn want(&self, asked: &Asked) -> Option<Want> {
        let rest = asked.path.strip_prefix(self.calls)?;
        let (_, what) = rest.split_once('/')?;
        match (asked.method.as_str(), what) {
            ("POST", "Calls.json" | "Calls") => Some(order(asked).map_or(Want::Nonsense, place)),
            ("GET", "Calls.json" | "Calls") => {
                let Some(parent) = asked.parameter("ParentCallSid") else {
                    return Some(Want::InquireAll);
                };
                Some(number_in(parent).map_or(Want::Nonsense, |leg| Want::Inquire(leg / 2)))
            }
            (method, what) => {
                let sid = what.strip_prefix("Calls/")?;
                let sid = sid.strip_suffix(".json").unwrap_or(sid);
                if sid.contains('/') {
                    return None;
                }
                // Who asks for a call that is unknown is told so.
                let call = number_in(sid).unwrap_or_default() / 2;
                match method {
                    "GET" => Some(Want::Inquire(call)),
                    "POST" if matches!(asked.field("Status").as_deref(), Some("canceled" | "completed")) => {
                        Some(Want::HangUp(call))
                    }
                    _ => Some(Want::Nonsense),
                }
            }
        }
    }

    fn accepted(&self, call: &Call) -> Said {
        Said::json(201, &self.resource(call, Party::Agent))
    }

    fn refused(&self, status: u16) -> Said {
        let code = match status {
            400 => 21211,
            401 => 20003,
            404 => 20404,
            429 => 20429,
            _ => 20500,
        };
        Said::json(
            status,
            &json!({"code": code, "message": "made up", "more_info": "", "status": status}),
        )
    }

    fn error_inside(&self) -> Said {
        Said::json(200, &json!({"code": 21205, "message": "made up", "status": 400}))
    }

    fn became(&self, call: &Call, asked: &Asked) -> Said {
        if asked.parameter("ParentCallSid").is_none() {
            let customer = asked.path.contains(&sid(call, Party::Customer));
            let party = if customer { Party::Customer } else { Party::Agent };
            return Said::json(200, &self.resource(call, party));
        }
        let dialled = call.customer.as_ref().is_some_and(|leg| leg.dialled.is_some());
        let calls: Vec<_> = dialled
            .then(|| self.resource(call, Party::Customer))
            .into_iter()
            .collect();
        Said::json(200, &json!({"calls": calls, "page": 0, "page_size": 50}))
    }

    /// The newest first, as many as fit on a page.
    fn all(&self, calls: &[Call], asked: &Asked) -> Said {
        const PAGE: usize = 50;
        let to = asked.parameter("To");
        let page = asked.parameter("PageSize").and_then(|size| size.parse().ok());
        let legs = calls
            .iter()
            .flat_map(|call| [Party::Agent, Party::Customer].map(|party| (call, party)));
        let mut found: Vec<_> = legs
            .filter_map(|(call, party)| {
                let leg = call
                    .leg(party)
                    .filter(|leg| to.is_none_or(|to| leg.number == to))?;
                Some((leg.dialled?, self.resource(call, party)))
            })
            .collect();
        found.sort_by_key(|(dialled, _)| std::cmp::Reverse(*dialled));
        let size: usize = page.unwrap_or(PAGE);
        let more = found.len() > size;
        let calls: Vec<_> = found.into_iter().take(size).map(|(_, call)| call).collect();
        let next = more.then(|| format!("{}{}/Calls.json?Page=1", self.calls, self.account));
        Said::json(
            200,
            &json!({"calls": calls, "page": 0, "page_size": size, "next_page_uri": next}),
        )
    }

    fn hung_up(&self, call: &Call) -> Said {
        Said::json(200, &self.resource(call, Party::Agent))
    }

    fn tell(&self, call: &Call, moment: Moment) -> Vec<Post> {
        match moment {
            Moment::Dialled(party) => vec![self.step(call, party, "initiated", 0)],
            Moment::Ringing(party) => vec![self.step(call, party, "ringing", 1)],
            Moment::Answered(party) => vec![self.step(call, party, "in-progress", 2)],
            Moment::Ended(Party::Customer) => vec![
                self.step(call, Party::Customer, status(call.customer.as_ref()), 3),
                self.after_dial(call),
            ],
            Moment::Ended(Party::Agent) => {
                vec![self.step(call, Party::Agent, status(Some(&call.agent)), 3)]
            }
            Moment::Afterwards if call.is_recorded() => {
                vec![self.recording(call)]
            }
            Moment::Afterwards | Moment::Bridged => Vec::new(),
        }
    }
}

fn place(order: Order) -> Want {
    Want::Place(Box::new(order))
}

/// What a request for a call asks for; none where it lacks what Twilio needs.
fn order(asked: &Asked) -> Option<Order> {
    let twiml = asked.field("Twiml")?;
    let dial = xml::first(&twiml, "Dial")?;
    let number = xml::first(&twiml, "Number")?;
    let events_url = asked.field("StatusCallback")?;
    let customer = Leg {
        number: number.text.trim().to_owned(),
        shown: dial.attribute("callerId")?.to_owned(),
        recorded: dial
            .attribute("record")
            .is_some_and(|record| record.starts_with("record")),
        ..Leg::default()
    };
    Some(Order {
        agent: Leg {
            number: asked.field("To")?,
            shown: asked.field("From")?,
            ..Leg::default()
        },
        customer: Some(customer),
        ours: ours(&events_url)?,
        events_url,
    })
}

fn sid(call: &Call, party: Party) -> String {
    format!("CA{:032x}", call.leg_number(party))
}

fn rfc2822(at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC);
    at.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn status(leg: Option<&Leg>) -> &'static str {
    let Some(leg) = leg else {
        return "queued";
    };
    match leg.ended {
        Some((_, End::Over)) if leg.answered.is_some() => "completed",
        Some((_, End::Busy)) => "busy",
        Some((_, End::Cancelled | End::Over)) => "canceled",
        Some((_, End::NoAnswer)) => "no-answer",
        None if leg.answered.is_some() => "in-progress",
        None if leg.ringing.is_some() => "ringing",
        None => "queued",
    }
}

impl Twilio {
    /// A call as the API shows it.
    fn resource(&self, call: &Call, party: Party) -> Value {
        let leg = call.leg(party).cloned().unwrap_or_default();
        let ended = leg.ended.map(|(at, _)| at);
        json!({
            "sid": sid(call, party),
            "account_sid": self.account,
            "parent_call_sid": (party == Party::Customer).then(|| sid(call, Party::Agent)),
            "status": status(Some(&leg)),
            "date_created": leg.dialled.map(rfc2822),
            "start_time": leg.answered.or(ended).map(rfc2822),
            "end_time": ended.map(rfc2822),
            "duration": ended.map(|_| leg.seconds().to_string()),
            "direction": direction(party),
            "to": leg.number,
            "from": leg.shown,
            "price": null,
            "price_unit": "USD",
            "queue_time": "0",
        })
    }

    fn step(&self, call: &Call, party: Party, status: &str, sequence: u32) -> Post {
        let leg = call.leg(party).cloned().unwrap_or_default();
        let (sid_of_leg, parent) = (sid(call, party), sid(call, Party::Agent));
        let now = match status {
            "initiated" => leg.dialled,
            "ringing" => leg.ringing,
            "in-progress" => leg.answered,
            _ => leg.ended.map(|(at, _)| at),
        };
        let (now, sequence) = (rfc2822(now.unwrap_or_default()), sequence.to_string());
        let seconds = leg.seconds().to_string();
        let mut fields = vec![
            ("Called", leg.number.as_str()),
            ("Caller", &leg.shown),
            ("CallStatus", status),
            ("Timestamp", &now),
            ("CallbackSource", "call-progress-events"),
            ("SequenceNumber", &sequence),
            ("CallSid", &sid_of_leg),
            ("To", &leg.number),
            ("From", &leg.shown),
            ("Direction", direction(party)),
            ("AccountSid", self.account),
            ("ApiVersion", "2010-04-01"),
        ];
        if party == Party::Customer {
            fields.push(("ParentCallSid", &parent));
        }
        if leg.ended.is_some() {
            fields.extend([("CallDuration", seconds.as_str()), ("Duration", "1")]);
            fields.push((
                "SipResponseCode",
                match status {
                    "busy" => "486",
                    "no-answer" => "480",
                    "canceled" => "487",
                    _ => "200",
                },
            ));
        }
        Post::form(&fields)
    }

    /// The request for a document once the customer's leg is over.
    fn after_dial(&self, call: &Call) -> Post {
        let (sid_a, sid_b) = (sid(call, Party::Agent), sid(call, Party::Customer));
        let seconds = call.customer.as_ref().map_or(0, Leg::seconds).to_string();
        let status = status(call.customer.as_ref());
        Post::form(&[
            ("AccountSid", self.account),
            ("ApiVersion", "2010-04-01"),
            ("CallSid", &sid_a),
            ("CallStatus", "in-progress"),
            ("Called", &call.agent.number),
            ("Caller", &call.agent.shown),
            ("DialCallSid", &sid_b),
            ("DialCallStatus", status),
            ("DialCallDuration", &seconds),
            (
                "DialBridged",
                if status == "completed" { "true" } else { "false" },
            ),
            ("Direction", direction(Party::Agent)),
            ("From", &call.agent.shown),
            ("To", &call.agent.number),
        ])
    }

    fn recording(&self, call: &Call) -> Post {
        let leg = call.customer.clone().unwrap_or_default();
        let (sid_a, recording) = (sid(call, Party::Agent), format!("RE{:032x}", call.number));
        let host = if self.code == "tw" {
            "api.twilio.com"
        } else {
            "example.signalwire.com"
        };
        let url = format!(
            "https://{host}{}{}/Recordings/{recording}",
            self.calls, self.account
        );
        let (start, seconds) = (
            rfc2822(leg.answered.unwrap_or_default()),
            leg.seconds().to_string(),
        );
        Post::form(&[
            ("RecordingSource", "DialVerb"),
            ("RecordingSid", &recording),
            ("RecordingUrl", &url),
            ("RecordingStatus", "completed"),
            ("RecordingChannels", "2"),
            ("ErrorCode", "0"),
            ("CallSid", &sid_a),
            ("RecordingStartTime", &start),
            ("AccountSid", self.account),
            ("RecordingDuration", &seconds),
            ("RecordingTrack", "both"),
        ])
    }
}

fn direction(party: Party) -> &'static str {
    match party {
        Party::Agent => "outbound-api",
        Party::Customer => "outbound-dial",
    }
}
