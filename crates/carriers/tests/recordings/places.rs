//! From where recordings may come.

use ringback_carriers::Place;
use url::Url;

use super::account::{Account, RECORDED};

#[test]
fn a_place_is_the_carriers_own_and_nothing_that_looks_like_it() {
    for (carrier, allowed, refused) in [
        (
            "tw",
            &[
                "https://api.dublin.ie1.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings/RE1.wav",
            ][..],
            &[
                "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000002/Recordings/RE1.wav",
                "https://api.twilio.com/2010-04-01/Accounts/AC000000000000000000000000000000011/Recordings/RE1.wav",
                "https://evilapi.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings/RE1.wav",
                "https://twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings/RE1.wav",
            ][..],
        ),
        (
            "sw",
            &[],
            &[
                "https://other.signalwire.com/api/laml/2010-04-01/Accounts/00000000-0000-4000-8000-000000000001/1.wav",
                "https://example.signalwire.com/api/laml/2010-04-01/Accounts/00000000-0000-4000-8000-000000000002/1.wav",
            ],
        ),
        (
            "tx",
            &[
                "https://api.telnyx.com/v2/recordings/1",
                "https://s3.eu-central-1.amazonaws.com/telephony-recorder-prod-fr5/1.wav",
                "https://telephony-recorder-prod.s3.amazonaws.com/1.wav",
            ],
            &[
                "https://api.telnyx.com/v2/calls/1",
                "https://s3.amazonaws.com/another-bucket/1.wav",
                "https://s3.amazonaws.com/telephony-recorder-prod-of-mine/1.wav",
                "https://s3.amazonaws.com/telephony-recorder-prod",
                "https://s3.amazonaws.com/telephony-recorder-prod/../another-bucket/1.wav",
                "https://s3.amazonaws.com/telephony-recorder-prod/%2e%2e/another-bucket/1.wav",
                "https://s3.amazonaws.com/telephony-recorder-prod/..%2fanother-bucket/1.wav",
                "https://s3.amazonaws.com/telephony-recorder-prod/%252e%252e%252fanother-bucket/1.wav",
                "https://s3.amazonaws.com/telephony-recorder-prod/a%5c..%5c..%5canother-bucket/1.wav",
                "https://another-bucket.s3.amazonaws.com/telephony-recorder-prod/1.wav",
            ],
        ),
        (
            "vg",
            &["https://api-us-3.vonage.com/v1/files/1"],
            &[
                "https://api.nexmo.com/v1/calls/1",
                "https://nexmo.com/v1/files/1",
                "https://evilnexmo.com/v1/files/1",
            ],
        ),
        (
            "pl",
            &["https://aps1.media.plivo.com/v1/Account/MA1/Recording/1.mp3"],
            &[
                "https://www.plivo.com/v1/Account/MA1/Recording/1.mp3",
                "https://s3.amazonaws.com/recordings_2013/1.mp3",
            ],
        ),
        (
            "e9",
            &["https://d1.33e9cloud.com/1.mp3"],
            &["http://d2.33e9cloud.com/1.mp3", "http://33e9cloud.com/1.mp3"],
        ),
        (
            "hw",
            &[
                "https://ostor.huawei.com/sp-sample/1.wav",
                "https://sp-sample.obs.cn-north-1.myhuaweicloud.com/1.wav",
                "https://obs.cn-north-1.myhuaweicloud.cn/sp-sample/1.wav",
                "https://rtccall.cn-north-1.myhuaweicloud.cn/rest/provision/voice/record/v1.0",
            ],
            &[
                "https://ostor.huawei.com/sp-other/1.wav",
                "https://sp-other.obs.cn-north-1.myhuaweicloud.com/1.wav",
                "https://sp-sample.obs.eu-west-101.myhuaweicloud.com/1.wav",
                "https://a.sp-sample.obs.cn-north-1.myhuaweicloud.com/1.wav",
                "https://rtccall.cn-north-1.myhuaweicloud.cn/rest/httpsessions/click2Call/v2.0",
            ],
        ),
        (
            "vx",
            &["https://www-ru-27-22.voximplant.com/records/1.mp3"],
            &["https://voximplant.com/1.mp3"],
        ),
        (
            "bw",
            &[],
            &["https://voice.bandwidth.com/api/v2/accounts/1000002/calls/c/recordings/r/media"],
        ),
    ] {
        let account = Account::sample(carrier);
        let own = RECORDED.iter().find(|(code, ..)| *code == carrier).unwrap().2;
        let own = own.contains("://").then_some(own);
        for url in allowed.iter().copied().chain(own) {
            assert!(account.allows(url), "{carrier}: {url}");
            for other in disguised(url) {
                assert!(!account.allows(&other), "{carrier}: {other}");
            }
        }
        for url in refused {
            assert!(!account.allows(url), "{carrier}: {url}");
        }
    }
    assert!(
        Account::sample("si")
            .carrier
            .places(&Account::sample("si").keys())
            .is_empty()
    );
}

