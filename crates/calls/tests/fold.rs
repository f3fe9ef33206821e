//! What holds for any events in any order.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests")]

mod support;

use proptest::prelude::*;
use ringback_calls::{CallId, CallRecord, Entry, Kind, State, fold};

fn id() -> CallId {
    CallId::parse("call-0001").unwrap()
}

fn folded<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<CallRecord> {
    fold(&id(), entries)
}

/// Everything that a record says, also what does not count for equality.
fn whole(record: Option<CallRecord>) -> String {
    serde_json::to_string(&record).unwrap()
}

/// Every order of so many things, by Heap's way of swapping two at a time.
fn each_order(many: usize, mut visit: impl FnMut(&[usize])) {
    let mut order: Vec<_> = (0..many).collect();
    let mut counters = vec![0; many];
    visit(&order);
    let mut index = 0;
    while index < many {
        if counters[index] < index {
            let other = if index % 2 == 0 { 0 } else { counters[index] };
            order.swap(other, index);
            visit(&order);
            counters[index] += 1;
            index = 0;
        } else {
            counters[index] = 0;
            index += 1;
        }
    }
}

/// Events, and an order in which they come.
fn in_some_order(many: std::ops::Range<usize>) -> impl Strategy<Value = (Vec<Entry>, Vec<usize>)> {
    support::entries(many).prop_flat_map(|entries| {
        let order: Vec<_> = (0..entries.len()).collect();
        (Just(entries), Just(order).prop_shuffle())
    })
}

/// Whether the account that the record showed has refused, and another was asked after it, so that it is not shown any more:
/// what a carrier told before its refusal was written down is no end of a call that goes on elsewhere.
fn has_gone_on(known: &[&Entry], before: &CallRecord, after: &CallRecord) -> bool {
    let shown = |entry: &Entry| Some(&entry.account) == before.account.as_ref();
    let asked = |is_shown: bool| {
        let asked = known.iter().filter(|entry| entry.event.kind == Kind::Asked);
        asked.filter(move |entry| shown(entry) == is_shown)
    };
    let has_refused = known
        .iter()
        .any(|entry| shown(entry) && entry.event.kind == Kind::Refused);
    let since = asked(true).map(|entry| entry.received_at).min();
    let gone_on = asked(false).any(|entry| entry.carrier != "own" && Some(entry.received_at) > since);
    has_refused && gone_on && before.account != after.account
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_order_of_a_few_events_gives_one_record(entries in support::entries(1..6)) {
        let expected = whole(folded(&entries));
        let mut others = Vec::new();
        each_order(entries.len(), |order| {
            let record = whole(folded(order.iter().map(|index| &entries[*index])));
            if record != expected {
                others.push(order.to_vec());
            }
        });
        prop_assert!(others.is_empty(), "another record in the orders {others:?}");
    }

    #[test]
    fn any_order_of_many_events_gives_one_record((entries, order) in in_some_order(6..60)) {
        let shuffled = folded(order.iter().map(|index| &entries[*index]));
        prop_assert_eq!(whole(shuffled), whole(folded(&entries)));
    }

    #[test]
    fn repetitions_change_nothing_wherever_they_come(
        entries in support::entries(1..20),
        repeated in prop::collection::vec(any::<prop::sample::Index>(), 1..60),
    ) {
        let expected = whole(folded(&entries));
        let again = repeated.iter().map(|index| index.get(&entries));
        prop_assert_eq!(&whole(folded(again.clone().chain(&entries))), &expected);
        prop_assert_eq!(&whole(folded(entries.iter().chain(again))), &expected);
    }

    #[test]
    fn no_further_event_moves_a_call_back_but_to_an_account_that_was_asked_after_a_refusal(
        (entries, order) in in_some_order(2..20),
    ) {
        // What is told of a number is told of its leg, so a number that moved from one leg to the other would move that.
        let entries = support::of_two_people(entries);
        let mut known = Vec::new();
        let mut before: Option<CallRecord> = None;
        for index in order {
            // What is asked of us is asked of a call that is known, and is no news of it.
            let asked_alone = known.iter().all(|entry: &&Entry| entry.event.kind.is_asked_of_us());
            known.push(&entries[index]);
            let record = folded(known.iter().copied()).unwrap();
            if let Some(before) = before {
                prop_assert!(
                    before.state <= record.state || has_gone_on(&known, &before, &record),
                    "{:?} after {:?}", record.state, before.state
                );
                prop_assert!(before.version < record.version);
                prop_assert!(asked_alone || before.updated_at <= record.updated_at);
            }
            before = Some(record);
        }
    }

    #[test]
    fn every_record_is_whole(entries in support::entries(1..30)) {
        let record = folded(&entries).unwrap();
        prop_assert_eq!(record.state == State::Close, record.ended_at.is_some());
        prop_assert_eq!(record.state == State::Close, record.close_cause.is_some());
        prop_assert!(record.state != State::Conn || record.bridged_at.is_some());
        prop_assert!(record.state == State::Close || record.raw_cause.is_none());
        for recording in record.recordings.values() {
            prop_assert!(recording.archived.is_none() || recording.given_up.is_none());
            prop_assert!(recording.archived.is_some() || recording.archived_at.is_none());
            prop_assert!(recording.deleted_at_carrier.is_none() || recording.delete_refused.is_none());
        }
        prop_assert_eq!(record.version, u64::try_from(entries.len()).unwrap());
        let news = entries.iter().filter(|entry| !entry.event.kind.is_asked_of_us());
        let first = entries.iter().map(|entry| entry.received_at).min();
        let last = news.map(|entry| entry.received_at).max();
        prop_assert_eq!(Some(record.updated_at), last.or(first));
        let text = serde_json::to_string(&record).unwrap();
        let read: CallRecord = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn events_are_the_same_after_they_were_kept(entries in support::entries(1..6)) {
        for entry in &entries {
            let text = serde_json::to_string(entry).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Entry>(&text).unwrap(), entry);
        }
    }
}

