//! What is written in several places is the same in all of them: a function's settings, its permissions, its alarms, the
//! tables.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use aws_sdk_dynamodb::types::{KeySchemaElement, KeyType, ProjectionType, TableDescription};
use ringback_accounts::item as carriers;
use ringback_callers::item as callers;
use ringback_calls::item as calls;
use ringback_contacts::item::{AGENT_AT, BY_CALLER, CALLER, EXPIRES_AT, ID};
use ringback_lambda::Vars;
use ringback_local::centre::INSTANCE_ARN;
use ringback_local::dynamo::{CALLERS_TABLE, CALLS_TABLE, CARRIERS_TABLE, CONTACTS_TABLE};
use ringback_local::stack::{Addresses, PUBLIC_BASE_URL, Stack};
use serde_json::json;
use serde_yaml_ng::Value;

/// A function, and how its settings are read; what was read comes as its `Debug`, so that two can be compared.
struct Function {
    name: &'static str,
    resource: &'static str,
    read: fn(&Vars) -> Result<String, String>,
}

const FUNCTIONS: [Function; 11] = [
    Function {
        name: "archive-recording",
        resource: "ArchiveRecordingFunction",
        read: |vars| read(archive_recording::Config::from_vars(vars)),
    },
    Function {
        name: "carrier-webhook",
        resource: "CarrierWebhookFunction",
        read: |vars| read(carrier_webhook::Config::from_vars(vars)),
    },
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
    Function {
        name: "classify-caller",
        resource: "ClassifyCallerFunction",
        read: |vars| read(classify_caller::Config::from_vars(vars)),
    },
    Function {
        name: "manage-callers",
        resource: "ManageCallersFunction",
        read: |vars| read(manage_callers::Config::from_vars(vars)),
    },
    Function {
        name: "notify",
        resource: "NotifyFunction",
        read: |vars| read(notify::Config::from_vars(vars)),
    },
    Function {
        name: "project-calls",
        resource: "ProjectCallsFunction",
        read: |vars| read(project_calls::Config::from_vars(vars)),
    },
    Function {
        name: "query-calls",
        resource: "QueryCallsFunction",
        read: |vars| read(query_calls::Config::from_vars(vars)),
    },
    Function {
        name: "report-step",
        resource: "ReportStepFunction",
        read: |vars| read(report_step::Config::from_vars(vars)),
    },
];

/// The function of that name.
fn function(name: &str) -> &'static Function {
    FUNCTIONS.iter().find(|function| function.name == name).unwrap()
}

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

    /// The settings that the template gives the function: a parameter may have a default, a resource is required, and
    /// what is written out is a setting that stays at its default in the cloud.
    fn deployed(&self, template: &Value) -> BTreeMap<String, Setting> {
        self.variables(template)
            .into_iter()
            .map(|(name, value)| {
                // Where a condition chooses, what stands last is what there is by default.
                let value = branches(&value).pop().unwrap_or(&value);
                let default = match parameter(template, value) {
                    Some(parameter) => text(&parameter["Default"]),
                    None => text(value),
                };
                let required = default.is_none();
                (name, Setting { required, default })
            })
            .collect()
    }

    fn variables(&self, template: &Value) -> BTreeMap<String, Value> {
        let variables = &self.properties(template)["Environment"]["Variables"];
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
        let mut vars: std::collections::HashMap<String, String> = required
            .map(|(name, _)| {
                let sample = match name.as_str() {
                    "INSTANCE_ARN" => INSTANCE_ARN,
                    "PUBLIC_BASE_URL" => PUBLIC_BASE_URL,
                    _ => "given",
                };
                (name, sample.to_owned())
            })
            .collect();
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

    fn properties<'a>(&self, template: &'a Value) -> &'a Value {
        &template["Resources"][self.resource]["Properties"]
    }

    fn role<'a>(&self, template: &'a Value) -> &'a Value {
        let role = &self.properties(template)["Role"];
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

/// The template's resources of a type, by name.
fn resources<'a>(template: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let all = template["Resources"].as_mapping().unwrap().iter();
    all.filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.as_str().unwrap(), &resource["Properties"]))
        .collect()
}

