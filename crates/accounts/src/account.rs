//! A carrier account, and what it must be.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use ringback_calls::Number;
use ringback_carriers::{RESERVED_CODES, Settings};
use ringback_connect::phone::E164;
use serde::{Deserialize, Serialize};

use crate::secret_arns::{SecretArns, is_secret_arn};
use crate::setting;
use crate::slug::Slug;

/// An account at a carrier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Its name in paths.
    pub slug: Slug,
    /// Whose calls these are.
    pub tenant: String,
    /// The carrier's code.
    pub carrier: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where its secrets are.
    #[serde(default)]
    pub secret_arns: SecretArns,
    /// The numbers that may be shown to who is called, E.164.
    #[serde(default)]
    pub numbers: Vec<Number>,
    /// Which account a call is placed with first: the lowest.
    #[serde(default)]
    pub priority: u32,
    /// What the numbers it may call begin with: `+1`. None: it may call nobody.
    #[serde(default)]
    pub prefixes: Vec<String>,
    /// What its carrier needs to know beyond the secret.
    #[serde(default)]
    pub settings: Settings,
    /// From where its carrier may post; from anywhere if there is none.
    #[serde(default)]
    pub allowed_ips: Vec<IpNet>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// What is wrong with an account: the field, and what it must be. Never the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct Problem {
    /// The field: `numbers[1]`.
    pub field: String,
    /// What it must be, as the end of the sentence "`field` …".
    pub problem: &'static str,
}

impl Problem {
    pub(crate) fn new(field: impl Into<String>, problem: &'static str) -> Self {
        Self {
            field: field.into(),
            problem,
        }
    }
}

/// The code of Amazon Connect. Its accounts place calls through an instance, with the function's own role: they have no
/// secret, and nobody posts to them.
pub const AMAZON_CONNECT: &str = "ac";

/// The carriers that sign nothing and so have no secret.
const WITHOUT_SECRET: [&str; 1] = ["e9"];

/// More than this is a mistake, and would not fit into the item.
const MOST: usize = 100;

impl Account {
    /// Whether a source address may post for this account. An address that is none may only where all may.
    pub fn allows(&self, source: &str) -> bool {
        self.allowed_ips.is_empty()
            || source
                .parse::<IpAddr>()
                .is_ok_and(|source| self.allowed_ips.iter().any(|net| net.contains(&source)))
    }

    /// Whether it may call that number: one that begins with one of its prefixes.
    pub fn may_call(&self, number: &Number) -> bool {
        self.prefixes
            .iter()
            .any(|prefix| number.as_str().starts_with(prefix.as_str()))
    }

    /// Whether it may show that number to who is called: one of its own.
    pub fn may_show(&self, number: &Number) -> bool {
        self.numbers.contains(number)
    }

    /// How many calls a second may be placed with it, where its setting `callsPerSecond` says so.
    pub fn calls_per_second(&self) -> Option<u32> {
        self.settings.get(setting::CALLS_PER_SECOND)?.parse().ok()
    }

    /// Whether the carrier is to be asked to delete a recording once it is in the owner's bucket.
    pub fn deletes_at_carrier(&self) -> bool {
        self.settings.get(setting::DELETE_AT_CARRIER) == Some("yes")
    }

