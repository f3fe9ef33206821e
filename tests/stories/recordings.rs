//! Every carrier's recording, from its own words about it to the owner's bucket: webhook, record, pipe, queue, and the
//! function that fetches it with that carrier's authentication.

use std::collections::BTreeMap;

use ringback_calls::{CallId, Kind, RecordingState};
use ringback_lambda::emf_sink;
use ringback_local::kinesis::batch;
use ringback_local::simulated_carriers::wav;
use ringback_local::simulated_s3::{CARRIER_BUCKET, CONNECT_BUCKET, RECORDINGS_BUCKET};
use ringback_tests::{Archive, INSTANCE_ARN, Logs, sha256};
use serde_json::Value;

/// The carriers whose recordings are fetched over HTTP, and the form in which each gives them.
const FETCHED: [(&str, &str); 9] = [
    ("tw", "wav"),
    ("sw", "wav"),
    ("tx", "mp3"),
    ("vg", "mp3"),
    ("pl", "mp3"),
    ("e9", "mp3"),
    ("hw", "wav"),
    ("vx", "mp3"),
    ("bw", "mp3"),
];

/// The carriers that can be asked to delete a recording.
const DELETE: [&str; 6] = ["tw", "sw", "tx", "pl", "vx", "bw"];

#[tokio::test]
async fn every_carriers_recording_ends_in_the_owners_bucket_with_the_digest_of_its_source() {
    let logs = Logs::capture(tracing::Level::INFO);
    let mut house = Archive::open().await.unwrap();
    for (carrier, format) in FETCHED {
        let call = house.take(carrier).await.unwrap();
        let archived = house.archived(carrier, &call).await.unwrap();
        let archived = archived.unwrap_or_else(|| panic!("{carrier}: {}", house.metrics.text()));
        let (name, recording) = house.recording(&call).await.unwrap();
        let file: String = name.replace('|', "!7C");
        assert_eq!(archived.key, format!("t-1/2026/11/20/{call}/{file}.{format}"));
        let content_type = if format == "mp3" {
            "audio/mpeg"
        } else {
            "audio/wav"
        };
        assert_eq!(archived.content_type, content_type, "{carrier}");
        let tags = house.s3().tags(RECORDINGS_BUCKET, &archived.key).unwrap();
        assert_eq!(
            tags,
            BTreeMap::from([("retention".to_owned(), "standard".to_owned())])
        );
        // Where no carrier says how long it is, a WAV does.
        assert!(recording.seconds.is_some() || format == "mp3", "{carrier}");
        assert_eq!(house.told(&call).await.unwrap(), [Kind::Archived], "{carrier}");
    }
    house.is_clean(FETCHED.len()).unwrap();
    assert_eq!(house.media().deletions(), 0, "nobody has asked for that");
    assert_eq!(house.metric("Archived"), FETCHED.len() as u64,);
    for secret in ["://", "sample-account", "Basic ", "+1415", "api.twilio", "AC0000"] {
        assert!(!logs.text().contains(secret), "{secret} is logged");
        assert!(!house.metrics.text().contains(secret), "{secret} is counted");
    }
}

#[tokio::test]
async fn the_message_about_a_recording_says_which_and_nothing_else() {
    let mut house = Archive::open().await.unwrap();
    let life = house.hear("tw").await.unwrap();
    assert_eq!(house.settle().await.unwrap(), 1);
    let bodies = house.exchange.stack.recordings.bodies();
    let message: Value = serde_json::from_str(&bodies[0]).unwrap();
    let fields: Vec<_> = message.as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["callId", "recordingId", "tenant", "version"]);
    assert_eq!(
        (message["callId"].as_str(), message["tenant"].as_str()),
        (Some(life.call.as_str()), Some("t-1"))
    );
    // Whatever the carrier repeats: a recording is told of once.
    house.post(&life).await.unwrap();
    assert_eq!(house.settle().await.unwrap(), 0);
}

