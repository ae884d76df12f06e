//! The forms of a secret that answers may contain.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Minimum length of a secret for base64 forms; a shorter fragment would be meaningless.
const MIN_BASE64: usize = 6;

/// Minimum length of a secret for partial forms; parts of a shorter one occur by chance.
const MIN_PARTIAL: usize = 16;

/// Characters that are never encoded (RFC 3986, section 2.3).
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// All searched forms of `secret`, the plain one first.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    percent(secret, &mut forms);
    json(secret, &mut forms);
    html(secret, &mut forms);
    base64(secret, &mut forms);
    // In a JSON body in base64 the secret is escaped.
    base64(&escaped(secret), &mut forms);
    hex(secret, &mut forms);
    parts(secret, &mut forms);
    let mut seen = std::collections::HashSet::new();
    forms.retain(|form| !form.is_empty() && seen.insert(form.clone()));
    forms
}

/// Adds the first three quarters of a secret, the secret reversed, each half reversed, and the halves
/// swapped. Its end alone is not searched for, because names of administrators end with the domain of an app.
fn parts(secret: &str, forms: &mut Vec<String>) {
    let letters: Vec<char> = secret.chars().collect();
    if letters.len() < MIN_PARTIAL {
        return;
    }
    forms.push(letters.iter().take(letters.len() * 3 / 4).collect());
    forms.push(letters.iter().rev().collect());
    for middle in [letters.len() / 2, letters.len().div_ceil(2)] {
        let (first, second) = letters.split_at(middle);
        forms.push(first.iter().rev().collect());
        forms.push(second.iter().rev().collect());
        forms.push(second.iter().chain(first).collect());
    }
}

fn hex(secret: &str, forms: &mut Vec<String>) {
    let lower: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(lower.to_ascii_uppercase());
    forms.push(lower);
}

fn percent(secret: &str, forms: &mut Vec<String>) {
    for set in [&UNRESERVED, NON_ALPHANUMERIC] {
        let encoded = utf8_percent_encode(secret, set).to_string();
        forms.push(encoded.replace("%20", "+"));
        forms.push(lower_hex(&encoded));
        forms.push(encoded);
    }
}

fn lower_hex(encoded: &str) -> String {
    let mut lower = String::with_capacity(encoded.len());
    let mut hex = 0;
    for letter in encoded.chars() {
        if letter == '%' {
            hex = 3;
        }
        lower.push(if hex > 0 { letter.to_ascii_lowercase() } else { letter });
        hex = usize::saturating_sub(hex, 1);
    }
    lower
}

/// The secret as escaped inside a JSON string.
fn escaped(secret: &str) -> String {
    let quoted = serde_json::Value::String(secret.to_owned()).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn json(secret: &str, forms: &mut Vec<String>) {
    let inner = escaped(secret);
    forms.push(inner.replace('/', "\\/"));
    // JSON inside a JSON string.
    forms.push(escaped(&inner));
    forms.push(inner);
    for upper in [false, true] {
        let mut ascii = String::new();
        for unit in secret.encode_utf16() {
            match char::from_u32(u32::from(unit)) {
                Some(letter) if letter.is_ascii_alphanumeric() => ascii.push(letter),
                _ if upper => ascii.push_str(&format!("\\u{unit:04X}")),
                _ => ascii.push_str(&format!("\\u{unit:04x}")),
            }
        }
        forms.push(ascii);
    }
}

fn html(secret: &str, forms: &mut Vec<String>) {
    let base = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for (double, single) in
        [("&quot;", "&#39;"), ("&#34;", "&#39;"), ("&quot;", "&#x27;"), ("&quot;", "&apos;"), ("\"", "'")]
    {
        let escaped = base.replace('"', double).replace('\'', single);
        forms.push(escaped.replace('/', "&#x2F;"));
        forms.push(escaped);
    }
}

/// Adds base64 forms. They depend on the position of the secret in the text: three alignments, without the
/// letters that also depend on adjacent bytes.
fn base64(secret: &str, forms: &mut Vec<String>) {
    if secret.len() < MIN_BASE64 {
        return;
    }
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        for offset in 0..3_usize {
            let mut bytes = vec![0_u8; offset];
            bytes.extend_from_slice(secret.as_bytes());
            let encoded = engine.encode(&bytes);
            let start = (offset * 8).div_ceil(6);
            let end = (offset + secret.len()) * 8 / 6;
            if let Some(middle) = encoded.get(start..end) {
                forms.push(middle.to_owned());
            }
            if offset == 0 {
                forms.push(encoded.clone());
                let padding = (4 - encoded.len() % 4) % 4;
                forms.push(encoded + &"=".repeat(padding));
            }
        }
    }
}
