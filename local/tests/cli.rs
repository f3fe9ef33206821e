//! The command line, as a person and as a machine use it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs the command in a folder; its status, standard output and standard error.
fn ringback_in(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ringback"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn ringback(arguments: &[&str]) -> (i32, String, String) {
    ringback_in(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")), arguments)
}

/// A call by somebody who is not in the directory; times of functions are left out.
fn call(arguments: &[&str]) -> String {
    let mut all = vec!["call", "--from", "+14155550100", "--directory", "none"];
    all.extend(arguments);
    let (status, out, err) = ringback(&all);
    assert_eq!((status, err.as_str()), (0, ""), "{all:?}");
    let words: Vec<_> = out
        .lines()
        .map(|line| match line.split_once(" answers in ") {
            Some((before, after)) => format!("{before} answers: {}", after.split_once(": ").unwrap().1),
            None => line.to_owned(),
        })
        .collect();
    words.join("\n")
}

#[test]
fn without_a_command_the_story_is_told() {
    let (status, out, _) = ringback(&[]);
    assert_eq!(status, 0);
    for part in [
        "A first call",
        "routing step 1 (agent-b) joined",
        "routing step 1 (agent-b) expired",
        "reason=low-rating",
        "StickyHit 1, StickyMiss 1; 1 SearchContacts requests.",
        "class active-order, plan menu → shop → office → call-centre; “Customer A, order A-17 (two pizzas) at Pizzeria One”",
        "dials +14155550121: answered",
        "whispers to the agent: “Customer B, order A-18 (a cake) at Bakery Two”",
        "#shop-1     Customer A is calling about order A-17",
        "#team       Office did not answer Customer B within 15 s",
        "write to us there",
        "The last event first, each of them twice",
        "They are equal in every column, each of 10 events.",
        "again in 60 s",
        "s3://recordings/t-1/2026/11/20/demo-recording/",
        "the same digest",
        "carrier tw: healthy → left alone (errors)",
        "202  carrier tx does not answer: nobody knows",
        "255 other",
        "8 calls; nobody was rung twice.",
    ] {
        assert!(out.contains(part), "no «{part}» in\n{out}");
    }
}

#[test]
fn a_call_shows_every_block() {
    insta::assert_snapshot!(call(&[
        "--spoke-with",
        "agent-a",
        "--rated",
        "5",
        "--press",
        "1",
        "--agent",
        "agent-a=busy"
    ]));
}

#[test]
fn every_condition_of_the_story_can_be_had_from_the_command_line() {
    let known = ["--spoke-with", "agent-a"];
    for (more, said, ending) in [
        (&["--press", "1"][..], "reason=last-agent", "Spoke with agent-a"),
        (
            &["--press", "2", "--agent", "agent-a=busy"],
            "keyed 2",
            "Spoke with agent-b",
        ),
        (
            &["--press", "1", "--agent", "agent-a=offline"],
            "They are not available",
            "Spoke with agent-b",
        ),
        (
            &["--press", "1", "--agent", "agent-a=busy"],
            "(agent-a) expired",
            "Spoke with agent-b",
        ),
        (&["--rated", "1"], "reason=low-rating", "Spoke with agent-a"),
        (
            &["--called-today", "3", "--press", "1"],
            "reason=caller-cap",
            "Spoke with agent-a",
        ),
        (
            &["--fault", "down"],
            "reason=index-unavailable",
            "Spoke with agent-a",
        ),
        (
            &["--at", "2026-11-20T23:00+00:00"],
            "We are closed",
            "The flow ended the call",
        ),
        (
            &[
                "--press",
                "1",
                "--agent",
                "agent-a=busy",
                "--set",
                "STICKY_MODE=agent-queue",
            ],
            "gave-up",
            "Spoke with agent-b",
        ),
        (
            &["--press", "1", "--agent", "agent-a=busy", "--patience", "5"],
            "hangs up",
            "Gave up waiting",
        ),
    ] {
        let out = call(&[&known[..], more].concat());
        assert!(out.contains(said), "{more:?}: no «{said}» in\n{out}");
        assert!(
            out.lines().any(|line| line.trim().starts_with(ending)),
            "{more:?}: no «{ending}» in\n{out}"
        );
    }
    assert!(call(&[]).contains("reason=first-contact"));
    let (_, chat, _) = ringback(&["call", "--channel", "chat"]);
    assert!(
        chat.contains("reason=no-caller") && !chat.contains("asks"),
        "{chat}"
    );
}

#[test]
fn every_path_of_the_marketplace_can_be_had_from_the_command_line() {
    for (from, more, parts) in [
        (
            "+14155550101",
            &["--press", "1"][..],
            &["dials +14155550121: answered", "Pizzeria One answered Customer A"][..],
        ),
        (
            "+14155550102",
            &["--press", "1"],
            &[
                "dials +14155550122: no answer within 15 s",
                "dials +14155550130: answered",
            ],
        ),
        (
            "+14155550102",
            &["--press", "1", "--number", "+14155550130=rings-out"],
            &[
                "dials +14155550130: no answer within 15 s",
                "talks to agent-a",
                "Agent agent-a answered Customer B",
            ],
        ),
        (
            "+14155550103",
            &[],
            &["plan office → call-centre", "dials +14155550130: answered"],
        ),
        (
            "+14155550101",
            &["--press", "2"],
            &["keyed 2", "dials +14155550130: answered"],
        ),
        (
            "+14155550101",
            &["--press", "9", "--press", "9"],
            &["keyed 9", "dials +14155550130: answered"],
        ),
        ("+14155550101", &[], &["silence", "dials +14155550130: answered"]),
        (
            "+14155550104",
            &[],
            &["class known-customer", "dials +14155550130: answered"],
        ),
        ("+14155550121", &[], &["class partner", "write to us there"]),
        (
            "+14155550199",
            &[],
            &["class unknown", "dials +14155550130: answered"],
        ),
        (
            "+14155550102",
            &["--press", "1", "--hang-up-after", "20"],
            &["Hung up.", "Customer B hung up while Bakery Two was ringing"],
        ),
        (
            "+14155550104",
            &["--spoke-with", "agent-b", "--press", "1"],
            &["Welcome back", "talks to agent-b"],
        ),
    ] {
        let (status, out, err) = ringback(&[&["call", "--from", from], more].concat());
        assert_eq!((status, err.as_str()), (0, ""), "{from} {more:?}");
        for part in parts {
            assert!(out.contains(part), "{from} {more:?}: no «{part}» in\n{out}");
        }
    }
}

#[test]
fn a_call_as_json_is_one_document() {
    let (status, out, _) = ringback(&[
        "call",
        "--from",
        "+14155550100",
        "--spoke-with",
        "agent-a",
        "--press",
        "1",
        "--json",
    ]);
    let run: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status, 0);
    assert_eq!(run["finished"]["agent"]["id"], "agent-a");
    assert_eq!(run["finished"]["attributes"]["lastAgentOffer"], "accepted");
}