#[cfg(feature = "table")]
mod table {
    use std::collections::HashMap;

    use super::*;
    use aws_sdk_dynamodb::types::AttributeValue;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn events_and_records_are_the_same_after_they_were_items(entries in support::entries(1..10)) {
            for entry in &entries {
                let item: HashMap<String, AttributeValue> = serde_dynamo::to_item(entry).unwrap();
                prop_assert_eq!(&serde_dynamo::from_item::<_, Entry>(item).unwrap(), entry);
            }
            let record = folded(&entries);
            let value: AttributeValue = serde_dynamo::to_attribute_value(&record).unwrap();
            let read: Option<CallRecord> = serde_dynamo::from_attribute_value(value).unwrap();
            prop_assert_eq!(whole(read), whole(record));
        }
    }
}

#[test]
fn nothing_is_known_of_a_call_without_events() {
    assert_eq!(folded([]), None);
}

#[test]
fn records_are_equal_when_they_say_the_same_whenever_and_however_often_it_was_said() {
    let entries = {
        use ringback_calls::{Number, Placed};
        let number = Number::raw("+14155550101").unwrap();
        let placed = Placed {
            a: number.clone(),
            b: number,
            a_shown: None,
            b_shown: None,
            agent: None,
            main_number: None,
            extension: None,
            business_reference: None,
            business_data: std::collections::BTreeMap::new(),
            line: None,
            announcement: None,
            ring_seconds: None,
            limit_seconds: None,
            record: false,
        };
        let entry = |received_at| Entry {
            tenant: "t-1".to_owned(),
            carrier: "own".to_owned(),
            account: String::new(),
            received_at,
            event: placed.event(support::at(0)),
        };
        [entry(support::at(0)), entry(support::at(5000))]
    };
    let [first, second] = entries.each_ref().map(|entry| folded([entry]).unwrap());
    assert_ne!(first.updated_at, second.updated_at);
    assert_eq!(first, second);
    let mut other = first.clone();
    other.version = 7;
    assert_eq!(first, other);
    other.talk_seconds = Some(1);
    assert_ne!(first, other);
}
