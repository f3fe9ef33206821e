//! Who is calling, as a key: computed here and nowhere else.

use std::borrow::Cow;
use std::fmt;

use crate::contact_record::ContactRecord;
use crate::flow_event::FlowEvent;
use crate::ids::InstanceId;
use crate::phone::{E164, is_withheld};
use crate::{Endpoint, EndpointKind};

/// The parameter with which a flow names the caller itself.
pub const CALLER_PARAMETER: &str = "caller";

/// What a caller is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallerKind {
    /// A telephone number in E.164.
    Phone,
    /// An e-mail address, in lower case.
    Email,
    /// The operator's own customer id.
    Customer,
    /// The address of a chat participant.
    Chat,
}

impl CallerKind {
    /// The kind's name, as it stands in keys and may stand before a caller parameter (`customer:4711`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Customer => "customer",
            Self::Chat => "chat",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Phone, Self::Email, Self::Customer, Self::Chat]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// One way in which a customer is known: a number, an address or an id, written `<kind>:<value>`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallerPoint {
    kind: CallerKind,
    value: String,
}

impl CallerPoint {
    /// A point of that kind, if the value has the kind's form.
    ///
    /// # Errors
    /// When it is empty, withheld, or has another form.
    pub fn new(kind: CallerKind, value: &str) -> Result<Self, NoCaller> {
        let value = value.trim();
        if is_withheld(value) {
            return Err(if value.is_empty() {
                NoCaller::Unknown
            } else {
                NoCaller::Withheld
            });
        }
        let value = match kind {
            CallerKind::Phone => E164::parse(value)
                .map_err(|_| NoCaller::BadNumber)?
                .as_str()
                .to_owned(),
            CallerKind::Email => value.to_lowercase(),
            CallerKind::Customer | CallerKind::Chat => value.to_owned(),
        };
        // A key of DynamoDB holds 2 048 bytes at most; no real identity comes near.
        if value.len() > 512 {
            Err(NoCaller::BadNumber)
        } else {
            Ok(Self { kind, value })
        }
    }

    /// Reads `phone:+14155550100`, `email:…`, `customer:…`, `chat:…`; without a kind, what has the form of one.
    ///
    /// # Errors
    /// When it is empty, withheld, or digits without a `+`: they may be a national number, and guessing would mix two
    /// customers up.
    pub fn parse(text: &str) -> Result<Self, NoCaller> {
        told(text).and_then(|(kind, value)| Self::new(kind, value))
    }

    /// What the customer is known by.
    pub fn kind(&self) -> CallerKind {
        self.kind
    }

    /// The number, address or id.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The form that [`CallerPoint::parse`] reads, in full: for stores, never for logs.
    pub fn written(&self) -> String {
        format!("{}:{}", self.kind.name(), self.value)
    }

    /// A form for logs: the kind, and of the value the last four characters.
    pub fn masked(&self) -> String {
        let tail: Vec<char> = self.value.chars().rev().take(4).collect();
        format!("{}:…{}", self.kind.name(), tail.iter().rev().collect::<String>())
    }
}

impl fmt::Debug for CallerPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// A caller of one tenant: `<tenant>#<kind>#<value>`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CallerKey {
    tenant: InstanceId,
    point: CallerPoint,
    /// The value as a flow wrote it, where that is another text: a searchable attribute is indexed as it was written.
    written: Option<String>,
}

impl CallerKey {
    /// A caller of that kind, if the value has the kind's form.
    ///
    /// # Errors
    /// When it is empty, withheld, or has another form.
    pub fn new(tenant: InstanceId, kind: CallerKind, value: &str) -> Result<Self, NoCaller> {
        CallerPoint::new(kind, value).map(|point| Self::of(tenant, point))
    }

    /// The caller of a tenant who is known in that way.
    pub fn of(tenant: InstanceId, point: CallerPoint) -> Self {
        Self {
            tenant,
            point,
            written: None,
        }
    }

    /// How the caller is known.
    pub fn point(&self) -> &CallerPoint {
        &self.point
    }

    /// What the caller is known by.
    pub fn kind(&self) -> CallerKind {
        self.point.kind
    }

    /// The number, address or id.
    pub fn value(&self) -> &str {
        &self.point.value
    }

    /// The texts in which a searchable contact attribute may hold it.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.value()).chain(self.written.as_deref())
    }

    fn written_as(mut self, text: &str) -> Self {
        self.written = Some(text.trim().to_owned()).filter(|text| *text != self.point.value);
        self
    }

    /// The key as tables hold it: `<tenant>#<kind>#<value>`.
    pub fn index_key(&self) -> String {
        format!("{}#{}#{}", self.tenant, self.kind().name(), self.value())
    }

    /// A form for logs: the kind, and of the value the last four characters.
    pub fn masked(&self) -> String {
        self.point.masked()
    }
}

