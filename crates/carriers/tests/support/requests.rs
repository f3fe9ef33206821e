//! Requests as the tests make them, and what the carriers' code says to them.

use jiff::Timestamp;
use proptest::prelude::*;
use ringback_calls::{CallEvent, CallId, Entry, fold};
use ringback_carriers::{Headers, Keys, Reading, Refusal, Request, SecondLeg, Settings, Unreadable, carrier};

use super::verify;

/// The settings of an account.
pub fn settings(pairs: &[(&str, &str)]) -> Settings {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Settings(pairs.iter().map(owned).collect())
}

/// What a carrier reads in a request.
pub fn read(
    code: &str,
    (method, url): (&str, &str),
    content_type: &str,
    body: &[u8],
    settings: &Settings,
) -> Result<Reading, Unreadable> {
    let headers = Headers::new([("Content-Type", content_type)]);
    let request = Request {
        method,
        url,
        headers: &headers,
        body,
    };
    let keys = Keys {
        secrets: &[],
        settings,
    };
    carrier(code).unwrap().read(&request, &keys)
}

/// What a carrier reads in a POST.
pub fn post(code: &str, url: &str, content_type: &str, body: &[u8]) -> Result<Reading, Unreadable> {
    read(code, ("POST", url), content_type, body, &Settings::default())
}

/// Verifies a POST to an account without settings.
pub fn check(
    code: &str,
    url: &str,
    headers: &Headers,
    body: &[u8],
    secrets: &[&str],
    now: Timestamp,
) -> Result<(), Refusal> {
    let request = Request {
        method: "POST",
        url,
        headers,
        body,
    };
    verify(code, &request, secrets, &Settings::default(), now)
}

/// The second leg of the sample lives.
pub fn second_leg(events_url: &str) -> SecondLeg<'_> {
    SecondLeg {
        number: "+14155550102",
        shown: "+14155550100",
        ring_seconds: 30,
        limit_seconds: 3600,
        record: true,
        announcement: None,
        events_url,
        credential: None,
    }
}

/// An event as it would be kept.
pub fn entry(code: &str, received_at: Timestamp, event: CallEvent) -> Entry {
    Entry {
        tenant: "t-1".to_owned(),
        carrier: code.to_owned(),
        account: "sample-account".to_owned(),
        received_at,
        event,
    }
}

/// A few forms of some of these fields.
pub fn forms(
    names: &'static [&'static str],
    values: &'static [&'static str],
) -> impl Strategy<Value = Vec<String>> {
    let fields = prop::collection::btree_map(prop::sample::select(names), prop::sample::select(values), 0..9);
    let form = fields.prop_map(|fields| {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish()
    });
    prop::collection::vec(form, 0..6)
}

/// The events of those forms give one record backwards and twice too.
pub fn their_order_does_not_matter(
    code: &str,
    forms: &[String],
    read: impl Fn(&str) -> Reading,
) -> Result<(), TestCaseError> {
    let mut entries = Vec::new();
    for (seconds, form) in (1_795_000_000..).zip(forms) {
        let received_at = Timestamp::from_second(seconds).unwrap();
        let heard = read(form).heard.into_iter();
        entries.extend(heard.map(|heard| entry(code, received_at, heard.event)));
    }
    let id = CallId::parse("sample-any").unwrap();
    let record = fold(&id, &entries);
    prop_assert_eq!(&fold(&id, entries.iter().rev()), &record);
    prop_assert_eq!(&fold(&id, entries.iter().chain(&entries)), &record);
    Ok(())
}
