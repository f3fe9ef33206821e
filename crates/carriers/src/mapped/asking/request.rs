//! Requests made of a description. Every value is written as its place asks for, so that none can leave it: in a URL
//! percent-encoded, in JSON and in a form by whoever writes those, in a header nothing but what a header holds.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use jiff::Timestamp;
use serde_json::{Map, Number, Value as Json};
use url::Url;

use super::file::{self, Format, Method};
use crate::mapped::BadMapping;
use crate::mapped::clock::Clock;
use crate::mapped::file::{DigestKind, Encoding, Hash};
use crate::mapped::template::{Piece, pieces};
use crate::placing::{Ask, CannotAsk};
use crate::recording::ask;
use crate::settings::Keys;

/// The headers that a description may set.
pub(super) const HEADERS: [&str; 17] = [
    "accept",
    "accept-language",
    "apikey",
    "appid",
    "appkey",
    "authorization",
    "nonce",
    "sign",
    "signature",
    "timestamp",
    "token",
    "x-api-key",
    "x-app-id",
    "x-app-key",
    "x-auth-token",
    "x-signature",
    "x-timestamp",
];

/// Names that every request has, beside those of `api.values` and of settings.
const COMMON: [&str; 3] = ["secret", "timestamp", "nonce"];

/// In a body, `{"$number": "{limit-seconds}"}` is a number instead of a text.
const NUMBER: &str = "$number";

/// What all requests have in common.
#[derive(Debug)]
pub(super) struct Api {
    format: Format,
    content_type: String,
    clock: Clock,
    values: BTreeMap<String, Value>,
    headers: Vec<(&'static str, Vec<Piece>)>,
}

#[derive(Debug)]
struct Value {
    text: Vec<Piece>,
    hash: Option<(DigestKind, Hash)>,
    encoding: Option<Encoding>,
}

/// One request.
#[derive(Debug)]
pub(super) struct Request {
    method: &'static str,
    url: Vec<Piece>,
    body: Option<Node>,
}

/// A part of a body.
#[derive(Debug)]
enum Node {
    Fixed(Json),
    Text(Vec<Piece>),
    Number(Vec<Piece>),
    List(Vec<Node>),
    Fields(Vec<(String, Node)>),
}

/// What a request is made with.
pub(super) struct Values<'a> {
    /// What is known of the call; a name without a value is that of something which this call does not have.
    pub(super) known: Vec<(&'static str, Option<String>)>,
    pub(super) keys: &'a Keys<'a>,
    pub(super) now: Timestamp,
    /// Our id of the call.
    pub(super) call: &'a str,
}

const SETTING: CannotAsk = CannotAsk::Missing("a setting that its carrier's description names for calls");

impl Api {
    pub(super) fn of(file: &file::Api) -> Result<Self, BadMapping> {
        let bad = |path: String, problem: &str| Err(BadMapping::new(path, problem));
        let clock = match &file.time {
            None => Clock::Seconds,
            Some(time) => Clock::of(&time.format, time.zone.as_deref())
                .map_err(|(field, problem)| BadMapping::new(format!("api.time.{field}"), problem))?,
        };
        let mut values = BTreeMap::new();
        for (name, value) in &file.values {
            let path = format!("api.values.{name}");
            if COMMON.contains(&name.as_str()) {
                return bad(path, "is the name of something else");
            }
            let value = Value::of(value).map_err(|problem| BadMapping::new(path, problem))?;
            values.insert(name.clone(), value);
        }
        let mut headers = Vec::new();
        for (name, text) in &file.headers {
            let path = format!("api.headers.{name}");
            let Some(name) = HEADERS.into_iter().find(|known| known == name) else {
                return bad(path, &format!("is none of {}", HEADERS.join(", ")));
            };
            let text = pieces(text).map_err(|problem| BadMapping::new(path, problem))?;
            headers.push((name, text));
        }
        let content_type = file.content_type.as_deref().unwrap_or(match file.format {
            Format::Json => "application/json",
            Format::Form => "application/x-www-form-urlencoded",
        });
        if !is_header(content_type) {
            return bad("api.content-type".to_owned(), "is no content type");
        }
        Ok(Self {
            format: file.format,
            content_type: content_type.to_owned(),
            clock,
            values,
            headers,
        })
    }

    /// The names that stand in a request, those in `api.values` that it uses among them.
    pub(super) fn names<'a>(&'a self, request: &'a Request) -> Vec<&'a str> {
        let mut names = request.names();
        names.extend(self.headers.iter().flat_map(|(_, text)| names_of(text)));
        let values: Vec<_> = names.iter().filter_map(|name| self.values.get(*name)).collect();
        names.extend(values.into_iter().flat_map(|value| names_of(&value.text)));
        names
    }