    /// What is wrong with it; nothing if it is empty.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut unless = |good: bool, field: String, problem: &'static str| {
            if !good {
                problems.push(Problem::new(field, problem));
            }
        };
        let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        unless(
            (1..=128).contains(&self.tenant.len()) && self.tenant.bytes().all(word),
            "tenant".to_owned(),
            "must be 1 to 128 letters, digits, -, _ and .",
        );
        unless(
            is_code(&self.carrier),
            "carrier".to_owned(),
            "must be a carrier's code: two lower-case letters or digits, such as tw",
        );
        let connect = self.carrier == AMAZON_CONNECT;
        unless(
            connect || !RESERVED_CODES.contains(&self.carrier.as_str()),
            "carrier".to_owned(),
            "must be a carrier's code, and this one is for events that come from no carrier",
        );
        if connect {
            unless(
                self.settings.get(setting::CONTACT_FLOW_ID).is_some(),
                format!("settings.{}", setting::CONTACT_FLOW_ID),
                "is missing: Amazon Connect runs that flow when the customer has answered",
            );
            unless(
                self.settings.get(setting::QUEUE_ID).is_some() || !self.numbers.is_empty(),
                "numbers".to_owned(),
                "must hold a number to show, or settings.queueId name a queue that has one",
            );
            unless(
                self.secret_arns == SecretArns::default(),
                "secretArns".to_owned(),
                "must be empty: Amazon Connect is asked with the function's own role",
            );
        }
        let name = self.name.as_deref().unwrap_or("-");
        unless(
            (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control),
            "name".to_owned(),
            "must be 1 to 100 characters",
        );
        let arns = [
            ("current", &self.secret_arns.current),
            ("next", &self.secret_arns.next),
            ("api", &self.secret_arns.api),
        ];
        for (which, arn) in arns {
            unless(
                arn.as_deref().is_none_or(is_secret_arn),
                format!("secretArns.{which}"),
                "must be the ARN of a secret: arn:aws:secretsmanager:<region>:<account>:secret:<name>",
            );
        }
        // Whether a described carrier needs one is in its description; it is refused there when it does.
        let built_in = ringback_carriers::carrier(&self.carrier).is_some();
        unless(
            self.secret_arns.current.is_some()
                || !built_in
                || WITHOUT_SECRET.contains(&self.carrier.as_str()),
            "secretArns.current".to_owned(),
            "is missing: this carrier signs, and without its secret nothing can be verified",
        );
        let next_alone = self.secret_arns.next.is_some() && self.secret_arns.current.is_none();
        unless(!next_alone, "secretArns.next".to_owned(), "needs a current one");
        unless(
            self.secret_arns.next.is_none() || self.secret_arns.next != self.secret_arns.current,
            "secretArns.next".to_owned(),
            "must be another than the current one",
        );
        for (at, number) in self.numbers.iter().enumerate() {
            let good = E164::parse(number.as_str()).is_ok_and(|read| read.as_str() == number.as_str());
            unless(
                good,
                format!("numbers[{at}]"),
                "must be a number in E.164, for example +14155550100",
            );
        }
        for (at, prefix) in self.prefixes.iter().enumerate() {
            unless(
                is_prefix(prefix),
                format!("prefixes[{at}]"),
                "must be + and 1 to 15 digits, for example +44",
            );
        }
        for (name, value) in &self.settings.0 {
            let good_name =
                (1..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let field = if good_name {
                format!("settings.{name}")
            } else {
                "settings".to_owned()
            };
            unless(
                good_name,
                field.clone(),
                "must have names of 1 to 40 letters and digits",
            );
            unless(
                (1..=256).contains(&value.len()) && !value.chars().any(char::is_control),
                field.clone(),
                "must be 1 to 256 characters",
            );
            let problem = setting::problem(&self.carrier, name, value.trim());
            unless(problem.is_none(), field, problem.unwrap_or_default());
        }
        let lists = [
            ("numbers", self.numbers.len()),
            ("prefixes", self.prefixes.len()),
            ("settings", self.settings.0.len()),
            ("allowedIps", self.allowed_ips.len()),
        ];
        for (list, length) in lists {
            unless(length <= MOST, list.to_owned(), "must be at most 100");
        }
        problems
    }

    /// Adds the secret that will take the current one's place.
    ///
    /// # Errors
    /// When another is on its way already, or it is no ARN of a secret.
    pub fn begin_rotation(&mut self, next: &str) -> Result<(), Problem> {
        if self
            .secret_arns
            .next
            .as_deref()
            .is_some_and(|known| known != next)
        {
            return Err(Problem::new(
                "secretArns.next",
                "is there already: finish that rotation or abandon it first",
            ));
        }
        let before = self.secret_arns.next.replace(next.to_owned());
        let problem = self.problems().into_iter().next();
        problem.map_or(Ok(()), |problem| {
            self.secret_arns.next = before;
            Err(problem)
        })
    }

    /// Makes the next secret the current one.
    ///
    /// # Errors
    /// When there is none.
    pub fn finish_rotation(&mut self) -> Result<(), Problem> {
        let next = self.secret_arns.next.take();
        self.secret_arns.current = Some(next.ok_or_else(none_on_its_way)?);
        Ok(())
    }

    /// Forgets the next secret.
    ///
    /// # Errors
    /// When there is none.
    pub fn abandon_rotation(&mut self) -> Result<(), Problem> {
        self.secret_arns.next.take().map(drop).ok_or_else(none_on_its_way)
    }
}

