//! Plans, as the shipped flows play them: what the caller hears, who is rung, what is reported. The functions are
//! scripted here; what plan a caller gets is a story of its own.

use std::time::Duration;

use jiff::Timestamp;
use ringback_contact_flow::run::{
    AgentState, CallCentre, Caller, Channel, Contact, Ending, LambdaCall, LambdaOutcome, Lambdas, Queue, Run,
    What, run,
};
use ringback_local::centre::{Centre, INBOUND};
use serde_json::{Map, Value, json};

const CALLER: &str = "+14155550100";
const SHOP: &str = "+14155550121";
const DEAF_SHOP: &str = "+14155550122";
const OFFICE: &str = "+14155550130";
const NOBODY: &str = "+14155550139";
const HOLD: &str = "Please hold the line. The next free colleague will take your call.";
const CLOSED: &str =
    "Thank you for calling. We are closed at the moment. Please call again during our opening hours.";
const BUSY: &str = "All our lines are busy at the moment. Please try again a little later.";
const GOODBYE: &str = "Thank you, and goodbye.";

/// A Friday, during opening hours.
fn day() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn night() -> Timestamp {
    "2026-11-20T23:00:00Z".parse().unwrap()
}

/// A step of a plan: kind, name, target, seconds, prompt.
type Step<'s> = (&'s str, &'s str, &'s str, u32, &'s str);

const MENU: Step<'_> = ("menu", "menu", "3", 5, "Shop or support?");
const TO_SHOP: Step<'_> = ("external", "shop", SHOP, 15, "Calling the shop.");
const TO_DEAF_SHOP: Step<'_> = ("external", "shop", DEAF_SHOP, 15, "Calling the shop.");
const TO_OFFICE: Step<'_> = ("external", "office", OFFICE, 15, "Calling the office.");
const TO_SUPPORT: Step<'_> = ("queue", "call-centre", "default", 0, "Please wait.");

