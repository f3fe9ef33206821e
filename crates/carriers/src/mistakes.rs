//! Where operators go wrong with signed URLs: the carrier was given one that is nearly ours.

/// URLs that are nearly this one, each with what it means if a signature fits it. Only for telling the operator: a
/// request whose signature fits one of them is refused all the same.
pub(crate) fn nearly(url: &str) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    let other_scheme = match url.split_once("://") {
        Some(("https", rest)) => Some(format!("http://{rest}")),
        Some(("http", rest)) => Some(format!("https://{rest}")),
        _ => None,
    };
    if let Some(other) = other_scheme {
        all.push((
            other,
            "it fits the same URL with the other of http:// and https://",
        ));
    }
    let (path, query) = match url.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url, None),
    };
    let slash = match path.strip_suffix('/') {
        Some(without) => without.to_owned(),
        None => format!("{path}/"),
    };
    let query_again = query.map(|query| format!("?{query}")).unwrap_or_default();
    all.push((
        format!("{slash}{query_again}"),
        "it fits the same URL but for a slash at the end of its path",
    ));
    if query.is_some() {
        all.push((path.to_owned(), "it fits the URL without its query"));
    }
    all
}

/// What is said when nothing gives a clue.
pub(crate) const NO_CLUE: &str =
    "the URL may differ from the one the carrier was given, or the secret is another account's";