/// The dimensions of an alarm; what names a resource by its name.
fn dimensions(alarm: &Value) -> BTreeMap<String, String> {
    let dimensions = alarm["Dimensions"].as_sequence().unwrap().iter();
    dimensions
        .map(|dimension| {
            let value = match &dimension["Value"] {
                Value::Tagged(tagged) => text(&tagged.value),
                value => text(value),
            };
            (text(&dimension["Name"]).unwrap(), value.unwrap())
        })
        .collect()
}

/// Whether an alarm watches a metric with exactly these dimensions.
fn is_alarmed(template: &Value, metric: &str, wanted: &[(&str, &str)]) -> bool {
    let wanted: BTreeMap<_, _> = wanted
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let alarms = resources(template, "AWS::CloudWatch::Alarm");
    let mut alarms = alarms.iter();
    alarms.any(|(_, alarm)| alarm["MetricName"] == metric && dimensions(alarm) == wanted)
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
fn every_function_is_built_deployed_and_compared() {
    let names = |text: &str| -> BTreeSet<String> {
        let words: Vec<_> = text.split_whitespace().collect();
        let packages = words.windows(2).filter(|pair| pair[0] == "-p");
        packages.map(|pair| pair[1].to_owned()).collect()
    };
    let compared: BTreeSet<_> = FUNCTIONS
        .iter()
        .map(|function| function.name.to_owned())
        .collect();
    let folders = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions")).unwrap();
    let folders: BTreeSet<_> = folders
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, compared);
    let readme = file("infra/README.md");
    let build = readme.split("cargo lambda build").nth(1).unwrap();
    assert_eq!(
        names(build.split("```").next().unwrap()),
        compared,
        "infra/README.md"
    );

    let template = template();
    let deployed: BTreeSet<_> = resources(&template, "AWS::Serverless::Function")
        .into_iter()
        .map(|(resource, properties)| (resource.to_owned(), text(&properties["CodeUri"]).unwrap()))
        .collect();
    let wanted = FUNCTIONS.iter().map(|function| {
        let folder = format!("../target/lambda/{}/", function.name);
        (function.resource.to_owned(), folder)
    });
    assert_eq!(deployed, wanted.collect());
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
    let last_agent = function("last-agent");
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

    for asked in [last_agent, function("classify-caller")] {
        let timeout = asked.properties(&template)["Timeout"].as_i64().unwrap();
        let budget = template["Parameters"]["AnswerBudgetMs"]["MaxValue"]
            .as_i64()
            .unwrap();
        assert!(
            timeout <= 8 && budget < timeout * 1000,
            "{}: Connect waits for 8 seconds",
            asked.name
        );
    }
}

