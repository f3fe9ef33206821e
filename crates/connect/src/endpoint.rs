//! The two ends of a contact.

use std::fmt;

use crate::node::Node;
use crate::phone::{E164, is_withheld};
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What an endpoint's address is (Connect API, `EndpointInfo.Type`).
    EndpointKind {
        /// A telephone number.
        TelephoneNumber = "TELEPHONE_NUMBER",
        /// A SIP address.
        Voip = "VOIP",
        /// A flow.
        ContactFlow = "CONTACT_FLOW",
        /// The ARN of a number that Connect owns.
        ConnectPhoneNumberArn = "CONNECT_PHONENUMBER_ARN",
        /// An email address.
        EmailAddress = "EMAIL_ADDRESS",
    }
}

/// One end of a contact: the customer's, or the one that Connect owns.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The address as Connect sent it, trimmed; empty when there was none. It is personal data.
    pub address: String,
    /// What the address is, if Connect said so.
    pub kind: Option<EndpointKind>,
}

impl Endpoint {
    /// The telephone number, if this is one and the caller did not withhold it.
    #[must_use]
    pub fn phone(&self) -> Option<E164> {
        let telephone = matches!(self.kind, None | Some(EndpointKind::TelephoneNumber));
        if !telephone || self.is_withheld() {
            return None;
        }
        E164::parse(&self.address).ok()
    }

    /// Whether the address says that the caller withheld their number: see [`is_withheld`].
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        is_withheld(&self.address)
    }

    /// An object without address and type is no endpoint.
    pub(crate) fn read(parent: &Node<'_>, name: &str) -> Option<Self> {
        let node = parent.node(name)?;
        let address: Option<String> = node.optional("Address");
        let kind = node.optional("Type");
        (address.is_some() || kind.is_some()).then(|| Self {
            address: address.unwrap_or_default(),
            kind,
        })
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match E164::parse(&self.address) {
            Ok(number) => number.masked(),
            Err(_) if self.address.is_empty() => String::new(),
            Err(_) => "<hidden>".to_owned(),
        };
        f.debug_struct("Endpoint")
            .field("address", &shown)
            .field("kind", &self.kind)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(address: &str, kind: Option<&str>) -> Endpoint {
        Endpoint {
            address: address.to_owned(),
            kind: kind.map(EndpointKind::from),
        }
    }

    #[test]
    fn only_a_shown_telephone_number_is_a_phone() {
        let phone = |address, kind| {
            endpoint(address, kind)
                .phone()
                .map(|number| number.as_str().to_owned())
        };
        assert_eq!(
            phone("+14155550100", Some("TELEPHONE_NUMBER")).as_deref(),
            Some("+14155550100")
        );
        assert_eq!(phone("+14155550100", None).as_deref(), Some("+14155550100"));
        assert_eq!(phone("+14155550100", Some("VOIP")), None);
        assert_eq!(phone("+266696687", Some("TELEPHONE_NUMBER")), None);
        assert_eq!(phone("anonymous", Some("TELEPHONE_NUMBER")), None);
    }

    #[test]
    fn debug_hides_what_it_cannot_mask() {
        let shown = |address| format!("{:?}", endpoint(address, None));
        assert!(shown("+14155550100").contains("\"…0100\""));
        assert!(shown("caller@customer.example").contains("\"<hidden>\""));
        assert!(shown("").contains("\"\""));
    }
}