    /// Makes a request.
    pub(super) fn ask(&self, request: &Request, values: &Values<'_>) -> Result<Ask, CannotAsk> {
        let in_url = |name: &str| {
            let value = self.value(name, values)?.unwrap_or_default();
            ask::segment(&value).map_err(|_| wrong("is empty, or no part of a URL"))
        };
        let mut made = Ask {
            method: request.method,
            ..Ask::get(filled(&request.url, in_url)?)
        };
        if let Some(body) = &request.body {
            let body = self.body(body, values)?;
            made = Ask::with_body(request.method, made.url, "", body);
            made.headers.clear();
            made = made.with("content-type", &self.content_type);
        }
        for (name, text) in &self.headers {
            let value = filled(text, |name| Ok(self.value(name, values)?.unwrap_or_default()))?;
            if !is_header(&value) {
                return Err(wrong("holds what no header may"));
            }
            made = made.with(name, value);
        }
        Ok(made)
    }

    fn body(&self, body: &Node, values: &Values<'_>) -> Result<String, CannotAsk> {
        let body = self.node(body, values)?.unwrap_or_default();
        match self.format {
            Format::Json => Ok(body.to_string()),
            Format::Form => {
                let mut form = Serializer::new(String::new());
                for (name, value) in body.as_object().into_iter().flatten() {
                    match value {
                        Json::String(text) => form.append_pair(name, text),
                        other => form.append_pair(name, &other.to_string()),
                    };
                }
                Ok(form.finish())
            }
        }
    }

    /// A part of a body; none where it is made of something that this call does not have.
    fn node(&self, node: &Node, values: &Values<'_>) -> Result<Option<Json>, CannotAsk> {
        Ok(Some(match node {
            Node::Fixed(value) => value.clone(),
            Node::Text(text) => return Ok(self.text(text, values)?.map(Json::String)),
            Node::Number(text) => {
                let Some(text) = self.text(text, values)? else {
                    return Ok(None);
                };
                let number = text.parse::<Number>().map_err(|_| wrong("is no number"))?;
                Json::Number(number)
            }
            Node::List(nodes) => {
                let items = nodes.iter().map(|node| self.node(node, values));
                let items: Vec<_> = items.collect::<Result<_, _>>()?;
                Json::Array(items.into_iter().flatten().collect())
            }
            Node::Fields(fields) => {
                let mut object = Map::new();
                for (name, node) in fields {
                    object.extend(self.node(node, values)?.map(|value| (name.clone(), value)));
                }
                Json::Object(object)
            }
        }))
    }

    fn text(&self, text: &[Piece], values: &Values<'_>) -> Result<Option<String>, CannotAsk> {
        let mut whole = String::new();
        for piece in text {
            match piece {
                Piece::Text(text) => whole.push_str(text),
                Piece::Name(name) => match self.value(name, values)? {
                    Some(value) => whole.push_str(&value),
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(whole))
    }

    fn value(&self, name: &str, values: &Values<'_>) -> Result<Option<String>, CannotAsk> {
        let Some(value) = self.values.get(name) else {
            return values.get(name, &self.clock);
        };
        let text = filled(&value.text, |name| {
            Ok(values.get(name, &self.clock)?.unwrap_or_default())
        })?;
        value.written(&text, values.keys).map(Some)
    }
}

fn wrong(problem: &'static str) -> CannotAsk {
    CannotAsk::Wrong {
        what: "settings or API secret, or the call",
        problem,
    }
}

impl Values<'_> {
    fn get(&self, name: &str, clock: &Clock) -> Result<Option<String>, CannotAsk> {
        if let Some((_, value)) = self.known.iter().find(|(known, _)| *known == name) {
            return Ok(value.clone());
        }
        match name {
            "secret" => Ok(Some(ask::api_secret(self.keys)?.to_owned())),
            "timestamp" => Ok(Some(clock.write(self.now))),
            "nonce" => Ok(Some(ask::once(self.call, self.now))),
            setting => self
                .keys
                .settings
                .get(setting)
                .map(str::to_owned)
                .map(Some)
                .ok_or(SETTING),
        }
    }
}

impl Value {
    fn of(file: &file::Value) -> Result<Self, String> {
        let text = pieces(&file.text)?;
        let hash = match (file.hash, file.digest) {
            (Some(hash), digest) => Some((digest.unwrap_or(DigestKind::Plain), hash)),
            (None, None) => None,
            (None, Some(_)) => return Err("has a digest without a hash".to_owned()),
        };
        if hash.is_some() && file.encoding.is_none() {
            return Err("has a hash without an encoding".to_owned());
        }
        let secret = text.contains(&Piece::Name("secret".to_owned()));
        if secret && matches!(hash, Some((DigestKind::Hmac, _))) {
            return Err("holds the secret, which is the key".to_owned());
        }
        Ok(Self {
            text,
            hash,
            encoding: file.encoding,
        })
    }

