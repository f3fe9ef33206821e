//! Figures as SVG: bars, and curves over axes that are linear or logarithmic.
//!
//! On a white ground, because pages may be dark. Curves are told apart by colour and by the shape of their points.

use std::fmt::Write;

const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9"];
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = WIDTH - 44.0;
const TOP: f64 = 84.0;
const BOTTOM: f64 = HEIGHT - 58.0;
const BAR: f64 = 30.0;

/// How values are laid along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// From 0.
    Linear,
    /// By powers of ten; what is not above 0 is left out.
    Logarithmic,
}

/// An axis.
#[derive(Debug, Clone, Copy)]
pub struct Axis<'a> {
    /// What it shows, and in which unit.
    pub label: &'a str,
    /// How.
    pub spread: Spread,
}

/// One curve.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    /// What it is of.
    pub name: &'a str,
    /// Its points, by x.
    pub points: Vec<(f64, f64)>,
}

/// Horizontal bars from 0, one below the other, each with its value.
pub fn bars(title: &str, unit: &str, bars: &[(&str, f64)]) -> String {
    let (mut y, longest) = (56.0, bars.iter().map(|(name, _)| name.chars().count()).max());
    let left = f64::from(u32::try_from(longest.unwrap_or(0)).unwrap_or(0)).mul_add(7.2, 32.0);
    let most = bars
        .iter()
        .map(|(_, value)| *value)
        .fold(f64::MIN_POSITIVE, f64::max);
    let mut body = String::new();
    for ((name, value), colour) in bars.iter().zip(COLOURS.iter().cycle()) {
        let long = (value.max(0.0) / most * (WIDTH - left - 110.0)).max(1.0);
        let middle = y + 15.0;
        body += &text((left - 10.0, middle), "end", name);
        _ = write!(
            body,
            r#"<rect x="{left:.1}" y="{y:.1}" width="{long:.1}" height="20" rx="2" fill="{colour}"/>"#
        );
        body += &text(
            (left + long + 8.0, middle),
            "start",
            &format!("{} {unit}", number(*value)),
        );
        y += BAR;
    }
    document(title, y + 14.0, &body)
}

/// Curves over one pair of axes, named in a line under the title.
pub fn curves(title: &str, x: Axis<'_>, y: Axis<'_>, series: &[Series<'_>]) -> String {
    let all = || series.iter().flat_map(|series| &series.points);
    let across =
        Ruler::new(x.spread, all().map(|point| point.0), (LEFT, RIGHT)).at_points(all().map(|point| point.0));
    let up = Ruler::new(y.spread, all().map(|point| point.1), (BOTTOM, TOP));
    let mut body = String::new();
    for tick in &up.ticks {
        let at = up.place(*tick);
        _ = write!(body, r##"<path d="M{LEFT} {at:.1}H{RIGHT}" stroke="#dddddd"/>"##);
        body += &text((LEFT - 8.0, at + 4.0), "end", &number(*tick));
    }
    for tick in &across.ticks {
        let at = across.place(*tick);
        _ = write!(body, r##"<path d="M{at:.1} {TOP}V{BOTTOM}" stroke="#eeeeee"/>"##);
        body += &text((at, BOTTOM + 18.0), "middle", &number(*tick));
    }
    _ = write!(body, r##"<path d="M{LEFT} {BOTTOM}H{RIGHT}" stroke="#666666"/>"##);
    body += &text((LEFT.midpoint(RIGHT), HEIGHT - 16.0), "middle", x.label);
    let middle = TOP.midpoint(BOTTOM);
    let label = text((0.0, 0.0), "middle", y.label);
    _ = write!(
        body,
        r#"<g transform="translate(20 {middle:.1}) rotate(-90)">{label}</g>"#
    );
    let mut legend = LEFT;
    for (index, (series, colour)) in series.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let placed = |(x, y): &(f64, f64)| (across.place(*x), up.place(*y));
        let places: Vec<_> = series
            .points
            .iter()
            .map(placed)
            .filter(|(x, y)| (x + y).is_finite())
            .collect();
        let line: Vec<_> = places.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let line = line.join(" L");
        _ = write!(
            body,
            r#"<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>"#
        );
        places
            .iter()
            .for_each(|place| body += &mark(index, *place, colour));
        body += &mark(index, (legend + 5.0, 56.0), colour);
        body += &text((legend + 15.0, 60.0), "start", series.name);
        legend += f64::from(u32::try_from(series.name.chars().count()).unwrap_or(0)).mul_add(7.0, 40.0);
    }
    document(title, HEIGHT, &body)
}

/// Where values stand along an axis.
struct Ruler {
    spread: Spread,
    from: f64,
    to: f64,
    ends: (f64, f64),
    ticks: Vec<f64>,
}

impl Ruler {
    fn new(spread: Spread, values: impl Iterator<Item = f64>, ends: (f64, f64)) -> Self {
        let logarithmic = spread == Spread::Logarithmic;
        let usable = values.filter(|value| value.is_finite() && (!logarithmic || *value > 0.0));
        let (least, most) = usable.fold((f64::MAX, f64::MIN_POSITIVE), |(least, most), value| {
            (least.min(value), most.max(value))
        });
        let (from, to, steps): (f64, f64, Vec<f64>) = if logarithmic {
            // A few powers of ten have their halves and fifths too.
            let few = most / least < 200.0;
            let steps = if few { vec![1.0, 2.0, 5.0] } else { vec![1.0] };
            let powers = (-9..=12).flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)));
            let ticks: Vec<f64> = powers.collect();
            let below = ticks.iter().rfind(|tick| **tick <= least * 1.0001);
            let above = ticks.iter().find(|tick| **tick >= most * 0.9999);
            (*below.unwrap_or(&least), *above.unwrap_or(&most), ticks)
        } else {
            let rough = 10_f64.powf((most / 5.0).log10().floor());
            let step = [1.0, 2.0, 5.0, 10.0]
                .map(|step| step * rough)
                .into_iter()
                .find(|step| most / step <= 6.0);
            let step = step.unwrap_or(most);
            let count = (1..=20)
                .find(|count| f64::from(*count) * step >= most)
                .unwrap_or(1);
            (
                0.0,
                f64::from(count) * step,
                (0..=count).map(|nth| f64::from(nth) * step).collect(),
            )
        };
        let ticks = steps
            .into_iter()
            .filter(|tick| (from * 0.9999..=to * 1.0001).contains(tick))
            .collect();
        Self {
            spread,
            from,
            to,
            ends,
            ticks,
        }
    }

    /// The same with ticks at the points themselves, where they are few.
    fn at_points(self, values: impl Iterator<Item = f64>) -> Self {
        let mut ticks: Vec<_> = values.filter(|value| value.is_finite() && *value > 0.0).collect();
        ticks.sort_by(f64::total_cmp);
        ticks.dedup();
        match (self.spread, ticks.as_slice()) {
            (Spread::Logarithmic, [from, .., to]) if ticks.len() <= 10 => Self {
                from: *from,
                to: *to,
                ticks,
                ..self
            },
            _ => self,
        }
    }

    fn place(&self, value: f64) -> f64 {
        let share = match self.spread {
            Spread::Linear => (value - self.from) / (self.to - self.from),
            Spread::Logarithmic if self.to > self.from => {
                (value / self.from).ln() / (self.to / self.from).ln()
            }
            Spread::Logarithmic => 0.5,
        };
        share.mul_add(self.ends.1 - self.ends.0, self.ends.0)
    }
}

