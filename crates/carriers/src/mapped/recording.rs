//! How a described carrier's recordings are had.

use url::Url;

use crate::mapped::BadMapping;
use crate::mapped::file::{self, Encoding, Hash, Method, RecordingAuth, RecordingAuthKind};
use crate::mapped::template::{Piece, pieces};
use crate::recording::{CannotFetch, Fetch, Kept, Place, ask};
use crate::settings::Keys;

const NO_HOSTS: CannotFetch = CannotFetch::Missing("hosts in its carrier's description, and recordingHosts");

/// What a description says of it.
#[derive(Debug)]
pub(super) struct Fetching {
    hosts: Vec<Place>,
    media_hosts: Vec<Place>,
    auth: Auth,
    delete: Option<Delete>,
}

#[derive(Debug)]
enum Auth {
    Nothing,
    Query(Box<Query>),
    Basic,
    Bearer,
}

#[derive(Debug)]
struct Query {
    parameter: String,
    value: Vec<Piece>,
    hash: Option<(Hash, Encoding)>,
}

#[derive(Debug)]
struct Delete {
    method: &'static str,
    url: Option<Vec<Piece>>,
}

impl Fetching {
    /// Reads the description.
    ///
    /// # Errors
    /// With the place and what is wrong there.
    pub(super) fn of(file: &file::Recording) -> Result<Self, BadMapping> {
        let hosts = places("hosts", &file.hosts)?;
        let media_hosts = places("media-hosts", &file.media_hosts)?;
        let auth = Auth::of(&file.auth)
            .map_err(|(field, problem)| BadMapping::new(format!("recording.auth.{field}"), problem))?;
        let delete = file
            .delete
            .as_ref()
            .map(|delete| Delete::of(delete, &hosts))
            .transpose();
        let delete = delete.map_err(|problem| BadMapping::new("recording.delete.url", problem))?;
        Ok(Self {
            hosts,
            media_hosts,
            auth,
            delete,
        })
    }

    pub(super) fn places(&self, keys: &Keys<'_>) -> Vec<Place> {
        let described = self.hosts.iter().chain(&self.media_hosts);
        ask::and_more(described.cloned().collect(), keys)
    }

    pub(super) fn recording(&self, kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
        if self.places(keys).is_empty() {
            return Err(NO_HOSTS);
        }
        self.auth.ask(ask::url(kept)?, &self.hosts, keys, "GET")
    }

    pub(super) fn delete(&self, kept: &Kept<'_>, keys: &Keys<'_>) -> Result<Fetch, CannotFetch> {
        let delete = self.delete.as_ref().ok_or(CannotFetch::NoDelete)?;
        let url = match &delete.url {
            Some(pieces) => {
                let id = ask::segment(kept.id)?;
                ask::parsed(&filled(pieces, |_| Ok(&id))?).ok_or(CannotFetch::NoDelete)?
            }
            None => ask::url(kept)?,
        };
        if !ask::is_own(&url, &self.hosts) {
            return Err(CannotFetch::NoDelete);
        }
        self.auth.ask(url, &self.hosts, keys, delete.method)
    }
}

impl Auth {
    fn of(file: &RecordingAuth) -> Result<Self, (&'static str, String)> {
        let queries = file.kind == RecordingAuthKind::Query;
        for (there, field) in [
            (file.parameter.is_some(), "parameter"),
            (file.value.is_some(), "value"),
            (file.hash.is_some(), "hash"),
            (file.encoding.is_some(), "encoding"),
        ] {
            if there && !queries {
                return Err((field, "does not belong to this kind of auth".to_owned()));
            }
        }
        Ok(match file.kind {
            RecordingAuthKind::None => Self::Nothing,
            RecordingAuthKind::Basic => Self::Basic,
            RecordingAuthKind::Bearer => Self::Bearer,
            RecordingAuthKind::Query => Self::Query(Box::new(Query::of(file)?)),
        })
    }

