//! `ringback webhook`, as an operator uses it; and a running `ringback serve` that is killed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Twilio's own example: documentation of webhook security.
const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
const SIGNATURE: &str = "X-Twilio-Signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
const BODY: &str =
    "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212";
const SECRET: &str = "12345";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringback"));
    command
        .args(arguments)
        .current_dir(root())
        .env("NO_COLOR", "1")
        .env_remove("RINGBACK_SECRET");
    command
}

/// Status, standard output and standard error.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn ringback(arguments: &[&str]) -> (i32, String, String) {
    run(&mut command(arguments))
}

fn twilio<'a>(url: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec![
        "webhook",
        "check",
        "--carrier",
        "tw",
        "--url",
        url,
        "--header",
        FORM,
    ];
    all.extend(more);
    all
}

#[test]
fn a_good_signature_is_told_with_what_the_request_says_whichever_way_the_secret_comes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    let common = ["--header", SIGNATURE, "--data", BODY];
    let with = |more: &[&str]| ringback(&[&twilio(URL, &common)[..], more].concat());
    let ways = [
        with(&["--secret", SECRET]),
        // While one secret replaces the other both are good.
        with(&["--secret", "the-next-one", "--secret", SECRET]),
        with(&["--secret-file", file.to_str().unwrap()]),
        run(command(&twilio(URL, &common)).env("RINGBACK_SECRET", SECRET)),
    ];
    for (status, out, err) in ways {
        assert_eq!((status, err.as_str()), (0, ""));
        assert!(out.starts_with("good: the request is from Twilio.\n"), "{out}");
        assert!(out.contains("a.id           CA1234567890ABCDE"), "{out}");
    }
    let (status, out, _) = with(&["--secret", SECRET, "--json"]);
    let event: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status, 0);
    assert_eq!(event["session"], "CA1234567890ABCDE");
    assert_eq!(event["event"]["kind"], "progress");
}

#[test]
fn a_bad_signature_is_told_with_the_reason_and_what_to_try_and_never_with_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    std::fs::write(&file, format!("{BODY}\n")).unwrap();
    let body = file.to_str().unwrap();
    let secret = "not-the-right-secret-9137";
    let http = URL.replace("https", "http");
    let slash = URL.replace("myapp.php", "myapp.php/");
    let stage = URL.replace("/myapp", "/prod/myapp");
    let good = ["--header", SIGNATURE, "--data", BODY, "--secret", SECRET];
    for (arguments, parts) in [
        (
            twilio(URL, &["--header", SIGNATURE, "--data", BODY, "--secret", secret]),
            &[
                "the signature does not match",
                "auth token",
                "exactly as the carrier was given it",
            ][..],
        ),
        (
            twilio(&http, &good),
            &["does not match", "with https:// in the URL", URL],
        ),
        (
            twilio(&slash, &good),
            &["does not match", "without the / at the end", URL],
        ),
        (twilio(&stage, &good), &["does not match", "an API's stage", URL]),
        (
            twilio(URL, &["--header", SIGNATURE, "--body", body, "--secret", SECRET]),
            &["does not match", "without the end of line after the body"],
        ),
        (
            twilio(URL, &["--data", BODY, "--secret", secret]),
            &[
                "the header x-twilio-signature is missing",
                "does a proxy leave it out",
            ],
        ),
        (
            twilio(
                URL,
                &["--header", SIGNATURE, "--header", SIGNATURE, "--secret", secret],
            ),
            &["the header x-twilio-signature is repeated"],
        ),
        (
            twilio(URL, &["--header", SIGNATURE, "--data", BODY]),
            &["the account's secret", "RINGBACK_SECRET"],
        ),
    ] {
        let (status, out, err) = ringback(&arguments);
        assert_eq!((status, out.as_str()), (1, ""), "{err}");
        assert!(err.starts_with("not good: "), "{err}");
        for part in parts {
            assert!(err.contains(part), "no «{part}» in {err}");
        }
        assert!(
            !err.contains(secret) && !err.contains("+1415") && !err.contains("%2B1415"),
            "{err}"
        );
    }
}

