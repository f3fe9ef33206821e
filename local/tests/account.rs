//! `ringback account`, as an operator uses it.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests"
)]

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use ringback_local::stack::{Addresses, Stack};
use tempfile::TempDir;

const ARN: &str = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/tw-main-AbCdEf";
const NEXT: &str = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/tw-next-AbCdEf";

/// A stack, and a folder with its environment.
struct Here {
    folder: TempDir,
    _stack: Stack,
}

impl Here {
    async fn start() -> Self {
        let stack = Stack::start(&Addresses::any()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut environment = String::new();
        for (name, value) in stack.environment() {
            writeln!(environment, "{name}={value}").unwrap();
        }
        std::fs::write(folder.path().join("local.env"), environment).unwrap();
        Self {
            folder,
            _stack: stack,
        }
    }

    /// Status, standard output and standard error of `ringback account …`.
    async fn account(&self, arguments: &[&str]) -> (i32, String, String) {
        let folder = self.folder.path().to_owned();
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let run = move || ringback(&folder, &arguments);
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    async fn add(&self, more: &[&str]) -> (i32, String, String) {
        self.account(&[&["add", "--tenant", "t-1"], more].concat()).await
    }
}

fn ringback(folder: &Path, arguments: &[String]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ringback"))
        .arg("account")
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

fn slug_in(out: &str) -> String {
    let line = out
        .lines()
        .find(|line| line.trim_start().starts_with("slug"))
        .unwrap();
    line.split_whitespace().last().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_added_listed_rotated_and_removed() {
    let here = Here::start().await;
    let (status, out, err) = here
        .add(&[
            "--carrier",
            "tw",
            "--secret-arn",
            ARN,
            "--name",
            "main",
            "--number",
            "+14155550100",
            "--number",
            "+447700900100",
            "--prefix",
            "+1",
            "--allow-ip",
            "192.0.2.7",
            "--allow-ip",
            "2001:db8::/32",
            "--setting",
            "accountSid=AC1",
            "--priority",
            "5",
        ])
        .await;
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    let slug = slug_in(&out);
    assert_eq!(slug.len(), 26);
    for url in [
        format!("https://calls.example.com/carriers/tw/{slug}/events\n"),
        format!("https://calls.example.com/carriers/tw/{slug}/calls/{{callId}}/events\n"),
    ] {
        assert!(out.contains(&url), "{out}");
    }

    let (status, out, _) = here.account(&["list", "--tenant", "t-1"]).await;
    assert_eq!(status, 0);
    for part in [
        format!("tw, main: {slug}").as_str(),
        ARN,
        "+14155550100 +447700900100",
        "accountSid=AC1",
        "192.0.2.7/32 2001:db8::/32",
        "priority   5",
    ] {
        assert!(out.contains(part), "{part} in {out}");
    }
    assert!(out.contains("API secret none of its own"), "{out}");
    let (_, out, _) = here.account(&["list", "--tenant", "t-2"]).await;
    assert!(out.starts_with("t-2 has no account"), "{out}");

    let (status, out, _) = here.account(&["rotate", &slug, "--secret-arn", NEXT]).await;
    assert!(
        status == 0 && out.contains(&format!("{ARN}, next {NEXT}")),
        "{out}"
    );
    let (status, out, _) = here.account(&["rotate", &slug, "--finish"]).await;
    assert!(status == 0 && out.contains(NEXT) && !out.contains(ARN), "{out}");
    let (status, _, err) = here.account(&["rotate", &slug, "--abandon"]).await;
    assert!(status != 0 && err.contains("no rotation has begun"), "{err}");

    let (status, out, _) = here.account(&["remove", &slug]).await;
    assert!(status == 0 && out.contains("refused"), "{out}");
    let (_, out, _) = here.account(&["list", "--tenant", "t-1"]).await;
    assert!(out.starts_with("t-1 has no account"), "{out}");
    let (status, _, err) = here.account(&["remove", &slug]).await;
    assert!(
        status != 0 && err.contains("there is no account with that slug"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_by_the_name_of_its_option_and_nothing_is_added() {
    let here = Here::start().await;
    let good = ["--carrier", "tw", "--secret-arn", ARN];
    for (arguments, said) in [
        (
            vec!["--carrier", "zz"],
            "there is no carrier zz; there are tw, sw, tx",
        ),
        (
            vec!["--carrier", "tw"],
            "--secret-arn: secretArns.current is missing",
        ),
        (
            vec!["--carrier", "tw", "--secret-arn", "12345"],
            "--secret-arn: secretArns.current must be the ARN of a secret",
        ),
        (
            [&good[..], &["--number", "4155550100"]].concat(),
            "--number: numbers[0] must be a number in E.164",
        ),
        (
            [&good[..], &["--prefix", "1"]].concat(),
            "--prefix: prefixes[0] must be +",
        ),
        (
            [&good[..], &["--setting", "appKey"]].concat(),
            "expected NAME=VALUE",
        ),
        (
            [&good[..], &["--setting", "window=5m"]].concat(),
            "--setting: settings.window must be a whole number, without a unit",
        ),
        (
            [&good[..], &["--allow-ip", "everywhere"]].concat(),
            "expected an address",
        ),
        (
            [&good[..], &["--base-url", "http://calls.example.com"]].concat(),
            "--base-url must be https://",
        ),
    ] {
        let (status, out, err) = here.add(&arguments).await;
        assert!(
            status != 0 && out.is_empty() && err.contains(said),
            "{arguments:?}: {err}"
        );
    }
    let (_, out, _) = here.account(&["list", "--tenant", "t-1"]).await;
    assert!(out.starts_with("t-1 has no account"), "{out}");
    let (status, _, err) = here.account(&["rotate", "no/slug", "--finish"]).await;
    assert!(status != 0 && err.contains("SLUG is no slug"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_recordings_need_is_given_with_the_account_or_set_later() {
    let here = Here::start().await;
    let given = ["--carrier", "tx", "--secret-arn", ARN, "--api-secret-arn", NEXT];
    let (status, out, err) = here.add(&given).await;
    assert_eq!((status, err.as_str()), (0, ""));
    let slug = slug_in(&out);
    let (_, out, _) = here.account(&["list", "--tenant", "t-1"]).await;
    assert!(out.contains(&format!("secret     {ARN}\n")), "{out}");
    assert!(out.contains(&format!("API secret {NEXT}\n")), "{out}");

    let both = [
        "--setting",
        "deleteAtCarrier=yes",
        "--setting",
        "recordingHosts=a.example.com/b",
    ];
    let (status, out, err) = here.account(&[&["set", &slug], &both[..]].concat()).await;
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(
        out.contains("settings   deleteAtCarrier=yes recordingHosts=a.example.com/b"),
        "{out}"
    );
    assert!(out.contains(&format!("API secret {NEXT}\n")), "{out}");
    let other = ["set", &slug, "--unset", "recordingHosts", "--api-secret-arn", ARN];
    let (status, _, _) = here.account(&other).await;
    assert_eq!(status, 0);
    let (_, out, _) = here.account(&["list", "--tenant", "t-1"]).await;
    assert!(out.contains("settings   deleteAtCarrier=yes\n"), "{out}");
    assert!(out.contains(&format!("API secret {ARN}\n")), "{out}");

    for (arguments, said) in [
        (vec![], "what is to be set?"),
        (
            vec!["--api-secret-arn", "12345"],
            "--api-secret-arn: secretArns.api must be the ARN of a secret",
        ),
        (
            vec!["--setting", "deleteAtCarrier=soon"],
            "--setting: settings.deleteAtCarrier must be yes or no",
        ),
        (
            vec!["--setting", "recordingHosts=10.0.0.1"],
            "--setting: settings.recordingHosts must be a host",
        ),
    ] {
        let (status, out, err) = here.account(&[vec!["set", &slug], arguments].concat()).await;
        assert!(status != 0 && out.is_empty() && err.contains(said), "{err}");
    }
    let (status, _, err) = here.account(&["set", "nobodys-slug", "--unset", "zone"]).await;
    assert!(
        status != 0 && err.contains("there is no account with that slug"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_described_carrier_has_accounts_too() {
    let here = Here::start().await;
    let jy = concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/carriers/jy.toml");
    let (status, out, err) = here.account(&["describe", jy]).await;
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.starts_with("The carrier jy is described"), "{out}");
    let (status, out, _) = here.add(&["--carrier", "jy"]).await;
    assert!(status == 0 && out.contains("/carriers/jy/"), "{out}");
    assert!(out.contains("the slug is all that guards it"), "{out}");

    let broken = here.folder.path().join("broken.toml");
    std::fs::write(&broken, "code = \"jy\"\nwhat = 1\n").unwrap();
    let (status, _, err) = here.account(&["describe", broken.to_str().unwrap()]).await;
    assert!(status != 0 && err.contains("broken.toml"), "{err}");
}

#[test]
fn without_an_environment_it_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["list", "--tenant", "t-1"].map(str::to_owned);
    let (status, _, err) = ringback(folder.path(), &arguments);
    assert!(
        status != 0 && err.contains("--env-file") && err.contains("--table"),
        "{err}"
    );
}
