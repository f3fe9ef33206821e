//! Flows as one writes them have no problems at all.

use ringback_contact_flow::{FlowKind, check, draw, read};

#[test]
fn good_flows_are_clean() {
    for (kind, text) in [
        (FlowKind::ContactFlow, include_str!("flows/inbound.json")),
        (FlowKind::CustomerQueue, include_str!("flows/customer-queue.json")),
        (FlowKind::CustomerHold, include_str!("flows/hold.json")),
        (FlowKind::AgentWhisper, include_str!("flows/agent-whisper.json")),
        (FlowKind::Module, include_str!("flows/module.json")),
    ] {
        let report = check(text, Some(kind)).unwrap();
        assert!(report.is_clean(), "{kind}\n{report}");
        assert!(draw(&read(text).unwrap()).starts_with("<svg"));
    }
}
