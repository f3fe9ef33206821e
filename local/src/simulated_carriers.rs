//! Simulated carriers: they post the sample lives of calls to the real routes, signed as the real ones sign, as many at
//! once, as often and in as bad an order as wanted; and they serve the recordings of these calls.

mod life;
pub(crate) mod media;
mod place;
mod play;
mod sign;

pub use life::{CASES, CODES, Life, Name};
pub use media::{MediaFault, MediaRequest, SimulatedMedia, mp3, wav};
pub use place::{Compared, as_told, calls, calls_of_env_file, compare, place, record_in_order};
pub use play::{Account, Order, Play, Played};
pub use sign::{CannotSign, Unsigned, sign};