#[test]
fn a_text_that_a_function_refuses_is_refused_when_the_stack_is_deployed() {
    let template = template();
    let hours = "Mon-Fri 08:00-18:00,Sat 09:00-13:00";
    for (name, setting, parameter, good, bad) in [
        (
            "classify-caller",
            "LOOKUP_URL",
            "LookupUrl",
            ["none", "https://example.com/lookup", "https://example.com:8443"].as_slice(),
            ["http://example.com/", "example.com", "ftp://example.com/"].as_slice(),
        ),
        (
            "classify-caller",
            "NUMBER_REGION",
            "NumberRegion",
            &["US", "GB"],
            &["Atlantis", "4", "+1"],
        ),
        (
            "carrier-webhook",
            "PUBLIC_BASE_URL",
            "PublicBaseUrl",
            &[
                "https://calls.example.com",
                "https://api.example.com:8443/voice/v1",
            ],
            &[
                "http://calls.example.com",
                "calls.example.com",
                "https://calls.example.com/a b",
                "https://user@calls.example.com",
                "https://calls.example.com/?a=1",
            ],
        ),
        (
            "notify",
            "NOTIFY_STEPS",
            "NotifySteps",
            &["ended", "chose,gave-up"],
            &["rang", "ended,", "ended;chose"],
        ),
        (
            "notify",
            "NOTIFY_HOURS",
            "NotifyHours",
            &["always", hours, "Fri-Mon 22:00-02:00", "Sun 00:00-24:00"],
            &[
                "Monday 9-5",
                "08:00-18:00",
                "Mon 24:00-25:00",
                "Mon 8:00-18:00",
                "Mon 08:60-18:00",
                "Mon",
            ],
        ),
        (
            "notify",
            "NOTIFY_TIME_ZONE",
            "NotifyTimeZone",
            &["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"],
            &["Europe Berlin", "/"],
        ),
        (
            "notify",
            "ORDER_LINK",
            "OrderLink",
            &[
                "none",
                "https://example.com/orders/{orderId}",
                "https://example.com/?id={orderId}&tab=1",
            ],
            &[
                "https://example.com/",
                "http://example.com/{orderId}",
                "https://{orderId}.example.com/",
                "https://example.com{orderId}",
                "https://example.com/{orderId}/{orderId}",
                "https://a:b@example.com/{orderId}",
                "https://example.com/<{orderId}>",
                "https://example.com/{orderId}|",
            ],
        ),
    ] {
        let pattern = text(&template["Parameters"][parameter]["AllowedPattern"]).unwrap();
        let pattern = jsonschema::validator_for(&json!({"pattern": pattern})).unwrap();
        let function = function(name);
        let secret = ("LOOKUP_SECRET_ARN", "given");
        for (value, fits) in good
            .iter()
            .map(|good| (*good, true))
            .chain(bad.iter().map(|bad| (*bad, false)))
        {
            assert_eq!(pattern.is_valid(&json!(value)), fits, "{parameter}: {value}");
            let read = function.with(&[secret, (setting, value)]);
            assert_eq!(read.is_ok(), fits, "{setting}: {value}: {read:?}");
        }
    }
}

#[test]
fn times_are_those_of_the_readmes() {
    let template = template();
    let number = |function: &Function, row: &str| -> Option<i64> {
        let readme = function.readme();
        let line = readme.lines().find(|line| line.starts_with(row))?;
        let digits = line
            .split(|c: char| !c.is_ascii_digit())
            .find(|part| !part.is_empty());
        digits.and_then(|digits| digits.parse().ok())
    };
    for function in FUNCTIONS {
        let timeout = function.properties(&template)["Timeout"].as_i64();
        let said = number(&function, "| time-out");
        assert_eq!(said.or(timeout), timeout, "{}", function.name);
    }
    let notify = function("notify");
    let queue = &template["Resources"]["NotifyQueue"]["Properties"];
    let visibility = queue["VisibilityTimeout"].as_i64().unwrap();
    assert_eq!(number(notify, "| visibility time-out"), Some(visibility));
    assert_eq!(
        number(notify, "| redrive"),
        queue["RedrivePolicy"]["maxReceiveCount"].as_i64()
    );
    let source = &notify.properties(&template)["Events"]["Steps"]["Properties"];
    assert_eq!(
        number(notify, "| maximum concurrency"),
        source["ScalingConfig"]["MaximumConcurrency"].as_i64()
    );
    assert_eq!(source["FunctionResponseTypes"][0], "ReportBatchItemFailures");
    assert!(visibility > notify.properties(&template)["Timeout"].as_i64().unwrap());
}

/// A reason and its status.
fn words<R: Copy, S>(
    all: &[R],
    name: fn(R) -> &'static str,
    status: fn(R) -> S,
    word: fn(S) -> &'static str,
) -> BTreeMap<String, String> {
    all.iter()
        .map(|reason| (name(*reason).to_owned(), word(status(*reason)).to_owned()))
        .collect()
}

