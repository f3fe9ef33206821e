//! How far an import has come, in a file beside the imported one: a second run goes on from there.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Counts;
use super::records::Place;

/// The form of the file; another version of this that writes another form names it otherwise.
const SCHEMA: &str = "ringback.import/1";

/// What an import reads and where it writes: only the same one can be gone on with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) input: Stamp,
    pub(super) table: String,
    pub(super) place: String,
    pub(super) tenant: String,
    pub(super) region: String,
}

/// By what a file is known to be unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub(super) bytes: u64,
    modified: Timestamp,
}

/// The versions of lines that name none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Versions {
    /// This one.
    Each(u64),
    /// This one and the number of the line.
    After(u64),
}

/// The file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Progress {
    schema: String,
    pub(super) task: Task,
    pub(super) version: Versions,
    /// All lines before it are done.
    pub(super) done: Place,
    /// What became of them.
    pub(super) counts: Counts,
    /// How much of the file of bad lines is about them.
    pub(super) rejects_bytes: u64,
}

impl Stamp {
    pub(super) fn of(file: &File) -> Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            bytes: metadata.len(),
            modified: Timestamp::try_from(metadata.modified()?)?,
        })
    }
}

impl Versions {
    /// The version of a line.
    pub(super) fn at(self, line: u64) -> u64 {
        match self {
            Self::Each(version) => version,
            Self::After(version) => version.saturating_add(line),
        }
    }
}

impl Progress {
    pub(super) fn new(task: Task, version: Versions) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            task,
            version,
            done: Place::default(),
            counts: Counts::default(),
            rejects_bytes: 0,
        }
    }

    /// The progress of an earlier run of the same task; none if there was none.
    pub(super) fn find(file: &Path, task: &Task, version: Option<u64>) -> Result<Option<Self>> {
        let text = match fs::read(file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
        };
        let from_the_start = "--restart begins from the start";
        let name = file.display();
        let Some(found) = serde_json::from_slice::<Self>(&text)
            .ok()
            .filter(|found| found.schema == SCHEMA)
        else {
            bail!("{name} is not the progress of an import; --progress names another file, {from_the_start}");
        };
        let line = found.done.line;
        if found.task.input != task.input {
            bail!("the file has changed since it was imported up to line {line} ({name}); {from_the_start}");
        }
        if found.task != *task {
            let Task { table, place, .. } = &found.task;
            bail!(
                "{name} tells of another import of this file, into the table {table} at {place}, its numbers read as of {}; \
                 give the same again, or --progress another file; {from_the_start}",
                found.task.region
            );
        }
        if version.is_some_and(|version| found.version != Versions::Each(version)) {
            bail!(
                "the import was begun with another --version and has come to line {line} ({name}); {from_the_start}"
            );
        }
        Ok(Some(found))
    }

    /// Writes it whole or not at all.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let mut beside = file.as_os_str().to_owned();
        beside.push(".new");
        let write = || -> Result<()> {
            let mut new = File::create(&beside)?;
            serde_json::to_writer_pretty(&mut new, self)?;
            new.write_all(b"\n")?;
            new.sync_all()?;
            Ok(fs::rename(&beside, file)?)
        };
        write().with_context(|| format!("writing {}; --progress names another file", file.display()))
    }
}