#[tokio::test]
async fn a_recording_of_sinch_is_copied_from_the_owners_other_bucket() {
    let mut house = Archive::open().await.unwrap();
    let source = house.media().recording("si");
    let life = house.hear("si").await.unwrap();
    house.settle().await.unwrap();
    // It is announced before it is there.
    house.deliver().await.unwrap();
    assert_eq!(house.metric("Waiting"), 1);
    let key = "sample/sample-recording.mp3".replace("sample-recording", life.call.as_str());
    house.s3().put(CARRIER_BUCKET, &key, &source).unwrap();
    assert_eq!(house.be_patient(1).await.unwrap(), [30]);
    let archived = house.archived("si", &life.call).await.unwrap().unwrap();
    assert!(archived.key.ends_with(".mp3"), "{}", archived.key);
    house.is_clean(1).unwrap();
}

#[tokio::test]
async fn a_recording_in_a_bucket_that_is_not_one_of_the_owners_is_given_up() {
    let mut house = Archive::with(&[("CARRIER_BUCKETS", "none")]).await.unwrap();
    let call = house.take("si").await.unwrap();
    assert_eq!(
        house.given_up(&call).await.unwrap().as_deref(),
        Some("bucket-not-allowed")
    );
}

#[tokio::test]
async fn what_an_account_says_of_its_recording_leads_neither_into_amazon_connects_bucket_nor_to_another_accounts()
 {
    const OWN: &str = "carrier-recordings/sample/";
    let mut house = Archive::open().await.unwrap();
    let source = house.media().recording("si");
    for place in [
        "connect-recordings/sample/",
        "connect-recordings/connect/other/",
        "recordings/t-2/2026/11/20/",
        "carrier-recordings/another/",
        "carrier-recordings/sample-2/",
        "carrier-recordings/sample/../another/",
        "carrier-recordings/",
    ] {
        let life = house.hear_with("si", OWN, place).await.unwrap();
        let (bucket, folder) = place.split_once('/').unwrap();
        let file = "sample-recording.mp3".replace("sample-recording", life.call.as_str());
        // It is there, and would be copied.
        house
            .s3()
            .put(bucket, &format!("{folder}{file}"), &source)
            .unwrap();
        let before = house.s3().keys(RECORDINGS_BUCKET).unwrap();
        house.settle().await.unwrap();
        house.s3().take_counts();
        house.deliver().await.unwrap();
        let why = house.given_up(&life.call).await.unwrap();
        assert_eq!(why.as_deref(), Some("bad-place"), "{place}");
        let asked = house.s3().take_counts();
        assert!(asked.is_empty(), "{place}: {asked:?}");
        assert_eq!(house.s3().keys(RECORDINGS_BUCKET).unwrap(), before, "{place}");
    }

    // An account whose own setting names Amazon Connect's bucket does not get there either.
    let setting = ("recordBucket".to_owned(), format!("{CONNECT_BUCKET}/sample"));
    house
        .set_account("si", |account| account.settings.0.extend([setting]))
        .await
        .unwrap();
    house.start_anew().await.unwrap();
    let place = format!("{CONNECT_BUCKET}/sample/");
    let call = house.take_with("si", OWN, &place).await.unwrap();
    assert_eq!(
        house.given_up(&call).await.unwrap().as_deref(),
        Some("bucket-not-allowed")
    );
    assert!(house.s3().take_counts().is_empty());
}

#[tokio::test]
async fn an_account_that_is_somebody_elses_by_now_is_not_asked_for_what_was_anothers() {
    let mut house = Archive::open().await.unwrap();
    house.hear("tw").await.unwrap();
    house.settle().await.unwrap();
    house
        .set_account("tw", |account| account.tenant = "t-2".to_owned())
        .await
        .unwrap();
    house.start_anew().await.unwrap();
    house.deliver().await.unwrap();
    let letters = house.exchange.stack.dead_letters.letters();
    assert!(letters[0].reason.contains("another-tenant"), "{letters:?}");
    assert!(house.media().take_requests().is_empty());
    house.is_clean(0).unwrap();
}

