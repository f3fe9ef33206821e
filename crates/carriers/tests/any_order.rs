//! Whatever a carrier says of a call, in whatever order and however often: one record, and a call that never goes back.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by failing"
)]

#[path = "any_order/contacts.rs"]
mod contacts;
#[path = "any_order/requests.rs"]
mod requests;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use ringback_calls::{CallEvent, CallId, Entry, Evidence, Kind, Number, Placed, State, fold};

/// So many events are folded in all their orders.
const ALL_ORDERS: usize = 5;
/// So many orders of more are tried.
const SOME_ORDERS: usize = 10;

fn started() -> Timestamp {
    "2026-11-20T09:00:00Z".parse().unwrap()
}

/// Our own event: that we placed the call.
fn placed() -> Entry {
    let number = |text| Number::international(text).unwrap();
    let placed = Placed {
        a: number("+14155550101"),
        b: number("+14155550102"),
        a_shown: None,
        b_shown: None,
        agent: None,
        main_number: None,
        extension: None,
        business_reference: None,
        business_data: std::collections::BTreeMap::new(),
        line: None,
        announcement: None,
        ring_seconds: Some(30),
        limit_seconds: Some(60),
        record: true,
    };
    Entry {
        tenant: "t-1".to_owned(),
        carrier: "own".to_owned(),
        account: String::new(),
        received_at: started(),
        event: placed.event(started()),
    }
}

/// What a carrier said, as it would be kept: heard in that order, a second apart.
fn kept(carrier: &str, events: impl IntoIterator<Item = CallEvent>) -> Vec<Entry> {
    let seconds = started().as_second()..;
    let keep = |(second, event)| Entry {
        tenant: "t-1".to_owned(),
        carrier: carrier.to_owned(),
        account: "sample-account".to_owned(),
        received_at: Timestamp::from_second(second).unwrap(),
        event,
    };
    seconds.zip(events).map(keep).collect()
}

/// All orders of a few, some of many; each is a list of places.
fn orders(many: usize, seed: u64) -> Vec<Vec<usize>> {
    let natural: Vec<usize> = (0..many).collect();
    if many > ALL_ORDERS {
        // A small generator of its own, so that a failure comes again: xorshift (Marsaglia 2003).
        let mut state = seed | 1;
        let mut next = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).unwrap()
        };
        let shuffled = |_| {
            let mut order = natural.clone();
            (1..many).rev().for_each(|last| order.swap(last, next(last + 1)));
            order
        };
        return (0..SOME_ORDERS).map(shuffled).collect();
    }
    let mut all = vec![Vec::new()];
    for place in natural {
        let longer = |order: &Vec<usize>| {
            let insert = |at| {
                let mut order = order.clone();
                order.insert(at, place);
                order
            };
            (0..=order.len()).map(insert).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// One record in every order and with repetitions, and in none does the call's state go back as its events come.
fn check(entries: &[Entry], seed: u64) -> Result<(), TestCaseError> {
    let id = CallId::parse("sample-any").unwrap();
    let record = fold(&id, entries);
    prop_assert_eq!(record.is_some(), !entries.is_empty());
    for order in orders(entries.len(), seed) {
        let order: Vec<&Entry> = order.iter().map(|place| &entries[*place]).collect();
        prop_assert_eq!(&fold(&id, order.iter().copied()), &record);
        let twice = order.iter().chain(order.iter().rev()).copied();
        prop_assert_eq!(&fold(&id, twice), &record);
        // We know that we placed a call before any carrier says a word.
        let (own, heard): (Vec<&Entry>, Vec<&Entry>) = order
            .into_iter()
            .partition(|entry| entry.event.evidence == Evidence::Own);
        let mut known = own;
        let mut state = State::Init;
        for entry in heard {
            known.push(entry);
            let record = fold(&id, known.iter().copied()).unwrap();
            prop_assert!(record.state >= state, "{:?} after {state:?}", record.state);
            prop_assert_eq!(record.close_cause.is_some(), record.state == State::Close);
            state = record.state;
        }
    }
    Ok(())
}

/// The events of a call of a carrier's, and whether we placed it.
fn call(requests: &'static [requests::Requests]) -> impl Strategy<Value = Vec<Entry>> {
    let request = prop::sample::select(requests).prop_flat_map(requests::Requests::any);
    let few = prop::collection::vec(request.clone(), 1..ALL_ORDERS);
    let many = prop::collection::vec(request, ALL_ORDERS..15);
    (prop_oneof![few, many], any::<bool>()).prop_map(|(requests, is_placed)| {
        let code = requests[0].code;
        let events = requests.iter().flat_map(|request| request.read(is_placed));
        let mut entries = kept(code, events);
        entries.extend(is_placed.then(placed));
        entries
    })
}

macro_rules! in_any_order {
    ($($test:ident($events:expr);)+) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(96))]
            $(
                #[test]
                fn $test(entries in $events, seed in any::<u64>()) {
                    check(&entries, seed)?;
                }
            )+
        }
    };
}

in_any_order! {
    amazon_connect(contacts::call());
    bandwidth(call(requests::BANDWIDTH));
    huawei(call(requests::HUAWEI));
    jiuyun(call(requests::JIUYUN));
    mapped(call(requests::MAPPED));
    plivo(call(requests::PLIVO));
    signalwire(call(requests::SIGNALWIRE));
    sinch(call(requests::SINCH));
    telnyx(call(requests::TELNYX));
    twilio(call(requests::TWILIO));
    vonage(call(requests::VONAGE));
    voximplant(call(requests::VOXIMPLANT));
}

#[test]
fn what_is_generated_is_mostly_read_and_comes_to_every_end() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let every = [
        requests::BANDWIDTH,
        requests::HUAWEI,
        requests::JIUYUN,
        requests::MAPPED,
        requests::PLIVO,
        requests::SIGNALWIRE,
        requests::SINCH,
        requests::TELNYX,
        requests::TWILIO,
        requests::VONAGE,
        requests::VOXIMPLANT,
    ];
    let mut runner = TestRunner::deterministic();
    for requests in every {
        let (mut events, mut kinds) = (0, Vec::new());
        let any = prop::sample::select(requests).prop_flat_map(requests::Requests::any);
        for _ in 0..400 {
            let request = any.new_tree(&mut runner).unwrap().current();
            let read = request.read(true);
            events += read.len();
            kinds.extend(read.into_iter().map(|event| event.kind));
        }
        let code = requests[0].code;
        assert!(events > 300, "{code}: {events} of 400 requests tell something");
        let ends = [Kind::Ended, Kind::Cdr].iter().any(|end| kinds.contains(end));
        assert!(ends, "{code} ends no call");
    }
}
