//! Lists of calls: which one is asked for, and from when to when.

use jiff::Timestamp;
use ringback_api::{BadBody, Problem, ProblemType, Request};
use ringback_calls::{Ask, LONGEST_PAGE, List, Number};
use ringback_connect::phone::E164;
use serde_json::{Map, Value};

/// More than any body that asks for a list.
const LARGEST_BODY: usize = 16 * 1024;
/// More than any cursor of ours.
const LONGEST_CURSOR: usize = 2048;
/// In characters; what is longer stands in no index.
const LONGEST_NAME: usize = 1024;

const ONE_OF_THREE: &str = "must be agent, businessRef or state=open, exactly one of them";
const KNOWN: &str = "may hold agent, businessRef, state, from, to, limit and cursor, each once";

/// What a query string asks for.
pub(crate) fn of_query(request: &Request<'_>, tenant: &str) -> Result<Ask, Problem> {
    let pairs = request
        .query()
        .ok_or_else(|| Problem::invalid("query", "must be UTF-8"))?;
    let mut given = Given::default();
    for (name, value) in &pairs {
        let place = match name.as_ref() {
            "agent" => &mut given.agent,
            "businessRef" => &mut given.business_ref,
            "state" => &mut given.state,
            "from" => &mut given.from,
            "to" => &mut given.to,
            "limit" => &mut given.limit,
            "cursor" => &mut given.cursor,
            _ => return Err(Problem::invalid("query", KNOWN)),
        };
        if place.replace(value.as_ref()).is_some() {
            return Err(Problem::invalid("query", KNOWN));
        }
    }
    let list = match (given.agent, given.business_ref, given.state) {
        (Some(agent), None, None) => List::Agent(name("agent", agent)?),
        (None, Some(reference), None) => List::Reference(name("businessRef", reference)?),
        (None, None, Some("open")) => List::Open,
        (None, None, Some(_)) => return Err(Problem::invalid("state", "must be open")),
        _ => return Err(Problem::invalid("query", ONE_OF_THREE)),
    };
    let limit = given.limit.map(|limit| digits(limit).ok_or_else(bad_limit));
    ask(
        tenant,
        list,
        (given.from, given.to),
        limit.transpose()?,
        given.cursor,
    )
}

/// What a body asks for: the calls of a customer. Their number stands there because URLs are logged in many places.
pub(crate) fn of_body(request: &Request<'_>, tenant: &str) -> Result<Ask, Problem> {
    let body = match request.json(LARGEST_BODY) {
        Ok(Some(Value::Object(body))) => body,
        Ok(Some(_)) => return Err(Problem::invalid("body", "must be an object")),
        Ok(None) => return Err(Problem::invalid("body", "is missing")),
        Err(problem) => return Err(unreadable(problem)),
    };
    let known = ["customer", "from", "to", "limit", "cursor"];
    if !body.keys().all(|field| known.contains(&field.as_str())) {
        let message = "may hold customer, from, to, limit and cursor";
        return Err(Problem::invalid("body", message));
    }
    let customer = text(&body, "customer")?
        .filter(|text| E164::parse(text).is_ok_and(|number| number.as_str() == *text));
    let list = customer.and_then(Number::raw).map(List::Customer);
    let list =
        list.ok_or_else(|| Problem::invalid("customer", "must be a number in E.164, such as +14155550100"))?;
    let limit = body.get("limit").filter(|limit| !limit.is_null());
    let limit = limit.map(|limit| limit.as_u64().ok_or_else(bad_limit));
    let range = (text(&body, "from")?, text(&body, "to")?);
    ask(tenant, list, range, limit.transpose()?, text(&body, "cursor")?)
}

/// What a query string holds.
#[derive(Default)]
struct Given<'a> {
    agent: Option<&'a str>,
    business_ref: Option<&'a str>,
    state: Option<&'a str>,
    from: Option<&'a str>,
    to: Option<&'a str>,
    limit: Option<&'a str>,
    cursor: Option<&'a str>,
}

