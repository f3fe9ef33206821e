//! Tokens with which carriers are asked.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;

use crate::recording::CannotFetch;

/// A token signed with an RSA key in PEM, RS256.
pub(crate) fn rs256(pem: &str, key_id: Option<&str>, claims: &impl Serialize) -> Result<String, CannotFetch> {
    let wrong = CannotFetch::Wrong {
        what: "API secret",
        problem: "has no RSA private key in PEM",
    };
    // Whoever stores a key by hand may write its lines' ends as two characters.
    let pem = pem.replace("\\n", "\n");
    let key = EncodingKey::from_rsa_pem(pem.trim().as_bytes()).map_err(|_| wrong)?;
    let header = Header {
        kid: key_id.map(str::to_owned),
        ..Header::new(Algorithm::RS256)
    };
    encode(&header, claims, &key).map_err(|_| wrong)
}
