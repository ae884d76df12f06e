//! Undoes encodings, for what no list of forms can foresee: letters encoded
//! that need not be, cases mixed, one encoding inside another.

use percent_encoding::percent_decode_str;

/// The text with one layer of each encoding undone, where that changes it.
pub(super) fn undone(text: &str) -> impl Iterator<Item = String> {
    let forms = [percent(text), escapes(text), entities(text)];
    let text = text.to_owned();
    forms.into_iter().flatten().filter(move |form| *form != text)
}

fn percent(text: &str) -> Option<String> {
    text.contains('%').then(|| percent_decode_str(text).decode_utf8_lossy().into_owned())
}

/// JSON's escapes (RFC 8259, section 7).
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
        let unit = after.get(1..5).filter(|_| letter == 'u');
        let unit = unit.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        match unit {
            Some(letter) => {
                plain.push(letter);
                rest = &after[5..];
            }
            None => {
                plain.push(letter);
                rest = &after[letter.len_utf8()..];
            }
        }
    }
    plain.push_str(rest);
    Some(plain)
}

/// HTML's numeric references, and the named ones of its own marks.
fn entities(text: &str) -> Option<String> {
    const NAMED: [(&str, char); 7] =
        [("amp", '&'), ("lt", '<'), ("gt", '>'), ("quot", '"'), ("apos", '\''), ("sol", '/'), ("plus", '+')];
    if !text.contains('&') {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let name = after.split_once(';').map(|(name, _)| name).filter(|name| name.len() < 10);
        let letter = name.and_then(|name| match name.strip_prefix('#') {
            Some(number) => match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok().and_then(char::from_u32),
                None => number.parse().ok().and_then(char::from_u32),
            },
            None => NAMED.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter),
        });
        match (letter, name) {
            (Some(letter), Some(name)) => {
                plain.push(letter);
                rest = &after[name.len() + 1..];
            }
            _ => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    Some(plain)
}
