//! The types of problems. The README says what each means.

use ringback_api::ProblemType;

pub(crate) const NO_SUCH_CALL: ProblemType = ProblemType::of("no-such-call", 404, "There is no such call.");
pub(crate) const NO_SUCH_RECORDING: ProblemType =
    ProblemType::of("no-such-recording", 404, "The call has no such recording.");
pub(crate) const NOT_ARCHIVED: ProblemType =
    ProblemType::of("not-archived", 409, "The recording is not archived yet.");
pub(crate) const GIVEN_UP: ProblemType =
    ProblemType::of("given-up", 409, "The recording will not be archived.");
pub(crate) const ANOTHER_BUCKET: ProblemType =
    ProblemType::of("another-bucket", 409, "The recording lies in another bucket.");
pub(crate) const TOO_MANY_TAGS: ProblemType =
    ProblemType::of("too-many-tags", 409, "The recording's object has too many tags.");
pub(crate) const CONTESTED: ProblemType = ProblemType::of(
    "hold-contested",
    409,
    "Others change the tags of the object at the same time.",
);
pub(crate) const GONE: ProblemType =
    ProblemType::of("recording-gone", 410, "The recording is no longer in the bucket.");

/// All that the API answers with.
pub const PROBLEMS: [&ProblemType; 15] = [
    &ProblemType::INVALID,
    &ProblemType::UNAUTHORISED,
    &ProblemType::FORBIDDEN,
    &ProblemType::NO_SUCH_PATH,
    &ProblemType::NO_SUCH_METHOD,
    &ProblemType::TOO_LARGE,
    &ProblemType::UNAVAILABLE,
    &NO_SUCH_CALL,
    &NO_SUCH_RECORDING,
    &NOT_ARCHIVED,
    &GIVEN_UP,
    &ANOTHER_BUCKET,
    &TOO_MANY_TAGS,
    &CONTESTED,
    &GONE,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_readme_has_every_type_with_its_status() {
        let readme = include_str!("../README.md");
        let section = readme.split("\n### Problems").nth(1).unwrap();
        let section = section.split("\n### ").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| `"));
        let documented: BTreeSet<_> = rows
            .map(|row| {
                let mut cells = row.split('|').skip(1).map(|cell| cell.trim().trim_matches('`'));
                let (name, status) = (cells.next().unwrap(), cells.next().unwrap());
                (name, status.parse().unwrap())
            })
            .collect();
        let known = PROBLEMS.map(|problem| (problem.name, problem.status));
        assert_eq!(documented, known.into());
    }
}
