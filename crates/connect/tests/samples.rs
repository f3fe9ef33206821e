//! Every sample in `events/connect/` is decoded and must yield what its table row says.
//!
//! A sample without a row fails, and so does a row without a sample.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a helper that panics fails its test, which is what it is for"
)]

mod support;

#[path = "samples/contact_events.rs"]
mod contact_events;
#[path = "samples/contact_records.rs"]
mod contact_records;
#[path = "samples/flow.rs"]
mod flow;

use ringback_connect::{ContactEvent, ContactRecord, FlowEvent};
use support::{samples, telephone_numbers};

/// Compares a folder with its table, in the order of the table, and reports all differences at once.
fn check(folder: &str, table: &[(&str, &str)], summary: impl Fn(&str) -> String) {
    let samples = samples(folder);
    let mut differences = Vec::new();
    for (name, expected) in table {
        match samples.get(*name) {
            None => differences.push(format!("{folder}/{name}.json has a row and no file")),
            Some(text) => {
                let found = summary(text);
                if found != *expected {
                    differences.push(format!(
                        "{folder}/{name}.json\n  expected {expected}\n  found    {found}"
                    ));
                }
            }
        }
    }
    for name in samples
        .keys()
        .filter(|name| !table.iter().any(|(row, _)| row == name))
    {
        differences.push(format!(
            "{folder}/{name}.json has no row\n  found    {}",
            summary(&samples[name])
        ));
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

fn flow_event(text: &str) -> FlowEvent {
    serde_json::from_str(text).unwrap()
}

fn contact_event(text: &str) -> ContactEvent {
    serde_json::from_str(text).unwrap()
}

fn contact_record(text: &str) -> ContactRecord {
    ContactRecord::decode(text.as_bytes()).unwrap()
}

#[test]
fn every_flow_event_yields_what_its_row_says() {
    check("flow", flow::TABLE, |text| flow::summary(&flow_event(text)));
}

#[test]
fn every_contact_event_yields_what_its_row_says() {
    check("contact-events", contact_events::TABLE, |text| {
        contact_events::summary(&contact_event(text))
    });
}

#[test]
fn every_contact_record_yields_what_its_row_says() {
    check("contact-records", contact_records::TABLE, |text| {
        contact_records::summary(&contact_record(text))
    });
}

#[test]
fn debug_of_a_decoded_sample_shows_nothing_personal() {
    let mut numbers = 0;
    for (folder, debug) in [
        (
            "flow",
            (|text: &str| format!("{:?}", flow_event(text))) as fn(&str) -> String,
        ),
        ("contact-events", |text| format!("{:?}", contact_event(text))),
        ("contact-records", |text| format!("{:?}", contact_record(text))),
    ] {
        for (name, text) in samples(folder) {
            let shown = debug(&text);
            for number in telephone_numbers(&text) {
                numbers += 1;
                assert!(
                    !shown.contains(&number),
                    "{folder}/{name} shows a number: {shown}"
                );
                assert!(
                    !shown.contains(&number[1..]),
                    "{folder}/{name} shows a number: {shown}"
                );
            }
            for personal in [
                "caller@customer.example",
                "customer-100",
                "someCustomerId",
                "exampleAttribute",
                "CustomerRating",
                "Where is my order?",
                "asked for",
                "agent-1",
                "straße",
                "same-first",
            ] {
                assert!(
                    !shown.contains(personal),
                    "{folder}/{name} shows {personal:?}: {shown}"
                );
            }
        }
    }
    assert!(
        numbers > 50,
        "the samples are expected to hold numbers, found {numbers}"
    );
}

/// The house rule for sample data: 555-01xx and Ofcom's drama range, so that nobody is ever called by accident.
#[test]
fn samples_hold_fictitious_telephone_numbers_only() {
    for folder in ["flow", "contact-events", "contact-records"] {
        for (name, text) in samples(folder) {
            for number in telephone_numbers(&text) {
                let fictitious = number.starts_with("+141555501") || number.starts_with("+447700900");
                assert!(
                    fictitious || number == "+266696687",
                    "{folder}/{name} holds {number}"
                );
            }
        }
    }
}