impl fmt::Debug for CallerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// Why a contact has no caller that could be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCaller {
    /// Nothing names the caller: a chat without a customer id, WebRTC voice.
    #[error("nothing names the caller")]
    Unknown,
    /// The caller's number is withheld.
    #[error("the caller's number is withheld")]
    Withheld,
    /// What names the caller is not a number in E.164 and not an id either.
    #[error("the caller's number is not in E.164")]
    BadNumber,
}

/// What may name the caller, in the order in which it is believed.
struct Names<'a> {
    parameter: Option<Cow<'a, str>>,
    attribute: Option<&'a str>,
    endpoint: Option<&'a Endpoint>,
    customer_id: Option<&'a str>,
}

/// The caller of a contact in a flow: the parameter `caller`, else the contact attribute, else the endpoint, else
/// the customer id.
///
/// # Errors
/// When none of them names a caller; the gravest reason is given.
pub fn caller_of_flow(
    event: &FlowEvent,
    tenant: &InstanceId,
    attribute: &str,
) -> Result<CallerKey, NoCaller> {
    let contact = &event.contact;
    Names {
        parameter: event.parameter(CALLER_PARAMETER),
        attribute: contact.attributes.get(attribute).map(String::as_str),
        endpoint: contact.customer_endpoint.as_ref(),
        customer_id: contact.customer_id.as_deref(),
    }
    .key(tenant)
}

/// The caller of a finished contact, from the same places but the parameter, which a record does not keep.
///
/// # Errors
/// When none of them names a caller.
pub fn caller_of_record(
    record: &ContactRecord,
    tenant: &InstanceId,
    attribute: &str,
) -> Result<CallerKey, NoCaller> {
    Names {
        parameter: None,
        attribute: record.attributes.get(attribute).map(String::as_str),
        endpoint: record.customer_endpoint.as_ref(),
        customer_id: record.customer_id.as_deref(),
    }
    .key(tenant)
}

impl Names<'_> {
    fn key(self, tenant: &InstanceId) -> Result<CallerKey, NoCaller> {
        let mut problem = NoCaller::Unknown;
        let new = |(kind, value)| CallerKey::new(tenant.clone(), kind, value);
        let parameter = self.parameter.as_deref().map(|text| told(text).and_then(new));
        let attribute = self
            .attribute
            .map(|text| told(text).and_then(new).map(|key| key.written_as(text)));
        let endpoint = self
            .endpoint
            .and_then(|end| Some(new((endpoint_kind(end)?, end.address.as_str()))));
        let customer = self.customer_id.map(|id| new((CallerKind::Customer, id)));
        for key in [parameter, attribute, endpoint, customer].into_iter().flatten() {
            match key {
                Ok(key) => return Ok(key),
                // A withheld or garbled number says more than the absence of the next source.
                Err(NoCaller::Unknown) => {}
                Err(worse) => problem = worse,
            }
        }
        Err(problem)
    }
}

/// The kind of a value that a flow passed: said before a colon, else seen from its form.
///
/// Digits without a `+` are refused: they may be a national number, and guessing would mix two customers up.
fn told(value: &str) -> Result<(CallerKind, &str), NoCaller> {
    let value = value.trim();
    if let Some((name, rest)) = value.split_once(':')
        && let Some(kind) = CallerKind::from_name(name)
    {
        return Ok((kind, rest));
    }
    let phone_like = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '(' | ')' | '-' | '.' | '/');
    if value.is_empty() {
        Err(NoCaller::Unknown)
    } else if value.starts_with('+') || is_withheld(value) {
        Ok((CallerKind::Phone, value))
    } else if value.chars().all(phone_like) {
        Err(NoCaller::BadNumber)
    } else if value.contains('@') {
        Ok((CallerKind::Email, value))
    } else {
        Ok((CallerKind::Customer, value))
    }
}

/// What an endpoint's address identifies; flows and numbers of the call centre itself identify nobody.
fn endpoint_kind(endpoint: &Endpoint) -> Option<CallerKind> {
    match endpoint.kind {
        None | Some(EndpointKind::TelephoneNumber) => Some(CallerKind::Phone),
        Some(EndpointKind::EmailAddress) => Some(CallerKind::Email),
        Some(EndpointKind::ContactFlow | EndpointKind::ConnectPhoneNumberArn) => None,
        Some(EndpointKind::Voip | EndpointKind::Other(_)) => Some(CallerKind::Chat),
    }
}
