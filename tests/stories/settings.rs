//! What is written in several places is the same in all of them: a function's settings, its permissions, the table.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use aws_sdk_dynamodb::types::{KeySchemaElement, KeyType, ProjectionType};
use ringback_contacts::item::{AGENT_AT, BY_CALLER, CALLER, EXPIRES_AT, ID};
use ringback_lambda::Vars;
use ringback_local::dynamo::CONTACTS_TABLE;
use ringback_local::stack::{Addresses, Stack};
use serde_yaml_ng::Value;

/// A function, and how its settings are read; what was read comes as its `Debug`, so that two can be compared.
struct Function {
    name: &'static str,
    resource: &'static str,
    read: fn(&Vars) -> Result<String, String>,
}

const FUNCTIONS: [Function; 3] = [
    Function {
        name: "last-agent",
        resource: "LastAgentFunction",
        read: |vars| read(last_agent::Config::from_vars(vars)),
    },
    Function {
        name: "contact-events",
        resource: "ContactEventsFunction",
        read: |vars| read(contact_events::Config::from_vars(vars)),
    },
    Function {
        name: "contact-records",
        resource: "ContactRecordsFunction",
        read: |vars| read(contact_records::Config::from_vars(vars)),
    },
];

fn read(config: Result<impl std::fmt::Debug, impl ToString>) -> Result<String, String> {
    config
        .map(|config| format!("{config:?}"))
        .map_err(|problem| problem.to_string())
}

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn template() -> Value {
    serde_yaml_ng::from_str(&file("infra/template.yaml")).unwrap()
}

/// A scalar as text: CloudFormation hands every parameter and variable over as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Sequence(values) => values.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    }
}

/// What `!Ref` names.
fn referred(value: &Value) -> Option<&str> {
    match value {
        Value::Tagged(tagged) if tagged.tag == "Ref" => tagged.value.as_str(),
        _ => None,
    }
}

/// A setting as one of the places has it.
#[derive(Debug, PartialEq, Eq)]
struct Setting {
    required: bool,
    default: Option<String>,
}

impl Function {
    fn readme(&self) -> String {
        file(&format!("functions/{}/README.md", self.name))
    }

    /// The rows of the table under a heading of the README, without its head.
    fn rows(&self, heading: &str) -> Vec<Vec<String>> {
        let readme = self.readme();
        let section = readme
            .split("\n## ")
            .find(|section| section.lines().next() == Some(heading));
        section
            .unwrap_or_else(|| panic!("{} has no section {heading}", self.name))
            .lines()
            .filter(|line| line.starts_with("| `"))
            .map(|line| {
                line.trim_matches('|')
                    .split(" | ")
                    .map(|cell| cell.trim().to_owned())
                    .collect()
            })
            .collect()
    }

    /// The README's settings.
    fn documented(&self) -> BTreeMap<String, Setting> {
        let rows = self.rows("Settings");
        rows.into_iter()
            .map(|row| {
                let [name, required, default, ..] = row.as_slice() else {
                    panic!("a short row: {row:?}")
                };
                let setting = Setting {
                    required: required == "yes",
                    default: code(default).next(),
                };
                (code(name).next().unwrap(), setting)
            })
            .collect()
    }

    /// The settings that the template gives the function: a parameter has a default, a resource is required.
    fn deployed(&self, template: &Value) -> BTreeMap<String, Setting> {
        self.variables(template)
            .into_iter()
            .map(|(name, value)| {
                let setting = match parameter(template, &value) {
                    Some(parameter) => Setting {
                        required: false,
                        default: text(&parameter["Default"]),
                    },
                    None => Setting {
                        required: true,
                        default: None,
                    },
                };
                (name, setting)
            })
            .collect()
    }

    fn variables(&self, template: &Value) -> BTreeMap<String, Value> {
        let variables = &template["Resources"][self.resource]["Properties"]["Environment"]["Variables"];
        let variables = variables.as_mapping().unwrap();
        variables
            .iter()
            .map(|(name, value)| (text(name).unwrap(), value.clone()))
            .collect()
    }

    /// The names in the code: every literal that has a variable's form.
    fn read_by_code(&self) -> BTreeSet<String> {
        let source = file(&format!("functions/{}/src/config.rs", self.name));
        let code = source
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        let is_variable = |word: &str| {
            word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        };
        code.split('"')
            .skip(1)
            .step_by(2)
            .filter(|word| is_variable(word))
            .map(str::to_owned)
            .collect()
    }

