//! What a legal hold does to the tags of a recording's object.
//!
//! Lifecycle rules look at tags, and cannot say "unless held": so a hold *takes the place* of the retention class, which
//! waits in another tag until the hold ends.

use std::collections::BTreeMap;

/// The tags of an object.
pub(crate) type Tags = BTreeMap<String, String>;

/// The tag that the bucket's lifecycle rules look at.
const RETENTION: &str = "retention";
/// Its value while a recording is held; no lifecycle rule has it.
const HOLD: &str = "hold";
/// Where the retention class waits.
const BEFORE: &str = "retention-before";
/// S3 keeps no more of an object.
const MOST_TAGS: usize = 10;

/// There is no place for one more tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyTags;

/// The tags of the object once it is held; none where nothing changes.
pub(crate) fn held(tags: &Tags) -> Result<Option<Tags>, TooManyTags> {
    if is_held(tags) {
        return Ok(None);
    }
    let mut after = tags.clone();
    after.remove(BEFORE);
    if let Some(class) = after.insert(RETENTION.to_owned(), HOLD.to_owned()) {
        after.insert(BEFORE.to_owned(), class);
    }
    if after.len() > MOST_TAGS {
        return Err(TooManyTags);
    }
    Ok(Some(after))
}

/// The tags of the object once it is released; none where nothing changes.
pub(crate) fn released(tags: &Tags) -> Option<Tags> {
    if !is_held(tags) {
        return None;
    }
    let mut after = tags.clone();
    after.remove(RETENTION);
    if let Some(class) = after.remove(BEFORE) {
        after.insert(RETENTION.to_owned(), class);
    }
    Some(after)
}

/// The retention class that counts while there is no hold.
pub(crate) fn class(tags: &Tags) -> Option<&str> {
    let tag = if is_held(tags) { BEFORE } else { RETENTION };
    tags.get(tag).map(String::as_str)
}

fn is_held(tags: &Tags) -> bool {
    tags.get(RETENTION).is_some_and(|value| value == HOLD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn a_hold_takes_the_place_of_the_class_and_its_end_brings_it_back() {
        for (before, during) in [
            (
                tags(&[("retention", "standard"), ("team", "sales")]),
                tags(&[
                    ("retention", "hold"),
                    ("retention-before", "standard"),
                    ("team", "sales"),
                ]),
            ),
            (
                tags(&[("team", "sales")]),
                tags(&[("retention", "hold"), ("team", "sales")]),
            ),
            (tags(&[]), tags(&[("retention", "hold")])),
        ] {
            assert_eq!(held(&before), Ok(Some(during.clone())));
            assert_eq!(held(&during), Ok(None));
            assert_eq!(released(&during), Some(before.clone()));
            assert_eq!(released(&before), None);
            assert_eq!(class(&before), class(&during));
        }
        // What an earlier hold left behind is not taken for the class of this one.
        let stale = tags(&[("retention-before", "long")]);
        assert_eq!(held(&stale), Ok(Some(tags(&[("retention", "hold")]))));
    }

    #[test]
    fn an_object_that_has_ten_tags_has_no_place_for_the_class_that_waits() {
        let others = |count: usize| {
            let mut tags = tags(&[("retention", "standard")]);
            tags.extend((0..count).map(|index| (format!("tag-{index}"), String::new())));
            tags
        };
        assert_eq!(
            held(&others(8)).map(|after| after.map(|tags| tags.len())),
            Ok(Some(10))
        );
        assert_eq!(held(&others(9)), Err(TooManyTags));
    }
}
