//! Reasons, outcomes, failures and paths are documented, and those that somebody must hear of have alarms.

use super::*;

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

/// The function that a route leads to.
fn answers(template: &Value, route: &Value) -> String {
    let named = |value: &Value| match value {
        Value::Tagged(tagged) => text(&tagged.value).unwrap(),
        _ => panic!("{value:?}"),
    };
    let target = named(&route["Target"]);
    let integration = target.trim_start_matches("integrations/${").trim_end_matches('}');
    let uri = named(&template["Resources"][integration]["Properties"]["IntegrationUri"]);
    uri.trim_end_matches(".Arn").to_owned()
}

#[test]
fn every_path_of_an_api_is_documented_and_asks_who_is_there_unless_carriers_sign() {
    let template = template();
    let who_is_known: &[&str] = &["JWT", "AWS_IAM"];
    for (name, authorisation) in [
        ("manage-callers", who_is_known),
        ("query-calls", who_is_known),
        ("place-call", who_is_known),
        ("carrier-webhook", &["NONE"]),
    ] {
        let mut paths = BTreeSet::new();
        let routes = resources(&template, "AWS::ApiGatewayV2::Route").into_iter();
        for (route, properties) in
            routes.filter(|(_, route)| answers(&template, route) == function(name).resource)
        {
            let key = text(&properties["RouteKey"]).unwrap();
            let (_, path) = key.split_once(' ').unwrap();
            paths.insert(path.to_owned());
            let asked: Vec<_> = branches(&properties["AuthorizationType"])
                .into_iter()
                .filter_map(text)
                .collect();
            // What describes the API holds nothing of anybody's.
            let expected = if path == "/openapi.json" {
                &["NONE"]
            } else {
                authorisation
            };
            assert_eq!(asked, expected, "{route}");
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
