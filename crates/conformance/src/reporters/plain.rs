//! Makes text from a server safe to print: it cannot control a terminal, and it is no command to a CI runner
//! that reads the output.

/// Returns a text that neither a terminal nor a CI runner interprets.
///
/// GitHub's runner interprets `::command::` at the beginning of a line, even after blanks, and `##[command]`
/// anywhere; those of Azure and TeamCity interpret `##vso[…]` and `##teamcity[…]`. GitLab's sections need
/// control characters.
pub(crate) fn plain(text: &str) -> String {
    let shown = without_control(text);
    let shown = match shown.trim_start().starts_with("::") {
        true => shown.replacen("::", "\\::", 1),
        false => shown,
    };
    match shown.contains("##") {
        true => without_hash_commands(&shown),
        false => shown,
    }
}

/// Inserts a backslash before the bracket of `##word[`.
fn without_hash_commands(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(at) = rest.find("##") {
        let (before, from) = rest.split_at(at + 2);
        shown.push_str(before);
        let word = from.len() - from.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric()).len();
        if from[word..].starts_with('[') {
            shown.push_str(&from[..word]);
            shown.push('\\');
            rest = &from[word..];
        } else {
            // The second `#` may start another marker.
            shown.pop();
            rest = &rest[at + 1..];
        }
    }
    shown.push_str(rest);
    shown
}

/// Escapes control characters, and those that change the direction of writing.
fn without_control(text: &str) -> String {
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

/// Makes lines from files or flags safe to print.
pub(crate) fn plain_lines(text: &str) -> String {
    text.lines().map(|line| plain(line) + "\n").collect()
}

/// A JSON document for standard output. Text from an org may look like a command to a CI runner; escaped, the
/// document is the same.
pub(crate) fn printed(document: &serde_json::Value) -> String {
    format!("{document:#}").replace("##", "#\\u0023")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn ci_runner_commands_are_escaped() {
        for (text, shown) in [
            ("::error ::x", "\\::error ::x"),
            ("  ::stop-commands::x", "  \\::stop-commands::x"),
            ("a ##[stop-commands]x", "a ##\\[stop-commands]x"),
            ("##vso[task.setvariable]x", "##vso\\[task.setvariable]x"),
            ("###[group]", "###\\[group]"),
            ("##teamcity[x] ##[y]", "##teamcity\\[x] ##\\[y]"),
            ("## a heading", "## a heading"),
            ("[::1]:80 and a::b", "[::1]:80 and a::b"),
            ("##", "##"),
        ] {
            assert_eq!(plain(text), shown);
        }
    }

    #[test]
    fn terminal_control_characters_are_escaped() {
        assert_eq!(plain("a\u{1b}[31mb\r\n\u{202e}c é"), "a\\u{1b}[31mb\\u{d}\\u{a}\\u{202e}c é");
    }
}
