//! A whole call, as it reads.

use ringback_contact_flow::run::{AgentState, Caller, Conversation, Party};
use serde_json::json;

use crate::world::{
    Fakes, agent, aim, answers, block, centre, contact, hook, lambda, lines, say, transfer, try_run,
};

#[test]
fn returning_caller_reads_as_a_story() {
    let criteria = json!({ "RoutingCriteria": { "Steps": [{
        "Expression": { "AttributeCondition": { "ComparisonOperator": "Match", "MatchCriteria": {
            "AgentsCriteria": { "AgentIds": ["$.Attributes.agentId"] } } } },
        "Expiry": { "DurationInSeconds": "20" },
    }] } });
    let menu = json!({ "Text": "Press 1 to continue with the person you spoke to.", "StoreInput": "False",
        "InputTimeLimitSeconds": "5" });
    let centre = centre([
        lambda("last agent", "STRING_MAP", "known?"),
        block(
            "known?",
            "Compare",
            json!({ "ComparisonValue": "$.External.status" }),
        )
        .next("aim")
        .on("found", "keep")
        .error("NoMatchingCondition", "aim"),
        block(
            "keep",
            "UpdateContactAttributes",
            json!({ "Attributes": { "agentId": "$.External.agentId" } }),
        )
        .next("same?")
        .error("NoMatchingError", "aim"),
        block("same?", "GetParticipantInput", menu)
            .on("1", "prefer")
            .next("aim")
            .error("InputTimeLimitExceeded", "aim")
            .error("NoMatchingCondition", "aim")
            .error("NoMatchingError", "aim"),
        block("prefer", "UpdateContactRoutingCriteria", criteria)
            .next("music")
            .error("NoMatchingError", "aim"),
        hook("music", "CustomerQueue", "queue", "aim"),
        aim("aim", "support", "transfer"),
        transfer("transfer"),
    ])
    .with_flow(
        "queue",
        "queue",
        crate::world::flow([
            say("hold", "One moment please", "wait"),
            block("wait", "Wait", json!({ "TimeLimitSeconds": "600" })).on("WaitCompleted", "wait"),
        ]),
    )
    .with_agent(agent("Bravo", AgentState::Busy { seconds: Some(60) }))
    .with_agent(agent("Alpha", AgentState::Busy { seconds: Some(16) }));
    let mut fakes = Fakes::that([answers(12, json!({ "agentId": "alpha", "status": "found" }))]);
    let conversation = Conversation {
        seconds: 90,
        ended_by: Party::Customer,
        after_contact_work_seconds: 20,
    };
    let caller = Caller {
        conversation,
        ..Caller::who_keys(["1"])
    };
    let run = try_run(&centre, contact(), &caller, &mut fakes).unwrap();
    insta::assert_snapshot!(lines(&run), @r#"
    17:00:00  main › last agent:  invokes last-agent: answered {"agentId":"alpha","status":"found"} after 12 ms → known?
    17:00:00  main › known?:  looks at “found”: Equals found → keep
    17:00:00  main › keep:  sets attributes agentId = alpha → same?
    17:00:00  main › same?:  asks “Press 1 to continue with the person you spoke to.”: keyed 1 → prefer
    17:00:04  main › prefer:  keeps the contact for Alpha (20 s), then for anyone in the queue → music
    17:00:04  main › music:  sets the flow queue for CustomerQueue → aim
    17:00:04  main › aim:  aims at Support (support) → transfer
    17:00:04  main › transfer:  enters the queue Support
    17:00:04  routing step 1 (Alpha) begins
    17:00:04  queue › hold:  says “One moment please” → wait
    17:00:05  queue › wait:  waits 600 s
    17:00:16  routing step 1 (Alpha) joined
    17:00:16  talks to Alpha
    17:01:46  the customer hangs up after 90 s
    17:02:06  the agent finishes off after 20 s
    "#);
    assert_eq!(
        run.ending.to_string(),
        "talked to agent alpha; the customer hung up"
    );
    let as_json = serde_json::to_value(&run).unwrap();
    assert_eq!(as_json["transcript"][0]["what"]["fact"], "lambda");
    assert_eq!(as_json["finished"]["routing"][0]["steps"][0]["status"], "JOINED");
}
