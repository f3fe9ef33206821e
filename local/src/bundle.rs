//! `infra/connect.yaml` from `infra/flows/*.json`: a CloudFormation template of the flows.
//!
//! `Content` of `AWS::Connect::ContactFlow` is a string, so a flow goes in as it stands and `Fn::Sub` fills its
//! placeholders: `${XFlowArn}` names another flow of the folder, any other is a parameter of the template. Functions
//! (`${XFunctionArn}`) are associated with the instance, which also lets the instance invoke them.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use ringback_contact_flow::{FlowKind, read};
use serde_json::{Map, Value, json};

use crate::flows::{FlowFile, pascal};

/// The flows of a folder, by name.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn folder(path: &Path) -> Result<Vec<FlowFile>> {
    let entries = std::fs::read_dir(path).with_context(|| format!("reading {}", path.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files.iter().map(|file| FlowFile::read(file)).collect()
}

/// The template's text.
///
/// # Errors
/// When a file is no flow, or has a placeholder that is neither a flow nor a parameter.
pub fn template(flows: &[FlowFile], parameters: &Map<String, Value>) -> Result<String> {
    if flows.is_empty() {
        bail!("there is no flow: no file in the folder ends in .json");
    }
    let mut used = BTreeSet::from(["InstanceArn".to_owned()]);
    let mut resources = Map::new();
    let mut outputs = Map::new();
    let mut functions = BTreeSet::new();
    for file in flows {
        for name in file.placeholders() {
            if flows.iter().any(|other| other.placeholder() == name) {
                continue;
            }
            if !parameters.contains_key(&name) {
                bail!(
                    "{}.json has the placeholder ${{{name}}}, which is neither a flow nor a parameter",
                    file.stem
                );
            }
            if let Some(function) = name.strip_suffix("FunctionArn") {
                functions.insert(function.to_owned());
            }
            used.insert(name);
        }
    }
    for function in &functions {
        resources.insert(
            format!("{function}Integration"),
            json!({
                "Type": "AWS::Connect::IntegrationAssociation",
                "Properties": {
                    "InstanceId": {"Ref": "InstanceArn"},
                    "IntegrationType": "LAMBDA_FUNCTION",
                    "IntegrationArn": {"Ref": format!("{function}FunctionArn")},
                },
            }),
        );
    }
    for file in flows {
        let name = format!("{}Flow", pascal(&file.stem));
        let description = format!("ARN of the flow {}.json.", file.stem);
        resources.insert(name.clone(), resource(file, flows, &functions)?);
        outputs.insert(
            file.placeholder(),
            json!({"Description": description, "Value": {"Fn::GetAtt": [name, "ContactFlowArn"]}}),
        );
    }
    let parameters: Map<_, _> = parameters
        .iter()
        .filter(|(name, _)| used.contains(*name))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Ringback: the contact flows of an Amazon Connect instance",
        "Parameters": parameters,
        "Resources": resources,
        "Outputs": outputs,
    });
    let yaml = serde_yaml_ng::to_string(&template)?;
    Ok(format!(
        "# Made by `ringback flow bundle` from the flows as JSON and their parameters. Do not edit.\n{yaml}"
    ))
}

fn resource(file: &FlowFile, flows: &[FlowFile], functions: &BTreeSet<String>) -> Result<Value> {
    let flow = read(&file.text).with_context(|| format!("{}.json", file.stem))?;
    let said = |key: &str| flow.metadata.get(key).and_then(Value::as_str).unwrap_or_default();
    let kind = match said("type") {
        "" => FlowKind::ContactFlow,
        word => word
            .parse()
            .with_context(|| format!("{}.json: Metadata.type", file.stem))?,
    };
    let used = file.placeholders();
    let variables: Map<_, _> = flows
        .iter()
        .filter(|other| used.contains(&other.placeholder()))
        .map(|other| {
            let arn = json!({"Fn::GetAtt": [format!("{}Flow", pascal(&other.stem)), "ContactFlowArn"]});
            (other.placeholder(), arn)
        })
        .collect();
    let text = compact(&file.text)?;
    let content = match (used.is_empty(), variables.is_empty()) {
        (true, _) => json!(text),
        (false, true) => json!({"Fn::Sub": text}),
        (false, false) => json!({"Fn::Sub": [text, variables]}),
    };
    // A function must be associated with the instance before a flow may name it.
    let after: Vec<_> = functions
        .iter()
        .filter(|function| used.contains(&format!("{function}FunctionArn")))
        .map(|function| format!("{function}Integration"))
        .collect();
    let mut resource = json!({
        "Type": "AWS::Connect::ContactFlow",
        "Properties": {
            "InstanceArn": {"Ref": "InstanceArn"},
            "Name": if said("name").is_empty() { &file.stem } else { said("name") },
            "Description": said("description"),
            "Type": kind.name(),
            "Content": content,
        },
    });
    if let (false, Value::Object(resource)) = (after.is_empty(), &mut resource) {
        resource.insert("DependsOn".to_owned(), json!(after));
    }
    Ok(resource)
}

/// The flow with one block a line: shorter than it is written, and not one line, which would hide every change.
fn compact(text: &str) -> Result<String> {
    let Value::Object(mut flow) = serde_json::from_str(text)? else {
        bail!("a flow is an object")
    };
    let Some(Value::Array(actions)) = flow.remove("Actions") else {
        bail!("a flow has Actions")
    };
    let actions: Vec<_> = actions.iter().map(Value::to_string).collect();
    let rest: Vec<_> = flow
        .iter()
        .map(|(key, value)| format!("{}: {value}", Value::from(key.as_str())))
        .collect();
    Ok(format!(
        "{{\n{},\n\"Actions\": [\n{}\n]\n}}\n",
        rest.join(",\n"),
        actions.join(",\n")
    ))
}
