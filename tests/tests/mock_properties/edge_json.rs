//! The HTTP edge over real sockets: bodies of all kinds. A refused body changes nothing.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use okta_mock_server::Load;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use workspace_tests::wire::{Served, request};
use workspace_tests::{Answer, ContractCheck, canary, property};

/// One test at a time, so that tests do not see each other's changes.
static MOCK: LazyLock<Mutex<Served>> = LazyLock::new(|| Mutex::new(Served::hasty(Load::Guide)));

fn mock() -> MutexGuard<'static, Served> {
    MOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

const MIB: usize = 1024 * 1024;

/// Operations that take a body, with a valid body for each.
fn operations() -> Vec<(&'static str, String, Value)> {
    let app = |id: &str, rest: &str| format!("/api/v1/apps/{id}{rest}");
    let (hub, office) = ("0oaokta0org2org00001", "0oaoffice36500000001");
    let token =
        json!({"baseUrl": "https://a.example/", "profile": {"authScheme": "TOKEN", "token": canary::TOKEN}});
    let administrator = json!({"adminUsername": canary::USERNAME, "adminPassword": canary::PASSWORD});
    let oauth = json!({"profile": {"authScheme": "OAUTH2", "settings": administrator}});
    let service =
        json!({"profile": {"authScheme": "OAUTH2", "clientId": "0oa1", "signing": {"rotationMode": "AUTO"}}});
    let import = json!({"expression": "0 */4 * * *", "timezone": "UTC"});
    let inbound = json!({
        "importSettings": {
            "username": {"userNameFormat": "CUSTOM", "userNameExpression": "source.userName"},
            "schedule": {"status": "ENABLED", "fullImport": import, "incrementalImport": null},
        },
        "importRules": {"userCreateAndMatch": {"exactMatchCriteria": "EMAIL", "allowPartialMatch": true}},
    });
    let user = json!({"create": {"lifecycleCreate": {"status": "ENABLED"}}, "update": {"password": {"status": "ENABLED", "seed": "OKTA", "change": "CHANGE"}}});
    let created = json!({
        "name": "office365", "label": "Mail", "signOnMode": "BROWSER_PLUGIN",
        "visibility": {"hide": {"iOS": true}, "appLinks": {"mail": false}},
        "settings": {"app": {"domain": "example.com", "msftTenant": "t", "domains": ["a"], "requireAdminConsent": true}, "notes": {"admin": "n"}},
    });
    vec![
        ("POST", "/api/v1/apps?activate=false".to_owned(), created.clone()),
        ("PUT", app(office, ""), created),
        ("POST", app(hub, "/connections/default?activate=TRUE"), token),
        ("POST", app(hub, "/connections/default"), service),
        ("POST", app(office, "/connections/default"), oauth),
        ("PUT", app(hub, "/features/USER_PROVISIONING"), user),
        ("PUT", app(hub, "/features/INBOUND_PROVISIONING"), inbound),
        ("POST", "/_mock/clock/advance".to_owned(), json!({"seconds": 0})),
        (
            "POST",
            "/_mock/resource-owner/grant".to_owned(),
            json!({"authorize": "http://127.0.0.1/third-party/google/oauth/authorize?x"}),
        ),
    ]
}

/// Sends a body, and checks that a refused one does not change the org.
fn try_body(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mock = mock();
    let before = mock.state();
    let mut wire = mock.connect();
    wire.write(&request(method, target, headers, Some(body)));
    let answer = wire.read_answer(method).expect("an answer");
    ContractCheck::shared().assert(method, target, &answer);
    if answer.is_refusal() {
        assert_eq!(mock.state(), before, "a refused {method} {target} changed the org");
    } else if target.starts_with("/api/v1/apps?") {
        let id = answer.json()["id"].as_str().expect("an id").to_owned();
        assert_eq!(mock.send("DELETE", &format!("/api/v1/apps/{id}"), None).status, 204);
    }
    answer
}

fn number() -> impl Strategy<Value = String> {
    select(vec![
        "0",
        "-0",
        "1e999",
        "-1e-999",
        "18446744073709551616",
        "1E400",
        "0.1",
        "-1",
        "123456789012345678901234567890",
        "1.7976931348623157e309",
    ])
    .prop_map(str::to_owned)
}