    /// A request that says who we are, if it goes to one of these hosts.
    fn ask(
        &self,
        mut url: Url,
        hosts: &[Place],
        keys: &Keys<'_>,
        method: &'static str,
    ) -> Result<Fetch, CannotFetch> {
        let header = match self {
            Self::Nothing => None,
            Self::Basic => {
                let (user, password) = ask::user_and_password(keys)?;
                Some(ask::basic(user, password))
            }
            Self::Bearer => Some(ask::bearer(ask::api_secret(keys)?)),
            Self::Query(query) => {
                let value = query.value(keys)?;
                if ask::is_own(&url, hosts) {
                    url.query_pairs_mut().append_pair(&query.parameter, &value);
                }
                None
            }
        };
        let fetch = Fetch {
            method,
            ..Fetch::media(url)
        };
        Ok(match header {
            Some(value) => ask::identified(fetch, hosts, value),
            None => fetch,
        })
    }
}

impl Query {
    fn of(file: &RecordingAuth) -> Result<Self, (&'static str, String)> {
        let parameter = file.parameter.clone().filter(|name| !name.is_empty());
        let parameter = parameter.ok_or_else(|| ("parameter", "is missing".to_owned()))?;
        let value = pieces(file.value.as_deref().unwrap_or("{secret}"));
        let value = value.map_err(|problem| ("value", problem))?;
        if !value.contains(&Piece::Name("secret".to_owned())) {
            return Err(("value", "leaves the secret out".to_owned()));
        }
        let hash = match (file.hash, file.encoding) {
            (Some(hash), Some(encoding)) => Some((hash, encoding)),
            (None, None) => None,
            (Some(_), None) => return Err(("encoding", "is missing".to_owned())),
            (None, Some(_)) => return Err(("encoding", "is needless without a hash".to_owned())),
        };
        Ok(Self {
            parameter,
            value,
            hash,
        })
    }

    fn value(&self, keys: &Keys<'_>) -> Result<String, CannotFetch> {
        let value = filled(&self.value, |name| match name {
            "secret" => ask::api_secret(keys),
            name => keys.settings.get(name).ok_or(CannotFetch::Missing(
                "a setting that its carrier's description names for recordings",
            )),
        })?;
        Ok(match self.hash {
            Some((hash, encoding)) => encoding.of(&hash.of(&[value.as_bytes()])),
            None => value,
        })
    }
}

impl Delete {
    /// Its URL must be of the carrier's hosts, whatever the id is.
    fn of(file: &file::Delete, hosts: &[Place]) -> Result<Self, String> {
        let url = file.url.as_deref().map(pieces).transpose()?;
        if let Some(pieces) = &url {
            let sample = filled(pieces, |name| {
                if name == "id" {
                    Ok("id")
                } else {
                    Err(name.to_owned())
                }
            });
            let sample = sample.map_err(|name| format!("has {{{name}}}; there is {{id}}"))?;
            if !ask::parsed(&sample).is_some_and(|url| ask::is_own(&url, hosts)) {
                return Err("is no URL of recording.hosts".to_owned());
            }
        }
        let method = match file.method {
            Method::Delete => "DELETE",
            Method::Post => "POST",
            Method::Get => "GET",
        };
        Ok(Self { method, url })
    }
}

/// The places of a list.
fn places(list: &str, texts: &[String]) -> Result<Vec<Place>, BadMapping> {
    let place = |(at, text): (usize, &String)| {
        Place::parse(text).map_err(|problem| BadMapping::new(format!("recording.{list}[{at}]"), problem))
    };
    texts.iter().enumerate().map(place).collect()
}

/// The template with its values.
fn filled<'a, E>(pieces: &'a [Piece], value: impl Fn(&'a str) -> Result<&'a str, E>) -> Result<String, E> {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => Ok(text.as_str()),
            Piece::Name(name) => value(name),
        })
        .collect()
}
