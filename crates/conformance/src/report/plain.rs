//! Text that comes from a server, made safe to print.

/// Shows control characters, and those that turn the direction of writing, by
/// their number instead of letting them act on a person's terminal.
pub(crate) fn plain(text: &str) -> String {
    let acts = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if acts(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn nothing_acts_on_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\r\n\u{202e}c é"), "a\\u{1b}[31mb\\u{d}\\u{a}\\u{202e}c é");
    }
}
