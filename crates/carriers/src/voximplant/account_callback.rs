//! Callbacks of the account: balances, finished reports. They are no events of calls.

use md5::{Digest, Md5};
use serde_json::Value;
use subtle::ConstantTimeEq;

use crate::hex;
use crate::mac::any_secret;
use crate::refusal::Refusal;
use crate::settings::Keys;

/// The callbacks, if the body is of that shape.
pub(super) fn callbacks(document: &Value) -> Option<&Vec<Value>> {
    document.get("callbacks")?.as_array()
}

/// Whether every callback's hash is right. A hash covers no more than the callback's id, which is why nothing is taken
/// from them. The secret is `salt:api_key`.
pub(super) fn verify(callbacks: &[Value], keys: &Keys<'_>) -> Result<(), Refusal> {
    if callbacks.is_empty() {
        return Err(Refusal::Mismatch { hint: None });
    }
    let all = any_secret(keys.secrets, |secret| {
        let parts = secret.rsplit_once(':');
        parts
            .is_some_and(|(salt, api_key)| callbacks.iter().all(|callback| is_right(callback, salt, api_key)))
    });
    if all {
        return Ok(());
    }
    Err(Refusal::Mismatch {
        hint: Some("it is a callback of the account, which a secret of the form salt:api_key verifies"),
    })
}

fn is_right(callback: &Value, salt: &str, api_key: &str) -> bool {
    let whole = |name: &str| callback.get(name).and_then(Value::as_u64);
    let (Some(account), Some(id)) = (whole("account_id"), whole("callback_id")) else {
        return false;
    };
    let mut hash = Md5::new();
    hash.update(format!("{salt}{account}{api_key}{id}"));
    let expected = hex::lower(&hash.finalize());
    let given = callback.get("hash").and_then(Value::as_str).unwrap_or_default();
    expected.as_bytes().ct_eq(given.as_bytes()).into()
}
