//! Counts the instructions of the hot paths under callgrind, and compares them with committed figures.
#![allow(clippy::print_stdout, reason = "it is a tool, and prints a table")]

mod figures;
mod paths;
mod seeded;
mod signed;
mod valgrind;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

/// How often a path is walked while it is counted: hash maps are seeded anew each time, and the mean of many is steady.
const ROUNDS: usize = 20;
/// How often it is walked before: what is made once, tables of time zones and what the processor can do, is no part of the
/// path.
const WARM_UP: usize = 2;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => compare(),
        ["--bless"] => bless(),
        ["--walk", name] => walk(name),
        _ => bail!("the arguments are --bless, or none"),
    }
}

fn compare() -> Result<ExitCode> {
    let comparison = figures::Comparison::of(&figures::committed()?, &valgrind::count_all()?);
    print!("{comparison}");
    Ok(match comparison.holds() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn bless() -> Result<ExitCode> {
    let counted = valgrind::count_all()?;
    // On a machine of another kind there is nothing to compare with yet.
    let before = figures::committed().unwrap_or_default();
    print!("{}", figures::Comparison::of(&before, &counted));
    figures::commit(&counted)?;
    Ok(ExitCode::SUCCESS)
}

/// Walks one path; this is the process that callgrind looks at.
fn walk(name: &str) -> Result<ExitCode> {
    let found = paths::all().into_iter().find(|path| path.name == name);
    let mut path = (found.context("there is no such path")?.prepare)()?;
    for _ in 0..WARM_UP {
        path();
    }
    counted_from_here(&mut *path);
    Ok(ExitCode::SUCCESS)
}

/// Callgrind counts while this runs, and knows it by its name.
#[inline(never)]
fn counted_from_here(path: &mut dyn FnMut()) {
    for _ in 0..ROUNDS {
        path();
    }
}
