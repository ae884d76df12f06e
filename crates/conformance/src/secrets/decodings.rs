//! Undoes encodings, for what no list of forms can foresee: letters encoded
//! that need not be, cases mixed, one encoding inside another.

use percent_encoding::percent_decode_str;

/// The text with one layer of each encoding undone, where that changes it.
pub(super) fn undone(text: &str) -> impl Iterator<Item = String> {
    [percent(text), escapes(text), entities(text)].into_iter().flatten().filter(move |form| form != text)
}

fn percent(text: &str) -> Option<String> {
    text.contains('%').then(|| percent_decode_str(text).decode_utf8_lossy().into_owned())
}

/// JSON's escapes (RFC 8259, section 7), and those that only JavaScript has.
fn escapes(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let Some(letter) = after.chars().next() else {
            rest = after;
            break;
        };
        let digits = match letter {
            'u' => after.get(1..5),
            'x' => after.get(1..3),
            _ => None,
        };
        let unit = digits.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match (unit, digits) {
            (Some(letter), Some(digits)) => {
                plain.push(letter);
                rest = &after[1 + digits.len()..];
            }
            _ => {
                plain.push(letter);
                rest = &after[letter.len_utf8()..];
            }
        }
    }
    plain.push_str(rest);
    Some(plain)
}

/// HTML's references, by number and by name.
fn entities(text: &str) -> Option<String> {
    text.contains('&').then(|| html_escape::decode_html_entities(text).into_owned())
}
