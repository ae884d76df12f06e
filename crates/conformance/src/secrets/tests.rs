//! Canary secrets in every encoding, and overlapping secrets.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::exchange::ResponseRecord;
use crate::secrets::by_place;
use crate::secrets::placeholder::returned_secrets;
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
fn unlisted_encodings_are_undone() {
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
fn escapes_of_other_libraries_are_undone() {
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
fn parts_and_reversals_of_a_secret_are_found() {
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
        panic!("a JSON body remains JSON");
    };
    assert_eq!(
        redacted,
        json!({"a": ["x [secret:token]"], "[secret:token]": 1, "n": "[secret:pin]", "d": {"e": null}})
    );
}

#[test]
fn sealed_secrets_are_revealed_for_requests() {
    let vault = vault(&[("token", "canary-token"), ("token", "another-token")]);
    let sealed = vault.redact("another-token");
    assert_eq!(sealed, "[secret:token-2]");
    assert_eq!(vault.reveal(&format!("x{sealed}")), "xanother-token");
    assert_eq!(vault.redact("public"), "public");
    assert!(!format!("{vault:?}").contains("canary"));
}

proptest! {
    #[test]
    fn no_part_of_a_secret_remains(
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

/// docs/secrets.md lists the forms that are found and those that are not; these tests go through its lists.
const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/secrets.md"));

/// The first words in backticks of the list items of a section.
fn listed(section: &str) -> Vec<&'static str> {
    let (_, rest) = DOCUMENT.split_once(&format!("## {section}\n")).unwrap();
    let text = rest.split("\n## ").next().unwrap();
    text.lines().filter_map(|line| line.strip_prefix("- `")?.split_once('`')).map(|(name, _)| name).collect()
}

#[test]
fn the_docs_list_exactly_the_secret_members_and_headers() {
    let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    let mut members: Vec<String> =
        listed("Members, parameters and form fields").into_iter().map(plain).collect();
    members.sort();
    assert_eq!(members, by_place::NAMES);
    let mut headers: Vec<String> = listed("Headers").into_iter().map(plain).collect();
    headers.sort();
    assert_eq!(headers, by_place::HEADERS);
    let mut keys = listed("Members of a key");
    keys.sort_unstable();
    let mut known = by_place::KEY_MEMBERS;
    known.sort_unstable();
    assert_eq!(keys, known);
}

fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

fn hex(bytes: &[u8], separator: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(separator)
}

/// The form of a secret with this name in the docs.
fn encoded(form: &str, secret: &str) -> String {
    let percent = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    let (first, second) = secret.split_at(secret.len() / 2);
    let reversed = |text: &str| text.chars().rev().collect::<String>();
    match form {
        "plain" => secret.to_owned(),
        "any case" => secret.to_ascii_uppercase(),
        "percent" => percent(secret),
        "percent of percent" => percent(&percent(secret)),
        "json" => serde_json::to_string(secret).unwrap().trim_matches('"').to_owned(),
        "json escapes" => secret.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect(),
        "html" => secret.chars().map(|letter| format!("&#{};", u32::from(letter))).collect(),
        "base64" => STANDARD.encode(format!("me:{secret}")),
        "base64url" => URL_SAFE_NO_PAD.encode(secret),
        "base64 of base64" => STANDARD.encode(STANDARD.encode(secret)),
        "base64 of base64 of base64" => STANDARD.encode(STANDARD.encode(STANDARD.encode(secret))),
        "hex" => hex(secret.as_bytes(), ""),
        "hex with colons" => hex(secret.as_bytes(), ":"),
        "hex with hyphens" => hex(secret.as_bytes(), "-"),
        "hex with spaces" => hex(secret.as_bytes(), " ").to_uppercase(),
        "base64 of hex" => STANDARD.encode(hex(secret.as_bytes(), "")),
        "utf-16" => String::from_utf8_lossy(&utf16(secret, u16::to_le_bytes)).into_owned(),
        "base64 of utf-16le" => STANDARD.encode(utf16(secret, u16::to_le_bytes)),
        "base64 of utf-16be" => STANDARD.encode(utf16(secret, u16::to_be_bytes)),
        "hex of utf-16" => hex(&utf16(secret, u16::to_le_bytes), ""),
        "reversed" => reversed(secret),
        "reversed halves" => format!("{}{}", reversed(first), reversed(second)),
        "swapped halves" => format!("{second}{first}"),
        "first three quarters" => secret[..secret.len() * 3 / 4].to_owned(),
        "rot13" => secret
            .chars()
            .map(|letter| match letter {
                'a'..='z' => char::from((letter as u8 - b'a' + 13) % 26 + b'a'),
                other => other,
            })
            .collect(),
        "base32" => "MNQW4YLSPEWXI33LMVXC233GFVQW4LLPOJTQ".to_owned(),
        "second half" => second.to_owned(),
        "separated letters" => secret.chars().map(String::from).collect::<Vec<_>>().join(" "),
        other => panic!("docs/secrets.md lists the form `{other}`, but no test produces it"),
    }
}

#[test]
fn the_docs_list_the_forms_that_are_found_and_those_that_are_not() {
    let secret = "canary-token-of-an-org";
    let vault = vault(&[("token", secret)]);
    let found = listed("Encoded forms that are found");
    assert!(found.len() > 20, "{found:?}");
    for form in found {
        for (before, after) in [("", ""), ("before ", " after"), ("{\"a\":\"", "\"}")] {
            let text = format!("{before}{}{after}", encoded(form, secret));
            let redacted = vault.redact(&text);
            assert!(redacted.contains("[secret:token]"), "{form}: {text} became {redacted}");
        }
    }
    let lost = listed("Encoded forms that are not found");
    assert!(lost.len() > 3, "{lost:?}");
    for form in lost {
        let text = encoded(form, secret);
        assert_eq!(vault.redact(&text), text, "{form} is found; add it to docs/secrets.md");
    }
}

/// Texts between and inside forms.
const BETWEEN: [&str; 12] =
    [" ", "\n", ", ", "\">\"", "&", "; ", "|", " and then ", "/", " - ", ".", " 100% \\o/ &c. "];

/// Some forms in a row, each with the text before it.
fn mixed(secret: &str, forms: &[(proptest::sample::Index, proptest::sample::Index)]) -> (String, usize) {
    let listed = listed("Encoded forms that are found");
    let mut text = String::new();
    for (between, form) in forms {
        text.push_str(between.get::<&str>(&BETWEEN));
        text.push_str(&encoded(form.get::<&str>(&listed), secret));
    }
    let between: usize = forms.iter().map(|(between, _)| between.get::<&str>(&BETWEEN).len()).sum();
    (text, between)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn adjacent_forms_are_all_found(
        forms in proptest::collection::vec(any::<(proptest::sample::Index, proptest::sample::Index)>(), 2..=4),
        secret in prop_oneof![Just("canary-token-of-an-org".to_owned()), "00[a-zA-Z0-9_-]{20,40}"],
    ) {
        let (text, between) = mixed(&secret, &forms);
        let redacted = vault(&[("token", &secret)]).redact(&text);
        let rest = redacted.replace("[secret:token]", "").replace('\u{fffd}', "");
        // Of base64 a few letters remain that also encode adjacent text.
        prop_assert!(rest.len() <= between + 6 * forms.len(), "{text:?} became {redacted:?}");
    }

    #[test]
    fn repeated_forms_in_a_long_text_take_bounded_time(
        forms in proptest::collection::vec(any::<(proptest::sample::Index, proptest::sample::Index)>(), 1..=3),
        times in 1..400_usize,
    ) {
        let secret = "canary-token-of-an-org";
        let (text, between) = mixed(secret, &forms);
        let search = Search::new(std::iter::once((secret, "[secret:token]"))).unwrap();
        let mut budget = Budget::default();
        let redacted = search.redacted(&text.repeat(times), &mut budget).unwrap();
        let rest = redacted.replace("[secret:token]", "").replace('\u{fffd}', "");
        prop_assert!(
            // Short texts are always fully searched.
            times > 20 && rest.contains("[not shown: ") || rest.len() <= times * (between + 6 * forms.len()),
            "{text:?} became {redacted:?}"
        );
    }
}

#[test]
fn a_placeholder_is_not_searched_for_secrets() {
    let vault = vault(&[("password", "secret"), ("word", "password")]);
    assert_eq!(vault.redact("secret %73ecret password"), "[secret:password] [secret:password] [secret:word]");
}

#[test]
fn secrets_are_removed_from_secret_places_anywhere() {
    let vault = vault(&[]);
    let sent = vault.sent(Body::Json(json!({
        "profile": {"authScheme": "TOKEN", "token": "canary-one", "settings": {"adminPassword": "canary-two"}},
        "list": [{"client_secret": ["canary-three"]}],
        "keys": [{"kty": "RSA", "n": "public", "d": "canary-four", "oth": [{"t": "canary-five"}]}],
        "credentials": {"password": {"value": "canary-six"}},
        "text": "{\"refresh_token\": \"canary-seven\"}",
        "broken": "{\"id_token\": \"canary-eight\", ",
        "password": 12345678,
    })));
    assert_eq!(
        sent.value(),
        json!({
            "profile": {"authScheme": "TOKEN", "token": "[secret:token]", "settings": {"adminPassword": "[secret:adminPassword]"}},
            "list": [{"client_secret": ["[secret:client_secret]"]}],
            "keys": [{"kty": "RSA", "n": "public", "d": "[secret:d]", "oth": [{"t": "[secret:t]"}]}],
            "credentials": {"password": {"value": "[secret:value]"}},
            "text": "{\"refresh_token\":\"[secret:refresh_token]\"}",
            "broken": "{\"id_token\": \"[hidden:id_token]\", ",
            "password": "[secret:password]",
        })
    );
    // From now on they are found anywhere in answers, and can be sent again.
    assert_eq!(vault.redact("x canary-one y"), "x [secret:token] y");
    assert_eq!(vault.reveal("[secret:adminPassword]"), "canary-two");
    assert!(!vault.for_another_run().redact("canary-one").contains("[secret:"));
}

#[test]
fn header_names_are_secret_in_bodies_and_lists_too() {
    for body in [
        json!({"authorization": "Bearer canary-1234"}),
        json!({"profile": {"Authorization": "SSWS canary-1234"}}),
        json!({"DPoP": "canary-1234", "cookie": "sid=canary-1234; b=canary-5678", "x": {"X-Api-Key": "canary-1234"}}),
        json!({"Set-Cookie": ["sid=canary-1234; Path=/", "canary-9999"], "x_api_key": "canary-1234 canary-5"}),
        json!({"headers": [{"name": "Authorization", "value": "Bearer canary-1234"}]}),
        json!({"headers": [{"key": "cookie", "value": "a=canary-1234"}, {"Name": "dpop", "Values": ["canary-1"]}]}),
        json!({"headers": [["Authorization", "Bearer canary-1234"]], "rawHeaders": ["Accept", "x", "DPoP", "canary-1"]}),
        json!({"params": [{"name": "client_secret", "value": "canary-1234"}]}),
        json!({"accessToken": {"value": "canary-1234", "more": {"text": ["canary-5678"]}}}),
        json!({"token": [{"raw": "canary-1234"}], "_embedded": {"token": {"value": "canary-5678"}}}),
    ] {
        for shown in
            [vault(&[]).sent(Body::Json(body.clone())), vault(&[]).received(Body::Json(body.clone()))]
        {
            assert!(!shown.text().contains("canary"), "{body} became {}", shown.text());
        }
        // Before anything is sent too, for `--plan`.
        assert!(placed(&body).iter().any(|(_, value)| value.contains("canary")), "{body}");
    }
    let shown = vault(&[]).sent(Body::Json(json!({"authorization": "Bearer canary-1234"})));
    assert_eq!(shown.text(), r#"{"authorization":"Bearer [secret:authorization]"}"#);
}

#[test]
fn secrets_in_texts_are_found_by_name_in_other_notations() {
    for text in [
        "error: client_secret: canary-1234 was refused",
        "password: canary-1234",
        "password:canary-1234, next",
        "error: password: canary-1234",
        "error=token=canary-1234",
        "got Authorization: Bearer canary-1234 and more",
        "Authorization=Bearer canary-1234",
        "X-Api-Key: canary-1234",
        "Cookie: a=canary-1234; b=canary-5678",
        "client-secret: \"canary 1234\"",
        "{'clientSecret': 'canary 1234'}",
        "{\"password\"=>\"canary 1234\"}",
        "<user token=\"canary 1234\"/>",
        "<user><ns:password>canary 1234</ns:password></user>",
        "log: {\\\"access_token\\\": \\\"canary-1234\\\"}",
    ] {
        let shown = vault(&[]).received(Body::Text(text.to_owned())).text();
        assert!(!shown.contains("canary"), "{text} became {shown}");
        let shown = vault(&[]).received(Body::Json(json!({"errorSummary": text}))).text();
        assert!(!shown.contains("canary"), "{text} became {shown}");
    }
    for text in [
        "password: Password requirements were not met",
        "the token: invalid",
        "token: requirements follow",
        "urn:ietf:params:oauth:token:canary-1234",
        "grant-type:token-exchange",
        "[secret:password] and [hidden:clientSecret]",
        "Authorization: Bearer",
        "https://org.example.com/token?a=b",
    ] {
        assert_eq!(vault(&[]).received(Body::Text(text.to_owned())).text(), text);
    }
}

#[test]
fn settings_of_a_password_are_kept() {
    let vault = vault(&[]);
    let body =
        json!({"update": {"password": {"status": "ENABLED", "seed": "an unknown seed", "change": "CHANGE"}}});
    assert_eq!(vault.sent(Body::Json(body.clone())).value(), body);
    assert!(placed(&body).is_empty());
}

#[test]
fn values_that_only_look_like_secrets_are_kept() {
    let vault = vault(&[]);
    let body = json!({
        "authScheme": "TOKEN", "token": true, "password": null, "secret": "", "client_secret": 7,
        "_links": {"token": {"href": "https://org.example.com/token"}},
        "_embedded": {"token": {"id": "1", "status": "ACTIVE"}},
        "properties": {"token": {"type": "string"}}, "required": ["token"],
        "token_type": "Bearer", "settings": {"app": {"domain": "a", "d": "x", "k": "y"}},
        "d": "no key", "label": "password policy", "text": "the token: none, a=b",
    });
    assert_eq!(vault.sent(Body::Json(body.clone())).value(), body);
    assert_eq!(vault.received(Body::Json(body.clone())).value(), body);
}

#[test]
fn values_that_the_api_shows_are_hidden_but_are_no_echo() {
    let vault = vault(&[]);
    let body = json!({"settings": {"app": {"token": "canary-setting"}}, "baseUrl": "https://a.example/x?token=canary-address&b=1"});
    let sent = vault.sent(Body::Json(body.clone()));
    assert_eq!(
        sent.value(),
        json!({"settings": {"app": {"token": "[hidden:token]"}}, "baseUrl": "https://a.example/x?token=[hidden:token-2]&b=1"})
    );
    let answer = ResponseRecord {
        status: 200,
        headers: vec![],
        body: Some(vault.received(Body::Json(body))),
        broken_json: None,
    };
    assert_eq!(answer.body, Some(sent));
    assert!(returned_secrets(&answer).is_empty());
}

#[test]
fn secrets_from_an_answer_can_be_sent_and_are_no_echo() {
    let vault = vault(&[]);
    let answer = vault.received(Body::Json(json!({"access_token": "canary-issued", "token_type": "Bearer"})));
    assert_eq!(answer.value(), json!({"access_token": "[hidden:access_token]", "token_type": "Bearer"}));
    assert_eq!(vault.reveal("Bearer [hidden:access_token]"), "Bearer canary-issued");
    assert_eq!(
        vault.received_header("set-cookie", "sid=canary-session; Path=/; Secure"),
        "sid=[hidden:set-cookie]; Path=/; Secure"
    );
    assert_eq!(vault.sent_header("Cookie", "sid=canary-other; a="), "sid=[secret:Cookie]; a=");
    assert_eq!(vault.sent_header("DPoP", "canary-proof"), "[secret:DPoP]");
    assert_eq!(vault.sent_header("Authorization", "SSWS canary-stated"), "SSWS [secret:Authorization]");
    let basic = format!("Basic {}", STANDARD.encode("me:canary-password"));
    assert!(vault.sent_header("Authorization", &basic).starts_with("Basic [secret:"));
    assert_eq!(vault.redact("canary-password"), "[secret:password]");
}

#[test]
fn urls_forms_and_texts_are_searched_by_name() {
    let vault = vault(&[]);
    assert_eq!(vault.sent_url("https://o/x?token=canary%20one&a=b"), "https://o/x?token=[secret:token]&a=b");
    let form = vault.sent(Body::Text("grant_type=x&client_assertion=canary.jwt.x&b=c".to_owned()));
    assert_eq!(form.text(), "grant_type=x&client_assertion=[secret:client_assertion]&b=c");
    let answer = vault.received(Body::Text("got Authorization: Bearer canary-bearer, refused".to_owned()));
    assert_eq!(answer.text(), "got Authorization: Bearer [hidden:Authorization], refused");
    // A word that answers contain anyway is only removed from its place.
    assert_eq!(vault.sent_parameter("token", "ENABLED"), "[secret:token-2]");
    assert_eq!(vault.redact("ENABLED"), "ENABLED");
}

#[test]
fn hostile_answers_take_bounded_time() {
    let vault = vault(&[("token", "canary-token-of-an-org")]);
    let nested =
        (0..9).fold("x".repeat(200_000), |text, _| STANDARD.encode(&text[..200_000.min(text.len())]));
    for text in [
        nested,
        "%25".repeat(1_000_000),
        "&amp;".repeat(700_000),
        "41:".repeat(1_000_000),
        "\\\\".repeat(2_000_000),
    ] {
        let began = std::time::Instant::now();
        let redacted = vault.redact(&text);
        assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
        assert!(redacted == text || redacted.contains("not shown"));
    }
    let many: Vec<_> = (0..5000).map(|number| json!({"token": format!("canary-number-{number}")})).collect();
    let began = std::time::Instant::now();
    let received = vault.received(Body::Json(many.into())).text();
    assert!(!received.contains("canary") && began.elapsed() < std::time::Duration::from_secs(5));
}
