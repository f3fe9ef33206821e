//! Whose data a request is about, and who asks: from the identity that API Gateway has checked, and from nothing else.

use std::fmt;

use serde_json::Value;

use crate::principal::{Principal, Principals, Roles, is_tenant};
use crate::problem::{Problem, ProblemType};
use crate::request::Request;

/// Longer names are none: what is kept of every audited step must stay small, and a cut name may be another's.
const LONGEST_NAME: usize = 256;

/// How a deployment tells tenants and roles apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenancy {
    claim: Option<String>,
    own: String,
    principals: Principals,
    role_claim: Option<String>,
}

/// Whoever asks. `Debug` shows the tenant alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whose data it is about.
    pub tenant: String,
    /// Who asks: of a token the claim `sub`, behind `iss` and a `|` where it has an issuer; the ARN of an IAM principal.
    /// Each at most 256 characters. None where the identity does not say.
    pub who: Option<String>,
    /// The roles they have: what the token's claim names, or the ARN of the IAM role or user, without its path.
    pub roles: Vec<String>,
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

/// What API Gateway has checked.
enum Checked<'a> {
    /// A token: its claims.
    Token(Option<&'a Value>),
    /// A signature: the ARN of whoever signed.
    Signature(Option<&'a str>),
}

impl Tenancy {
    /// Tenants are named by that claim of a token; without one all tokens are of the deployment's own tenant, and all
    /// signatures, while [no principal](Self::with_principals) is named.
    pub fn new(claim: Option<String>, own: String) -> Self {
        Self {
            claim,
            own,
            principals: Principals::default(),
            role_claim: None,
        }
    }

    /// The same with the tenants of AWS principals. Where there are any, nobody else may sign.
    #[must_use]
    pub fn with_principals(self, principals: Principals) -> Self {
        Self { principals, ..self }
    }

    /// The same with the claim of a token that names roles. Without one tokens have none.
    #[must_use]
    pub fn with_role_claim(self, role_claim: Option<String>) -> Self {
        Self { role_claim, ..self }
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
        let checked = match (of("jwt"), of("iam")) {
            (Some(token), _) => Checked::Token(token.get("claims")),
            (None, Some(principal)) => Checked::Signature(name(principal, "userArn")),
            (None, None) => return Err(Unidentified::Nobody),
        };
        let tenant = self.tenant(&checked).ok_or(Unidentified::NoTenant)?;
        let (who, roles) = match checked {
            Checked::Token(claims) => (claims.and_then(subject), self.roles(claims)),
            Checked::Signature(arn) => {
                let role = arn.and_then(Principal::parse);
                (
                    arn.map(str::to_owned),
                    role.iter().map(Principal::to_string).collect(),
                )
            }
        };
        Ok(Identity {
            tenant: tenant.to_owned(),
            who,
            roles,
        })
    }

    fn tenant<'a>(&'a self, checked: &Checked<'a>) -> Option<&'a str> {
        match (checked, &self.claim) {
            (Checked::Token(claims), Some(claim)) => {
                text((*claims)?, claim).filter(|tenant| is_tenant(tenant))
            }
            (Checked::Signature(_), None) if self.principals.is_empty() => Some(&self.own),
            (Checked::Signature(arn), _) => self.principals.tenant((*arn)?),
            (Checked::Token(_), None) => Some(&self.own),
        }
    }

    fn roles(&self, claims: Option<&Value>) -> Vec<String> {
        let claim = self.role_claim.as_deref();
        let named = claim.and_then(|claim| text(claims?, claim)).unwrap_or_default();
        // API Gateway writes a list of texts so: `[one two]`.
        let list = named.strip_prefix('[').and_then(|list| list.strip_suffix(']'));
        let roles: Vec<_> = match list {
            Some(list) => list.split_whitespace().collect(),
            None => vec![named],
        };
        let named = roles.into_iter().filter(|role| !role.is_empty());
        named.map(str::to_owned).collect()
    }
}

impl Identity {
    /// Whether they have one of these roles.
    pub fn has_one_of(&self, roles: &Roles) -> bool {
        self.roles.iter().any(|role| roles.holds(role))
    }

    /// That they may do what only these roles may; where no roles are given, whoever is of the tenant may.
    ///
    /// # Errors
    /// When they have none of the roles; it says which they would need.
    pub fn must_have_one_of(&self, roles: Option<&Roles>) -> Result<(), Problem> {
        match roles {
            Some(roles) if !self.has_one_of(roles) => {
                let detail = format!("It takes one of these roles: {}.", roles.names());
                Err(Problem::new(&ProblemType::FORBIDDEN, detail))
            }
            _ => Ok(()),
        }
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
    fn a_signature_is_of_the_tenant_that_its_principal_is_listed_for() {
        let listed = format!("{{\"{}\": \"t-1\"}}", "arn:aws:iam::111122223333:role/auditor");
        let principals = Principals::parse(&listed).unwrap();
        let other = "arn:aws:iam::111122223333:role/clerk";
        for claim in [None, Some("tenant".to_owned())] {
            let own = "own".to_owned();
            let tenancy = Tenancy::new(claim.clone(), own).with_principals(principals.clone());
            let tenant = |authoriser: Value| {
                let event = json!({"requestContext": {"http": {}, "authorizer": authoriser}});
                let identity = tenancy.identify(&Request::read(&event).unwrap());
                identity.map(|identity| identity.tenant)
            };
            assert_eq!(tenant(json!({"iam": {"userArn": ROLE}})), Ok("t-1".to_owned()));
            for unknown in [json!({"userArn": other}), json!({}), json!({"userArn": "root"})] {
                assert_eq!(tenant(json!({"iam": unknown})), Err(Unidentified::NoTenant));
            }
            // A token does not become a principal by what it claims.
            let claims = json!({"sub": ROLE, "userArn": ROLE, "tenant": "t-2"});
            let expected = if claim.is_some() { "t-2" } else { "own" };
            assert_eq!(
                tenant(json!({"jwt": {"claims": claims}})),
                Ok(expected.to_owned())
            );
        }
    }

    #[test]
    fn roles_are_what_the_token_names_or_the_principal() {
        let supervisors = Roles::parse("supervisor, arn:aws:iam::111122223333:role/a/auditor").unwrap();
        let jwt = |claims: Value| json!({"jwt": {"claims": claims}});
        for (role_claim, authoriser, expected) in [
            (Some("roles"), jwt(json!({"roles": "supervisor"})), true),
            (Some("roles"), jwt(json!({"roles": "[clerk supervisor]"})), true),
            (Some("roles"), jwt(json!({"roles": "[clerk]"})), false),
            (Some("roles"), jwt(json!({"roles": "clerk supervisor"})), false),
            (Some("roles"), jwt(json!({"roles": "[]"})), false),
            (Some("roles"), jwt(json!({"sub": "supervisor"})), false),
            (None, jwt(json!({"roles": "supervisor"})), false),
            (None, json!({"iam": {"userArn": ROLE}}), true),
            (
                None,
                json!({"iam": {"userArn": "arn:aws:iam::444455556666:role/auditor"}}),
                false,
            ),
            (None, json!({"iam": {}}), false),
        ] {
            let event = json!({"requestContext": {"http": {}, "authorizer": authoriser}});
            let tenancy = Tenancy::new(None, "own".to_owned()).with_role_claim(role_claim.map(str::to_owned));
            let identity = tenancy.identify(&Request::read(&event).unwrap()).unwrap();
            assert_eq!(identity.has_one_of(&supervisors), expected, "{authoriser}");
            assert!(!identity.has_one_of(&Roles::default()));
            // What is set counts, and what is not lets everybody.
            assert_eq!(identity.must_have_one_of(None), Ok(()));
            let refused = identity.must_have_one_of(Some(&supervisors)).err();
            assert_eq!(refused.is_none(), expected, "{authoriser}");
            if let Some(problem) = refused {
                assert_eq!(problem.kind, &ProblemType::FORBIDDEN);
                assert_eq!(
                    problem.detail,
                    "It takes one of these roles: role/auditor, supervisor."
                );
            }
        }
    }

    #[test]
    fn debug_does_not_show_who_asks() {
        let who = Some(ROLE.to_owned());
        let identity = Identity {
            tenant: "t-1".to_owned(),
            who,
            roles: vec![ROLE.to_owned()],
        };
        assert_eq!(format!("{identity:?}"), "Identity { tenant: \"t-1\", .. }");
    }
}
