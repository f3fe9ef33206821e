//! What a request asks for.

use ringback_api::{Problem, ProblemType, Request};
use ringback_calls::{CallId, LONGEST_RECORDING_ID};

const PATHS: &str = "There are calls/{callId}, calls/{callId}/recordings/{recordingId}/link and \
    calls/{callId}/recordings/{recordingId}/hold.";

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) call: CallId,
    pub(crate) asked: Asked,
}

/// Of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Its record.
    Record,
    /// To do something with the recording of that id.
    Recording(String, Step),
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
            .skip_while(|segment| *segment != "calls")
            .collect();
        let method = request.method;
        let (call, asked) = match path.as_slice() {
            ["calls", call] => match method {
                "GET" => (call, Asked::Record),
                _ => return Err(Problem::not_that_method("GET")),
            },
            // The id is a carrier's own text: a `/` in it may have been decoded on the way.
            ["calls", call, "recordings", id @ .., "link"] => match method {
                "POST" => (call, Asked::Recording(id.join("/"), Step::Link)),
                _ => return Err(Problem::not_that_method("POST")),
            },
            ["calls", call, "recordings", id @ .., "hold"] => match method {
                "PUT" => (call, Asked::Recording(id.join("/"), Step::Hold)),
                "DELETE" => (call, Asked::Recording(id.join("/"), Step::Release)),
                _ => return Err(Problem::not_that_method("PUT, DELETE")),
            },
            _ => return Err(no_such_path()),
        };
        let call = CallId::parse(call).map_err(|problem| Problem::invalid("callId", problem.to_string()))?;
        if let Asked::Recording(id, _) = &asked
            && !(1..=LONGEST_RECORDING_ID).contains(&id.len())
        {
            let problem = format!("must have 1 to {LONGEST_RECORDING_ID} bytes");
            return Err(Problem::invalid("recordingId", problem));
        }
        Ok(Self { call, asked })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(method: &str, path: &str) -> Result<Asked, (&'static str, Option<&'static str>)> {
        let event = json!({"rawPath": path, "requestContext": {"http": {"method": method}}});
        let route = Route::read(&Request::read(&event).unwrap());
        route
            .map(|route| route.asked)
            .map_err(|problem| (problem.kind.name, problem.fields.first().map(|field| field.path)))
    }

    #[test]
    fn paths_and_methods_are_those_of_the_readme() {
        let of = |id: &str, step| Ok(Asked::Recording(id.to_owned(), step));
        let wrong = |name, field| Err((name, field));
        for (method, path, expected) in [
            ("GET", "/calls/call-0001", Ok(Asked::Record)),
            ("GET", "/stage/calls/call-0001/", Ok(Asked::Record)),
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
            ("GET", "/calls", wrong("no-such-path", None)),
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