#[test]
fn every_reason_is_documented_and_those_that_are_failures_have_alarms() {
    let template = template();
    let last_agent = {
        use ringback_contacts::{Reason, Status};
        words(Reason::ALL, Reason::name, Reason::status, Status::name)
    };
    let classify_caller = {
        use ringback_callers::{Reason, Status};
        words(Reason::ALL, Reason::name, Reason::status, Status::name)
    };
    for (name, words) in [("last-agent", last_agent), ("classify-caller", classify_caller)] {
        // The fields' table has three columns, the reasons' four.
        let documented: BTreeMap<_, _> = function(name)
            .rows("Answer values")
            .iter()
            .filter(|row| row.len() == 4)
            .filter_map(|row| Some((code(&row[0]).next()?, code(&row[1]).next()?)))
            .collect();
        assert_eq!(documented, words, "{name}");
        for (reason, status) in words {
            let dimensions = [("Function", name), ("Status", &status), ("Reason", &reason)];
            let alarmed = is_alarmed(&template, "Answers", &dimensions);
            let by_throttles = reason == "search-throttled"
                && is_alarmed(&template, "SearchThrottles", &[("Function", name)]);
            assert_eq!(
                alarmed || by_throttles,
                status == "unavailable",
                "{name}: an alarm for {reason}"
            );
        }
    }
}

#[test]
fn every_field_of_an_answer_about_a_caller_is_documented() {
    let answer = ringback_callers::Answer::unavailable(ringback_callers::Reason::OutOfTime);
    let numbered = |name: &str| name.starts_with("step");
    let fields = answer.fields();
    let fields: BTreeSet<_> = fields
        .iter()
        .map(|(name, _)| *name)
        // The six steps are alike, and so are documented once.
        .filter(|name| !numbered(name) || name.starts_with("step1"))
        .map(|name| name.replacen("step1", "stepN", 1))
        .collect();
    let documented: BTreeSet<_> = function("classify-caller")
        .rows("Answer values")
        .iter()
        .filter(|row| row.len() == 3)
        .filter_map(|row| code(&row[0]).next())
        .collect();
    assert_eq!(documented, fields);
}

#[test]
fn errors_and_dead_letters_of_every_function_have_alarms() {
    let template = template();
    for function in FUNCTIONS {
        let dimension = [("FunctionName", function.resource)];
        assert!(is_alarmed(&template, "Errors", &dimension), "{}", function.name);
    }
    for (name, _) in resources(&template, "AWS::SQS::Queue") {
        let metric = if name.ends_with("DeadLetters") {
            "ApproximateNumberOfMessagesVisible"
        } else {
            "ApproximateAgeOfOldestMessage"
        };
        let queue = format!("{name}.QueueName");
        assert!(is_alarmed(&template, metric, &[("QueueName", &queue)]), "{name}");
    }
}

#[test]
fn every_path_of_an_api_is_documented_and_asks_who_is_there_unless_carriers_sign() {
    let template = template();
    for (name, api, authorisation) in [
        ("manage-callers", "DirectoryApi", ["JWT", "AWS_IAM"].as_slice()),
        ("query-calls", "CallsApi", &["JWT", "AWS_IAM"]),
        ("carrier-webhook", "CarrierApi", &["NONE"]),
    ] {
        let mut paths = BTreeSet::new();
        let routes = resources(&template, "AWS::ApiGatewayV2::Route").into_iter();
        for (route, properties) in routes.filter(|(_, route)| referred(&route["ApiId"]) == Some(api)) {
            let key = text(&properties["RouteKey"]).unwrap();
            paths.insert(key.strip_prefix("ANY ").unwrap().to_owned());
            let asked: Vec<_> = branches(&properties["AuthorizationType"])
                .into_iter()
                .filter_map(text)
                .collect();
            assert_eq!(asked, authorisation, "{route}");
        }
        let documented: BTreeSet<_> = function(name)
            .rows("Input")
            .iter()
            .filter_map(|row| {
                code(&row[0])
                    .next()?
                    .split_once(' ')
                    .map(|(_, path)| path.to_owned())
            })
            .collect();
        assert_eq!(documented, paths, "{name}");
    }
    // Paths of carriers hold credentials, those of the directory ids.
    for (stage, properties) in resources(&template, "AWS::ApiGatewayV2::Stage") {
        let format = text(&properties["AccessLogSettings"]["Format"]).unwrap();
        for secret in ["path", "Path", "sourceIp", "domain", "query"] {
            assert!(!format.contains(secret), "{stage} logs {secret}");
        }
        assert_eq!(properties["StageName"], "$default");
    }
}

