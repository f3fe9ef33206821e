//! Simulated carriers: they post the sample lives of calls to the real routes, signed as the real ones sign, as many at
//! once, as often and in as bad an order as wanted; they place calls that they are asked for, and they serve the recordings
//! of all these calls.

mod api;
mod life;
pub(crate) mod media;
mod place;
mod play;
mod sign;

pub use api::{
    CarrierFault, CarrierRequest, Control, Fate, Mixture, Pace, Party, Rung, SimulatedCarriers, Tally,
    TimesRung,
};
pub use life::{CASES, CODES, Life, Name};
pub use media::{MediaFault, MediaRequest, SimulatedMedia, mp3, wav};
pub use place::{Compared, as_told, calls, calls_of_env_file, compare, place, record_in_order};
pub use play::{Account, Order, Play, Played};
pub use sign::{CannotSign, Unsigned, sign};
