#![doc = include_str!("../README.md")]

mod cause;
#[cfg(feature = "table")]
mod claim;
mod due;
mod event;
mod facts;
mod fold;
mod holder;
mod id;
#[cfg(feature = "table")]
pub mod item;
#[cfg(feature = "table")]
mod list;
mod number;
mod placed;
mod placing;
#[cfg(feature = "table")]
mod project;
mod record;
mod recording;
mod second_leg;
#[cfg(feature = "table")]
mod store;

pub use cause::{Cause, Class, CloseCause, Leg};
#[cfg(feature = "table")]
pub use claim::{Claimed, Lease, Upload};
pub use due::{ARCHIVE, LONGEST, QUIET, QUIET_AT_FIRST, RING, SHARDS, next_check, shard};
pub use event::{CallEvent, Entry, Evidence, Kind};
pub use facts::{
    Announcement, Archived, Direction, Facts, LegFacts, RecordingFacts, RecordingState, Verdict, When,
};
pub use fold::fold;
pub use holder::{Holder, is_end_asked};
pub use id::{BadCallId, CallId, EventId};
#[cfg(feature = "table")]
pub use list::{Ask, Due, LONGEST_PAGE, List, ListError, Page, Summary};
pub use number::Number;
pub use placed::{Asked, Placed};
pub use placing::{
    TakenOn, accepted, checked, found, hang_up_asked, orphaned, refused, refused_the_call, said_over,
    second_leg_accepted, second_leg_refused, unplaced, unsure,
};
#[cfg(feature = "table")]
pub use project::{Change, Projected};
pub use record::{CallRecord, LegRecord, State};
pub use recording::{
    LONGEST_RECORDING_ID, Requester, Wanted, archived, delete_refused, deleted_at_carrier, given_up, held,
    link_given, released,
};
pub use second_leg::heard_of_second_leg;
#[cfg(feature = "table")]
pub use store::{CallStore, Kept, NewEvent, StoreError};
