//! Plivo XML.

use ringback_calls::Announcement;

use crate::answer::{Answer, SecondLeg};
use crate::markup::Element;

/// The answer to everything that needs none: requests for a document must have one.
pub(super) fn nothing_more() -> Answer {
    Element::new("Response").answer()
}

/// The document that puts A through to B.
pub(super) fn connect(second: &SecondLeg<'_>) -> Answer {
    let dial = Element::new("Dial")
        .with("callerId", second.shown)
        .with("timeout", second.ring_seconds.to_string())
        .with("timeLimit", second.limit_seconds.to_string())
        .with("callbackUrl", second.events_url)
        .with("callbackMethod", "POST")
        .with("action", second.events_url)
        .with("method", "POST")
        // It only tells of the end: nothing of the call hangs on the answer.
        .with("redirect", "false")
        .child(Element::new("Number").text(second.number));
    let mut response = Element::new("Response");
    if let Some(announcement) = second.announcement {
        response = response.child(match announcement {
            Announcement::Url(url) => Element::new("Play").text(url),
            Announcement::Text(text) => Element::new("Speak").text(text),
        });
    }
    if second.record {
        // It stands before what it records, and waits there for B's answer.
        let record = Element::new("Record")
            .with("startOnDialAnswer", "true")
            .with("redirect", "false")
            .with("fileFormat", "mp3")
            .with("maxLength", second.limit_seconds.to_string())
            .with("recordChannelType", "stereo")
            .with("callbackUrl", second.events_url)
            .with("callbackMethod", "POST");
        response = response.child(record);
    }
    response.child(dial).answer()
}
