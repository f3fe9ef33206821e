//! Which calls are due: the sixteen parts of the index, those that have waited longest first.

use jiff::Timestamp;
use ringback_calls::{CallStore, Due, LONGEST_PAGE, SHARDS};

use crate::trouble::Trouble;

/// What is left of the index.
#[derive(Debug)]
pub(crate) struct Sweep {
    until: Timestamp,
    /// Each part of the index that has more, and where it goes on.
    open: Vec<(u8, Option<String>)>,
}

impl Sweep {
    /// What is due at that time. What becomes due meanwhile, or stays so, is for the next sweep.
    pub(crate) fn new(until: Timestamp) -> Self {
        Self {
            until,
            open: (0..SHARDS).map(|shard| (shard, None)).collect(),
        }
    }

    /// The next page of every part, together in the order in which they became due; none at the end.
    ///
    /// # Errors
    /// When the table does not answer.
    pub(crate) async fn next(&mut self, calls: &CallStore) -> Result<Option<Vec<Due>>, Trouble> {
        if self.open.is_empty() {
            return Ok(None);
        }
        let mut due = Vec::new();
        for (shard, after) in std::mem::take(&mut self.open) {
            let page = calls
                .due(shard, self.until, LONGEST_PAGE, after.as_deref())
                .await?;
            due.extend(page.items);
            if page.next.is_some() {
                self.open.push((shard, page.next));
            }
        }
        due.sort_by(|a, b| (a.at, &a.call).cmp(&(b.at, &b.call)));
        Ok(Some(due))
    }
}
