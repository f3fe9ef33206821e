//! What carriers answer that are asked for a link.

use ringback_carriers::{CannotFetch, Gives, Kept, LinkAnswer};

use super::account::{Account, asked, kept, written};

fn answer<'a>(status: u16, location: Option<&'a str>, body: &'a str) -> LinkAnswer<'a> {
    LinkAnswer {
        status,
        location,
        body: body.as_bytes(),
    }
}

const WAV: &str = "https://s3.amazonaws.com/telephony-recorder-prod/sample/1.wav?X-Amz-Expires=600";
const MP3: &str = "https://s3.amazonaws.com/telephony-recorder-prod/sample/1.mp3?X-Amz-Expires=600";

#[test]
fn telnyx_gives_a_fresh_link_in_the_format_that_was_recorded() {
    let account = Account::sample("tx");
    let both =
        format!(r#"{{"data":{{"status":"completed","download_urls":{{"wav":"{WAV}","mp3":"{MP3}"}}}}}}"#);
    let one = format!(r#"{{"data":{{"download_urls":{{"mp3":"{MP3}"}}}}}}"#);
    for (body, format, expected) in [
        (&both, Some("mp3"), MP3),
        (&both, Some("wav"), WAV),
        (&both, None, WAV),
        (&one, Some("wav"), MP3),
    ] {
        let kept = Kept { format, ..kept("tx") };
        let fetch = account.link(&answer(200, None, body), &kept).unwrap();
        // The link is signed itself: no key goes with it.
        assert_eq!(
            (written(&fetch), fetch.gives),
            (format!("GET {expected}"), Gives::Media)
        );
        assert!(account.allows(&fetch.url));
    }
    for (status, body, problem) in [
        (
            200,
            r#"{"data":{"status":"processing","download_urls":{}}}"#,
            "not-there",
        ),
        (200, r#"{"data":{"download_urls":{"mp3":""}}}"#, "not-there"),
        (200, r#"{"data":{"download_urls":null}}"#, "not-there"),
        (
            200,
            r#"{"data":{"download_urls":{"mp3":"javascript:1"}}}"#,
            "answer-unreadable",
        ),
        (200, "<html>", "answer-unreadable"),
        (302, &both, "answer-unreadable"),
    ] {
        let refused = account
            .link(&answer(status, None, body), &kept("tx"))
            .unwrap_err();
        assert_eq!(refused.reason(), problem, "{body}");
        assert!(!refused.is_final(), "it may be another next time: {body}");
    }
}

#[test]
fn a_recording_that_telnyx_did_not_name_is_had_by_its_own_link_while_that_is_good() {
    let account = Account::sample("tx");
    let unnamed = Kept {
        id: "event-1",
        ..kept("tx")
    };
    let fetch = asked(&account, &unnamed);
    assert_eq!(
        (written(&fetch), fetch.gives),
        (format!("GET {MP3}"), Gives::Media)
    );
    assert_eq!(account.delete(&unnamed).unwrap_err(), CannotFetch::NoDelete);
}

#[test]
fn huawei_redirects_to_its_storage_and_the_digest_stays_behind() {
    let account = Account::sample("hw");
    let place = "https://sp-sample.obs.cn-north-1.myhuaweicloud.cn/1.wav?AccessKeyId=a&Signature=b%2Bc%3D";
    for status in [301, 302, 303, 307, 308] {
        let fetch = account
            .link(&answer(status, Some(place), ""), &kept("hw"))
            .unwrap();
        assert_eq!(
            (written(&fetch), fetch.gives),
            (format!("GET {place}"), Gives::Media)
        );
        assert!(account.allows(&fetch.url));
    }
    let plain = place.replace("https", "http");
    let fetch = account.link(&answer(302, Some(&plain), ""), &kept("hw")).unwrap();
    assert_eq!(fetch.url, place, "over TLS all the same");
    for refused in [
        answer(302, None, ""),
        answer(302, Some("/1.wav"), ""),
        answer(302, Some("ftp://ostor.huawei.com/1.wav"), ""),
        answer(200, Some(place), r#"{"resultcode":"1012007"}"#),
    ] {
        let refused = account.link(&refused, &kept("hw")).unwrap_err();
        assert_eq!(refused.reason(), "answer-unreadable");
    }
}

#[test]
fn others_are_not_asked_for_links() {
    for carrier in ["tw", "sw", "vg", "pl", "e9", "vx", "bw", "si"] {
        let refused = Account::sample(carrier).link(&answer(302, Some(WAV), ""), &kept(carrier));
        assert_eq!(refused.unwrap_err().reason(), "answer-unreadable", "{carrier}");
    }
}
