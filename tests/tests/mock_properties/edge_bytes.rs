//! The HTTP edge over real sockets: arbitrary bytes, paths, methods, headers and query strings. Nothing
//! causes a 5xx, a hang, an answer without Okta's envelope, or a change of the org.

use std::sync::LazyLock;

use okta_mock_server::{Load, MockServer};
use proptest::prelude::*;
use proptest::sample::select;
use workspace_tests::property;
use workspace_tests::wire::{Served, request};

/// The guide's org, and its state before any request.
static MOCK: LazyLock<(Served, String)> = LazyLock::new(|| {
    let mock = Served::hasty(Load::Guide);
    let state = mock.state();
    (mock, state)
});

/// Sends bytes that must not change the org, and reads until the connection ends.
fn try_bytes(bytes: &[u8], method: &str, target: &str, ends: bool) {
    let (mock, before) = &*MOCK;
    let mut wire = mock.connect();
    wire.write(bytes);
    if ends {
        wire.end();
    }
    let answers = wire.read_checked(method, target);
    if answers.iter().all(workspace_tests::Answer::is_refusal) {
        assert_eq!(mock.state(), *before, "{:?} changed the org", String::from_utf8_lossy(bytes));
    }
}

/// Like [`try_bytes`], for bytes that may still be a request: method and target come from its first line.
fn try_corrupted(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let mut words = text.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    try_bytes(bytes, method, target, true);
}

const APP: &str = "0oaokta0org2org00001";

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(vec![
            "api", "v1", "apps", APP, "0oagoogle00000000001", "connections", "default", "lifecycle", "activate",
            "features", "USER_PROVISIONING", "jwks", "oauth2", "callback", "google", "admin", "app", "cpc", "oauth",
            "third-party", "authorize", "_mock", "openapi.json", "clock",
        ]).prop_map(str::to_owned),
        2 => select(vec![
            "", ".", "..", "%", "%2", "%zz", "%2F", "%00", "%ff", "%C3%A9", "%E2%82", "%25", "{appId}", "*", ";a=b",
            "a%20b", "+", "%2e%2e", "\\", "|", "\"", "<x>", "^", "`", "~", "é", "%F0%9F%98%80", "@", ":", "a:b@c",
        ]).prop_map(str::to_owned),
        1 => "[ -~]{0,40}",
        1 => "[a-zA-Z0-9]{300,3000}",
    ]
}

fn path() -> impl Strategy<Value = String> {
    let known = select(vec![
        "/api/v1/apps".to_owned(),
        format!("/api/v1/apps/{APP}"),
        format!("/api/v1/apps/{APP}/connections/default"),
        format!("/api/v1/apps/{APP}/features/INBOUND_PROVISIONING"),
        format!("//api/v1/apps/{APP}/features"),
        "/third-party/google/oauth/authorize".to_owned(),
        "/admin/app/cpc/slack/oauth/callback".to_owned(),
        "/".to_owned(),
        "*".to_owned(),
        "http://other.example/api/v1/apps".to_owned(),
        "https://[::1]:99999/".to_owned(),
        "localhost:80".to_owned(),
    ]);
    let made = prop::collection::vec(segment(), 0..8).prop_map(|parts| format!("/{}", parts.join("/")));
    let query = prop_oneof![
        3 => Just(String::new()),
        1 => "\\?[ -~]{0,60}",
        2 => select(vec![
            "?limit=-2", "?limit=99999999999999999999", "?after=%00", "?q=%", "?q=%ff", "?filter=name+eq", "?",
            "?filter=((((", "?limit=1&limit=2", "?code=&state=", "?code=%zz&state=x", "?&&==&=", "?expand=user%2f1",
            "?activate=tRuE", "?q=%F0%9F%98%80", "?a[]=1", "?filter=status+eq+\"ACTIVE\"", "?state=AAAAAAAAAAAAAAAAAAAAAA",
        ]).prop_map(str::to_owned),
    ];
    (prop_oneof![1 => known, 2 => made], query).prop_map(|(path, query)| path + &query)
}

