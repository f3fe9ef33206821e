//! What settings must be. A carrier would take its default for what it cannot read, and nobody would know.

use ringback_carriers::{BucketPlace, Place};

/// Whether the carrier is to delete what is archived.
pub(crate) const DELETE_AT_CARRIER: &str = "deleteAtCarrier";

/// How many calls a second may be placed with the account.
pub(crate) const CALLS_PER_SECOND: &str = "callsPerSecond";
/// The flow that Amazon Connect runs when the customer has answered.
pub(crate) const CONTACT_FLOW_ID: &str = "contactFlowId";
/// The queue whose number Amazon Connect shows.
pub(crate) const QUEUE_ID: &str = "queueId";

/// What is wrong with a setting's value, as the end of the sentence "`setting` …".
pub(crate) fn problem(carrier: &str, name: &str, value: &str) -> Option<&'static str> {
    let one_of = |words: &[&str], problem| (!words.contains(&value)).then_some(problem);
    match (carrier, name) {
        (_, "window") => value
            .parse::<u64>()
            .is_err()
            .then_some("must be a whole number, without a unit"),
        (_, CALLS_PER_SECOND) => {
            let number = value.parse::<u32>().ok();
            let good = number.is_some_and(|number| (1..=1000).contains(&number));
            (!good).then_some("must be a whole number from 1 to 1000")
        }
        ("ac", CONTACT_FLOW_ID | QUEUE_ID) => {
            let good = value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            (!good).then_some("must be an id of Amazon Connect, the last part of the ARN")
        }
        (_, DELETE_AT_CARRIER) => one_of(&["yes", "no"], "must be yes or no"),
        (_, "recordingHosts") => value.split(',').find_map(|place| Place::parse(place).err()),
        // A zone that is misspelt would refuse every request as hours old, or have it refused.
        ("hw", "zone" | "requestZone") => one_of(&["utc", "beijing"], "must be utc or beijing"),
        ("si", "recordBucket") => BucketPlace::parse(value).err(),
        ("tw" | "sw", "recordingFormat") => one_of(&["wav", "mp3"], "must be wav or mp3"),
        ("vx", "secureStorage") => one_of(&["on", "off"], "must be on or off"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn what_a_carrier_could_not_read_is_refused() {
        for (carrier, name, good, bad) in [
            ("vx", "window", "300", "5m"),
            ("vx", "window", "0", "-1"),
            ("tw", "callsPerSecond", "1", "0"),
            ("jy", "callsPerSecond", "30", "0.5"),
            ("ac", "contactFlowId", "00000000-0000", "arn:aws:connect:a:b:c/d"),
            ("tw", "deleteAtCarrier", "yes", "true"),
            ("jy", "deleteAtCarrier", "no", "No"),
            ("hw", "zone", "beijing", "China"),
            ("hw", "requestZone", "utc", "UTC+8"),
            ("sw", "recordingFormat", "mp3", "ogg"),
            ("vx", "secureStorage", "on", "yes"),
            ("si", "recordBucket", "my-recordings/main", "my-recordings"),
            (
                "si",
                "recordBucket",
                "my-recordings/main/",
                "my-recordings/../main",
            ),
            (
                "tx",
                "recordingHosts",
                "storage.example.com/calls, *.media.example.com",
                "*.com",
            ),
            ("tx", "recordingHosts", "a.example.com", "a.example.com:8443"),
            (
                "tx",
                "recordingHosts",
                "a.example.com",
                "a.example.com,169.254.169.254",
            ),
        ] {
            assert_eq!(problem(carrier, name, good), None, "{name}={good}");
            assert!(problem(carrier, name, bad).is_some(), "{name}={bad}");
        }
        assert_eq!(problem("pl", "zone", "Asia/Kolkata"), None);
    }
}
