//! Lists of calls and the search for a customer's, by the API.

use ringback_calls::{Cause, Class, Kind, Verdict, When};
use ringback_lambda::emf_sink;
use ringback_local::gate::Fault;
use ringback_tests::{CallBook, Logs, TENANT, call, event, morning, placed};
use serde_json::{Value, json};

use super::archive::{Answer, request, token};

/// Whose signature counts for the tenant of the story, and for whole numbers.
const ROLE: &str = "arn:aws:iam::111122223333:role/desk/supervisor";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/supervisor/session-1";
const CUSTOMER: &str = "+14155550102";

/// Calls of `agent-a` with one customer about one order, a minute from one to the next, and the function over them.
struct Book {
    book: CallBook,
    app: query_calls::App,
}

impl Book {
    async fn with(calls: i64, settings: &[(&str, &str)]) -> Self {
        let mut book = CallBook::open().await.unwrap();
        for minute in 0..calls {
            let id = call(&format!("no-{minute}")).unwrap();
            book.put(&[placed(&id, minute * 60).unwrap()]).await.unwrap();
        }
        book.settle().await.unwrap();
        let metrics = emf_sink(book.metrics.clone());
        let settings: Vec<_> = [("TENANT_CLAIM", "tenant")]
            .into_iter()
            .chain(settings.iter().copied())
            .collect();
        let app = book.stack.query_calls(&settings, metrics).await.unwrap();
        book.requests();
        Self { book, app }
    }

    async fn send(&self, event: &Value) -> Answer {
        Answer::of(&self.app.respond(event, morning(3600)).await)
    }

    async fn list(&self, query: &str) -> Answer {
        self.send(&listed(query, token(TENANT, None))).await
    }

    async fn search(&self, body: &Value) -> Answer {
        self.send(&searched(body, token(TENANT, None))).await
    }

    /// The call is over.
    async fn close(&mut self, name: &str, seconds: i64) {
        let mut ended = event(&call(name).unwrap(), "completed", seconds, Kind::Ended);
        ended.entry.event.facts.ended = Some(When::At(morning(seconds)));
        ended.entry.event.facts.talk_seconds = Some(58);
        ended.entry.event.facts.verdict = Some(Verdict {
            cause: Cause::of(Class::Ok),
            leg: None,
        });
        self.book.put(&[ended]).await.unwrap();
        self.book.settle().await.unwrap();
        self.book.requests();
    }
}

fn listed(query: &str, authoriser: Value) -> Value {
    let mut event = request("GET", "/calls", authoriser);
    event["rawQueryString"] = json!(query);
    event
}

fn searched(body: &Value, authoriser: Value) -> Value {
    let mut event = request("POST", "/calls/search", authoriser);
    event["body"] = json!(body.to_string());
    event
}

/// The names of the calls on a page.
fn names(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    let calls = answer.body["calls"].as_array().unwrap().iter();
    let names: Vec<_> = calls
        .map(|line| line["id"].as_str().unwrap().replace("call-no-", ""))
        .collect();
    names.join(" ")
}