fn method() -> impl Strategy<Value = String> {
    let known = select(vec![
        "GET", "GET", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "PROPFIND", "G\u{e9}T", "A B",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "[A-Z!#$%&'*+.^_`|~-]{1,30}"]
}

/// A header line as bytes: the value is arbitrary up to the end of the line.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let known = select(vec![
        "Accept: text/html",
        "Accept: */*;q=0",
        "Accept: ,,;",
        "Accept: application/json, text/html;q=0.1",
        "Host: a b",
        "Host: ",
        "Host: evil.example",
        "Host: [::1",
        "Host: user@host",
        "Host: x:99999999",
        "X-Forwarded-Host: h.example",
        "X-Forwarded-Host: a,b",
        "X-Forwarded-Proto: gopher",
        "X-Forwarded-Proto: https",
        "Authorization: ",
        "Authorization: Bearer a b",
        "Authorization: Bearer !",
        "Authorization: DPoP x",
        "Authorization: Basic Og==",
        "Authorization: SSWS",
        "Authorization: SSWS  two",
        "Authorization: SSWSx",
        "Content-Type: text/plain",
        "Content-Type: application/json; charset=latin1",
        "Expect: 100-continue",
        "Expect: x",
        "Upgrade: h2c",
        "Upgrade: websocket",
        "Origin: https://evil.example",
        "Sec-Fetch-Site: cross-site",
        "Content-Length: 0",
        "Content-Length: x",
        "Content-Length: -1",
        "Content-Length: 1, 1",
        "Content-Length: 99999999999999999999999",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: chunked, chunked",
        "Cookie: sid=1",
        "Range: bytes=0-1",
        "If-None-Match: *",
        "TE: trailers",
        ": empty",
        "No Colon",
        " folded",
        "Connection: keep-alive",
        "Connection: upgrade",
        "Proxy-Authorization: Basic Og==",
        "Via: 1.1 x",
    ]);
    let made =
        ("[a-zA-Z0-9-]{1,20}", prop::collection::vec(any::<u8>(), 0..60)).prop_map(|(name, mut value)| {
            value.retain(|byte| *byte != b'\n');
            [name.as_bytes(), b": ", &value].concat()
        });
    prop_oneof![3 => known.prop_map(|line| line.as_bytes().to_vec()), 1 => made]
}

proptest! {
    #![proptest_config(property(64))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600), ends in any::<bool>()) {
        try_bytes(&bytes, "GET", "/unreadable", ends);
    }

    #[test]
    fn arbitrary_lines(bytes in "([ -~\u{e9}\t\0]{0,60}(\r\n|\n|\r)){0,12}(\r\n)?", ends in any::<bool>()) {
        try_bytes(bytes.as_bytes(), "GET", "/unreadable", ends);
    }

    #[test]
    fn corrupted_requests(place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = request("GET", &format!("/api/v1/apps/{APP}/connections/default"), &[], None);
        let corrupted = place.index(bytes.len());
        bytes[corrupted] = byte;
        try_corrupted(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        try_corrupted(&bytes);
    }

    #[test]
    fn arbitrary_targets(method in method(), target in path(), html in any::<bool>()) {
        let accept: &[_] = if html { &[("Accept", "text/html")] } else { &[] };
        try_bytes(&request(&method, &target, accept, None), &method, &target, false);
    }

    #[test]
    fn arbitrary_headers(lines in prop::collection::vec(header(), 1..6), host in any::<bool>()) {
        let target = format!("/api/v1/apps/{APP}/features");
        let mut bytes = format!("GET {target} HTTP/1.1\r\n").into_bytes();
        if host {
            bytes.extend(b"Host: 127.0.0.1\r\n");
        }
        for line in lines {
            bytes.extend([&line[..], b"\r\n"].concat());
        }
        bytes.extend(b"Connection: close\r\n\r\n");
        try_bytes(&bytes, "GET", &target, false);
    }
}