#[test]
fn a_request_of_another_day_is_checked_as_of_that_day() {
    let vectors = include_str!("../../crates/carriers/tests/vectors.json");
    let vectors: Vec<Value> = serde_json::from_str(vectors).unwrap();
    let good = |vector: &&Value| vector["carrier"] == "telnyx" && vector["valid"] == true;
    let vector = vectors.iter().find(good).unwrap();
    let text = |field: &str| vector[field].as_str().unwrap();
    let mut arguments = vec![
        "webhook",
        "check",
        "--carrier",
        "tx",
        "--url",
        text("url"),
        "--data",
        text("body"),
    ];
    arguments.extend(["--secret", text("secret_or_public_key")]);
    let headers = vector["headers"].as_object().unwrap();
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.as_str().unwrap()))
        .collect();
    arguments.extend(headers.iter().flat_map(|header| ["--header", header.as_str()]));

    let (status, _, err) = ringback(&arguments);
    assert_eq!(status, 1);
    assert!(
        err.contains("s old, and 300 s are allowed") && err.contains("--now 1700000000"),
        "{err}"
    );

    arguments.extend(["--now", "1700000000"]);
    let (status, out, err) = ringback(&arguments);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.contains("user_busy"), "{out}");
}

#[test]
fn a_carrier_that_is_described_by_a_file_is_checked_and_replayed_like_the_others() {
    let life = root().join("events/carriers/jy/normal.jsonl");
    let life = std::fs::read_to_string(life).unwrap();
    let request: Value = serde_json::from_str(life.lines().nth(1).unwrap()).unwrap();
    let (url, body) = (
        request["url"].as_str().unwrap(),
        request["body"].as_str().unwrap(),
    );
    let description = ["--description", "infra/carriers/jy.toml"];
    let check = [
        "webhook",
        "check",
        "--url",
        url,
        "--data",
        body,
        "--header",
        "content-type: application/json",
    ];
    let (status, out, err) = ringback(&[&check[..], &description].concat());
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(
        out.contains("counts only for calls that we placed") && out.contains("the call sample-normal"),
        "{out}"
    );

    let replay = ["webhook", "replay", "events/carriers/jy/normal.jsonl", "--json"];
    let (status, out, _) = ringback(&[&replay[..], &description].concat());
    let record: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (status, &record["closeCause"], &record["talkSeconds"]),
        (0, &json!(0), &json!(58))
    );
    let (status, _, err) = ringback(&replay);
    assert!(
        status == 1 && err.contains("jsonl:2: there is no carrier jy") && err.contains("--description"),
        "{err}"
    );
}

#[test]
fn a_command_that_is_wrong_says_so_with_status_2() {
    for (arguments, part) in [
        (
            &["webhook", "check", "--carrier", "zz", "--url", URL][..],
            "tw (Twilio)",
        ),
        (&["webhook", "check", "--carrier", "tw"], "--url"),
        (
            &[
                "webhook",
                "check",
                "--carrier",
                "tw",
                "--url",
                URL,
                "--header",
                "x",
            ],
            "Name: value",
        ),
        (
            &[
                "webhook",
                "check",
                "--carrier",
                "tw",
                "--url",
                URL,
                "--setting",
                "x",
            ],
            "name=value",
        ),
        (
            &[
                "webhook",
                "check",
                "--carrier",
                "tw",
                "--url",
                URL,
                "--now",
                "soon",
            ],
            "1700000000",
        ),
        (
            &[
                "webhook",
                "check",
                "--carrier",
                "tw",
                "--url",
                URL,
                "--body",
                "no-such-file",
            ],
            "no-such-file",
        ),
        (
            &[
                "webhook",
                "check",
                "--carrier",
                "tw",
                "--url",
                URL,
                "--secret-file",
                "no-such-file",
            ],
            "no-such-file",
        ),
        (
            &["webhook", "check", "--url", URL, "--description", "README.md"],
            "README.md: line 3",
        ),
        (
            &[
                "webhook",
                "check",
                "--carrier",
                "tw",
                "--url",
                URL,
                "--description",
                "infra/carriers/jy.toml",
            ],
            "describes jy",
        ),
        (&["webhook", "replay", "no-such-file.jsonl"], "no-such-file.jsonl"),
        (&["webhook", "play", "--carrier", "zz"], "zz"),
        (&["webhook", "play", "--case", "odd"], "odd"),
        (&["webhook", "play", "--env-file", "no-such.env"], "no-such.env"),
        (&["webhook", "play", "--account", "x"], "--carrier"),
    ] {
        let (status, _, err) = ringback(arguments);
        assert_eq!(status, 2, "{arguments:?}: {err}");
        assert!(err.contains(part), "no «{part}» in {err}");
    }
}

