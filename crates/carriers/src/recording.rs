//! How a recording is had from a carrier: where it lies, who we must say we are, and from where it may come.

pub(crate) mod ask;
mod object;
mod place;

use std::fmt;

use secrecy::SecretString;

pub(crate) use object::of_s3_url;
pub use object::{BucketPlace, connect_object};
pub use place::Place;

/// What the record of a call knows of a recording. `Debug` does not show where it is.
#[derive(Clone, Copy, Default)]
pub struct Kept<'a> {
    /// The carrier's id of it, by which the call's record knows it.
    pub id: &'a str,
    /// Where the carrier has it: a URL, or the object's name where the URL is asked for by name.
    pub at_carrier: Option<&'a str>,
    /// `mp3`, `wav`; what the carrier said.
    pub format: Option<&'a str>,
    /// How many channels.
    pub channels: Option<u64>,
    /// The carrier's id of the call.
    pub carrier_call_id: Option<&'a str>,
}

/// Where a recording is to be had.
#[derive(Debug)]
pub enum Source {
    /// By HTTP.
    Http(Fetch),
    /// It lies in a bucket of the owner's already.
    Object {
        /// The bucket's name.
        bucket: String,
        /// The object's key.
        key: String,
    },
}

/// A request without a body. Its headers are for the host of its URL and for no other; `Debug` shows neither the URL nor
/// what stands in them.
pub struct Fetch {
    /// `GET`, `DELETE`, `POST`.
    pub method: &'static str,
    /// The URL: to be compared with the carrier's [places](crate::Carrier::places) before it is asked.
    pub url: String,
    /// Names in lower case, and values.
    pub headers: Vec<(&'static str, SecretString)>,
    /// What a good answer is.
    pub gives: Gives,
}

/// What a good answer to a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// The recording; of a deletion, nothing that matters.
    Media,
    /// Where the recording is: a redirection is not followed, it is given to [`Carrier::link`](crate::Carrier::link).
    Link,
}

/// What the carrier answered when it was asked for a link, or to delete. `Debug` shows the status alone.
#[derive(Clone, Copy)]
pub struct LinkAnswer<'a> {
    /// The status: for a link 200 to 399, what others mean they mean for every request alike.
    pub status: u16,
    /// The header `location`.
    pub location: Option<&'a str>,
    /// The body, as far as it was read.
    pub body: &'a [u8],
}

/// Why a recording cannot be asked for. It says what is wrong, and never shows a URL, an id or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotFetch {
    /// The carrier's recordings cannot be had by a request.
    #[error("this carrier's recordings cannot be fetched")]
    NoWay,
    /// The record does not say where it is.
    #[error("the carrier has not said where the recording is")]
    NoPlace,
    /// What the record says of it is nothing that this carrier's recordings can be found by.
    #[error("where the recording is {0}")]
    BadPlace(&'static str),
    /// A setting of the account, or its API secret, is missing.
    #[error("the account lacks {0}")]
    Missing(&'static str),
    /// A setting of the account, or its API secret, is not what it must be.
    #[error("the account's {what} {problem}")]
    Wrong {
        /// `API secret`, or the setting's name.
        what: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The carrier has none yet.
    #[error("the carrier has no recording to give yet")]
    NotThere,
    /// The carrier's answer cannot be read.
    #[error("the carrier's answer {0}")]
    Unreadable(&'static str),
    /// The carrier cannot be asked to delete it.
    #[error("this carrier cannot be asked to delete a recording")]
    NoDelete,
}

impl CannotFetch {
    /// Whether it stays so whatever anybody does. A missing setting may be set, and an answer may be another later.
    pub fn is_final(&self) -> bool {
        match self {
            Self::NoWay | Self::NoPlace | Self::BadPlace(_) | Self::NoDelete => true,
            Self::Missing(_) | Self::Wrong { .. } | Self::NotThere | Self::Unreadable(_) => false,
        }
    }

    /// The word by which they are counted and told.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoWay => "no-way",
            Self::NoPlace => "no-place",
            Self::BadPlace(_) => "bad-place",
            Self::Missing(_) => "setting-missing",
            Self::Wrong { .. } => "setting-wrong",
            Self::NotThere => "not-there",
            Self::Unreadable(_) => "answer-unreadable",
            Self::NoDelete => "no-delete",
        }
    }
}

impl Fetch {
    /// Asks for the recording itself, with no credentials.
    pub fn media(url: impl Into<String>) -> Self {
        Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            gives: Gives::Media,
        }
    }

    /// Asks where it is.
    pub fn link(url: impl Into<String>) -> Self {
        Self {
            gives: Gives::Link,
            ..Self::media(url)
        }
    }

    /// Asks for its deletion.
    pub fn delete(url: impl Into<String>) -> Self {
        Self {
            method: "DELETE",
            ..Self::media(url)
        }
    }

    /// With a header.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, SecretString::from(value.into())));
        self
    }
}

impl fmt::Debug for Kept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("id", &self.id)
            .field("format", &self.format)
            .field("channels", &self.channels)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Fetch")
            .field("method", &self.method)
            .field("headers", &names)
            .field("gives", &self.gives)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for LinkAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkAnswer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