#[tokio::test]
async fn every_list_comes_newest_first_in_pages_without_gap_or_repetition() {
    let mut book = Book::with(5, &[]).await;
    for query in ["agent=agent-a", "businessRef=order-17", "state=open"] {
        let mut pages = Vec::new();
        let mut cursor = String::new();
        loop {
            let answer = book.list(&format!("{query}&limit=2{cursor}")).await;
            assert_eq!(book.book.requests(), "Query 1", "{query}");
            pages.push(names(&answer));
            match answer.body["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(pages, ["4 3", "2 1", "0"], "{query}");
    }
    let mut body = json!({"customer": CUSTOMER, "limit": 3});
    let first = book.search(&body).await;
    body["cursor"] = first.body["next"].clone();
    let second = book.search(&body).await;
    assert_eq!((names(&first), names(&second)), ("4 3 2".into(), "1 0".into()));
    assert_eq!(second.body.get("next"), None);

    // From the first minute on, and before the fourth.
    let range = "&from=2026-11-20T09:01:00Z&to=2026-11-20T10:04:00%2B01:00";
    assert_eq!(names(&book.list(&format!("agent=agent-a{range}")).await), "3 2 1");
    let (from, to) = (morning(60), morning(120));
    let answer = book
        .search(&json!({"customer": CUSTOMER, "from": from, "to": to}))
        .await;
    assert_eq!(names(&answer), "1");

    // What is over is open no more, and stays in the other lists.
    book.close("no-3", 200).await;
    assert_eq!(names(&book.list("state=open").await), "4 2 1 0");
    assert_eq!(names(&book.list("agent=agent-a").await), "4 3 2 1 0");
    let long = format!("agent={}", "%F0%9F%93%9E".repeat(1024));
    for nobody in ["agent=agent-b", "businessRef=order-1", &long] {
        let answer = book.list(nobody).await;
        assert_eq!(
            (answer.status, answer.body),
            (200, json!({"calls": []})),
            "{nobody}"
        );
    }
}

#[tokio::test]
async fn a_page_is_as_the_readme_shows_it() {
    let mut book = Book::with(2, &[]).await;
    book.close("no-0", 70).await;
    let answer = book.list("agent=agent-a&limit=2").await;
    let readme = include_str!("../../../functions/query-calls/README.md");
    let section = readme.split("### A list of calls").nth(1).unwrap();
    let example = section.split("```json\n").nth(1).unwrap();
    let mut example: Value = serde_json::from_str(example.split("```").next().unwrap()).unwrap();
    // A whole page is followed by a cursor even where nothing more comes.
    let next = example.as_object_mut().unwrap().remove("next").unwrap();
    assert!(next.is_string() && answer.body["next"].is_string());
    assert_eq!(answer.body["calls"], example["calls"], "{:#}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_cursor_is_of_one_list_one_range_and_one_tenant() {
    let book = Book::with(3, &[]).await;
    let next = book.list("agent=agent-a&limit=1").await.body["next"].clone();
    let next = next.as_str().unwrap();
    let again = format!("agent=agent-a&cursor={next}");
    assert_eq!(names(&book.list(&again).await), "1 0");

    let other_tenant = book.send(&listed(&again, token("t-2", None))).await;
    let mut answers = vec![("another tenant's", other_tenant)];
    for (whose, query) in [
        ("another agent's", format!("agent=agent-b&cursor={next}")),
        ("another list's", format!("businessRef=order-17&cursor={next}")),
        ("that of the open calls", format!("state=open&cursor={next}")),
        (
            "another range's",
            format!("agent=agent-a&from=2026-11-20T09:00:00Z&cursor={next}"),
        ),
        ("nobody's", "agent=agent-a&cursor=bm90IG91cnM".to_owned()),
        ("no cursor", "agent=agent-a&cursor=?".to_owned()),
        ("nothing", "agent=agent-a&cursor=".to_owned()),
    ] {
        answers.push((whose, book.list(&query).await));
    }
    let body = json!({"customer": CUSTOMER, "cursor": next});
    answers.push(("a search's", book.search(&body).await));
    for (whose, answer) in answers {
        assert_eq!(
            (answer.status, &answer.body["problems"][0]["path"]),
            (400, &json!("cursor")),
            "{whose}"
        );
        assert!(!answer.body.to_string().contains(next), "{whose}");
    }
}

#[tokio::test]
async fn what_cannot_be_listed_is_told_by_the_field_and_never_by_its_value() {
    let book = Book::with(0, &[]).await;
    for (query, field) in [
        ("", "query"),
        ("agent=a&businessRef=b", "query"),
        ("agent=a&agent=b", "query"),
        // A number stands in a body, because URLs are logged.
        ("customer=%2B14155550102", "query"),
        ("state=close", "state"),
        ("agent=a&limit=0", "limit"),
        ("agent=a&limit=101", "limit"),
        ("agent=a&limit=ten", "limit"),
        ("agent=a&from=yesterday", "from"),
        ("agent=a&to=2026-11-20", "to"),
    ] {
        let answer = book.list(query).await;
        let shown = (
            answer.status,
            answer.problem(),
            &answer.body["problems"][0]["path"],
        );
        assert_eq!(shown, (400, "invalid", &json!(field)), "{query}");
        assert!(!answer.body.to_string().contains("4155550102"), "{query}");
    }
    for (body, field) in [
        (json!({}), "customer"),
        (json!({"customer": "4155550102"}), "customer"),
        (json!({"customer": CUSTOMER, "limit": 101}), "limit"),
        (json!({"customer": CUSTOMER, "4155550102": true}), "body"),
        (json!("4155550102"), "body"),
    ] {
        let answer = book.search(&body).await;
        let shown = (
            answer.status,
            answer.problem(),
            &answer.body["problems"][0]["path"],
        );
        assert_eq!(shown, (400, "invalid", &json!(field)));
        assert!(!answer.body.to_string().contains("4155550102"));
    }
    let answer = book
        .search(&json!({"customer": CUSTOMER, "cursor": "x".repeat(16 * 1024)}))
        .await;
    assert_eq!((answer.status, answer.problem()), (413, "too-large"));
    let mut broken = searched(&json!({}), token(TENANT, None));
    broken["body"] = json!("{\"customer\": \"+14155550102");
    let answer = book.send(&broken).await;
    assert_eq!((answer.status, answer.problem()), (400, "invalid"));
    assert_eq!(book.book.requests(), "", "nothing of that asks the table");
    for (method, path, allow) in [
        ("POST", "/calls", "GET, POST"),
        ("GET", "/calls/search", "POST"),
        ("DELETE", "/calls/call-no-1", "GET, DELETE"),
    ] {
        let answer = book.send(&request(method, path, token(TENANT, None))).await;
        assert_eq!((answer.status, &answer.headers["allow"]), (405, &json!(allow)));
    }

    book.book.stack.gate().unwrap().fail("Query", Fault::Down);
    let answer = book.list("agent=a").await;
    assert_eq!((answer.status, answer.problem()), (503, "unavailable"));
}

#[tokio::test]
async fn numbers_are_whole_for_those_with_the_role_and_masked_for_all_others() {
    let principals = json!({ROLE: TENANT, "arn:aws:iam::111122223333:role/clerk": TENANT}).to_string();
    let settings = [
        ("ROLE_CLAIM", "roles"),
        ("NUMBERS_ROLE", &format!("supervisor, {ROLE}")),
        ("TENANT_PRINCIPALS", &principals),
    ];
    let book = Book::with(1, &settings).await;
    let with_roles =
        |roles: &str| json!({"jwt": {"claims": {"tenant": TENANT, "sub": "user-1", "roles": roles}}});
    let principal = |arn: &str| json!({"iam": {"userArn": arn}});
    for (authoriser, whole) in [
        (with_roles("supervisor"), true),
        (with_roles("[clerk supervisor]"), true),
        (principal(SESSION), true),
        (with_roles("clerk"), false),
        (with_roles("[clerk]"), false),
        (with_roles(""), false),
        (with_roles(ROLE.trim_start_matches("arn:")), false),
        (token(TENANT, Some("supervisor")), false),
        (
            principal("arn:aws:sts::111122223333:assumed-role/clerk/supervisor"),
            false,
        ),
    ] {
        let shown = if whole { CUSTOMER } else { "…0102" };
        let record = book
            .send(&request("GET", "/calls/call-no-0", authoriser.clone()))
            .await;
        assert_eq!(record.body["customer"], shown, "{authoriser}");
        assert_eq!(record.body["b"]["number"], shown, "{authoriser}");
        let list = book.send(&listed("state=open", authoriser.clone())).await;
        let search = book
            .send(&searched(&json!({"customer": CUSTOMER}), authoriser.clone()))
            .await;
        for answer in [list, search] {
            assert_eq!(answer.body["calls"][0]["customer"], shown, "{authoriser}");
            assert_eq!(answer.body.to_string().contains("415555"), whole, "{authoriser}");
        }
    }
    // What one may see is not what another has kept.
    let get = |roles: &str| request("GET", "/calls/call-no-0", with_roles(roles));
    let whole = book.send(&get("supervisor")).await;
    let mut asked = get("clerk");
    asked["headers"] = json!({"if-none-match": whole.headers["etag"]});
    assert_eq!(book.send(&asked).await.status, 200);

    // Nobody has a role where none is set.
    let book = Book::with(1, &[]).await;
    let record = book.send(&get("supervisor")).await;
    assert_eq!(record.body["customer"], "…0102");
}

#[tokio::test]
async fn a_hold_is_put_and_ended_by_operators_where_there_is_such_a_role() {
    let settings = [("ROLE_CLAIM", "roles"), ("OPERATOR_ROLE", "operator")];
    let book = Book::with(1, &settings).await;
    let without = Book::with(1, &[]).await;
    for method in ["PUT", "DELETE"] {
        let hold = |roles: &str| {
            let claims = json!({"tenant": TENANT, "sub": "user-1", "roles": roles});
            let path = "/calls/call-no-0/recordings/RE0/hold";
            request(method, path, json!({"jwt": {"claims": claims}}))
        };
        let refused = book.send(&hold("clerk")).await;
        assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
        assert_eq!(refused.body["detail"], "It takes one of these roles: operator.");
        for answer in [
            book.send(&hold("operator")).await,
            without.send(&hold("clerk")).await,
        ] {
            assert_eq!((answer.status, answer.problem()), (404, "no-such-recording"));
        }
    }
}

#[tokio::test]
async fn a_tenant_sees_its_own_calls_and_no_others() {
    let principals = json!({ROLE: TENANT, "arn:aws:iam::111122223333:user/other": "t-2"}).to_string();
    let book = Book::with(1, &[("TENANT_PRINCIPALS", &principals)]).await;
    let principal = |arn: &str| json!({"iam": {"userArn": arn}});
    let record = |authoriser| request("GET", "/calls/call-no-0", authoriser);
    let search = |authoriser| searched(&json!({"customer": CUSTOMER}), authoriser);
    for authoriser in [token(TENANT, None), principal(SESSION)] {
        assert_eq!(book.send(&record(authoriser.clone())).await.status, 200);
        for asked in [listed("state=open", authoriser.clone()), search(authoriser)] {
            assert_eq!(names(&book.send(&asked).await), "0");
        }
    }
    for authoriser in [
        token("t-2", None),
        principal("arn:aws:iam::111122223333:user/other"),
    ] {
        assert_eq!(book.send(&record(authoriser.clone())).await.status, 404);
        for asked in [
            listed("state=open", authoriser.clone()),
            listed("agent=agent-a", authoriser.clone()),
            search(authoriser),
        ] {
            assert_eq!(book.send(&asked).await.body, json!({"calls": []}));
        }
    }
    for (authoriser, expected) in [
        (json!({}), (401, "unauthorised")),
        (
            principal("arn:aws:iam::111122223333:role/clerk"),
            (403, "forbidden"),
        ),
        (
            principal("arn:aws:iam::444455556666:role/supervisor"),
            (403, "forbidden"),
        ),
        (principal("arn:aws:iam::111122223333:root"), (403, "forbidden")),
        // The tenant is never what the request says of itself.
        (json!({"jwt": {"claims": {"sub": "user-1"}}}), (403, "forbidden")),
    ] {
        for asked in [
            record(authoriser.clone()),
            listed("state=open&tenant=t-1", authoriser.clone()),
            search(authoriser.clone()),
        ] {
            let answer = book.send(&asked).await;
            assert_eq!((answer.status, answer.problem()), expected, "{authoriser}");
        }
    }
}

#[tokio::test]
async fn a_number_that_is_searched_for_is_in_no_log_and_no_metric() {
    let logs = Logs::capture(tracing::Level::DEBUG);
    let book = Book::with(1, &[]).await;
    let answer = book.search(&json!({"customer": CUSTOMER})).await;
    assert_eq!(names(&answer), "0");
    book.search(&json!({"customer": CUSTOMER, "limit": 0})).await;
    book.list("agent=agent-a&limit=1").await;
    book.list("customer=%2B14155550102").await;
    book.book.stack.gate().unwrap().fail("Query", Fault::Down);
    book.search(&json!({"customer": CUSTOMER})).await;
    let logs = logs.text();
    let ours: Vec<_> = logs
        .lines()
        .filter(|line| !line.contains("\"level\":\"DEBUG\""))
        .collect();
    assert!(ours.len() >= 5, "{ours:#?}");
    let metrics = book.book.metrics.text();
    for (what, text) in [("logs", ours.join("\n")), ("metrics", metrics.clone())] {
        for secret in ["415555", "agent-a", "customer"] {
            let line = text.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "in the {what}");
        }
    }
    assert!(metrics.contains("\"Lists\":1"));
}

#[tokio::test]
async fn the_description_of_the_api_is_given_to_anybody_and_kept() {
    let book = Book::with(0, &[]).await;
    let mut asked = request("GET", "/openapi.json", Value::Null);
    let answer = book.send(&asked).await;
    assert_eq!(
        (answer.status, &answer.headers["content-type"]),
        (200, &json!("application/json"))
    );
    assert_eq!(answer.body["openapi"], "3.1.0");
    asked["headers"] = json!({"if-none-match": answer.headers["etag"]});
    assert_eq!(book.send(&asked).await.status, 304);
    let answer = book.send(&request("POST", "/openapi.json", Value::Null)).await;
    assert_eq!((answer.status, &answer.headers["allow"]), (405, &json!("GET")));
    assert_eq!(book.book.requests(), "");
}

#[tokio::test]
async fn the_samples_of_lists_are_understood() {
    let principals = json!({"arn:aws:iam::111122223333:role/auditor": TENANT}).to_string();
    let book = Book::with(2, &[("TENANT_PRINCIPALS", &principals)]).await;
    for name in ["list-calls", "list-open-calls", "search-calls"] {
        let file = format!("{}/../events/api/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let sample: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let answer = Answer::of(&book.app.respond(&sample, morning(3600)).await);
        assert_eq!(names(&answer), "1 0", "{name}");
    }
}
