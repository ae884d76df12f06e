//! Limits of client input: heads, hosts, stored texts, and lists that are read late.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use okta_mock_server::{Load, MockServer};
use serde_json::{Value, json};
use workspace_tests::Answer;
use workspace_tests::wire::{Served, request};

const GOOGLE: &str = "0oagoogle00000000001";
const ORG2ORG: &str = "0oaokta0org2org00001";

fn send(mock: &Served, method: &str, target: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
    let mut wire = mock.connect();
    wire.write(&request(method, target, headers, body));
    wire.read_answer(method).expect("an answer")
}

#[test]
fn heads_and_hosts_have_size_limits() {
    let mock = Served::start(MockServer::builder());
    let credential = |length: usize| format!("SSWS {}", "ab".repeat(length / 2));
    for (length, status) in [(60_000, 200), (66_000, 400), (100_000, 400), (130_000, 400)] {
        let answer = send(&mock, "GET", "/api/v1/apps", &[("Authorization", &credential(length))], None);
        assert_eq!(answer.status, status, "{length}");
    }
    for (length, status) in [(240, 200), (260, 400)] {
        let host = format!("{}.test", "a".repeat(length));
        assert_eq!(send(&mock, "GET", "/api/v1/apps", &[("Host", &host)], None).status, status, "{length}");
        let forwarded = [("X-Forwarded-Host", host.as_str())];
        assert_eq!(send(&mock, "GET", "/api/v1/apps", &forwarded, None).status, status, "{length}");
    }
}

/// Every stored text accepts its maximum length. A longer text is refused and changes nothing.
#[test]
fn stored_texts_have_length_limits() {
    let mock = Served::start(MockServer::builder());
    let app = format!("/api/v1/apps/{ORG2ORG}");
    let connection = format!("{app}/connections/default");
    let inbound = format!("{app}/features/INBOUND_PROVISIONING");
    let token = json!({"baseUrl": "https://a.test", "profile": {"authScheme": "TOKEN", "token": "t"}});
    assert_eq!(
        mock.send("POST", &format!("{connection}?activate=true"), Some(&token.to_string())).status,
        200
    );
    let google = json!({"label": "G", "settings": {"app": {}}});
    let org2org = json!({"label": "O", "settings": {"app": {}, "notes": {}, "signOn": {}, "notifications": {"vpn": {}}},
        "accessibility": {}, "credentials": {"userNameTemplate": {"type": "CUSTOM"}}});
    let oauth = json!({"profile": {"authScheme": "OAUTH2", "clientId": "c"}});
    let custom = json!({"importSettings": {"username": {"userNameFormat": "CUSTOM"}}});
    let google_path = format!("/api/v1/apps/{GOOGLE}");
    for (method, target, body, pointer, limit) in [
        ("PUT", &app, &org2org, "/label", 100),
        ("PUT", &app, &org2org, "/settings/app/acsUrl", 1024),
        ("PUT", &app, &org2org, "/settings/app/audRestriction", 1024),
        ("PUT", &app, &org2org, "/settings/app/baseUrl", 1024),
        ("PUT", &app, &org2org, "/settings/app/idpId", 1024),
        ("PUT", &app, &org2org, "/settings/notes/admin", 1024),
        ("PUT", &app, &org2org, "/settings/notes/enduser", 1024),
        ("PUT", &app, &org2org, "/settings/signOn/audienceOverride", 1024),
        ("PUT", &app, &org2org, "/settings/notifications/vpn/message", 1024),
        ("PUT", &app, &org2org, "/accessibility/loginRedirectUrl", 1024),
        ("PUT", &app, &org2org, "/accessibility/errorRedirectUrl", 1024),
        ("PUT", &app, &org2org, "/credentials/userNameTemplate/template", 1024),
        ("PUT", &app, &org2org, "/credentials/userNameTemplate/userSuffix", 1024),
        ("PUT", &google_path, &google, "/settings/app/domain", 1024),
        ("POST", &connection, &token, "/baseUrl", 1024),
        ("POST", &connection, &oauth, "/profile/clientId", 100),
        ("POST", &connection, &token, "/baseUrl", 1024),
    ] {
        let with = |length: usize| -> String {
            let mut body: Value = body.clone();
            let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
            body.pointer_mut(parent).expect("a parent")[name] = "x".repeat(length).into();
            body.to_string()
        };
        assert_eq!(mock.send(method, target, Some(&with(limit))).status, 200, "{pointer}");
        let before = mock.state();
        let answer = mock.send(method, target, Some(&with(limit + 1)));
        let name = pointer.rsplit_once('/').expect("a pointer").1;
        assert_eq!((answer.status, answer.error_code().as_str()), (400, "E0000001"), "{pointer}");
        assert!(
            answer.text().contains(&format!("{name}: The field is too long")),
            "{pointer}: {}",
            answer.text()
        );
        assert_eq!(mock.state(), before, "{pointer}");
    }
    let activated = mock.send("POST", &format!("{connection}?activate=true"), Some(&token.to_string()));
    assert_eq!(activated.status, 200);
    let expression = |length: usize| {
        let mut body = custom.clone();
        body["importSettings"]["username"]["userNameExpression"] = "x".repeat(length).into();
        body.to_string()
    };
    assert_eq!(mock.send("PUT", &inbound, Some(&expression(1024))).status, 200);
    assert_eq!(mock.send("PUT", &inbound, Some(&expression(1025))).status, 400);
}

/// A long list is complete, has its length, and is ordered by id, even if it is read late.
#[test]
fn a_long_list_is_complete() {
    let mock = Served::start(MockServer::builder().load(Load::Empty));
    for number in 0..206 {
        let body = json!({"name": "bookmark", "label": format!("B{number}"), "settings": {"app": {"url": "https://a.test"}}});
        assert_eq!(mock.send("POST", "/api/v1/apps", Some(&body.to_string())).status, 200);
    }
    let mut stream = TcpStream::connect(mock.address()).unwrap();
    stream.write_all(&request("GET", "/api/v1/apps?limit=200", &[], None)).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(100));
    // Later changes do not affect the page.
    let first = mock.send("GET", "/api/v1/apps?limit=1", None).json()[0]["id"].as_str().unwrap().to_owned();
    mock.send("POST", &format!("/api/v1/apps/{first}/lifecycle/deactivate"), None);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    let apps: Vec<Value> = serde_json::from_str(body).unwrap();
    assert_eq!(apps.len(), 200);
    assert!(apps.iter().all(|app| app["status"] == "ACTIVE"));
    assert!(apps.windows(2).all(|pair| pair[0]["id"].as_str() < pair[1]["id"].as_str()));
}
