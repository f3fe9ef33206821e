//! `ringback account`: carrier accounts, their secrets and the URLs their carriers are given.

mod set;

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use carrier_webhook::PublicBase;
use clap::{Args, Subcommand};
use ipnet::IpNet;
use jiff::Timestamp;
use ringback_accounts::{AMAZON_CONNECT, Account, ChangeError, SecretArns, Slug};
use ringback_calls::Number;
use ringback_carriers::{CARRIERS, Settings, carrier};
use ringback_local::accounts::{AccountsTable, describe, urls};
use ringback_placing::public_id;

use self::set::Set;
use super::show;
use super::tables::Where;

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Add an account at a carrier, and say which URLs the carrier needs.
    Add(Box<Add>),
    /// Show a tenant's accounts.
    List(List),
    /// Change an account's settings, or the secret with which its carrier is asked.
    Set(Set),
    /// Replace an account's secret: both are good until the rotation is finished.
    Rotate(Rotate),
    /// Remove an account: what its carrier still posts is refused.
    Remove(Remove),
    /// Keep the description of a carrier that is not built in.
    Describe(Describe),
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
The secret is in Secrets Manager, in the form that the carrier uses:
  tw, pl  the auth token              sw  the signing key (PSK…)
  tx      the public key, base64      vg  the signature secret
  hw      the app secret              vx  the key that the scenario signs with
  bw      user:password               si  applicationKey:secret, as Sinch shows it
  e9      signs nothing and has none: give --allow-ip
With what the carrier is asked for calls and recordings, and which settings that
needs, says `ringback account set --help`. Calls are placed only with numbers and
prefixes, and only where `ringback policy` allows them.
ac is Amazon Connect: no secret, and the instance's id as the tenant.
A secret's name must begin with what the function may read, <stack>/carriers/.

Examples:
  aws secretsmanager create-secret --name ringback/carriers/tw-main \\
      --secret-string file://token --query ARN --output text
  ringback account add --carrier tw --tenant <instance id> \\
      --secret-arn arn:aws:secretsmanager:… --number +14155550100 --prefix +1 \\
      --table ringback-carriers --base-url https://calls.example.com
  ringback account add --carrier hw --tenant t-1 --secret-arn arn:… \\
      --setting appKey=… --setting window=25200 --base-url https://…
  ringback account add --carrier e9 --tenant t-1 --setting appId=… \\
      --allow-ip 192.0.2.0/24 --base-url https://…
  ringback account add --carrier ac --tenant <instance id> --prefix +44 \\
      --number +447700900100 --setting contactFlowId=… --base-url https://…")]