/// What classify-caller answers with that plan.
fn answer(class: &str, plan: &[Step<'_>]) -> Value {
    let mut fields = Map::new();
    for (name, value) in [
        ("status", "found"),
        ("reason", "order"),
        ("source", "directory"),
        ("class", class),
        ("numberUsed", "line"),
        ("verified", "true"),
        ("customerId", "customer-1"),
        ("customerName", "Customer A"),
        ("orderId", "A-17"),
        ("orderTitle", "Two \"roses\" 🌹"),
        ("shopId", "shop-1"),
        ("shopName", "Shop 1"),
        ("shopPhone", SHOP),
        ("shopChannel", "none"),
        ("shopOpen", "true"),
        ("language", "en-GB"),
        ("priority", "5"),
        ("queue", "default"),
        ("summary", "Customer A, order A-17"),
        ("whisper", "<speak>Customer A, order A-17.</speak>"),
    ] {
        fields.insert(name.to_owned(), json!(value));
    }
    fields.insert("planLength".to_owned(), json!(plan.len().max(1).to_string()));
    for number in 1..=6 {
        let nothing = ("none", "none", "none", 0, "none");
        let (kind, name, target, seconds, prompt) = plan.get(number - 1).copied().unwrap_or(nothing);
        let rounds = if kind == "queue" { seconds.div_ceil(10) } else { 0 };
        for (field, value) in [
            ("Kind", kind.to_owned()),
            ("Name", name.to_owned()),
            ("Target", target.to_owned()),
            ("Seconds", seconds.to_string()),
            ("Rounds", rounds.to_string()),
            ("Prompt", prompt.to_owned()),
        ] {
            fields.insert(format!("step{number}{field}"), json!(value));
        }
    }
    Value::Object(fields)
}

/// Functions that say what they are told to, and remember what they were asked.
struct Functions {
    classification: LambdaOutcome,
    last_agent: Value,
    calls: Vec<(String, Value)>,
}

impl Functions {
    fn who_plan(plan: &[Step<'_>]) -> Self {
        Self::that_answer(LambdaOutcome::answer(
            Duration::from_millis(40),
            answer("active-order", plan),
        ))
    }

    fn that_answer(classification: LambdaOutcome) -> Self {
        let nobody =
            json!({ "status": "none", "reason": "first-contact", "source": "none", "mode": "same-first" });
        Self {
            classification,
            last_agent: nobody,
            calls: Vec::new(),
        }
    }

    fn asked(&self, function: &str) -> Vec<&Value> {
        let calls = self.calls.iter().filter(|(name, _)| name == function);
        calls.map(|(_, event)| &event["Details"]).collect()
    }

    /// The reports in order, each as `step place`, with the key where there is one.
    fn reports(&self) -> Vec<String> {
        let report = |details: &&Value| {
            let parameters = &details["Parameters"];
            let words = ["step", "place", "key"].map(|name| parameters[name].as_str().unwrap_or_default());
            words.join(" ").trim().to_owned()
        };
        self.asked("report-step").iter().map(report).collect()
    }
}

impl Lambdas for Functions {
    async fn invoke(&mut self, call: &LambdaCall) -> LambdaOutcome {
        let name = call.function_arn.rsplit(':').next().unwrap().to_owned();
        assert_eq!(call.asynchronous, name == "report-step");
        self.calls.push((name.clone(), call.event.clone()));
        match name.as_str() {
            "classify-caller" => self.classification.clone(),
            "last-agent" => LambdaOutcome::answer(Duration::from_millis(40), self.last_agent.clone()),
            _ => LambdaOutcome::error(Duration::ZERO, "nobody waits for this"),
        }
    }
}

/// The built-in call centre with a second queue, in which only agent-b is.
fn centre() -> CallCentre {
    let mut centre = Centre::load(None).unwrap().centre;
    centre.queues.push(Queue::new("sales", "Sales"));
    centre.agents[1].queues.push("sales".to_owned());
    centre
}

/// The same with agents who are all busy for so long.
fn busy_for(seconds: u32) -> CallCentre {
    let mut centre = centre();
    for agent in &mut centre.agents {
        agent.state = AgentState::Busy {
            seconds: Some(seconds),
        };
    }
    centre
}

fn contact(channel: Channel) -> Contact {
    let id = "00000000-0000-4000-8000-0000ca110001";
    match channel {
        Channel::Voice => Contact::call(id, CALLER, "+14155550199"),
        other => Contact::new(id, other),
    }
}

async fn call_at(at: Timestamp, centre: &CallCentre, caller: &Caller, functions: &mut Functions) -> Run {
    run(centre, INBOUND, contact(Channel::Voice), caller, at, functions)
        .await
        .unwrap()
}

async fn call(centre: &CallCentre, keys: &[&str], functions: &mut Functions) -> Run {
    let caller = Caller {
        keys: keys
            .iter()
            .map(|key| Some((*key).to_owned()).filter(|key| !key.is_empty()))
            .collect(),
        ..Caller::default()
    };
    call_at(day(), centre, &caller, functions).await
}

/// What somebody who listens in would write down.
fn story(run: &Run) -> Vec<String> {
    let note = |what: &What| match what {
        What::Said { text } => Some(text.clone()),
        What::Asked { text, key } => Some(format!("{text} [{}]", key.as_deref().unwrap_or("silence"))),
        What::Transferred { number, outcome } => Some(format!("{number}: {outcome}")),
        What::Queued { queue, .. } => Some(format!("queue {queue}")),
        What::Whispered { text, .. } => Some(format!("whisper: {text}")),
        What::Connected { agent } => Some(format!("talks to {agent}")),
        _ => None,
    };
    run.transcript
        .iter()
        .filter_map(|entry| note(&entry.what))
        .collect()
}

fn attribute<'r>(run: &'r Run, name: &str) -> Option<&'r str> {
    run.finished.attributes.get(name).map(String::as_str)
}

