//! `infra/openapi.json` says what the functions do and what the template routes to them: no path, method or problem more,
//! and none less.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use ringback_lambda::emf_sink;
use ringback_local::stack::{Addresses, Stack};
use serde_json::{Value, json};
use serde_yaml_ng::Value as Yaml;

const METHODS: [&str; 7] = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"];
const PROBLEM: &str = "urn:ringback:problem:";

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn document() -> Value {
    serde_json::from_str(&file("infra/openapi.json")).unwrap()
}

/// The operations: method, path, and what is said of them.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().unwrap().iter();
        let item = item.map(|(method, operation)| (method.to_ascii_uppercase(), path.clone(), operation));
        item.filter(|(method, ..)| METHODS.contains(&method.as_str()))
    });
    operations.collect()
}

/// What a reference leads to.
fn at<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// A route of the template.
struct Route {
    /// `ANY` takes all that no other route of the path takes.
    method: String,
    path: String,
    /// The resource of the function behind it.
    function: String,
    /// Whether nobody is asked who they are.
    open: bool,
}

fn routes() -> Vec<Route> {
    let template: Yaml = serde_yaml_ng::from_str(&file("infra/template.yaml")).unwrap();
    let resources = template["Resources"].as_mapping().unwrap();
    let tagged = |value: &Yaml| match value {
        Yaml::Tagged(tagged) => tagged.value.as_str().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let routes = resources.iter().map(|(_, resource)| resource);
    let routes = routes.filter(|resource| resource["Type"] == "AWS::ApiGatewayV2::Route");
    routes
        .map(|route| {
            let route = &route["Properties"];
            let (method, path) = route["RouteKey"].as_str().unwrap().split_once(' ').unwrap();
            let target = tagged(&route["Target"]);
            let integration = target.trim_start_matches("integrations/${").trim_end_matches('}');
            let function = &resources[integration]["Properties"]["IntegrationUri"];
            Route {
                method: method.to_owned(),
                path: path.to_owned(),
                function: tagged(function).trim_end_matches(".Arn").to_owned(),
                open: route["AuthorizationType"] == "NONE",
            }
        })
        .collect()
}

/// The route that API Gateway takes.
fn taken<'a>(routes: &'a [Route], method: &str, path: &str) -> Option<&'a Route> {
    let of_path = || routes.iter().filter(|route| route.path == path);
    let exact = of_path().find(|route| route.method == method);
    exact.or_else(|| of_path().find(|route| route.method == "ANY"))
}

#[test]
fn the_description_has_the_routes_of_the_template() {
    let (document, routes) = (document(), routes());
    let operations = operations(&document);
    let described: BTreeSet<_> = operations.iter().map(|(_, path, _)| path.as_str()).collect();
    let routed: BTreeSet<_> = routes.iter().map(|route| route.path.as_str()).collect();
    let missing: Vec<_> = described.difference(&routed).collect();
    assert!(missing.is_empty(), "the template lacks routes for {missing:?}");
    let missing: Vec<_> = routed.difference(&described).collect();
    assert!(missing.is_empty(), "the description lacks {missing:?}");
    for (method, path, operation) in &operations {
        let route = taken(&routes, method, path);
        let route = route.unwrap_or_else(|| panic!("the template has no route for {method} {path}"));
        let asks_nobody = operation["security"] == json!([]);
        assert_eq!(asks_nobody, route.open, "who may {method} {path}");
    }
    for route in routes.iter().filter(|route| route.method != "ANY") {
        let described = operations
            .iter()
            .any(|(method, path, _)| (method, path) == (&route.method, &route.path));
        assert!(described, "the description lacks {} {}", route.method, route.path);
    }
}

/// Every function that has routes.
struct Functions {
    query_calls: query_calls::App,
    place_call: place_call::App,
    manage_callers: manage_callers::App,
    carrier_webhook: carrier_webhook::App,
}

impl Functions {
    async fn new(stack: &Stack) -> Self {
        let metrics = || emf_sink(std::io::sink());
        Self {
            query_calls: stack.query_calls(&[], metrics()).await.unwrap(),
            place_call: stack.place_call(&[], metrics()).await.unwrap(),
            manage_callers: stack.manage_callers(&[], metrics()).await.unwrap(),
            carrier_webhook: stack.carrier_webhook(&[], metrics()).await.unwrap(),
        }
    }

    /// What the function of a route answers.
    async fn answer(&self, route: &Route, event: &Value) -> Value {
        let now = Timestamp::now();
        match route.function.as_str() {
            "QueryCallsFunction" => self.query_calls.respond(event, now).await,
            "PlaceCallFunction" => self.place_call.respond(event, now).await,
            "ManageCallersFunction" => self.manage_callers.take(event, now).await.unwrap(),
            "CarrierWebhookFunction" => self.carrier_webhook.take(event, now).await,
            other => panic!("no function {other} is known here"),
        }
    }
}

/// The path of a request: each of its parameters as the description's example, or a text of its form.
fn sample(path: &str) -> String {
    [
        ("{callId}", "call-0001"),
        ("{recordingId}", "RE0"),
        ("{accountId}", "0123456789ab"),
        ("{carrier}", "tw"),
        ("{account}", "sample-account-tw"),
        ("{id}", "c-1"),
    ]
    .into_iter()
    .fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
}

