//! Text on the page that comes from elsewhere.

use maud::Render;

use super::super::markup;

/// Escaped, and with places to break: without styles nothing else keeps a long word within the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a>(pub(super) &'a str);

/// The same in large letters, or in one of two columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Narrow<'a>(pub(super) &'a str);

/// Words this long fit on a screen of 360 px, in bold letters of a list, too.
const LONGEST_WORD: usize = 28;

impl Render for Shown<'_> {
    fn render_to(&self, page: &mut String) {
        with_breaks(page, self.0, LONGEST_WORD);
    }
}

impl Render for Narrow<'_> {
    fn render_to(&self, page: &mut String) {
        with_breaks(page, self.0, LONGEST_WORD / 2);
    }
}

fn with_breaks(page: &mut String, text: &str, longest: usize) {
    let (mut begin, mut letters) = (0, 0);
    for (at, letter) in text.char_indices() {
        letters = if letter.is_whitespace() { 0 } else { letters + 1 };
        if letters > longest {
            page.push_str(&markup::text(text.get(begin..at).unwrap_or_default()));
            page.push_str("<wbr>");
            (begin, letters) = (at, 1);
        }
    }
    page.push_str(&markup::text(text.get(begin..).unwrap_or_default()));
}

/// The beginning of a text, and how many letters are left out.
pub(super) fn cut(text: &str, most: usize) -> (&str, usize) {
    match text.char_indices().nth(most) {
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
    fn nothing_becomes_markup_and_long_words_can_break() {
        assert_eq!(Shown("a <b> & \u{1b}").render().into_string(), "a &lt;b&gt; &amp; \\u{1b}");
        let word = "x".repeat(LONGEST_WORD);
        assert_eq!(Shown(&format!("{word} {word}")).render().into_string(), format!("{word} {word}"));
        assert_eq!(
            Shown(&format!("{word}{word}é")).render().into_string(),
            format!("{word}<wbr>{word}<wbr>é")
        );
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(cut("éàü", 3), ("éàü", 0));
        assert_eq!(cut("éàüö", 2), ("éà", 2));
    }
}
