//! The description of a carrier, as it stands in its file.

use std::collections::BTreeMap;

use ringback_calls::{Class, CloseCause, Leg};
use serde::Deserialize;
use serde_json_path::JsonPath;

use crate::mapped::asking::file as asking;

/// A description.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct File {
    /// The code that stands in paths and records.
    pub(super) code: String,
    /// Its name, for people.
    pub(super) name: String,
    /// In what form its requests come.
    pub(super) format: Format,
    /// The content types that they have; those of the format where it is missing.
    #[serde(default)]
    pub(super) content_types: Vec<String>,
    /// Where the events of a request are; the whole body is one event where it is missing.
    pub(super) list: Option<JsonPath>,
    /// Texts that stand for nothing, beside the empty one.
    #[serde(default)]
    pub(super) absent: Vec<String>,
    /// The country whose code its numbers leave out; an account's setting `countryCode` goes before it.
    pub(super) country_code: Option<String>,
    #[serde(default)]
    pub(super) auth: Auth,
    pub(super) account: Option<Account>,
    pub(super) time: Time,
    pub(super) events: Events,
    pub(super) fields: Fields,
    pub(super) recording: Option<Recording>,
    pub(super) close: Option<Close>,
    /// How the carrier is asked: without `place` it places no calls.
    pub(super) api: Option<asking::Api>,
    pub(super) place: Option<asking::Place>,
    pub(super) inquire: Option<asking::Inquire>,
    pub(super) hang_up: Option<asking::HangUp>,
    #[serde(default)]
    pub(super) acknowledgement: Acknowledgement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Format {
    Json,
    /// Elements are fields, as if it were JSON.
    Xml,
    /// In the body, or in the query of a GET.
    Form,
}

