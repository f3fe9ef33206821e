//! `query-calls`: a call's record, links to its recordings and who got them, legal holds.

mod archive;
mod lists;

use aws_sdk_s3::primitives::ByteStream;
use jiff::{SignedDuration, Timestamp};
use ringback_calls::{
    Cause, Class, Evidence, Facts, Kind, LegFacts, NewEvent, Requester, Verdict, When, deleted_at_carrier,
    given_up, held,
};
use ringback_lambda::emf_sink;
use ringback_local::gate::{Fault, Gate};
use ringback_local::simulated_s3::{RECORDINGS_BUCKET, S3Fault};
use ringback_tests::{CallBook, INSTANCE_ARN, Logs, TENANT, call, event, morning, placed};
use serde_json::{Value, json};

use self::archive::{
    AUDIO, AUDITOR, Answer, Archive, GIVEN_UP, KEY, RECORDING, is_archived, object, ready, request, token,
    wanted,
};

#[tokio::test]
async fn a_call_is_shown_as_the_readme_says_without_numbers_slugs_and_places() {
    let book = CallBook::open().await.unwrap();
    let id = call("sample").unwrap();
    let mut told = event(&id, "completed", 70, Kind::Cdr);
    told.entry.event.evidence = Evidence::Cdr;
    told.entry.event.facts = Facts {
        carrier_call_id: Some("CA00000000000000000000000000000001".to_owned()),
        a: LegFacts {
            dialled: Some(When::At(morning(1))),
            answered: Some(When::At(morning(5))),
            ended: Some(When::At(morning(70))),
            cause: Some(Cause {
                word: Some("completed".to_owned()),
                ..Cause::of(Class::Ok)
            }),
            ..LegFacts::default()
        },
        b: LegFacts {
            answered: Some(When::At(morning(12))),
            ..LegFacts::default()
        },
        bridged: Some(When::At(morning(12))),
        verdict: Some(Verdict {
            cause: Cause {
                word: Some("completed".to_owned()),
                ..Cause::of(Class::Ok)
            },
            leg: None,
        }),
        talk_seconds: Some(58),
        ivr_recording: Some("s3://menu/what-was-said.wav".to_owned()),
        ..Facts::default()
    };
    let mut recorded = ready(&id, RECORDING, 80);
    let known = recorded.entry.event.facts.recordings.get_mut(RECORDING).unwrap();
    known.format = Some("wav".to_owned());
    known.channels = Some(2);
    known.seconds = Some(58);
    known.started_at = Some(morning(12));
    let done = wanted(&id, RECORDING);
    let deleted = deleted_at_carrier(&done, morning(101));
    let requester = Requester {
        by: AUDITOR,
        request: "r-1",
    };
    let hold = held(&done, requester, morning(600));
    let lost = wanted(&id, GIVEN_UP);
    let given_up = given_up(&lost, "not-there", morning(90));
    book.put(&[
        placed(&id, 0).unwrap(),
        told,
        recorded,
        ready(&id, GIVEN_UP, 81),
        is_archived(&id, RECORDINGS_BUCKET, 100),
        NewEvent::of_recording(&done, deleted, morning(101)),
        NewEvent::of_recording(&lost, given_up, morning(90)),
        NewEvent::of_recording(&done, hold, morning(600)),
    ])
    .await
    .unwrap();
    let metrics = emf_sink(book.metrics.clone());
    let settings = [("TENANT_CLAIM", "tenant")];
    let app = book.stack.query_calls(&settings, metrics).await.unwrap();
    book.requests();
    let asked = request("GET", &format!("/calls/{id}"), token(TENANT, None));
    let answer = app.respond(&asked, morning(3600)).await;
    assert_eq!(book.requests(), "Query 1");

    let readme = include_str!("../../functions/query-calls/README.md");
    let example = readme.split("```json\n").nth(1).unwrap();
    let example: Value = serde_json::from_str(example.split("```").next().unwrap()).unwrap();
    let shown = Answer::of(&answer);
    assert_eq!((shown.status, &shown.body), (200, &example), "{:#}", shown.body);
    let text = answer.to_string();
    for secret in [
        "4155550101",
        "4155550102",
        "slug-1",
        "example.com",
        "s3://",
        KEY,
        AUDITOR,
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_record_that_has_not_changed_is_not_sent_again() {
    let archive = Archive::open().await;
    let path = format!("/calls/{}", archive.call);
    let mut asked = request("GET", &path, token(TENANT, Some(AUDITOR)));
    let first = archive.send(&asked).await;
    asked["headers"] = json!({"if-none-match": first.headers["etag"]});
    let again = archive.send(&asked).await;
    assert_eq!((again.status, again.body), (304, Value::Null));
    archive.step("PUT", RECORDING, "hold").await;
    assert_eq!(archive.send(&asked).await.status, 200);
}

#[tokio::test]
async fn a_link_leads_to_the_recording_for_its_time_and_says_whose_it_is() {
    let mut archive = Archive::open().await;
    archive.now = Timestamp::now();
    let answer = archive.step("POST", RECORDING, "link").await;
    assert_eq!(
        (answer.status, &answer.headers["cache-control"]),
        (201, &json!("no-store"))
    );
    let link = answer.body;
    for (field, value) in [
        ("bytes", json!(928_044)),
        ("sha256", json!(object("").sha256)),
        ("contentType", json!("audio/wav")),
    ] {
        assert_eq!(link[field], value);
    }
    let expires: Timestamp = link["expiresAt"].as_str().unwrap().parse().unwrap();
    let life = expires.duration_since(archive.now);
    assert!((299..=300).contains(&life.as_secs()), "{life}");

    // Nothing but the URL is needed: no header is signed but the host.
    assert!(
        link["url"]
            .as_str()
            .unwrap()
            .contains("X-Amz-SignedHeaders=host&")
    );
    let followed = reqwest::get(link["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(followed.status(), 200);
    let header = |name: &str| followed.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "audio/wav");
    assert_eq!(
        header("content-disposition"),
        format!("attachment; filename=\"{RECORDING}.wav\"")
    );
    assert_eq!(followed.bytes().await.unwrap(), AUDIO);

    // A link of ten minutes ago is over; the record tells of both, each for itself.
    archive.now -= SignedDuration::from_mins(10);
    let old = archive.step("POST", RECORDING, "link").await;
    let followed = reqwest::get(old.body["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(followed.status(), 403);
    let audited = archive.audited().await;
    assert_eq!(audited, vec![(Kind::LinkGiven, AUDITOR.to_owned()); 2]);
}

#[tokio::test]
async fn a_link_whose_event_cannot_be_stored_is_not_given() {
    let archive = Archive::open().await;
    archive.book.stack.gate().unwrap().fail("PutItem", Fault::Down);
    let answer = archive.step("POST", RECORDING, "link").await;
    assert_eq!((answer.status, answer.problem()), (503, "unavailable"));
    assert!(!answer.body.to_string().contains("http"), "{}", answer.body);
    archive.book.stack.gate().unwrap().heal();
    // Nor is a link noted that could not be made.
    archive.book.stack.simulated_s3.fail("HeadObject", S3Fault::Down);
    let answer = archive.step("POST", RECORDING, "link").await;
    assert_eq!((answer.status, answer.problem()), (503, "unavailable"));
    assert_eq!(archive.audited().await, []);
}

#[tokio::test]
async fn a_hold_takes_the_place_of_the_retention_class_and_its_end_brings_it_back() {
    let mut archive = Archive::open().await;
    let kept_until = archive.kept_until().await;
    let state = |held: bool, changed: bool| json!({"held": held, "changed": changed, "retention": "standard", "callKeptUntil": kept_until});
    let before = ["retention=standard", "team=sales"];
    let during = ["retention=hold", "retention-before=standard", "team=sales"];
    for (method, held, tags) in [("PUT", true, during.as_slice()), ("DELETE", false, &before)] {
        for changed in [true, false] {
            archive.now += SignedDuration::from_secs(1);
            let answer = archive.step(method, RECORDING, "hold").await;
            assert_eq!((answer.status, answer.body), (200, state(held, changed)));
            assert_eq!(archive.tags(), tags);
            assert_eq!(archive.held().await, held);
        }
    }
    // Whoever wants it held is written down, also where it was.
    let audited = archive.audited().await;
    let by = |kind| (kind, AUDITOR.to_owned());
    assert_eq!(audited, [by(Kind::Held), by(Kind::Held), by(Kind::Released)]);
    // A day later the call is kept no longer for that: its first event counts.
    archive.now += SignedDuration::from_hours(24);
    let answer = archive.step("PUT", RECORDING, "hold").await;
    assert_eq!(answer.body["callKeptUntil"], json!(kept_until));
}

#[tokio::test]
async fn of_a_hold_and_a_release_at_once_the_object_is_as_the_last_word_says() {
    // The first has looked at the object and is late to write its event; the second comes and goes meanwhile. Where the
    // release has the later time but was there first, it could not read of the hold, and the object stays held.
    for (first, second, last, answered, tagged, recorded) in [
        ("PUT", "DELETE", "PUT", true, true, true),
        ("DELETE", "PUT", "PUT", true, true, true),
        ("DELETE", "PUT", "DELETE", false, false, false),
        ("PUT", "DELETE", "DELETE", true, true, false),
    ] {
        let mut archive = Archive::open().await;
        archive.step("PUT", RECORDING, "hold").await;
        let said = format!("{first}, then {second}, the last word is {last}");
        let (early, late) = (archive.after(1), archive.after(2));
        let time = |method| if method == last { late } else { early };
        let (asked, meanwhile) = (archive.hold_request(first), archive.hold_request(second));
        let (answer, ()) = tokio::join!(
            archive.late_to_write(&asked, time(first)),
            archive.while_it_writes(async {
                let answer = archive.app.respond(&meanwhile, time(second)).await;
                assert_eq!(Answer::of(&answer).status, 200, "{said}");
            })
        );
        assert_eq!(
            (answer.status, &answer.body["held"]),
            (200, &json!(answered)),
            "{said}"
        );
        archive.now = late;
        assert_eq!(archive.tags()[0] == "retention=hold", tagged, "{said}");
        assert_eq!(archive.held().await, recorded, "{said}");
        assert_eq!(archive.audited().await.len(), 3, "every word is written down");
    }
}

#[tokio::test]
async fn a_release_that_cannot_see_whether_somebody_holds_leaves_the_recording_held() {
    // Once the release has taken the hold away, this fails; whether somebody has put it under hold again by then.
    type Fail = fn(&Archive);
    let events: Fail = |archive| archive.book.stack.gate().unwrap().fail("Query", Fault::Down);
    let tags: Fail = |archive| {
        let s3 = &archive.book.stack.simulated_s3;
        s3.fail("GetObjectTagging", S3Fault::Down);
    };
    for (fail, contested, status) in [(events, true, 503), (events, false, 503), (tags, true, 200)] {
        let mut archive = Archive::open().await;
        archive.step("PUT", RECORDING, "hold").await;
        let (early, late) = (archive.after(1), archive.after(2));
        archive.book.stack.simulated_s3.take_counts();
        let (release, hold) = (archive.hold_request("DELETE"), archive.hold_request("PUT"));
        let (answer, ()) = tokio::join!(
            archive.late_to_write(&release, early),
            archive.while_it_writes(async {
                if contested {
                    let answer = archive.app.respond(&hold, late).await;
                    assert_eq!(Answer::of(&answer).status, 200);
                }
                fail(&archive);
            })
        );
        assert_eq!(answer.status, status);
        let counts = archive.book.stack.simulated_s3.take_counts();
        assert_eq!(counts["PutObjectTagging"], 2);
        archive.book.stack.gate().unwrap().heal();
        archive.book.stack.simulated_s3.heal();
        archive.now = late;
        assert_eq!(
            archive.tags(),
            ["retention=hold", "retention-before=standard", "team=sales"]
        );
        assert_eq!(archive.held().await, contested);

        // The same again ends the hold.
        archive.now = archive.after(1);
        let answer = archive.step("DELETE", RECORDING, "hold").await;
        assert_eq!((answer.status, &answer.body["held"]), (200, &json!(false)));
        assert_eq!(archive.tags(), ["retention=standard", "team=sales"]);
        assert_eq!(archive.held().await, json!(false));
    }
}

#[tokio::test]
async fn what_fails_half_way_leaves_the_recording_held_and_the_same_request_again_finishes_it() {
    let mut archive = Archive::open().await;
    let gate = archive.book.stack.gate().unwrap().clone();
    gate.fail("PutItem", Fault::Down);
    assert_eq!(archive.step("PUT", RECORDING, "hold").await.status, 503);
    gate.heal();
    assert_eq!(
        (archive.tags()[0].as_str(), archive.held().await),
        ("retention=hold", json!(false))
    );
    let answer = archive.step("PUT", RECORDING, "hold").await;
    assert_eq!((answer.status, archive.held().await), (200, json!(true)));

    archive.now += SignedDuration::from_secs(1);
    gate.fail("PutItem", Fault::Down);
    assert_eq!(archive.step("DELETE", RECORDING, "hold").await.status, 503);
    gate.heal();
    assert_eq!(
        (archive.tags()[0].as_str(), archive.held().await),
        ("retention=hold", json!(true))
    );
    let s3 = archive.book.stack.simulated_s3.clone();
    s3.fail("PutObjectTagging", S3Fault::Down);
    assert_eq!(archive.step("DELETE", RECORDING, "hold").await.status, 503);
    s3.heal();
    assert_eq!(
        (archive.tags()[0].as_str(), archive.held().await),
        ("retention=hold", json!(false))
    );
    assert_eq!(archive.step("DELETE", RECORDING, "hold").await.status, 200);
    assert_eq!(archive.tags()[0], "retention=standard");
}

#[tokio::test]
async fn what_cannot_be_had_is_told_by_its_type() {
    let archive = Archive::open().await;
    for (method, recording, step, expected) in [
        ("POST", "unknown", "link", (404, "no-such-recording")),
        ("PUT", "unknown", "hold", (404, "no-such-recording")),
        ("POST", "a%2Fb", "link", (409, "not-archived")),
        ("PUT", "a%2Fb", "hold", (409, "not-archived")),
        ("POST", GIVEN_UP, "link", (409, "given-up")),
        ("GET", RECORDING, "link", (405, "no-such-method")),
        ("POST", RECORDING, "other", (404, "no-such-path")),
    ] {
        let answer = archive.step(method, recording, step).await;
        assert_eq!(
            (answer.status, answer.problem()),
            expected,
            "{method} {recording} {step}"
        );
    }
    let head = archive.ask("HEAD", &format!("/calls/{}", archive.call)).await;
    assert_eq!(
        (head.status, &head.headers["allow"]),
        (405, &json!("GET, DELETE"))
    );
    let wrong = archive.ask("GET", "/calls/short").await;
    assert_eq!(
        (wrong.problem(), &wrong.body["problems"][0]["path"]),
        ("invalid", &json!("callId"))
    );

    // Nine tags and the class: no place for the class to wait.
    let s3 = archive.book.stack.s3_client().await;
    let tags: Vec<_> = (0..9).map(|index| format!("tag-{index}=1")).collect();
    let put = s3.put_object().bucket(RECORDINGS_BUCKET).key(KEY);
    let put = put.tagging(format!("retention=standard&{}", tags.join("&")));
    put.body(ByteStream::from_static(AUDIO)).send().await.unwrap();
    let answer = archive.step("PUT", RECORDING, "hold").await;
    assert_eq!((answer.status, answer.problem()), (409, "too-many-tags"));

    let delete = s3.delete_object().bucket(RECORDINGS_BUCKET).key(KEY);
    delete.send().await.unwrap();
    for (method, step) in [("POST", "link"), ("PUT", "hold"), ("DELETE", "hold")] {
        let answer = archive.step(method, RECORDING, step).await;
        assert_eq!(
            (answer.status, answer.problem()),
            (410, "recording-gone"),
            "{method} {step}"
        );
    }
    archive
        .book
        .stack
        .gate()
        .unwrap()
        .fail(Gate::EVERYTHING, Fault::Down);
    let answer = archive.ask("GET", &format!("/calls/{}", archive.call)).await;
    assert_eq!((answer.status, answer.problem()), (503, "unavailable"));
    archive.book.stack.gate().unwrap().heal();
    assert_eq!(archive.audited().await, []);
}

#[tokio::test]
async fn a_recording_in_another_bucket_is_left_alone() {
    let archive = Archive::with(&[("TENANT_CLAIM", "tenant"), ("RECORDINGS_BUCKET", "another")]).await;
    for (method, step) in [("POST", "link"), ("PUT", "hold"), ("DELETE", "hold")] {
        let answer = archive.step(method, RECORDING, step).await;
        assert_eq!(
            (answer.status, answer.problem()),
            (409, "another-bucket"),
            "{method} {step}"
        );
    }
    assert_eq!(
        (archive.audited().await, archive.tags()[0].as_str()),
        (vec![], "retention=standard")
    );
}

#[tokio::test]
async fn a_call_is_shown_to_its_tenant_and_to_nobody_else() {
    let archive = Archive::open().await;
    let path = format!("/calls/{}", archive.call);
    let link = format!("{path}/recordings/{RECORDING}/link");
    let principal = json!({"iam": {"userArn": "arn:aws:iam::111122223333:role/auditor"}});
    for (method, path, authoriser, expected) in [
        ("GET", &path, json!({}), (401, "unauthorised")),
        ("GET", &path, principal.clone(), (403, "forbidden")),
        ("GET", &path, token("t-2", Some(AUDITOR)), (404, "no-such-call")),
        ("POST", &link, token("t-2", Some(AUDITOR)), (404, "no-such-call")),
        ("POST", &link, token(TENANT, None), (403, "forbidden")),
    ] {
        let answer = archive.send(&request(method, path, authoriser)).await;
        assert_eq!((answer.status, answer.problem()), expected, "{method} {path}");
    }
    // What is no call of theirs looks like what is no call at all.
    let other = archive.send(&request("GET", &path, token("t-2", None))).await;
    let none = archive.ask("GET", "/calls/call-unknown").await;
    assert_eq!(other.body, none.body);

    // Without a claim there is one tenant, the instance, for tokens and principals alike.
    let app = archive
        .book
        .stack
        .query_calls(&[], emf_sink(std::io::sink()))
        .await
        .unwrap();
    let mut own = placed(&archive.call, 0).unwrap();
    own.entry.tenant = INSTANCE_ARN.rsplit('/').next().unwrap().to_owned();
    let asked = request("GET", &path, principal);
    assert_eq!(Answer::of(&app.respond(&asked, archive.now).await).status, 404);
    archive.book.put(&[own]).await.unwrap();
    assert_eq!(Answer::of(&app.respond(&asked, archive.now).await).status, 200);
}

#[tokio::test]
async fn neither_log_nor_metric_tells_of_numbers_links_and_who_asked() {
    let logs = Logs::capture(tracing::Level::DEBUG);
    let archive = Archive::open().await;
    for (method, step) in [
        ("POST", "link"),
        ("PUT", "hold"),
        ("DELETE", "hold"),
        ("GET", "link"),
    ] {
        archive.step(method, RECORDING, step).await;
    }
    archive.record().await;
    archive
        .book
        .stack
        .simulated_s3
        .fail("GetObjectTagging", S3Fault::Down);
    archive.step("PUT", RECORDING, "hold").await;
    let logs = logs.text();
    let ours: Vec<_> = logs
        .lines()
        .filter(|line| !line.contains("\"level\":\"DEBUG\""))
        .collect();
    assert!(ours.len() >= 9, "{ours:#?}");
    for (what, text) in [
        ("logs", ours.join("\n")),
        ("metrics", archive.book.metrics.text()),
    ] {
        for secret in ["415555", AUDITOR, "X-Amz", "http", KEY, "slug-1"] {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "in the {what}");
        }
    }
    let metrics = archive.book.metrics.text();
    for counted in [
        "\"Links\":1",
        "\"Holds\":1",
        "\"Releases\":1",
        "\"Outcome\":\"failed\"",
    ] {
        assert!(metrics.contains(counted), "{counted}");
    }
}

#[tokio::test]
async fn the_samples_for_cargo_lambda_are_understood() {
    let archive = Archive::with(&[]).await;
    for name in [
        "get-call",
        "link-recording",
        "hold-recording",
        "release-recording",
    ] {
        let file = format!("{}/../events/api/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let sample: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let answer = archive.send(&sample).await;
        assert_eq!((answer.status, answer.problem()), (404, "no-such-call"), "{name}");
    }
}
