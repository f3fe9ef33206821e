//! What a request asks for.

use ringback_api::{Problem, ProblemType, Request};
use ringback_calls::CallId;

const PATHS: &str = "There are calls, calls/{callId}, carriers and carriers/{accountId}/disabled.";

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// To place a call.
    Place,
    /// To end a call.
    HangUp(CallId),
    /// How the carriers are.
    Carriers,
    /// To take an account, by its public id, out of use, or back into it.
    Disabled(String, bool),
}

impl Route {
    /// Reads the path, then the method, then the ids.
    pub(crate) fn read(request: &Request<'_>) -> Result<Self, Problem> {
        let no_such_path = || Problem::new(&ProblemType::NO_SUCH_PATH, PATHS);
        let segments = request.segments().ok_or_else(no_such_path)?;
        // A stage or a base path may stand before.
        let path: Vec<_> = segments
            .iter()
            .map(AsRef::as_ref)
            .skip_while(|segment| !matches!(*segment, "calls" | "carriers"))
            .collect();
        match (path.as_slice(), request.method) {
            (["calls"], "POST") => Ok(Self::Place),
            (["calls"], _) => Err(Problem::not_that_method("POST")),
            (["calls", call], "DELETE") => {
                let call = CallId::parse(call);
                call.map(Self::HangUp)
                    .map_err(|problem| Problem::invalid("callId", problem.to_string()))
            }
            (["calls", _], _) => Err(Problem::not_that_method("DELETE")),
            (["carriers"], "GET") => Ok(Self::Carriers),
            (["carriers"], _) => Err(Problem::not_that_method("GET")),
            (["carriers", account, "disabled"], "PUT") => {
                account_id(account).map(|id| Self::Disabled(id, true))
            }
            (["carriers", account, "disabled"], "DELETE") => {
                account_id(account).map(|id| Self::Disabled(id, false))
            }
            (["carriers", _, "disabled"], _) => Err(Problem::not_that_method("PUT, DELETE")),
            _ => Err(no_such_path()),
        }
    }
}

fn account_id(text: &str) -> Result<String, Problem> {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() == 12 && text.bytes().all(digit) {
        return Ok(text.to_owned());
    }
    Err(Problem::invalid(
        "accountId",
        "must be an account's public id: 12 hexadecimal digits, as GET /carriers shows it",
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_and_methods_are_those_of_the_readme() {
        let call = CallId::parse("call-0001").unwrap();
        let id = "0123456789ab".to_owned();
        for (method, path, expected) in [
            ("POST", "/calls", Ok(Route::Place)),
            ("POST", "/stage/calls/", Ok(Route::Place)),
            ("DELETE", "/calls/call-0001", Ok(Route::HangUp(call))),
            ("GET", "/carriers", Ok(Route::Carriers)),
            (
                "PUT",
                "/carriers/0123456789ab/disabled",
                Ok(Route::Disabled(id.clone(), true)),
            ),
            (
                "DELETE",
                "/carriers/0123456789ab/disabled",
                Ok(Route::Disabled(id, false)),
            ),
            ("PUT", "/carriers/sample-account-tw/disabled", Err("invalid")),
            ("DELETE", "/calls/short", Err("invalid")),
            ("PUT", "/calls", Err("no-such-method")),
            ("POST", "/calls/call-0001", Err("no-such-method")),
            ("POST", "/carriers", Err("no-such-method")),
            ("GET", "/carriers/0123456789ab/disabled", Err("no-such-method")),
            ("GET", "/carriers/0123456789ab", Err("no-such-path")),
            ("POST", "/carriers/tw/slug-slug/events", Err("no-such-path")),
            ("GET", "/calls/%ff", Err("no-such-path")),
        ] {
            let event = json!({"rawPath": path, "requestContext": {"http": {"method": method}}});
            let route = Route::read(&Request::read(&event).unwrap());
            assert_eq!(
                route.map_err(|problem| problem.kind.name),
                expected,
                "{method} {path}"
            );
        }
    }
}
