//! What the service demands of each type of action: the pages of the Flow language reference, corrected by what
//! live `CreateContactFlow` calls answered. Where a page and a live answer differ, the live answer stands here.

use serde_json::{Map, Value};

use super::fields::*;
use super::spec::*;
use super::values::{is_key, is_number};

/// The row that applies to an action. `None` for a type that has none: see [`UNTOLD`].
pub(super) fn spec(kind: &str, parameters: &Map<String, Value>) -> Option<&'static ActionSpec> {
    TABLE
        .iter()
        .find(|row| row.kind == kind && (row.when)(parameters))
}

/// Where an action is legal, as far as is known.
pub(super) fn flows(kind: &str) -> Option<Flows> {
    match kind {
        // It places the call of an outbound whisper flow; a live call refused it in `CONTACT_FLOW`.
        "CompleteOutboundCall" => Some(Flows::only(OW)),
        _ => TABLE.iter().find(|row| row.kind == kind).map(|row| row.flows),
    }
}

/// Every type the service knows, as far as is known.
pub(super) fn types() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|row| row.kind).chain(UNTOLD.iter().copied())
}

/// Types the service takes whose rules are not described: only what holds for every action is checked. The last
/// four are in no list of the reference; all but the data tables were seen to be accepted.
const UNTOLD: &[&str] = &[
    "AssociateContactToCustomerProfile",
    "CheckVoiceId",
    "CompleteOutboundCall",
    "CreateCase",
    "CreateCustomerProfile",
    "CreateWisdomSession",
    "GetCalculatedAttributesForCustomerProfile",
    "GetCase",
    "GetCustomerProfile",
    "GetCustomerProfileObject",
    "ResumeContact",
    "ShowView",
    "StartOutboundChatContact",
    "StartVoiceIdStream",
    "UpdateCase",
    "UpdateContactMediaProcessing",
    "UpdateContactMediaStreamingBehavior",
    "UpdateCustomerProfile",
    "AuthenticateParticipant",
    "CreatePersistentContactAssociation",
    "EvaluateDataTableValues",
    "LoadContactContent",
];

/// Names that the documentation or people use for a type, and the type.
pub(super) const ALIASES: &[(&str, &str)] = &[
    ("UnTagContact", "UntagContact"),
    ("UpdateRoutingCriteria", "UpdateContactRoutingCriteria"),
    ("TransferContactToFlow", "TransferToFlow"),
    ("PlayPrompt", "MessageParticipant"),
    ("Disconnect", "DisconnectParticipant"),
    ("CheckContactAttributes", "Compare"),
    ("SetContactAttributes", "UpdateContactAttributes"),
    ("SetQueue", "UpdateContactTargetQueue"),
    ("UpdateContactCustomerQueueFlow", "UpdateContactEventHooks"),
];

const fn contact(kind: &'static str) -> ActionSpec {
    ActionSpec {
        errors: FAILED,
        ..ActionSpec::of(kind)
    }
}

const fn terminal(kind: &'static str) -> ActionSpec {
    ActionSpec {
        exit: Exit::Ends,
        ..ActionSpec::of(kind)
    }
}