    /// What the function makes of its required settings and these.
    fn with(&self, settings: &[(&str, &str)]) -> Result<String, String> {
        let required = self
            .documented()
            .into_iter()
            .filter(|(_, setting)| setting.required);
        let mut vars: std::collections::HashMap<String, String> =
            required.map(|(name, _)| (name, "given".to_owned())).collect();
        vars.extend(
            settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        (self.read)(&Vars::from(vars))
    }

    fn accepts(&self, name: &str, value: i64) -> bool {
        // The retention is bounded by the window, so its own bounds show with the shortest window.
        let window = if name == "RETENTION_DAYS" {
            ("STICKY_WINDOW_DAYS", "1")
        } else {
            ("", "")
        };
        self.with(&[window, (name, &value.to_string())]).is_ok()
    }

    fn role<'a>(&self, template: &'a Value) -> &'a Value {
        let role = &template["Resources"][self.resource]["Properties"]["Role"];
        let Value::Tagged(role) = role else {
            panic!("{} has no role of its own", self.name)
        };
        let name = role
            .value
            .as_str()
            .and_then(|path| path.strip_suffix(".Arn"))
            .unwrap();
        &template["Resources"][name]["Properties"]
    }

    /// Every statement of the role's policies, those under a condition included.
    fn statements<'a>(&self, template: &'a Value) -> Vec<&'a Value> {
        let policies = self.role(template)["Policies"].as_sequence().unwrap();
        let statements = policies.iter().flat_map(|policy| {
            policy["PolicyDocument"]["Statement"]
                .as_sequence()
                .unwrap()
                .iter()
                .flat_map(branches)
        });
        statements.filter(|statement| statement.is_mapping()).collect()
    }
}

/// The parameter that a value refers to.
fn parameter<'a>(template: &'a Value, value: &Value) -> Option<&'a Value> {
    template["Parameters"].get(referred(value)?)
}

/// A value, or what an `!If` may choose in its place.
fn branches(value: &Value) -> Vec<&Value> {
    match value {
        Value::Tagged(tagged) if tagged.tag == "If" => tagged
            .value
            .as_sequence()
            .unwrap()
            .iter()
            .skip(1)
            .flat_map(branches)
            .collect(),
        value => vec![value],
    }
}

/// What stands between backticks.
fn code(cell: &str) -> impl Iterator<Item = String> + '_ {
    cell.split('`').skip(1).step_by(2).map(str::to_owned)
}

#[test]
fn every_setting_has_the_same_name_and_default_in_code_readme_and_template() {
    let template = template();
    for function in FUNCTIONS {
        let documented = function.documented();
        assert_eq!(
            documented,
            function.deployed(&template),
            "{}: README and template",
            function.name
        );
        let names: BTreeSet<_> = documented.keys().cloned().collect();
        assert_eq!(
            names,
            function.read_by_code(),
            "{}: README and code",
            function.name
        );

        // The code has the same defaults if giving them changes nothing.
        let defaults: Vec<_> = documented
            .iter()
            .filter_map(|(name, setting)| Some((name.as_str(), setting.default.as_deref()?)))
            .collect();
        let optional = documented.values().filter(|setting| !setting.required).count();
        assert_eq!(
            defaults.len(),
            optional,
            "{}: a setting without a default",
            function.name
        );
        assert_eq!(
            function.with(&defaults),
            function.with(&[]),
            "{}: the code's defaults",
            function.name
        );
        for (name, setting) in &documented {
            if setting.required {
                let problem = function.with(&[(name, "")]).unwrap_err();
                assert!(
                    problem.contains(name.as_str()),
                    "{}: {name} is required",
                    function.name
                );
            }
        }
    }
}

#[test]
fn every_setting_has_the_same_bounds_in_code_readme_and_template() {
    let template = template();
    for function in FUNCTIONS {
        let variables = function.variables(&template);
        for row in function.rows("Settings") {
            let name = code(&row[0]).next().unwrap();
            let Some(parameter) = parameter(&template, &variables[&name]) else {
                continue;
            };
            let what = format!("{} of {}", name, function.name);
            if parameter["Type"] == "Number" {
                let bound = |which: &str| {
                    parameter[which]
                        .as_i64()
                        .unwrap_or_else(|| panic!("{what}: no {which}"))
                };
                let (least, most) = (bound("MinValue"), bound("MaxValue"));
                assert_eq!(row[3], format!("{least} to {most}"), "{what}");
                assert!(
                    function.accepts(&name, least) && function.accepts(&name, most),
                    "{what}: its bounds"
                );
                assert!(
                    !function.accepts(&name, least - 1) && !function.accepts(&name, most + 1),
                    "{what}: beyond"
                );
            }
            let words = texts(&parameter["AllowedValues"]);
            if !words.is_empty() {
                assert_eq!(code(&row[3]).collect::<Vec<_>>(), words, "{what}");
                let read: BTreeSet<_> = words
                    .iter()
                    .map(|word| function.with(&[(&name, word)]).unwrap())
                    .collect();
                assert_eq!(read.len(), words.len(), "{what}: two words mean the same");
                function.with(&[(&name, "another")]).unwrap_err();
            }
        }
    }
}

