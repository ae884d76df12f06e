//! Undoes encodings, for what no list of forms can foresee: letters encoded
//! that need not be, cases mixed, one encoding inside another.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;
use regex::Regex;

/// What a long run of letters holds is only looked at where most of it is text: digits of ids and
/// keys decode to anything.
const MOST: (usize, usize) = (3, 5);

/// The text with one layer of each encoding undone, where that changes it.
pub(super) fn undone(text: &str) -> impl Iterator<Item = String> {
    [percent(text), escapes(text), entities(text), without_nul(text)]
        .into_iter()
        .flatten()
        .filter(move |form| form != text)
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

/// Text in UTF-16 that was read as if it were ASCII.
fn without_nul(text: &str) -> Option<String> {
    text.contains('\0').then(|| text.replace('\0', ""))
}

/// Runs of base64, or of hexadecimal digits with separators between the octets.
static RUNS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:[0-9A-Fa-f]{2}[:\- ]){5,}[0-9A-Fa-f]{2}|[0-9A-Za-z+/_-]{16,}={0,2}").ok()
});

/// Where in a text something stands that may be base64 or hexadecimal digits.
pub(super) fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    RUNS.as_ref().into_iter().flat_map(move |runs| runs.find_iter(text).map(|found| found.range()))
}

/// What a run may stand for. Base64 may begin anywhere in it: four letters are three octets.
pub(super) fn of_run(run: &str) -> Vec<String> {
    let mut forms = Vec::new();
    if run.bytes().all(|letter| letter.is_ascii_hexdigit() || matches!(letter, b':' | b'-' | b' ')) {
        forms.extend(octets(run).into_iter().flat_map(|octets| texts(&octets)));
    }
    let letters = run.trim_end_matches('=');
    for offset in text_begins(letters) {
        let octets = letters.get(offset..).and_then(base64);
        forms.extend(octets.into_iter().flat_map(|octets| texts(&octets)));
    }
    forms
}

/// Where base64 that stands for text may begin: the first of its four letters is then the top of an
/// octet of ASCII, or of a zero. Told without decoding, as most runs are parts of addresses.
fn text_begins(letters: &str) -> impl Iterator<Item = usize> {
    let mut fit = [0; 4];
    for (at, letter) in letters.bytes().enumerate() {
        if matches!(letter, b'A' | b'I'..=b'Z' | b'a'..=b'f') {
            fit[at % 4] += 1;
        }
    }
    let quads = letters.len() / 4;
    (0..4).filter(move |offset| fit[*offset] * MOST.1 >= quads * MOST.0)
}

fn octets(run: &str) -> Option<Vec<u8>> {
    let digits: String = run.chars().filter(|letter| !matches!(letter, ':' | '-' | ' ')).collect();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Letters of both alphabets, without the last one that is alone.
fn base64(letters: &str) -> Option<Vec<u8>> {
    const TAKES_ANY_END: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let whole = if letters.len() % 4 == 1 { letters.get(..letters.len() - 1)? } else { letters };
    let alphabet = if whole.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, TAKES_ANY_END).decode(whole).ok()
}

/// Octets as text: UTF-8, or UTF-16 in both orders where many are zero.
fn texts(octets: &[u8]) -> Vec<String> {
    let fits = |octet: &&u8| matches!(octet, 0 | b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    if octets.iter().filter(fits).count() * MOST.1 < octets.len() * MOST.0 {
        return Vec::new();
    }
    if !octets.contains(&0) {
        return vec![String::from_utf8_lossy(octets).into_owned()];
    }
    let units = |from: usize, read: fn([u8; 2]) -> u16| {
        let pairs = octets.get(from..).unwrap_or_default().chunks_exact(2);
        let units: Vec<u16> = pairs.map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    (0..2).flat_map(|from| [units(from, u16::from_le_bytes), units(from, u16::from_be_bytes)]).collect()
}
