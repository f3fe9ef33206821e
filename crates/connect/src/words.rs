//! Closed sets of words.

/// A closed set of words that an answer to a flow may hold: a flow branches on them and alarms count them, so none
/// ever changes its meaning. The crate that uses the macro depends on serde.
///
/// ```
/// ringback_connect::words! {
///     /// Whether it was found.
///     Status {
///         /// It was.
///         Found = "found",
///         /// It was not.
///         None = "none",
///     }
/// }
///
/// fn main() {
///     assert_eq!(Status::ALL.len(), 2);
///     assert_eq!(Status::Found.name(), "found");
/// }
/// ```
#[macro_export]
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $name {
            $($(#[$meaning])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word as flows, logs and metrics have it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}
