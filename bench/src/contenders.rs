//! Who does a job: our function, peers in other languages, and floors below which nobody gets.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

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
    /// Node.js.
    pub(crate) node: Option<PathBuf>,
}

impl Programs {
    /// Our function of that name.
    pub(crate) fn ours(&self, function: &str) -> Contender {
        self.binary(function, function, Kind::Ours)
    }

    /// The floors: none of them does what the function does.
    pub(crate) fn floors(&self) -> Vec<Contender> {
        [
            ("empty function", "floor-empty"),
            ("and one SDK client", "floor-client"),
            ("one plain request", "floor-request"),
            ("two plain requests", "floor-requests"),
        ]
        .map(|(name, binary)| self.binary(name, binary, Kind::Floor))
        .into()
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

    fn binary(&self, name: &str, binary: &str, kind: Kind) -> Contender {
        let path = self.release.join(binary);
        Contender {
            name: name.to_owned(),
            kind,
            command: vec![path.clone().into()],
            package: path,
        }
    }
}

/// Another build of a function of ours.
pub(crate) fn another(binary: &Path) -> Contender {
    Contender {
        name: binary.display().to_string(),
        kind: Kind::Peer,
        command: vec![binary.into()],
        package: binary.to_owned(),
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