fn ask(
    tenant: &str,
    list: List,
    (from, to): (Option<&str>, Option<&str>),
    limit: Option<u64>,
    cursor: Option<&str>,
) -> Result<Ask, Problem> {
    let mut ask = Ask::new(tenant, list);
    ask.from = time("from", from)?;
    ask.until = time("to", to)?;
    if let Some(limit) = limit {
        let limit = u16::try_from(limit).ok();
        let allowed = limit.filter(|limit| (1..=LONGEST_PAGE).contains(limit));
        ask.limit = allowed.ok_or_else(bad_limit)?;
    }
    ask.after = match cursor {
        Some(cursor) if cursor.len() > LONGEST_CURSOR => return Err(another_list()),
        cursor => cursor.map(str::to_owned),
    };
    Ok(ask)
}

/// The cursor is of another list.
pub(crate) fn another_list() -> Problem {
    Problem::invalid("cursor", "is not of this list; ask without it")
}

fn bad_limit() -> Problem {
    Problem::invalid(
        "limit",
        format!("must be a whole number from 1 to {LONGEST_PAGE}"),
    )
}

fn unreadable(problem: BadBody) -> Problem {
    match problem {
        BadBody::TooLarge(_) => Problem::new(&ProblemType::TOO_LARGE, "The body is larger than 16 KB."),
        problem => Problem::invalid("body", problem.to_string()),
    }
}

fn name(field: &'static str, text: &str) -> Result<String, Problem> {
    if (1..=LONGEST_NAME).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err(Problem::invalid(
        field,
        format!("must have 1 to {LONGEST_NAME} characters"),
    ))
}

/// A field; `null` counts as left out.
fn text<'a>(body: &'a Map<String, Value>, field: &'static str) -> Result<Option<&'a str>, Problem> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::invalid(field, "must be a text")),
    }
}

