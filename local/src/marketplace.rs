//! The directory of the marketplace: `events/directory/marketplace.jsonl`, built in.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use ringback_callers::{Change, Directory};
use ringback_connect::ids::InstanceArn;
use serde_json::Value;

use crate::centre::INSTANCE_ARN;
use crate::dynamo::CALLERS_TABLE;
use crate::stack::Stack;

/// The marketplace's directory as changes, a line each, as they stand on the bus.
pub const MARKETPLACE: &str = include_str!("../../events/directory/marketplace.jsonl");

/// A file of changes, or the marketplace.
///
/// # Errors
/// When the file cannot be read.
pub fn changes(file: Option<&Path>) -> Result<String> {
    match file {
        None => Ok(MARKETPLACE.to_owned()),
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display())),
    }
}

/// Makes every change of a file in a stack's directory.
///
/// # Errors
/// When a line is no change; the error says which line and what is wrong.
pub async fn fill(stack: &Stack, changes: &str, now: Timestamp) -> Result<()> {
    let directory = directory(stack).await?;
    for (number, line) in changes
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let number = number + 1;
        let event: Value = serde_json::from_str(line).with_context(|| format!("line {number} is no JSON"))?;
        let change = Change::of_event(&event).map_err(|problems| {
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            anyhow!("line {number}: {}", problems.join("; "))
        })?;
        change.make(&directory, now).await?;
    }
    Ok(())
}

/// The directory of the local instance.
///
/// # Errors
/// When the instance's ARN is none, which a test would tell.
pub async fn directory(stack: &Stack) -> Result<Directory> {
    let tenant = InstanceArn::parse(INSTANCE_ARN)?.id;
    Ok(Directory::new(
        stack.dynamo_client().await,
        CALLERS_TABLE.to_owned(),
        tenant,
    ))
}
