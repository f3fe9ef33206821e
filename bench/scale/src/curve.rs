//! A curve: what was measured at which size, as a table, as drawings, and with its growth by name.

use std::fmt::Write;
use std::time::Duration;

use bench::plot::{Axis, Series, Spread, curves, number};

use crate::fit::Fit;

/// What was measured over one kind of size.
pub(crate) struct Curve {
    pub(crate) title: &'static str,
    /// What grows.
    pub(crate) x: &'static str,
    /// How it was measured, a sentence or more on each line.
    pub(crate) about: String,
    pub(crate) measures: Vec<Measure>,
    pub(crate) drawings: Vec<Drawing>,
}

/// One thing that was measured, at each size.
pub(crate) struct Measure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
    /// From which size on its growth is named, where it is.
    pub(crate) growth_from: Option<f64>,
}

/// A drawing of some of the measures, over sizes by powers of ten.
pub(crate) struct Drawing {
    /// Of the file, without `.svg`.
    pub(crate) name: &'static str,
    title: &'static str,
    y: &'static str,
    spread: Spread,
    measures: &'static [&'static str],
}

impl Drawing {
    pub(crate) fn linear(
        name: &'static str,
        title: &'static str,
        y: &'static str,
        measures: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            title,
            y,
            spread: Spread::Linear,
            measures,
        }
    }

    pub(crate) fn logarithmic(
        name: &'static str,
        title: &'static str,
        y: &'static str,
        measures: &'static [&'static str],
    ) -> Self {
        Self {
            spread: Spread::Logarithmic,
            ..Self::linear(name, title, y, measures)
        }
    }

    /// The drawing of a curve.
    pub(crate) fn svg(&self, curve: &Curve) -> String {
        let drawn = self
            .measures
            .iter()
            .filter_map(|name| curve.measures.iter().find(|measure| measure.name == *name));
        let series: Vec<_> = drawn
            .map(|measure| Series {
                name: measure.name,
                points: measure.points.clone(),
            })
            .collect();
        let x = Axis {
            label: curve.x,
            spread: Spread::Logarithmic,
        };
        curves(
            self.title,
            x,
            Axis {
                label: self.y,
                spread: self.spread,
            },
            &series,
        )
    }
}

impl Curve {
    /// Its section of the report.
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n{}\n\n", self.title, self.about);
        for drawing in &self.drawings {
            _ = writeln!(text, "![{}](plots/{}.svg)\n", drawing.title, drawing.name);
        }
        let heads: Vec<_> = self.measures.iter().map(Measure::head).collect();
        _ = writeln!(
            text,
            "| {} | {} |\n|{}",
            self.x,
            heads.join(" | "),
            " ---: |".repeat(heads.len() + 1)
        );
        let mut sizes: Vec<f64> = self
            .measures
            .iter()
            .flat_map(|measure| &measure.points)
            .map(|point| point.0)
            .collect();
        sizes.sort_by(f64::total_cmp);
        sizes.dedup();
        for size in sizes {
            let cells: Vec<_> = self.measures.iter().map(|measure| measure.cell(size)).collect();
            _ = writeln!(text, "| {} | {} |", short(size), cells.join(" | "));
        }
        text.push_str("\nGrowth:\n\n");
        for measure in &self.measures {
            text.push_str(&measure.growth());
        }
        text
    }
}

impl Measure {
    fn head(&self) -> String {
        let unit = if self.unit.is_empty() {
            String::new()
        } else {
            format!(", {}", self.unit)
        };
        format!("{}{unit}", self.name)
    }

    fn cell(&self, size: f64) -> String {
        let point = self.points.iter().find(|point| point.0.total_cmp(&size).is_eq());
        point.map_or_else(|| "–".to_owned(), |point| short(point.1))
    }

    fn growth(&self) -> String {
        let Some(from) = self.growth_from else {
            return String::new();
        };
        let points: Vec<_> = self
            .points
            .iter()
            .copied()
            .filter(|point| point.0 >= from)
            .collect();
        let fit =
            Fit::of(&points).map_or_else(|| "too few points to name it".to_owned(), |fit| fit.to_string());
        let from = if points.len() < self.points.len() {
            format!(" from {} on", short(from))
        } else {
            String::new()
        };
        format!("- {}{from}: {fit}\n", self.name)
    }
}

/// A number with three digits that count, thousands apart.
pub(crate) fn short(value: f64) -> String {
    number(value).replace('\u{2009}', " ")
}

/// The middle one; 0 of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let (low, high) = (
        values.get((values.len().max(1) - 1) / 2),
        values.get(values.len() / 2),
    );
    low.zip(high).map_or(0.0, |(low, high)| low.midpoint(*high))
}

/// How long so many of a hundred took at most, in seconds.
pub(crate) fn within(times: &mut [Duration], of_hundred: usize) -> f64 {
    times.sort_unstable();
    let at = (times.len() * of_hundred).div_ceil(100).max(1) - 1;
    times.get(at).copied().unwrap_or_default().as_secs_f64()
}
