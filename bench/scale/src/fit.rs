//! What a curve's growth is called.

use std::fmt;

/// A shape that growth may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Growth {
    Constant,
    Logarithmic,
    Linear,
    /// n log n
    Linearithmic,
    /// None of these.
    Power,
}

/// The shape that fits a curve's points best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Fit {
    growth: Growth,
    /// The slope of a straight line through the logarithms: y grows like n to the power of it.
    exponent: f64,
    /// How far the points are off the shape: the root mean square, as a share of each.
    error: f64,
}

/// Points that scatter no more than that around one value are the same.
const SAME: f64 = 0.10;
/// The share of a plain shape's error that a more complicated one has to come down to.
const BETTER: f64 = 0.6;
/// Above that no shape fits.
const OFF: f64 = 0.25;

type Shape = fn(f64) -> f64;

impl Fit {
    /// Fits all shapes; none where there are fewer than three points.
    pub(crate) fn of(points: &[(f64, f64)]) -> Option<Self> {
        if points.len() < 3 || points.iter().any(|(n, y)| *n < 1.0 || *y <= 0.0) {
            return None;
        }
        let logarithms: Vec<_> = points.iter().map(|(n, y)| (n.ln(), y.ln())).collect();
        let exponent = slope(&logarithms);
        let constant = error(points, |_| 0.0);
        let mut best = (Growth::Constant, constant);
        let shapes: [(Growth, Shape); 3] = [
            (Growth::Logarithmic, f64::ln),
            (Growth::Linear, |n| n),
            (Growth::Linearithmic, |n| n * n.ln()),
        ];
        for (growth, shape) in shapes {
            let error = error(points, shape);
            // Linear and n log n are close to each other: the plainer one unless the points say otherwise. The others
            // are as plain as each other.
            let needed = match (growth, best.0) {
                (_, Growth::Constant) | (Growth::Linearithmic, Growth::Linear) => best.1 * BETTER,
                _ => best.1,
            };
            // Where the points scatter around one value, only a shape that they are close to is one.
            let clear = error <= SAME || constant > OFF;
            if constant > SAME && exponent > 0.0 && clear && error < needed {
                best = (growth, error);
            }
        }
        // One point is noise, not growth: what the curve is called may not hang on its last.
        let before = points.split_last().and_then(|(_, before)| Self::of(before));
        if before.is_some_and(|before| before.growth == Growth::Constant) {
            best = (Growth::Constant, constant);
        }
        let (growth, error) = if best.1 > OFF {
            (Growth::Power, power_error(&logarithms))
        } else {
            best
        };
        Some(Self {
            growth,
            exponent,
            error,
        })
    }
}

impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.growth {
            Growth::Constant => f.write_str("**constant**")?,
            Growth::Logarithmic => f.write_str("**logarithmic**")?,
            Growth::Linear => f.write_str("**linear**")?,
            Growth::Linearithmic => f.write_str("**n log n**")?,
            Growth::Power => write!(f, "**like n^{:.2}**", self.exponent)?,
        }
        let off = (self.error * 100.0).round();
        write!(
            f,
            " (log-log exponent {:.2}; the points are {off} % off the shape)",
            self.exponent
        )
    }
}

/// The slope of the line of least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let (x, y) = (
        mean(points.iter().map(|point| point.0)),
        mean(points.iter().map(|point| point.1)),
    );
    let above: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let below: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if below > 0.0 { above / below } else { 0.0 }
}

fn power_error(logarithms: &[(f64, f64)]) -> f64 {
    let slope = slope(logarithms);
    let offset = mean(logarithms.iter().map(|(n, y)| slope.mul_add(-n, *y)));
    let off = logarithms
        .iter()
        .map(|(n, y)| (slope.mul_add(*n, offset) - y).exp_m1().powi(2));
    mean(off).sqrt()
}

/// The error of the best `a + b × shape(n)`, neither of them below 0, where each point's error counts as a share of it.
fn error(points: &[(f64, f64)], shape: impl Fn(f64) -> f64) -> f64 {
    // With u = 1 / y and v = shape / y, a u + b v is to be 1.
    let terms: Vec<_> = points.iter().map(|(n, y)| (1.0 / y, shape(*n) / y)).collect();
    let sum = |of: &dyn Fn(&(f64, f64)) -> f64| terms.iter().map(of).sum::<f64>();
    let (uu, uv, vv) = (sum(&|t| t.0 * t.0), sum(&|t| t.0 * t.1), sum(&|t| t.1 * t.1));
    let (u, v) = (sum(&|t| t.0), sum(&|t| t.1));
    let both = uu.mul_add(vv, -(uv * uv));
    let candidates = [
        ((u * vv - v * uv) / both, (v * uu - u * uv) / both),
        (u / uu, 0.0),
        (0.0, v / vv),
    ];
    let errors = candidates
        .into_iter()
        .filter(|(a, b)| a.is_finite() && b.is_finite() && *a >= 0.0 && *b >= 0.0)
        .map(|(a, b)| mean(terms.iter().map(|(u, v)| (a.mul_add(*u, b * v) - 1.0).powi(2))).sqrt());
    errors.fold(f64::MAX, f64::min)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(of: impl Fn(f64) -> f64) -> Growth {
        let noise = [1.03, 0.98, 1.01, 0.97, 1.02, 1.0, 0.99];
        let points: Vec<_> = (0..7)
            .zip(noise)
            .map(|(power, noise)| (10_f64.powi(power), of(10_f64.powi(power)) * noise))
            .collect();
        Fit::of(&points).unwrap().growth
    }

    #[test]
    fn growth_is_named_through_noise_and_overheads() {
        assert_eq!(named(|_| 0.8), Growth::Constant);
        assert_eq!(named(|n| 0.8 + 0.2 * n.ln()), Growth::Logarithmic);
        assert_eq!(named(|n| 300.0 + 4.0 * n), Growth::Linear);
        assert_eq!(named(|n| 300.0 + 4.0 * n * n.ln()), Growth::Linearithmic);
        assert_eq!(named(|n| n * n), Growth::Power);
        assert_eq!(named(|n| 1.0 / n), Growth::Power);
    }

    #[test]
    fn one_slow_point_at_the_end_is_no_growth() {
        let points = [1.55, 1.56, 1.44, 1.54, 1.63, 2.4].into_iter().zip(0..);
        let points: Vec<_> = points.map(|(y, power)| (10_f64.powi(power), y)).collect();
        assert_eq!(Fit::of(&points).unwrap().growth, Growth::Constant);
    }

    #[test]
    fn the_exponent_is_that_of_the_points() {
        let squares: Vec<_> = (1..6).map(|n| (f64::from(n), f64::from(n * n))).collect();
        assert!((Fit::of(&squares).unwrap().exponent - 2.0).abs() < 1e-9);
        assert_eq!(Fit::of(&squares[..2]), None);
    }
}
