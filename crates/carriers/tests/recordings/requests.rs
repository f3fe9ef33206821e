//! The requests, to the letter. What is in base64 or digested was made with other tools.

use ringback_carriers::{CannotFetch, Gives, Kept, LinkAnswer};

use super::account::{Account, asked, kept, written};
use super::support::vectors;

const TWILIO: &str = "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001/Recordings/\
                      RE00000000000000000000000000000001";
const TWILIO_BASIC: &str = "authorization: Basic \
                            QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTpzYW1wbGUtYXV0aC10b2tlbg==";
const SIGNALWIRE: &str = "https://example.signalwire.com/api/laml/2010-04-01/Accounts/\
                          00000000-0000-4000-8000-000000000001/Recordings/00000000-0000-4000-8000-0000000000e1";
const SIGNALWIRE_BASIC: &str = "authorization: Basic \
                                MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAxOlBULXNhbXBsZS10b2tlbg==";
const PLIVO_BASIC: &str = "authorization: Basic TUEwMDAwMDAwMDAwMDAwMDAwMDE6c2FtcGxlLWF1dGgtdG9rZW4=";
const BANDWIDTH: &str = "https://voice.bandwidth.com/api/v2/accounts/1000001/calls/c-1/recordings/\
                         r-00000000-0000-4000-a000-000000000001";
const BANDWIDTH_BASIC: &str = "authorization: Basic c2FtcGxlLWFwaS11c2VyOnNhbXBsZS1hcGktcGFzc3dvcmQ=";
const TELNYX: &str = "https://api.telnyx.com/v2/recordings/00000000-0000-4000-a000-000000000001";

#[test]
fn a_recording_is_asked_for_as_its_carrier_wants() {
    let huawei = "GET https://rtccall.cn-north-1.myhuaweicloud.cn/rest/provision/voice/record/v1.0\
                  ?fileName=1200_5_20261120090014.wav&recordDomain=ostor.huawei.com\n\
                  authorization: AKSK realm=\"SDP\",profile=\"UsernameToken\",type=\"Appkey\"\n\
                  x-aksk: UsernameToken Username=\"sample-app-key\", \
                  PasswordDigest=\"XF8xNfuHRTmzOgo997MkktNRYng3K3nbBhbR+ffSJ/o=\", \
                  Nonce=\"cf45c916b54ca6f02a91297b0dac932f\", Created=\"2023-11-14T22:13:20Z\"\n\
                  content-type: application/json;charset=UTF-8";
    for (carrier, gives, expected) in [
        ("tw", Gives::Media, format!("GET {TWILIO}.wav\n{TWILIO_BASIC}")),
        (
            "sw",
            Gives::Media,
            format!("GET {SIGNALWIRE}.wav\n{SIGNALWIRE_BASIC}"),
        ),
        (
            "tx",
            Gives::Link,
            format!("GET {TELNYX}\nauthorization: Bearer KEY-sample\naccept: application/json"),
        ),
        (
            "pl",
            Gives::Media,
            format!(
                "GET https://media.plivo.com/v1/Account/MA000000000000000001/Recording/\
                 00000000-0000-4000-8000-0000000000e1.mp3\n{PLIVO_BASIC}"
            ),
        ),
        (
            "e9",
            Gives::Media,
            "GET http://d1.33e9cloud.com/20261120/sample/00000000000000000000000000000005.mp3\
             ?auth=87195FCCAFB485F5269F7676B1823D81"
                .to_owned(),
        ),
        ("hw", Gives::Link, huawei.to_owned()),
        (
            "vx",
            Gives::Media,
            format!("GET {}", kept("vx").at_carrier.unwrap()),
        ),
        (
            "bw",
            Gives::Media,
            format!("GET {BANDWIDTH}/media\n{BANDWIDTH_BASIC}"),
        ),
    ] {
        let fetch = asked(&Account::sample(carrier), &kept(carrier));
        assert_eq!((written(&fetch), fetch.gives), (expected, gives), "{carrier}");
    }
}

#[test]
fn jiuyuns_digest_is_that_of_its_own_sample() {
    let vectors = vectors("jiuyun-e9");
    let vector = vectors
        .iter()
        .find(|vector| vector.text("scheme").starts_with("recording download"))
        .unwrap();
    let (sid, token) = vector.text("secret_or_public_key").split_once(':').unwrap();
    let mut account = Account::sample("e9").with("accountSid", sid);
    account.secrets = vec![token.into()];
    let url = vector.text("url");
    let kept = Kept {
        at_carrier: url.split('?').next(),
        ..kept("e9")
    };
    assert_eq!(asked(&account, &kept).url, url);
    let with_query = format!("{}?a=1#b", kept.at_carrier.unwrap());
    let kept = Kept {
        at_carrier: Some(&with_query),
        ..kept
    };
    let expected = url.replace("?auth=", "?a=1&auth=");
    assert_eq!(asked(&account, &kept).url, expected);
}

