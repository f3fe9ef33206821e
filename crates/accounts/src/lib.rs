#![doc = include_str!("../README.md")]

mod account;
mod accounts;
mod known;
mod public;
mod secret_arns;
mod setting;
mod slug;
mod store;
mod unknown;

pub use account::{AMAZON_CONNECT, Account, Problem};
pub use accounts::{Accounts, Lookup, LookupError};
pub use known::{AnyCarrier, Known};
pub use public::{PublicBase, is_unreserved};
pub use secret_arns::SecretArns;
pub use slug::{BadSlug, Slug};
pub use store::{AccountStore, ChangeError, StoreError, item};
