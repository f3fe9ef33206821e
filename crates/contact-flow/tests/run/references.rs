//! Where references lead.

use std::collections::BTreeMap;

use ringback_contact_flow::run::{Caller, Contact, Endpoint, Reference};
use serde_json::json;

use crate::world::{Fakes, aim, block, centre, contact, said, say, try_run};

fn told(contact: Contact, text: &str) -> String {
    let mut centre = centre([aim("aim", "support", "tell"), say("tell", text, "bye")]);
    centre.queues[0].outbound_caller_id = Some("+14155550198".to_owned());
    let run = try_run(&centre, contact, &Caller::default(), &mut Fakes::default()).unwrap();
    said(&run)[0].to_owned()
}

fn rich() -> Contact {
    Contact {
        customer_id: Some("c-1".to_owned()),
        name: Some("Order".to_owned()),
        customer_endpoint: Some(Endpoint {
            display_name: Some("Alpha".to_owned()),
            ..Endpoint::telephone("+14155550100")
        }),
        attributes: BTreeMap::from([
            ("first_name".to_owned(), "Alpha".to_owned()),
            ("a-b".to_owned(), "dash".to_owned()),
        ]),
        references: BTreeMap::from([(
            "order".to_owned(),
            Reference {
                kind: "URL".to_owned(),
                value: "https://shop.example/1".to_owned(),
            },
        )]),
        ..contact()
    }
}

#[test]
fn roots() {
    let table = [
        ("$.ContactId", "11111111-1111-4111-8111-111111111111"),
        ("$.InitialContactId", "11111111-1111-4111-8111-111111111111"),
        ("$.Channel", "VOICE"),
        ("$.InstanceARN", crate::world::INSTANCE),
        ("$.InitiationMethod", "INBOUND"),
        ("$.AwsRegion", "eu-central-1"),
        ("$.LanguageCode", "en-US"),
        ("$.CustomerId", "c-1"),
        ("$.Name", "Order"),
        ("$.CustomerEndpoint.Address", "+14155550100"),
        ("$.CustomerEndpoint.Type", "TELEPHONE_NUMBER"),
        ("$.CustomerEndpoint.DisplayName", "Alpha"),
        ("$.SystemEndpoint.Address", "+14155550199"),
        ("$.Queue.Name", "Support"),
        ("$.Queue.OutboundCallerId.Address", "+14155550198"),
        ("$.Attributes.first_name", "Alpha"),
        ("$.Attributes.a-b", "dash"),
        ("$.Attributes['first_name']", "Alpha"),
        ("$.References.order.Value", "https://shop.example/1"),
        ("$.SegmentAttributes['connect:Subtype']", "connect:Telephony"),
    ];
    for (reference, value) in table {
        assert_eq!(
            told(rich(), &format!("[{reference}]")),
            format!("[{value}]"),
            "{reference}"
        );
    }
}

#[test]
fn what_leads_nowhere_is_empty() {
    for reference in [
        "$.Attributes.none",
        "$.Agent.UserName",
        "$.StoredCustomerInput",
        "$.External.a.b",
        "$.Nonsense.x",
        "$.Attributes",
        "$.ContactId.deeper",
    ] {
        assert_eq!(told(rich(), &format!("[{reference}]")), "[]", "{reference}");
    }
}

#[test]
fn references_stand_within_sentences() {
    assert_eq!(
        told(rich(), "Hello $.Attributes.first_name, is it $.Queue.Name?"),
        "Hello Alpha, is it Support?"
    );
    assert_eq!(told(rich(), "It is $.Attributes.first_name."), "It is Alpha.");
    assert_eq!(told(rich(), "Or $.50, $.Attributes.first_name"), "Or $.50, Alpha");
    assert_eq!(
        told(rich(), "It costs 5$. $.Attributes.first_name"),
        "It costs 5$. Alpha"
    );
    assert_eq!(
        told(
            rich(),
            "<speak>Hi <break time=\"1s\"/>$.Attributes.first_name</speak>"
        ),
        "<speak>Hi <break time=\"1s\"/>Alpha</speak>"
    );
}

#[test]
fn operators() {
    let holds = |operator: &str, value: &str, operand: &str| {
        let compare = block(
            "compare",
            "Compare",
            json!({ "ComparisonValue": "$.Attributes.value" }),
        )
        .next("failed")
        .when(operator, operand, "bye")
        .error("NoMatchingCondition", "failed");
        let contact = Contact {
            attributes: BTreeMap::from([("value".to_owned(), value.to_owned())]),
            ..contact()
        };
        let run = try_run(
            &centre([compare]),
            contact,
            &Caller::default(),
            &mut Fakes::default(),
        )
        .unwrap();
        said(&run) == ["bye"]
    };
    for (operator, value, operand, expected) in [
        ("Equals", "VIP", "VIP", true),
        ("Equals", "VIP", "vip", false),
        ("TextStartsWith", "+4477", "+44", true),
        ("TextEndsWith", "+4477", "77", true),
        ("TextContains", "abc", "b", true),
        ("TextContains", "abc", "d", false),
        ("NumberGreaterThan", "10", "9", true),
        ("NumberGreaterThan", "9", "9.0", false),
        ("NumberGreaterOrEqualTo", "9", "9.0", true),
        ("NumberLessThan", "-1", "0", true),
        ("NumberLessOrEqualTo", "0.5", "0.5", true),
        ("NumberLessThan", "few", "10", false),
        ("NumberGreaterThan", "10", "few", false),
        ("NumberGreaterThan", "NaN", "1", false),
        ("NumberGreaterThan", "inf", "1", false),
        ("KeyExists", "anything", "value", true),
        ("Contains", "abc", "b", false),
    ] {
        assert_eq!(
            holds(operator, value, operand),
            expected,
            "{value} {operator} {operand}"
        );
    }
}

#[test]
fn first_condition_that_holds_wins_and_a_missing_value_compares_as_empty() {
    let compare = |value: &str| {
        let compare = block("compare", "Compare", json!({ "ComparisonValue": value }))
            .next("failed")
            .when("TextContains", "T", "full")
            .on("INBOUND", "failed")
            .when("KeyExists", "x", "failed")
            .error("NoMatchingCondition", "bye");
        let compare = compare
            .when("NumberLessThan", "1", "failed")
            .when("TextStartsWith", "I", "full");
        let run = try_run(
            &centre([compare]),
            contact(),
            &Caller::default(),
            &mut Fakes::default(),
        )
        .unwrap();
        said(&run)[0].to_owned()
    };
    assert_eq!(compare("$.Attributes.missing"), "bye");
    assert_eq!(compare("$.SystemEndpoint.Type"), "full");
}