/// What `ringback webhook replay -` makes of lines: its status, the records as JSON, and what it says of bad lines.
fn replay(lines: &[&str]) -> (i32, Vec<Value>, String) {
    let mut child = command(&["webhook", "replay", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let text = lines.join("\n");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let records = String::from_utf8(output.stdout).unwrap();
    let records = records.lines().map(|line| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        // How we came to know does not belong to what a record says.
        record["updatedAt"] = Value::Null;
        record
    });
    let records = records.collect();
    let err = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), records, err)
}

#[test]
fn captured_requests_give_the_same_records_in_any_order_and_with_repetitions() {
    for carrier in ["tw", "sw", "tx", "vg", "pl", "e9", "hw", "vx", "bw", "si"] {
        let mut lines = Vec::new();
        for case in ["normal", "recording", "a-busy"] {
            let file = root().join(format!("events/carriers/{carrier}/{case}.jsonl"));
            let text = std::fs::read_to_string(file).unwrap();
            lines.extend(text.lines().map(str::to_owned));
        }
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let (status, in_order, err) = replay(&lines);
        assert_eq!((status, err.as_str()), (0, ""), "{carrier}");
        let causes: Vec<_> = in_order.iter().map(|record| &record["closeCause"]).collect();
        assert_eq!(causes, [3, 0, 0], "{carrier}");

        let backwards: Vec<_> = lines.iter().rev().flat_map(|line| [*line, *line]).collect();
        assert_eq!(replay(&backwards), (0, in_order, String::new()), "{carrier}");
    }
}

#[test]
fn calls_that_nobody_placed_are_put_together_by_what_the_carrier_calls_them() {
    let file = root().join("events/carriers/tw/recording.jsonl");
    let life = std::fs::read_to_string(file).unwrap();
    let life = life.replace("/calls/sample-recording/events", "/events");
    // What tells of the second leg alone may come before anything says whose it is.
    let of_second = r#"{"carrier":"tw","url":"https://calls.example.com/carriers/tw/sample-account/events","headers":{"content-type":"application/x-www-form-urlencoded"},"body":"RecordingSource=StartCallRecordingAPI&RecordingSid=RE00000000000000000000000000000009&RecordingUrl=https%3A%2F%2Fapi.twilio.com%2Fx&RecordingStatus=completed&CallSid=CA00000000000000000000000000000002&AccountSid=AC00000000000000000000000000000001&RecordingDuration=58","receivedAt":"2026-11-20T09:01:21Z"}"#;
    let lines: Vec<_> = [of_second].into_iter().chain(life.lines().skip(1)).collect();
    let (status, records, err) = replay(&lines);
    assert_eq!((status, err.as_str(), records.len()), (0, "", 1));
    assert_eq!(records[0]["recordings"].as_object().unwrap().len(), 2);
    let backwards: Vec<_> = lines.iter().rev().copied().collect();
    assert_eq!(replay(&backwards).1, records);
}

