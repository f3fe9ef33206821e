//! The calls of an account, in Twilio's language: those to one telephone, the newest first.

use form_urlencoded::Serializer;
use ringback_calls::Number;
use serde::Deserialize;

use super::placing::Api;
use super::polled::time;
use crate::json;
use crate::listing::{Listed, Listing, LookedFor};
use crate::placing::{Accepted, Answered, Ask};
use crate::reading::Unreadable;

/// An agent has fewer calls in the minutes that matter, and no more than 64 KiB of an answer are read.
const PAGE: &str = "20";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    calls: Vec<Row>,
    #[serde(deserialize_with = "json::text")]
    next_page_uri: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    #[serde(deserialize_with = "json::text")]
    sid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    parent_call_sid: Option<String>,
    #[serde(deserialize_with = "json::text")]
    direction: Option<String>,
    #[serde(deserialize_with = "json::text")]
    to: Option<String>,
    #[serde(deserialize_with = "json::text")]
    from: Option<String>,
    #[serde(deserialize_with = "json::text")]
    date_created: Option<String>,
}

impl Api {
    /// Without a start: that of a call which waits or rings is empty, and one that is not listed must not be there.
    pub(crate) fn list(&self, wanted: &LookedFor<'_>) -> Ask {
        let query = Serializer::new(String::new())
            .append_pair("To", wanted.agent)
            .append_pair("PageSize", PAGE)
            .finish();
        self.get(format_args!("Calls.json?{query}"))
    }
}

/// What the list says; none where the carrier does not say for now.
pub(crate) fn listed(answer: &Answered<'_>) -> Result<Option<Listing>, Unreadable> {
    if !(200..300).contains(&answer.status) {
        return Ok(None);
    }
    let page: Page = answer.json()?;
    let created = |row: &Row| time(&row.date_created);
    let back_to = page.calls.iter().filter_map(created).min();
    Ok(Some(Listing {
        more: page.next_page_uri.is_some(),
        back_to,
        calls: page.calls.into_iter().filter_map(Row::listed).collect(),
    }))
}

impl Row {
    /// None for a leg that a document dialled, and for a call that came in.
    fn listed(self) -> Option<Listed> {
        let asked_for = self.direction.as_deref() == Some("outbound-api") && self.parent_call_sid.is_none();
        let number =
            |text: Option<String>| Number::international(&text?).map(|number| number.as_str().to_owned());
        asked_for.then(|| Listed {
            begun_at: time(&self.date_created),
            to: number(self.to),
            from: number(self.from),
            ids: Accepted {
                carrier_call_id: self.sid.clone(),
                leg_a: self.sid,
                control: None,
            },
        })
    }
}
