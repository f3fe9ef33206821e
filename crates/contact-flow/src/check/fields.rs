//! The parts that several rows of the table of actions share, and the tests that choose between rows.

use serde_json::{Map, Value};

use super::spec::*;
use super::values::{is_dtmf, is_e164, is_proficiency, text_of};

pub(super) const FAILED: Errors = Errors::all(&["NoMatchingError"]);
pub(super) const MAY_FAIL: Errors = Errors::maybe(&["NoMatchingError"]);

pub(super) const PROMPTS: &[&str] = &["Text", "SSML", "PromptId", "Media"];
pub(super) const PROMPT: &[Field] = &[
    opt("Text", TEXT),
    opt("SSML", TEXT),
    opt("PromptId", VALUE),
    opt(
        "Media",
        Shape::Object(Fields::complete(&[&[
            req("Uri", TEXT),
            req("SourceType", Shape::OneOf(&["S3"])),
            req("MediaType", Shape::OneOf(&["Audio"])),
        ]])),
    ),
];
pub(super) const QUEUE_OR_AGENT: &[&str] = &["QueueId", "AgentId"];
pub(super) const QUEUE: &[Field] = &[opt("QueueId", VALUE), opt("AgentId", VALUE)];
pub(super) const CALLER_ID: Field = opt(
    "CallerId",
    Shape::Object(Fields::complete(&[&[
        opt("Number", Shape::Like(Class::StaticOrPath, is_e164, E164)),
        opt("Name", VALUE),
    ]])),
);
pub(super) const E164: &str = "a number in E.164, like +14155550100";
pub(super) const MAX: i64 = i64::MAX;
pub(super) const CALLBACK_DELAY: Shape = Shape::Number(Class::StaticOrPath, 1, 259_200);

pub(super) const TIME_LIMIT: Shape = Shape::Number(Class::Static, 1, MAX);
pub(super) const DTMF: Field = opt(
    "DTMFConfiguration",
    Shape::Object(Fields::complete(&[&[
        opt(
            "InputTerminationSequence",
            Shape::Like(Class::Static, is_dtmf_end, "up to five of 0-9 * #"),
        ),
        opt("DisableCancelKey", Shape::Bool),
        opt("InterdigitTimeLimitSeconds", Shape::Number(Class::Static, 1, 20)),
    ]])),
);
pub(super) const INPUT_VALIDATION: Shape = Shape::Object(
    Fields::complete(&[&[
        opt(
            "CustomValidation",
            Shape::Object(Fields::complete(&[&[req("MaximumLength", TIME_LIMIT)]])),
        ),
        opt(
            "PhoneNumberValidation",
            Shape::Object(Fields::complete(&[&[
                req("NumberFormat", Shape::OneOf(&["Local", "E164"])),
                opt("CountryCode", STATIC),
            ]])),
        ),
    ]])
    .choose(&[exactly_one(&["CustomValidation", "PhoneNumberValidation"])]),
);

pub(super) const METRIC: Shape = Shape::OneOf(&[
    "NumberOfAgentsAvailable",
    "NumberOfAgentsStaffed",
    "NumberOfAgentsOnline",
    "OldestContactInQueueAgeSeconds",
    "NumberOfContactsInQueue",
]);
pub(super) const METRIC_FIELDS: Fields =
    Fields::complete(&[&[req("MetricType", METRIC)], QUEUE]).choose(&[at_most_one(QUEUE_OR_AGENT)]);
pub(super) const COMPARISONS: &[&str] = &[
    "Equals",
    "NumberGreaterThan",
    "NumberGreaterOrEqualTo",
    "NumberLessThan",
    "NumberLessOrEqualTo",
];

pub(super) const WAIT_FIELDS: Fields = Fields::complete(&[&[
    req("TimeLimitSeconds", Shape::Number(Class::StaticOrPath, 1, 604_800)),
    opt(
        "Events",
        Shape::List(&Shape::OneOf(&["CustomerReturned", "BotParticipantDisconnected"])),
    ),
]]);
pub(super) const BOT_LEFT: Errors = Errors::all(&["NoMatchingError", "ParticipantNotFound"]);

pub(super) const THIRD_PARTY: Fields = Fields::complete(&[&[
    req(
        "ThirdPartyPhoneNumber",
        Shape::Like(Class::StaticOrPath, is_e164, E164),
    ),
    req(
        "ThirdPartyConnectionTimeLimitSeconds",
        Shape::Number(Class::StaticOrPath, 0, 600),
    ),
    req("ContinueFlowExecution", Shape::Bool),
    opt(
        "ThirdPartyDTMFDigits",
        Shape::Like(Class::StaticOrPath, is_dtmf_train, "up to fifty of 0-9 , * #"),
    ),
    CALLER_ID,
]]);