#[rustfmt::skip] // one row, one action
static TABLE: &[ActionSpec] = &[
    ActionSpec {
        parameters: Fields::complete(&[&[req("FlowLoggingBehavior", ENABLED)]]),
        ..ActionSpec::of("UpdateFlowLoggingBehavior")
    },
    ActionSpec {
        // Old exports also have `AnalyticsMode`. With whom `AnalyticsBehavior` goes: see `advice`.
        parameters: Fields::complete(&[&[
            req("RecordingBehavior", Shape::Object(Fields::among_others(&[&[
                req("RecordedParticipants", RECORDED),
                opt("ScreenRecordedParticipants", SCREEN_RECORDED),
                opt("IVRRecordingBehavior", ENABLED),
            ]]))),
            opt("AnalyticsBehavior", Shape::Free),
            opt("AnalyticsMode", Shape::Free),
        ]]),
        flows: Flows::only(I | T | OW | Q),
        ..ActionSpec::of("UpdateContactRecordingBehavior")
    },
    ActionSpec {
        when: |p| p.contains_key("ChatBehavior"),
        parameters: BEHAVIORS,
        errors: Errors::all(&["NoMatchingError", "ChannelMismatch", "InFlightRedactionConfigurationFailed"]),
        ..ActionSpec::of("UpdateContactRecordingAndAnalyticsBehavior")
    },
    ActionSpec {
        parameters: BEHAVIORS,
        errors: Errors::all(&["NoMatchingError", "ChannelMismatch"]),
        ..ActionSpec::of("UpdateContactRecordingAndAnalyticsBehavior")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[
            req("TextToSpeechVoice", VALUE),
            opt("TextToSpeechEngine", Shape::Known(&["Standard", "Neural", "Long-form", "Generative"])),
            opt("TextToSpeechStyle", Shape::Known(&["None", "Conversational", "Newscaster"])),
        ]]),
        errors: MAY_FAIL,
        ..ActionSpec::of("UpdateContactTextToSpeechVoice")
    },
    ActionSpec {
        // `SkipWhenDTMFBufferEnabled` is in exports only.
        parameters: Fields::complete(&[PROMPT, &[opt("SkipWhenDTMFBufferEnabled", Shape::Bool)]]).choose(&[exactly_one(PROMPTS)]),
        errors: MAY_FAIL,
        flows: Flows::only(I | T | W | Q),
        ..ActionSpec::of("MessageParticipant")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[
            req("Messages", Shape::List(&Shape::Object(Fields::complete(&[PROMPT]).choose(&[exactly_one(PROMPTS)])))),
            opt("InterruptFrequencySeconds", TIME_LIMIT),
            opt("ContinueMessagingDuringInterrupt", Shape::Bool),
        ]]),
        conditions: Conditions::Results(&[], &["MessagesInterrupted"]),
        errors: MAY_FAIL,
        exit: Exit::MayEnd,
        flows: Flows::only(Q | H),
        ..ActionSpec::of("MessageParticipantIteratively")
    },
    ActionSpec {
        when: |p| stores_input(p) && validates_phone_number(p),
        parameters: Fields::complete(&[PROMPT, STORE]).choose(&[at_most_one(PROMPTS)]),
        errors: Errors::all(&["NoMatchingError", "InvalidPhoneNumber"]),
        flows: Flows::only(I | T | Q),
        ..ActionSpec::of("GetParticipantInput")
    },
    ActionSpec {
        when: stores_input,
        parameters: Fields::complete(&[PROMPT, STORE, ENCRYPTION]).choose(&[at_most_one(PROMPTS)]),
        errors: FAILED,
        flows: Flows::only(I | T | Q),
        ..ActionSpec::of("GetParticipantInput")
    },
    ActionSpec {
        parameters: Fields::complete(&[PROMPT, &[
            req("StoreInput", Shape::Bool),
            req("InputTimeLimitSeconds", TIME_LIMIT),
            DTMF,
        ]]).choose(&[at_most_one(PROMPTS)]),
        conditions: Conditions::Numbers(&["Equals"], is_key),
        errors: Errors::all(&["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"]),
        flows: Flows::only(I | T | Q),
        ..ActionSpec::of("GetParticipantInput")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[
            req("LambdaFunctionARN", VALUE),
            // The page says 8, the page of the block says 60 when nobody waits for the answer.
            req("InvocationTimeLimitSeconds", Shape::Number(Class::Static, 1, 60)),
            opt("InvocationType", Shape::OneOf(&["SYNCHRONOUS", "ASYNCHRONOUS"])),
            opt("LambdaInvocationAttributes", Shape::Map(&TEXT, Keys::Any)),
            opt("ResponseValidation", Shape::Object(Fields::complete(&[&[
                req("ResponseType", Shape::OneOf(&["STRING_MAP", "JSON"])),
            ]]))),
        ]]),
        ..contact("InvokeLambdaFunction")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[req("ComparisonValue", PATH)]]),
        conditions: Conditions::Any,
        errors: Errors::all(&["NoMatchingCondition"]),
        ..ActionSpec::of("Compare")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[
            req("Attributes", Shape::Map(&TEXT, Keys::Any)),
            opt("TargetContact", Shape::OneOf(&["Current", "Related"])),
        ]]),
        ..contact("UpdateContactAttributes")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[req("FlowAttributes", Shape::Map(
            &Shape::Object(Fields::complete(&[&[req("Value", TEXT), opt("Type", Shape::Known(&["String"]))]])),
            Keys::Plain,
        ))]]),
        ..contact("UpdateFlowAttributes")
    },
    ActionSpec {
        parameters: Fields::complete(&[QUEUE]).choose(&[exactly_one(QUEUE_OR_AGENT)]),
        flows: Flows::only(I | T),
        ..contact("UpdateContactTargetQueue")
    },
    ActionSpec {
        when: |p| p.get("MetricType").and_then(Value::as_str).is_some_and(|metric| metric.starts_with("NumberOfAgents")),
        parameters: METRIC_FIELDS,
        // The console's "Check staffing" asks only whether there is anyone.
        conditions: Conditions::Numbers(&["NumberGreaterThan"], |operand| operand == "0"),
        errors: Errors::all(&["NoMatchingCondition", "NoMatchingError"]),
        flows: Flows::only(I | T | Q),
        ..ActionSpec::of("CheckMetricData")
    },
    ActionSpec {
        parameters: METRIC_FIELDS,
        conditions: Conditions::Numbers(COMPARISONS, is_number),
        errors: Errors::all(&["NoMatchingCondition", "NoMatchingError"]),
        flows: Flows::only(I | T | Q),
        ..ActionSpec::of("CheckMetricData")
    },
    ActionSpec {
        parameters: Fields::complete(&[QUEUE, &[opt("QueueChannel", Shape::Known(&["Voice", "Chat"]))]])
            .choose(&[at_most_one(QUEUE_OR_AGENT)]),
        ..contact("GetMetricData")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[opt("HoursOfOperationId", VALUE)]]),
        conditions: Conditions::Results(&["True", "False"], &[]),
        flows: Flows::only(I | T | Q),
        ..contact("CheckHoursOfOperation")
    },
    ActionSpec {
        errors: Errors::all(&["QueueAtCapacity", "NoMatchingError"]),
        flows: Flows::only(I | T),
        ..ActionSpec::of("TransferContactToQueue")
    },
    ActionSpec {
        parameters: Fields::complete(&[QUEUE]).choose(&[at_most_one(QUEUE_OR_AGENT)]),
        errors: Errors::all(&["QueueAtCapacity", "NoMatchingError"]),
        flows: Flows::only(Q),
        ..ActionSpec::of("DequeueContactAndTransferToQueue")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[req("ContactFlowId", VALUE)]]),
        flows: Flows::only(I | T),
        ..contact("TransferToFlow")
    },
    ActionSpec { flows: Flows::only(T), ..terminal("TransferContactToAgent") },
    ActionSpec {
        when: |p| flag(p, "ContinueFlowExecution") == Some(false),
        parameters: THIRD_PARTY,
        flows: Flows::only(I | T | Q),
        ..contact("TransferParticipantToThirdParty")
    },
    ActionSpec {
        when: |p| flag(p, "ContinueFlowExecution") == Some(true),
        parameters: THIRD_PARTY,
        errors: Errors::all(&["NoMatchingError", "CallFailed", "ConnectionTimeLimitExceeded"]),
        flows: Flows::only(I | T | Q),
        ..ActionSpec::of("TransferParticipantToThirdParty")
    },
    ActionSpec {
        parameters: THIRD_PARTY,
        errors: FAILED.or_maybe(&["CallFailed", "ConnectionTimeLimitExceeded"]),
        flows: Flows::only(I | T | Q),
        ..ActionSpec::of("TransferParticipantToThirdParty")
    },
    ActionSpec {
        // `EventHooksConfiguration` is disputed: see `advice`.
        parameters: Fields::complete(&[&[
            req("EventHooks", Shape::Map(&VALUE, Keys::OneOf(HOOKS))),
            opt("EventHooksConfiguration", Shape::Free),
        ]]),
        ..contact("UpdateContactEventHooks")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[req("CallbackNumber", PATH)]]),
        errors: Errors::all(&["InvalidCallbackNumber", "CallbackNumberNotDialable"]),
        flows: Flows::only(I | T | Q),
        ..ActionSpec::of("UpdateContactCallbackNumber")
    },
    ActionSpec {
        parameters: Fields::complete(&[QUEUE, &[
            req("InitialCallDelaySeconds", CALLBACK_DELAY),
            req("RetryDelaySeconds", CALLBACK_DELAY),
            // An AWS sample has 0, the page says more: see `advice`.
            req("MaximumConnectionAttempts", Shape::Number(Class::StaticOrPath, 0, MAX)),
            opt("ContactFlowId", VALUE),
            // A number by its page, while a transfer has an object of that name.
            opt("CallerId", Shape::Free),
        ]]).choose(&[at_most_one(QUEUE_OR_AGENT)]),
        flows: Flows::only(I | T | Q),
        ..contact("CreateCallbackContact")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[
            opt("QueuePriority", Shape::Number(Class::Static, 1, MAX)),
            opt("QueueTimeAdjustmentSeconds", Shape::Number(Class::Static, i64::MIN, MAX)),
        ]]).choose(&[exactly_one(&["QueuePriority", "QueueTimeAdjustmentSeconds"])]),
        flows: Flows::by_the_page(I),
        ..ActionSpec::of("UpdateContactRoutingBehavior")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[
            req("RoutingCriteria", Shape::Object(Fields::among_others(&[&[req("Steps", Shape::List(&STEP))]]))),
        ]]),
        flows: Flows::only(I | Q | T),
        ..contact("UpdateContactRoutingCriteria")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[req("LoopCount", Shape::Number(Class::StaticOrPath, 0, 100))]]),
        conditions: Conditions::Results(&["ContinueLooping", "DoneLooping"], &[]),
        errors: MAY_FAIL,
        ..ActionSpec::of("Loop")
    },
    // A mode that no page describes; its structure was seen to be accepted.
    ActionSpec {
        when: |p| p.contains_key("ContinueExecution"),
        parameters: Fields::among_others(&[&[opt("ContinueExecution", Shape::Free), opt("MinimumWaitTimeSeconds", VALUE)]]),
        conditions: Conditions::Results(&["Continue", "WaitCompleted"], &[]),
        errors: FAILED.or_maybe(&["ParticipantNotFound"]),
        ..ActionSpec::of("Wait")
    },
    ActionSpec {
        when: |p| awaits(p, "CustomerReturned") && awaits(p, "BotParticipantDisconnected"),
        parameters: WAIT_FIELDS,
        conditions: Conditions::Results(&["WaitCompleted", "CustomerReturned", "BotParticipantDisconnected"], &[]),
        errors: BOT_LEFT,
        ..ActionSpec::of("Wait")
    },
    ActionSpec {
        when: |p| awaits(p, "BotParticipantDisconnected"),
        parameters: WAIT_FIELDS,
        conditions: Conditions::Results(&["WaitCompleted", "BotParticipantDisconnected"], &[]),
        errors: BOT_LEFT,
        ..ActionSpec::of("Wait")
    },
    ActionSpec {
        when: |p| awaits(p, "CustomerReturned"),
        parameters: WAIT_FIELDS,
        conditions: Conditions::Results(&["WaitCompleted", "CustomerReturned"], &[]),
        ..contact("Wait")
    },
    ActionSpec {
        parameters: WAIT_FIELDS,
        conditions: Conditions::Results(&["WaitCompleted"], &[]),
        ..contact("Wait")
    },
    ActionSpec {
        conditions: Conditions::Numbers(&["NumberLessThan"], is_number),
        errors: Errors::all(&["NoMatchingCondition"]),
        flows: Flows::only(I | T | Q),
        ..ActionSpec::of("DistributeByPercentage")
    },
    // The page says everywhere; the service refuses it in whisper and hold flows.
    ActionSpec { flows: Flows::only(I | T | Q), ..terminal("DisconnectParticipant") },
    ActionSpec { flows: Flows::only(W | Q), ..terminal("EndFlowExecution") },
    ActionSpec {
        parameters: Fields::complete(&[&[
            req("FlowModuleId", VALUE),
            opt("Input", Shape::Map(&Shape::Free, Keys::Any)),
        ]]),
        // With a module contract, its branches.
        conditions: Conditions::Equals,
        errors: FAILED.or_maybe(&["NoMatchingCondition"]),
        flows: Flows::by_the_page(I | MODULE),
        ..ActionSpec::of("InvokeFlowModule")
    },
    ActionSpec {
        // Both are disputed: see `advice`.
        parameters: Fields::complete(&[&[opt("Result", VALUE), opt("ResultData", Shape::Map(&Shape::Free, Keys::Any))]]),
        flows: Flows::only(MODULE),
        ..terminal("EndFlowModuleExecution")
    },
    ActionSpec {
        parameters: Fields::complete(&[PROMPT, &[
            opt("LexV2Bot", Shape::Object(Fields::complete(&[&[req("AliasArn", VALUE)]]))),
            opt("LexBot", Shape::Object(Fields::complete(&[&[req("Name", VALUE), req("Region", VALUE), req("Alias", VALUE)]]))),
            opt("LexSessionAttributes", Shape::Map(&TEXT, Keys::Any)),
            opt("LexInitializationData", Shape::Object(Fields::among_others(&[&[opt("InitialMessage", TEXT)]]))),
            opt("LexTimeoutSeconds", Shape::Object(Fields::among_others(&[&[opt("Text", VALUE)]]))),
        ]]).choose(&[
            at_least_one(&["Text", "SSML", "PromptId", "Media", "LexInitializationData"]),
            at_most_one(PROMPTS),
            exactly_one(&["LexV2Bot", "LexBot"]),
        ]),
        conditions: Conditions::Equals,
        errors: Errors::all(&["NoMatchingError", "NoMatchingCondition"]).or_maybe(&["InputTimeLimitExceeded"]),
        flows: Flows::only(I | T | Q),
        ..ActionSpec::of("ConnectParticipantWithLexBot")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[
            req("PreviousContactParticipantState", Shape::OneOf(&["AgentOnHold", "CustomerOnHold", "OffHold"])),
        ]]),
        flows: Flows::only(I | T),
        ..contact("UpdatePreviousContactParticipantState")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[req("Tags", Shape::Map(&VALUE, Keys::Tags))]]),
        ..contact("TagContact")
    },
    ActionSpec {
        parameters: Fields::complete(&[&[req("TagKeys", Shape::List(&STATIC))]]),
        ..contact("UntagContact")
    },
    ActionSpec {
        when: |p| p.contains_key("TaskTemplateId"), // the template may bring the rest
        parameters: Fields::among_others(&[TASK, &[opt("Name", TEXT), opt("ContactFlowId", VALUE)]])
            .choose(&[at_most_one(&["DelaySeconds", "ScheduledTime"])]),
        ..contact("CreateTask")
    },
    ActionSpec {
        parameters: Fields::complete(&[TASK, &[req("Name", TEXT), req("ContactFlowId", VALUE)]])
            .choose(&[at_most_one(&["DelaySeconds", "ScheduledTime"])]),
        ..contact("CreateTask")
    },
    ActionSpec {
        parameters: Fields::among_others(&[&[
            opt("Name", TEXT),
            opt("Description", TEXT),
            opt("LanguageCode", VALUE),
            opt("CustomerId", VALUE),
            opt("WisdomSessionArn", VALUE),
            opt("IsVoiceIdStreamingEnabled", VALUE),
            opt("IsVoiceAuthenticationEnabled", VALUE),
            opt("IsFraudDetectionEnabled", VALUE),
            opt("VoiceAuthenticationThreshold", VALUE),
            opt("VoiceAuthenticationResponseTime", VALUE),
            opt("FraudDetectionThreshold", VALUE),
            opt("TargetContact", Shape::OneOf(&["Current", "Related"])),
        ]]),
        ..contact("UpdateContactData")
    },
    ActionSpec {
        conditions: Conditions::Results(&[], &["CallAnswered", "VoicemailBeep", "VoicemailNoBeep", "NotDetected"]),
        ..contact("CheckOutboundCallStatus")
    },
];
