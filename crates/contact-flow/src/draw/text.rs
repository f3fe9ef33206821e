//! Text in a picture: how wide it is, about, where it breaks, and how it is written in XML.

/// About how wide a text is in a sans serif font. SVG has no way to ask, so wide beats narrow here.
pub(super) fn width(text: &str, size: f64) -> f64 {
    let em: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '(' | ')' | '[' | ']'
            | ' ' => 0.34,
            'f' | 't' | 'r' | '-' | '/' | '"' => 0.42,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '→' => 1.0,
            c if c.is_uppercase() => 0.72,
            c if u32::from(c) >= 0x1100 => 1.0,
            _ => 0.62,
        })
        .sum();
    em * size
}

/// The beginning of a text that is no wider than `most`.
pub(super) fn cut(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size) + size > most {
            kept.pop();
            break;
        }
    }
    kept.trim_end().to_owned() + "…"
}

/// At most `lines` lines, each no wider than `most`.
pub(super) fn wrap(text: &str, size: f64, most: f64, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while words.peek().is_some() && wrapped.len() < lines {
        let is_last = wrapped.len() + 1 == lines;
        let mut line = String::new();
        if is_last {
            line = words.by_ref().collect::<Vec<_>>().join(" ");
        }
        while let Some(word) = words.peek() {
            let longer = if line.is_empty() {
                (*word).to_owned()
            } else {
                format!("{line} {word}")
            };
            if !line.is_empty() && width(&longer, size) > most {
                break;
            }
            line = longer;
            words.next();
        }
        wrapped.push(cut(&line, size, most));
    }
    wrapped
}

/// For use between tags and in attributes. Characters that XML forbids are dropped.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(' '),
            c if c.is_control() || ['\u{fffe}', '\u{ffff}'].contains(&c) => {}
            c => escaped.push(c),
        }
    }
    escaped
}