#[test]
fn what_the_template_lets_through_the_functions_accept() {
    let template = template();
    let list = |value: &Value| -> BTreeSet<i64> {
        texts(&value["Fn::Contains"][0])
            .iter()
            .map(|number| number.parse().unwrap())
            .collect()
    };
    let rules = template["Rules"].as_mapping().unwrap().iter();
    let rules: Vec<_> = rules
        .filter(|(name, _)| name.as_str().unwrap().starts_with("RetentionOutlives"))
        .map(|(_, rule)| {
            (
                list(&rule["RuleCondition"]),
                list(&rule["Assertions"][0]["Assert"]["Fn::Not"][0]),
            )
        })
        .collect();
    let last_agent = &FUNCTIONS[0];
    for window in 1..=56 {
        let refused: BTreeSet<i64> = rules
            .iter()
            .filter(|(windows, _)| windows.contains(&window))
            .flat_map(|(_, days)| days.clone())
            .collect();
        let least = (1..=730).find(|days| !refused.contains(days)).unwrap();
        assert!(refused.iter().all(|days| *days < least), "window {window}: a gap");
        let with = |days: i64| {
            let (window, days) = (window.to_string(), days.to_string());
            last_agent.with(&[("STICKY_WINDOW_DAYS", &window), ("RETENTION_DAYS", &days)])
        };
        assert!(
            with(least).is_ok() && with(window).is_ok() && with(window - 1).is_err(),
            "window {window}"
        );
    }

    let channels = template["Parameters"]["StickyChannels"]["Default"]
        .as_str()
        .unwrap();
    assert!(last_agent.with(&[("STICKY_CHANNELS", channels)]).is_ok());
    assert!(
        last_agent
            .with(&[("STICKY_CHANNELS", "VOICE,CHAT,TASK,EMAIL")])
            .is_ok()
    );

    let timeout = template["Resources"][last_agent.resource]["Properties"]["Timeout"]
        .as_i64()
        .unwrap();
    let budget = template["Parameters"]["AnswerBudgetMs"]["MaxValue"]
        .as_i64()
        .unwrap();
    assert!(
        timeout <= 8 && budget < timeout * 1000,
        "Connect waits for 8 seconds"
    );
}

#[test]
fn every_reason_is_documented_and_those_that_are_failures_have_alarms() {
    let words: BTreeSet<_> = ringback_contacts::Reason::ALL
        .iter()
        .map(|reason| reason.name().to_owned())
        .collect();
    // The fields' table has three columns, the reasons' four.
    let reasons: BTreeMap<_, _> = FUNCTIONS[0]
        .rows("Answer values")
        .iter()
        .filter(|row| row.len() == 4)
        .filter_map(|row| Some((code(&row[0]).next()?, code(&row[1]).next()?)))
        .collect();
    assert_eq!(reasons.keys().cloned().collect::<BTreeSet<_>>(), words);

    let alarms = file("infra/template.yaml");
    for (reason, status) in reasons {
        let parsed = serde_json::from_value::<ringback_contacts::Reason>(reason.as_str().into()).unwrap();
        assert_eq!(parsed.status().name(), status, "{reason}");
        let alarmed = alarms.contains(&format!("Name: Reason, Value: {reason} }}"));
        let by_throttles = reason == "search-throttled" && alarms.contains("MetricName: SearchThrottles");
        assert_eq!(
            alarmed || by_throttles,
            status == "unavailable",
            "an alarm for {reason}"
        );
    }
}