#[test]
fn every_outcome_and_reason_of_a_carriers_request_is_documented() {
    let webhook = function("carrier-webhook");
    let documented = |heading: &str| -> BTreeSet<_> {
        let rows = webhook.rows(heading).into_iter();
        rows.flat_map(|row| code(&row[0]).collect::<Vec<_>>()).collect()
    };
    let outcomes = carrier_webhook::Outcome::ALL.map(|outcome| outcome.name().to_owned());
    assert_eq!(documented("Answer values"), outcomes.into());
    let reasons = carrier_webhook::REASONS.map(str::to_owned);
    let documented = documented("When it fails");
    let missing: Vec<_> = reasons
        .iter()
        .filter(|reason| !documented.contains(*reason))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
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
                // A resource is always said by its name in the template; only an instance's contacts and agents are many,
                // the secrets of carrier accounts, which are added without a deployment, and the objects of a bucket.
                let Value::Tagged(tagged) = resource else {
                    panic!("{}: {resource:?}", function.name)
                };
                let named = tagged.value.as_str().is_some_and(|name| {
                    name.replace("/contact/*", "")
                        .replace(":secret:${AWS::StackName}/carriers/*", "")
                        .replace("/agent/*", "")
                        .replace("Bucket.Arn}/*", "")
                        .replace("Bucket}/*", "")
                        .find('*')
                        .is_none()
                });
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

type Pairs = Vec<(String, String)>;

fn pair(name: &str, kind: &str) -> (String, String) {
    (name.to_owned(), kind.to_owned())
}

fn keys(schema: &[KeySchemaElement]) -> Pairs {
    let keys = schema.iter();
    keys.map(|key| pair(key.attribute_name(), key.key_type().as_str()))
        .collect()
}

/// A list of the template, of attributes with a word each.
fn declared(attributes: &Value, word: &str) -> Pairs {
    let attributes = attributes.as_sequence().unwrap().iter();
    attributes
        .map(|attribute| {
            let [name, kind] = ["AttributeName", word].map(|field| text(&attribute[field]).unwrap());
            (name, kind)
        })
        .collect()
}

/// Compares a table here with the template's, and both with the keys that the code writes; answers with both.
async fn table<'a>(
    client: &aws_sdk_dynamodb::Client,
    template: &'a Value,
    (name, resource): (&str, &str),
    schema: &Pairs,
) -> (TableDescription, &'a Value) {
    let properties = &template["Resources"][resource]["Properties"];
    let described = client.describe_table().table_name(name).send().await.unwrap();
    let table = described.table().unwrap().clone();
    assert_eq!(
        &declared(&properties["KeySchema"], "KeyType"),
        schema,
        "{resource}"
    );
    assert_eq!(&keys(table.key_schema()), schema, "{name}");

    let types: BTreeSet<_> = table
        .attribute_definitions()
        .iter()
        .map(|attribute| pair(attribute.attribute_name(), attribute.attribute_type().as_str()))
        .collect();
    let definitions = declared(&properties["AttributeDefinitions"], "AttributeType");
    assert_eq!(types, definitions.into_iter().collect(), "{name}");

    let ttl = client
        .describe_time_to_live()
        .table_name(name)
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
    // Personal data: encrypted, to be restored, and not deleted with the stack.
    assert_eq!(properties["SSESpecification"]["SSEEnabled"], true);
    assert_eq!(
        properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        true
    );
    assert_eq!(
        referred(&properties["DeletionProtectionEnabled"]),
        Some("DeletionProtection")
    );
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        assert_eq!(template["Resources"][resource][policy], "Retain", "{resource}");
    }
    (table, properties)
}

