//! The key by which a client's request is known again.

use std::fmt;

use sha2::{Digest, Sha256};

/// An `Idempotency-Key`: 1 to 255 visible characters of ASCII. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// The text is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 255 visible characters of ASCII")]
pub struct BadKey;

impl IdempotencyKey {
    /// Reads a key.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        match visible && (1..=255).contains(&text.len()) {
            true => Ok(Self(text.to_owned())),
            false => Err(BadKey),
        }
    }

    /// Its digest together with the tenant's name: clients put what they like into keys, and no tenant meets another's.
    pub(crate) fn digest(&self, tenant: &str) -> String {
        let mut hash = Sha256::new();
        for part in [tenant, &self.0] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(<hidden>)")
    }
}
