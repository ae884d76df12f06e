//! Verdicts and untrusted text on the page.

use maud::{Markup, Render, html};

use super::super::markup;
use crate::verdict::Verdict;

/// The word of a verdict, in its color.
pub(super) fn mark(verdict: Verdict) -> Markup {
    html! { b class=(verdict.word()) { (verdict.word()) } }
}

/// Escaped text with break opportunities: without styles, nothing else keeps a long word within the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a>(pub(super) &'a str);

/// The same for large letters, or for one of two columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Narrow<'a>(pub(super) &'a str);

/// Maximum length of an unbroken word, which fits on a 360 px screen even in bold list items.
const MAX_WORD: usize = 28;

impl Render for Shown<'_> {
    fn render_to(&self, page: &mut String) {
        with_breaks(page, self.0, MAX_WORD);
    }
}

impl Render for Narrow<'_> {
    fn render_to(&self, page: &mut String) {
        with_breaks(page, self.0, MAX_WORD / 2);
    }
}

fn with_breaks(page: &mut String, text: &str, longest: usize) {
    let (mut begin, mut letters) = (0, 0);
    for (index, letter) in text.char_indices() {
        letters = if letter.is_whitespace() { 0 } else { letters + 1 };
        if letters > longest {
            page.push_str(&markup::text(text.get(begin..index).unwrap_or_default()));
            page.push_str("<wbr>");
            (begin, letters) = (index, 1);
        }
    }
    page.push_str(&markup::text(text.get(begin..).unwrap_or_default()));
}

/// The beginning of a text, and the number of characters that are left out.
pub(super) fn cut(text: &str, limit: usize) -> (&str, usize) {
    match text.char_indices().nth(limit) {
        Some((end, _)) => {
            text.split_at_checked(end).map_or((text, 0), |(shown, rest)| (shown, rest.chars().count()))
        }
        None => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_long_words_can_break() {
        assert_eq!(Shown("a <b> & \u{1b}").render().into_string(), "a &lt;b&gt; &amp; \\u{1b}");
        let word = "x".repeat(MAX_WORD);
        assert_eq!(Shown(&format!("{word} {word}")).render().into_string(), format!("{word} {word}"));
        assert_eq!(
            Shown(&format!("{word}{word}é")).render().into_string(),
            format!("{word}<wbr>{word}<wbr>é")
        );
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_boundary() {
        assert_eq!(cut("éàü", 3), ("éàü", 0));
        assert_eq!(cut("éàüö", 2), ("éà", 2));
    }
}
