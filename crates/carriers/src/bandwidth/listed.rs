//! The calls of an account: those to one telephone, since then.

use form_urlencoded::Serializer;
use ringback_calls::Number;
use serde::Deserialize;

use super::placing::{calls, identified};
use crate::json;
use crate::listing::{Listed, Listing, LookedFor};
use crate::placing::{Accepted, Answered, Ask, CannotAsk};
use crate::reading::Unreadable;
use crate::settings::Keys;
use crate::times;

/// An agent has fewer calls in the minutes that matter, and no more than 64 KiB of an answer are read.
const PAGE: usize = 40;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Row {
    #[serde(deserialize_with = "json::text")]
    call_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    parent_call_id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    direction: Option<String>,
    #[serde(deserialize_with = "json::text")]
    to: Option<String>,
    #[serde(deserialize_with = "json::text")]
    from: Option<String>,
    #[serde(deserialize_with = "json::text")]
    enqueued_time: Option<String>,
    #[serde(deserialize_with = "json::text")]
    start_time: Option<String>,
}

pub(super) fn list(wanted: &LookedFor<'_>, keys: &Keys<'_>) -> Result<Ask, CannotAsk> {
    let since = wanted.since().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let query = Serializer::new(String::new())
        .append_pair("to", wanted.agent)
        .append_pair("minStartTime", &since)
        .append_pair("pageSize", &PAGE.to_string())
        .finish();
    identified(Ask::get(format!("{}?{query}", calls(keys)?)), keys)
}

/// What the list says; none where the carrier does not say for now.
pub(super) fn listed(answer: &Answered<'_>) -> Result<Option<Listing>, Unreadable> {
    if !(200..300).contains(&answer.status) {
        return Ok(None);
    }
    let rows: Vec<Row> = answer.json()?;
    Ok(Some(Listing {
        more: rows.len() >= PAGE,
        back_to: None,
        calls: rows.into_iter().filter_map(Row::listed).collect(),
    }))
}

impl Row {
    /// None for a leg that a document dialled, and for a call that came in.
    fn listed(self) -> Option<Listed> {
        let asked_for = self.direction.as_deref() == Some("outbound") && self.parent_call_id.is_none();
        let number =
            |text: Option<String>| Number::international(&text?).map(|number| number.as_str().to_owned());
        let time = |text: &Option<String>| times::rfc3339(text.as_deref()?);
        asked_for.then(|| Listed {
            begun_at: time(&self.enqueued_time).or_else(|| time(&self.start_time)),
            to: number(self.to),
            from: number(self.from),
            ids: Accepted {
                carrier_call_id: self.call_id.clone(),
                leg_a: self.call_id,
                control: None,
            },
        })
    }
}