fn hung_up_by_flow(run: &Run) -> bool {
    matches!(run.ending, Ending::DisconnectedByFlow { .. })
}

#[tokio::test]
async fn open_order_and_the_shop_answers() {
    let mut functions = Functions::who_plan(&[MENU, TO_SHOP, TO_OFFICE, TO_SUPPORT]);
    let run = call(&centre(), &["1"], &mut functions).await;
    assert_eq!(
        story(&run),
        [
            "Shop or support? [1]",
            "Calling the shop.",
            "+14155550121: answered after 6 s, 90 s of talk",
            GOODBYE,
        ]
    );
    assert!(hung_up_by_flow(&run) && run.finished.queue.is_none());
    let reports = functions.asked("report-step");
    let parameters: Vec<_> = reports.iter().map(|report| &report["Parameters"]).collect();
    assert_eq!(
        json!(parameters),
        json!([
            { "step": "identified" },
            { "step": "chose", "place": "menu", "kind": "menu", "key": "1" },
            { "step": "transferred", "place": "shop", "kind": "external", "seconds": "15" },
            { "step": "answered", "place": "shop", "kind": "external", "seconds": "15" },
        ])
    );
    // Everything else is on the contact already when the first report is made.
    for (name, value) in [
        ("callerStatus", "found"),
        ("callerReason", "order"),
        ("callerClass", "active-order"),
        ("callerCustomerId", "customer-1"),
        ("callerName", "Customer A"),
        ("callerOrderId", "A-17"),
        ("callerOrderTitle", "Two \"roses\" 🌹"),
        ("callerShopId", "shop-1"),
        ("callerShopName", "Shop 1"),
        ("callerShopPhone", SHOP),
        ("callerShopChannel", "none"),
        ("callerShopOpen", "true"),
        ("callerLanguage", "en-GB"),
        ("callerPriority", "5"),
        ("callerQueue", "default"),
        ("callerSummary", "Customer A, order A-17"),
        ("callerVerified", "true"),
        ("callerNumberUsed", "line"),
        ("planLength", "4"),
    ] {
        assert_eq!(reports[0]["ContactData"]["Attributes"][name], value, "{name}");
    }
}

#[tokio::test]
async fn shop_rings_out_and_the_office_answers() {
    let mut functions = Functions::who_plan(&[MENU, TO_DEAF_SHOP, TO_OFFICE, TO_SUPPORT]);
    let run = call(&centre(), &["1"], &mut functions).await;
    assert_eq!(
        story(&run)[1..],
        [
            "Calling the shop.",
            "+14155550122: no answer within 15 s",
            "Calling the office.",
            "+14155550130: answered after 4 s, 60 s of talk",
            GOODBYE,
        ]
    );
    assert_eq!(
        functions.reports()[2..],
        [
            "transferred shop",
            "rang-out shop",
            "transferred office",
            "answered office"
        ]
    );
}

#[tokio::test]
async fn office_rings_out_too_and_an_agent_hears_who_is_calling() {
    for office in [DEAF_SHOP, "+14155550123", NOBODY] {
        let to_office = ("external", "office", office, 15, "Calling the office.");
        let mut functions = Functions::who_plan(&[MENU, TO_DEAF_SHOP, to_office, TO_SUPPORT]);
        let run = call(&centre(), &["1"], &mut functions).await;
        assert_eq!(
            story(&run)[5..],
            [
                "queue Support",
                "whisper: Customer A, order A-17.",
                "talks to agent-a"
            ],
            "{office}"
        );
        assert_eq!(
            functions.reports()[4..],
            ["transferred office", "rang-out office", "transferred call-centre"]
        );
    }
}