#[tokio::test]
async fn a_carrier_that_is_described_by_a_file_has_its_recordings_archived_too() {
    let mut house = Archive::open().await.unwrap();
    house.media().add_host("records.example.com", "jy");
    let url = "https://records.example.com/JY20261120000005.mp3";
    let call = house.take_described("", "", url).await.unwrap();
    assert!(
        house.archived("jy", &call).await.unwrap().is_some(),
        "{}",
        house.metrics.text()
    );
    assert!(house.metrics.text().contains(r#""Carrier":"mapped""#));
}

#[tokio::test]
async fn a_carrier_is_asked_to_delete_what_is_archived_and_only_where_the_account_says_so() {
    let mut house = Archive::open().await.unwrap();
    for carrier in DELETE {
        let setting = ("deleteAtCarrier".to_owned(), "yes".to_owned());
        house
            .set_account(carrier, |account| account.settings.0.extend([setting]))
            .await
            .unwrap();
    }
    house.start_anew().await.unwrap();
    let mut calls = Vec::new();
    for (index, carrier) in DELETE.iter().enumerate() {
        let call = house.take(carrier).await.unwrap();
        assert!(
            house.archived(carrier, &call).await.unwrap().is_some(),
            "{carrier}"
        );
        let told = house.told(&call).await.unwrap();
        assert_eq!(told, [Kind::Archived, Kind::DeletedAtCarrier], "{carrier}");
        let asked = house.media().take_requests();
        let methods: Vec<_> = asked.iter().map(|request| request.method.as_str()).collect();
        let last = methods.last().copied();
        assert!(matches!(last, Some("DELETE" | "POST")), "{carrier}: {methods:?}");
        assert_eq!(house.metric("Archived"), index as u64 + 1);
        calls.push(call);
    }
    // One more who is told of it has nothing to do.
    let (deleted, queue) = (house.media().deletions(), &house.exchange.stack.recordings);
    for call in &calls {
        let body = serde_json::to_string(&house.wanted_of(call).await.unwrap()).unwrap();
        queue.send(&body, house.exchange.now());
    }
    assert_eq!(house.deliver().await.unwrap(), calls.len());
    assert_eq!(house.metric("Repeated"), calls.len() as u64);
    assert_eq!((house.media().deletions(), queue.bodies().len()), (deleted, 0));
    assert!(house.media().take_requests().is_empty());
}

/// The instance's tenant, and the call of the first contact in a sample record.
fn connect_call(record: &Value) -> (&'static str, CallId) {
    let tenant = INSTANCE_ARN.rsplit('/').next().unwrap();
    let contact = record["InitialContactId"]
        .as_str()
        .unwrap_or_else(|| record["ContactId"].as_str().unwrap());
    (tenant, CallId::of_session("ac", tenant, contact))
}

async fn hear_of_contact(house: &mut Archive, record: &Value) {
    let stack = &house.exchange.stack;
    let function = stack
        .contact_records(&[], emf_sink(std::io::sink()))
        .await
        .unwrap();
    let batch = batch(&[record.to_string().into_bytes()]).unwrap();
    let answer = function.take(&batch, house.exchange.now()).await;
    assert!(answer.batch_item_failures.is_empty());
    house.settle().await.unwrap();
    house.deliver().await.unwrap();
}

#[tokio::test]
async fn amazon_connects_recordings_of_the_agent_and_of_the_automated_part_are_copied() {
    let sample = include_str!("../../events/connect/contact-records/voice-recordings-s3.json");
    // Some records have the colon of the file's name escaped, and others not.
    let sample = sample
        .replace("ringback-recordings/", &format!("{CONNECT_BUCKET}/"))
        .replacen("T10:00_UTC.wav", "T10%3A00_UTC.wav", 1);
    let mut record: Value = serde_json::from_str(&sample).unwrap();
    record["InstanceARN"] = INSTANCE_ARN.into();
    let mut house = Archive::open().await.unwrap();
    let mut sources = Vec::new();
    for (seed, recording) in record["Recordings"].as_array().unwrap().iter().enumerate() {
        let location = recording["Location"].as_str().unwrap().replace("%3A", ":");
        let (bucket, key) = location.split_once('/').unwrap();
        let source = wav(50_000 + seed, seed as u64);
        house.s3().put(bucket, key, &source).unwrap();
        sources.push(sha256(&source));
    }
    sources.sort();
    sources.dedup();

    hear_of_contact(&mut house, &record).await;

    let (tenant, call) = connect_call(&record);
    let read = house
        .exchange
        .calls
        .read(tenant, &call, house.exchange.now())
        .await;
    let recordings = read.unwrap().unwrap().recordings;
    let mut digests = Vec::new();
    for (id, recording) in &recordings {
        let archived = recording
            .archived
            .as_ref()
            .unwrap_or_else(|| panic!("{id}: {}", house.metrics.text()));
        let stored = house.s3().bytes(RECORDINGS_BUCKET, &archived.key).unwrap();
        assert_eq!(archived.sha256, sha256(&stored), "{id}");
        let tags = house.s3().tags(RECORDINGS_BUCKET, &archived.key).unwrap();
        assert_eq!(tags["retention"], "standard");
        assert!(
            archived.key.starts_with(&format!("{tenant}/")),
            "{}",
            archived.key
        );
        digests.push(archived.sha256.clone());
    }
    digests.sort();
    assert_eq!(digests, sources);
    assert!(recordings.keys().any(|id| id.ends_with("-ivr")) && recordings.len() == 2);
    house.is_clean(2).unwrap();
}

#[tokio::test]
async fn what_amazon_connect_keeps_in_a_video_stream_is_passed_over_with_a_reason() {
    let sample = include_str!("../../events/connect/contact-records/voice-recording-kvs.json");
    let mut record: Value = serde_json::from_str(sample).unwrap();
    record["InstanceARN"] = INSTANCE_ARN.into();
    let mut house = Archive::open().await.unwrap();
    hear_of_contact(&mut house, &record).await;
    let (tenant, call) = connect_call(&record);
    let read = house
        .exchange
        .calls
        .read(tenant, &call, house.exchange.now())
        .await;
    let recordings = read.unwrap().unwrap().recordings;
    let streamed: Vec<_> = recordings
        .values()
        .filter(|recording| {
            recording
                .problem
                .as_deref()
                .is_some_and(|why| why.contains("Kinesis Video"))
        })
        .collect();
    assert_eq!(streamed.len(), 1, "{recordings:?}");
    assert_eq!(streamed[0].state, Some(RecordingState::Failed));
    assert!(house.exchange.stack.dead_letters.letters().is_empty());
    house.is_clean(0).unwrap();
}

#[tokio::test]
async fn a_recording_of_amazon_connect_that_is_too_large_for_one_copy_is_copied_in_parts() {
    let sample = include_str!("../../events/connect/contact-records/voice-recordings-s3.json");
    let sample = sample.replace("ringback-recordings/", &format!("{CONNECT_BUCKET}/"));
    let mut record: Value = serde_json::from_str(&sample).unwrap();
    record["InstanceARN"] = INSTANCE_ARN.into();
    record["Recordings"].as_array_mut().unwrap().truncate(1);
    let mut house = Archive::open().await.unwrap();
    let location = record["Recordings"][0]["Location"].as_str().unwrap();
    let (bucket, key) = location.split_once('/').unwrap();
    // One copy is of 256 MiB at most.
    let mut source = wav(1000, 3);
    source.resize(256 * 1024 * 1024 + 1, 7);
    house.s3().put(bucket, key, &source).unwrap();

    hear_of_contact(&mut house, &record).await;

    let (tenant, call) = connect_call(&record);
    let read = house
        .exchange
        .calls
        .read(tenant, &call, house.exchange.now())
        .await;
    let (_, recording) = read.unwrap().unwrap().recordings.pop_first().unwrap();
    let archived = recording.archived.unwrap();
    assert_eq!(archived.bytes, source.len() as u64);
    assert_eq!(archived.sha256, sha256(&source));
    let counts = house.s3().take_counts();
    assert_eq!((counts["UploadPartCopy"], counts.get("CopyObject")), (2, None));
    let tags = house.s3().tags(RECORDINGS_BUCKET, &archived.key).unwrap();
    assert_eq!(tags["retention"], "standard");
    house.is_clean(1).unwrap();
}

#[tokio::test]
async fn the_sample_for_cargo_lambda_is_taken() {
    let sample = include_str!("../../events/sqs/archive-recording.json");
    let house = Archive::open().await.unwrap();
    let event = serde_json::from_str(sample).unwrap();
    let answer = house.function.take(&event, house.exchange.now(), None).await;
    // Nobody knows its call here.
    assert!(answer.batch_item_failures.is_empty());
    assert!(house.exchange.stack.dead_letters.letters().is_empty());
}
