//! `ringback import`: files into a directory, good lines and bad, in one go or in several.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use ringback_callers::Directory;
use ringback_connect::CallerPoint;
use ringback_local::dynamo::CALLERS_TABLE;
use ringback_local::import::{Counts, Destination, Import, Place, Start, Summary, Watcher};
use ringback_local::stack::{Addresses, Stack};
use tempfile::TempDir;
use tokio::sync::Notify;

/// What a run told of itself.
#[derive(Default)]
struct Told {
    start: Option<Start>,
    bad: Vec<(u64, String)>,
    done: Place,
    counts: Counts,
    /// Told when so many lines are stored.
    enough: Option<(u64, Arc<Notify>)>,
}

impl Watcher for Told {
    fn begun(&mut self, start: &Start) {
        self.start = Some(*start);
    }

    fn rejected(&mut self, line: u64, why: &str) {
        self.bad.push((line, why.to_owned()));
    }

    fn moved(&mut self, done: Place, counts: &Counts) {
        assert!(done.line > self.done.line && done.offset > self.done.offset);
        (self.done, self.counts) = (done, *counts);
        if let Some((many, enough)) = &self.enough
            && counts.stored >= *many
        {
            enough.notify_one();
        }
    }

    fn waiting(&mut self, _: u64, _: &str) {}
}

/// A directory to fill, and a folder for files.
struct Here {
    stack: Stack,
    to: Destination,
    folder: TempDir,
}

