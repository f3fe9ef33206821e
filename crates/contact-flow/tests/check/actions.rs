//! The checker, action by action: what each row of the reference's table demands.

use ringback_contact_flow::check_value;
use serde_json::{Value, json};

/// What is said about one action whose ways all lead to the end. `Actions[0]` is written `$0`.
fn said(kind: &str, parameters: &Value, conditions: &[&str], errors: &[&str]) -> Vec<String> {
    let conditions: Vec<Value> = conditions
        .iter()
        .map(|condition| {
            let (operator, operand) = condition.split_once(' ').unwrap_or(("Equals", condition));
            json!({"NextAction": "end", "Condition": {"Operator": operator, "Operands": [operand]}})
        })
        .collect();
    let errors: Vec<Value> = errors
        .iter()
        .map(|error| json!({"NextAction": "end", "ErrorType": error}))
        .collect();
    let mut it = json!({"Identifier": "it", "Type": kind, "Parameters": parameters});
    it["Transitions"] = json!({"NextAction": "end", "Conditions": conditions, "Errors": errors});
    let say = json!({"Identifier": "end", "Type": "MessageParticipant", "Parameters": {"Text": "Goodbye"},
                     "Transitions": {"NextAction": "over"}});
    let over =
        json!({"Identifier": "over", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}});
    let flow =
        json!({"Version": "2019-10-30", "StartAction": "it", "Metadata": {}, "Actions": [it, say, over]});
    let report = check_value(&flow, None).unwrap();
    let line = |problem: &ringback_contact_flow::Problem| {
        format!(
            "{}: {}",
            problem.severity,
            problem.message.replace("Actions[0]", "$0")
        )
    };
    report.problems.iter().map(line).collect()
}

/// One case a line: parameters, conditions, errors, and what is said.
macro_rules! table {
    ($($test:ident: $kind:literal { $($parameters:tt ? $conditions:tt ! $errors:tt => $said:tt;)+ })+) => {$(
        #[test]
        fn $test() {
            $({
                let parameters = json!($parameters);
                let conditions: &[&str] = &$conditions;
                let errors: &[&str] = &$errors;
                let expected: &[&str] = &$said;
                assert_eq!(said($kind, &parameters, conditions, errors), expected, "{parameters} {conditions:?} {errors:?}");
            })+
        }
    )+};
}

