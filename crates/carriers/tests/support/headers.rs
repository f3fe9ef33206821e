//! What all carriers make of signature headers that are not as they should be, of other secrets, and of other times.

use proptest::prelude::*;
use ringback_carriers::Refusal;

/// A header's name and value.
pub type Pair<'a> = (&'a str, &'a str);

/// A header without which the carrier's requests do not verify.
#[derive(Clone, Copy)]
pub struct Needed<'a> {
    pub name: &'a str,
    /// The value that verifies.
    pub good: &'a str,
    /// What every value begins with.
    pub scheme: &'a str,
    /// Whether it may hold several values, with commas.
    pub list: bool,
    /// Values that cannot be right, whatever was signed.
    pub odd: &'a [&'a str],
}

impl<'a> Needed<'a> {
    pub fn new(name: &'a str, good: &'a str) -> Self {
        Self {
            name,
            good,
            scheme: "",
            list: false,
            odd: &[],
        }
    }
}

/// Each header that is missing, empty, repeated, joined with a comma, oversized or odd is refused as just that.
pub fn refused_for_what_they_are(needed: &[Needed<'_>], check: impl Fn(&[Pair<'_>]) -> Result<(), Refusal>) {
    let good: Vec<Pair<'_>> = needed.iter().map(|header| (header.name, header.good)).collect();
    let reason = |pairs: &[Pair<'_>]| check(pairs).map_err(|refusal| refusal.reason());
    assert_eq!(reason(&good), Ok(()));
    assert_eq!(reason(&[]), Err("header-missing"));
    for (at, header) in needed.iter().enumerate() {
        let name = header.name;
        let valued = |value: &str| {
            let mut pairs: Vec<Pair<'_>> = good.clone();
            pairs[at].1 = value;
            reason(&pairs)
        };
        let mut without = good.clone();
        without.remove(at);
        assert_eq!(reason(&without), Err("header-missing"), "{name}");
        assert_eq!(valued(""), Err("header-missing"), "{name}");

        let lower = name.to_lowercase();
        for second in [name, &lower] {
            let mut twice = good.clone();
            twice.insert(at + 1, (second, header.good));
            assert_eq!(reason(&twice), Err("header-repeated"), "{name}");
        }
        for comma in [",", ", "] {
            let joined = [header.good, header.good].join(comma);
            let expected = if header.list {
                Ok(())
            } else {
                Err("header-repeated")
            };
            assert_eq!(valued(&joined), expected, "{name}");
        }
        for letter in ["A", "a"] {
            let long = format!("{}{}", header.scheme, letter.repeat(9_000));
            assert_eq!(valued(&long), Err("header-malformed"), "{name}");
        }
        for odd in header.odd {
            assert_eq!(valued(odd), Err("header-malformed"), "{name}: {odd}");
        }
    }
}

/// While one secret replaces another both are good, whichever is first. Another alone does not match, and gives the
/// refusal that is returned; without any there is nothing to verify with.
pub fn either_of_two_secrets_is_good(
    secret: &str,
    another: &str,
    check: impl Fn(&[&str]) -> Result<(), Refusal>,
) -> Refusal {
    for secrets in [
        &[secret][..],
        &[secret, another],
        &[another, secret],
        &["", secret],
        &[another, "", secret],
    ] {
        assert_eq!(check(secrets), Ok(()), "{secrets:?}");
    }
    assert_eq!(check(&[]).unwrap_err().reason(), "secret");
    let refusal = check(&[another]).unwrap_err();
    assert_eq!(refusal.reason(), "mismatch");
    refusal
}

/// A secret in no form that the carrier uses is refused as that.
pub fn useless_secrets_are_told(useless: &[&str], check: impl Fn(&[&str]) -> Result<(), Refusal>) {
    for secret in useless {
        assert_eq!(check(&[secret]).unwrap_err().reason(), "secret", "{secret:?}");
    }
}

/// What is signed some seconds from now is good for five minutes, either way.
pub fn five_minutes_away_are_near_enough(check: impl Fn(i64) -> Result<(), Refusal>) {
    for seconds in [0, 300, -300] {
        assert_eq!(check(seconds), Ok(()), "{seconds}");
    }
    for seconds in [301, -301] {
        assert_eq!(check(seconds).unwrap_err().reason(), "stale", "{seconds}");
    }
}

/// A body, and the same with one other byte.
pub fn changed_bodies() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let body = prop::collection::vec(any::<u8>(), 1..300);
    (body, any::<prop::sample::Index>(), 1..=255_u8).prop_map(|(body, place, flip)| {
        let mut other = body.clone();
        other[place.index(body.len())] ^= flip;
        (body, other)
    })
}
