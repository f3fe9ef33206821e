//! Where the tables of an environment are, and how to get there.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use aws_config::{Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials};
use ringback_lambda::{Patience, aws_loader};

/// Settings as a file of `ringback serve` has them; none for the process's own environment.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    values: HashMap<String, String>,
    file: String,
}

impl Settings {
    /// The settings of a file.
    pub(crate) fn of_file(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        Ok(Self {
            values: read(&text),
            file: file.display().to_string(),
        })
    }

    /// A setting that the file must have.
    pub(crate) fn needed(&self, name: &str) -> Result<String> {
        let value = self.values.get(name).cloned();
        value.ok_or_else(|| anyhow!("{} says no {name}", self.file))
    }

    /// A setting that it may have.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// DynamoDB where these settings say. What they do not say, the process's own environment does.
    ///
    /// # Errors
    /// When there is no Region, or there are no credentials.
    pub(crate) async fn reach(&self) -> Result<Reached> {
        let Self { values, .. } = self;
        let setting = |name: &str| {
            values
                .get(name)
                .cloned()
                .or_else(|| std::env::var(name).ok())
                .filter(|value| !value.is_empty())
        };
        let mut loader = aws_loader(Patience::Stream);
        if let Some(region) = values.get("AWS_REGION") {
            loader = loader.region(Region::new(region.clone()));
        }
        if let (Some(id), Some(secret)) = (
            values.get("AWS_ACCESS_KEY_ID"),
            values.get("AWS_SECRET_ACCESS_KEY"),
        ) {
            let session = values.get("AWS_SESSION_TOKEN").cloned();
            loader = loader.credentials_provider(Credentials::new(id, secret, session, None, "env-file"));
        }
        let endpoint = setting("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| setting("AWS_ENDPOINT_URL"));
        if let Some(endpoint) = &endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let config = loader.load().await;
        let Some(region) = config.region() else {
            bail!("no Region is set: AWS_REGION, or `region` of the profile");
        };
        let place = endpoint.unwrap_or_else(|| region.to_string());
        credentials(&config).await?;
        Ok(Reached {
            client: Client::new(&config),
            place,
        })
    }
}

/// Without this a missing profile would look like a table that does not answer.
async fn credentials(config: &SdkConfig) -> Result<()> {
    let known = match config.credentials_provider() {
        None => Err(anyhow!("nobody provides any")),
        Some(provider) => provider
            .provide_credentials()
            .await
            .map(drop)
            .map_err(anyhow::Error::from),
    };
    known.context(
        "no AWS credentials; where a profile signs in by SSO or a process: \
         eval \"$(aws configure export-credentials --format env)\"",
    )
}

/// A DynamoDB.
#[derive(Debug)]
pub(crate) struct Reached {
    pub(crate) client: Client,
    /// The endpoint, or the Region.
    pub(crate) place: String,
}

/// Lines of `NAME=value`, as `cargo lambda` reads them too.
fn read(text: &str) -> HashMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.strip_prefix("export ").unwrap_or(line).split_once('='));
    pairs
        .map(|(name, value)| {
            let value = value.trim();
            let bare = ['"', '\''].iter().find_map(|quote| {
                value
                    .strip_prefix(*quote)
                    .and_then(|value| value.strip_suffix(*quote))
            });
            (name.trim().to_owned(), bare.unwrap_or(value).to_owned())
        })
        .filter(|(_, value)| !value.is_empty())
        .collect()
}
