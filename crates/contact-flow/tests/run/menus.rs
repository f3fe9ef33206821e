//! Asking the caller.

use ringback_contact_flow::run::{Caller, Channel, Contact, What};
use serde_json::json;

use crate::world::{Block, Fakes, block, call, centre, entry, flow, said, say, seconds, try_run};

fn menu() -> [Block; 2] {
    let parameters = json!({ "Text": "Press one.", "StoreInput": "False", "InputTimeLimitSeconds": "7" });
    let ask = block("ask", "GetParticipantInput", parameters)
        .on("1", "bye")
        .next("failed")
        .error("InputTimeLimitExceeded", "silence")
        .error("NoMatchingCondition", "wrong")
        .error("NoMatchingError", "failed");
    [ask, say("silence", "silence", "wrong")]
}

fn menu_flow() -> [Block; 3] {
    let [ask, silence] = menu();
    [ask, silence, say("wrong", "wrong", "bye")]
}

#[test]
fn pressed_key_takes_its_branch() {
    let run = call(&centre(menu_flow()), &Caller::who_keys(["1"]));
    assert_eq!(said(&run), ["bye"]);
    let asked = entry(
        &run,
        |what| matches!(what, What::Asked { key: Some(key), .. } if key == "1"),
    );
    assert_eq!(asked.next.as_deref(), Some("bye"));
}

#[test]
fn wrong_key_takes_no_matching_condition() {
    assert_eq!(
        said(&call(&centre(menu_flow()), &Caller::who_keys(["2"]))),
        ["wrong", "bye"]
    );
}

#[test]
fn silence_takes_the_time_limit_and_then_its_branch() {
    let run = call(&centre(menu_flow()), &Caller::default());
    assert_eq!(said(&run), ["silence", "wrong", "bye"]);
    // Two words are 0.8 s of prompt.
    let heard = entry(&run, |what| matches!(what, What::Said { .. }));
    assert_eq!(heard.at.duration_since(crate::world::start()).as_millis(), 7_800);
}

#[test]
fn menu_takes_one_key_and_drops_the_rest() {
    assert_eq!(
        said(&call(&centre(menu_flow()), &Caller::who_keys(["12"]))),
        ["bye"]
    );
}

#[test]
fn keys_go_to_prompts_in_order() {
    let [ask, silence] = menu();
    let parameters = json!({ "Text": "And now?", "StoreInput": "False", "InputTimeLimitSeconds": "7" });
    let again = block("wrong", "GetParticipantInput", parameters)
        .on("2", "bye")
        .error("NoMatchingError", "failed");
    let run = call(
        &centre([ask, silence, again]),
        &Caller {
            keys: vec![None, Some("2".to_owned())],
            ..Caller::default()
        },
    );
    assert_eq!(said(&run), ["silence", "bye"]);
}

#[test]
fn menu_on_a_chat_takes_the_error_branch_at_once() {
    let chat = Contact::new("22222222-2222-4222-8222-222222222222", Channel::Chat);
    let run = try_run(
        &centre(menu_flow()),
        chat,
        &Caller::who_keys(["1"]),
        &mut Fakes::default(),
    )
    .unwrap();
    assert_eq!(said(&run), ["failed"]);
    assert_eq!(seconds(run.finished.disconnected_at), 0);
}

fn store(validation: serde_json::Value) -> [Block; 2] {
    let parameters = json!({ "Text": "Your number?", "StoreInput": "True", "InputValidation": validation });
    let ask = block("ask", "GetParticipantInput", parameters)
        .next("tell")
        .error("InvalidPhoneNumber", "bye")
        .error("NoMatchingError", "failed");
    [ask, say("tell", "You said $.StoredCustomerInput.", "bye")]
}

fn stored(validation: serde_json::Value, keys: Option<&str>) -> String {
    let caller = Caller {
        keys: vec![keys.map(str::to_owned)],
        ..Caller::default()
    };
    said(&call(&centre(store(validation)), &caller))
        .first()
        .copied()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn stored_input_ends_with_hash_and_starts_over_with_star() {
    let validation = json!({ "CustomValidation": { "MaximumLength": "4" } });
    assert_eq!(stored(validation.clone(), Some("12#9")), "You said 12.");
    assert_eq!(stored(validation.clone(), Some("99*123456")), "You said 1234.");
    assert_eq!(stored(validation, None), "You said Timeout.");
}

#[test]
fn stored_input_ends_with_its_last_place_or_its_own_sequence() {
    let validation = json!({ "CustomValidation": { "MaximumLength": "4" } });
    // What is keyed once the input is full comes too late to cancel it.
    assert_eq!(stored(validation.clone(), Some("1234*5")), "You said 1234.");
    let told = |keys: &str| {
        let parameters = json!({
            "Text": "Your number?", "StoreInput": "True", "InputValidation": validation,
            "DTMFConfiguration": { "InputTerminationSequence": "99", "DisableCancelKey": "True" },
        });
        let ask = block("ask", "GetParticipantInput", parameters).next("tell");
        let tell = say("tell", "You said $.StoredCustomerInput.", "bye");
        let run = call(&centre([ask, tell]), &Caller::who_keys([keys]));
        said(&run)[0].to_owned()
    };
    assert_eq!(told("1*99"), "You said 1*.");
    assert_eq!(told("1#992"), "You said 1#.");
}

#[test]
fn stored_telephone_numbers_are_written_in_e164() {
    let local = json!({ "PhoneNumberValidation": { "NumberFormat": "Local", "CountryCode": "GB" } });
    assert_eq!(
        stored(local.clone(), Some("07700900123#")),
        "You said +447700900123."
    );
    assert_eq!(stored(local, Some("123")), "bye");
    let e164 = json!({ "PhoneNumberValidation": { "NumberFormat": "E164" } });
    assert_eq!(stored(e164, Some("14155550142")), "You said +14155550142.");
}

#[test]
fn exported_flow_without_conditions_and_errors_reads() {
    // What the console leaves out of exports: empty lists, empty parameters.
    let document = json!({
        "Version": "2019-10-30",
        "StartAction": "a",
        "Actions": [{ "Identifier": "a", "Type": "DisconnectParticipant", "Transitions": {} }],
    });
    let plain = ringback_contact_flow::read(&document.to_string()).unwrap();
    assert_ne!(plain, flow([crate::world::hang_up("a")]));
    let centre =
        ringback_contact_flow::run::CallCentre::new(crate::world::INSTANCE).with_flow("main", "main", plain);
    assert_eq!(
        call(&centre, &Caller::default()).finished.disconnect_reason,
        "CONTACT_FLOW_DISCONNECT"
    );
}