fn mark(index: usize, (x, y): (f64, f64), colour: &str) -> String {
    match index % 3 {
        0 => format!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="4" fill="{colour}"/>"#),
        1 => format!(
            r#"<path d="M{:.1} {:.1}h8v8h-8z" fill="{colour}"/>"#,
            x - 4.0,
            y - 4.0
        ),
        _ => format!(r#"<path d="M{x:.1} {:.1}l5 9h-10z" fill="{colour}"/>"#, y - 5.0),
    }
}

fn text((x, y): (f64, f64), anchor: &str, words: &str) -> String {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    format!(r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{words}</text>"#)
}

/// A number as it is written beside an axis: three digits that count, thousands apart.
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        size if size < 1.0 => 3,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    let written = format!("{value:.digits$}");
    let (whole, part) = written.split_once('.').unwrap_or((&written, ""));
    let part = part.trim_end_matches('0');
    let apart: Vec<_> = whole
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(String::from_utf8_lossy)
        .collect();
    let dot = if part.is_empty() { "" } else { "." };
    format!("{}{dot}{part}", apart.join("\u{2009}"))
}

fn document(title: &str, height: f64, body: &str) -> String {
    let title =
        text((24.0, 30.0), "start", title).replacen("<text", r#"<text font-size="16" font-weight="600""#, 1);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="system-ui, sans-serif" font-size="12.5" fill="#222222"><rect width="100%" height="100%" fill="#ffffff"/>{title}{body}</svg>
"##
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_thousands_stand_apart() {
        let cases = [
            (0.0, "0"),
            (0.25, "0.25"),
            (1.0, "1"),
            (12.34, "12.3"),
            (1e6, "1\u{2009}000\u{2009}000"),
        ];
        for (value, written) in cases {
            assert_eq!(number(value), written);
        }
    }

    #[test]
    fn any_values_make_a_drawing_without_holes() {
        let axis = |spread| Axis {
            label: "a & b < c",
            spread,
        };
        for points in [
            vec![],
            vec![(1.0, 0.0)],
            vec![(1.0, 5.0), (1e6, 5.0)],
            vec![(0.0, f64::NAN), (3.0, 1.0)],
        ] {
            for spread in [Spread::Linear, Spread::Logarithmic] {
                let series = [Series {
                    name: "one",
                    points: points.clone(),
                }];
                let drawing = curves("title", axis(spread), axis(spread), &series);
                assert!(!drawing.contains("NaN") && !drawing.contains("inf"), "{drawing}");
            }
        }
        assert!(!bars("title", "ms", &[("zero", 0.0)]).contains("NaN"));
    }
}