#[tokio::test]
async fn the_local_tables_are_the_templates() {
    let template = template();
    let stack = Stack::start(&Addresses::any()).await.unwrap();
    let client = stack.dynamo_client().await;
    let (hash, range) = (KeyType::Hash.as_str(), KeyType::Range.as_str());

    let contacts = (CONTACTS_TABLE, "ContactsTable");
    let (contacts, properties) = table(&client, &template, contacts, &vec![pair(ID, hash)]).await;
    let ([index], [written]) = (
        contacts.global_secondary_indexes(),
        properties["GlobalSecondaryIndexes"]
            .as_sequence()
            .unwrap()
            .as_slice(),
    ) else {
        panic!("there is one index");
    };
    assert_eq!(index.index_name(), Some(BY_CALLER));
    assert_eq!(written["IndexName"], BY_CALLER);
    let by_caller = [pair(CALLER, hash), pair(AGENT_AT, range)];
    assert_eq!(keys(index.key_schema()), by_caller);
    assert_eq!(declared(&written["KeySchema"], "KeyType"), by_caller);
    let projection = index
        .projection()
        .and_then(|projection| projection.projection_type());
    assert_eq!(projection, Some(&ProjectionType::All));
    assert_eq!(
        written["Projection"]["ProjectionType"],
        ProjectionType::All.as_str()
    );

    let schema = vec![pair(callers::ID, hash), pair(callers::PART, range)];
    let (directory, properties) = table(&client, &template, (CALLERS_TABLE, "CallersTable"), &schema).await;
    assert!(directory.global_secondary_indexes().is_empty());
    assert!(properties.get("GlobalSecondaryIndexes").is_none());

    let schema = vec![pair(carriers::ID, hash), pair(carriers::PART, range)];
    let (accounts, properties) = table(&client, &template, (CARRIERS_TABLE, "CarriersTable"), &schema).await;
    assert!(accounts.global_secondary_indexes().is_empty());
    assert!(properties.get("GlobalSecondaryIndexes").is_none());

    let schema = vec![pair(calls::ID, hash), pair(calls::PART, range)];
    let (book, properties) = table(&client, &template, (CALLS_TABLE, "CallsTable"), &schema).await;
    let written = properties["GlobalSecondaryIndexes"].as_sequence().unwrap();
    let (mut here, mut there) = (BTreeMap::new(), BTreeMap::new());
    for index in book.global_secondary_indexes() {
        let projection = index.projection().unwrap();
        let kind = projection.projection_type().unwrap().as_str().to_owned();
        let named: BTreeSet<_> = projection.non_key_attributes().iter().cloned().collect();
        here.insert(
            index.index_name().unwrap().to_owned(),
            (keys(index.key_schema()), kind, named),
        );
    }
    for index in written {
        let projection = &index["Projection"];
        let kind = text(&projection["ProjectionType"]).unwrap();
        let named: BTreeSet<_> = texts(&projection["NonKeyAttributes"]).into_iter().collect();
        there.insert(
            text(&index["IndexName"]).unwrap(),
            (declared(&index["KeySchema"], "KeyType"), kind, named),
        );
    }
    assert_eq!(here, there);
    let indexes: Vec<_> = here
        .iter()
        .map(|(name, (keys, ..))| (name.as_str(), keys.clone()))
        .collect();
    let listed = |key: &str| vec![pair(key, hash), pair(calls::CREATED_MS, range)];
    let expected = [
        (calls::BY_AGENT, listed(calls::AGENT_KEY)),
        (calls::BY_CARRIER_CALL, listed(calls::CARRIER_CALL_KEY)),
        (calls::BY_CUSTOMER, listed(calls::CUSTOMER_KEY)),
        (
            calls::BY_DUE,
            vec![pair(calls::DUE, hash), pair(calls::NEXT_CHECK_AT, range)],
        ),
        (calls::BY_REFERENCE, listed(calls::REFERENCE_KEY)),
    ];
    assert_eq!(indexes, expected);
    let view = book
        .stream_specification()
        .and_then(|stream| stream.stream_view_type());
    let view = view.map(|view| view.as_str().to_owned());
    assert_eq!(view, text(&properties["StreamSpecification"]["StreamViewType"]));
    for other in [callers::EXPIRES_AT, calls::EXPIRES_AT, carriers::EXPIRES_AT] {
        assert_eq!(other, EXPIRES_AT, "local tables have one name for it");
    }
}
