//! What was measured, for people: on the terminal, and in `bench/RESULTS.md`.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use bench::{machine, plot};

use crate::stats::{median, percentile};
use crate::table::{Measured, Row, Which};
use crate::targets::{Target, mega};

const COLUMNS: [&str; 8] = [
    "",
    "cold, median",
    "least … most",
    "warm p50",
    "p99",
    "most",
    "processor a call",
    "peak memory",
];

/// A job's rows, each as wide as it must be.
pub(crate) fn text(job: &Measured) -> String {
    let rows = rows(job);
    let mut widths = vec![0; rows.first().map_or(0, Vec::len)];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = format!("{}\n{}\n", job.which.title().replace('`', ""), counts(job));
    for row in &rows {
        for (place, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let filling = " ".repeat(width - cell.chars().count());
            text += &match place {
                0 => format!("  {cell}{filling}"),
                _ => format!("  {filling}{cell}"),
            };
        }
        text.push('\n');
    }
    text
}

/// The numbers to reach.
pub(crate) fn reached(targets: &[Target]) -> String {
    let mut text = String::new();
    for target in targets {
        let word = if target.reached {
            "reached    "
        } else {
            "NOT REACHED"
        };
        _ = writeln!(
            text,
            "{word}  {}: {}, wanted {}",
            target.what.replace('`', ""),
            target.is.replace('`', ""),
            target.wanted
        );
    }
    text
}

/// Writes `bench/RESULTS.md`.
pub(crate) fn write(
    root: &Path,
    told: &[(&str, String)],
    measured: &[Measured],
    packages: &[(String, u64)],
    targets: &[Target],
) -> Result<()> {
    let mut text = String::from(
        "# Results\n\nWritten by `cargo run --release -p bench`; `README.md` says what is measured, and how.\n\n",
    );
    text += &machine::table(told);
    text += "\n## Numbers to reach\n\n| what | wanted | is | |\n| --- | --- | --- | --- |\n";
    for target in targets {
        let word = if target.reached {
            "reached"
        } else {
            "**not reached**"
        };
        _ = writeln!(
            text,
            "| {} | {} | {} | {word} |",
            target.what, target.wanted, target.is
        );
    }
    for job in measured {
        _ = write!(text, "\n## {}\n\n{}\n\n", job.which.title(), counts(job));
        for (place, row) in rows(job).iter().enumerate() {
            _ = writeln!(text, "| {} |", row.join(" | "));
            if place == 0 {
                _ = writeln!(text, "|{}", " --- |".repeat(row.len()));
            }
        }
    }
    for (file, alt, drawing) in plots(measured) {
        std::fs::create_dir_all(root.join("bench/plots"))?;
        std::fs::write(root.join("bench/plots").join(file), drawing)?;
        _ = writeln!(text, "\n![{alt}](plots/{file})");
    }
    text += "\n## Packages\n\n| function | zipped |\n| --- | --- |\n";
    for (name, bytes) in packages {
        _ = writeln!(text, "| `{name}` | {:.2} MB |", mega(*bytes));
    }
    Ok(std::fs::write(root.join("bench/RESULTS.md"), text)?)
}

/// File, description and drawing of what the README shows.
fn plots(measured: &[Measured]) -> Vec<(&'static str, &'static str, String)> {
    let milliseconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1e3;
    let cold = |row: &Row| milliseconds(median(&row.figures.cold));
    let warm = |row: &Row| milliseconds(median(&row.figures.warm));
    let memory = |row: &Row| mega(row.figures.memory);
    let events = |row: &Row| 1.0 / row.processor_per_call().as_secs_f64();
    let mut plots = Vec::new();
    for job in measured {
        let mut draw = |file, title: &'static str, unit, value: &dyn Fn(&Row) -> f64| {
            let bars: Vec<_> = job
                .rows
                .iter()
                .map(|row| (row.contender.name.as_str(), value(row)))
                .collect();
            plots.push((file, title, plot::bars(title, unit, &bars)));
        };
        match job.which {
            Which::LastAgentIndex => {
                draw(
                    "cold.svg",
                    "last-agent: from the start of the process to the first answer",
                    "ms",
                    &cold,
                );
                draw("warm.svg", "last-agent: a warm call, p50", "ms", &warm);
                draw("memory.svg", "last-agent: peak memory", "MB", &memory);
            }
            Which::CarrierWebhook => {
                draw(
                    "events.svg",
                    "carrier-webhook: events a processor second",
                    "",
                    &events,
                );
            }
            _ => {}
        }
    }
    plots
}

fn counts(job: &Measured) -> String {
    let amount = job.amount;
    format!(
        "{} starts and {} calls each, in {} rounds.",
        amount.rounds * amount.starts,
        amount.rounds * amount.calls,
        amount.rounds
    )
}

/// The header and a row for each contender.
fn rows(job: &Measured) -> Vec<Vec<String>> {
    let extra = match job.which {
        Which::CarrierWebhook => Some("events a processor second"),
        Which::ArchiveRecording => Some("MB a second"),
        _ => None,
    };
    let header = COLUMNS.into_iter().chain(["package"]).chain(extra);
    let mut rows = vec![header.map(str::to_owned).collect::<Vec<_>>()];
    rows.extend(job.rows.iter().map(|row| cells(job.which, row)));
    rows
}

fn cells(which: Which, row: &Row) -> Vec<String> {
    let figures = &row.figures;
    let part = |values: &[Duration], part| percentile(values, part).map_or_else(String::new, milliseconds);
    let processor = row.processor_per_call();
    let mut cells = vec![
        row.contender.name.clone(),
        part(&figures.cold, 0.5),
        format!("{} … {}", part(&figures.cold, 0.0), part(&figures.cold, 1.0)),
        part(&figures.warm, 0.5),
        part(&figures.warm, 0.99),
        part(&figures.warm, 1.0),
        milliseconds(processor),
        format!("{:.1} MB", mega(figures.memory)),
        format!("{:.2} MB", mega(row.package)),
    ];
    match which {
        Which::CarrierWebhook => cells.push(format!("{:.0}", 1.0 / processor.as_secs_f64())),
        Which::ArchiveRecording => {
            let seconds = median(&figures.warm).unwrap_or_default().as_secs_f64();
            cells.push(format!("{:.0}", mega(crate::jobs::LARGE as u64) / seconds));
        }
        _ => {}
    }
    cells
}

fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    match milliseconds {
        100.0.. => format!("{milliseconds:.0} ms"),
        10.0.. => format!("{milliseconds:.1} ms"),
        _ => format!("{milliseconds:.2} ms"),
    }
}
