//! What is written in several places is the same in all of them: a function's settings, its permissions, its alarms, the
//! tables.

mod bounds;
mod outcomes;
mod policies;
mod roles;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ringback_lambda::Vars;
use ringback_local::centre::INSTANCE_ARN;
use ringback_local::stack::{Addresses, PUBLIC_BASE_URL, Stack};
use serde_json::json;
use serde_yaml_ng::Value;

/// A function, and how its settings are read; what was read comes as its `Debug`, so that two can be compared.
struct Function {
    name: &'static str,
    resource: &'static str,
    read: fn(&Vars) -> Result<String, String>,
}

const FUNCTIONS: [Function; 13] = [
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
        name: "place-call",
        resource: "PlaceCallFunction",
        read: |vars| read(place_call::Config::from_vars(vars)),
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
        name: "reconcile-calls",
        resource: "ReconcileCallsFunction",
        read: |vars| read(reconcile_calls::Config::from_vars(vars)),
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

    /// The names in the code: every literal that has a variable's form, also where several functions share the reading.
    fn read_by_code(&self) -> BTreeSet<String> {
        let mut source = file(&format!("functions/{}/src/config.rs", self.name));
        if source.contains("simulated_carriers(vars)") {
            source.push_str(&file("crates/outbound/src/simulated.rs"));
        }
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