fn none_on_its_way() -> Problem {
    Problem::new("secretArns.next", "is not there: no rotation has begun")
}

/// Whether that may be a carrier's code.
pub(crate) fn is_code(text: &str) -> bool {
    text.len() == 2
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_prefix(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (1..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZEROS: &str = "00000000-0000-0000-0000-000000000000";

    fn account() -> Account {
        let arn = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/tw-AbCdEf";
        Account {
            slug: Slug::parse("sample-account").unwrap(),
            tenant: "t-1".to_owned(),
            carrier: "tw".to_owned(),
            name: None,
            secret_arns: SecretArns {
                current: Some(arn.to_owned()),
                next: None,
                api: None,
            },
            numbers: vec![Number::raw("+14155550100").unwrap()],
            priority: 100,
            prefixes: vec!["+1".to_owned()],
            settings: Settings::default(),
            allowed_ips: vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_is_wrong_is_said_by_field_and_never_by_value() {
        type Spoil = fn(&mut Account);
        let spoils: [(&str, Spoil); 20] = [
            ("tenant", |a| a.tenant = "t 1".to_owned()),
            ("carrier", |a| a.carrier = "Twilio".to_owned()),
            ("carrier", |a| a.carrier = "own".to_owned()),
            ("settings.contactFlowId", |a| {
                (a.carrier, a.secret_arns) = ("ac".to_owned(), SecretArns::default());
            }),
            ("secretArns", |a| {
                a.carrier = "ac".to_owned();
                let flow = ("contactFlowId".to_owned(), ZEROS.to_owned());
                a.settings.0.extend([flow]);
            }),
            ("numbers", |a| {
                (a.carrier, a.secret_arns) = ("ac".to_owned(), SecretArns::default());
                let flow = ("contactFlowId".to_owned(), ZEROS.to_owned());
                a.settings.0.extend([flow]);
                a.numbers.clear();
            }),
            ("name", |a| a.name = Some(String::new())),
            ("secretArns.current", |a| a.secret_arns.current = None),
            ("secretArns.current", |a| {
                a.secret_arns.current = Some("12345secret".to_owned())
            }),
            ("secretArns.next", |a| {
                a.secret_arns.next = a.secret_arns.current.clone()
            }),
            ("secretArns.api", |a| {
                a.secret_arns.api = Some("12345secret".to_owned())
            }),
            ("numbers[1]", |a| {
                a.numbers.push(Number::raw("020 7946 0000").unwrap())
            }),
            ("numbers[1]", |a| {
                a.numbers.push(Number::raw("4155550101").unwrap())
            }),
            ("prefixes[0]", |a| a.prefixes = vec!["1".to_owned()]),
            ("prefixes[0]", |a| a.prefixes = vec!["+".to_owned()]),
            ("settings.appKey", |a| {
                drop(a.settings.0.insert("appKey".to_owned(), "a\nb".to_owned()))
            }),
            ("settings", |a| {
                drop(a.settings.0.insert("app key".to_owned(), "a".to_owned()))
            }),
            ("settings.window", |a| {
                drop(a.settings.0.insert("window".to_owned(), "5m".to_owned()))
            }),
            ("settings.window", |a| {
                drop(a.settings.0.insert("window".to_owned(), "-1".to_owned()))
            }),
            ("settings.zone", |a| {
                a.carrier = "hw".to_owned();
                drop(a.settings.0.insert("zone".to_owned(), "China".to_owned()))
            }),
        ];
        assert_eq!(account().problems(), []);
        for (field, spoil) in spoils {
            let mut account = account();
            spoil(&mut account);
            let problems = account.problems();
            assert_eq!(
                problems.first().map(|problem| problem.field.as_str()),
                Some(field)
            );
            let said = problems.iter().map(ToString::to_string).collect::<String>();
            assert!(
                !said.contains("secret\"") && !said.contains("7946") && !said.contains("12345secret"),
                "{said}"
            );
        }
        let mut unsigned = account();
        (unsigned.carrier, unsigned.secret_arns.current) = ("e9".to_owned(), None);
        assert_eq!(unsigned.problems(), []);
        let mut connect = account();
        (connect.carrier, connect.secret_arns) = ("ac".to_owned(), SecretArns::default());
        let settings = [
            ("contactFlowId", ZEROS),
            ("queueId", ZEROS),
            ("callsPerSecond", "2"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        connect.settings.0.extend(settings);
        connect.numbers.clear();
        assert_eq!(
            (connect.problems(), connect.calls_per_second()),
            (vec![], Some(2))
        );
    }

    #[test]
    fn an_account_calls_what_begins_with_its_prefixes_and_shows_its_own_numbers() {
        let mut account = account();
        let number = |text| Number::raw(text).unwrap();
        account.prefixes = vec!["+1415".to_owned(), "+44".to_owned()];
        for (text, may) in [
            ("+14155550102", true),
            ("+447700900102", true),
            ("+12125550102", false),
            ("14155550102", false),
            ("+4", false),
        ] {
            assert_eq!(account.may_call(&number(text)), may, "{text}");
        }
        assert!(account.may_show(&number("+14155550100")));
        assert!(!account.may_show(&number("+14155550109")));
        account.prefixes.clear();
        assert!(!account.may_call(&number("+14155550102")), "none: nobody");
    }

    #[test]
    fn a_recording_is_deleted_at_the_carrier_only_where_the_account_says_yes() {
        let mut account = account();
        assert!(!account.deletes_at_carrier());
        for (value, deletes) in [("no", false), ("yes", true)] {
            let settings = &mut account.settings.0;
            settings.insert("deleteAtCarrier".to_owned(), value.to_owned());
            assert_eq!(account.problems(), []);
            assert_eq!(account.deletes_at_carrier(), deletes);
        }
    }

    #[test]
    fn only_listed_addresses_may_post() {
        let account = account();
        for (source, allowed) in [
            ("192.0.2.17", true),
            ("192.0.3.17", false),
            ("2001:db8::1", true),
            ("2001:db9::1", false),
            ("", false),
            ("somewhere", false),
        ] {
            assert_eq!(account.allows(source), allowed, "{source}");
        }
        let anywhere = Account {
            allowed_ips: Vec::new(),
            ..account
        };
        assert!(anywhere.allows("198.51.100.1") && anywhere.allows(""));
    }

    #[test]
    fn a_rotation_begins_and_is_finished_or_abandoned() {
        let new = "arn:aws:secretsmanager:eu-west-2:111122223333:secret:ringback/carriers/tw-new";
        let mut account = account();
        let old = account.secret_arns.current.clone();
        assert!(account.finish_rotation().is_err() && account.abandon_rotation().is_err());
        assert_eq!(account.secret_arns.current, old);
        account.begin_rotation(new).unwrap();
        account.begin_rotation(new).unwrap();
        assert!(
            account.begin_rotation(&format!("{new}er")).is_err(),
            "one at a time"
        );
        account.abandon_rotation().unwrap();
        assert_eq!(
            (&account.secret_arns.current, &account.secret_arns.next),
            (&old, &None)
        );
        account.begin_rotation(new).unwrap();
        account.finish_rotation().unwrap();
        assert_eq!(account.secret_arns.current.as_deref(), Some(new));
        assert!(account.begin_rotation("new").is_err());
    }

    #[test]
    fn neither_slug_nor_number_is_in_its_debug() {
        let shown = format!("{:?}", account());
        assert!(
            !shown.contains("sample-account") && !shown.contains("415555"),
            "{shown}"
        );
    }
}