#[tokio::test]
async fn the_functions_take_the_methods_that_are_described_and_no_others() {
    let stack = Stack::start(&Addresses::any()).await.unwrap();
    let functions = Functions::new(&stack).await;
    let (document, routes) = (document(), routes());
    let mut methods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path, _) in operations(&document) {
        methods.entry(path).or_default().insert(method);
    }
    for (path, described) in methods {
        for method in METHODS {
            let Some(route) = taken(&routes, method, &path) else {
                continue;
            };
            let event = json!({
                "version": "2.0",
                "rawPath": sample(&path),
                "headers": {},
                "requestContext": {
                    "http": {"method": method},
                    "authorizer": {"iam": {"userArn": "arn:aws:iam::111122223333:role/operator"}},
                },
                "isBase64Encoded": false,
            });
            let answer = functions.answer(route, &event).await;
            let status = answer["statusCode"].as_u64().unwrap();
            let body: Value =
                serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
            let path_is_known =
                body["type"] != format!("{PROBLEM}no-such-path") && body["error"] != "no-such-path";
            assert!(path_is_known, "{} does not know {path}", route.function);
            let refused = status == 405;
            assert_eq!(refused, !described.contains(method), "{method} {path}: {answer}");
            if refused {
                let allow = answer["headers"]["allow"].as_str().unwrap();
                let allowed: BTreeSet<_> = allow.split(", ").map(str::to_owned).collect();
                assert_eq!(allowed, described, "{method} {path}");
            }
        }
    }
}

#[test]
fn every_problem_of_the_functions_is_described_with_its_status() {
    let document = document();
    let functions = query_calls::PROBLEMS.iter().chain(&place_call::PROBLEMS);
    let known: BTreeMap<_, _> = functions
        .map(|problem| {
            (
                format!("{PROBLEM}{}", problem.name),
                (problem.status, problem.title),
            )
        })
        .collect();
    let schema = &document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"];
    let described: BTreeSet<_> = schema
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(described, known.keys().map(String::as_str).collect());

    let mut shown = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let content = &at(&document, response)["content"]["application/problem+json"];
            for example in content["examples"].as_object().into_iter().flatten() {
                let example = &at(&document, example.1)["value"];
                let name = example["type"].as_str().unwrap();
                let (known, title) = known[name];
                assert_eq!(*status, known.to_string(), "{name} of {method} {path}");
                assert_eq!(
                    (&example["status"], &example["title"]),
                    (&json!(known), &json!(title))
                );
                shown.insert(name.to_owned());
            }
        }
    }
    // What no documented request is answered with.
    shown.extend(["no-such-path", "no-such-method"].map(|name| format!("{PROBLEM}{name}")));
    let shown: BTreeSet<_> = shown.iter().map(String::as_str).collect();
    assert_eq!(shown, described, "each is an answer of some operation");
}

/// Whether a value is what a schema of the document says.
fn conforms(document: &Value, schema: &str, value: &Value) -> Result<(), String> {
    let root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{schema}"),
        "components": document["components"],
    });
    let validator = jsonschema::validator_for(&root).unwrap();
    validator
        .validate(value)
        .map_err(|error| format!("{schema}: {error}"))
}

#[test]
fn examples_samples_and_readmes_are_what_the_schemas_say() {
    let document = document();
    let mut checked = 0;
    let mut check = |schema: &str, value: &Value| {
        assert_eq!(conforms(&document, schema, value), Ok(()));
        checked += 1;
    };
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            check(name, example);
        }
    }
    for example in document["components"]["examples"].as_object().unwrap().values() {
        check("Problem", &example["value"]);
    }
    let readme = file("functions/query-calls/README.md");
    let examples: Vec<Value> = readme
        .split("```json\n")
        .skip(1)
        .map(|block| serde_json::from_str(block.split("```").next().unwrap()).unwrap())
        .collect();
    for (schema, example) in ["Call", "CallPage", "Link", "Hold", "Problem"]
        .into_iter()
        .zip(&examples)
    {
        check(schema, example);
    }
    // The samples of requests: the body of each is that of its operation.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events/api");
    for entry in fs::read_dir(folder).unwrap() {
        let sample: Value = serde_json::from_slice(&fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let key = sample["routeKey"].as_str().unwrap();
        let (_, path) = key.split_once(' ').unwrap();
        let method = sample["requestContext"]["http"]["method"].as_str().unwrap();
        let operation = &document["paths"][path][method.to_ascii_lowercase()];
        assert!(operation.is_object(), "{method} {path}");
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let schema = schema.as_str().and_then(|reference| reference.rsplit('/').next());
        if let (Some(schema), Some(body)) = (schema, sample["body"].as_str()) {
            check(schema, &serde_json::from_str(body).unwrap());
        }
    }
    assert!(checked > 50, "{checked}");
    for (schema, wrong) in [
        ("NewCall", json!({"agent": "+14155550101"})),
        (
            "NewCall",
            json!({"agent": "+14155550101", "customer": "4155550102"}),
        ),
        ("Search", json!({"customer": "+14155550102", "agent": "agent-a"})),
        (
            "Problem",
            json!({"type": "urn:ringback:problem:other", "title": "", "status": 400, "detail": ""}),
        ),
    ] {
        assert!(conforms(&document, schema, &wrong).is_err(), "{wrong}");
    }
}