#[tokio::test]
async fn whoever_does_not_press_1_is_moved_on_as_the_menu_says_and_asked_twice_at_most() {
    let again = "Shop or support? [9]";
    for (keys, asked, report) in [
        (["2", ""], vec!["Shop or support? [2]"], "chose menu 2"),
        (["9", "2"], vec![again, "Shop or support? [2]"], "chose menu 2"),
        (["9", "9"], vec![again, again], "chose menu wrong"),
        (["", ""], vec!["Shop or support? [silence]"; 2], "chose menu none"),
        (
            ["9", ""],
            vec![again, "Shop or support? [silence]"],
            "chose menu none",
        ),
    ] {
        let mut functions = Functions::who_plan(&[MENU, TO_SHOP, TO_OFFICE, TO_SUPPORT]);
        let run = call(&centre(), &keys, &mut functions).await;
        let told = story(&run);
        assert_eq!(told[..asked.len()], asked, "{keys:?}");
        assert_eq!(told[asked.len()], "queue Support", "{keys:?}");
        assert_eq!(
            functions.reports(),
            ["identified", report, "transferred call-centre"]
        );
    }
    // A key that is right the second time is as good, and a second menu asks twice again.
    let second = ("menu", "second", "1", 5, "Office or support?");
    let mut functions = Functions::who_plan(&[MENU, second, TO_OFFICE, TO_SUPPORT]);
    let run = call(&centre(), &["9", "1", "9", "1"], &mut functions).await;
    assert_eq!(story(&run)[3], "Office or support? [1]");
    assert_eq!(
        functions.reports()[1..4],
        ["chose menu 1", "chose second 1", "transferred office"]
    );
}

#[tokio::test]
async fn partner_hears_a_message_and_is_never_offered_an_agent() {
    let message = ("message", "use-chat", "none", 0, "Partners are served by chat.");
    let goodbye = ("hang-up", "goodbye", "none", 0, "Goodbye then.");
    let plan = answer("partner", &[message, goodbye]);
    let mut functions = Functions::that_answer(LambdaOutcome::answer(Duration::ZERO, plan));
    let run = call(&centre(), &[], &mut functions).await;
    assert_eq!(story(&run), ["Partners are served by chat.", "Goodbye then."]);
    assert!(hung_up_by_flow(&run) && functions.asked("last-agent").is_empty());
    assert_eq!(functions.reports(), ["identified"]);
}

#[tokio::test]
async fn last_agent_comes_before_the_plan_and_the_plan_after_a_refusal() {
    let found = json!({
        "status": "found", "reason": "last-agent", "source": "index", "mode": "same-first",
        "agentId": "agent-c", "agentArn": "arn:aws:connect:eu-west-2:111122223333:instance/x/agent/agent-c",
        "contactId": "c-0", "contactAgeSeconds": "60", "channel": "VOICE", "rating": "none", "queueArn": "none",
    });
    for (key, end, reports) in [
        ("1", "talks to agent-c", vec!["identified"]),
        (
            "2",
            GOODBYE,
            vec!["identified", "transferred office", "answered office"],
        ),
    ] {
        let mut functions = Functions::who_plan(&[TO_OFFICE, TO_SUPPORT]);
        functions.last_agent = found.clone();
        let run = call(&centre(), &[key], &mut functions).await;
        assert!(story(&run)[0].starts_with("Welcome back."));
        assert_eq!(story(&run).last().unwrap(), end);
        assert_eq!(functions.reports(), reports);
    }
}