impl Here {
    async fn new() -> Self {
        let stack = Stack::start(&Addresses::any()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let to = destination(&stack, folder.path()).await;
        Self { stack, to, folder }
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> Import {
        let file = self.folder.path().join(name);
        fs::write(&file, text).unwrap();
        Import::new(&file)
    }

    async fn import(&self, import: &Import) -> (Told, Summary) {
        let mut told = Told::default();
        let summary = import.run(Some(&self.to), &mut told).await.unwrap();
        assert!(
            !import.progress.exists(),
            "a finished import leaves nothing behind"
        );
        (told, summary)
    }

    async fn refused(&self, import: &Import) -> String {
        let error = import.run(Some(&self.to), &mut Told::default()).await;
        format!("{:#}", error.unwrap_err())
    }

    fn directory(&self) -> &Directory {
        &self.to.directory
    }

    async fn name(&self, id: &str) -> Option<String> {
        self.directory()
            .person(id)
            .await
            .unwrap()
            .map(|person| person.name)
    }

    /// Every item of the table, with revisions: what was written twice is seen.
    async fn items(&self) -> BTreeSet<String> {
        let (client, mut items, mut from) = (self.stack.dynamo_client().await, BTreeSet::new(), None);
        loop {
            let scan = client
                .scan()
                .table_name(CALLERS_TABLE)
                .set_exclusive_start_key(from);
            let page = scan.send().await.unwrap();
            for item in page.items() {
                assert!(items.insert(written(&AttributeValue::M(item.clone()))));
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                return items;
            }
        }
    }
}

/// An attribute with its maps in order.
fn written(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => {
            let map: BTreeMap<_, _> = map.iter().map(|(name, value)| (name, written(value))).collect();
            format!("{map:?}")
        }
        AttributeValue::L(list) => format!("{:?}", list.iter().map(written).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

/// The stack's directory, as the environment file of `ringback serve` leads there.
async fn destination(stack: &Stack, folder: &Path) -> Destination {
    let env_file = folder.join("local.env");
    let lines = stack
        .environment()
        .into_iter()
        .map(|(name, value)| format!("{name}={value}\n"));
    fs::write(&env_file, lines.collect::<String>()).unwrap();
    Destination::of_env_file(&env_file).await.unwrap()
}

fn person(id: &str, more: &str) -> String {
    format!(r#"{{"detail-type": "customer.updated", "detail": {{"customerId": "{id}"{more}}}}}"#)
}

/// Many people, every tenth line bad.
fn many(people: u64) -> String {
    let line = |number| match number % 10 {
        0 => "no JSON\n".to_owned(),
        _ => {
            person(
                &format!("c-{number}"),
                &format!(
                    r#", "name": "Customer {number}", "contacts": ["chat:c-{number}", "email:c-{number}@example.com"]"#
                ),
            ) + "\n"
        }
    };
    (1..=people).map(line).collect()
}

#[tokio::test]
async fn good_lines_are_kept_and_bad_ones_told_by_number_without_their_values() {
    let here = Here::new().await;
    let name = "Ann \\\"الف\\\" 🙂";
    let mut text = format!(
        "\u{feff}{}\r\n\r\n",
        person(
            "c-1",
            &format!(r#", "name": "{name}", "contacts": ["phone:+14155550100"]"#)
        )
    );
    text += &(person(
        "secret id",
        &format!(
            r#", "name": "{}", "contacts": ["4155550199"]"#,
            "secret".repeat(100)
        ),
    ) + "\n");
    text += "{\"detail-type\": \"customer.updated\", \"detail\": secret}\n";
    let mut text = text.into_bytes();
    text.extend(b"\"secret \xff\"\n");
    text.extend(person("c-2", &format!(r#", "name": "{}""#, "secret".repeat(200_000))).bytes());
    text.extend(b"\n{\"detail-type\": \"customer.secret\"}\n");
    text.extend(person("c-3", &format!(r#", "name": "{}""#, "secret".repeat(100))).bytes());
    text.extend(
        b"\n{\"detail-type\": \"shop.updated\", \"detail\": {\"shopId\": \"shop-1\", \"phone\": \"secret\"}}",
    );
    text.extend(b"\n{\"detail-type\": \"order.placed\", \"detail\": {\"orderId\": \"A-17\", \"customerId\": \"c-1\", \"placedAt\": \"2026-11-20T10:00:00Z\"}}");
    let mut import = here.file("all.jsonl", text);
    import.rejects = Some(here.folder.path().join("bad.txt"));
    let (told, summary) = here.import(&import).await;

    let bad: Vec<_> = told
        .bad
        .iter()
        .map(|(line, why)| format!("{line}: {why}"))
        .collect();
    assert_eq!(
        bad,
        [
            "3: contacts[0] is no contact point such as phone:+14155550100, email:…, customer:… or chat:…; customerId must be 1 to 128 letters, digits, -, ., _ or ~; name is longer than 500 characters",
            "4: is no JSON from column 47 on",
            "5: the line is not UTF-8",
            "6: the line is longer than 1 MB",
            "7: detail-type is none of customer.updated, customer.deleted, order.placed, order.updated, order.closed, \
             shop.updated, shop.deleted, alias.updated, alias.deleted, rules.updated",
            "8: name is longer than 500 characters",
            "9: phone must be a number in E.164, for example +14155550121",
        ]
    );
    let file = import.file.display();
    let rejects: String = bad.iter().map(|bad| format!("{file}:{bad}\n")).collect();
    assert_eq!(fs::read_to_string(import.rejects.unwrap()).unwrap(), rejects);
    let counts = Counts {
        stored: 2,
        rejected: 7,
        ..Counts::default()
    };
    assert_eq!((summary.counts, summary.read), (counts, 9));
    assert_eq!(here.name("c-1").await.unwrap(), "Ann \"الف\" 🙂");
    let caller = CallerPoint::parse("phone:+14155550100").unwrap();
    assert_eq!(here.directory().behind(&caller).await.unwrap().orders.len(), 1);
}

#[tokio::test]
async fn a_spreadsheet_of_people_is_imported_as_it_was_written() {
    let here = Here::new().await;
    let text = "\u{feff}name,customerId,phone,email,tags\r\n\
        \"A, \"\"Customer\"\"\r\nof two lines\",c-1,07700 900123|+44 7700 900124,a@example.com,vip|de\r\n\
        Customer B,c-2,07700,,\r\n\
        \"never closed,c-3,,,\r\n\
        Customer D,c-4,,,\r\n\
        Customer E,c-5,,,,\r\n\
        ,,,,\r\n\
        \"never closed\r\n\
        5' Customer F,c-6,(07700) 900125,,vip";
    let mut import = here.file("people.csv", text);
    import.region = "gb".to_owned();
    let (told, summary) = here.import(&import).await;
    let bad: Vec<_> = told.bad.iter().map(|(line, why)| (*line, why.as_str())).collect();
    assert_eq!(
        bad,
        [
            (
                4,
                "phone is no telephone number, neither with a country code nor in the --region"
            ),
            (
                5,
                "the line has other columns than the header, or a quote that is not closed"
            ),
            (7, "the line has 6 columns, the header has 5"),
            (9, "the line has a quote that is not closed"),
        ]
    );
    assert_eq!(summary.counts.stored, 3);
    let one = here.directory().person("c-1").await.unwrap().unwrap();
    assert_eq!(
        (one.name.as_str(), one.tags.len()),
        ("A, \"Customer\"\r\nof two lines", 2)
    );
    let contacts: Vec<_> = one.contacts.iter().map(|contact| contact.0.written()).collect();
    assert_eq!(
        contacts,
        [
            "phone:+447700900123",
            "phone:+447700900124",
            "email:a@example.com"
        ]
    );
    let point = CallerPoint::parse("+447700900125").unwrap();
    assert_eq!(
        here.directory().behind(&point).await.unwrap().people[0].customer_id,
        "c-6"
    );

    let wrong = here.file("wrong.csv", "customerId,mobile\nc-1,1\n");
    let error = here.refused(&wrong).await;
    assert!(
        error.contains("wrong.csv: line 1: the column \"mobile\" is none of"),
        "{error}"
    );
}

#[tokio::test]
async fn an_import_that_was_cut_off_goes_on_and_nothing_is_written_twice() {
    let (here, whole) = (Here::new().await, Here::new().await);
    let text = many(120);
    for place in [&here, &whole] {
        let mut import = place.file("many.jsonl", &text);
        import.version = Some(7);
        import.save_every = Duration::ZERO;
        import.rejects = Some(place.folder.path().join("bad.txt"));
        if std::ptr::eq(place, &here) {
            for many in [25, 60] {
                let enough = Arc::new(Notify::new());
                let mut told = Told {
                    enough: Some((many, Arc::clone(&enough))),
                    ..Told::default()
                };
                tokio::select! {
                    _ = import.run(Some(&place.to), &mut told) => panic!("it was cut off"),
                    () = enough.notified() => {}
                }
                assert!(told.done.line < 120);
            }
        }
        let (told, summary) = place.import(&import).await;
        let Counts {
            stored,
            repeated,
            rejected,
            ..
        } = summary.counts;
        assert_eq!((stored + repeated, rejected), (108, 12));
        let resumed = told.start.unwrap().resumed;
        if std::ptr::eq(place, &here) {
            let (done, before) = resumed.unwrap();
            assert!(done.line >= 60 && before.stored >= 50, "{done:?} {before:?}");
            assert_eq!(summary.read, 120 - done.line, "what is done is not read again");
            assert!(told.bad.iter().all(|(line, _)| *line > done.line));
        } else {
            assert_eq!(resumed, None);
        }
        let rejects = fs::read_to_string(import.rejects.unwrap()).unwrap();
        assert_eq!(rejects.lines().count(), 12, "{rejects}");
    }
    // Revisions count writes, so equal tables were written equally often.
    assert_eq!(here.items().await, whole.items().await);
}

#[tokio::test]
async fn a_table_that_does_not_answer_stops_it_with_the_line_and_the_way_on() {
    let here = Here::new().await;
    let mut import = here.file("many.jsonl", many(30));
    import.give_up_after = Duration::from_secs(1);
    import.concurrency = 1;
    import.save_every = Duration::ZERO;

    // A table that is gone before the first line.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = here.folder.path().join("away.env");
    let lines = fs::read_to_string(here.folder.path().join("local.env")).unwrap();
    let own = lines
        .lines()
        .find(|line| line.starts_with("AWS_ENDPOINT_URL_DYNAMODB="))
        .unwrap();
    fs::write(
        &away,
        lines.replace(own, &format!("AWS_ENDPOINT_URL_DYNAMODB=http://{nobody}")),
    )
    .unwrap();
    let mut away = Destination::of_env_file(&away).await.unwrap();
    let error = import.run(Some(&away), &mut Told::default()).await.unwrap_err();
    assert!(
        format!("{error:#}").ends_with("the callers table did not answer (unreachable)"),
        "{error:#}"
    );

    // One that goes away in the middle.
    struct Leaving<'a>(Told, Option<Stack>, &'a Path, bool);
    impl Watcher for Leaving<'_> {
        fn begun(&mut self, _: &Start) {}
        fn rejected(&mut self, _: u64, _: &str) {}
        fn moved(&mut self, done: Place, counts: &Counts) {
            self.0.moved(done, counts);
            if counts.stored == 5 {
                self.1 = None;
            }
        }
        fn waiting(&mut self, line: u64, code: &str) {
            assert_eq!((line, code, self.2.exists()), (6, "unreachable", true));
            self.3 = true;
        }
    }
    let stack = Stack::start(&Addresses::any()).await.unwrap();
    let other = tempfile::tempdir().unwrap();
    let to = destination(&stack, other.path()).await;
    let mut leaving = Leaving(Told::default(), Some(stack), &import.progress, false);
    let error = import.run(Some(&to), &mut leaving).await.unwrap_err().to_string();
    assert!(leaving.3);
    let expected = "many.jsonl:6: the callers table did not answer (unreachable). All lines up to 5 are done: the same \
                    command goes on from there.";
    assert!(error.ends_with(expected), "{error}");

    // Another table does not get only the rest; the same one does.
    let refused = here.refused(&import).await;
    assert!(
        refused.contains("another import of this file, into the table callers at http://127.0.0.1:"),
        "{refused}"
    );
    away.directory = here.directory().clone();
    away.place = to.place;
    let mut told = Told::default();
    let summary = import.run(Some(&away), &mut told).await.unwrap();
    assert_eq!(
        (told.start.unwrap().resumed.unwrap().0.line, summary.counts.stored),
        (5, 27)
    );
    assert_eq!(
        (here.name("c-5").await, here.name("c-6").await),
        (None, Some("Customer 6".to_owned()))
    );
}

#[tokio::test]
async fn a_changed_file_is_refused_until_it_is_to_begin_again() {
    let here = Here::new().await;
    let mut import = here.file("many.jsonl", many(60));
    import.save_every = Duration::ZERO;
    let enough = Arc::new(Notify::new());
    let mut told = Told {
        enough: Some((20, Arc::clone(&enough))),
        ..Told::default()
    };
    tokio::select! {
        _ = import.run(Some(&here.to), &mut told) => panic!("it was cut off"),
        () = enough.notified() => {}
    }
    let mut other = import.clone();
    other.version = Some(3);
    assert!(
        here.refused(&other)
            .await
            .contains("begun with another --version")
    );
    fs::write(&import.file, many(61)).unwrap();
    let refused = here.refused(&import).await;
    assert!(
        refused.contains("the file has changed since it was imported up to line"),
        "{refused}"
    );
    assert!(refused.ends_with("--restart begins from the start"), "{refused}");
    import.restart = true;
    let (told, summary) = here.import(&import).await;
    assert_eq!((told.start.unwrap().resumed, summary.read), (None, 61));
    assert!(here.name("c-61").await.is_some());

    import.rejects = Some(import.file.clone());
    assert!(here.refused(&import).await.contains("--rejects would overwrite"));
    fs::write(&import.progress, "my notes").unwrap();
    (import.rejects, import.restart) = (None, false);
    assert!(
        here.refused(&import)
            .await
            .contains("is not the progress of an import")
    );
}

#[tokio::test]
async fn of_several_changes_of_one_id_the_newest_counts_and_without_versions_the_last() {
    let here = Here::new().await;
    let named = |id: &str, name: &str, version: Option<u64>| {
        let version = version
            .map(|version| format!(r#", "version": {version}"#))
            .unwrap_or_default();
        person(id, &format!(r#", "name": "{name}"{version}"#)) + "\n"
    };
    let gone = "{\"detail-type\": \"customer.deleted\", \"detail\": {\"customerId\": \"gone\"}}\n";
    let mut text = String::new();
    for number in 1..=20 {
        text += &named("last", &number.to_string(), None);
        text += &named("newest", &number.to_string(), Some(100 - number));
    }
    text += &named("gone", "before", None);
    text += gone;
    let before = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap();
    let (_, summary) = here.import(&here.file("order.jsonl", &text)).await;
    assert_eq!((summary.counts.stored, summary.counts.older), (23, 19));
    let last = here.directory().person("last").await.unwrap().unwrap();
    assert_eq!(last.name, "20");
    assert!(
        (before - 42..=before + 60_000).contains(&last.version),
        "no version is of the future"
    );
    assert_eq!(here.name("newest").await.as_deref(), Some("1"));
    assert_eq!(here.name("gone").await, None);

    let mut import = here.file(
        "one.jsonl",
        named("one", "first", None) + &named("one", "second", None),
    );
    import.version = Some(5);
    for (stored, repeated) in [(1, 1), (0, 2)] {
        let (_, summary) = here.import(&import).await;
        assert_eq!(
            (summary.counts.stored, summary.counts.repeated),
            (stored, repeated)
        );
        assert_eq!(here.name("one").await.as_deref(), Some("first"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_tells_where_to_what_was_bad_and_by_its_status_how_it_went() {
    let here = Here::new().await;
    let ringback = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_ringback"))
            .arg("import")
            .args(arguments)
            .current_dir(here.folder.path())
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code().unwrap(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    here.file("many.jsonl", many(1200));
    let (status, out, err) = ringback(&["many.jsonl", "--dry-run"]);
    assert_eq!(status, 1);
    assert!(
        out.starts_with("Checking many.jsonl; nothing is written.\n1080 good, 120 bad; "),
        "{out}"
    );
    assert_eq!(err.lines().count(), 101, "{err}");
    assert!(
        err.starts_with("many.jsonl:10: is no JSON from column 2 on\n"),
        "{err}"
    );
    assert!(err.ends_with("\n… and 20 more bad lines\n"), "{err}");
    assert_eq!(here.items().await.len(), 0);

    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/directory/people.csv");
    let progress = ["--progress", "people.progress", "--region", "GB"];
    let (status, out, err) = ringback(&[&[sample], &progress[..]].concat());
    assert_eq!((status, err.as_str()), (0, ""), "{out}");
    let (first, rest) = out.split_once('\n').unwrap();
    assert!(first.ends_with(&format!("into {}.", here.to)), "{first}");
    assert!(
        rest.contains(" stored, 0 repeated, 0 older than what is stored, 0 bad; "),
        "{rest}"
    );

    for (arguments, said) in [
        (&["nothing.csv"][..], "error: nothing.csv: No such file"),
        (&["local.env"], "error: local.env: is neither .csv nor .jsonl"),
        (&["many.jsonl", "--env-file", "no.env"], "error: reading no.env"),
        (&["many.jsonl", "--table", "callers"], "--instance-arn <ARN>"),
        (
            &["many.jsonl", "--table", "callers", "--instance-arn", "x"],
            "error: --instance-arn: expected arn:aws",
        ),
        (
            &[sample, "--region", "Atlantis", "--dry-run"],
            "--region: expected a code of ISO 3166",
        ),
    ] {
        let (status, _, err) = ringback(arguments);
        assert_eq!(status, 2, "{arguments:?}: {err}");
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}

/// The most memory that a run of the command had, in kB, as Linux counts it.
#[cfg(target_os = "linux")]
fn peak_of_import(file: &Path) -> u64 {
    let mut run = Command::new(env!("CARGO_BIN_EXE_ringback"))
        .arg("import")
        .arg(file)
        .arg("--dry-run")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", run.id());
    let mut peak = 0;
    while run.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = kilobytes.unwrap_or(peak).max(peak);
        std::thread::sleep(Duration::from_millis(5));
    }
    peak
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_fifty_times_as_long_takes_no_more_memory() {
    let folder = tempfile::tempdir().unwrap();
    let of = |lines: u64| {
        let file = folder.path().join(format!("{lines}.jsonl"));
        let long = "x".repeat(4000);
        let line = |id| {
            format!(
                r#"{{"detail-type": "customer.updated", "detail": {{"customerId": "c-{id}", "tags": ["{long}"]}}}}"#
            )
        };
        fs::write(&file, (0..lines).map(|id| line(id) + "\n").collect::<String>()).unwrap();
        peak_of_import(&file)
    };
    let (short, long) = (of(200), of(10_000));
    // The long file has 40 MB. What differs is how full the buffers were when somebody looked.
    assert!(
        short > 1000 && long < short + 8 * 1024,
        "{short} kB, then {long} kB"
    );
}