#[test]
fn bad_lines_are_told_by_number_without_what_stands_in_them_and_the_others_are_shown() {
    let file = root().join("events/carriers/tw/normal.jsonl");
    let life = std::fs::read_to_string(file).unwrap();
    let mut lines: Vec<_> = life.lines().collect();
    let unreadable =
        r#"{"carrier":"tx","url":"","headers":{"content-type":"application/json"},"body":"+14155550123"}"#;
    lines.insert(1, "+14155550123 is no JSON");
    lines.insert(3, r#"{"carrier":"zz","body":"+14155550123"}"#);
    lines.insert(3, "");
    lines.insert(5, unreadable);
    let (status, records, err) = replay(&lines);
    assert_eq!((status, records.len()), (1, 1));
    assert_eq!(records[0]["state"], "close");
    let told: Vec<_> = err.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(told, ["-:2:", "-:5:", "-:6:"], "{err}");
    assert!(!err.contains("0123"), "{err}");

    let (status, out, _) = ringback(&["webhook", "replay", "events/carriers/hw/max-duration.jsonl"]);
    assert_eq!(status, 0);
    assert!(
        out.contains("5 longest duration") && out.contains("Signatures were not checked"),
        "{out}"
    );
}

/// A running `ringback serve`, killed when it is dropped.
struct Serve {
    process: Child,
    lines: Receiver<String>,
    base: String,
}

impl Serve {
    fn start(folder: &Path) -> Self {
        let mut process = command(&["serve", "--port", "0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        let mut serve = Self {
            process,
            lines,
            base: String::new(),
        };
        let line = serve.line_with("Carriers' webhooks are at ");
        let address = line.split("http://").nth(1).unwrap().split('/').next().unwrap();
        serve.base = format!("http://{address}");
        serve.line_with("plays a call of every carrier");
        serve
    }

    /// Reads on to the next line with these words in it.
    fn line_with(&mut self, words: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|_| panic!("no line with «{words}»"));
            if line.contains(words) {
                return line;
            }
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// `ringback webhook play` of the same calls each time.
fn play(folder: &Path, base: &str, more: &[&str]) -> Command {
    let burst = [
        "webhook",
        "play",
        "--to",
        base,
        "--name",
        "monday",
        "--connections",
        "8",
    ];
    let mut play = command(&burst);
    play.args(more).current_dir(folder);
    play
}

#[test]
fn a_call_of_every_carrier_is_played_and_its_record_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Serve::start(folder.path());
    let more = ["--repeat", "2", "--shuffle", "--verify"];
    let (status, out, err) = run(&mut play(folder.path(), &serve.base, &more));
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("10 records are equal to those made in order, 0 are not, 0 are missing"),
        "{out}"
    );
    // A call is shown when it has ended, and again when what came late has changed it.
    let mut as_they_were = BTreeSet::new();
    while as_they_were.len() < 10 {
        let line = serve.line_with("call monday-");
        if line.contains(") close, 0 normal") && line.contains("talk 58 s") {
            as_they_were.extend(
                line.split_whitespace()
                    .find(|word| word.starts_with("monday-"))
                    .map(str::to_owned),
            );
        }
    }

    let folder = folder.path();
    let mut elsewhere = play(
        folder,
        &serve.base,
        &[
            "--public-base",
            "https://elsewhere.example.com",
            "--carrier",
            "tw",
        ],
    );
    let (status, _, err) = run(&mut elsewhere);
    assert!(status == 1 && err.contains("9 not taken: 401"), "{err}");
}

#[test]
fn recordings_are_archived_while_it_serves() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = Serve::start(folder.path());
    for carrier in ["tx", "si"] {
        let more = ["--case", "recording", "--carrier", carrier, "--verify"];
        let (status, out, err) = run(&mut play(folder.path(), &serve.base, &more));
        assert_eq!((status, err.as_str()), (0, ""), "{out}");
        let line = serve.line_with(" archived: s3://recordings/t-1/2026/11/20/");
        assert!(line.contains("232000 bytes, sha256 "), "{line}");
    }
}

#[test]
fn a_serve_that_is_killed_in_a_burst_takes_everything_when_it_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let burst = [
        "--carrier",
        "tw",
        "--carrier",
        "pl",
        "--case",
        "recording",
        "--calls",
        "80",
        "--attempts",
        "1",
    ];
    let mut first = Serve::start(folder);
    // Repeated, so that it goes on when the first record is shown, which is some batches of the stream later.
    let sending = play(folder, &first.base, &[&burst[..], &["--repeat", "4"]].concat())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Calls have ended, and it is told of others.
    first.line_with("call monday-");
    drop(first);
    let cut_off = sending.wait_with_output().unwrap();
    let err = String::from_utf8(cut_off.stderr).unwrap();
    assert_eq!(cut_off.status.code(), Some(1));
    assert!(err.contains("not taken: no answer"), "{err}");

    // The tables died with it: everything comes again, in another order.
    let second = Serve::start(folder);
    let again = ["--shuffle", "--verify"];
    let (status, out, err) = run(&mut play(folder, &second.base, &[&burst[..], &again].concat()));
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("160 records are equal to those made in order, 0 are not, 0 are missing"),
        "{out}"
    );
}
