//! Texts with places for values: what is signed, what a URL is made of.

/// A part of what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Body,
    Url,
    Method,
    Nonce,
    Timestamp,
    Secret,
    SortedParams,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Name(String),
}

/// Reads a template of what is signed.
///
/// # Errors
/// When a name is none, or a brace is left open.
pub(super) fn template(text: &str) -> Result<Vec<Part>, String> {
    let part = |piece| match piece {
        Piece::Text(text) => Ok(Part::Text(text)),
        Piece::Name(name) => part(&name),
    };
    pieces(text)?.into_iter().map(part).collect()
}

/// Reads a template: text as it is, and names in braces. A brace that is text stands twice.
///
/// # Errors
/// When a brace is left open.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        literal.push_str(before);
        if let Some(after) = from.strip_prefix("{{") {
            literal.push('{');
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            literal.push('}');
            rest = after;
        } else {
            let (name, after) = from
                .strip_prefix('{')
                .and_then(|from| from.split_once('}'))
                .ok_or("has a brace that is not closed; a brace that is text stands twice")?;
            if !literal.is_empty() {
                parts.push(Piece::Text(std::mem::take(&mut literal)));
            }
            parts.push(Piece::Name(name.to_owned()));
            rest = after;
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        parts.push(Piece::Text(literal));
    }
    Ok(parts)
}

fn part(name: &str) -> Result<Part, String> {
    Ok(match name {
        "body" => Part::Body,
        "url" => Part::Url,
        "method" => Part::Method,
        "nonce" => Part::Nonce,
        "timestamp" => Part::Timestamp,
        "secret" => Part::Secret,
        "sorted_params" => Part::SortedParams,
        _ => {
            return Err(format!(
                "names {{{name}}}, which is none of body, url, method, nonce, timestamp, secret, sorted_params"
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_text_alternate() {
        let parts = template("{method}\n{url}{{x}}{body}!").unwrap();
        let text = |text: &str| Part::Text(text.to_owned());
        let expected = [
            Part::Method,
            text("\n"),
            Part::Url,
            text("{x}"),
            Part::Body,
            text("!"),
        ];
        assert_eq!(parts, expected);
        assert_eq!(template(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_template_is_told() {
        for bad in ["{", "{body", "{bod}", "}", "{}", "{body}}"] {
            assert!(template(bad).is_err(), "{bad}");
        }
    }
}
