//! How a carrier's events reach the webhook.

use std::time::Duration;

use jiff::Timestamp;

use super::SimulatedCarriers;
use super::call::Call;
use super::shape::Post;
use crate::sample_accounts::SampleAccount;
use crate::simulated_carriers::sign::{Unsigned, sign};

/// How often an event is sent that is not taken.
const ATTEMPTS: u32 = 5;

impl SimulatedCarriers {
    /// Posts that until it is taken, or it has been tried often enough; the answer's body, if it was taken.
    pub(super) async fn post(&self, call: &Call, post: &Post) -> Option<String> {
        let webhook = self.inner().webhook.clone()?;
        let (_, path) = call.events_url.split_once("://")?;
        let to = format!("{webhook}{}", path.get(path.find('/')?..)?);
        for attempt in 1..=ATTEMPTS {
            match self.post_once(call, post, &to).await {
                Some((200..=299, body)) => return Some(body),
                // Whatever is wrong with it, it will be wrong again.
                Some((400..=428 | 430..=499, _)) => return None,
                _ => tokio::time::sleep(Duration::from_millis(50 * u64::from(attempt))).await,
            }
        }
        None
    }

    async fn post_once(&self, call: &Call, post: &Post, to: &str) -> Option<(u16, String)> {
        let secret = self.signing_secret(call)?;
        let nonce = self.nonce();
        let unsigned = Unsigned {
            method: "POST",
            url: &call.events_url,
            content_type: post.content_type,
            body: post.body.as_bytes(),
            now: Timestamp::now(),
            nonce: &nonce,
        };
        let mut builder = self
            .0
            .client
            .post(to)
            .header("content-type", post.content_type)
            .body(post.body.clone());
        for (name, value) in sign(call.carrier, &secret, &unsigned).ok()? {
            builder = builder.header(name, value);
        }
        let answer = builder.send().await.ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.text().await.ok()?))
    }

    fn signing_secret(&self, call: &Call) -> Option<String> {
        let known = self.inner().signing.get(call.slug()).cloned();
        known.or_else(|| Some(SampleAccount::of(call.carrier)?.signs_with.to_owned()))
    }

    /// What is new in every request.
    fn nonce(&self) -> String {
        let mut inner = self.inner();
        inner.posted += 1;
        format!("{:020}", inner.posted)
    }
}
