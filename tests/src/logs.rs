//! What functions log, for tests that look at it.

use ringback_local::world::Lines;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Dispatch, Level};

/// Captures what this thread logs, as JSON lines, until it is dropped.
#[derive(Debug)]
pub struct Logs {
    lines: Lines,
    _guard: DefaultGuard,
    _another: Dispatch,
}

impl Logs {
    /// Begins to capture, from that level on.
    pub fn capture(level: Level) -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_max_level(level)
            .with_writer(move || writer.clone())
            .finish();
        Self {
            lines,
            // While there is only one subscriber, tracing asks the thread that comes to a log line first whether anybody
            // listens, and keeps its "no" for all threads. With another one it asks all subscribers.
            _another: Dispatch::new(
                tracing_subscriber::fmt()
                    .with_max_level(LevelFilter::OFF)
                    .finish(),
            ),
            _guard: set_default(subscriber),
        }
    }

    /// All that was logged.
    pub fn text(&self) -> String {
        self.lines.text()
    }
}
