//! Undoes encodings that no list of forms can cover: characters encoded without need, mixed cases, one
//! encoding inside another.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;
use regex::Regex;

/// Minimum share of text in decoded base64; ids and keys decode to anything.
const MIN_TEXT_SHARE: (usize, usize) = (3, 5);

/// The results of undoing one layer of each encoding that changes the text.
pub(super) fn undone(text: &str) -> impl Iterator<Item = String> {
    [percent(text), escapes(text), entities(text), without_nul(text)]
        .into_iter()
        .flatten()
        .filter(move |form| form != text)
}

fn percent(text: &str) -> Option<String> {
    text.contains('%').then(|| percent_decode_str(text).decode_utf8_lossy().into_owned())
}

/// Undoes JSON's escapes (RFC 8259, section 7) and those that only JavaScript has.
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

/// Undoes HTML's character references, by number and by name.
fn entities(text: &str) -> Option<String> {
    text.contains('&').then(|| html_escape::decode_html_entities(text).into_owned())
}

/// Undoes UTF-16 that was read as ASCII.
fn without_nul(text: &str) -> Option<String> {
    text.contains('\0').then(|| text.replace('\0', ""))
}

/// Hexadecimal digits with separators between the bytes, those without, and base64. Each is searched for
/// separately: a run of one kind may begin or end with letters of another.
static RUNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [r"(?:[0-9A-Fa-f]{2}[:\- ]){5,}[0-9A-Fa-f]{2}", r"[0-9A-Fa-f]{16,}", r"[0-9A-Za-z+/_-]{16,}={0,2}"]
        .into_iter()
        .filter_map(|run| Regex::new(run).ok())
        .collect()
});

/// The runs of a text that may be base64 or hexadecimal digits. They may overlap.
pub(super) fn runs(text: &str) -> impl Iterator<Item = Range<usize>> {
    RUNS.iter().flat_map(move |runs| runs.find_iter(text).map(|found| found.range()))
}

/// The possible decodings of a run. Base64 may begin anywhere in it: four letters are three bytes.
pub(super) fn of_run(run: &str) -> Vec<String> {
    let mut forms = Vec::new();
    if run.bytes().all(|letter| letter.is_ascii_hexdigit() || matches!(letter, b':' | b'-' | b' ')) {
        forms.extend(hex_bytes(run).iter().flat_map(|bytes| texts(bytes)));
    }
    let letters = run.trim_end_matches('=');
    for stretch in (0..4).flat_map(|offset| text_stretches(letters, offset)) {
        let bytes = letters.get(stretch).and_then(base64).filter(|bytes| is_mostly_text(bytes));
        forms.extend(bytes.iter().flat_map(|bytes| texts(bytes)));
    }
    forms
}

/// Minimum number of groups of four letters that can contain a secret.
const MIN_STRETCH: usize = 3;

/// The stretches where base64 that begins at an offset may encode text: the first of four letters is then the
/// top of an ASCII byte, or of a zero. This needs no decoding, which matters because most runs are parts of
/// URLs. Two groups in a row that are not text end a stretch, because other letters may surround it.
fn text_stretches(letters: &str, offset: usize) -> Vec<Range<usize>> {
    let mut stretches: Vec<Range<usize>> = Vec::new();
    for at in (offset..letters.len()).step_by(4) {
        let first = letters.as_bytes().get(at);
        if !matches!(first, Some(b'A' | b'I'..=b'Z' | b'a'..=b'f')) {
            continue;
        }
        match stretches.last_mut().filter(|last| at - last.end <= 4) {
            Some(last) => last.end = at + 4,
            None => stretches.push(at..at + 4),
        }
    }
    stretches.retain(|stretch| stretch.len() >= 4 * MIN_STRETCH);
    // A secret may begin in the group before.
    let wider = |stretch: Range<usize>| {
        let begin = stretch.start.saturating_sub(4).max(offset);
        begin..letters.len().min(stretch.end + 4)
    };
    stretches.into_iter().map(wider).collect()
}

/// Decodes hexadecimal digits. Without separators, one unrelated digit may precede them.
fn hex_bytes(run: &str) -> Vec<Vec<u8>> {
    let digits: Vec<u8> = run.bytes().filter(u8::is_ascii_hexdigit).collect();
    let begins = if digits.len() == run.len() { 0..2 } else { 0..1 };
    let read = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    begins
        .filter_map(|begin| digits.get(begin..))
        .map(|digits| digits.chunks_exact(2).filter_map(read).collect())
        .collect()
}

/// Decodes base64 of either alphabet, without a single last letter.
fn base64(letters: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let whole = if letters.len() % 4 == 1 { letters.get(..letters.len() - 1)? } else { letters };
    let alphabet = if whole.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, LENIENT).decode(whole).ok()
}

fn is_mostly_text(bytes: &[u8]) -> bool {
    let fits = |byte: &&u8| matches!(byte, 0 | b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    bytes.iter().filter(fits).count() * MIN_TEXT_SHARE.1 >= bytes.len() * MIN_TEXT_SHARE.0
}

/// Bytes as text: UTF-8, and UTF-16 in both byte orders if some are zero.
fn texts(bytes: &[u8]) -> Vec<String> {
    let mut texts = vec![String::from_utf8_lossy(bytes).into_owned()];
    if bytes.contains(&0) {
        let units = |from: usize, read: fn([u8; 2]) -> u16| {
            let pairs = bytes.get(from..).unwrap_or_default().chunks_exact(2);
            let units: Vec<u16> = pairs.map(|pair| read([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        };
        texts.extend(
            (0..2).flat_map(|from| [units(from, u16::from_le_bytes), units(from, u16::from_be_bytes)]),
        );
    }
    texts
}
