//! Who does a job: our function, peers in other languages, and floors below which nobody gets.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;
use bench::machine::said;
use serde_json::Value;

use crate::binaries;

/// Whose program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This project's function.
    Ours,
    /// The same job with what a user would pick instead.
    Peer,
    /// Less than the job: what the machine and the Runtime API cost in any case.
    Floor,
}

/// A program that takes invocations.
#[derive(Debug, Clone)]
pub(crate) struct Contender {
    /// What the table calls it.
    pub(crate) name: String,
    /// Whose it is.
    pub(crate) kind: Kind,
    /// The command line.
    pub(crate) command: Vec<OsString>,
    /// The zip that is deployed, or the binary that is in it.
    pub(crate) package: PathBuf,
}

/// Where programs lie.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// The repository.
    pub(crate) root: PathBuf,
    /// The release build's directory.
    pub(crate) release: PathBuf,
    /// Where binaries are run from.
    pub(crate) unpacked: PathBuf,
    /// Node.js.
    pub(crate) node: Option<PathBuf>,
}

impl Programs {
    /// Our function of that name.
    pub(crate) fn ours(&self, function: &str) -> Result<Contender> {
        self.binary(function, &self.release.join(function), Kind::Ours)
    }

    /// Another build of a function of ours.
    pub(crate) fn another(&self, binary: &Path) -> Result<Contender> {
        self.binary(&binary.display().to_string(), binary, Kind::Peer)
    }

    /// The floors: none of them does what the function does.
    pub(crate) fn floors(&self) -> Result<Vec<Contender>> {
        [
            ("empty function", "floor-empty"),
            ("and one SDK client", "floor-client"),
            ("one plain request", "floor-request"),
            ("two plain requests", "floor-requests"),
        ]
        .into_iter()
        .map(|(name, binary)| self.binary(name, &self.release.join(binary), Kind::Floor))
        .collect()
    }

    /// The peers that do the same job; `job` is the name of their file.
    pub(crate) fn peers(&self, job: &str) -> Vec<Contender> {
        let Some(node) = &self.node else {
            return Vec::new();
        };
        let peers = self.root.join("bench/peers");
        let script = peers.join(format!("node/dist/{job}.mjs"));
        let module = peers.join(format!("python/{}.py", job.replace('-', "_")));
        let python = peers.join("python/.venv/bin/python");
        vec![
            peer(
                "Node.js",
                node,
                &script,
                peers.join(format!("node/dist/{job}.zip")),
            ),
            peer(
                "Python",
                &python,
                &module,
                peers.join(format!("python/dist/{job}.zip")),
            ),
        ]
    }

    /// What the peers are run with, name by name; nothing where there are none.
    pub(crate) fn peers_versions(&self) -> Vec<(&'static str, String)> {
        let Some(node) = &self.node else {
            return Vec::new();
        };
        let python = self.root.join("bench/peers/python/.venv/bin/python");
        let boto3 = "import boto3, botocore; print(boto3.__version__, botocore.__version__)";
        vec![
            ("Node.js", said(&self.root, node, &["--version"])),
            ("Python", said(&self.root, &python, &["--version"])),
            ("AWS SDK for JavaScript", self.javascript_sdk()),
            ("boto3, botocore", said(&self.root, &python, &["-c", boto3])),
        ]
    }

    /// The version of the client that the peers' index lookup uses.
    fn javascript_sdk(&self) -> String {
        let package = "bench/peers/node/node_modules/@aws-sdk/client-dynamodb/package.json";
        let package = std::fs::read_to_string(self.root.join(package)).unwrap_or_default();
        let package: Value = serde_json::from_str(&package).unwrap_or_default();
        let version = package.get("version").and_then(Value::as_str);
        version.unwrap_or("unknown").to_owned()
    }

    fn binary(&self, name: &str, built: &Path, kind: Kind) -> Result<Contender> {
        Ok(Contender {
            name: name.to_owned(),
            kind,
            command: vec![binaries::unpack(built, &self.unpacked)?.into()],
            package: built.to_owned(),
        })
    }
}

fn peer(name: &str, program: &Path, script: &Path, package: PathBuf) -> Contender {
    Contender {
        name: name.to_owned(),
        kind: Kind::Peer,
        command: vec![program.into(), script.into()],
        package,
    }
}