#[test]
fn roles_allow_what_the_readme_says_and_nothing_at_large() {
    let template = template();
    for function in FUNCTIONS {
        let role = function.role(&template);
        assert!(
            role.get("ManagedPolicyArns").is_none(),
            "{}: managed policies allow too much",
            function.name
        );
        let mut allowed = BTreeSet::new();
        for statement in function.statements(&template) {
            let actions = texts(&statement["Action"]);
            assert!(
                !actions.is_empty() && statement["Effect"] == "Allow",
                "{}: {statement:?}",
                function.name
            );
            assert!(
                actions.iter().all(|action| !action.contains('*')),
                "{}: {actions:?}",
                function.name
            );
            allowed.extend(actions);
            let resources = match &statement["Resource"] {
                Value::Sequence(resources) => resources.iter().collect(),
                one => branches(one),
            };
            for resource in resources {
                // A resource is always said by its name in the template; only the contacts of an instance are many.
                let Value::Tagged(tagged) = resource else {
                    panic!("{}: {resource:?}", function.name)
                };
                let named = tagged
                    .value
                    .as_str()
                    .is_some_and(|name| name.replace("/contact/*", "").find('*').is_none());
                assert!(named, "{}: {resource:?}", function.name);
            }
        }
        let documented: BTreeSet<_> = function
            .rows("Permissions")
            .iter()
            .filter_map(|row| code(&row[0]).next())
            .collect();
        assert_eq!(documented, allowed, "{}: README and template", function.name);
    }
}

#[tokio::test]
async fn the_local_table_is_the_templates() {
    let template = template();
    let properties = &template["Resources"]["ContactsTable"]["Properties"];
    let client = Stack::start(&Addresses::any()).await.unwrap();
    let client = client.dynamo_client().await;
    let table = client
        .describe_table()
        .table_name(CONTACTS_TABLE)
        .send()
        .await
        .unwrap();
    let table = table.table().unwrap();

    let keys = |schema: &[KeySchemaElement]| -> Vec<(String, String)> {
        schema
            .iter()
            .map(|key| {
                (
                    key.attribute_name().to_owned(),
                    key.key_type().as_str().to_owned(),
                )
            })
            .collect()
    };
    let written = |schema: &Value| -> Vec<(String, String)> {
        let schema = schema.as_sequence().unwrap().iter();
        schema
            .map(|key| {
                (
                    text(&key["AttributeName"]).unwrap(),
                    text(&key["KeyType"]).unwrap(),
                )
            })
            .collect()
    };
    let (hash, range) = (KeyType::Hash.as_str(), KeyType::Range.as_str());
    let pair = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
    assert_eq!(written(&properties["KeySchema"]), [pair(ID, hash)]);
    assert_eq!(keys(table.key_schema()), [pair(ID, hash)]);

    let types: BTreeSet<_> = table
        .attribute_definitions()
        .iter()
        .map(|attribute| pair(attribute.attribute_name(), attribute.attribute_type().as_str()))
        .collect();
    let definitions = properties["AttributeDefinitions"].as_sequence().unwrap().iter();
    let declared: BTreeSet<_> = definitions
        .map(|attribute| {
            (
                text(&attribute["AttributeName"]).unwrap(),
                text(&attribute["AttributeType"]).unwrap(),
            )
        })
        .collect();
    assert_eq!(types, declared);

    let ([index], [declared]) = (
        table.global_secondary_indexes(),
        properties["GlobalSecondaryIndexes"]
            .as_sequence()
            .unwrap()
            .as_slice(),
    ) else {
        panic!("there is one index");
    };
    assert_eq!(index.index_name(), Some(BY_CALLER));
    assert_eq!(declared["IndexName"], BY_CALLER);
    assert_eq!(
        keys(index.key_schema()),
        [pair(CALLER, hash), pair(AGENT_AT, range)]
    );
    assert_eq!(
        written(&declared["KeySchema"]),
        [pair(CALLER, hash), pair(AGENT_AT, range)]
    );
    assert_eq!(
        index
            .projection()
            .and_then(|projection| projection.projection_type()),
        Some(&ProjectionType::All)
    );
    assert_eq!(
        declared["Projection"]["ProjectionType"],
        ProjectionType::All.as_str()
    );

    let ttl = client
        .describe_time_to_live()
        .table_name(CONTACTS_TABLE)
        .send()
        .await
        .unwrap();
    let ttl = ttl
        .time_to_live_description()
        .and_then(|ttl| ttl.attribute_name())
        .map(str::to_owned);
    assert_eq!(ttl.as_deref(), Some(EXPIRES_AT));
    assert_eq!(properties["TimeToLiveSpecification"]["AttributeName"], EXPIRES_AT);
    assert_eq!(properties["BillingMode"], "PAY_PER_REQUEST");
}
