//! The checker, rule by rule: a small flow, and what is to be said about it.

use ringback_contact_flow::{FlowKind, ReadError, Report, check, check_value};
use serde_json::{Value, json};

/// A flow in which one action is under test; all its ways lead to `end`.
fn flow(kind: &str, parameters: Value, conditions: &[(&str, &str)], errors: &[&str]) -> Value {
    let conditions: Vec<Value> = conditions
        .iter()
        .map(|(operator, operand)| {
            json!({"NextAction": "end", "Condition": {"Operator": operator, "Operands": [operand]}})
        })
        .collect();
    let errors: Vec<Value> = errors
        .iter()
        .map(|error| json!({"NextAction": "end", "ErrorType": error}))
        .collect();
    document(json!([
        {"Identifier": "it", "Type": kind, "Parameters": parameters,
         "Transitions": {"NextAction": "end", "Conditions": conditions, "Errors": errors}},
        {"Identifier": "end", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ]))
}

fn document(actions: Value) -> Value {
    let start = actions[0]["Identifier"].clone();
    json!({"Version": "2019-10-30", "StartAction": start, "Metadata": {}, "Actions": actions})
}

fn report(flow: &Value) -> Report {
    check_value(flow, None).unwrap()
}

/// One line for each problem, without the advice at its end.
fn lines(report: &Report) -> Vec<String> {
    report
        .problems
        .iter()
        .map(|p| format!("{}[{}] {}", p.severity, p.rule, p.message))
        .collect()
}

/// Says that a flow has these problems and no others. `$0` stands for `Actions[0]`.
#[track_caller]
fn says(flow: &Value, expected: &[&str]) {
    let expected: Vec<String> = expected
        .iter()
        .map(|line| line.replace("$0", "Actions[0]"))
        .collect();
    assert_eq!(lines(&report(flow)), expected, "{flow:#}");
}

#[track_caller]
fn says_as(kind: FlowKind, flow: &Value, expected: &[&str]) {
    let expected: Vec<String> = expected
        .iter()
        .map(|line| line.replace("$0", "Actions[0]"))
        .collect();
    assert_eq!(
        lines(&check_value(flow, Some(kind)).unwrap()),
        expected,
        "{flow:#}"
    );
}

const FAILED: &[&str] = &["NoMatchingError"];

mod document_rules {
    use super::*;

    fn prompt() -> Value {
        flow("MessageParticipant", json!({"Text": "Hello"}), &[], &[])
    }

    #[test]
    fn a_good_flow_has_no_problems() {
        says(&prompt(), &[]);
        assert!(report(&prompt()).is_clean());
    }

    #[test]
    fn what_is_no_flow_is_an_error_and_not_a_report() {
        assert!(matches!(check("{", None), Err(ReadError::NotJson(_))));
        assert!(matches!(check("[]", None), Err(ReadError::NotAFlow(_))));
        let legacy = r#"{"modules": [], "version": "1", "type": "contactFlow", "start": "x"}"#;
        assert!(matches!(check(legacy, None), Err(ReadError::Legacy)));
    }

    #[test]
    fn odd_texts_get_an_answer() {
        let deep = "[".repeat(100_000);
        for text in ["", " ", "\u{feff}", "null", "\"flow\"", "1", "{}{}", &deep] {
            assert!(check(text, None).is_err(), "{text:.10}");
        }
        let marked = format!("\u{feff}{}", prompt());
        assert_eq!(
            lines(&check(&marked, None).unwrap()),
            ["warning[byte-order-mark] The text begins with a byte order mark, which is no JSON"]
        );
        assert!(ringback_contact_flow::read(&marked).is_ok());
    }

    #[test]
    fn what_an_export_leaves_out_is_not_missed() {
        says(
            &document(json!([
                {"Identifier": "loud", "Type": "MessageParticipant", "Parameters": {"Text": "Hello"}, "Transitions": {"NextAction": "end"}},
                {"Identifier": "end", "Type": "DisconnectParticipant"},
            ])),
            &[],
        );
        let mut flow = prompt();
        flow.as_object_mut().unwrap().remove("Metadata");
        flow["Remark"] = json!("mine");
        says(
            &flow,
            &["warning[unlisted-property] The Flow language has no field Remark"],
        );
    }

    #[test]
    fn missing_fields_are_named_as_the_service_does() {
        says(
            &json!({}),
            &[
                "error[missing-field] JSON field is missing or null for field name: version",
                "error[missing-field] JSON field is missing or null for field name: actions",
                "error[missing-field] JSON field is missing or null for field name: startAction",
            ],
        );
    }

    #[test]
    fn only_one_version_is_known() {
        let mut flow = prompt();
        flow["Version"] = json!("2020-01-01");
        says(
            &flow,
            &["error[wrong-version] Invalid Action property value. Path: Version"],
        );
    }

    #[test]
    fn targets_must_exist() {
        let mut flow = prompt();
        flow["StartAction"] = json!("gone");
        flow["Actions"][0]["Transitions"] = json!({"NextAction": "nowhere", "Errors": [{"ErrorType": "NoMatchingError", "NextAction": "no"}]});
        says(
            &flow,
            &[
                "error[unknown-target] Invalid Action property value. Path: StartAction",
                "error[unknown-target] Invalid Action property value. Path: $0.Transitions.NextAction",
                "error[unknown-target] Invalid Action property value. Path: $0.Transitions.Errors[0].NextAction",
            ],
        );
    }

    #[test]
    fn identifiers_are_unique_short_and_plain() {
        let end = |identifier: &str| json!({"Identifier": identifier, "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}});
        let bad = |identifier: &str| {
            let report = report(&document(json!([end(identifier)])));
            report
                .problems
                .iter()
                .any(|problem| problem.rule == "bad-identifier")
        };
        for good in [
            "a",
            "Say hello!",
            "été ☎",
            "0",
            &"é".repeat(50),
            "to string",
            "a.b-c_d",
        ] {
            assert!(!bad(good), "{good}");
        }
        for refused in [
            "", "50%", "a:b", "f(", "a\\b", "a/b", "f)", "a=b", "$x", "a,b", "a;b", "[", "]", "{", "}",
        ] {
            assert!(bad(refused), "{refused}");
        }
        for refused in [
            "__proto__",
            "constructor",
            "toString",
            "valueOf",
            "hasOwnProperty",
            &"a".repeat(51),
        ] {
            assert!(bad(refused), "{refused}");
        }
        says(
            &document(json!([end("same"), end("same")])),
            &[
                "error[bad-identifier] Invalid Action property value. Path: Actions[1].Identifier",
                "warning[unreachable] No way leads to this block",
            ],
        );
    }

    #[test]
    fn a_flow_has_at_most_250_actions_and_256000_characters() {
        let many: Vec<Value> = (0..251)
            .map(|number| {
                json!({"Identifier": number.to_string(), "Type": "MessageParticipant", "Parameters": {"Text": "x"},
                       "Transitions": {"NextAction": ((number + 1) % 251).to_string()}})
            })
            .collect();
        says(
            &document(json!(many)),
            &["error[too-many-actions] There are 251 actions, more than 250"],
        );
        let padded = prompt().to_string() + &" ".repeat(256_000);
        assert!(lines(&check(&padded, None).unwrap())[0].starts_with("error[too-long] Content has 256"));
    }

    #[test]
    fn settings_make_a_module_and_a_module_needs_them() {
        let end = |kind: &str| document(json!([{"Identifier": "end", "Type": kind, "Transitions": {}}]));
        let mut module = end("EndFlowModuleExecution");
        says(
            &module,
            &["error[missing-field] JSON field is missing or null for field name: settings"],
        );
        module["Settings"] = json!({"InputParameters": [], "OutputParameters": [], "Transitions": []});
        says(&module, &[]);
        says_as(
            FlowKind::ContactFlow,
            &module,
            &[
                "error[unknown-property] Invalid Action property name. Path: Settings",
                "error[wrong-flow-type] Invalid Action type. Type: EndFlowModuleExecution, Path: $0.Type",
            ],
        );
        // A module may hold anything.
        module["Actions"][0]["Type"] = json!("EndFlowExecution");
        says(&module, &[]);
    }

    #[test]
    fn the_designer_reads_positions_in_lower_case() {
        let mut flow = prompt();
        flow["Metadata"] = json!({"EntryPointPosition": {"X": 1, "Y": 2}});
        says(
            &flow,
            &["warning[capitalised-position] Positions are written in lower camel case"],
        );
        flow["Metadata"] =
            json!({"entryPointPosition": {"x": 1}, "ActionMetadata": {"it": {"Position": {}}}});
        assert_eq!(
            report(&flow).problems[0].path,
            "Metadata.ActionMetadata.it.Position"
        );
        flow["Metadata"] =
            json!({"entryPointPosition": {"x": 1}, "ActionMetadata": {"it": {"position": {}}}});
        says(&flow, &[]);
    }

    #[test]
    fn problems_read_well() {
        let flow = flow("Waitt", json!({}), &[], &[]);
        assert_eq!(
            report(&flow).to_string(),
            "error[unknown-type] \"it\": Invalid Action type. Type: Waitt, Path: Actions[0].Type; did you mean Wait?\n"
        );
    }
}

mod type_rules {
    use super::*;

    #[test]
    fn unknown_types_are_refused_and_the_right_spelling_is_suggested() {
        for (wrong, right) in [
            ("UnTagContact", "did you mean UntagContact?"),
            (
                "UpdateRoutingCriteria",
                "did you mean UpdateContactRoutingCriteria?",
            ),
            ("TransferContactToFlow", "did you mean TransferToFlow?"),
            ("InvokeLambdaFunktion", "did you mean InvokeLambdaFunction?"),
            ("messageparticipant", "did you mean MessageParticipant?"),
        ] {
            let report = report(&flow(wrong, json!({}), &[], &[]));
            let problem = &report.problems[0];
            assert_eq!(
                problem.message,
                format!("Invalid Action type. Type: {wrong}, Path: Actions[0].Type")
            );
            assert_eq!(problem.help.as_deref(), Some(right));
        }
        // Documented, and refused when it was tried.
        assert!(!report(&flow("RouteContactToAgent", json!({}), &[], &[])).is_accepted());
    }

    #[test]
    fn types_without_a_row_are_held_to_the_general_rules_only() {
        says(
            &flow(
                "UpdateContactMediaStreamingBehavior",
                json!({"Odd": "x"}),
                &[],
                FAILED,
            ),
            &[],
        );
        let mut view = flow(
            "ShowView",
            json!({"ViewData": {"a": ""}}),
            &[("Equals", "Next")],
            &["TimeLimitExceeded"],
        );
        says(
            &view,
            &["error[empty-value] Invalid Action property value. Path: $0.Parameters.ViewData.a"],
        );
        view["Actions"][0]["Parameters"] = json!({"ViewData": {"a": [{"b": "", "c": ""}]}});
        says(
            &view,
            &["warning[empty-value] The service refused an empty text less deep than this one"],
        );
        view["Actions"][0]["Transitions"] = json!({});
        assert!(lines(&report(&view)).contains(
            &"error[missing-property] Action is missing required property. Path: Actions[0].Transitions.NextAction"
                .to_owned()
        ));
    }

    #[test]
    fn every_action_but_the_last_needs_a_next_one() {
        let mut prompt = flow("MessageParticipant", json!({"Text": "Hello"}), &[], &[]);
        prompt["Actions"][0]["Transitions"] =
            json!({"Errors": [{"NextAction": "end", "ErrorType": "NoMatchingError"}]});
        says(
            &prompt,
            &["error[missing-property] Action is missing required property. Path: $0.Transitions.NextAction"],
        );
        let hold = document(
            json!([{"Identifier": "hold", "Type": "MessageParticipantIteratively",
            "Parameters": {"Messages": [{"Text": "Please hold"}, {"PromptId": "${Music}"}]}, "Transitions": {}}]),
        );
        says(&hold, &[]);
        says(
            &flow("DisconnectParticipant", json!({}), &[], &[]),
            &["error[terminal-transitions] Action does not support transitions. Path: $0.Transitions"],
        );
    }

    #[test]
    fn the_kind_of_flow_decides_which_actions_are_legal() {
        use FlowKind::*;
        let end = |kind: &str| document(json!([{"Identifier": "x", "Type": kind, "Transitions": {}}]));
        let refused =
            |kind: &str| format!("error[wrong-flow-type] Invalid Action type. Type: {kind}, Path: $0.Type");
        let cases: &[(&str, &[FlowKind], &[FlowKind])] = &[
            (
                "DisconnectParticipant",
                &[ContactFlow, QueueTransfer, CustomerQueue, Module],
                &[AgentWhisper, CustomerHold],
            ),
            (
                "EndFlowExecution",
                &[CustomerQueue, CustomerWhisper, AgentWhisper, Module],
                &[ContactFlow, AgentHold],
            ),
            (
                "TransferContactToAgent",
                &[AgentTransfer],
                &[ContactFlow, CustomerQueue],
            ),
            ("EndFlowModuleExecution", &[], &[ContactFlow, CustomerQueue]),
        ];
        for (kind, legal, illegal) in cases {
            for flow in *legal {
                let mut document = end(kind);
                if *flow == Module {
                    document["Settings"] = json!({});
                }
                says_as(*flow, &document, &[]);
            }
            for flow in *illegal {
                says_as(*flow, &end(kind), &[&refused(kind)]);
            }
        }
        // The console writes the kind into the metadata.
        let mut hold = flow("MessageParticipant", json!({"Text": "Hello"}), &[], &[]);
        hold["Metadata"] = json!({"type": "customerHold"});
        says(
            &hold,
            &[
                "error[wrong-flow-type] Invalid Action type. Type: MessageParticipant, Path: $0.Type",
                "error[wrong-flow-type] Invalid Action type. Type: DisconnectParticipant, Path: Actions[1].Type",
            ],
        );
        // One page says so, and no record of a refusal is known.
        let priority = flow(
            "UpdateContactRoutingBehavior",
            json!({"QueuePriority": "1"}),
            &[],
            &[],
        );
        says_as(ContactFlow, &priority, &[]);
        says_as(
            QueueTransfer,
            &priority,
            &[
                "warning[wrong-flow-type] By its page, UpdateContactRoutingBehavior is not for this type of flow",
            ],
        );
    }
}

mod values {
    use super::*;

    fn queue(id: &str) -> Value {
        flow("UpdateContactTargetQueue", json!({"QueueId": id}), &[], FAILED)
    }

    const REFUSED: &str = "Invalid Action property value. Path: $0.Parameters.QueueId";

    #[test]
    fn a_dynamic_value_is_one_path_and_nothing_else() {
        says(&queue("$.Attributes.queue"), &[]);
        says(&queue("$.External.answer.queueArn"), &[]);
        says(&queue("$.SegmentAttributes['connect:Subtype']"), &[]);
        says(
            &queue("The queue is $.Attributes.queue"),
            &[&format!("error[embedded-path] {REFUSED}")],
        );
        says(&queue("$.BadValue"), &[&format!("error[unknown-root] {REFUSED}")]);
        says(&queue(""), &[&format!("error[empty-value] {REFUSED}")]);
        says(&queue(" "), &[]);
    }

    #[test]
    fn a_misspelt_root_is_put_right() {
        let report = report(&queue("$.attributes.queue"));
        assert_eq!(
            report.problems[0].help.as_deref(),
            Some("did you mean $.Attributes?")
        );
    }

    #[test]
    fn static_values_are_static() {
        let lambda = |limit: Value| {
            let parameters = json!({"LambdaFunctionARN": "arn:x", "InvocationTimeLimitSeconds": limit});
            flow("InvokeLambdaFunction", parameters, &[], FAILED)
        };
        let path = "Invalid Action property value. Path: $0.Parameters.InvocationTimeLimitSeconds";
        let hangs_up =
            "warning[silent-hang-up] When the function fails, the contact is cut off without a word";
        says(&lambda(json!("8")), &[hangs_up]);
        says(&lambda(json!(8)), &[hangs_up]);
        says(&lambda(json!("${Seconds}")), &[hangs_up]);
        says(
            &lambda(json!("$.Attributes.limit")),
            &[&format!("error[dynamic-value] {path}"), hangs_up],
        );
        says(
            &lambda(json!("0")),
            &[&format!("error[value-out-of-range] {path}"), hangs_up],
        );
        says(
            &lambda(json!("9")),
            &[&format!("error[value-out-of-range] {path}"), hangs_up],
        );
        says(
            &lambda(json!("3.5")),
            &[&format!("error[value-out-of-range] {path}"), hangs_up],
        );
        says(
            &lambda(json!(null)),
            &[&format!("error[wrong-shape] {path}"), hangs_up],
        );
    }

    #[test]
    fn placeholders_of_deployment_tools_count_as_static() {
        for placeholder in [
            "${Queue}",
            "${Stack.Queue.Arn}",
            "{{queues.basic.arn}}",
            "%Queue%",
            "%%QUEUE%%",
        ] {
            says(&queue(placeholder), &[]);
            says(&queue(&format!("arn:aws:connect:{placeholder}:queue/x")), &[]);
            let logging = flow(
                "UpdateFlowLoggingBehavior",
                json!({"FlowLoggingBehavior": placeholder}),
                &[],
                &[],
            );
            says(&logging, &[]);
            let compare = flow(
                "Compare",
                json!({"ComparisonValue": placeholder}),
                &[("Equals", "x")],
                &["NoMatchingCondition"],
            );
            says(
                &compare,
                &["error[static-value] Invalid Action property value. Path: $0.Parameters.ComparisonValue"],
            );
        }
    }

    #[test]
    fn text_takes_paths_anywhere_and_unknown_ones_are_noticed() {
        let text = |text: &str| flow("MessageParticipant", json!({"Text": text}), &[], &[]);
        says(
            &text("Hello $.Attributes.name, you called $.SystemEndpoint.Address."),
            &[],
        );
        says(&text("That is $.50 or 100% off"), &[]);
        says(
            &text("Hello $.Atributes.name"),
            &["warning[unknown-root] $.Atributes does not exist"],
        );
        says(
            &text("You are calling $.Queue.Title"),
            &["warning[unknown-attribute] $.Queue.Title is in no list of attributes"],
        );
        says(
            &text("We call $.CustomerCallBackPhoneNumber"),
            &[
                "warning[undocumented-root] $.CustomerCallBackPhoneNumber is in exports, but in no list of attributes",
            ],
        );
    }

    #[test]
    fn an_agent_is_there_only_when_one_has_the_contact() {
        let prompt = flow(
            "MessageParticipant",
            json!({"Text": "$.Agent.FirstName is here"}),
            &[],
            &[],
        );
        says_as(
            FlowKind::ContactFlow,
            &prompt,
            &["warning[no-agent-yet] $.Agent is empty in CONTACT_FLOW: no agent has the contact yet"],
        );
        says_as(FlowKind::AgentTransfer, &prompt, &[]);
        says(&prompt, &[]);
    }
}

mod conditions {
    use super::*;

    fn compare(operator: &str, operands: Value) -> Value {
        let mut flow = flow(
            "Compare",
            json!({"ComparisonValue": "$.Attributes.x"}),
            &[("Equals", "a")],
            &["NoMatchingCondition"],
        );
        flow["Actions"][0]["Transitions"]["Conditions"][0]["Condition"] =
            json!({"Operator": operator, "Operands": operands});
        flow
    }

    const REFUSED: &str = "Invalid Action property value. Path: $0.Transitions.Conditions";

    #[test]
    fn operators_are_the_eight_of_the_page_and_key_exists() {
        for operator in [
            "Equals",
            "TextStartsWith",
            "TextEndsWith",
            "TextContains",
            "KeyExists",
        ] {
            says(&compare(operator, json!(["a"])), &[]);
        }
        for operator in [
            "NumberGreaterThan",
            "NumberGreaterOrEqualTo",
            "NumberLessThan",
            "NumberLessOrEqualTo",
        ] {
            says(&compare(operator, json!(["1.5"])), &[]);
            says(&compare(operator, json!([1])), &[]);
            says(
                &compare(operator, json!(["one"])),
                &[&format!(
                    "warning[never-true] {operator} is never true of \"one\", which is no number"
                )],
            );
        }
        for operator in ["And", "Or", "Not", "All", "Any", "Contains", "Exists", "equals"] {
            says(
                &compare(operator, json!(["a"])),
                &[&format!("error[bad-operator] {REFUSED}")],
            );
        }
    }

    #[test]
    fn there_is_exactly_one_operand_and_it_is_not_empty() {
        says(
            &compare("Equals", json!([])),
            &[&format!("error[operand-count] {REFUSED}")],
        );
        says(
            &compare("Equals", json!(["a", "b"])),
            &[&format!("error[operand-count] {REFUSED}")],
        );
        says(
            &compare("Equals", json!([""])),
            &["error[empty-operand] Invalid branch. Path: 0.Evaluate"],
        );
        says(&compare("Equals", json!([" "])), &[]);
        says(
            &compare("Equals", json!([{"Operator": "Equals"}])),
            &[&format!("error[bad-operand] {REFUSED}")],
        );
        says(&compare("Equals", json!(["${Operand}"])), &[]);
    }

    #[test]
    fn the_first_of_equal_conditions_wins() {
        let twice = [("Equals", "a"), ("Equals", "a")];
        let flow = flow(
            "Compare",
            json!({"ComparisonValue": "$.Attributes.x"}),
            &twice,
            &["NoMatchingCondition"],
        );
        says(
            &flow,
            &["warning[shadowed-condition] An earlier branch has the same condition, Equals \"a\""],
        );
    }

    #[test]
    fn compare_wants_a_leaf_and_only_no_matching_condition() {
        let compare = |value: &str, errors: &[&str]| {
            flow(
                "Compare",
                json!({"ComparisonValue": value}),
                &[("Equals", "a")],
                errors,
            )
        };
        let path = "Invalid Action property value. Path: $0.Parameters.ComparisonValue";
        says(&compare("$.Channel", &["NoMatchingCondition"]), &[]);
        says(
            &compare("$.Attributes", &["NoMatchingCondition"]),
            &[&format!("error[path-without-leaf] {path}")],
        );
        says(
            &compare("gold", &["NoMatchingCondition"]),
            &[&format!("error[static-value] {path}")],
        );
        says(
            &compare("$.Channel", &["NoMatchingError"]),
            &[
                "error[refused-error] Invalid Action error. Error: NoMatchingError, Path: $0.Transitions.Errors[0]",
                "error[missing-error] Action is missing required error. Error: NoMatchingCondition, Path: $0",
            ],
        );
    }

    #[test]
    fn results_are_named_and_complete() {
        let hours =
            |conditions: &[(&str, &str)]| flow("CheckHoursOfOperation", json!({}), conditions, FAILED);
        says(&hours(&[("Equals", "True"), ("Equals", "False")]), &[]);
        says(
            &hours(&[("Equals", "True")]),
            &[&format!("error[missing-result] {REFUSED}")],
        );
        says(
            &hours(&[]),
            &["error[missing-property] Action is missing required property. Path: $0.Transitions.Conditions"],
        );
        says(
            &hours(&[("Equals", "True"), ("Equals", "False"), ("Equals", "Holiday")]),
            &[&format!("error[bad-operand] {REFUSED}")],
        );
        says(
            &flow(
                "MessageParticipant",
                json!({"Text": "x"}),
                &[("Equals", "1")],
                &[],
            ),
            &["error[refused-conditions] Action does not support conditions"],
        );
        let mut odd = hours(&[("Equals", "True"), ("Equals", "False")]);
        odd["Actions"][0]["Transitions"]["Conditions"][0]["NextAction"] = json!("it");
        odd["Actions"][0]["Transitions"]["NextAction"] = json!("it");
        assert!(
            lines(&report(&odd))
                .iter()
                .any(|line| line.starts_with("warning[next-action-differs]"))
        );
    }
}