/// The same at another's, or by a way that nobody may take.
fn disguised(url: &str) -> Vec<String> {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let bare = path.split('?').next().unwrap();
    let mut all = vec![
        format!("{scheme}://{host}.evil.example/{path}"),
        format!("{scheme}://evil.example/{host}/{path}"),
        format!("{scheme}://{host}@evil.example/{path}"),
        format!("{scheme}://evil.example\\@{host}/{path}"),
        format!("{scheme}://me@{host}/{path}"),
        format!("{scheme}://:secret@{host}/{path}"),
        format!("{scheme}://{host}:8443/{path}"),
        format!("{scheme}://{host}./{path}"),
        format!("ftp://{host}/{path}"),
        format!("{scheme}://169.254.169.254/{path}"),
        format!("{scheme}://2130706433/{path}"),
        format!("{scheme}://[::1]/{path}"),
        format!("{scheme}://localhost/{path}"),
        format!("{scheme}://{host}/{bare}/..%2f..%2f..%2f..%2f"),
        format!("{scheme}://{host}/{bare}/..;/..;x=1/1.mp3"),
        format!("{scheme}://{host}/{bare}/%2e%2e%3b/1.mp3"),
        format!("{scheme}://{host}/{bare}/%25252e%25252e%25252f1.mp3"),
        format!("{scheme}://{host}/{bare}/%{}2e", "25".repeat(9)),
    ];
    if !host.ends_with(".33e9cloud.com") {
        all.push(format!("http://{host}/{path}"));
    }
    all
}

#[test]
fn an_account_adds_places_and_only_over_tls() {
    let more = "storage.example.com/calls, *.media.example.com, http://plain.example.com, 10.0.0.1, *.com";
    for carrier in ["vx", "tx", "hw", "e9"] {
        let account = Account::sample(carrier).with("recordingHosts", more);
        for (url, allowed) in [
            ("https://storage.example.com/calls/1.mp3", true),
            ("https://storage.example.com/1.mp3", false),
            ("https://a.b.media.example.com/1.mp3", true),
            ("https://media.example.com/1.mp3", false),
            ("http://plain.example.com/1.mp3", false),
            ("https://plain.example.com/1.mp3", false),
            ("https://10.0.0.1/1.mp3", false),
            ("https://evil.com/1.mp3", false),
        ] {
            assert_eq!(account.allows(url), allowed, "{carrier}: {url}");
        }
    }
    // And where a link may lead to is then known without a bucket.
    let mut account = Account::sample("hw").with("recordingHosts", "ostorqh2.huawei.com/sp-sample");
    account.settings.0.remove("recordBucket");
    let kept = super::account::kept("hw");
    assert!(account.recording(&kept).is_ok());
    assert!(account.allows("https://ostorqh2.huawei.com/sp-sample/1.wav"));
    assert!(!account.allows("https://ostor.huawei.com/sp-sample/1.wav"));
}

#[test]
fn a_place_is_written_as_a_host_with_a_path() {
    for text in [
        "a.example.com",
        "*.example.com",
        "A.Example.com/b/c",
        "http://a.example.com",
        " https://a.example.com/ ",
    ] {
        assert!(Place::parse(text).is_ok(), "{text}");
    }
    for text in [
        "",
        "*",
        "*.",
        "com",
        "*.com",
        "localhost",
        "a.example.com:443",
        "me@a.example.com",
        "10.0.0.1",
        "127.1",
        "0x7f.1",
        "[::1]",
        "a.example.com/../b",
        "a.example.com/%2e%2e/b",
        "a.example.com?b",
        "a b.example.com",
        "a..example.com",
        "a.example.com.",
        "ftp://a.example.com",
        "a.*.example.com",
        "a.example.com/b c",
    ] {
        assert!(Place::parse(text).is_err(), "{text}");
    }
    let place = Place::parse("A.Example.com/b").unwrap();
    let allows = |url| place.allows(&Url::parse(url).unwrap());
    assert!(allows("https://a.example.COM/b/1"));
    assert!(!allows("https://a.example.com/B/1") && !allows("https://a.example.com/bc/1"));
}
