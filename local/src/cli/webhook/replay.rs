//! `ringback webhook replay`: captured requests in, the records of calls out.

use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use ringback_local::replay::{NextLine, Replay as Calls, next_line};

use super::{described, setting, settings};
use crate::cli::{records, show};

/// How many bad lines are told one by one.
const TOLD: u64 = 100;

#[derive(Debug, Args)]
#[command(after_long_help = "\
A line of FILE is a request as it came, in JSON:
  {\"carrier\": \"tw\", \"method\": \"POST\",
   \"url\": \"https://calls.example.com/carriers/tw/ACCOUNT/events\",
   \"headers\": {\"content-type\": \"application/x-www-form-urlencoded\"},
   \"body\": \"CallSid=…\", \"receivedAt\": \"2026-11-20T09:00:00.250Z\"}
or a call that we placed:
  {\"placed\": {\"callId\": \"sample-normal\", \"at\": \"2026-11-20T09:00:00Z\",
   \"a\": \"+14155550101\", \"b\": \"+14155550102\"}}
Lines may come in any order and more than once; the records are the same.
A ~ before a time says that no carrier told it. Try:
  ringback webhook replay events/carriers/tw/normal.jsonl")]
pub(crate) struct Replay {
    /// The captured requests, one a line; `-` for standard input.
    file: PathBuf,
    /// A carrier that is described by a file.
    #[arg(long = "description", value_name = "FILE.toml")]
    descriptions: Vec<PathBuf>,
    /// A setting of the accounts, `countryCode=…`.
    #[arg(long = "setting", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// The records as JSON with everything they say, one a line.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let carriers: Result<_> = self.descriptions.iter().map(|file| described(file)).collect();
        let mut calls = Calls::new(settings(&self.settings), carriers?);
        let stream: Box<dyn BufRead> = if self.file == Path::new("-") {
            Box::new(stdin().lock())
        } else {
            let opened = File::open(&self.file);
            Box::new(BufReader::new(
                opened.with_context(|| format!("reading {}", self.file.display()))?,
            ))
        };
        let (lines, mut bad) = self.read(stream, &mut calls)?;
        let found = calls.finish();
        for problem in &found.problems {
            bad += 1;
            anstream::eprintln!("{}: {problem}", self.file.display());
        }
        if self.json {
            for record in &found.records {
                anstream::println!("{}", serde_json::to_string(record)?);
            }
        } else {
            records::print(&found.records);
            show::note(&format!(
                "{}, {}, {bad} bad. Signatures were not checked: a capture brings no secret.",
                count(lines, "line"),
                count(found.records.len() as u64, "call"),
            ));
        }
        Ok(ExitCode::from(u8::from(bad > 0)))
    }

    /// How many lines there were, and how many of them were bad.
    fn read(&self, mut stream: Box<dyn BufRead>, calls: &mut Calls) -> Result<(u64, u64)> {
        let (mut number, mut lines, mut bad) = (0, 0, 0);
        loop {
            let next = next_line(&mut stream).with_context(|| format!("reading {}", self.file.display()))?;
            number += 1;
            let problem = match next {
                NextLine::End => break,
                NextLine::Text(text) if text.is_empty() => continue,
                NextLine::Text(text) => calls.line(&text).err().map(|problem| problem.to_string()),
                NextLine::Bad(problem) => Some(problem.to_owned()),
            };
            lines += 1;
            if let Some(problem) = problem {
                bad += 1;
                if bad <= TOLD {
                    anstream::eprintln!("{}:{number}: {problem}", self.file.display());
                }
            }
        }
        if bad > TOLD {
            anstream::eprintln!("… and {} more bad lines", bad - TOLD);
        }
        Ok((lines, bad))
    }
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
