//! `ringback do-not-call`: numbers that are never called.

use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use clap::{Args, Subcommand};
use ringback_calls::Number;
use ringback_connect::phone::E164;
use ringback_placing::dialled;

use super::tables::Where;

#[derive(Debug, Subcommand)]
pub(crate) enum DoNotCall {
    /// Never call a number again.
    Add(One),
    /// Call a number again.
    Remove(One),
    /// Say whether a number may not be called.
    ///
    /// Ends with status 0 when it may be called, 1 when it may not.
    Check(One),
}

#[derive(Debug, Args)]
pub(crate) struct One {
    /// The number, E.164: +14155550102.
    number: String,
    /// Whose list.
    #[arg(long, value_name = "TENANT")]
    tenant: String,
    #[command(flatten)]
    place: Where,
}

impl One {
    /// The number as calls are asked for it: what no call can be asked for is not called anyway.
    fn number(&self) -> Result<Number> {
        dialled(&self.number).map_err(|problem| anyhow!("NUMBER {problem}"))
    }

    /// Any number at all, so that one leaves the list which could be put there once.
    fn as_it_stands(&self) -> Result<Number> {
        self.number().or_else(|problem| {
            let read = E164::parse(&self.number).ok();
            let number = read.and_then(|read| Number::raw(read.as_str()));
            number.ok_or(problem)
        })
    }
}

impl DoNotCall {
    pub(crate) async fn run(self) -> Result<ExitCode> {
        let (Self::Add(one) | Self::Remove(one) | Self::Check(one)) = &self;
        let number = match &self {
            Self::Remove(one) => one.as_it_stands(),
            Self::Add(one) | Self::Check(one) => one.number(),
        }?;
        let table = one.place.accounts().await?;
        let (placing, tenant) = (&table.placing, one.tenant.as_str());
        match self {
            Self::Add(_) => {
                placing.add_do_not_call(tenant, &number).await?;
                anstream::println!("The number is not called any more for {tenant}.");
            }
            Self::Remove(_) => {
                if !placing.remove_do_not_call(tenant, &number).await? {
                    bail!("the number is not in the list of {tenant}");
                }
                anstream::println!("The number may be called again for {tenant}.");
            }
            Self::Check(_) => {
                if placing.may_not_be_called(tenant, &number).await? {
                    anstream::println!("The number is in the list of {tenant}: it is not called.");
                    return Ok(ExitCode::FAILURE);
                }
                anstream::println!("The number is not in the list of {tenant}.");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
