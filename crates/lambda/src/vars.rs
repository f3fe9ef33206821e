//! Settings from environment variables.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

/// The environment variables of a function, read once, so that tests never touch the process's own.
#[derive(Default)]
pub struct Vars {
    values: HashMap<String, String>,
    /// Names that were asked for, so that a tool can tell a setting from a typing error.
    asked: RefCell<BTreeSet<String>>,
}

/// A setting that is missing or has a value it cannot have. The message names the variable, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} {problem}")]
pub struct BadVariable {
    /// The variable's name.
    pub name: String,
    /// What is wrong with it, for example `is not set` or `must be a whole number from 1 to 30`.
    pub problem: String,
}

impl Vars {
    /// The process's environment. Only `main.rs` calls this.
    pub fn from_env() -> Self {
        // Not `vars()`, which panics on a variable of the system that is not Unicode.
        let values: HashMap<_, _> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        values.into()
    }

    /// The value of an optional setting; empty counts as missing.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.values
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// The names of all settings that were asked for so far.
    pub fn asked(&self) -> BTreeSet<String> {
        self.asked.borrow().clone()
    }

    /// The value of a setting that has no default.
    ///
    /// # Errors
    /// When it is missing or empty.
    pub fn required(&self, name: &str) -> Result<String, BadVariable> {
        self.optional(name)
            .map(str::to_owned)
            .ok_or_else(|| bad(name, "is not set"))
    }

    /// A whole number within bounds, or its default.
    ///
    /// # Errors
    /// When the value is not a whole number or out of bounds.
    pub fn number(
        &self,
        name: &str,
        default: u64,
        allowed: std::ops::RangeInclusive<u64>,
    ) -> Result<u64, BadVariable> {
        let Some(text) = self.optional(name) else {
            return Ok(default);
        };
        match text.parse() {
            Ok(number) if allowed.contains(&number) => Ok(number),
            _ => Err(bad(
                name,
                format!(
                    "must be a whole number from {} to {}",
                    allowed.start(),
                    allowed.end()
                ),
            )),
        }
    }

    /// A value with a form of its own, or its default.
    ///
    /// # Errors
    /// When `parse` refuses the value; `expected` completes the sentence "must be …".
    pub fn parsed<T>(
        &self,
        name: &str,
        default: T,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, BadVariable> {
        match self.optional(name) {
            None => Ok(default),
            Some(text) => parse(text).ok_or_else(|| bad(name, format!("must be {expected}"))),
        }
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Vars {
    fn from(pairs: [(&str, &str); N]) -> Self {
        let values: HashMap<_, _> = pairs
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        values.into()
    }
}

impl From<HashMap<String, String>> for Vars {
    fn from(values: HashMap<String, String>) -> Self {
        Self {
            values,
            asked: RefCell::default(),
        }
    }
}

fn bad(name: &str, problem: impl Into<String>) -> BadVariable {
    BadVariable {
        name: name.to_owned(),
        problem: problem.into(),
    }
}

/// A variable of the system's own, of Lambda or the SDK, that is there and says something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_names_its_variable_and_not_its_content() {
        let vars = Vars::from([("EMPTY", "  "), ("DAYS", "secret"), ("HOURS", "25")]);
        assert_eq!(
            vars.required("EMPTY").unwrap_err().to_string(),
            "the environment variable EMPTY is not set"
        );
        assert_eq!(vars.number("ABSENT", 7, 1..=30), Ok(7));
        let problem = vars.number("DAYS", 7, 1..=30).unwrap_err().to_string();
        assert_eq!(
            problem,
            "the environment variable DAYS must be a whole number from 1 to 30"
        );
        assert!(vars.number("HOURS", 1, 0..=24).is_err());
        assert_eq!(
            vars.parsed("DAYS", true, "on or off", |_| None)
                .unwrap_err()
                .to_string(),
            "the environment variable DAYS must be on or off"
        );
    }
}
