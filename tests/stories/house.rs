//! The invariants of ARCHITECTURE.md that can be seen in the files, and that nothing is built twice.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn folders(of: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join(of)).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").exists())
        .collect()
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_str().unwrap().to_owned()
}

/// The names of a crate's dependencies, those of its tests not included.
fn dependencies(folder: &Path) -> Vec<String> {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let table = manifest
        .split("[dependencies]")
        .nth(1)
        .unwrap()
        .split("\n[")
        .next()
        .unwrap();
    let names = table
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

#[test]
fn no_function_depends_on_another_and_each_main_only_wires() {
    let functions = folders("functions");
    let names: Vec<_> = functions.iter().map(|function| name(function)).collect();
    assert!(names.len() >= 3, "{names:?}");
    for function in &functions {
        let others = dependencies(function)
            .into_iter()
            .find(|dependency| names.contains(dependency));
        assert_eq!(others, None, "{}", function.display());
        let main = std::fs::read_to_string(function.join("src/main.rs")).unwrap();
        assert!(
            main.lines().count() <= 40,
            "{} decides too much",
            function.display()
        );
    }
}

#[test]
fn the_pure_crates_know_no_aws_no_clock_and_no_runtime() {
    for krate in ["api", "carriers", "connect", "contact-flow"] {
        let folder = root().join("crates").join(krate);
        for dependency in dependencies(&folder) {
            let impure = ["aws", "tokio", "reqwest", "hyper", "axum", "lambda"];
            assert!(
                !impure.iter().any(|start| dependency.starts_with(start)),
                "{krate} depends on {dependency}"
            );
        }
        for (file, text) in sources(&folder.join("src")) {
            for clock in ["Timestamp::now", "SystemTime::now", "Instant::now", "std::env"] {
                assert!(!text.contains(clock), "{} uses {clock}", file.display());
            }
        }
    }
    let pure = [
        ("contacts", ["leg", "observe", "policy"].as_slice()),
        (
            "callers",
            &[
                "answer", "classify", "document", "hours", "model", "plan", "rules", "text",
            ],
        ),
        (
            "calls",
            &[
                "cause",
                "due",
                "event",
                "facts",
                "fold",
                "fold/claim",
                "fold/ending",
                "fold/leg",
                "id",
                "number",
                "placed",
                "placing",
                "record",
                "recording",
                "second_leg",
            ],
        ),
        ("placing", &["choice", "judge", "policy"]),
        ("steps", &["contact", "event", "flow", "text"]),
        ("signature", &["lib"]),
    ];
    for (krate, modules) in pure {
        for module in modules {
            let file = root().join(format!("crates/{krate}/src/{module}.rs"));
            let text = std::fs::read_to_string(&file).unwrap();
            for impure in ["aws_sdk", "tokio", "::now()", "async fn", "std::env"] {
                assert!(!text.contains(impure), "{} uses {impure}", file.display());
            }
        }
    }
}

#[test]
fn the_environment_is_read_in_one_place() {
    let mut folders: Vec<_> = folders("functions")
        .into_iter()
        .chain(folders("crates"))
        .collect();
    folders.retain(|folder| name(folder) != "lambda");
    for folder in folders {
        for (file, text) in sources(&folder.join("src")) {
            assert!(
                !text.contains("env::var"),
                "{} reads the environment",
                file.display()
            );
            let reads = text.contains("Vars::from_env");
            assert!(
                !reads || file.ends_with("main.rs"),
                "{} reads the environment",
                file.display()
            );
        }
    }
}

/// The libraries of a build, each with its version and features, as `cargo tree` is asked for them.
fn libraries(asked: &[&str]) -> Vec<String> {
    let mut cargo = std::process::Command::new(env!("CARGO"));
    cargo
        .current_dir(root())
        .args(["tree", "--locked", "--prefix", "none", "--format", "{p} [{f}]"]);
    let told = cargo.args(asked).output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told = String::from_utf8(told.stdout).unwrap();
    told.lines()
        .map(|line| line.trim_end_matches(" (*)").to_owned())
        .collect()
}

/// One feature more of `tokio`, and the AWS SDK is built once for `cargo run` and once for `cargo test --workspace`.
#[test]
#[cfg_attr(windows, ignore = "the libraries of Windows itself are not brought in line")]
fn the_tests_are_built_upon_what_cargo_run_has_built() {
    let tests = libraries(&["--workspace", "--edges", "all"]);
    let run = libraries(&["--package", "ringback-local", "--edges", "normal,build"]);
    assert!(run.len() > 300, "{run:?}");
    let name = |library: &str| library.split(" [").next().map(str::to_owned);
    let twice: Vec<_> = run
        .iter()
        .filter(|library| !tests.contains(library))
        .map(|library| (library, tests.iter().find(|other| name(other) == name(library))))
        .collect();
    assert!(
        twice.is_empty(),
        "local/Cargo.toml must ask for more features: {twice:#?}"
    );
}