#[tokio::test]
async fn classification_that_fails_is_not_heard_and_the_ordinary_queue_serves() {
    for outcome in [
        LambdaOutcome::error(Duration::from_millis(10), "no"),
        LambdaOutcome::answer(Duration::from_secs(9), answer("unknown", &[TO_OFFICE])),
        LambdaOutcome::answer(Duration::ZERO, json!(["no map"])),
    ] {
        let mut functions = Functions::that_answer(outcome);
        let run = call(&centre(), &["1"], &mut functions).await;
        assert_eq!(story(&run), ["queue Support", "talks to agent-a"]);
        assert_eq!(functions.asked("last-agent").len(), 1);
        assert_eq!(functions.reports(), ["identified", "transferred default"]);
        assert_eq!(attribute(&run, "callerClass"), None);
    }
    // An answer that lacks half of the plan is played as far as it goes.
    let mut half = answer("unknown", &[TO_DEAF_SHOP, TO_SHOP, TO_SHOP, TO_OFFICE]);
    half.as_object_mut().unwrap().remove("step4Prompt");
    let mut functions = Functions::that_answer(LambdaOutcome::answer(Duration::ZERO, half));
    let run = call(&centre(), &[], &mut functions).await;
    assert_eq!(
        story(&run),
        [
            "Calling the shop.",
            "+14155550122: no answer within 15 s",
            "queue Support",
            "whisper: Customer A, order A-17.",
            "talks to agent-a"
        ]
    );
}

#[tokio::test]
async fn a_plan_that_has_nothing_left_ends_in_the_ordinary_queue() {
    for (plan, rung) in [(vec![], 0), (vec![TO_DEAF_SHOP; 6], 6)] {
        let mut functions = Functions::who_plan(&plan);
        let run = call(&busy_for(200), &[], &mut functions).await;
        let told = story(&run);
        assert_eq!(
            told.iter().filter(|line| line.starts_with(DEAF_SHOP)).count(),
            rung
        );
        assert_eq!(
            told[2 * rung..],
            [
                "queue Support",
                HOLD,
                "whisper: Customer A, order A-17.",
                "talks to agent-a"
            ]
        );
        assert_eq!(functions.reports().last().unwrap(), "transferred default");
    }
}

/// A queue step that ends after 30 s, and what follows.
fn then<'s>(steps: &[Step<'s>]) -> Functions {
    let wait: Step<'s> = ("queue", "call-centre", "default", 30, "Please wait.");
    let plan: Vec<_> = std::iter::once(wait).chain(steps.iter().copied()).collect();
    Functions::who_plan(&plan)
}

fn after(run: &Run, seconds: i64, end: Timestamp) -> bool {
    end.duration_since(run.finished.initiated_at).as_secs() == seconds
}

#[tokio::test]
async fn a_wait_that_is_over_is_followed_by_the_next_step() {
    let waits = ["queue Support", "Please wait.", "Please wait.", "Please wait."];
    let sales = ("queue", "sales", "sales", 0, "Sales will be with you.");
    let message = ("message", "sorry", "none", 0, "Sorry for the wait.");
    let goodbye = ("hang-up", "goodbye", "none", 0, "Goodbye then.");
    let menu = ("menu", "second", "1", 5, "Office or waiting?");
    let talk = "+14155550130: answered after 4 s, 60 s of talk";
    let agent = ["whisper: Customer A, order A-17.", "talks to agent-a"];
    for (steps, told, reports) in [
        (
            vec![TO_OFFICE],
            vec!["Calling the office.", talk, GOODBYE],
            vec!["transferred office", "answered office"],
        ),
        (
            vec![TO_DEAF_SHOP, message, goodbye],
            vec![
                "Calling the shop.",
                "+14155550122: no answer within 15 s",
                "Sorry for the wait.",
                "Goodbye then.",
            ],
            vec!["transferred shop", "rang-out shop"],
        ),
        (
            vec![sales],
            vec![
                "queue Sales",
                "Sales will be with you.",
                "whisper: Customer A, order A-17.",
                "talks to agent-b",
            ],
            vec!["transferred sales"],
        ),
        (
            vec![menu, TO_OFFICE],
            vec!["Office or waiting? [1]", "Calling the office.", talk, GOODBYE],
            vec!["chose second 1", "transferred office", "answered office"],
        ),
        (vec![], vec![HOLD, agent[0], agent[1]], vec![]),
        (
            vec![message],
            vec!["Sorry for the wait.", HOLD, agent[0], agent[1]],
            vec![],
        ),
    ] {
        let mut functions = then(&steps);
        let run = call(&busy_for(90), &["1"], &mut functions).await;
        assert_eq!(story(&run), [&waits[..], &told].concat());
        assert_eq!(
            functions.reports(),
            [
                &["identified", "transferred call-centre", "rang-out call-centre"],
                &reports[..]
            ]
            .concat()
        );
        if let Some(first) = run.finished.earlier_queues.first() {
            assert!(after(&run, 30, first.dequeued_at.unwrap()));
        }
    }
}

