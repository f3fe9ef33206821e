//! `ringback policy`, `pin`, `do-not-call`, `carriers` and `calls`, as an operator uses them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests"
)]

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use ringback_lambda::emf_sink;
use ringback_local::api::Api;
use ringback_local::functions::Functions;
use ringback_local::sample_accounts;
use ringback_local::stack::{Addresses, Stack};
use tempfile::TempDir;

/// A stack with an API, and a folder with its environment.
struct Here {
    folder: TempDir,
    api: Api,
    _functions: Arc<Functions>,
    _stack: Stack,
}

impl Here {
    async fn start() -> Self {
        let stack = Stack::start(&Addresses::any()).await.unwrap();
        sample_accounts::add(&stack).await.unwrap();
        let functions = Functions::new(&stack, &[], &emf_sink(std::io::sink()))
            .await
            .unwrap();
        let api = Api::start(&Addresses::any(), &functions, "local").await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut environment = String::new();
        for (name, value) in stack.environment() {
            writeln!(environment, "{name}={value}").unwrap();
        }
        std::fs::write(folder.path().join("local.env"), environment).unwrap();
        Self {
            folder,
            api,
            _functions: Arc::new(functions),
            _stack: stack,
        }
    }

    /// Status, standard output and standard error.
    async fn ringback(&self, arguments: &[&str]) -> (i32, String, String) {
        let folder = self.folder.path().to_owned();
        let mut arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        for argument in &mut arguments {
            *argument = argument.replace("API", &self.api.url());
        }
        let run = move || ringback(&folder, &arguments);
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    async fn good(&self, arguments: &[&str]) -> String {
        let (status, out, err) = self.ringback(arguments).await;
        assert_eq!((status, err.as_str()), (0, ""), "{arguments:?}: {out}");
        out
    }
}

fn ringback(folder: &Path, arguments: &[String]) -> (i32, String, String) {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_set_bit_by_bit_and_shown() {
    let here = Here::start().await;
    let out = here.good(&["policy", "show", "--tenant", "t-1"]).await;
    assert!(out.contains("may call        nobody"), "{out}");

    let london = r#"{"timeZone": "Europe/London", "weekly": {"monday": [["09:00", "18:00"]]}}"#;
    std::fs::write(here.folder.path().join("london.json"), london).unwrap();
    let set = ["policy", "set", "--tenant", "t-1"];
    let with = |more: &[&'static str]| [&set[..], more].concat();
    here.good(&with(&[
        "--prefix",
        "+44",
        "--prefix",
        "+1415",
        "--open-calls",
        "40",
    ]))
    .await;
    let out = here.good(&with(&["--hours", "+44=london.json"])).await;
    for part in [
        "may call        +44 +1415",
        "open calls      40",
        "hours +44",
        "Europe/London",
    ] {
        assert!(out.contains(part), "{part}: {out}");
    }
    let out = here.good(&with(&["--nobody", "--any-time"])).await;
    assert!(
        out.contains("may call        nobody") && out.contains("any time"),
        "{out}"
    );
    let out = here.good(&["policy", "show", "--tenant", "t-1", "--json"]).await;
    let shown: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&shown["openCalls"], &shown["prefixes"]),
        (&40.into(), &serde_json::json!([]))
    );

    for (more, message) in [
        (vec![], "what is to be set?"),
        (
            vec!["--prefix", "44"],
            "--prefix: prefixes[0] must be + and 1 to 15 digits",
        ),
        (
            vec!["--open-calls", "0"],
            "--open-calls: openCalls must be 1 to 1000",
        ),
        (vec!["--hours", "+44=paris.json"], "--hours: reading paris.json"),
        (vec!["--hours", "+44"], "expected +DIGITS=FILE"),
    ] {
        let (status, _, err) = here.ringback(&with(&more)).await;
        assert!(status == 2 && err.contains(message), "{more:?}: {err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_pinned_and_numbers_are_not_called_any_more() {
    let here = Here::start().await;
    let pin = ["pin", "set", "--tenant", "t-1", "--user", "agent-a"];
    let out = here
        .good(&[&pin[..], &["--carrier", "vg", "--line", "seat-7"]].concat())
        .await;
    assert_eq!(out, "Pinned: agent-a to carrier vg, line seat-7.\n");
    let out = here.good(&["pin", "list", "--tenant", "t-1"]).await;
    assert_eq!(out, "agent-a to carrier vg, line seat-7\n");
    for (more, message) in [
        (vec!["--carrier", "zz"], "--carrier: there is no carrier zz"),
        (vec!["--account", "0123"], "--account: t-1 has no account 0123"),
        (vec!["--line", "seat 7"], "--line must be"),
        (vec![], "to what is the user pinned?"),
    ] {
        let (status, _, err) = here.ringback(&[&pin[..], &more].concat()).await;
        assert!(status == 2 && err.contains(message), "{more:?}: {err}");
    }
    let remove = ["pin", "remove", "--tenant", "t-1", "--user", "agent-a"];
    here.good(&remove).await;
    let (status, _, err) = here.ringback(&remove).await;
    assert!(status == 2 && err.contains("no pin of that user"), "{err}");

    let list = |what| ["do-not-call", what, "+14155550102", "--tenant", "t-1"];
    here.good(&list("check")).await;
    here.good(&list("add")).await;
    let (status, out, _) = here.ringback(&list("check")).await;
    assert!(status == 1 && out.contains("it is not called"), "{out}");
    here.good(&list("remove")).await;
    let (status, _, err) = here.ringback(&list("remove")).await;
    assert!(status == 2 && err.contains("is not in the list"), "{err}");
    let (status, _, err) = here
        .ringback(&["do-not-call", "add", "0102", "--tenant", "t-1"])
        .await;
    assert!(status == 2 && err.contains("must be a number in E.164"), "{err}");
    // In another spelling it would be another number for the list, and the same telephone for some carriers.
    let (status, _, err) = here
        .ringback(&["do-not-call", "add", "+4407700900123", "--tenant", "t-1"])
        .await;
    assert!(status == 2 && err.contains("+447700900123, not"), "{err}");
    let (status, _, err) = here
        .ringback(&["policy", "set", "--prefix", "+440", "--tenant", "t-1"])
        .await;
    assert!(
        status == 2 && err.contains("--prefix: prefixes[0] must not"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn carriers_are_shown_broken_healed_disabled_and_enabled() {
    let here = Here::start().await;
    let out = here.good(&["carriers", "list", "--to", "API"]).await;
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].starts_with("carrier  account       priority"), "{out}");
    let first: Vec<_> = lines[1].split_whitespace().collect();
    assert_eq!((first[0], first[2], first[3]), ("tw", "10", "closed"), "{out}");
    let account = first[1];
    let out = here.good(&["carriers", "disable", account, "--to", "API"]).await;
    assert_eq!(
        out,
        format!("{account} is disabled: no call is placed with it.\n")
    );
    let out = here.good(&["carriers", "list", "--to", "API"]).await;
    assert!(out.lines().nth(1).unwrap().contains("disabled (manual)"), "{out}");
    here.good(&["carriers", "enable", account, "--to", "API"]).await;
    let out = here.good(&["carriers", "enable", account, "--to", "API"]).await;
    assert!(out.contains("was already enabled"), "{out}");

    let out = here
        .good(&["carriers", "break", "tw", "--how", "dead", "--how", "silent"])
        .await;
    assert!(out.starts_with("tw is broken: dead, silent."), "{out}");
    here.good(&["carriers", "heal", "tw"]).await;
    for (arguments, message) in [
        (
            vec!["carriers", "break", "zz", "--how", "dead"],
            "no such carrier is asked for calls here",
        ),
        (vec!["carriers", "break", "tw"], "--how"),
        (
            vec!["carriers", "heal", "tw", "--env-file", "no.env"],
            "There is no no.env",
        ),
        (
            vec!["carriers", "disable", "0123456789ab", "--to", "API"],
            "the API answered 404",
        ),
        (
            vec!["carriers", "list", "--to", "http://127.0.0.1:1"],
            "is anything listening",
        ),
        (
            vec!["carriers", "list", "--to", "API", "--token", "no"],
            "the API answered 401",
        ),
        (
            vec!["calls", "burst", "--refused", "60", "--unsure", "50"],
            "more than 100 % together",
        ),
    ] {
        let (status, _, err) = here.ringback(&arguments).await;
        assert!(status == 2 && err.contains(message), "{arguments:?}: {err}");
    }
}
