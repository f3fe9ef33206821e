//! `GetParticipantInput`: menus and stored input.

use std::time::Duration;

use serde_json::Value;

use super::compare::first_match;
use super::parameters::{integer, is_true, scalar};
use super::state::{Done, State, Stop};
use super::transcript::What;
use crate::Action;

/// How long a person takes for each key.
const KEY_TIME: Duration = Duration::from_millis(500);
/// What the console fills in.
const DEFAULT_TIME_LIMIT_SECONDS: u32 = 5;
/// What `$.StoredCustomerInput` holds after silence (administrator guide, store customer input).
const TIMEOUT: &str = "Timeout";

impl<'a> State<'a> {
    pub(super) fn ask(&mut self, action: &'a Action) -> Result<Done<'a>, Stop> {
        if !self.is_voice() {
            return Ok(Done::failed("keys can be pressed on calls only"));
        }
        if self.stage.is_whisper() {
            return Ok(Done::failed("whisper flows cannot ask"));
        }
        let prompt = match self.prompt(&action.parameters) {
            Ok(prompt) => prompt,
            Err(why) => return Ok(Done::failed(why)),
        };
        let (text, length) = prompt.map_or((String::new(), Duration::ZERO), |prompt| {
            (prompt.text, prompt.length)
        });
        let keys = self.caller.keys.get(self.keys_used).cloned().flatten();
        self.keys_used = self.keys_used.saturating_add(1);
        self.lambda_silence = Duration::ZERO;
        let stores = is_true(action.parameters.get("StoreInput"));
        let heard = keys.map(|keys| if stores { kept(action, &keys) } else { first(&keys) });
        let heard = heard.filter(|keys| !keys.is_empty());
        let asked = self.transcript.len();
        self.note(What::Asked { text, key: None });
        self.pass(length)?;
        match &heard {
            Some(keys) => {
                let keys = u32::try_from(keys.chars().count()).unwrap_or(u32::MAX);
                self.pass(KEY_TIME.saturating_mul(keys))?;
            }
            None => self.pass_seconds(self.time_limit(action))?,
        }
        // Only now is it known that nothing came between the question and the answer.
        if let Some(What::Asked { key, .. }) = self.transcript.get_mut(asked).map(|entry| &mut entry.what) {
            key.clone_from(&heard);
        }
        Ok(if stores {
            self.store(action, heard)
        } else {
            self.choose(action, heard)
        })
    }

    fn time_limit(&self, action: &Action) -> u32 {
        let seconds = self.number(action, "InputTimeLimitSeconds");
        seconds
            .and_then(|seconds| u32::try_from(seconds).ok())
            .unwrap_or(DEFAULT_TIME_LIMIT_SECONDS)
    }

    fn choose(&mut self, action: &'a Action, heard: Option<String>) -> Done<'a> {
        let Some(key) = heard else {
            return Done::Failed("InputTimeLimitExceeded", "no key was pressed".to_owned());
        };
        let branch = first_match(action, Some(&Value::from(key)));
        branch.map_or(Done::NoMatch, |branch| Done::Goto(&branch.next_action))
    }

    fn store(&mut self, action: &'a Action, heard: Option<String>) -> Done<'a> {
        let input = match heard {
            None => TIMEOUT.to_owned(),
            Some(keys) => match number_format(action) {
                None => keys,
                Some(format) => match telephone_number(&keys, format) {
                    Some(number) => number,
                    None => {
                        return Done::Failed("InvalidPhoneNumber", format!("{keys} is no telephone number"));
                    }
                },
            },
        };
        self.note(What::Set {
            note: format!("stores {input}"),
        });
        self.stored_input = Some(input);
        Done::Next
    }
}

/// A menu takes one key and does not wait for more.
fn first(keys: &str) -> String {
    keys.chars().take(1).collect()
}

/// What a block that stores keeps: up to the terminating keys or the greatest length, from the last cancel key on.
fn kept(action: &Action, keys: &str) -> String {
    let dtmf = action.parameters.get("DTMFConfiguration");
    let setting = |name: &str| dtmf.and_then(|dtmf| dtmf.get(name));
    let end = setting("InputTerminationSequence")
        .and_then(scalar)
        .filter(|end| !end.is_empty());
    let end = end.unwrap_or_else(|| "#".to_owned());
    let cancels = !is_true(setting("DisableCancelKey"));
    let validation = action.parameters.get("InputValidation");
    let longest = validation.and_then(|it| it.get("CustomValidation")?.get("MaximumLength"));
    let longest = longest
        .and_then(integer)
        .and_then(|longest| usize::try_from(longest).ok());
    let mut kept = String::new();
    let mut left = keys;
    while let Some(key) = left.chars().next().filter(|_| !left.starts_with(&end)) {
        match key {
            '*' if cancels => kept.clear(),
            key => kept.push(key),
        }
        // Nothing that is keyed after the last place is heard.
        if longest.is_some_and(|longest| kept.chars().count() >= longest) {
            break;
        }
        left = left.get(key.len_utf8()..).unwrap_or_default();
    }
    kept
}

#[derive(Clone, Copy)]
enum NumberFormat<'a> {
    E164,
    Local(&'a str),
}

fn number_format(action: &Action) -> Option<NumberFormat<'_>> {
    let validation = action
        .parameters
        .get("InputValidation")?
        .get("PhoneNumberValidation")?;
    let country = validation
        .get("CountryCode")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match validation.get("NumberFormat").and_then(Value::as_str) {
        Some("Local") => Some(NumberFormat::Local(country)),
        _ => Some(NumberFormat::E164),
    }
}

/// The keyed number in E.164.
fn telephone_number(keys: &str, format: NumberFormat<'_>) -> Option<String> {
    let number = match format {
        NumberFormat::E164 => format!("+{keys}"),
        NumberFormat::Local(country) => {
            let (code, trunk) = calling_code(country)?;
            format!("+{code}{}", keys.strip_prefix(trunk).unwrap_or(keys))
        }
    };
    is_e164(&number).then_some(number)
}

/// E.164 allows fifteen digits; fewer than eight reach nobody abroad.
pub(super) fn is_e164(number: &str) -> bool {
    let Some(digits) = number.strip_prefix('+') else {
        return false;
    };
    (8..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Country calling code and trunk prefix of the countries where Connect is used most. Others are taken as invalid.
fn calling_code(country: &str) -> Option<(&'static str, &'static str)> {
    Some(match country {
        "US" | "CA" => ("1", "1"),
        "GB" => ("44", "0"),
        "AU" => ("61", "0"),
        "DE" => ("49", "0"),
        "FR" => ("33", "0"),
        "NZ" => ("64", "0"),
        "JP" => ("81", "0"),
        "IE" => ("353", "0"),
        "NL" => ("31", "0"),
        "AT" => ("43", "0"),
        "CH" => ("41", "0"),
        "BR" => ("55", "0"),
        "IN" => ("91", "0"),
        "SG" => ("65", ""),
        "MX" => ("52", ""),
        "ES" => ("34", ""),
        "IT" => ("39", ""),
        _ => return None,
    })
}
