//! Whether a request is genuine.

use jiff::Timestamp;
use ringback_accounts::Known;
use ringback_carriers::{Answer, Keys, Refusal, Request};
use secrecy::SecretString;
use tracing::{error, warn};

use crate::Genuine;
use crate::reply::{self, Reply};

/// Whether the request is from the account's carrier; the secrets with which that was found. A signature that matches
/// none of them may be made with one that has just changed, so they are read again, at most once a minute.
pub(crate) async fn verify(
    known: &Known,
    request: &Request<'_>,
    now: Timestamp,
) -> Result<Vec<SecretString>, Reply> {
    let settings = &known.account.settings;
    let verified = |secrets: &[SecretString]| {
        known
            .carrier
            .get()
            .verify(request, &Keys { secrets, settings }, now)
    };
    let secrets = known.secrets().await.map_err(|problem| {
        error!(account = ?known.account.slug, code = problem.code, "A carrier account's secret cannot be read");
        Reply::failed(reply::SECRETS, Answer::unavailable())
    })?;
    let Err(refusal) = verified(&secrets) else {
        return Ok(secrets);
    };
    if matches!(refusal, Refusal::Mismatch { .. } | Refusal::Secret { .. })
        && let Ok(Some(secrets)) = known.secrets_after(&secrets).await
        && verified(&secrets).is_ok()
    {
        return Ok(secrets);
    }
    warn!(account = ?known.account.slug, problem = %refusal, "Refused a request for a carrier account");
    Err(Reply::unauthorised(refusal.reason()))
}

/// Whether the signature covers the query. The signature itself is asked: with another query it must not hold.
pub(crate) fn signs_query(genuine: &Genuine<'_>) -> bool {
    let url = format!("{}&another=query", genuine.request.url);
    let altered = Request {
        url: &url,
        ..genuine.request
    };
    let verified = genuine.carrier().verify(&altered, &genuine.keys(), genuine.now);
    verified.is_err()
}
