//! `ringback account set`: an account that is there already becomes another.

use anyhow::{Result, bail};
use clap::Args;
use ringback_accounts::{Account, Problem};

use super::{named, setting, shown, slug};
use crate::cli::tables::Where;

#[derive(Debug, Args)]
#[command(after_long_help = "\
The API secret is what the carrier is asked with, for calls and recordings. It is
in Secrets Manager, in the form that the carrier uses, with the settings it needs:
  tw  the auth token, which need not be named again, or an API key, SK…:secret;
      accountSid, recordingFormat=wav or mp3
  sw  an API token; projectId, space
  tx  an API key; connectionId for calls
  vg  the application's private key, PEM; applicationId
  pl  the auth token, which need not be named again; authId
  e9  the auth token; accountSid, appId for calls
  hw  the app secret, which need not be named again; appKey, apiBase, recordBucket
  vx  the key of a service account, JSON; ruleId for calls, secureStorage=on where
      it is
  bw  user:password of the API; accountId, applicationId for calls
  si  applicationKey:secret, which need not be named again; region for calls,
      recordBucket=BUCKET/PREFIX, where Sinch stores this account's recordings
      and no other account's
  ac  none; contactFlowId, queueId
For every carrier: callsPerSecond=N, how many calls a second it is asked for;
deleteAtCarrier=yes; recordingHosts=HOST[/PATH],…, more hosts that recordings
come from, which are not told who we are.

Examples:
  ringback account set SLUG --api-secret-arn arn:aws:secretsmanager:…
  ringback account set SLUG --setting deleteAtCarrier=yes --unset recordingHosts
What is set counts a minute later.")]
pub(crate) struct Set {
    /// The account's slug.
    slug: String,
    /// The ARN of the secret with which the carrier is asked.
    #[arg(long, value_name = "ARN")]
    api_secret_arn: Option<String>,
    /// What the carrier needs to know beyond its secrets, NAME=VALUE; may be given more than once.
    #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// A setting that is forgotten; may be given more than once.
    #[arg(long = "unset", value_name = "NAME")]
    unset: Vec<String>,
    #[command(flatten)]
    place: Where,
}

impl Set {
    pub(super) async fn run(self) -> Result<()> {
        if self.api_secret_arn.is_none() && self.settings.is_empty() && self.unset.is_empty() {
            bail!("what is to be set? --api-secret-arn ARN, --setting NAME=VALUE, --unset NAME");
        }
        let slug = slug(&self.slug)?;
        let accounts = self.place.accounts().await?;
        let changed = accounts.store.change(&slug, |account| self.change(account)).await;
        shown(&changed.map_err(named)?);
        Ok(())
    }

    fn change(&self, account: &mut Account) -> Result<(), Problem> {
        if let Some(arn) = &self.api_secret_arn {
            account.secret_arns.api = Some(arn.clone());
        }
        let settings = &mut account.settings.0;
        settings.retain(|name, _| !self.unset.contains(name));
        settings.extend(self.settings.iter().cloned());
        Ok(())
    }
}
