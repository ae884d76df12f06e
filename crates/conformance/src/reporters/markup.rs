//! Escaping for HTML and XML: text from a server becomes no markup, and the document stays well-formed.

/// Escapes text between elements. Characters outside XML 1.0 (section 2.2, `Char`) are shown by number.
pub(super) fn text(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for each in raw.chars() {
        match each {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\t' | '\n' => escaped.push(each),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            each if each.is_control() => escaped.extend(each.escape_unicode()),
            each => escaped.push(each),
        }
    }
    escaped
}

/// Escapes text for an attribute in quotation marks of either kind.
pub(super) fn attribute(raw: &str) -> String {
    text(raw).replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_invalid_characters_are_replaced() {
        assert_eq!(text("a<b>&\u{0}\u{1b}\u{ffff}é"), "a&lt;b&gt;&amp;\\u{0}\\u{1b}\u{fffd}é");
        assert_eq!(attribute("<script>'\"&"), "&lt;script&gt;&#39;&quot;&amp;");
    }
}
