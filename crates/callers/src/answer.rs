//! What `classify-caller` tells a flow.

use std::fmt;

use jiff::Timestamp;
use ringback_connect::{Channel, words};

use crate::classify::{Call, Chosen, Classification, classify};
use crate::plan::Step;
use crate::rules::{MOST_STEPS, Rules};

words! {
    /// Whether the caller is known.
    Status {
        /// Somebody or something of them is in the directory.
        Found = "found",
        /// The directory holds nothing of the caller; the rules for strangers hold.
        None = "none",
        /// It could not be found out.
        Unavailable = "unavailable",
    }
}

words! {
    /// Why the caller is known, or why not: a flow branches on it and alarms count it.
    Reason {
        /// Found: a person.
        Person = "person",
        /// Found: an open order of somebody of whom nothing else is known.
        Order = "order",
        /// Found: several people, of whom none stands out.
        SharedNumber = "shared-number",
        /// None: the directory does not hold the caller.
        NotInDirectory = "not-in-directory",
        /// None: nothing names the caller.
        NoCaller = "no-caller",
        /// None: the number is withheld.
        Withheld = "withheld",
        /// None: the caller's number is not in E.164.
        BadNumber = "bad-number",
        /// None: what the caller typed in is no number.
        BadEnteredNumber = "bad-entered-number",
        /// None: the contact point points to somebody who is gone.
        AliasBroken = "alias-broken",
        /// None: the contact point points to one that points elsewhere.
        AliasLoop = "alias-loop",
        /// Unavailable: the directory did not answer.
        DirectoryUnavailable = "directory-unavailable",
        /// Unavailable: the budget ran out.
        OutOfTime = "out-of-time",
        /// Unavailable: the flow's event cannot be read.
        BadEvent = "bad-event",
    }
}

impl Reason {
    /// The status that goes with the reason.
    pub fn status(self) -> Status {
        match self {
            Self::Person | Self::Order | Self::SharedNumber => Status::Found,
            Self::NotInDirectory
            | Self::NoCaller
            | Self::Withheld
            | Self::BadNumber
            | Self::BadEnteredNumber
            | Self::AliasBroken
            | Self::AliasLoop => Status::None,
            Self::DirectoryUnavailable | Self::OutOfTime | Self::BadEvent => Status::Unavailable,
        }
    }
}

words! {
    /// Who knew the caller.
    Source {
        /// Our directory.
        Directory = "directory",
        /// The operator's own backend.
        Remote = "remote",
        /// Nobody.
        None = "none",
    }
}

words! {
    /// What was looked up.
    NumberUsed {
        /// What the line or Connect says.
        Line = "line",
        /// What the caller typed in.
        Entered = "entered",
        /// Nothing named the caller, so nothing was looked up.
        None = "none",
    }
}

/// The answer to one contact.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// Why the caller is known, or why not.
    pub reason: Reason,
    /// Who knew them.
    pub source: Source,
    /// What was looked up.
    pub number_used: NumberUsed,
    /// Their class and plan.
    pub classification: Classification,
}

/// The names of a step's fields.
type StepNames = [&'static str; 6];

/// A flow can only read names that are written out.
const STEPS: [StepNames; MOST_STEPS] = [
    [
        "step1Kind",
        "step1Name",
        "step1Target",
        "step1Seconds",
        "step1Rounds",
        "step1Prompt",
    ],
    [
        "step2Kind",
        "step2Name",
        "step2Target",
        "step2Seconds",
        "step2Rounds",
        "step2Prompt",
    ],
    [
        "step3Kind",
        "step3Name",
        "step3Target",
        "step3Seconds",
        "step3Rounds",
        "step3Prompt",
    ],
    [
        "step4Kind",
        "step4Name",
        "step4Target",
        "step4Seconds",
        "step4Rounds",
        "step4Prompt",
    ],
    [
        "step5Kind",
        "step5Name",
        "step5Target",
        "step5Seconds",
        "step5Rounds",
        "step5Prompt",
    ],
    [
        "step6Kind",
        "step6Name",
        "step6Target",
        "step6Seconds",
        "step6Rounds",
        "step6Prompt",
    ],
];

/// What stands in a field without a value: an empty one would send `UpdateContactAttributes` into its error branch.
const NONE: &str = "none";

impl Answer {
    /// The answer that falls open: nothing is known, and the default queue serves. The operator's rules are not asked,
    /// for they may be what could not be read; the built-in ones ring no place that they did not name.
    pub fn unavailable(reason: Reason) -> Self {
        let call = Call {
            channel: Channel::Voice,
            point: None,
            verified: false,
        };
        let classification = classify(
            &Chosen::default(),
            None,
            &Rules::default(),
            &call,
            Timestamp::UNIX_EPOCH,
        );
        Self {
            reason,
            source: Source::None,
            number_used: NumberUsed::None,
            classification,
        }
    }

    /// Whether the caller is known.
    pub fn status(&self) -> Status {
        self.reason.status()
    }

    /// The answer as a flow reads it: flat strings, every field there and none of them empty.
    ///
    /// Bounds on each text keep the whole below the 32 KB that a flow accepts.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let known = &self.classification;
        let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| NONE.to_owned());
        let open = match known.shop_open {
            Some(true) => "true",
            Some(false) => "false",
            None => "unknown",
        };
        let mut fields = vec![
            ("status", self.status().name().to_owned()),
            ("reason", self.reason.name().to_owned()),
            ("source", self.source.name().to_owned()),
            ("class", known.class.clone()),
            ("numberUsed", self.number_used.name().to_owned()),
            ("verified", known.verified.to_string()),
            ("customerId", or_none(&known.customer_id)),
            ("customerName", or_none(&known.customer_name)),
            ("orderId", or_none(&known.order_id)),
            ("orderTitle", or_none(&known.order_title)),
            ("shopId", or_none(&known.shop_id)),
            ("shopName", or_none(&known.shop_name)),
            ("shopPhone", or_none(&known.shop_phone)),
            ("shopChannel", or_none(&known.shop_channel)),
            ("shopOpen", open.to_owned()),
            ("language", or_none(&known.language)),
            ("priority", known.priority.to_string()),
            ("queue", known.queue.clone()),
            ("summary", known.summary.clone()),
            ("whisper", known.whisper.clone()),
            ("planLength", known.plan.len().min(MOST_STEPS).to_string()),
        ];
        let steps = known.plan.iter().map(Some).chain(std::iter::repeat(None));
        for (names, step) in STEPS.into_iter().zip(steps) {
            fields.extend(names.into_iter().zip(step_values(step)));
        }
        fields
    }
}

fn step_values(step: Option<&Step>) -> [String; 6] {
    let [none, zero] = [NONE, "0"].map(ToOwned::to_owned);
    match step {
        Some(step) => [
            step.kind.name().to_owned(),
            step.name.clone(),
            step.target.clone(),
            step.seconds.to_string(),
            step.rounds().to_string(),
            step.prompt.clone(),
        ],
        None => [none.clone(), none.clone(), none.clone(), zero.clone(), zero, none],
    }
}

/// Shows nothing of the caller.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (status, reason, source) = (self.status().name(), self.reason.name(), self.source.name());
        write!(f, "{status}/{reason} from {source}, {:?}", self.classification)
    }
}