/// How the sender proves itself. Which fields belong to which kind is checked afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Auth {
    pub(super) kind: AuthKind,
    /// The header with the token or the signature.
    pub(super) header: Option<String>,
    /// The parameter with the signature, where it is in no header.
    pub(super) parameter: Option<String>,
    /// What stands before the token, `Bearer`.
    pub(super) prefix: Option<String>,
    pub(super) digest: Option<DigestKind>,
    pub(super) hash: Option<Hash>,
    pub(super) encoding: Option<Encoding>,
    /// What is signed: text with `{body}`, `{url}`, `{method}`, `{nonce}`, `{timestamp}`, `{secret}`, `{sorted_params}`.
    pub(super) signed: Option<String>,
    pub(super) timestamp_header: Option<String>,
    /// `unix`, `unix-ms`, `rfc3339` or a format of `strftime` in the zone of `[time]`.
    pub(super) timestamp_format: Option<String>,
    /// How many seconds the signed time may be away; an account's setting `window` goes before it.
    pub(super) window: Option<u64>,
    pub(super) nonce_header: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AuthKind {
    /// The account's slug in the path is all there is.
    #[default]
    None,
    HeaderToken,
    Basic,
    Hmac,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DigestKind {
    /// The secret is the key.
    Hmac,
    /// The secret is part of what is hashed.
    Plain,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Hash {
    Md5,
    Sha1,
    Sha256,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Encoding {
    HexLower,
    HexUpper,
    Base64,
}

/// A field that must be what the account's setting says, where the account has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Account {
    pub(super) field: JsonPath,
    pub(super) setting: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Time {
    /// `unix`, `unix-ms`, `rfc3339` or a format of `strftime`.
    pub(super) format: String,
    /// `+08:00`, for formats without one.
    pub(super) zone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Events {
    /// The fields that tell the kind of event. Their values, with blanks between, are the name that is looked up; a name
    /// that is not there is looked up without its last value.
    pub(super) fields: Vec<JsonPath>,
    pub(super) map: BTreeMap<String, Event>,
    #[serde(default)]
    pub(super) unknown: Unknown,
}

/// What becomes of events that the map does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Unknown {
    #[default]
    Ignore,
    /// They are kept with their name.
    Progress,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    pub(super) leg: Option<Leg>,
    /// What happened at the time of the event, where no field says when.
    #[serde(default)]
    pub(super) happened: Vec<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EventKind {
    Dialled,
    Ringing,
    Answered,
    Bridged,
    Ended,
    /// The call detail record: its word counts more than the others'.
    Cdr,
    Recording,
    Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Moment {
    #[serde(rename = "a.dialled")]
    ADialled,
    #[serde(rename = "a.ringing")]
    ARinging,
    #[serde(rename = "a.answered")]
    AAnswered,
    #[serde(rename = "a.ended")]
    AEnded,
    #[serde(rename = "b.dialled")]
    BDialled,
    #[serde(rename = "b.ringing")]
    BRinging,
    #[serde(rename = "b.answered")]
    BAnswered,
    #[serde(rename = "b.ended")]
    BEnded,
    #[serde(rename = "bridged")]
    Bridged,
    #[serde(rename = "ended")]
    Ended,
}

/// Where the fields of an event are. Each is read in every event, and tells nothing where it is missing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Fields {
    /// The carrier's id of the call, the same in all events of both legs; the only one that must be there.
    pub(super) call: JsonPath,
    /// What we sent along: our id of the call, or else a business reference.
    pub(super) user_data: Option<JsonPath>,
    pub(super) business_reference: Option<JsonPath>,
    pub(super) agent: Option<JsonPath>,
    /// The time of the event.
    pub(super) at: Option<JsonPath>,
    pub(super) bridged: Option<JsonPath>,
    pub(super) ended: Option<JsonPath>,
    pub(super) talk_seconds: Option<JsonPath>,
    #[serde(default)]
    pub(super) a: LegFields,
    #[serde(default)]
    pub(super) b: LegFields,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct LegFields {
    pub(super) id: Option<JsonPath>,
    pub(super) number: Option<JsonPath>,
    pub(super) shown: Option<JsonPath>,
    pub(super) dialled: Option<JsonPath>,
    pub(super) ringing: Option<JsonPath>,
    pub(super) answered: Option<JsonPath>,
    pub(super) ended: Option<JsonPath>,
    pub(super) seconds: Option<JsonPath>,
}

/// There is a recording where its URL is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Recording {
    pub(super) url: JsonPath,
    /// The carrier's id of it; the call's where it is missing.
    pub(super) id: Option<JsonPath>,
    pub(super) seconds: Option<JsonPath>,
    pub(super) started: Option<JsonPath>,
    /// `mp3`: what all of this carrier's are.
    pub(super) format: Option<String>,
    pub(super) channels: Option<u64>,
    /// The carrier's own hosts, which are told who we are: `media.example.com`, `*.example.com`,
    /// `api.example.com/recordings` where others share the host, with `http://` before it where it speaks no TLS.
    #[serde(default)]
    pub(super) hosts: Vec<String>,
    /// From where else recordings may come, and where redirections may lead, in the same form: storage, which is told
    /// nothing. An account's setting `recordingHosts` adds to these. Without any host at all no recording is fetched.
    #[serde(default)]
    pub(super) media_hosts: Vec<String>,
    #[serde(default)]
    pub(super) auth: RecordingAuth,
    /// How the carrier is asked to delete one; it cannot be where this is missing.
    pub(super) delete: Option<Delete>,
}

/// Who we say we are to have a recording, with the account's API secret. It is said to `hosts` alone, whatever the
/// recording's URL names, and goes no further with a redirection.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct RecordingAuth {
    pub(super) kind: RecordingAuthKind,
    /// The name of the parameter, for `query`.
    pub(super) parameter: Option<String>,
    /// Its value, for `query`: text with `{secret}` and the names of settings, `{accountSid}`; the secret alone where it
    /// is missing.
    pub(super) value: Option<String>,
    /// What hash of that it is, for `query`; itself where it is missing.
    pub(super) hash: Option<Hash>,
    /// How the hash is written.
    pub(super) encoding: Option<Encoding>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RecordingAuthKind {
    /// Whoever knows the URL may have it.
    #[default]
    None,
    /// A parameter of the URL.
    Query,
    /// The secret is `user:password`.
    Basic,
    /// The secret is a token.
    Bearer,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Delete {
    /// `DELETE` where it is missing.
    #[serde(default)]
    pub(super) method: Method,
    /// With `{id}` for the carrier's id of the recording; the recording's own URL where it is missing.
    pub(super) url: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Method {
    #[default]
    Delete,
    Post,
    Get,
}

/// Why a call ended.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Close {
    pub(super) field: JsonPath,
    pub(super) map: BTreeMap<String, Meaning>,
    /// What codes mean that the map does not have.
    #[serde(default)]
    pub(super) default: Meaning,
    /// The field that names the leg it happened to, for words: numbers that mean a leg name it themselves.
    pub(super) leg: Option<JsonPath>,
    /// What that field's values mean.
    #[serde(default)]
    pub(super) legs: BTreeMap<String, Leg>,
}

/// A close cause by its number, or a kind of ending by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "is neither a close cause (0 to 7, 255) nor a kind of ending (ok, cleared, busy, unreachable, \
                 max-duration, server, network, other)"
)]
pub(super) enum Meaning {
    Number(Number),
    Word(Class),
}

impl Default for Meaning {
    fn default() -> Self {
        Self::Word(Class::Other)
    }
}

/// One of the numbers of close causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub(super) struct Number(pub(super) CloseCause);

impl TryFrom<u8> for Number {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, &'static str> {
        let cause = CloseCause::from(number);
        if cause.number() == number {
            Ok(Self(cause))
        } else {
            Err("is no close cause")
        }
    }
}

/// What the carrier wants to hear.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Acknowledgement {
    /// 204 without a body, 200 with one, where it is missing.
    pub(super) status: Option<u16>,
    pub(super) content_type: Option<String>,
    pub(super) body: Option<String>,
}
