//! The BXML that puts A through to B.

use ringback_calls::Announcement;

use crate::answer::{Answer, SecondLeg};
use crate::markup::Element;

/// BXML has no longest duration of a `<Transfer>`, and no recording that begins with B's answer: it begins with the
/// document.
pub(super) fn connect(second: &SecondLeg<'_>) -> Answer {
    let leads_back = |verb: Element, urls: &[(&'static str, &'static str)]| {
        let verb = urls.iter().fold(verb, |verb, (url, method)| {
            verb.with(url, second.events_url).with(method, "POST")
        });
        match second.credential.and_then(|both| both.split_once(':')) {
            Some((user, password)) => verb.with("username", user).with("password", password),
            None => verb,
        }
    };
    let number = leads_back(
        Element::new("PhoneNumber"),
        &[
            ("transferAnswerUrl", "transferAnswerMethod"),
            ("transferDisconnectUrl", "transferDisconnectMethod"),
        ],
    );
    let transfer = Element::new("Transfer")
        .with("transferCallerId", second.shown)
        .with("callTimeout", second.ring_seconds.to_string());
    let transfer = leads_back(transfer, &[("transferCompleteUrl", "transferCompleteMethod")]);
    let mut document = Element::new("Response");
    if let Some(announcement) = second.announcement {
        document = document.child(match announcement {
            Announcement::Url(url) => Element::new("PlayAudio").text(url),
            Announcement::Text(text) => Element::new("SpeakSentence").text(text),
        });
    }
    if second.record {
        let recording = Element::new("StartRecording")
            .with("fileFormat", "mp3")
            .with("multiChannel", "true");
        document = document.child(leads_back(
            recording,
            &[("recordingAvailableUrl", "recordingAvailableMethod")],
        ));
    }
    document
        .child(transfer.child(number.text(second.number)))
        .answer()
}