#[test]
fn what_is_wrong_is_named() {
    for (arguments, said) in [
        (&["call", "--from", "4155550100"][..], "--from"),
        (
            &["call", "--spoke-with", "nobody"],
            "has no agent nobody; it has agent-a, agent-b, agent-c",
        ),
        (
            &["call", "--set", "STICKY_MODE=always"],
            "STICKY_MODE must be same-first, same-only, agent-queue or off",
        ),
        (
            &["call", "--agent", "agent-a=asleep"],
            "expected available, offline, busy, busy:SECONDS or acw:SECONDS",
        ),
        (&["call", "--agent", "agent-z=offline"], "no agent agent-z"),
        (&["call", "--at", "tomorrow"], "a time with an offset"),
        (
            &["call", "--set", "STICKY_MOD=off"],
            "no function has a setting STICKY_MOD; there are AGENT_NAMES, ",
        ),
        (
            &["call", "--fill", "OfferSecond=5"],
            "no flow has this placeholder; there are AgentWhisperFlowArn, CallerAttribute",
        ),
        (&["call", "--press", "one"], "the keys 0 to 9"),
        (
            &["call", "--directory", "Cargo.toml"],
            "--directory Cargo.toml: line 1",
        ),
        (&["call", "--number", "+14155550130=sings"], "rings-out or busy"),
        (
            &["call", "--from", "+14155550100", "--channel", "chat"],
            "--customer-id",
        ),
        (&["call", "--flow", "no-such-file.json"], "no-such-file.json"),
        (&["call", "--centre", "Cargo.toml"], "Cargo.toml"),
        (&["flow", "bundle", "no-such-folder"], "no-such-folder"),
    ] {
        let (status, _, err) = ringback(arguments);
        assert_eq!(status, 2, "{arguments:?}: {err}");
        assert!(err.contains(said), "{arguments:?}: no «{said}» in {err}");
    }
}

