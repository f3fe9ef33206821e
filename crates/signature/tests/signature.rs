//! What is signed is accepted, and nothing else is.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may panic"
)]

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;
use ringback_signature::{SignatureError, sign, sign_with_all, verify};

const BODY: &[u8] = br#"{"id":"c-1/identified/-"}"#;
const TOLERANCE: Duration = Duration::from_secs(300);
/// Made with another implementation: `printf '1795280400.{"id":"c-1/identified/-"}' | openssl dgst -sha256 -hmac key-1`.
const VECTOR: &str = "t=1795280400,v1=6d0956bf02e5254cf96ebf0b94f28a403c6d61e45641cd95e0ee1107f73398c9";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn check(header: &str, second: i64) -> Result<(), SignatureError> {
    verify(Some(header), BODY, &["key-1"], at(second), TOLERANCE)
}

#[test]
fn the_signature_is_that_of_other_implementations() {
    assert_eq!(sign("key-1", at(1_795_280_400), BODY), VECTOR);
    assert_eq!(check(VECTOR, 1_795_280_400), Ok(()));
}

#[test]
fn a_signature_holds_for_the_tolerance_on_both_sides_and_no_second_longer() {
    for (second, answer) in [
        (1_795_280_700, Ok(())),
        (1_795_280_701, Err(SignatureError::TooOld)),
        (1_795_280_100, Ok(())),
        (1_795_280_099, Err(SignatureError::TooNew)),
    ] {
        assert_eq!(check(VECTOR, second), answer, "{second}");
    }
    let far = format!("t={},{}", i64::MAX, VECTOR.split_once(',').unwrap().1);
    assert_eq!(check(&far, 0), Err(SignatureError::TooNew));
}

#[test]
fn a_header_of_another_form_is_refused() {
    let signature = VECTOR.split_once(',').unwrap().1;
    for header in [
        "nonsense",
        "t=1795280400",
        signature,
        "t=1795280400,v1=",
        "t=1795280400,v1=zz",
        &VECTOR[..VECTOR.len() - 1],
        &format!("t=,{signature}"),
        &format!("t=+1795280400,{signature}"),
        &format!("t=01795280400,{signature}"),
        &format!("t=99999999999999999999,{signature}"),
        // The header came twice and the server joined them.
        &format!("{VECTOR}, {VECTOR}"),
        &format!("{VECTOR},{}", "x=y,".repeat(300)),
        // 64 characters, though not 64 digits.
        &format!("t=1795280400,v1={}", "é".repeat(32)),
    ] {
        assert_eq!(
            check(header, 1_795_280_400),
            Err(SignatureError::Malformed),
            "{header}"
        );
    }
    for header in [None, Some(""), Some("  ")] {
        let answer = verify(header, BODY, &["key-1"], at(1_795_280_400), TOLERANCE);
        assert_eq!(answer, Err(SignatureError::Missing));
    }
}

#[test]
fn keys_change_without_a_pause() {
    let now = at(1_795_280_400);
    let both = sign_with_all(&["old", "new"], now, BODY);
    for (header, keys, answer) in [
        (&both, vec!["old"], Ok(())),
        (&both, vec!["new"], Ok(())),
        (&sign("old", now, BODY), vec!["new", "old"], Ok(())),
        (&both, vec!["other"], Err(SignatureError::DoesNotMatch)),
        (&both, vec![], Err(SignatureError::DoesNotMatch)),
    ] {
        assert_eq!(
            verify(Some(header), BODY, &keys, now, TOLERANCE),
            answer,
            "{keys:?}"
        );
    }
    // A field of a later version is left alone.
    assert_eq!(check(&format!("{VECTOR},v2=later"), 1_795_280_400), Ok(()));
}

#[test]
fn an_empty_key_signs_nothing_and_trusts_nobody() {
    let now = at(1_795_280_400);
    let unsigned = sign("", now, BODY);
    assert_eq!(unsigned, "t=1795280400");
    // What an implementation that allows an empty key would have sent.
    let forged = "t=1795280400,v1=68511717ed050b832a709d49a8d3b80bede44c6ecdce524190c94003575ee34c";
    let answer = verify(Some(forged), BODY, &[""], now, TOLERANCE);
    assert_eq!(answer, Err(SignatureError::DoesNotMatch));
}

proptest! {
    #[test]
    fn what_is_signed_is_accepted(key in prop::collection::vec(any::<u8>(), 1..200), body: Vec<u8>, second in 0_i64..4_000_000_000) {
        let header = sign(&key, at(second), &body);
        prop_assert_eq!(verify(Some(&header), &body, &[&key], at(second), Duration::ZERO), Ok(()));
    }

    #[test]
    fn one_changed_bit_anywhere_is_refused(key in prop::collection::vec(any::<u8>(), 1..60), body in prop::collection::vec(any::<u8>(), 1..200), place: prop::sample::Index, bit in 0_u8..8) {
        let now = at(1_795_280_400);
        let header = sign(&key, now, &body);
        let mut changed = body.clone();
        let index = place.index(changed.len());
        changed[index] ^= 1 << bit;
        prop_assert_eq!(verify(Some(&header), &changed, &[&key], now, TOLERANCE), Err(SignatureError::DoesNotMatch));
        let mut other_key = key.clone();
        let index = place.index(other_key.len());
        other_key[index] ^= 1 << bit;
        prop_assert_eq!(verify(Some(&header), &body, &[&other_key], now, TOLERANCE), Err(SignatureError::DoesNotMatch));
        let moved = header.replace("t=1795280400", "t=1795280401");
        prop_assert_eq!(verify(Some(&moved), &body, &[&key], now, TOLERANCE), Err(SignatureError::DoesNotMatch));
    }

    #[test]
    fn any_header_gets_an_answer(header in "\\PC{0,80}|t=[0-9]{1,20}(,v1=[0-9a-g]{0,65}){0,3}") {
        prop_assert!(verify(Some(&header), BODY, &["key-1"], at(1_795_280_400), TOLERANCE).is_err());
    }
}
