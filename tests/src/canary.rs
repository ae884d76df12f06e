//! Secrets that no answer may contain, and the search for them.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A token of a connection. Its characters differ in each encoding.
pub const TOKEN: &str = "fixture-token-7Qx+/=&%41\"<ü>~canary";
/// An administrator's password of a connection.
pub const PASSWORD: &str = "fixture-password-Zy?>+/ \"<é>canary";
/// An administrator's name, which is never echoed either.
pub const USERNAME: &str = "fixture-admin+canary@example.com";
/// An API token (Authorization), in the form of one.
pub const API_TOKEN: &str = "00fixture-api-token_canary-4Vd";

/// All secrets.
pub const ALL: [&str; 4] = [TOKEN, PASSWORD, USERNAME, API_TOKEN];

/// The secret that the bytes contain in any encoding, if any.
#[must_use]
pub fn found_in(bytes: &[u8]) -> Option<&'static str> {
    static SEARCH: LazyLock<(AhoCorasick, Vec<&'static str>)> = LazyLock::new(|| {
        let forms = ALL.iter().flat_map(|secret| forms(secret).into_iter().map(move |form| (form, *secret)));
        let (forms, secrets): (Vec<_>, Vec<_>) = forms.unzip();
        (AhoCorasick::new(forms).expect("a search"), secrets)
    });
    SEARCH.0.find(bytes).map(|found| SEARCH.1[found.pattern().as_usize()])
}

/// A secret as it is, percent-encoded, JSON-escaped, in HTML, in base64 at each alignment, in hex.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string().to_lowercase(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string().replace("%20", "+"),
        serde_json::to_string(secret).expect("a text").trim_matches('"').to_owned(),
        secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ];
    for lead in 0..3 {
        let bytes = [&[b' '; 3][..lead], secret.as_bytes()].concat();
        for text in [STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            // Leave out characters that also encode bytes outside the secret.
            let end = text.trim_end_matches('=').len() - 2;
            forms.push(text[(lead * 4).div_ceil(3)..end].to_owned());
        }
    }
    forms.into_iter().map(String::into_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_encoding_and_place() {
        for secret in ALL {
            let encoded = [
                secret.to_owned(),
                utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
                serde_json::to_string(&serde_json::json!({"a": secret})).expect("JSON"),
                STANDARD.encode(secret),
                STANDARD.encode(format!("user:{secret}")),
                STANDARD.encode(format!("1{secret}22")),
                URL_SAFE_NO_PAD.encode(format!("{{\"token\":\"{secret}\"}}")),
            ];
            for text in encoded {
                assert_eq!(found_in(format!("before {text} after").as_bytes()), Some(secret), "{text}");
            }
        }
        assert_eq!(found_in(b"{\"authScheme\":\"TOKEN\"}"), None);
    }
}
