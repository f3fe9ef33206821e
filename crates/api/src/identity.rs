//! Whose data a request is about, and who asks: from the identity that API Gateway has checked, and from nothing else.

use std::fmt;

use serde_json::Value;

use crate::problem::{Problem, ProblemType};
use crate::request::Request;

/// Longer names are none: what is kept of every audited step must stay small, and a cut name may be another's.
const LONGEST_NAME: usize = 256;

/// How a deployment tells tenants apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenancy {
    claim: Option<String>,
    own: String,
}

/// Whoever asks. `Debug` shows the tenant alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whose data it is about.
    pub tenant: String,
    /// Who asks: of a token the claim `sub`, behind `iss` and a `|` where it has an issuer; the ARN of an IAM principal.
    /// Each at most 256 characters. None where the identity does not say.
    pub who: Option<String>,
}

/// Why a request is of nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unidentified {
    /// API Gateway has checked no identity.
    #[error("the request carries no identity")]
    Nobody,
    /// The identity names no tenant, and here it has to.
    #[error("the identity names no tenant")]
    NoTenant,
}

impl Tenancy {
    /// Tenants are named by that claim of a token; without one all requests are of the deployment's own tenant.
    pub fn new(claim: Option<String>, own: String) -> Self {
        Self { claim, own }
    }

    /// Whoever asks. API Gateway has checked the signature or the token; a request that it has not is of nobody, so that
    /// a route without an authoriser gives nothing away.
    ///
    /// # Errors
    /// When there is no identity, or none that names a tenant where that is asked for.
    pub fn identify(&self, request: &Request<'_>) -> Result<Identity, Unidentified> {
        let of = |kind: &str| {
            let authoriser = request.authoriser()?;
            authoriser.get(kind).filter(|identity| identity.is_object())
        };
        let (claims, who) = match (of("jwt"), of("iam")) {
            (Some(token), _) => {
                let claims = token.get("claims");
                (claims, claims.and_then(subject))
            }
            (None, Some(principal)) => (None, name(principal, "userArn").map(str::to_owned)),
            (None, None) => return Err(Unidentified::Nobody),
        };
        let tenant = match &self.claim {
            None => self.own.as_str(),
            Some(claim) => claims
                .and_then(|claims| text(claims, claim))
                .filter(|tenant| is_tenant(tenant))
                .ok_or(Unidentified::NoTenant)?,
        };
        Ok(Identity {
            tenant: tenant.to_owned(),
            who,
        })
    }
}

/// Who a token is about. Two issuers may give two people one `sub`, so the issuer belongs to it; no URL has a `|`.
fn subject(claims: &Value) -> Option<String> {
    let subject = name(claims, "sub")?;
    match text(claims, "iss") {
        None | Some("") => Some(subject.to_owned()),
        Some(_) => Some(format!("{}|{subject}", name(claims, "iss")?)),
    }
}

/// A name that is not too long.
fn name<'a>(of: &'a Value, field: &str) -> Option<&'a str> {
    text(of, field).filter(|name| (1..=LONGEST_NAME).contains(&name.chars().count()))
}

fn text<'a>(of: &'a Value, name: &str) -> Option<&'a str> {
    of.get(name)?.as_str()
}

/// The form of tenants everywhere: it becomes a part of keys.
fn is_tenant(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=128).contains(&text.len()) && text.bytes().all(word)
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

impl From<Unidentified> for Problem {
    fn from(why: Unidentified) -> Self {
        match why {
            Unidentified::Nobody => Self::new(&ProblemType::UNAUTHORISED, "The request carries no identity."),
            Unidentified::NoTenant => Self::new(&ProblemType::FORBIDDEN, "The identity names no tenant."),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ROLE: &str = "arn:aws:sts::111122223333:assumed-role/auditor/session-1";

    fn identified(claim: Option<&str>, authoriser: Value) -> Result<(String, Option<String>), Unidentified> {
        let event = json!({"requestContext": {"http": {}, "authorizer": authoriser}});
        let tenancy = Tenancy::new(claim.map(str::to_owned), "own".to_owned());
        let identity = tenancy.identify(&Request::read(&event).unwrap())?;
        Ok((identity.tenant, identity.who))
    }

    #[test]
    fn the_tenant_and_who_asks_come_from_the_checked_identity_alone() {
        let jwt = |claims: Value| json!({"jwt": {"claims": claims, "scopes": null}});
        let is = |tenant: &str, who: Option<&str>| Ok((tenant.to_owned(), who.map(str::to_owned)));
        let long = "a".repeat(257);
        let nobody = || Err(Unidentified::Nobody);
        let no_tenant = || Err(Unidentified::NoTenant);
        for (claim, authoriser, expected) in [
            (None, json!({"iam": {"userArn": ROLE}}), is("own", Some(ROLE))),
            (None, json!({"iam": {}}), is("own", None)),
            (
                None,
                jwt(json!({"sub": "user-1", "tenant": "t-1"})),
                is("own", Some("user-1")),
            ),
            (None, jwt(json!({"sub": long})), is("own", None)),
            (
                None,
                jwt(json!({"sub": "user-1", "iss": "https://login.example.com/"})),
                is("own", Some("https://login.example.com/|user-1")),
            ),
            (
                None,
                jwt(json!({"sub": "user-1", "iss": ""})),
                is("own", Some("user-1")),
            ),
            (None, jwt(json!({"sub": "user-1", "iss": long})), is("own", None)),
            (
                None,
                jwt(json!({"iss": "https://login.example.com/"})),
                is("own", None),
            ),
            (
                Some("tenant"),
                jwt(json!({"sub": "user-1", "tenant": "t-1"})),
                is("t-1", Some("user-1")),
            ),
            (Some("tenant"), jwt(json!({"sub": "user-1"})), no_tenant()),
            (Some("tenant"), jwt(json!({"tenant": ""})), no_tenant()),
            (Some("tenant"), jwt(json!({"tenant": "t-1#call"})), no_tenant()),
            (
                Some("tenant"),
                json!({"iam": {"userArn": ROLE, "tenant": "t-1"}}),
                no_tenant(),
            ),
            (None, json!({}), nobody()),
            (None, json!({"lambda": {"sub": "user-1"}}), nobody()),
            (None, json!({"iam": null, "jwt": "token"}), nobody()),
        ] {
            assert_eq!(
                identified(claim, authoriser.clone()),
                expected,
                "{claim:?} {authoriser}"
            );
        }
    }

    #[test]
    fn debug_does_not_show_who_asks() {
        let who = Some(ROLE.to_owned());
        let identity = Identity {
            tenant: "t-1".to_owned(),
            who,
        };
        assert_eq!(format!("{identity:?}"), "Identity { tenant: \"t-1\", .. }");
    }
}
