//! What is answered.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue, LOCATION, RETRY_AFTER,
};
use axum::http::{HeaderName, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;

use super::hosts::{Asked, Wanted};
use super::{MediaFault, SimulatedMedia, credentials, hosts};

/// Long enough for what was written to be on its way.
const FLUSHED: Duration = Duration::from_millis(20);

/// How much is written at once.
const PIECE: usize = 64 * 1024;

impl SimulatedMedia {
    pub(super) fn answer(&self, carrier: &str, asked: &Asked) -> Response {
        let wanted = hosts::wanted(carrier, asked);
        let secret = self.inner().secrets.get(carrier).cloned();
        if let Err(status) = credentials::check(carrier, asked, wanted, secret.as_deref()) {
            return (status, "refused").into_response();
        }
        if self.inner().dripping && matches!(wanted, Wanted::Deletion | Wanted::Link) {
            return endless();
        }
        match wanted {
            Wanted::Nothing => StatusCode::NOT_FOUND.into_response(),
            Wanted::Deletion => self.delete(carrier),
            Wanted::Link => self.link(carrier),
            Wanted::Media => self.media(carrier, asked),
        }
    }

    fn delete(&self, carrier: &str) -> Response {
        let refused = self.inner().deletion;
        match (carrier, refused) {
            // Voximplant says with 200 that it has not done it.
            ("vx", Some(_)) => axum::Json(json!({"error": {"code": 100, "msg": "made up"}})).into_response(),
            ("vx", None) => axum::Json(json!({"result": 1})).into_response(),
            (_, Some(status)) => status.into_response(),
            (_, None) => StatusCode::NO_CONTENT.into_response(),
        }
    }

    /// Where the media is, for as long as no links expire.
    fn link(&self, carrier: &str) -> Response {
        let link = hosts::link(carrier, self.new_link());
        match carrier {
            "hw" => redirect(&link),
            _ => axum::Json(json!({"data": {
                "id": "00000000-0000-4000-a000-000000000001",
                "status": "completed",
                "download_urls": {"mp3": link},
            }}))
            .into_response(),
        }
    }

    fn media(&self, carrier: &str, asked: &Asked) -> Response {
        let fault = self.fault(carrier);
        if fault == Some(MediaFault::LinkExpired) {
            self.expire_links();
        }
        if let Some(link) = hosts::link_of(asked)
            && !self.is_fresh(link)
        {
            return (StatusCode::FORBIDDEN, "Request has expired").into_response();
        }
        let all = self.recording(carrier);
        match fault {
            Some(MediaFault::NotYet) => StatusCode::NOT_FOUND.into_response(),
            Some(MediaFault::Throttled(after)) => throttled(after),
            Some(MediaFault::LinkExpired) => (StatusCode::FORBIDDEN, "Request has expired").into_response(),
            Some(MediaFault::Status(status)) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                (status, "made up").into_response()
            }
            Some(MediaFault::Html) => html(),
            Some(MediaFault::Redirect(url)) => redirect(&url),
            Some(MediaFault::NoLength) => {
                self.given(carrier, asked, &all, &Manner::without_length(all.len()))
            }
            Some(MediaFault::Closed) => {
                let mut response = self.given(carrier, asked, &all, &Manner::without_length(all.len()));
                *response.version_mut() = Version::HTTP_10;
                response
            }
            Some(MediaFault::CutWithoutLength(after)) => {
                self.given(carrier, asked, &all, &Manner::without_length(after))
            }
            Some(MediaFault::CutAfter(after)) => self.given(carrier, asked, &all, &Manner::cut(after)),
            Some(MediaFault::Drip(piece, pause)) => {
                self.given(carrier, asked, &all, &Manner::drip(piece, pause))
            }
            None => self.given(carrier, asked, &all, &Manner::cut(usize::MAX)),
        }
    }

    /// The recording, or the range of it that was asked for.
    fn given(&self, carrier: &str, asked: &Asked, all: &Bytes, manner: &Manner) -> Response {
        let tag = format!("\"{carrier}-{}\"", all.len());
        let ranges = self.inner().ranges && manner.length;
        let same = asked.header("if-range").is_none_or(|given| given == tag);
        let from = asked
            .header("range")
            .and_then(first_byte)
            .filter(|_| ranges && same);
        let from = match from {
            Some(from) if from >= all.len() => return StatusCode::RANGE_NOT_SATISFIABLE.into_response(),
            from => from,
        };
        let rest = all.slice(from.unwrap_or_default()..);
        let length = rest.len();
        let mut response = manner.body(rest).into_response();
        let mut set = |name: HeaderName, value: String| {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        };
        set(CONTENT_TYPE, hosts::content_type(carrier).to_owned());
        if manner.length {
            set(CONTENT_LENGTH, length.to_string());
        }
        if ranges {
            set(ACCEPT_RANGES, "bytes".to_owned());
            set(ETAG, tag);
        }
        if let Some(from) = from {
            set(
                CONTENT_RANGE,
                format!("bytes {from}-{}/{}", all.len() - 1, all.len()),
            );
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        response
    }
}

/// How a body is written.
struct Manner {
    /// Whether its length is said.
    length: bool,
    /// After how many bytes the connection ends.
    after: usize,
    piece: usize,
    pause: Duration,
}

impl Manner {
    fn cut(after: usize) -> Self {
        Self {
            length: true,
            after,
            piece: PIECE,
            pause: Duration::ZERO,
        }
    }

    fn without_length(after: usize) -> Self {
        Self {
            length: false,
            ..Self::cut(after)
        }
    }

    fn drip(piece: usize, pause: Duration) -> Self {
        Self {
            piece,
            pause,
            ..Self::cut(usize::MAX)
        }
    }

    fn body(&self, all: Bytes) -> Body {
        let cut = self.after < all.len();
        let all = if cut { all.slice(..self.after) } else { all };
        let (piece, pause) = (self.piece.max(1), self.pause);
        let pieces = stream::unfold((all, cut), move |(mut rest, cut)| async move {
            if rest.is_empty() {
                if cut {
                    // Otherwise what was written would never be sent.
                    tokio::time::sleep(FLUSHED).await;
                }
                let end = std::io::Error::other("the connection ends here");
                return cut.then_some((Err(end), (rest, false)));
            }
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let next = rest.split_to(piece.min(rest.len()));
            Some((Ok::<_, std::io::Error>(next), (rest, cut)))
        });
        Body::from_stream(pieces)
    }
}

/// `bytes=1000-`; nobody here asks for an end.
fn first_byte(range: &str) -> Option<usize> {
    range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
}

fn throttled(after: Option<u64>) -> Response {
    let mut response = StatusCode::TOO_MANY_REQUESTS.into_response();
    if let Some(after) = after {
        response.headers_mut().insert(RETRY_AFTER, after.into());
    }
    response
}

/// A byte from time to time, for ever.
fn endless() -> Response {
    let bytes = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b" ")), ()))
    });
    Body::from_stream(bytes).into_response()
}

fn html() -> Response {
    let page =
        "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>";
    ([(CONTENT_TYPE, "audio/mpeg")], page).into_response()
}

fn redirect(url: &str) -> Response {
    let body: Result<_, Infallible> = Ok((StatusCode::FOUND, [(LOCATION, url.to_owned())]));
    body.into_response()
}
