//! Text in HTML and XML: nothing of a server becomes markup, and nothing breaks
//! a document.

/// Text between elements. What XML 1.0 cannot hold (section 2.2, `Char`) is shown by its number.
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

/// Text that may also stand in an attribute, within quotation marks of either kind.
pub(super) fn attribute(raw: &str) -> String {
    text(raw).replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup_or_breaks_the_document() {
        assert_eq!(text("a<b>&\u{0}\u{1b}\u{ffff}é"), "a&lt;b&gt;&amp;\\u{0}\\u{1b}\u{fffd}é");
        assert_eq!(attribute("<script>'\"&"), "&lt;script&gt;&#39;&quot;&amp;");
    }
}