#[tokio::test]
async fn an_agent_who_gets_free_ends_the_wait_wherever_the_plan_is() {
    let twice = [TO_DEAF_SHOP, TO_DEAF_SHOP];
    for (busy, rings) in [(12, 0), (40, 1)] {
        let mut functions = then(&twice);
        let run = call(&busy_for(busy), &[], &mut functions).await;
        let rung: Vec<_> = story(&run)
            .into_iter()
            .filter(|line| line.starts_with(DEAF_SHOP))
            .collect();
        assert_eq!(rung.len(), rings, "{rung:?}");
        assert!(after(
            &run,
            i64::from(busy),
            run.finished.queue.as_ref().unwrap().dequeued_at.unwrap()
        ));
        assert!(!functions.reports().contains(&"rang-out shop".to_owned()));
    }
}

#[tokio::test]
async fn a_queue_that_is_full_is_passed_and_the_last_one_says_so() {
    let mut full = busy_for(600);
    (full.queues[0].capacity, full.queues[0].contacts_waiting) = (Some(1), 1);
    let mut functions = Functions::who_plan(&[TO_SUPPORT, TO_DEAF_SHOP, TO_SUPPORT]);
    let run = call(&full, &[], &mut functions).await;
    assert_eq!(
        story(&run),
        ["Calling the shop.", "+14155550122: no answer within 15 s", BUSY]
    );
    assert!(hung_up_by_flow(&run));
    assert_eq!(
        functions.reports()[1..],
        [
            "transferred call-centre",
            "rang-out call-centre",
            "transferred shop",
            "rang-out shop",
            "transferred call-centre",
            "gave-up call-centre"
        ]
    );
    // In a queue already, the caller keeps that place.
    let first = ("queue", "sales", "sales", 10, "Please wait.");
    full.agents[1].state = AgentState::Busy { seconds: Some(50) };
    let mut functions = Functions::who_plan(&[first, TO_SUPPORT]);
    let run = call(&full, &[], &mut functions).await;
    assert_eq!(
        story(&run),
        [
            "queue Sales",
            "Please wait.",
            HOLD,
            "whisper: Customer A, order A-17.",
            "talks to agent-b"
        ]
    );
    assert_eq!(
        functions.reports()[3..],
        ["transferred call-centre", "rang-out call-centre"]
    );
    // A queue that is not there is the ordinary one.
    let gone = ("queue", "gone", "no-such-queue", 0, "Please wait.");
    let run = call(&centre(), &[], &mut Functions::who_plan(&[gone])).await;
    assert_eq!(story(&run)[0], "queue Support");
}

#[tokio::test]
async fn out_of_hours_a_shop_is_rung_and_no_agent_is_offered() {
    let mut functions = Functions::who_plan(&[TO_DEAF_SHOP, TO_SUPPORT]);
    let run = call_at(night(), &centre(), &Caller::default(), &mut functions).await;
    assert_eq!(
        story(&run),
        ["Calling the shop.", "+14155550122: no answer within 15 s", CLOSED]
    );
    assert!(functions.asked("last-agent").is_empty() && hung_up_by_flow(&run));
    assert_eq!(
        functions.reports()[1..],
        ["transferred shop", "rang-out shop", "gave-up call-centre"]
    );
    // A queue that is closed is passed like one that is full.
    let mut functions = Functions::who_plan(&[TO_SUPPORT, TO_OFFICE]);
    let run = call_at(night(), &centre(), &Caller::default(), &mut functions).await;
    assert!(story(&run).contains(&"+14155550130: answered after 4 s, 60 s of talk".to_owned()));
    assert_eq!(
        functions.reports()[1..],
        ["transferred office", "answered office"]
    );
}

