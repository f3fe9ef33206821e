//! The committed figures, and how new ones compare.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::valgrind::Counts;

/// How much more a path may take.
const MORE: f64 = 1.10;
/// From here on a figure is so much better that it is worth committing.
const BETTER: f64 = 0.90;

/// Instructions by path, as they were committed.
pub(crate) type Committed = BTreeMap<String, u64>;

/// Each kind of processor has instructions of its own.
fn file() -> PathBuf {
    let name = format!("{}.tsv", std::env::consts::ARCH);
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("figures")
        .join(name)
}

/// The committed figures.
///
/// # Errors
/// When there are none for this kind of processor, or they cannot be read.
pub(crate) fn committed() -> Result<Committed> {
    let missing = || {
        let arch = std::env::consts::ARCH;
        format!("no figures are committed for {arch}: bench/guard/run --bless writes them")
    };
    let text = std::fs::read_to_string(file()).with_context(missing)?;
    let line = |line: &str| {
        let (name, count) = line.split_once('\t').context("a figure has no tab in it")?;
        Ok((name.to_owned(), count.parse()?))
    };
    text.lines().map(line).collect()
}

/// Writes the figures down.
///
/// # Errors
/// When they cannot be written.
pub(crate) fn commit(counts: &Counts) -> Result<()> {
    let lines = counts.iter().map(|(name, count)| format!("{name}\t{count}\n"));
    Ok(std::fs::write(file(), lines.collect::<String>())?)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Better,
    Worse,
    New,
    Gone,
}

/// A line of the table.
struct Row {
    name: String,
    committed: Option<u64>,
    now: Option<u64>,
    verdict: Verdict,
}

/// Every path, as it was committed and as it is now.
pub(crate) struct Comparison(Vec<Row>);

impl Comparison {
    pub(crate) fn of(committed: &Committed, counts: &Counts) -> Self {
        let row = |(name, now): (&&'static str, &u64)| {
            let before = committed.get(*name).copied();
            Row {
                name: (*name).to_owned(),
                committed: before,
                now: Some(*now),
                verdict: before.map_or(Verdict::New, |before| judge(before, *now)),
            }
        };
        let gone = committed
            .iter()
            .filter(|(name, _)| !counts.contains_key(name.as_str()));
        let gone = gone.map(|(name, before)| Row {
            name: name.clone(),
            committed: Some(*before),
            now: None,
            verdict: Verdict::Gone,
        });
        Self(counts.iter().map(row).chain(gone).collect())
    }

    /// Whether no path takes too much, and every path has a figure.
    pub(crate) fn holds(&self) -> bool {
        self.0
            .iter()
            .all(|row| matches!(row.verdict, Verdict::Good | Verdict::Better))
    }

    fn any(&self, verdict: Verdict) -> bool {
        self.0.iter().any(|row| row.verdict == verdict)
    }
}

fn judge(committed: u64, now: u64) -> Verdict {
    match ratio(committed, now) {
        ratio if ratio > MORE => Verdict::Worse,
        ratio if ratio < BETTER => Verdict::Better,
        _ => Verdict::Good,
    }
}

fn ratio(committed: u64, now: u64) -> f64 {
    now as f64 / committed as f64
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
        writeln!(
            f,
            "{:<36} {:>12} {:>12} {:>8}",
            "path", "committed", "now", "ratio"
        )?;
        for row in &self.0 {
            let share = row.committed.zip(row.now);
            let share = share.map_or_else(
                || "-".to_owned(),
                |(before, now)| format!("{:.3}", ratio(before, now)),
            );
            let said = match row.verdict {
                Verdict::Good => "",
                Verdict::Better => "  better",
                Verdict::Worse => "  WORSE",
                Verdict::New => "  NEW",
                Verdict::Gone => "  GONE",
            };
            let (before, now) = (figure(row.committed), figure(row.now));
            writeln!(f, "{:<36} {before:>12} {now:>12} {share:>8}{said}", row.name)?;
        }
        if self.any(Verdict::Worse) {
            writeln!(
                f,
                "WORSE: more than 10 % above the committed figure. Make it as good as it was, or say in the commit why it costs more."
            )?;
        }
        if self.any(Verdict::Better) {
            writeln!(
                f,
                "better: more than 10 % below. Commit it, so that it stays: bench/guard/run --bless"
            )?;
        }
        if self.any(Verdict::New) || self.any(Verdict::Gone) {
            writeln!(
                f,
                "NEW, GONE: the figures are of other paths: bench/guard/run --bless"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(committed: u64, now: u64) -> (bool, String) {
        let committed = Committed::from([("fold".to_owned(), committed)]);
        let comparison = Comparison::of(&committed, &Counts::from([("fold", now)]));
        (comparison.holds(), comparison.to_string())
    }

    #[test]
    fn a_tenth_more_holds_and_what_is_above_does_not() {
        assert!(compared(1000, 1100).0);
        let (holds, said) = compared(1000, 1101);
        assert!(!holds && said.contains("WORSE"), "{said}");
    }

    #[test]
    fn what_became_a_tenth_better_holds_and_is_told() {
        let (holds, said) = compared(1000, 899);
        assert!(holds && said.contains("--bless"), "{said}");
        assert!(!compared(1000, 900).1.contains("--bless"));
    }

    #[test]
    fn a_path_without_a_figure_and_a_figure_without_a_path_do_not_hold() {
        let one = Committed::from([("fold".to_owned(), 1000)]);
        assert!(!Comparison::of(&one, &Counts::from([("fold", 1000), ("read", 1)])).holds());
        assert!(!Comparison::of(&one, &Counts::new()).holds());
    }
}