/// Arbitrary JSON text.
fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        select(vec![
            "null",
            "true",
            "false",
            "\"\"",
            "\" \"",
            "\"ENABLED\"",
            "\"\\u0000\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud800\"",
            "[]",
            "{}",
            "\"é\""
        ])
        .prop_map(str::to_owned),
        number(),
        "[ -~]{0,20}".prop_map(|text| json!(text).to_string()),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(
                (select(vec!["profile", "settings", "update", "a", "status", "", "label"]), inner),
                0..6
            )
            .prop_map(|members| {
                let member = |(name, value): (&str, String)| format!("\"{name}\":{value}");
                format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn pointers(value: &Value, parent: &str, all: &mut Vec<String>) {
    if let Some(members) = value.as_object() {
        for (name, value) in members {
            let pointer = format!("{parent}/{name}");
            pointers(value, &pointer, all);
            all.push(pointer);
        }
    }
}

proptest! {
    #![proptest_config(property(64))]

    #[test]
    fn arbitrary_json((method, target, _) in select(operations()), text in json_text()) {
        try_body(method, &target, &[], text.as_bytes());
    }

    /// Replaces a member of a valid body with other JSON text.
    #[test]
    fn corrupted_members((method, target, body) in select(operations()), member in any::<prop::sample::Index>(), text in json_text()) {
        let mut all = Vec::new();
        pointers(&body, "", &mut all);
        let mut corrupted = body;
        *corrupted.pointer_mut(&all[member.index(all.len())]).unwrap() = json!("@@");
        try_body(method, &target, &[], corrupted.to_string().replacen("\"@@\"", &text, 1).as_bytes());
    }

    /// Replaces, removes or duplicates bytes of a valid body.
    #[test]
    fn corrupted_bytes((method, target, body) in select(operations()), place in any::<prop::sample::Index>(), byte in any::<u8>(), kind in 0..4) {
        let mut bytes = body.to_string().into_bytes();
        let place = place.index(bytes.len());
        match kind {
            0 => bytes[place] = byte,
            1 => drop(bytes.remove(place)),
            2 => bytes.truncate(place),
            _ => bytes.insert(place, byte),
        }
        let answer = try_body(method, &target, &[], &bytes);
        if std::str::from_utf8(&bytes).is_err() || serde_json::from_slice::<Value>(&bytes).is_err() {
            prop_assert_eq!(answer.error_code(), "E0000003");
        }
    }

    #[test]
    fn arbitrary_media_types((method, target, body) in select(operations()), value in "[ -~]{1,40}") {
        try_body(method, &target, &[("Content-Type", &value)], body.to_string().as_bytes());
    }
}

#[test]
fn deep_and_large_bodies_are_refused() {
    // No other test of this file sets the connection of this app.
    let app = "/api/v1/apps/0oagoogle00000000001/features/USER_PROVISIONING";
    let string = |length: usize| format!("{{\"x\":\"{}\"}}", "y".repeat(length - 8)).into_bytes();
    for (body, code) in [
        (vec![b'['; 100_000], "E0000003"),
        ([b"{\"a\":".repeat(90_000), b"1".to_vec(), b"}".repeat(90_000)].concat(), "E0000003"),
        (b"{\"a\":1,\"a\":2}".to_vec(), "E0000003"),
        (b"{\"update\":{\"x\":1,\"\\u0078\":2}}".to_vec(), "E0000003"),
        (b"{\"a\":1} {}".to_vec(), "E0000003"),
        (b"\xef\xbb\xbf{}".to_vec(), "E0000003"),
        (b"{\"a\":\"\xc3\x28\"}".to_vec(), "E0000003"),
        (vec![0; 1000], "E0000003"),
        (vec![b' '; MIB], "E0000003"),
        (string(MIB + 1), "E0000003"),
        (string(MIB + 64 * 1024), "E0000003"),
        // Read completely, and refused because the connection is not set.
        (string(MIB), "E0000001"),
    ] {
        let answer = try_body("PUT", app, &[], &body);
        assert_eq!((answer.status, answer.error_code().as_str()), (400, code), "{} bytes", body.len());
    }
    // No body (recorded).
    assert_eq!(mock().send("PUT", app, None).error_code(), "E0000003");
}