pub(super) const RECORDED: Shape = Shape::List(&Shape::OneOf(&["Agent", "Customer"]));
pub(super) const SCREEN_RECORDED: Shape = Shape::List(&Shape::OneOf(&["Agent"]));
pub(super) const ENABLED: Shape = Shape::OneOf(&["Enabled", "Disabled"]);
pub(super) const BEHAVIORS: Fields = Fields::complete(&[&[
    opt(
        "VoiceBehavior",
        Shape::Object(Fields::among_others(&[&[
            opt(
                "VoiceRecordingBehavior",
                Shape::Object(Fields::among_others(&[&[
                    opt("RecordedParticipants", RECORDED),
                    opt("IVRRecordingBehavior", ENABLED),
                ]])),
            ),
            opt("VoiceAnalyticsBehavior", Shape::Free),
        ]])),
    ),
    opt("ChatBehavior", Shape::Free),
    opt(
        "ScreenRecordingBehavior",
        Shape::Object(Fields::among_others(&[&[opt(
            "ScreenRecordedParticipants",
            SCREEN_RECORDED,
        )]])),
    ),
]])
.choose(&[exactly_one(&[
    "VoiceBehavior",
    "ChatBehavior",
    "ScreenRecordingBehavior",
])]);

pub(super) const HOOKS: &[&str] = &[
    "AgentHold",
    "AgentWhisper",
    "CustomerHold",
    "CustomerQueue",
    "CustomerRemaining",
    "CustomerWhisper",
    "DefaultAgentUI",
    "DisconnectAgentUI",
    "PauseContact",
    "ResumeContact",
];

pub(super) const CONDITION: Shape = Shape::Object(Fields::among_others(&[&[
    opt("Name", VALUE),
    opt("Value", VALUE),
    opt(
        "ProficiencyLevel",
        Shape::Like(Class::StaticOrPath, is_proficiency, "a level from 1.0 to 5.0"),
    ),
    req(
        "ComparisonOperator",
        Shape::Known(&["NumberGreaterOrEqualTo", "Match", "Range"]),
    ),
    opt(
        "MatchCriteria",
        Shape::Object(Fields::among_others(&[&[opt(
            "AgentsCriteria",
            Shape::Object(Fields::among_others(&[&[req("AgentIds", Shape::List(&VALUE))]])),
        )]])),
    ),
]]));
/// Refers to itself, as expressions are made of expressions.
static EXPRESSION: Shape = Shape::Object(
    Fields::among_others(&[&[
        opt("AttributeCondition", CONDITION),
        opt("AndExpression", Shape::List(&EXPRESSION)),
        opt("OrExpression", Shape::List(&EXPRESSION)),
        opt("NotAttributeCondition", CONDITION),
    ]])
    .choose(&[exactly_one(&[
        "AttributeCondition",
        "AndExpression",
        "OrExpression",
        "NotAttributeCondition",
    ])]),
);
/// How many there may be: see `advice`.
pub(super) static STEP: Shape = Shape::Object(Fields::among_others(&[&[
    req("Expression", EXPRESSION),
    opt(
        "Expiry",
        Shape::Object(Fields::among_others(&[&[req(
            "DurationInSeconds",
            Shape::Number(Class::Static, 1, MAX),
        )]])),
    ),
]]));

pub(super) const STORE: &[Field] = &[
    req("StoreInput", Shape::Bool),
    opt("InputTimeLimitSeconds", TIME_LIMIT),
    req("InputValidation", INPUT_VALIDATION),
    DTMF,
];
pub(super) const ENCRYPTION: &[Field] = &[opt(
    "InputEncryption",
    Shape::Object(Fields::complete(&[&[
        req("EncryptionKeyId", STATIC),
        req("Key", STATIC),
    ]])),
)];

pub(super) const TASK: &[Field] = &[
    opt("Description", TEXT),
    opt("Attributes", Shape::Map(&TEXT, Keys::Any)),
    opt("References", Shape::Free),
    opt("DelaySeconds", Shape::Number(Class::StaticOrPath, 1, 518_400)),
    opt("ScheduledTime", VALUE),
    opt("TaskTemplateId", STATIC),
];

pub(super) fn flag(parameters: &Map<String, Value>, name: &str) -> Option<bool> {
    match text_of(parameters.get(name)?)?.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

pub(super) fn stores_input(parameters: &Map<String, Value>) -> bool {
    flag(parameters, "StoreInput") == Some(true)
}

pub(super) fn validates_phone_number(parameters: &Map<String, Value>) -> bool {
    parameters
        .get("InputValidation")
        .is_some_and(|validation| validation.get("PhoneNumberValidation").is_some())
}

pub(super) fn awaits(parameters: &Map<String, Value>, event: &str) -> bool {
    parameters
        .get("Events")
        .and_then(Value::as_array)
        .is_some_and(|events| events.iter().any(|found| found.as_str() == Some(event)))
}

pub(super) fn is_dtmf_end(text: &str) -> bool {
    text.len() <= 5 && is_dtmf(text) && !text.contains(',')
}

pub(super) fn is_dtmf_train(text: &str) -> bool {
    text.len() <= 50 && is_dtmf(text)
}