#[test]
fn twilios_language_has_a_format_channels_and_an_api_key() {
    let twilio = Account::sample("tw").with("recordingFormat", "mp3");
    let both = Kept {
        channels: Some(2),
        ..kept("tw")
    };
    assert_eq!(
        asked(&twilio, &both).url,
        format!("{TWILIO}.mp3?RequestedChannels=2")
    );
    let old = TWILIO.replace("https://", "http://") + ".wav?x=1";
    let old = Kept {
        at_carrier: Some(&old),
        channels: Some(1),
        ..kept("tw")
    };
    assert_eq!(asked(&Account::sample("tw"), &old).url, format!("{TWILIO}.wav"));
    let mut by_key = Account::sample("tw");
    by_key.secrets = vec!["SK1:sample-key-secret\n".into()];
    let header = "authorization: Basic U0sxOnNhbXBsZS1rZXktc2VjcmV0";
    assert!(written(&asked(&by_key, &kept("tw"))).ends_with(header));
    let signalwire = Account::sample("sw")
        .with("space", "example.signalwire.com")
        .with("recordingFormat", "mp3");
    assert_eq!(asked(&signalwire, &kept("sw")).url, format!("{SIGNALWIRE}.mp3"));
}

#[test]
fn huawei_has_a_clock_of_its_own_and_sometimes_a_url() {
    let account = Account::sample("hw").with("requestZone", "beijing");
    let text = written(&asked(&account, &kept("hw")));
    let expected = "PasswordDigest=\"jhuAeoCCV3hm6w7Ucc2kEWiDzh1clRSw2fOsUCmpegk=\", \
                    Nonce=\"cf45c916b54ca6f02a91297b0dac932f\", Created=\"2023-11-15T06:13:20Z\"";
    assert!(text.contains(expected), "{text}");
    let url = "https://sp-sample.obs.cn-north-1.myhuaweicloud.com/1.wav?AccessKeyId=a";
    let direct = Kept {
        at_carrier: Some(url),
        ..kept("hw")
    };
    let fetch = asked(&account, &direct);
    assert_eq!(
        (written(&fetch), fetch.gives),
        (format!("GET {url}"), Gives::Media)
    );
    // Nothing that a record says gets out of its parameter.
    let odd = Kept {
        at_carrier: Some("a&fileName=b/../c d&x=#1"),
        ..kept("hw")
    };
    let url = asked(&account, &odd).url;
    assert!(
        url.ends_with("?fileName=..%2Fc+d%26x%3D%231&recordDomain=a%26fileName%3Db"),
        "{url}"
    );
}

#[test]
fn a_recording_is_deleted_where_the_carrier_can_be_asked() {
    for (carrier, expected) in [
        ("tw", format!("DELETE {TWILIO}.json\n{TWILIO_BASIC}")),
        ("sw", format!("DELETE {SIGNALWIRE}.json\n{SIGNALWIRE_BASIC}")),
        ("tx", format!("DELETE {TELNYX}\nauthorization: Bearer KEY-sample")),
        (
            "pl",
            format!(
                "DELETE https://api.plivo.com/v1/Account/MA000000000000000001/Recording/\
                 00000000-0000-4000-8000-0000000000e1/\n{PLIVO_BASIC}"
            ),
        ),
        ("bw", format!("DELETE {BANDWIDTH}\n{BANDWIDTH_BASIC}")),
    ] {
        let account = Account::sample(carrier);
        let fetch = account.delete(&kept(carrier)).unwrap();
        assert_eq!(written(&fetch), expected, "{carrier}");
        assert!(account.allows(&fetch.url), "{carrier}");
    }
    let voximplant = Account::sample("vx").delete(&kept("vx")).unwrap();
    let url = "POST https://api.voximplant.com/platform_api/DeleteRecord/?record_url=https%3A%2F%2F\
               storage-gw-com-02.voximplant.com%2Fvoximplant-records%2F2026%2F11%2F20%2F1005.mp3%3Frecord_id%3D1005\n";
    assert!(written(&voximplant).starts_with(&format!("{url}authorization: Bearer ")));
    for carrier in ["vg", "e9", "hw", "si"] {
        let refused = Account::sample(carrier).delete(&kept(carrier)).unwrap_err();
        assert_eq!(refused, CannotFetch::NoDelete, "{carrier}");
        assert!(refused.is_final());
    }
}

#[test]
fn an_id_stays_a_segment_of_the_path() {
    for (id, segment) in [("a/../b", "a%2F..%2Fb"), ("a?b#c", "a%3Fb%23c"), ("%2e", "%252e")] {
        let kept = Kept { id, ..kept("tx") };
        let fetch = Account::sample("tx").delete(&kept).unwrap();
        assert_eq!(
            fetch.url,
            format!("https://api.telnyx.com/v2/recordings/{segment}")
        );
    }
    for id in ["", ".", ".."] {
        let kept = Kept { id, ..kept("tx") };
        let account = Account::sample("tx");
        assert_eq!(account.delete(&kept).unwrap_err().reason(), "bad-place");
        assert_eq!(account.recording(&kept).unwrap_err().reason(), "bad-place");
    }
}

#[test]
fn what_is_gone_is_deleted_and_a_carrier_that_says_no_has_not() {
    let answer = |status, body| LinkAnswer {
        status,
        location: None,
        body,
    };
    for (carrier, status, body, deleted) in [
        ("tw", 204, &b""[..], true),
        ("bw", 200, b"", true),
        ("pl", 404, b"", true),
        ("sw", 410, b"", true),
        ("tx", 403, b"", false),
        ("tx", 302, b"", false),
        ("tx", 500, b"", false),
        ("vx", 200, br#"{"result":1}"#, true),
        ("vx", 200, br#"{"error":{"code":1,"msg":"no"}}"#, false),
        ("vx", 200, b"", false),
        ("vx", 404, b"", false),
    ] {
        let account = Account::sample(carrier);
        assert_eq!(
            account.carrier.deleted(&answer(status, body)),
            deleted,
            "{carrier} {status}"
        );
    }
}