table! {
    logging_takes_no_errors: "UpdateFlowLoggingBehavior" {
        {"FlowLoggingBehavior": "Enabled"} ? [] ! [] => [];
        {"FlowLoggingBehavior": "On"} ? [] ! [] => ["error: Invalid Action property value. Path: $0.Parameters.FlowLoggingBehavior"];
        {} ? [] ! ["NoMatchingError"] => [
            "error: Action is missing required property. Path: $0.Parameters.FlowLoggingBehavior",
            "error: Invalid Action error. Error: NoMatchingError, Path: $0.Transitions.Errors[0]"
        ];
    }

    recording_takes_no_errors: "UpdateContactRecordingBehavior" {
        {"RecordingBehavior": {"RecordedParticipants": []}} ? [] ! [] => [];
        {"RecordingBehavior": {"RecordedParticipants": ["Agent", "Customer"], "IVRRecordingBehavior": "Enabled"}} ? [] ! [] => [];
        {"RecordingBehavior": {"RecordedParticipants": ["Boss"]}} ? [] ! [] =>
            ["error: Invalid Action property value. Path: $0.Parameters.RecordingBehavior.RecordedParticipants[0]"];
        {"RecordingBehavior": {"RecordedParticipants": []}} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action error. Error: NoMatchingError, Path: $0.Transitions.Errors[0]"];
        {"RecordingBehavior": {}, "AnalyticsBehaviour": {}} ? [] ! [] => [
            "error: Action is missing required property. Path: $0.Parameters.RecordingBehavior.RecordedParticipants",
            "error: Invalid Action property name. Path: $0.Parameters.AnalyticsBehaviour"
        ];
    }

    speech_is_analysed_where_both_sides_are_recorded: "UpdateContactRecordingBehavior" {
        {"RecordingBehavior": {"RecordedParticipants": ["Customer", "Agent"]}, "AnalyticsBehavior": {"Enabled": "True"}} ? [] ! [] => [];
        {"RecordingBehavior": {"RecordedParticipants": ["Agent"]}, "AnalyticsBehavior": {"Enabled": "True"}} ? [] ! [] =>
            ["error: Invalid Action property value. Path: $0.Parameters.AnalyticsBehavior"];
        {"RecordingBehavior": {"RecordedParticipants": []}, "AnalyticsBehavior": {"Enabled": "True",
            "ChannelConfiguration": {"Chat": {"AnalyticsModes": []}, "Voice": {"AnalyticsModes": ["RealTime"]}}}} ? [] ! [] =>
            ["error: Invalid Action property value. Path: $0.Parameters.AnalyticsBehavior"];
        {"RecordingBehavior": {"RecordedParticipants": []}, "AnalyticsBehavior": {"Enabled": "True",
            "ChannelConfiguration": {"Chat": {"AnalyticsModes": ["ContactLens"]}, "Voice": {"AnalyticsModes": []}}}} ? [] ! [] => [];
        {"RecordingBehavior": {"RecordedParticipants": []}, "AnalyticsBehavior": {"Enabled": "False"}} ? [] ! [] => [];
    }

    analytics_is_of_one_channel: "UpdateContactRecordingAndAnalyticsBehavior" {
        {"VoiceBehavior": {}} ? [] ! ["NoMatchingError", "ChannelMismatch"] => [];
        {"ChatBehavior": {}} ? [] ! ["NoMatchingError", "ChannelMismatch", "InFlightRedactionConfigurationFailed"] => [];
        {"VoiceBehavior": {}} ? [] ! ["NoMatchingError", "ChannelMismatch", "InFlightRedactionConfigurationFailed"] =>
            ["error: Invalid Action error. Error: InFlightRedactionConfigurationFailed, Path: $0.Transitions.Errors[2]"];
        {"ChatBehavior": {}} ? [] ! ["NoMatchingError", "ChannelMismatch"] =>
            ["error: Action is missing required error. Error: InFlightRedactionConfigurationFailed, Path: $0"];
        {} ? [] ! ["NoMatchingError", "ChannelMismatch"] =>
            ["error: At least one of [VoiceBehavior, ChatBehavior, ScreenRecordingBehavior] must be set"];
        {"VoiceBehavior": {"VoiceRecordingBehavior": {"RecordedParticipants": ["Boss"], "IVRRecordingBehavior": "On"}}} ? [] ! ["NoMatchingError", "ChannelMismatch"] => [
            "error: Invalid Action property value. Path: $0.Parameters.VoiceBehavior.VoiceRecordingBehavior.RecordedParticipants[0]",
            "error: Invalid Action property value. Path: $0.Parameters.VoiceBehavior.VoiceRecordingBehavior.IVRRecordingBehavior"
        ];
        {"VoiceBehavior": {}, "ScreenRecordingBehavior": {}} ? [] ! ["NoMatchingError", "ChannelMismatch"] =>
            ["error: Only one of these properties may be defined. Properties: [VoiceBehavior, ScreenRecordingBehavior]"];
    }

    voices_are_not_validated: "UpdateContactTextToSpeechVoice" {
        {"TextToSpeechVoice": "Joanna", "TextToSpeechEngine": "neural"} ? [] ! [] => [];
        {"TextToSpeechVoice": "Joanna", "TextToSpeechEngine": "Neural"} ? [] ! ["NoMatchingError"] => [];
        {"TextToSpeechVoice": "Joanna", "TextToSpeechEngine": "Steam"} ? [] ! [] =>
            ["warning: The value \"Steam\" is in no list: Standard, Neural, Long-form, Generative are"];
        {"TextToSpeechVoice": "Joanna", "LanguageCode": "en-GB"} ? [] ! [] =>
            ["error: Invalid Action property name. Path: $0.Parameters.LanguageCode"];
    }

    a_prompt_is_one_of_four: "MessageParticipant" {
        {"Text": "Hello"} ? [] ! [] => [];
        {"SSML": "<speak>Hello</speak>", "SkipWhenDTMFBufferEnabled": "false"} ? [] ! ["NoMatchingError"] => [];
        {"Media": {"Uri": "s3://x", "SourceType": "S3", "MediaType": "Audio"}} ? [] ! [] => [];
        {} ? [] ! [] => ["error: At least one of [Text, SSML, PromptId, Media] must be set"];
        {"Text": "Hello", "SSML": "<speak/>"} ? [] ! [] =>
            ["error: Only one of these properties may be defined. Properties: [Text, SSML]"];
        {"Text": "Hello", "TextType": "text"} ? [] ! [] =>
            ["error: Invalid Action property name. Path: $0.Parameters.TextType"];
        {"Text": ""} ? [] ! [] => ["error: Invalid Action property value. Path: $0.Parameters.Text"];
    }

    looped_prompts_may_be_interrupted: "MessageParticipantIteratively" {
        {"Messages": [{"Text": "Hello"}], "InterruptFrequencySeconds": "30"} ? ["MessagesInterrupted"] ! ["NoMatchingError"] => [];
        {"Messages": [{"Text": "Hello", "PromptId": "x"}]} ? [] ! [] =>
            ["error: Only one of these properties may be defined. Properties: [Text, PromptId]"];
        {"Messages": [{}]} ? ["Interrupted"] ! [] => [
            "error: At least one of [Text, SSML, PromptId, Media] must be set",
            "error: Invalid Action property value. Path: $0.Transitions.Conditions"
        ];
    }

    a_menu_has_three_errors: "GetParticipantInput" {
        {"Text": "Press 1", "StoreInput": "False", "InputTimeLimitSeconds": "5"} ? ["1", "*", "#"] !
            ["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"] => [];
        {"Text": "Press 1", "StoreInput": "False", "InputTimeLimitSeconds": "200"} ? ["1"] !
            ["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"] => ["warning: The console allows at most 180 s"];
        {"Text": "Press 1", "InputTimeLimitSeconds": "5"} ? ["12"] ! ["NoMatchingError"] => [
            "error: Action is missing required property. Path: $0.Parameters.StoreInput",
            "error: Invalid Action property value. Path: $0.Transitions.Conditions",
            "error: Action is missing required error. Error: InputTimeLimitExceeded, Path: $0",
            "error: Action is missing required error. Error: NoMatchingCondition, Path: $0"
        ];
        {"Text": "x", "StoreInput": "False", "InputTimeLimitSeconds": "5",
         "DTMFConfiguration": {"InputTerminationSequence": "##", "InterdigitTimeLimitSeconds": "21"}} ? ["1"] !
            ["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Parameters.DTMFConfiguration.InterdigitTimeLimitSeconds"];
        {"StoreInput": false, "InputTimeLimitSeconds": 5, "DTMFConfiguration": {"InputTerminationSequence": ",,"}} ? [] !
            ["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"] => [
            "warning: The console writes this value as a JSON string",
            "error: Invalid Action property value. Path: $0.Parameters.DTMFConfiguration.InputTerminationSequence"
        ];
        {"StoreInput": "False", "InputTimeLimitSeconds": "0", "InputValidation": {"CustomValidation": {"MaximumLength": "1"}}} ? ["NumberLessThan 1"] !
            ["InputTimeLimitExceeded", "NoMatchingCondition", "NoMatchingError"] => [
            "error: Invalid Action property value. Path: $0.Parameters.InputTimeLimitSeconds",
            "error: Invalid Action property name. Path: $0.Parameters.InputValidation",
            "error: Invalid Action property value. Path: $0.Transitions.Conditions"
        ];
    }

    stored_input_has_no_conditions: "GetParticipantInput" {
        {"Text": "Type", "StoreInput": "True", "InputTimeLimitSeconds": "5", "InputValidation": {"CustomValidation": {"MaximumLength": "4"}}}
            ? [] ! ["NoMatchingError"] => [];
        {"Text": "Type", "StoreInput": "True", "InputTimeLimitSeconds": "5", "InputValidation": {"PhoneNumberValidation": {"NumberFormat": "E164"}}}
            ? [] ! ["NoMatchingError", "InvalidPhoneNumber"] => [];
        {"Text": "Type", "StoreInput": "True", "InputValidation": {"PhoneNumberValidation": {"NumberFormat": "Local"}}}
            ? [] ! ["NoMatchingError"] => [
            "error: Action is missing required error. Error: InvalidPhoneNumber, Path: $0",
            "error: Action is missing required property. Path: $0.Parameters.InputValidation.PhoneNumberValidation.CountryCode"
        ];
        {"Text": "Type", "StoreInput": "True", "InputTimeLimitSeconds": "5"} ? ["1"] ! ["NoMatchingError", "InputTimeLimitExceeded"] => [
            "error: Action is missing required property. Path: $0.Parameters.InputValidation",
            "error: Action does not support conditions",
            "error: Invalid Action error. Error: InputTimeLimitExceeded, Path: $0.Transitions.Errors[1]"
        ];
    }

    encryption_is_for_custom_input: "GetParticipantInput" {
        {"Text": "Type", "StoreInput": "True", "InputValidation": {"CustomValidation": {"MaximumLength": "4"}}, "InputEncryption": {"EncryptionKeyId": "k", "Key": "pem"}}
            ? [] ! ["NoMatchingError"] => [];
        {"Text": "Type", "StoreInput": "True", "InputValidation": {"PhoneNumberValidation": {"NumberFormat": "E164"}}, "InputEncryption": {"EncryptionKeyId": "k", "Key": "pem"}}
            ? [] ! ["NoMatchingError", "InvalidPhoneNumber"] => ["error: Invalid Action property name. Path: $0.Parameters.InputEncryption"];
    }

    functions_need_a_limit_and_an_error_branch: "InvokeLambdaFunction" {
        {"LambdaFunctionARN": "${LastAgentArn}", "InvocationTimeLimitSeconds": "8", "ResponseValidation": {"ResponseType": "JSON"},
         "LambdaInvocationAttributes": {"number": "$.CustomerEndpoint.Address"}} ? [] ! ["NoMatchingError"] => [];
        {"LambdaFunctionARN": "$.Attributes.arn"} ? [] ! [] => [
            "error: Action is missing required property. Path: $0.Parameters.InvocationTimeLimitSeconds",
            "error: Action is missing required error. Error: NoMatchingError, Path: $0"
        ];
        {"LambdaFunctionARN": "a", "InvocationTimeLimitSeconds": "60", "InvocationType": "ASYNCHRONOUS"} ? [] ! ["NoMatchingError"] =>
            ["warning: 60 s: one page of AWS allows 60 without waiting, another never more than 8"];
        {"LambdaFunctionARN": "a", "InvocationTimeLimitSeconds": "8", "ResponseValidation": {"ResponseType": "XML"}} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Parameters.ResponseValidation.ResponseType"];
    }

    attributes_are_not_empty: "UpdateContactAttributes" {
        {"Attributes": {"a": "b", "c": "$.Attributes.c and more"}, "TargetContact": "Current"} ? [] ! ["NoMatchingError"] => [];
        {"Attributes": {"a": ""}} ? [] ! ["NoMatchingError"] => ["error: Empty value in Parameters.Attributes"];
        {"Attributes": {"a": "b"}, "TargetContact": "Other"} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Parameters.TargetContact"];
    }

    flow_attributes_have_a_value: "UpdateFlowAttributes" {
        {"FlowAttributes": {"a": {"Value": "b"}, "c": {"Type": "String", "Value": "$.Channel"}}} ? [] ! ["NoMatchingError"] => [];
        {"FlowAttributes": {"a.b": {"Value": "b"}}} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action property name. Path: $0.Parameters.FlowAttributes.a.b"];
        {"FlowAttributes": {"a": {}, "b": "plain"}} ? [] ! [] => [
            "error: Action is missing required property. Path: $0.Parameters.FlowAttributes.a.Value",
            "error: Invalid Action property value. Path: $0.Parameters.FlowAttributes.b",
            "error: Action is missing required error. Error: NoMatchingError, Path: $0"
        ];
    }

    a_queue_or_an_agent: "UpdateContactTargetQueue" {
        {"QueueId": "${DefaultQueueArn}"} ? [] ! ["NoMatchingError"] => [];
        {"AgentId": "$.Attributes.agent"} ? [] ! ["NoMatchingError"] => [];
        {} ? [] ! ["NoMatchingError"] => ["error: At least one of [QueueId, AgentId] must be set"];
        {"QueueId": "q", "AgentId": "a"} ? [] ! ["NoMatchingError"] =>
            ["error: Only one of these properties may be defined. Properties: [QueueId, AgentId]"];
        {"QueueName": "q"} ? [] ! ["NoMatchingError"] => [
            "error: Invalid Action property name. Path: $0.Parameters.QueueName",
            "error: At least one of [QueueId, AgentId] must be set"
        ];
    }

    metrics_are_compared: "CheckMetricData" {
        {"MetricType": "NumberOfAgentsAvailable"} ? ["NumberGreaterThan 0"] ! ["NoMatchingCondition", "NoMatchingError"] => [];
        {"MetricType": "NumberOfContactsInQueue", "QueueId": "q"} ? ["NumberLessOrEqualTo 5"] ! ["NoMatchingCondition", "NoMatchingError"] => [];
        {"MetricType": "NumberOfAgentsAvailable"} ? ["NumberGreaterThan 1"] ! ["NoMatchingCondition", "NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Transitions.Conditions"];
        {"MetricType": "NumberOfAgentsAvailable"} ? [] ! ["NoMatchingError"] => [
            "error: Action is missing required property. Path: $0.Transitions.Conditions",
            "error: Action is missing required error. Error: NoMatchingCondition, Path: $0"
        ];
        {"MetricType": "numberOfAgentsAvailable"} ? ["NumberGreaterThan 0"] ! ["NoMatchingCondition", "NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Parameters.MetricType"];
        {"MetricType": "OldestContactInQueueAgeSeconds"} ? ["NumberGreaterThan 300"] ! ["NoMatchingCondition", "NoMatchingError"] =>
            ["warning: In exports this metric is compared in milliseconds, whatever its name says"];
    }

    queue_transfers_have_two_errors: "TransferContactToQueue" {
        {} ? [] ! ["QueueAtCapacity", "NoMatchingError"] => [];
        {} ? [] ! ["NoMatchingError"] => ["error: Action is missing required error. Error: QueueAtCapacity, Path: $0"];
        {"QueueId": "q"} ? [] ! ["QueueAtCapacity", "NoMatchingError"] =>
            ["error: Invalid Action property name. Path: $0.Parameters.QueueId"];
    }

    queue_to_queue_transfers_have_two_errors: "DequeueContactAndTransferToQueue" {
        {} ? [] ! ["QueueAtCapacity", "NoMatchingError"] => [];
        {"AgentId": "$.Attributes.agent"} ? [] ! ["QueueAtCapacity", "NoMatchingError"] => [];
        {"QueueId": "q", "AgentId": "a"} ? [] ! ["QueueAtCapacity"] => [
            "error: Only one of these properties may be defined. Properties: [QueueId, AgentId]",
            "error: Action is missing required error. Error: NoMatchingError, Path: $0"
        ];
    }

    metrics_are_fetched: "GetMetricData" {
        {} ? [] ! ["NoMatchingError"] => [];
        {"QueueId": "$.Queue.ARN", "QueueChannel": "Voice"} ? [] ! ["NoMatchingError"] => [];
        {"QueueId": "q", "AgentId": "a"} ? [] ! [] => [
            "error: Only one of these properties may be defined. Properties: [QueueId, AgentId]",
            "error: Action is missing required error. Error: NoMatchingError, Path: $0"
        ];
    }

    another_flow_is_named: "TransferToFlow" {
        {"ContactFlowId": "$.Attributes.flow"} ? [] ! ["NoMatchingError"] => [];
        {"ContactFlowId": "flow $.Attributes.flow"} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Parameters.ContactFlowId"];
        {} ? ["x"] ! ["NoMatchingError", "QueueAtCapacity"] => [
            "error: Action is missing required property. Path: $0.Parameters.ContactFlowId",
            "error: Action does not support conditions",
            "error: Invalid Action error. Error: QueueAtCapacity, Path: $0.Transitions.Errors[1]"
        ];
    }

    phone_transfers_end_or_go_on: "TransferParticipantToThirdParty" {
        {"ThirdPartyPhoneNumber": "+14155550100", "ThirdPartyConnectionTimeLimitSeconds": "30", "ContinueFlowExecution": "False"} ? [] ! ["NoMatchingError"] => [];
        {"ThirdPartyPhoneNumber": "$.External.number", "ThirdPartyConnectionTimeLimitSeconds": "30", "ContinueFlowExecution": "True"} ? [] !
            ["NoMatchingError", "CallFailed", "ConnectionTimeLimitExceeded"] => [];
        {"ThirdPartyPhoneNumber": "+14155550100", "ThirdPartyConnectionTimeLimitSeconds": "30", "ContinueFlowExecution": "False"} ? [] ! ["NoMatchingError", "CallFailed"] =>
            ["error: Invalid Action error. Error: CallFailed, Path: $0.Transitions.Errors[1]"];
        {"ThirdPartyPhoneNumber": "555-0100", "ContinueFlowExecution": "True"} ? [] ! ["NoMatchingError", "CallFailed"] => [
            "error: Invalid Action property value. Path: $0.Parameters.ThirdPartyPhoneNumber",
            "error: Action is missing required property. Path: $0.Parameters.ThirdPartyConnectionTimeLimitSeconds",
            "error: Action is missing required error. Error: ConnectionTimeLimitExceeded, Path: $0"
        ];
        {"ThirdPartyPhoneNumber": "${Number}", "ThirdPartyConnectionTimeLimitSeconds": "601", "ContinueFlowExecution": "False", "ThirdPartyDTMFDigits": "1,w"} ? [] ! ["NoMatchingError"] => [
            "error: Invalid Action property value. Path: $0.Parameters.ThirdPartyConnectionTimeLimitSeconds",
            "error: Invalid Action property value. Path: $0.Parameters.ThirdPartyDTMFDigits"
        ];
    }

    one_hook_a_block: "UpdateContactEventHooks" {
        {"EventHooks": {"CustomerQueue": "$.Attributes.flow"}} ? [] ! ["NoMatchingError"] => [];
        {"EventHooks": {"CustomerQueue": "a", "AgentWhisper": "b"}} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Parameters.EventHooks"];
        {"EventHooks": {"Disconnect": "a"}} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action property name. Path: $0.Parameters.EventHooks.Disconnect"];
        {"EventHooks": {"CustomerQueue": "a"}, "EventHooksConfiguration": {}} ? [] ! ["NoMatchingError"] =>
            ["warning: One public record says the service refuses EventHooksConfiguration; AWS ships a flow that has it"];
    }

    a_callback_number_is_never_static: "UpdateContactCallbackNumber" {
        {"CallbackNumber": "$.StoredCustomerInput"} ? [] ! ["InvalidCallbackNumber", "CallbackNumberNotDialable"] => [];
        {"CallbackNumber": "+14155550100"} ? [] ! ["InvalidCallbackNumber", "NoMatchingError"] => [
            "error: Invalid Action property value. Path: $0.Parameters.CallbackNumber",
            "error: Invalid Action error. Error: NoMatchingError, Path: $0.Transitions.Errors[1]",
            "error: Action is missing required error. Error: CallbackNumberNotDialable, Path: $0"
        ];
    }

    callbacks_have_delays: "CreateCallbackContact" {
        {"InitialCallDelaySeconds": "5", "RetryDelaySeconds": "600", "MaximumConnectionAttempts": "2"} ? [] ! ["NoMatchingError"] => [];
        {"InitialCallDelaySeconds": "5", "RetryDelaySeconds": "259201", "MaximumConnectionAttempts": "0"} ? [] ! ["NoMatchingError"] => [
            "error: Invalid Action property value. Path: $0.Parameters.RetryDelaySeconds",
            "warning: By its page this must be more than 0; an AWS sample has 0"
        ];
        {"InitialCallDelaySeconds": 5, "RetryDelaySeconds": "600", "MaximumConnectionAttempts": "1", "CallerId": "+14155550100", "ContactFlowId": "f"}
            ? [] ! ["NoMatchingError"] => [];
        {"InitialCallDelaySeconds": "0", "MaximumConnectionAttempts": "-1", "RetryDelay": "600"} ? [] ! ["NoMatchingError"] => [
            "error: Invalid Action property value. Path: $0.Parameters.InitialCallDelaySeconds",
            "error: Action is missing required property. Path: $0.Parameters.RetryDelaySeconds",
            "error: Invalid Action property value. Path: $0.Parameters.MaximumConnectionAttempts",
            "error: Invalid Action property name. Path: $0.Parameters.RetryDelay"
        ];
    }

    priority_or_age: "UpdateContactRoutingBehavior" {
        {"QueuePriority": "1"} ? [] ! [] => [];
        {"QueueTimeAdjustmentSeconds": "-60"} ? [] ! [] => [];
        {"QueuePriority": "0"} ? [] ! ["NoMatchingError"] => [
            "error: Invalid Action property value. Path: $0.Parameters.QueuePriority",
            "error: Invalid Action error. Error: NoMatchingError, Path: $0.Transitions.Errors[0]"
        ];
    }

    criteria_have_steps: "UpdateContactRoutingCriteria" {
        {"RoutingCriteria": {"Steps": [{"Expression": {"AttributeCondition": {"ComparisonOperator": "Match",
            "MatchCriteria": {"AgentsCriteria": {"AgentIds": ["$.Attributes.agent"]}}}}, "Expiry": {"DurationInSeconds": "${OfferSeconds}"}}]}}
            ? [] ! ["NoMatchingError"] => [];
        {"RoutingCriteria": {"Steps": [{"Expression": {"AttributeCondition": {"Name": "Technology", "Value": "Rust", "ProficiencyLevel": "5.5",
            "ComparisonOperator": "NumberGreaterOrEqualTo"}}, "Expiry": {"DurationInSeconds": "$.Attributes.s"}}]}} ? [] ! ["NoMatchingError"] => [
            "error: Invalid Action property value. Path: $0.Parameters.RoutingCriteria.Steps[0].Expression.AttributeCondition.ProficiencyLevel",
            "error: Invalid Action property value. Path: $0.Parameters.RoutingCriteria.Steps[0].Expiry.DurationInSeconds"
        ];
        {"RoutingCriteria": {"Steps": [{"Expression": {"AndExpression": [
            {"AttributeCondition": {"Name": "a", "Value": "b", "ProficiencyLevel": "0.5", "ComparisonOperator": "NumberGreaterOrEqualTo"}},
            {"OrExpression": [{}]}]}}]}} ? [] ! ["NoMatchingError"] => [
            "error: Invalid Action property value. Path: $0.Parameters.RoutingCriteria.Steps[0].Expression.AndExpression[0].AttributeCondition.ProficiencyLevel",
            "error: At least one of [AttributeCondition, AndExpression, OrExpression, NotAttributeCondition] must be set"
        ];
        {"RoutingCriteria": {"Steps": []}} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Parameters.RoutingCriteria.Steps"];
    }

    loops_have_two_results: "Loop" {
        {"LoopCount": "3"} ? ["ContinueLooping", "DoneLooping"] ! [] => [];
        {"LoopCount": 100} ? ["ContinueLooping", "DoneLooping"] ! ["NoMatchingError"] => [];
        {"LoopCount": "101"} ? ["ContinueLooping"] ! [] => [
            "error: Invalid Action property value. Path: $0.Parameters.LoopCount",
            "error: Invalid Action property value. Path: $0.Transitions.Conditions"
        ];
    }

    waits_have_a_branch_for_each_event: "Wait" {
        {"TimeLimitSeconds": "60"} ? ["WaitCompleted"] ! ["NoMatchingError"] => [];
        {"TimeLimitSeconds": "60", "Events": ["CustomerReturned"]} ? ["WaitCompleted", "CustomerReturned"] ! ["NoMatchingError"] => [];
        {"TimeLimitSeconds": "60", "Events": ["BotParticipantDisconnected"]} ? ["WaitCompleted", "BotParticipantDisconnected"] ! ["NoMatchingError"] =>
            ["error: Action is missing required error. Error: ParticipantNotFound, Path: $0"];
        {"TimeLimitSeconds": "60", "Events": ["CustomerReturned"]} ? ["WaitCompleted"] ! ["NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Transitions.Conditions"];
        {"TimeoutSeconds": "60"} ? ["WaitCompleted"] ! ["NoMatchingError"] => [
            "error: Action is missing required property. Path: $0.Parameters.TimeLimitSeconds",
            "error: Invalid Action property name. Path: $0.Parameters.TimeoutSeconds"
        ];
    }

    percentages_are_one_more: "DistributeByPercentage" {
        {} ? ["NumberLessThan 4", "NumberLessThan 51"] ! ["NoMatchingCondition"] => [];
        {} ? ["NumberLessThan 50"] ! ["NoMatchingCondition"] =>
            ["warning: These thresholds look like percentages, but the draw is 1 to 100 and must be less"];
        {} ? ["NumberLessThan 51", "NumberLessThan 31"] ! ["NoMatchingCondition"] =>
            ["warning: Some of these branches are never taken: thresholds rise from 2 to 101 at most"];
        {} ? ["Equals 4"] ! [] => [
            "error: Invalid Action property value. Path: $0.Transitions.Conditions",
            "error: Action is missing required error. Error: NoMatchingCondition, Path: $0"
        ];
    }

    bots_need_a_prompt: "ConnectParticipantWithLexBot" {
        {"Text": "How can I help?", "LexV2Bot": {"AliasArn": "$.Attributes.bot"}, "LexSessionAttributes": {"x-amz-lex:audio:end-timeout-ms:*": "500"}}
            ? ["OrderFlowers"] ! ["NoMatchingCondition", "NoMatchingError"] => [];
        {"LexInitializationData": {"InitialMessage": "Hello"}, "LexV2Bot": {"AliasArn": "a"}} ? [] ! ["NoMatchingCondition", "NoMatchingError"] => [];
        {"Text": " ", "LexInitializationData": {"InitialMessage": "Hello"}, "LexV2Bot": {"AliasArn": "a"}} ? [] ! ["NoMatchingCondition", "NoMatchingError"] => [];
        {"Text": "x", "SSML": "<speak/>", "LexV2Bot": {"AliasArn": "a"}, "LexTimeout": "5"} ? ["TextContains x"] ! ["NoMatchingCondition", "NoMatchingError"] => [
            "error: Invalid Action property name. Path: $0.Parameters.LexTimeout",
            "error: Only one of these properties may be defined. Properties: [Text, SSML]",
            "error: Invalid Action property value. Path: $0.Transitions.Conditions"
        ];
        {"LexV2Bot": {"AliasArn": "a"}, "LexBot": {"Name": "n", "Region": "r", "Alias": "a"}} ? [] ! ["NoMatchingCondition", "NoMatchingError"] => [
            "error: At least one of [Text, SSML, PromptId, Media, LexInitializationData] must be set",
            "error: Only one of these properties may be defined. Properties: [LexV2Bot, LexBot]"
        ];
        {"Text": "x", "LexV2Bot": {"AliasArn": "a"}} ? [] ! ["NoMatchingCondition", "NoMatchingError", "InputTimeLimitExceeded"] =>
            ["warning: No export has InputTimeLimitExceeded here, although the page wants it"];
    }

    at_most_six_tags: "TagContact" {
        {"Tags": {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "6"}} ? [] ! ["NoMatchingError"] => [];
        {"Tags": {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "6", "aws:g": "7"}} ? [] ! ["NoMatchingError"] => [
            "error: More than 6 tags in Parameters.Tags",
            "error: Invalid Action property name. Path: $0.Parameters.Tags.aws:g"
        ];
        {"Tags": {"a": "1"}} ? [] ! [] => ["error: Action is missing required error. Error: NoMatchingError, Path: $0"];
    }

    tags_are_removed_by_key: "UntagContact" {
        {"TagKeys": ["a", "b"]} ? [] ! ["NoMatchingError"] => [];
        {"TagKeys": ["$.Attributes.key"]} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Parameters.TagKeys[0]"];
        {"Tags": {"a": "1"}} ? [] ! [] => [
            "error: Action is missing required property. Path: $0.Parameters.TagKeys",
            "error: Invalid Action property name. Path: $0.Parameters.Tags",
            "error: Action is missing required error. Error: NoMatchingError, Path: $0"
        ];
    }

    tasks_start_later_or_at: "CreateTask" {
        {"Name": "Call back", "ContactFlowId": "${Flow}", "DelaySeconds": "60"} ? [] ! ["NoMatchingError"] => [];
        {"TaskTemplateId": "t"} ? [] ! ["NoMatchingError"] => [];
        {"Name": "Call back", "DelaySeconds": "60", "ScheduledTime": "$.Attributes.at", "AssignedTo": "x"} ? [] ! ["NoMatchingError"] => [
            "error: Action is missing required property. Path: $0.Parameters.ContactFlowId",
            "error: Invalid Action property name. Path: $0.Parameters.AssignedTo",
            "error: Only one of these properties may be defined. Properties: [DelaySeconds, ScheduledTime]"
        ];
    }

    contact_data_is_something: "UpdateContactData" {
        {"CustomerId": "$.Customer.ProfileId"} ? [] ! ["NoMatchingError"] => [];
        {} ? [] ! ["NoMatchingError"] => ["error: At least one of [Name, Description, LanguageCode, CustomerId, WisdomSessionArn] must be set"];
        {"CustomerID": "1", "Priority": "2"} ? [] ! ["NoMatchingError"] => [
            "error: Invalid Action property name. Path: $0.Parameters.CustomerID",
            "warning: The service may not know the property Priority"
        ];
        {"CustomerId": "1", "References": {}} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action property name. Path: $0.Parameters.References"];
    }

    modules_with_branches: "InvokeFlowModule" {
        {"FlowModuleId": "m:$LATEST", "Input": {"n": 7}} ? ["found"] ! ["NoMatchingCondition", "NoMatchingError"] => [];
        {"FlowModuleId": "m"} ? [] ! ["NoMatchingError"] => [];
        {"FlowModuleId": "m"} ? ["found"] ! ["NoMatchingError"] =>
            ["warning: Branches of a module come with NoMatchingCondition, and only then"];
    }

    call_progress_has_four_results: "CheckOutboundCallStatus" {
        {} ? ["CallAnswered", "VoicemailBeep", "VoicemailNoBeep", "NotDetected"] ! ["NoMatchingError"] => [];
        {} ? ["Answered"] ! ["NoMatchingError"] => ["error: Invalid Action property value. Path: $0.Transitions.Conditions"];
    }

    participants_are_held_or_not: "UpdatePreviousContactParticipantState" {
        {"PreviousContactParticipantState": "OffHold"} ? [] ! ["NoMatchingError"] => [];
        {"PreviousContactParticipantState": "OnHold"} ? [] ! ["NoMatchingError"] =>
            ["error: Invalid Action property value. Path: $0.Parameters.PreviousContactParticipantState"];
    }
}
