//! What goes wrong where a carrier is asked for a call.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a carrier takes a request for a call and does not just place it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", tag = "how")]
pub enum CarrierFault {
    /// It refuses, with that status, and that body or one as the carrier's own.
    Refuse {
        /// The status.
        status: u16,
        /// The body; the carrier's own unless said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
    },
    /// It refuses as the carrier does that answers 200 and says in the body that it does not.
    ErrorInside,
    /// It never answers.
    Hang {
        /// Whether it has taken the call on all the same.
        placed: bool,
    },
    /// It ends the connection without an answer.
    Reset {
        /// Whether it has taken the call on all the same.
        placed: bool,
    },
    /// It takes the call on and answers 500.
    ErrorAfter,
    /// It takes the call on, plays it, and tells no one.
    Silent,
    /// It answers only once it has told that the agent answered, or that the call is over.
    Early,
    /// It tells everything twice, at once.
    Twice,
    /// It cannot be reached.
    Dead,
    /// It takes that long to answer.
    Slow {
        /// Milliseconds.
        milliseconds: u64,
    },
}

impl CarrierFault {
    /// A refusal with a status, and with the body that this carrier has for it.
    pub fn refuse(status: u16) -> Self {
        Self::Refuse { status, body: None }
    }

    /// Whether the call is placed all the same.
    pub(super) fn places(&self) -> bool {
        match self {
            Self::Refuse { .. } | Self::ErrorInside | Self::Dead => false,
            Self::Hang { placed } | Self::Reset { placed } => *placed,
            Self::ErrorAfter | Self::Silent | Self::Early | Self::Twice | Self::Slow { .. } => true,
        }
    }

    pub(super) fn pause(&self) -> Option<Duration> {
        match self {
            Self::Slow { milliseconds } => Some(Duration::from_millis(*milliseconds)),
            _ => None,
        }
    }
}

/// What shares of all requests for a call go wrong. The same seed, the same ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mixture {
    /// How many of a hundred are refused.
    #[serde(default)]
    pub refused: u8,
    /// How many of a hundred are taken on and never answered.
    #[serde(default)]
    pub unsure: u8,
    /// How many of a hundred are neither taken on nor answered.
    #[serde(default)]
    pub lost: u8,
    /// Which ones.
    #[serde(default)]
    pub seed: u64,
}

impl Mixture {
    /// What goes wrong with the request of that number.
    pub(super) fn of(self, request: u64) -> Option<CarrierFault> {
        let mut state = self.seed ^ request.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        // SplitMix64 (Steele, Lea, Flood 2014): neighbouring numbers give unrelated ones.
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let of_hundred = (state ^ (state >> 31)) % 100;
        let (refused, unsure) = (u64::from(self.refused), u64::from(self.unsure));
        if of_hundred < refused {
            Some(CarrierFault::refuse(429))
        } else if of_hundred < refused + unsure {
            Some(CarrierFault::Hang { placed: true })
        } else if of_hundred < refused + unsure + u64::from(self.lost) {
            Some(CarrierFault::Hang { placed: false })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixture_is_what_it_says_it_is() {
        let mixture = Mixture {
            refused: 20,
            unsure: 5,
            lost: 2,
            seed: 1,
        };
        let faults: Vec<_> = (0..10_000).filter_map(|request| mixture.of(request)).collect();
        let count = |wanted: &CarrierFault| faults.iter().filter(|fault| *fault == wanted).count();
        assert!((1_850..2_150).contains(&count(&CarrierFault::refuse(429))));
        assert!((420..580).contains(&count(&CarrierFault::Hang { placed: true })));
        assert!((150..250).contains(&count(&CarrierFault::Hang { placed: false })));
        assert_eq!(Mixture::default().of(7), None);
    }
}
