//! What no deployment may lack or allow: logs that end, dead letters for what nobody waits for, no right at large, no secret in
//! an environment.

use super::*;

/// Where AWS has nothing finer than everything, with the reason. Whoever adds a line here is asked why.
const AT_LARGE: [(&str, &str); 2] = [
    ("TracingPolicy", "X-Ray knows no resources"),
    ("RecordingsKey", "in a key's own policy `*` is that key"),
];

/// Actions at large, with the reason.
const ANY_ACTION: [(&str, &str); 1] = [(
    "RecordingsKey",
    "the account's own policies decide, as without a statement nobody could ever change the key again",
)];

/// Every statement of every policy of the template that allows something, with the resource that it stands in.
fn allowed(template: &Value) -> Vec<(String, Value)> {
    fn collect(resource: &str, value: &Value, found: &mut Vec<(String, Value)>) {
        match value {
            Value::Mapping(fields) => {
                if value["Effect"] == "Allow" {
                    found.push((resource.to_owned(), value.clone()));
                }
                fields.values().for_each(|value| collect(resource, value, found));
            }
            Value::Sequence(values) => values.iter().for_each(|value| collect(resource, value, found)),
            Value::Tagged(tagged) => collect(resource, &tagged.value, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (name, resource) in template["Resources"].as_mapping().unwrap() {
        collect(name.as_str().unwrap(), resource, &mut found);
    }
    found
}

fn named(list: &[(&str, &str)], resource: &str) -> bool {
    list.iter().any(|(name, _)| *name == resource)
}

/// What is wrong with the rights that a template gives.
fn at_large(template: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    for (resource, statement) in allowed(template) {
        let sid = text(&statement["Sid"]).unwrap_or_default();
        let actions = texts(&statement["Action"]);
        if actions.iter().any(|action| action.contains('*')) && !named(&ANY_ACTION, &resource) {
            wrong.push(format!("{resource} {sid}: any action"));
        }
        if texts(&statement["Resource"]).iter().any(|name| name == "*") && !named(&AT_LARGE, &resource) {
            wrong.push(format!("{resource} {sid}: any resource"));
        }
        let anybody = statement["Principal"] == "*" || statement["Principal"]["AWS"] == "*";
        if anybody {
            wrong.push(format!("{resource} {sid}: anybody"));
        }
    }
    wrong
}

#[test]
fn no_policy_allows_anything_at_large() {
    assert_eq!(at_large(&template()), Vec::<String>::new());
    // And the check sees it where one does.
    let sound = "              - Sid: FindTheAccount\n                Effect: Allow\n                Action: dynamodb:GetItem\n";
    for (spoilt, said) in [
        ("dynamodb:*", "CarrierWebhookRole FindTheAccount: any action"),
        ("'*'", "CarrierWebhookRole FindTheAccount: any action"),
    ] {
        let text = file("infra/template.yaml");
        assert!(text.contains(sound));
        let text = text.replacen(sound, &sound.replace("dynamodb:GetItem", spoilt), 1);
        assert_eq!(at_large(&serde_yaml_ng::from_str(&text).unwrap()), [said]);
    }
    let text =
        file("infra/template.yaml").replacen("Resource: !GetAtt CarriersTable.Arn", "Resource: '*'", 1);
    let [said] = at_large(&serde_yaml_ng::from_str(&text).unwrap())
        .try_into()
        .unwrap();
    assert!(said.ends_with(": any resource"), "{said}");
}

#[test]
fn logs_of_every_function_end_and_hold_nothing_below_info() {
    let template = template();
    let globals = &template["Globals"]["Function"]["LoggingConfig"];
    assert_eq!(globals["ApplicationLogLevel"], "INFO");
    for function in FUNCTIONS {
        let properties = function.properties(&template);
        let logs = referred(&properties["LoggingConfig"]["LogGroup"]).unwrap_or_default();
        let group = &template["Resources"][logs];
        assert_eq!(group["Type"], "AWS::Logs::LogGroup", "{}", function.name);
    }
    for (name, group) in resources(&template, "AWS::Logs::LogGroup") {
        assert_eq!(
            referred(&group["RetentionInDays"]),
            Some("LogRetentionDays"),
            "{name}"
        );
    }
}

/// What Lambda does asynchronously is lost when it fails for good, unless a queue keeps it. A function that answers whoever
/// waits has none.
#[test]
fn whatever_nobody_waits_for_has_a_dead_letter_queue() {
    let template = template();
    let waited_for = ["last-agent", "classify-caller", "query-calls", "place-call"];
    for function in FUNCTIONS {
        let properties = function.properties(&template);
        let written = serde_yaml_ng::to_string(properties).unwrap();
        let queues = serde_yaml_ng::to_string(function.role(&template)).unwrap();
        let has = written.contains("DeadLetters") || queues.contains("DeadLetters");
        assert_eq!(has, !waited_for.contains(&function.name), "{}", function.name);
    }
    // A queue that feeds a function has one behind it.
    for (name, queue) in resources(&template, "AWS::SQS::Queue") {
        let behind = queue.get("RedrivePolicy").is_some();
        assert_eq!(behind, !name.ends_with("DeadLetters"), "{name}");
    }
}

#[test]
fn no_secret_is_in_an_environment() {
    let template = template();
    for function in FUNCTIONS {
        for (name, value) in function.variables(&template) {
            let secret = ["SECRET", "TOKEN", "PASSWORD", "CREDENTIAL"]
                .iter()
                .any(|word| name.contains(word));
            assert!(!secret || name.ends_with("_ARN"), "{}: {name}", function.name);
            let written = serde_yaml_ng::to_string(&value).unwrap();
            assert!(
                !written.contains("resolve:"),
                "{}: {name} is resolved into the environment",
                function.name
            );
        }
    }
    // Nor would a parameter be one: they are shown to whoever may describe the stack.
    for (name, parameter) in template["Parameters"].as_mapping().unwrap() {
        assert!(parameter.get("NoEcho").is_none(), "{name:?} is a secret");
    }
}

#[test]
fn every_parameter_is_described_and_bounded() {
    let template = template();
    for (name, parameter) in template["Parameters"].as_mapping().unwrap() {
        let described = text(&parameter["Description"]).is_some_and(|text| text.len() > 20);
        let bounded = ["AllowedPattern", "AllowedValues", "MaxValue"]
            .iter()
            .any(|bound| parameter.get(*bound).is_some());
        assert!(described && bounded, "{name:?}");
    }
}

/// What a key of the stack's encrypts is of use only to whoever may use the key: publishing to the topic fails without a word
/// to anybody but an alarm.
#[test]
fn whoever_writes_to_what_a_key_encrypts_may_use_the_key() {
    let template = template();
    let pipe = serde_yaml_ng::to_string(&template["Resources"]["RecordingsPipeRole"]).unwrap();
    let (publishes, encrypts) = (pipe.contains("sns:Publish"), pipe.contains("kms:GenerateDataKey"));
    assert!(
        publishes && encrypts && pipe.contains("RecordingsKey.Arn"),
        "{pipe}"
    );
    let archive = serde_yaml_ng::to_string(&template["Resources"]["ArchiveRecordingRole"]).unwrap();
    assert!(archive.contains("kms:GenerateDataKey") && archive.contains("RecordingsKey.Arn"));
    // Queues have keys of SQS's own, so EventBridge, SNS and alarms need no right to any.
    for (name, queue) in resources(&template, "AWS::SQS::Queue") {
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{name}");
    }
}
