//! Slugs that nobody has, and how many may be tried.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::slug::Slug;

/// How long a slug that nobody has is not looked up again.
const FORGET: Duration = Duration::from_secs(60);
/// How many such slugs are remembered.
const MOST: usize = 1000;
/// How many unknown slugs are looked up at once, at most.
const BURST: f64 = 100.0;
/// How many more every second.
const PER_SECOND: f64 = 1.0;

/// What an instance knows of slugs that are nobody's.
#[derive(Debug)]
pub(crate) struct Unknown {
    seen: HashMap<Slug, Instant>,
    budget: f64,
    filled_at: Option<Instant>,
}

impl Default for Unknown {
    fn default() -> Self {
        Self {
            seen: HashMap::new(),
            budget: BURST,
            filled_at: None,
        }
    }
}

impl Unknown {
    /// Whether the slug was nobody's a moment ago.
    pub(crate) fn has(&self, slug: &Slug, now: Instant) -> bool {
        let seen = self.seen.get(slug);
        seen.is_some_and(|at| now.saturating_duration_since(*at) < FORGET)
    }

    /// Whether one more may be looked up.
    pub(crate) fn may_look(&mut self, now: Instant) -> bool {
        let passed = self
            .filled_at
            .map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        self.filled_at = Some(now);
        self.budget = (self.budget + passed.as_secs_f64() * PER_SECOND).min(BURST);
        let enough = self.budget >= 1.0;
        if enough {
            self.budget -= 1.0;
        }
        enough
    }

    /// It was somebody's after all: that lookup costs nothing.
    pub(crate) fn was_known(&mut self) {
        self.budget = (self.budget + 1.0).min(BURST);
    }

    /// Remembers a slug as nobody's.
    pub(crate) fn remember(&mut self, slug: Slug, now: Instant) {
        if self.seen.len() >= MOST {
            self.seen
                .retain(|_, at| now.saturating_duration_since(*at) < FORGET);
        }
        // With the budget this is hardly ever reached; the memory stays bounded all the same.
        if self.seen.len() < MOST {
            self.seen.insert(slug, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_tries_slugs_is_stopped_and_goes_on_slowly() {
        let (mut unknown, start) = (Unknown::default(), Instant::now());
        let mut looked = 0;
        for millisecond in 0..10_000 {
            let now = start + Duration::from_millis(millisecond);
            if unknown.may_look(now) {
                looked += 1;
                unknown.remember(Slug::parse(&format!("slug-{millisecond:08}")).unwrap(), now);
            }
        }
        assert!((105..=111).contains(&looked), "{looked} in ten seconds");
        assert!(unknown.seen.len() <= MOST);
        let later = start + Duration::from_secs(600);
        assert!((0..100).all(|_| unknown.may_look(later)) && !unknown.may_look(later));
        unknown.was_known();
        assert!(unknown.may_look(later));
    }

    #[test]
    fn a_slug_is_nobodys_for_a_minute() {
        let (mut unknown, start) = (Unknown::default(), Instant::now());
        let slug = Slug::parse("nobodys-slug").unwrap();
        assert!(!unknown.has(&slug, start));
        unknown.remember(slug.clone(), start);
        assert!(unknown.has(&slug, start + Duration::from_secs(59)));
        assert!(!unknown.has(&slug, start + Duration::from_secs(60)));
    }
}
