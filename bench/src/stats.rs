//! Many measurements in few numbers.

use std::time::Duration;

/// The value below which that part of all values lies, 0 to 1; nothing of nothing.
pub(crate) fn percentile(values: &[Duration], part: f64) -> Option<Duration> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().checked_sub(1)?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "there are not so many values"
    )]
    let place = (last as f64 * part).round() as usize;
    sorted.get(place).copied()
}

/// The value in the middle.
pub(crate) fn median(values: &[Duration]) -> Option<Duration> {
    percentile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<_> = (1..=101).rev().map(Duration::from_millis).collect();
        assert_eq!(median(&values), Some(Duration::from_millis(51)));
        assert_eq!(percentile(&values, 0.99), Some(Duration::from_millis(100)));
        assert_eq!(percentile(&values, 1.0), Some(Duration::from_millis(101)));
        assert_eq!(median(&[]), None);
    }
}
