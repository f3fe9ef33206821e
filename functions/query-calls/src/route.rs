//! What a request asks for.

use ringback_api::{Problem, ProblemType, Request};
use ringback_calls::{CallId, LONGEST_RECORDING_ID};

const PATHS: &str = "There are calls, calls/search, calls/{callId}, calls/{callId}/recordings/{recordingId}/link, \
    calls/{callId}/recordings/{recordingId}/hold and openapi.json.";

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// The description of all APIs, which says nothing of anybody; by whatever method.
    Description,
    /// Something of a tenant's calls.
    Calls(Asked),
}

/// Of a tenant's calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A list; the query string says which.
    List,
    /// Those of a customer; the body says whose.
    Search,
    /// A call's record.
    Record(CallId),
    /// To do something with a call's recording of that id.
    Recording(CallId, String, Step),
}

/// With a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Give a link to it.
    Link,
    /// Put it under legal hold.
    Hold,
    /// End its legal hold.
    Release,
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
            .skip_while(|segment| !matches!(*segment, "calls" | "openapi.json"))
            .collect();
        let method = request.method;
        // Other methods of these paths are for `place-call`.
        match path.as_slice() {
            ["openapi.json"] => Ok(Self::Description),
            ["calls"] if method == "GET" => Ok(Self::Calls(Asked::List)),
            ["calls"] => Err(Problem::not_that_method("GET, POST")),
            ["calls", "search"] if method == "POST" => Ok(Self::Calls(Asked::Search)),
            ["calls", "search"] => Err(Problem::not_that_method("POST")),
            ["calls", call] if method == "GET" => Ok(Self::Calls(Asked::Record(call_id(call)?))),
            ["calls", _] => Err(Problem::not_that_method("GET, DELETE")),
            // The id is a carrier's own text: a `/` in it may have been decoded on the way.
            ["calls", call, "recordings", id @ .., what @ ("link" | "hold")] => {
                let step = Step::read(what, method)?;
                Ok(Self::Calls(Asked::Recording(
                    call_id(call)?,
                    recording_id(&id.join("/"))?,
                    step,
                )))
            }
            _ => Err(no_such_path()),
        }
    }
}

impl Step {
    fn read(what: &str, method: &str) -> Result<Self, Problem> {
        match (what, method) {
            ("link", "POST") => Ok(Self::Link),
            ("link", _) => Err(Problem::not_that_method("POST")),
            (_, "PUT") => Ok(Self::Hold),
            (_, "DELETE") => Ok(Self::Release),
            _ => Err(Problem::not_that_method("PUT, DELETE")),
        }
    }
}

fn call_id(text: &str) -> Result<CallId, Problem> {
    CallId::parse(text).map_err(|problem| Problem::invalid("callId", problem.to_string()))
}

fn recording_id(text: &str) -> Result<String, Problem> {
    if (1..=LONGEST_RECORDING_ID).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    let problem = format!("must have 1 to {LONGEST_RECORDING_ID} bytes");
    Err(Problem::invalid("recordingId", problem))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(method: &str, path: &str) -> Result<Route, (&'static str, Option<&'static str>)> {
        let event = json!({"rawPath": path, "requestContext": {"http": {"method": method}}});
        let route = Route::read(&Request::read(&event).unwrap());
        route.map_err(|problem| (problem.kind.name, problem.fields.first().map(|field| field.path)))
    }

    #[test]
    fn paths_and_methods_are_those_of_the_readme() {
        let call = CallId::parse("call-0001").unwrap();
        let record = || Ok(Route::Calls(Asked::Record(call.clone())));
        let of = |id: &str, step| {
            let recording = Asked::Recording(call.clone(), id.to_owned(), step);
            Ok(Route::Calls(recording))
        };
        let wrong = |name, field| Err((name, field));
        for (method, path, expected) in [
            ("GET", "/calls/call-0001", record()),
            ("GET", "/stage/calls/call-0001/", record()),
            ("GET", "/calls", Ok(Route::Calls(Asked::List))),
            ("GET", "/stage/calls/", Ok(Route::Calls(Asked::List))),
            ("POST", "/calls/search", Ok(Route::Calls(Asked::Search))),
            ("GET", "/openapi.json", Ok(Route::Description)),
            (
                "POST",
                "/calls/call-0001/recordings/RE0/link",
                of("RE0", Step::Link),
            ),
            (
                "PUT",
                "/calls/call-0001/recordings/RE0/hold",
                of("RE0", Step::Hold),
            ),
            (
                "DELETE",
                "/calls/call-0001/recordings/a%2Fb/hold",
                of("a/b", Step::Release),
            ),
            (
                "DELETE",
                "/calls/call-0001/recordings/a/b/hold",
                of("a/b", Step::Release),
            ),
            ("HEAD", "/calls/call-0001", wrong("no-such-method", None)),
            (
                "GET",
                "/calls/call-0001/recordings/RE0/link",
                wrong("no-such-method", None),
            ),
            (
                "POST",
                "/calls/call-0001/recordings/RE0/hold",
                wrong("no-such-method", None),
            ),
            ("GET", "/calls/short", wrong("invalid", Some("callId"))),
            (
                "POST",
                "/calls/call-0001/recordings/link",
                wrong("invalid", Some("recordingId")),
            ),
            ("POST", "/calls", wrong("no-such-method", None)),
            ("GET", "/calls/search", wrong("no-such-method", None)),
            ("POST", "/openapi.json", Ok(Route::Description)),
            ("GET", "/", wrong("no-such-path", None)),
            (
                "GET",
                "/calls/call-0001/recordings/RE0",
                wrong("no-such-path", None),
            ),
            ("GET", "/directory/rules", wrong("no-such-path", None)),
            ("GET", "/calls/%ff", wrong("no-such-path", None)),
        ] {
            assert_eq!(read(method, path), expected, "{method} {path}");
        }
    }
}