/// A whole number without a sign.
fn digits(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn time(field: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text else {
        return Ok(None);
    };
    let time = is_rfc3339(text).then(|| text.parse().ok()).flatten();
    let problem = "must be a time of RFC 3339, such as 2026-11-20T09:00:00Z (in a URL a + is %2B)";
    time.map(Some).ok_or_else(|| Problem::invalid(field, problem))
}

/// Whether a text has the form of RFC 3339. The reader of times takes more: hours without minutes, names of zones.
fn is_rfc3339(text: &str) -> bool {
    let has_form = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                form => byte.eq_ignore_ascii_case(&form),
            })
    };
    let Some((seconds, rest)) = text.split_at_checked("0000-00-00T00:00:00".len()) else {
        return false;
    };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
            if !(1..=9).contains(&(fraction.len() - offset.len())) {
                return false;
            }
            offset
        }
        None => rest,
    };
    let forms = ["Z", "+00:00", "-00:00"];
    has_form(seconds, "0000-00-00T00:00:00") && forms.iter().any(|form| has_form(offset, form))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Read = Result<(List, Option<String>, Option<String>, u16, Option<String>), &'static str>;

    fn read(ask: Result<Ask, Problem>) -> Read {
        let ask = ask.map_err(|problem| problem.fields.first().map_or("", |field| field.path))?;
        let at = |time: Option<Timestamp>| time.map(|time| time.to_string());
        Ok((ask.list, at(ask.from), at(ask.until), ask.limit, ask.after))
    }

    fn asked_by_query(query: &str) -> Read {
        let event = json!({"rawQueryString": query, "requestContext": {"http": {}}});
        read(of_query(&Request::read(&event).unwrap(), "t-1"))
    }

    fn asked_by_body(body: &Value) -> Read {
        let event = json!({"body": body.to_string(), "requestContext": {"http": {}}});
        read(of_body(&Request::read(&event).unwrap(), "t-1"))
    }

    #[test]
    fn a_query_asks_for_one_list_and_is_refused_by_the_field_that_is_wrong() {
        let agent = |agent: &str| List::Agent(agent.to_owned());
        let all = |list| Ok((list, None, None, 50, None));
        let day = Some("2026-11-20T09:00:00Z".to_owned());
        for (query, expected) in [
            ("agent=agent-a", all(agent("agent-a"))),
            (
                "businessRef=order%2317",
                all(List::Reference("order#17".to_owned())),
            ),
            ("state=open&", all(List::Open)),
            (
                "agent=a&from=2026-11-20T09:00:00Z&to=2026-11-20t10:00:00.5%2B01:00&limit=100&cursor=c",
                Ok((
                    agent("a"),
                    day,
                    Some("2026-11-20T09:00:00.5Z".to_owned()),
                    100,
                    Some("c".to_owned()),
                )),
            ),
            ("", Err("query")),
            ("agent=a&state=open", Err("query")),
            ("agent=a&agent=b", Err("query")),
            ("agent=a&customer=%2B14155550102", Err("query")),
            ("agent=%ff", Err("query")),
            ("agent=", Err("agent")),
            ("state=close", Err("state")),
            ("agent=a&limit=0", Err("limit")),
            ("agent=a&limit=101", Err("limit")),
            ("agent=a&limit=%2B5", Err("limit")),
            ("agent=a&limit=", Err("limit")),
            ("agent=a&from=2026-11-20", Err("from")),
            ("agent=a&from=2026-11-20T09Z", Err("from")),
            ("agent=a&from=2026-11-20T09:00:00", Err("from")),
            ("agent=a&from=2026-11-20T09:00:00Z[UTC]", Err("from")),
            ("agent=a&from=2026-13-20T09:00:00Z", Err("from")),
            ("agent=a&to=2026-11-20T09:00:00+01:00", Err("to")),
        ] {
            assert_eq!(asked_by_query(query), expected, "{query}");
        }
        assert_eq!(
            asked_by_query(&format!("agent={}", "a".repeat(1025))),
            Err("agent")
        );
        let long = format!("agent=a&cursor={}", "a".repeat(2049));
        assert_eq!(asked_by_query(&long), Err("cursor"));
    }

    #[test]
    fn a_body_asks_for_a_customer_by_their_whole_number() {
        let customer = List::Customer(Number::raw("+14155550102").unwrap());
        for (body, expected) in [
            (
                json!({"customer": "+14155550102"}),
                Ok((customer.clone(), None, None, 50, None)),
            ),
            (
                json!({"customer": "+14155550102", "from": "2026-11-20T09:00:00Z", "limit": 1, "cursor": "c"}),
                Ok((
                    customer.clone(),
                    Some("2026-11-20T09:00:00Z".to_owned()),
                    None,
                    1,
                    Some("c".to_owned()),
                )),
            ),
            (
                json!({"customer": "+14155550102", "from": null, "limit": null, "cursor": null}),
                Ok((customer.clone(), None, None, 50, None)),
            ),
            (json!({}), Err("customer")),
            (json!({"customer": "0102"}), Err("customer")),
            (json!({"customer": "14155550102"}), Err("customer")),
            (json!({"customer": " +14155550102"}), Err("customer")),
            (json!({"customer": 14_155_550_102_u64}), Err("customer")),
            (json!({"customer": null}), Err("customer")),
            (json!({"customer": "+14155550102", "limit": "5"}), Err("limit")),
            (json!({"customer": "+14155550102", "limit": 101}), Err("limit")),
            (json!({"customer": "+14155550102", "cursor": 5}), Err("cursor")),
            (json!({"customer": "+14155550102", "agent": "a"}), Err("body")),
            (json!(["+14155550102"]), Err("body")),
        ] {
            assert_eq!(asked_by_body(&body), expected, "{body}");
        }
        let event = json!({"requestContext": {"http": {}}});
        assert_eq!(read(of_body(&Request::read(&event).unwrap(), "t-1")), Err("body"));
    }
}
