//! Canary secrets in every encoding, and secrets that overlap.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::json;

const CANARY: &str = "ca\"na/ry <&'+é token?";

fn vault(secrets: &[(&str, &str)]) -> Vault {
    Vault::new(secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
}

#[test]
fn every_encoding_is_found() {
    let vault = vault(&[("token", CANARY)]);
    let percent = "ca%22na%2Fry%20%3C%26%27%2B%C3%A9%20token%3F";
    let cases = [
        CANARY.to_owned(),
        percent.to_owned(),
        percent.to_lowercase(),
        percent.replace("%20", "+"),
        serde_json::to_string(CANARY).unwrap(),
        serde_json::to_string(&serde_json::to_string(CANARY).unwrap()).unwrap(),
        "ca\\\"na\\/ry <&'+é token?".to_owned(),
        "ca\\u0022na\\u002fry\\u0020\\u003c\\u0026\\u0027\\u002b\\u00e9\\u0020token\\u003f".to_owned(),
        "ca&quot;na/ry &lt;&amp;&#39;+é token?".to_owned(),
        "ca&quot;na/ry &lt;&amp;&#x27;+é token?".to_owned(),
        STANDARD.encode(CANARY),
        URL_SAFE_NO_PAD.encode(CANARY),
        STANDARD.encode(format!("user:{CANARY}")),
        STANDARD.encode(format!("me:{CANARY}:x")),
        STANDARD.encode(format!("a:{CANARY}")),
    ];
    for case in cases {
        let text = format!("before {case} after");
        let redacted = vault.redact(&text);
        assert!(redacted.contains("[secret:token]"), "{text} -> {redacted}");
        assert!(!redacted.contains("token?") && !redacted.contains("na/ry"), "{redacted}");
    }
}

#[test]
fn encodings_that_no_list_foresees_are_undone() {
    let vault = vault(&[("token", "canary/token+1")]);
    for text in [
        "%63anary%2ftoken%2B1",
        "c%61nary%2Ftoken+1",
        "canary%252Ftoken%252b1",
        "\\u0063anary/tok\\u0065n+1",
        "&#99;anary&#x2f;token&plus;1",
        "a=%26%2399;anary/token%2B1",
    ] {
        let redacted = vault.redact(&format!("before {text} after"));
        assert!(redacted.contains("[secret:token]"), "{text}: {redacted}");
    }
    for text in ["100% sure & \\ all &; &#; &#xZZ; \\u12", "%zz \\", "\\é"] {
        assert_eq!(vault.redact(text), text);
    }
}

#[test]
fn escapes_of_other_writers_are_undone_too() {
    // Gson, JSP, OWASP's encoder, JavaScript, and a named letter.
    let vault = vault(&[("token", "c2VjcmV0LXRva2Vu/é'Cg==")]);
    for text in [
        "c2VjcmV0LXRva2Vu/é\\u0027Cg\\u003d\\u003d",
        "c2VjcmV0LXRva2Vu/é&#039;Cg==",
        "c2VjcmV0LXRva2Vu&#x2F;&eacute;&#x27;Cg&#x3D;&#x3D;",
        "c2VjcmV0LXRva2Vu/\\xe9\\x27Cg\\x3d\\x3d",
        "c2VjcmV0LXRva2Vu\\/\\u00e9\\u0027Cg==",
        "&#99;&#50;&#86;&#106;cmV0LXRva2Vu/é'Cg==",
    ] {
        let redacted = vault.redact(&format!("<title>before {text} after</title>"));
        assert!(redacted.contains("[secret:token]"), "{text}: {redacted}");
        assert!(!redacted.contains("LXRva2Vu"), "{text}: {redacted}");
    }
}

#[test]
fn most_of_a_secret_is_found_and_what_reads_it_backwards() {
    let vault = vault(&[("token", "00canary-token-of-an-org"), ("name", "admin@contoso.onmicrosoft.com")]);
    assert_eq!(vault.redact("begins 00canary-token-of-…"), "begins [secret:token]…");
    assert_eq!(vault.redact("gro-na-fo-nekot-yranac00"), "[secret:token]");
    for text in ["00canary", "contoso.onmicrosoft.com", "@contoso.onmicrosoft.com"] {
        assert_eq!(vault.redact(text), text);
    }
}

#[test]
fn the_longest_secret_leaves_no_tail() {
    let vault = vault(&[("short", "abcd"), ("long", "abcdefgh"), ("other", "efghij")]);
    assert_eq!(vault.redact("abcdefgh"), "[secret:long]");
    assert_eq!(vault.redact("abcdefghij"), "[secret:long]ij");
    assert_eq!(vault.redact("abcd efghij"), "[secret:short] [secret:other]");
}

#[test]
fn bodies_are_searched_through_names_numbers_and_nesting() {
    let vault = vault(&[("pin", "123456"), ("token", "canary-token")]);
    let body = json!({"a": ["x canary-token"], "canary-token": 1, "n": 123456, "d": {"e": null}});
    let Body::Json(redacted) = vault.redact_body(Body::Json(body)) else {
        panic!("a JSON body stays one");
    };
    assert_eq!(
        redacted,
        json!({"a": ["x [secret:token]"], "[secret:token]": 1, "n": "[secret:pin]", "d": {"e": null}})
    );
}

#[test]
fn what_is_sealed_is_revealed_for_the_wire_only() {
    let vault = vault(&[("token", "canary-token"), ("token", "another-token")]);
    let sealed = vault.redact("another-token");
    assert_eq!(sealed, "[secret:token-2]");
    assert_eq!(vault.reveal(&format!("x{sealed}")), "xanother-token");
    assert_eq!(vault.redact("public"), "public");
    assert!(!format!("{vault:?}").contains("canary"));
}

proptest! {
    #[test]
    fn nothing_of_a_secret_stays(
        secret in "[!-~]{8,24}",
        before in "[a-z ]{0,12}",
        after in "[a-z ]{0,12}",
    ) {
        let vault = vault(&[("s", &secret)]);
        let plain = format!("{before}{secret}{after}");
        prop_assert!(!vault.redact(&plain).contains(&secret));
        let encoded = STANDARD.encode(&plain);
        let redacted = vault.redact(&encoded);
        let middle = STANDARD.encode(&secret);
        prop_assert!(!redacted.contains(&middle[..middle.len() - 4]));
    }
}