#[test]
fn the_status_of_a_check_tells_clean_from_wrong_from_unreadable() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let flow =
        |action: &str| format!(r#"{{"Version": "2019-10-30", "StartAction": "a", "Actions": [{action}]}}"#);
    let end = r#"{"Identifier": "a", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}}"#;
    write("clean.json", &flow(end));
    write(
        "unwise.json",
        &flow(&format!("{end}, {}", end.replace("\"a\"", "\"never reached\""))),
    );
    write(
        "wrong.json",
        &flow(&end.replace("DisconnectParticipant", "HangUp")),
    );
    write(
        "legacy.json",
        r#"{"modules": [], "start": "a", "version": "1", "type": "contactFlow"}"#,
    );
    write("text.json", "hello");

    let check = |files: &[&str]| ringback_in(folder.path(), &[&["flow", "check"], files].concat());
    assert_eq!(
        check(&["clean.json"]),
        (0, "clean.json: clean\n".to_owned(), String::new())
    );
    let (status, out, _) = check(&["unwise.json"]);
    assert_eq!(status, 0);
    assert!(out.contains("warning[unreachable]"), "{out}");
    let (status, out, _) = check(&["clean.json", "wrong.json"]);
    assert_eq!(status, 1);
    assert!(
        out.contains("Invalid Action type. Type: HangUp, Path: Actions[0].Type"),
        "{out}"
    );
    for (file, said) in [
        ("legacy.json", "legacy"),
        ("text.json", "JSON"),
        ("absent.json", "No such file"),
    ] {
        let (status, out, _) = check(&["wrong.json", file]);
        assert_eq!(status, 2);
        assert!(out.contains(said), "{out}");
    }

    let (status, out, _) = check(&["--json", "clean.json", "wrong.json", "legacy.json"]);
    let reports: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status, 2);
    assert_eq!(
        (&reports[0]["accepted"], &reports[1]["accepted"]),
        (&true.into(), &false.into())
    );
    assert_eq!(reports[1]["problems"][0]["severity"], "error");
    assert!(reports[2]["unreadable"].as_str().unwrap().contains("legacy"));
}

#[test]
fn a_flow_is_drawn_to_a_file_or_to_the_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("inbound.svg");
    let (status, out, _) = ringback(&[
        "flow",
        "draw",
        "infra/flows/inbound.json",
        "-o",
        picture.to_str().unwrap(),
    ]);
    assert_eq!((status, out.as_str()), (0, ""));
    let (_, out, _) = ringback(&["flow", "draw", "infra/flows/inbound.json"]);
    assert_eq!(
        out.trim_end(),
        std::fs::read_to_string(picture).unwrap().trim_end()
    );
    assert!(out.starts_with("<svg"));
}

#[test]
fn a_bundle_that_is_not_fresh_fails_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("connect.yaml");
    let bundle =
        |more: &[&str]| ringback(&[&["flow", "bundle", "-o", made.to_str().unwrap()], more].concat()).0;
    assert_eq!(bundle(&["--check"]), 1);
    assert_eq!(bundle(&[]), 0);
    assert_eq!(bundle(&["--check"]), 0);
}

#[test]
fn serve_prints_the_environment_writes_it_down_and_leaves_nothing_when_it_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_ringback"))
        .args(["serve", "--port", "0"])
        .current_dir(folder.path())
        .env("TMPDIR", temporary.path())
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let printed: Vec<_> = lines
        .by_ref()
        .take_while(|line| !line.contains("voice-inbound.json"))
        .collect();
    let written = std::fs::read_to_string(folder.path().join("local.env")).unwrap();
    assert!(std::fs::read_dir(temporary.path()).unwrap().next().is_some());
    let id = server.id().to_string();
    assert!(Command::new("kill").arg(id).status().unwrap().success());
    lines.for_each(drop);
    assert!(server.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
    for line in written.lines() {
        assert!(
            printed.iter().any(|printed| printed == line),
            "{line} was not printed"
        );
    }
    assert!(
        written.contains("AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:")
            && written.contains("CONTACTS_TABLE=")
    );
}
