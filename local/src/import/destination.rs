//! The directory that an import fills, and how to get there.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use aws_config::Region;
use aws_sdk_dynamodb::config::{Credentials, ProvideCredentials};
use ringback_callers::Directory;
use ringback_connect::ids::InstanceArn;
use ringback_lambda::{Patience, aws_loader};

/// A directory, and where it is.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The directory.
    pub directory: Directory,
    /// The name of its table.
    pub table: String,
    /// The endpoint, or the Region.
    pub place: String,
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, place, .. } = self;
        write!(f, "table {table}, {place}, instance {}", self.directory.tenant())
    }
}

impl Destination {
    /// The directory of an environment as `ringback serve` writes it. What the file does not say, the process's own
    /// environment does.
    ///
    /// # Errors
    /// When the file cannot be read or a setting is missing or wrong; the error names it.
    pub async fn of_env_file(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        let settings = settings(&text);
        let needed = |name: &str| {
            settings
                .get(name)
                .cloned()
                .ok_or_else(|| anyhow!("{} says no {name}", file.display()))
        };
        let (table, arn) = (needed("CALLERS_TABLE")?, needed("INSTANCE_ARN")?);
        let arn = InstanceArn::parse(&arn).with_context(|| format!("INSTANCE_ARN in {}", file.display()))?;
        Self::reach(table, arn, &settings).await
    }

    /// The directory of a table in the process's own environment.
    ///
    /// # Errors
    /// When that environment has no Region or no credentials.
    pub async fn of_table(table: String, arn: InstanceArn) -> Result<Self> {
        Self::reach(table, arn, &HashMap::new()).await
    }

    async fn reach(table: String, arn: InstanceArn, settings: &HashMap<String, String>) -> Result<Self> {
        let setting = |name: &str| {
            settings
                .get(name)
                .cloned()
                .or_else(|| std::env::var(name).ok())
                .filter(|value| !value.is_empty())
        };
        let mut loader = aws_loader(Patience::Stream);
        if let Some(region) = settings.get("AWS_REGION") {
            loader = loader.region(Region::new(region.clone()));
        }
        if let (Some(id), Some(secret)) = (
            settings.get("AWS_ACCESS_KEY_ID"),
            settings.get("AWS_SECRET_ACCESS_KEY"),
        ) {
            let session = settings.get("AWS_SESSION_TOKEN").cloned();
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
        // Without this a missing profile would look like a table that does not answer.
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
        )?;
        let place = endpoint.unwrap_or_else(|| region.to_string());
        Ok(Self {
            directory: Directory::new(aws_sdk_dynamodb::Client::new(&config), table.clone(), arn.id),
            table,
            place,
        })
    }
}

/// Lines of `NAME=value`, as `cargo lambda` reads them too.
fn settings(text: &str) -> HashMap<String, String> {
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