pub(crate) struct Add {
    /// The carrier's code: tw, sw, tx, vg, pl, e9, hw, vx, bw, si, ac, or that of a described one.
    #[arg(long, value_name = "CODE")]
    carrier: String,
    /// Whose calls these are: the id of the Amazon Connect instance, or a name of your own.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    /// What people call it.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The ARN of its secret in Secrets Manager.
    #[arg(long, value_name = "ARN")]
    secret_arn: Option<String>,
    /// The ARN of the secret with which the carrier is asked for calls and recordings, where it is another.
    #[arg(long, value_name = "ARN")]
    api_secret_arn: Option<String>,
    /// A number of the account that may be shown to who is called; may be given more than once.
    #[arg(long = "number", value_name = "+NUMBER")]
    numbers: Vec<String>,
    /// What the carrier needs to know beyond the secret, NAME=VALUE; may be given more than once.
    #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// From where the carrier may post, an address or a range; may be given more than once. Without it from anywhere.
    #[arg(long = "allow-ip", value_name = "CIDR", value_parser = net)]
    allowed_ips: Vec<IpNet>,
    /// Which account calls are placed with first: the lowest.
    #[arg(long, value_name = "N", default_value_t = 100)]
    priority: u32,
    /// What numbers that it may call begin with; may be given more than once. Without it it may call nobody.
    #[arg(long = "prefix", value_name = "+DIGITS")]
    prefixes: Vec<String>,
    /// What the webhook's public URLs begin with [default: that of the environment file].
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Whose accounts.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Without a moment in which a genuine request is refused:
  1. make a new secret at the carrier, and store it as a secret of its own
  2. ringback account rotate SLUG --secret-arn NEW   both are good from now on
  3. wait a minute, then let the carrier sign with the new one
  4. wait until the calls of before are over and their recordings told: as long
     as the longest call, and an hour. Bandwidth brings the password that it got
     when the call's second leg was dialled
  5. ringback account rotate SLUG --finish           only the new one is good
If it goes wrong before the last step: ringback account rotate SLUG --abandon")]
pub(crate) struct Rotate {
    /// The account's slug.
    slug: String,
    /// The ARN of the secret that takes the current one's place.
    #[arg(long, value_name = "NEW", group = "step")]
    secret_arn: Option<String>,
    /// Make the next secret the current one.
    #[arg(long, group = "step")]
    finish: bool,
    /// Forget the next secret.
    #[arg(long, group = "step")]
    abandon: bool,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The account's slug.
    slug: String,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  ringback account describe infra/carriers/jy.toml
  ringback account add --carrier jy --tenant t-1 --secret-arn arn:… \\
      --base-url https://calls.example.com
A description that is changed counts a minute later.")]
pub(crate) struct Describe {
    /// The description, as TOML.
    file: PathBuf,
    #[command(flatten)]
    place: Where,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let pair = text
        .split_once('=')
        .filter(|(name, value)| !name.is_empty() && !value.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "expected NAME=VALUE".to_owned())
}

fn net(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<IpAddr>().map(IpNet::from);
    let net = text.parse().or_else(|_| one());
    net.map_err(|_| "expected an address such as 192.0.2.1, or a range such as 192.0.2.0/24".to_owned())
}

fn slug(text: &str) -> Result<Slug> {
    Slug::parse(text).map_err(|problem| anyhow!("SLUG {problem}"))
}

impl AccountCommand {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(list) => list.run().await,
            Self::Set(set) => set.run().await,
            Self::Rotate(rotate) => rotate.run().await,
            Self::Remove(remove) => remove.run().await,
            Self::Describe(describe) => describe.run().await,
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Add {
    async fn run(self) -> Result<()> {
        let accounts = self.place.accounts().await?;
        let base = self.base_url.as_ref().or(accounts.public_base.as_ref());
        let base = base.context("--base-url is missing: what do the webhook's public URLs begin with?")?;
        if PublicBase::parse(base).is_none() {
            bail!("--base-url must be https:// and a host, with a path if there is a base path mapping");
        }
        let name = self.carrier_name(&accounts).await?;
        let account = self.account()?;
        let added = accounts.store.add(&account).await;
        added.map_err(named)?;
        let (every, placed) = urls(base, &account);
        anstream::println!(
            "Added an account at {name} for {}, in {accounts}.",
            account.tenant
        );
        anstream::println!("  account id      {}", public_id(&account.slug));
        if account.carrier == AMAZON_CONNECT {
            return Ok(());
        }
        anstream::println!("  slug            {}", account.slug.as_str());
        anstream::println!("URLs for the carrier:");
        anstream::println!("  of every call   {every}");
        anstream::println!("  of a placed one {placed}");
        show::note("Whoever knows the slug can post to it: keep it out of tickets and logs.");
        if account.secret_arns.current.is_none() && account.allowed_ips.is_empty() {
            show::note(
                "This account has no secret: the slug is all that guards it. Add it with --allow-ip if the carrier \
                 says where it posts from.",
            );
        }
        Ok(())
    }

    /// What the carrier is called; it must be built in or described.
    async fn carrier_name(&self, accounts: &AccountsTable) -> Result<String> {
        if self.carrier == AMAZON_CONNECT {
            return Ok("Amazon Connect".to_owned());
        }
        if let Some(carrier) = carrier(&self.carrier) {
            return Ok(carrier.name().to_owned());
        }
        let described = accounts.store.description(&self.carrier).await?;
        if described.is_none() {
            let codes: Vec<_> = CARRIERS.iter().map(|carrier| carrier.code()).collect();
            bail!(
                "--carrier: there is no carrier {}; there are {}, and those that `ringback account describe` was given",
                self.carrier,
                codes.join(", ")
            );
        }
        Ok(format!("the described carrier {}", self.carrier))
    }

    fn account(&self) -> Result<Account> {
        Ok(Account {
            slug: Slug::generate().context("the operating system gives no randomness")?,
            tenant: self.tenant.clone(),
            carrier: self.carrier.clone(),
            name: self.name.clone(),
            secret_arns: SecretArns {
                current: self.secret_arn.clone(),
                next: None,
                api: self.api_secret_arn.clone(),
            },
            numbers: self
                .numbers
                .iter()
                .filter_map(|number| Number::raw(number))
                .collect(),
            priority: self.priority,
            prefixes: self.prefixes.clone(),
            settings: Settings(self.settings.iter().cloned().collect()),
            allowed_ips: self.allowed_ips.clone(),
            created_at: Timestamp::now(),
        })
    }
}

/// A field's problem, under the name that the command line has for it.
fn named(problem: ChangeError) -> anyhow::Error {
    let ChangeError::Problem(problem) = problem else {
        return problem.into();
    };
    let field = problem.field.split(['[', '.']).next().unwrap_or_default();
    let option = match field {
        "secretArns" if problem.field == "secretArns.api" => "--api-secret-arn",
        "secretArns" => "--secret-arn",
        "numbers" => "--number",
        "prefixes" => "--prefix",
        "settings" => "--setting",
        "allowedIps" => "--allow-ip",
        "tenant" => "--tenant",
        "carrier" => "--carrier",
        "name" => "--name",
        _ => return anyhow!("{problem}"),
    };
    anyhow!("{option}: {problem}")
}

impl List {
    async fn run(self) -> Result<()> {
        let accounts = self.place.accounts().await?;
        let found = accounts.store.list(&self.tenant).await?;
        if found.is_empty() {
            anstream::println!("{} has no account in {accounts}.", self.tenant);
            return Ok(());
        }
        let mut order: Vec<_> = found.iter().collect();
        order.sort_by_key(|account| (account.priority, &account.carrier));
        for account in order {
            shown(account);
        }
        Ok(())
    }
}

fn shown(account: &Account) {
    let name = account
        .name
        .as_deref()
        .map(|name| format!(", {name}"))
        .unwrap_or_default();
    anstream::println!("{}{name}: {}", account.carrier, account.slug.as_str());
    let listed = |items: Vec<String>| {
        if items.is_empty() {
            "none".to_owned()
        } else {
            items.join(" ")
        }
    };
    let numbers = account.numbers.iter().map(|number| number.as_str().to_owned());
    let settings = account
        .settings
        .0
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let from = account.allowed_ips.iter().map(ToString::to_string);
    let from = if account.allowed_ips.is_empty() {
        "anywhere".to_owned()
    } else {
        listed(from.collect())
    };
    let api = account.secret_arns.api.as_deref().unwrap_or("none of its own");
    for (what, value) in [
        ("account id", public_id(&account.slug)),
        ("secret", account.secret_arns.to_string()),
        ("API secret", api.to_owned()),
        ("numbers", listed(numbers.collect())),
        ("may call", listed(account.prefixes.clone())),
        ("priority", account.priority.to_string()),
        ("settings", listed(settings.collect())),
        ("posts from", from),
        ("added", account.created_at.to_string()),
    ] {
        anstream::println!("  {what:<10} {value}");
    }
}

impl Rotate {
    async fn run(self) -> Result<()> {
        let slug = slug(&self.slug)?;
        let accounts = self.place.accounts().await?;
        let store = &accounts.store;
        let (changed, done) = if let Some(arn) = &self.secret_arn {
            let changed = store.change(&slug, |account| account.begin_rotation(arn)).await;
            (changed, "Both secrets are good; --finish or --abandon ends it")
        } else if self.finish {
            let changed = store.change(&slug, Account::finish_rotation).await;
            (
                changed,
                "Only the new secret is good, a minute from now at the latest",
            )
        } else if self.abandon {
            let changed = store.change(&slug, Account::abandon_rotation).await;
            (
                changed,
                "Only the old secret is good, a minute from now at the latest",
            )
        } else {
            bail!("what is to be done? --secret-arn NEW, --finish or --abandon");
        };
        let account = changed?;
        anstream::println!("{done}.");
        anstream::println!("  secret     {}", account.secret_arns);
        Ok(())
    }
}

impl Remove {
    async fn run(self) -> Result<()> {
        let slug = slug(&self.slug)?;
        let accounts = self.place.accounts().await?;
        let account = accounts.store.remove(&slug).await?;
        anstream::println!(
            "Removed the account at {} of {}; what is posted to it is refused, a minute from now at the latest.",
            account.carrier,
            account.tenant
        );
        show::note("Its secrets are still in Secrets Manager, its calls in the calls table.");
        Ok(())
    }
}

impl Describe {
    async fn run(self) -> Result<()> {
        let toml = std::fs::read_to_string(&self.file);
        let toml = toml.with_context(|| format!("reading {}", self.file.display()))?;
        let code = describe(&toml).with_context(|| self.file.display().to_string())?;
        let accounts = self.place.accounts().await?;
        accounts.store.describe(&code, &toml).await?;
        anstream::println!("The carrier {code} is described, in {accounts}.");
        Ok(())
    }
}
