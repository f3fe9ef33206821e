//! AWS principals, and what a deployment says of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An IAM role or user: its account and its name. A role's path is left out, because the ARN of a session that has
/// assumed the role does not have it; names are unique in an account without it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal {
    partition: String,
    account: String,
    kind: Kind,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Role,
    User,
}

impl Principal {
    /// Reads the ARN of a role (`arn:aws:iam::<account>:role/<path>/<name>`), of a user, or of a session that has assumed
    /// a role (`arn:aws:sts::<account>:assumed-role/<name>/<session>`), which is its role. None of everything else: a
    /// federated user, the root of an account.
    pub fn parse(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let mut next = || parts.next();
        let (Some("arn"), Some(partition), Some(service)) = (next(), next(), next()) else {
            return None;
        };
        let (Some(""), Some(account), Some(resource)) = (next(), next(), next()) else {
            return None;
        };
        let segments: Vec<_> = resource.split('/').collect();
        let (kind, name) = match (service, segments.as_slice()) {
            ("iam", ["role", .., name]) => (Kind::Role, name),
            ("iam", ["user", .., name]) => (Kind::User, name),
            ("sts", ["assumed-role", name, _]) => (Kind::Role, name),
            _ => return None,
        };
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        (is_account && !name.is_empty()).then(|| Self {
            partition: partition.to_owned(),
            account: account.to_owned(),
            kind,
            name: (*name).to_owned(),
        })
    }
}

impl Principal {
    /// `role/auditor`.
    fn within_its_account(&self) -> String {
        let kind = match self.kind {
            Kind::Role => "role",
            Kind::User => "user",
        };
        format!("{kind}/{}", self.name)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.within_its_account();
        write!(f, "arn:{}:iam::{}:{name}", self.partition, self.account)
    }
}

/// Which tenant an AWS principal is of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principals(BTreeMap<Principal, String>);

impl Principals {
    /// Reads a setting: a JSON object of ARNs of roles or users, each with its tenant. None where it is something else,
    /// names a tenant that can be none, or has two ARNs of one principal.
    pub fn parse(text: &str) -> Option<Self> {
        let written: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
        let mut principals = BTreeMap::new();
        for (arn, tenant) in written {
            let known = principals.insert(Principal::parse(&arn)?, tenant.clone());
            if known.is_some() || !is_tenant(&tenant) {
                return None;
            }
        }
        Some(Self(principals))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tenant of whoever has that ARN.
    pub(crate) fn tenant(&self, arn: &str) -> Option<&str> {
        self.0.get(&Principal::parse(arn)?).map(String::as_str)
    }
}

/// The roles of those who may do something; nobody's to begin with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles(BTreeSet<String>);

impl Roles {
    /// Reads a setting: roles with commas between them, as tokens name them or as ARNs of IAM roles or users. None where
    /// there is none, or an ARN is of something else.
    pub fn parse(text: &str) -> Option<Self> {
        let one = |role: &str| match role.trim() {
            "" => None,
            arn if arn.starts_with("arn:") => Some(Principal::parse(arn)?.to_string()),
            word => Some(word.to_owned()),
        };
        text.split(',').map(one).collect::<Option<_>>().map(Self)
    }

    /// Reads a setting of something that everybody may do while it is `none`: then there are no roles to have.
    /// None where it is neither `none` nor roles.
    pub fn parse_optional(text: &str) -> Option<Option<Self>> {
        match text {
            "none" => Some(None),
            text => Self::parse(text).map(Some),
        }
    }

    /// Their names, for whoever has none of them: of an ARN the kind and the name, because the account is nobody else's
    /// concern.
    pub(crate) fn names(&self) -> String {
        let name = |role: &String| match Principal::parse(role) {
            Some(principal) => principal.within_its_account(),
            None => role.clone(),
        };
        let names: Vec<_> = self.0.iter().map(name).collect();
        names.join(", ")
    }

    /// Whether one of them is among these.
    pub(crate) fn holds(&self, role: &str) -> bool {
        self.0.contains(role)
    }
}

/// The form of tenants everywhere: it becomes a part of keys.
pub(crate) fn is_tenant(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=128).contains(&text.len()) && text.bytes().all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/auditor";

    #[test]
    fn a_session_is_its_role_and_a_path_tells_no_roles_apart() {
        let user = "arn:aws:iam::111122223333:user/clerk";
        for (arn, expected) in [
            (ROLE, Some(ROLE)),
            ("arn:aws:iam::111122223333:role/a/path/auditor", Some(ROLE)),
            (
                "arn:aws:sts::111122223333:assumed-role/auditor/session-1",
                Some(ROLE),
            ),
            ("arn:aws:iam::111122223333:user/desk/clerk", Some(user)),
            (
                "arn:aws-cn:sts::111122223333:assumed-role/auditor/s",
                Some("arn:aws-cn:iam::111122223333:role/auditor"),
            ),
            ("arn:aws:sts::111122223333:assumed-role/auditor", None),
            ("arn:aws:sts::111122223333:assumed-role/other/auditor/s", None),
            ("arn:aws:sts::111122223333:federated-user/auditor", None),
            ("arn:aws:iam::111122223333:root", None),
            ("arn:aws:iam::111122223333:role/", None),
            ("arn:aws:iam::1111:role/auditor", None),
            ("arn:aws:s3:::role/auditor", None),
            ("auditor", None),
        ] {
            let read = Principal::parse(arn).map(|principal| principal.to_string());
            assert_eq!(read.as_deref(), expected, "{arn}");
        }
    }

    #[test]
    fn settings_name_principals_and_roles_or_are_refused() {
        let principals = Principals::parse(&format!("{{\"{ROLE}\": \"t-1\"}}")).unwrap();
        let session = "arn:aws:sts::111122223333:assumed-role/auditor/session-1";
        assert_eq!(principals.tenant(session), Some("t-1"));
        for other in ["111122223333:role/clerk", "444455556666:role/auditor"] {
            assert_eq!(principals.tenant(&format!("arn:aws:iam::{other}")), None);
        }
        for wrong in [
            "t-1",
            "[]",
            "{\"auditor\": \"t-1\"}",
            &format!("{{\"{ROLE}\": \"t#1\"}}"),
            &format!("{{\"{ROLE}\": 1}}"),
            // The same role twice: nobody could say which counts.
            &format!("{{\"{ROLE}\": \"t-1\", \"{session}\": \"t-2\"}}"),
        ] {
            assert_eq!(Principals::parse(wrong), None, "{wrong}");
        }
        let roles = Roles::parse(&format!("supervisor, {session}")).unwrap();
        assert!(roles.holds("supervisor") && roles.holds(ROLE) && !roles.holds("auditor"));
        for wrong in ["", "a,,b", "arn:aws:iam::111122223333:root"] {
            assert_eq!(Roles::parse(wrong), None, "{wrong}");
            assert_eq!(Roles::parse_optional(wrong), None, "{wrong}");
        }
        assert_eq!(Roles::parse_optional("none"), Some(None));
        assert_eq!(Roles::parse_optional("desk"), Some(Roles::parse("desk")));
    }
}