#[tokio::test]
async fn a_chat_skips_menus_and_numbers_and_waits_in_the_plans_queue() {
    let sales = ("queue", "sales", "sales", 20, "Please wait.");
    let plan = [MENU, TO_SHOP, TO_OFFICE, sales, TO_OFFICE, TO_SUPPORT];
    let mut functions = Functions::who_plan(&plan);
    let mut busy = busy_for(60);
    busy.agents[1].state = AgentState::Offline;
    let caller = Caller::default();
    let run = run(
        &busy,
        INBOUND,
        contact(Channel::Chat),
        &caller,
        day(),
        &mut functions,
    )
    .await
    .unwrap();
    // Marked up speech is nothing to read, and a chat has no music.
    assert_eq!(story(&run), ["queue Sales", "queue Support", "talks to agent-a"]);
    assert!(after(
        &run,
        20,
        run.finished.earlier_queues[0].dequeued_at.unwrap()
    ));
    assert_eq!(
        functions.reports(),
        [
            "identified",
            "transferred sales",
            "rang-out sales",
            "transferred call-centre"
        ]
    );
}

#[tokio::test]
async fn caller_who_hangs_up_while_the_shop_rings() {
    let caller = Caller {
        hangs_up_after_seconds: Some(5),
        ..Caller::default()
    };
    let mut functions = Functions::who_plan(&[TO_SHOP, TO_OFFICE]);
    let run = call_at(day(), &centre(), &caller, &mut functions).await;
    let Ending::HungUp {
        place: Some(place),
        queue: None,
    } = &run.ending
    else {
        panic!("{}", run.ending)
    };
    assert_eq!(place.block, "Ring");
    assert_eq!(
        story(&run),
        ["Calling the shop.", "+14155550121: it rings for 3 s only"]
    );
    assert_eq!(functions.reports(), ["identified", "transferred shop"]);
    assert_eq!(run.finished.transferred_to, None);
}

#[tokio::test]
async fn priority_counts_in_the_queue() {
    for (priority, ahead) in [("2", 0), ("5", 3), ("9", 3), ("none", 3)] {
        let mut fields = answer("vip", &[TO_SUPPORT]);
        fields["priority"] = json!(priority);
        let mut functions = Functions::that_answer(LambdaOutcome::answer(Duration::ZERO, fields));
        let mut centre = busy_for(30);
        centre.queues[0].contacts_waiting = 3;
        let run = call(&centre, &[], &mut functions).await;
        let queued = run.transcript.iter().find_map(|entry| match entry.what {
            What::Queued { ahead, .. } => Some(ahead),
            _ => None,
        });
        assert_eq!(queued, Some(ahead), "{priority}");
    }
}

#[tokio::test]
async fn a_number_that_an_earlier_flow_asked_for_is_what_is_looked_up() {
    for entered in [None, Some("+14155550111")] {
        let mut functions = Functions::who_plan(&[TO_SUPPORT]);
        let mut contact = contact(Channel::Voice);
        contact
            .attributes
            .extend(entered.map(|number| ("enteredNumber".to_owned(), number.to_owned())));
        run(
            &centre(),
            INBOUND,
            contact,
            &Caller::default(),
            day(),
            &mut functions,
        )
        .await
        .unwrap();
        let asked = functions.asked("classify-caller");
        assert_eq!(asked[0]["Parameters"]["enteredNumber"].as_str(), entered);
    }
}
