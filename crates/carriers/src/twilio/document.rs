//! TwiML, and cXML, which is the same.

use ringback_calls::Announcement;

use crate::answer::{Answer, SecondLeg};
use crate::markup::Element;

/// A longer ring is refused.
pub(super) const LONGEST_RING: u64 = 600;

/// What steps of B's leg are told, and of the recording.
const STEPS: &str = "initiated ringing answered completed";
const RECORDING_STEPS: &str = "in-progress completed absent";

/// The answer to everything that needs none: a request for a document (the end of a `<Dial>`, for one) must have a
/// valid one, and where only the status counts, the document does no harm.
pub(crate) fn nothing_more() -> Answer {
    Element::new("Response").answer()
}

/// The document that puts A through to B.
pub(crate) fn connect(second: &SecondLeg<'_>) -> Answer {
    let number = Element::new("Number")
        .with("statusCallback", second.events_url)
        .with("statusCallbackEvent", STEPS)
        .text(second.number);
    // A hears B's line until B answers: A's own call counts as bridged only then.
    let mut dial = Element::new("Dial")
        .with("callerId", second.shown)
        .with("answerOnBridge", "true")
        .with("timeout", second.ring_seconds.min(LONGEST_RING).to_string())
        .with("timeLimit", second.limit_seconds.to_string())
        .with("action", second.events_url);
    if second.record {
        dial = dial
            .with("record", "record-from-answer-dual")
            .with("recordingStatusCallback", second.events_url)
            .with("recordingStatusCallbackEvent", RECORDING_STEPS);
    }
    let mut response = Element::new("Response");
    if let Some(announcement) = second.announcement {
        response = response.child(match announcement {
            Announcement::Url(url) => Element::new("Play").text(url),
            Announcement::Text(text) => Element::new("Say").text(text),
        });
    }
    response.child(dial.child(number)).answer()
}
