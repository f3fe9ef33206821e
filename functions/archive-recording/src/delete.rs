//! Deleting at the carrier what is archived.

use reqwest::header::HeaderMap;
use ringback_accounts::Known;
use ringback_carriers::LinkAnswer;

use crate::App;
use crate::clock::Clock;
use crate::job::{Credentials, Job};
use crate::outside::{Target, good};
use crate::trouble::{Kind, Trouble};

impl App {
    /// Has the carrier delete the recording. That it is not there any more is as good.
    pub(crate) async fn delete(&self, job: Job<'_>, known: &Known, clock: &Clock) -> Result<(), Trouble> {
        let mut credentials = Credentials::of(known, clock.now()).await?;
        loop {
            match self.ask_to_delete(job, &credentials).await {
                Err(trouble) if trouble.is_unauthorised() && credentials.another().await? => {}
                done => return done,
            }
        }
    }

    async fn ask_to_delete(&self, job: Job<'_>, credentials: &Credentials<'_>) -> Result<(), Trouble> {
        let carrier = credentials.carrier().get();
        let fetch = carrier.delete(&job.kept(), &credentials.keys(), credentials.now)?;
        let (target, asking) = (Target::new(&fetch)?, credentials.asking());
        let response = self.outside.send(&target, &HeaderMap::new(), &asking).await?;
        let status = response.status();
        if matches!(status.as_u16(), 408 | 425 | 429 | 500..) {
            return good(&response, credentials.now);
        }
        let body = self.outside.text(response).await?;
        let answer = LinkAnswer {
            status: status.as_u16(),
            location: None,
            body: &body,
        };
        let code = status.as_str().to_owned();
        match carrier.deleted(&answer) {
            true => Ok(()),
            // The account may be mended, or a secret is just being changed.
            false if matches!(status.as_u16(), 401 | 403) => Err(Trouble::new(Kind::Refused, code)),
            // What it says to this request it says to the next.
            false => Err(Trouble::new(Kind::Final, code)),
        }
    }
}
