//! Of what the figures are.

/// The packages whose versions decide how fast it is, beside our own.
const PACKAGES: [&str; 6] = [
    "aws-sdk-dynamodb",
    "axum",
    "dynoxide-rs",
    "hyper",
    "reqwest",
    "tokio",
];

/// How it was built, and with which versions, name by name.
pub(crate) fn told() -> [(&'static str, String); 2] {
    let lock = include_str!("../../../Cargo.lock");
    let versions: Vec<_> = PACKAGES
        .iter()
        .filter_map(|name| Some(format!("{name} {}", version(lock, name)?)))
        .collect();
    let profile = if cfg!(debug_assertions) {
        "debug: the figures say nothing"
    } else {
        "release"
    };
    [("built for", profile.to_owned()), ("with", versions.join(", "))]
}

/// The version of a package in a lock file.
fn version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split_once('"').map(|(version, _)| version)
}