#[test]
fn oversized_heads_are_refused_with_an_envelope() {
    let long = "a".repeat(70 * 1024);
    let many: String = (0..3000).map(|number| format!("X-{number}: {number}\r\n")).collect();
    let bearer = "b".repeat(60_000);
    for bytes in [
        format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET /?{long} HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n"),
        format!("{long} / HTTP/1.1\r\nHost: x\r\n\r\n"),
        format!("GET /api/v1/apps HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(101)),
        format!(
            "GET /api/v1/apps HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {bearer}\"\r\nConnection: close\r\n\r\n"
        ),
        "GET / HTTP/2.0\r\nHost: x\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0".to_owned(),
    ] {
        let mut wire = MOCK.0.connect();
        wire.write(bytes.as_bytes());
        let answers = wire.read_checked("GET", "/unreadable");
        let shown: String = bytes.chars().take(80).collect();
        assert_eq!(answers.len(), 1, "{shown}");
        assert!(matches!(answers[0].status, 400..=499), "{shown}: {:?}", answers[0]);
    }
    assert_eq!(MOCK.0.state(), MOCK.1);
}

#[test]
fn invalid_codings_and_hosts_are_refused() {
    for (target, headers) in [
        ("/api/v1/apps", &[("Transfer-Encoding", "gzip, chunked")][..]),
        ("/api/v1/apps", &[("Transfer-Encoding", "chunked, chunked")]),
        ("http://real.example:81/api/v1/apps", &[("Host", "a b")]),
        ("http://real.example:81/api/v1/apps", &[("Host", "a"), ("Host", "b")]),
        ("http://real.example:81/api/v1/apps", &[("Host", "")]),
    ] {
        let mut wire = MOCK.0.connect();
        let body = (headers[0].0 == "Transfer-Encoding").then_some(&b"2\r\n{}\r\n0\r\n\r\n"[..]);
        let method = if body.is_some() { "POST" } else { "GET" };
        wire.write(&request(method, target, headers, body));
        let answers = wire.read_checked(method, "/unreadable");
        assert_eq!(answers.len(), 1, "{headers:?}");
        assert_eq!((answers[0].status, &*answers[0].error_code()), (400, "E0000020"), "{headers:?}");
    }
}

#[test]
fn a_path_cannot_inject_into_the_challenge() {
    let mut wire = MOCK.0.connect();
    let target = "/api/v1/apps/x\",error=\"insufficient_scope\\";
    wire.write(&request("GET", target, &[("Authorization", "Bearer a b")], None));
    let answer = wire.read_answer("GET").expect("an answer");
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(
        challenge.ends_with("resource=\"/api/v1/apps/x%22,error=%22insufficient_scope%5C\""),
        "{challenge}"
    );
}

#[test]
fn each_invalid_credential_gets_its_own_refusal() {
    let declaring = MockServer::builder().api_token("00fixture-api-token_canary-4Vd");
    let mock = Served::start(declaring.access_token("fixture-access"));
    for (credential, status, code) in [
        ("SSWS 00fixture-api-token_canary-4Vd", 200, ""),
        ("SSWS00fixture-api-token_canary-4Vd", 200, ""),
        ("SSWS    00fixture-api-token_canary-4Vd", 200, ""),
        ("Bearer fixture-access", 200, ""),
        ("SSWS fixture-access", 401, "E0000011"),
        ("SSWS 00wrong", 401, "E0000011"),
        ("SSWS", 401, "E0000011"),
        ("Bearer 00fixture-api-token_canary-4Vd", 401, ""),
        ("Bearer wrong", 401, ""),
        ("DPoP fixture-access", 401, ""),
        ("Basic Og==", 403, "E0000005"),
        ("", 403, "E0000005"),
    ] {
        let mut wire = mock.connect();
        wire.write(&request("GET", "/api/v1/apps", &[("Authorization", credential)], None));
        let answers = wire.read_checked("GET", "/api/v1/apps");
        assert_eq!((answers[0].status, answers[0].error_code().as_str()), (status, code), "{credential}");
        assert_eq!(answers[0].header("www-authenticate").is_some(), status == 401 && code.is_empty());
    }
}