    fn written(&self, text: &str, keys: &Keys<'_>) -> Result<String, CannotAsk> {
        let bytes = match self.hash {
            None => text.as_bytes().to_vec(),
            Some((DigestKind::Plain, hash)) => hash.of(&[text.as_bytes()]),
            Some((DigestKind::Hmac, hash)) => {
                hash.keyed(ask::api_secret(keys)?.as_bytes(), &[text.as_bytes()])
            }
        };
        Ok(match self.encoding {
            Some(encoding) => encoding.of(&bytes),
            None => text.to_owned(),
        })
    }
}

impl Request {
    /// Reads a request of a description; `names` are those that it may hold beside settings.
    pub(super) fn of(
        section: &str,
        (method, url, body): (Method, &str, Option<&Json>),
        api: (&file::Api, &[&str]),
    ) -> Result<Self, BadMapping> {
        let bad = |field: &str, problem: String| BadMapping::new(format!("{section}.{field}"), problem);
        let url = pieces(url).map_err(|problem| bad("url", problem))?;
        if !is_of_one_host(&url) {
            return Err(bad(
                "url",
                "is no https:// URL with its host written out".to_owned(),
            ));
        }
        let method = match method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        };
        let node = body
            .map(Node::of)
            .transpose()
            .map_err(|problem| bad("body", problem))?;
        if method == "GET" && node.is_some() {
            return Err(bad("body", "does not go with GET".to_owned()));
        }
        let (file, names) = api;
        let flat = |node: &Node| match node {
            Node::Fields(fields) => fields
                .iter()
                .all(|(_, node)| !matches!(node, Node::List(_) | Node::Fields(_))),
            _ => false,
        };
        if file.format == Format::Form && !node.as_ref().is_none_or(flat) {
            return Err(bad("body", "is no list of fields, which a form is".to_owned()));
        }
        let request = Self {
            method,
            url,
            body: node,
        };
        let known = |name: &str| {
            let setting = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            names.contains(&name) || file.values.contains_key(name) || setting
        };
        match request.names().into_iter().find(|name| !known(name)) {
            Some(name) => {
                let all = names
                    .iter()
                    .chain(&COMMON)
                    .copied()
                    .collect::<Vec<_>>()
                    .join(", ");
                Err(bad(
                    "url",
                    format!("or its body names {{{name}}}; there are {all}"),
                ))
            }
            None => Ok(request),
        }
    }

    fn names(&self) -> Vec<&str> {
        let mut names: Vec<_> = names_of(&self.url).collect();
        if let Some(body) = &self.body {
            body.names(&mut names);
        }
        names
    }
}

/// The host is text, so that no value can be one.
fn is_of_one_host(url: &[Piece]) -> bool {
    let Some(Piece::Text(first)) = url.first() else {
        return false;
    };
    let host = first
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once('/'));
    let Some((host, _)) = host else {
        return false;
    };
    let parsed = Url::parse(first).ok();
    let name = parsed.as_ref().and_then(Url::domain).unwrap_or_default();
    host.split(':').next() == Some(name) && name.contains('.')
}

impl Node {
    fn of(value: &Json) -> Result<Self, String> {
        Ok(match value {
            Json::String(text) => Self::Text(pieces(text)?),
            Json::Array(items) => Self::List(items.iter().map(Self::of).collect::<Result<_, _>>()?),
            Json::Object(fields) => match (fields.len(), fields.get(NUMBER)) {
                (1, Some(Json::String(text))) => Self::Number(pieces(text)?),
                _ => {
                    let field = |(name, value): (&String, &Json)| Ok((name.clone(), Self::of(value)?));
                    Self::Fields(fields.iter().map(field).collect::<Result<_, String>>()?)
                }
            },
            fixed => Self::Fixed(fixed.clone()),
        })
    }

    fn names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Fixed(_) => {}
            Self::Text(text) | Self::Number(text) => names.extend(names_of(text)),
            Self::List(nodes) => nodes.iter().for_each(|node| node.names(names)),
            Self::Fields(fields) => fields.iter().for_each(|(_, node)| node.names(names)),
        }
    }
}

fn names_of(text: &[Piece]) -> impl Iterator<Item = &str> {
    text.iter().filter_map(|piece| match piece {
        Piece::Name(name) => Some(name.as_str()),
        Piece::Text(_) => None,
    })
}

fn filled(text: &[Piece], value: impl Fn(&str) -> Result<String, CannotAsk>) -> Result<String, CannotAsk> {
    text.iter()
        .map(|piece| match piece {
            Piece::Text(text) => Ok(text.clone()),
            Piece::Name(name) => value(name),
        })
        .collect()
}

fn is_header(text: &str) -> bool {
    !text.trim().is_empty() && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}
