//! Requests that the guard allows and rejects.
#![allow(clippy::unwrap_used)]
use super::*;

const ORG: &str = "https://dev-1.okta.com";

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn guard(writes: Writes) -> Guard {
    Guard::new(&url(ORG), writes)
}

fn armed(change: impl FnOnce(&mut Armed)) -> Guard {
    let mut armed = Armed {
        named: [("0oaNAMED".to_owned(), true), ("0oaDARK".to_owned(), false)].into(),
        ..Armed::default()
    };
    armed.created.get_mut().unwrap().insert("0oaOWN".to_owned());
    change(&mut armed);
    guard(Writes::Armed(Arc::new(armed)))
}

fn check(guard: &Guard, request: &str) -> Result<(), String> {
    let (method, path) = request.split_once(' ').unwrap();
    guard.check(&method.parse().unwrap(), &url(&format!("{ORG}{path}")), None)
}

#[test]
fn reads_are_allowed_and_writes_need_permission() {
    let refused = guard(Writes::Refused("not armed".to_owned()));
    assert_eq!(check(&refused, "GET /api/v1/apps"), Ok(()));
    for method in ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"] {
        assert_eq!(check(&refused, &format!("{method} /api/v1/apps")), Err("not armed".to_owned()));
        assert_eq!(check(&guard(Writes::Free), &format!("{method} /api/v1/apps")), Ok(()));
    }
}

#[test]
fn other_origins_are_never_reached() {
    for other in [
        "http://dev-1.okta.com/",
        "https://dev-1.okta.com:8443/",
        "https://dev-2.okta.com/",
        "https://dev-1.okta.com.evil.example/",
        "https://user:word@dev-1.okta.com/",
        "https://127.0.0.1/",
    ] {
        assert!(guard(Writes::Free).check(&Method::GET, &url(other), None).is_err(), "{other}");
    }
    assert!(guard(Writes::Free).check(&Method::GET, &url("https://dev-1.okta.com:443/x"), None).is_ok());
}

#[test]
fn only_changes_that_can_be_restored_are_allowed() {
    let guard = armed(|_| {});
    for allowed in [
        "GET /api/v1/apps/0oaOTHER",
        "POST /api/v1/apps/0oaNAMED/lifecycle/deactivate",
        "POST /api/v1/apps/0oaNAMED/connections/default/lifecycle/activate",
        "PUT /api/v1/apps/0oaNAMED/features/USER_PROVISIONING",
        "PUT /api/v1/apps/0oaOWN",
        "DELETE /api/v1/apps/0oaOWN",
        "POST /api/v1/apps/0oaOWN/connections/default?activate=true",
        "POST /api/v1/apps/google/0oaOWN/oauth2/callback?code=c&state=s",
    ] {
        assert_eq!(check(&guard, allowed), Ok(()), "{allowed}");
    }
    for (refused, reason) in [
        ("POST /api/v1/apps", "--create-apps"),
        ("POST /api/v1/apps?activate=false", "--create-apps"),
        ("PUT /api/v1/apps/0oaNAMED", "did not create"),
        ("DELETE /api/v1/apps/0oaNAMED", "did not create"),
        ("POST /api/v1/apps/0oaNAMED/connections/default", "--allow-credential-change"),
        ("POST /api/v1/apps/google/0oaNAMED/oauth2/callback?code=c", "--allow-credential-change"),
        ("PUT /api/v1/apps/0oaDARK/features/USER_PROVISIONING", "could not be restored"),
        ("POST /api/v1/apps/0oaOTHER/lifecycle/deactivate", "neither named nor created"),
        ("PUT /api/v1/apps/0oaOTHER/features/USER_PROVISIONING", "neither named nor created"),
        ("POST /api/v1/apps/0oaNAME%44/lifecycle/deactivate", "neither named nor created"),
        ("POST //api/v1/apps/0oaNAMED/lifecycle/deactivate", "cannot restore"),
        ("POST /api/v1/apps/0oaNAMED/lifecycle/deactivate/", "cannot restore"),
        ("POST /api/v1/apps/0oaNAMED/users", "cannot restore"),
        ("POST /api/v1/apps/0oaNAMED/credentials/keys/generate", "cannot restore"),
        ("DELETE /api/v1/users/00u1", "cannot restore"),
        ("PATCH /api/v1/apps/0oaNAMED/features/USER_PROVISIONING", "cannot restore"),
        ("POST /oauth2/v1/clients", "cannot restore"),
    ] {
        let message = check(&guard, refused).unwrap_err();
        assert!(message.contains(reason), "{refused}: {message}");
    }
}

#[test]
fn further_changes_need_their_flags() {
    let replacing = armed(|armed| armed.replace_credentials = true);
    assert_eq!(check(&replacing, "POST /api/v1/apps/0oaNAMED/connections/default"), Ok(()));
    assert!(check(&replacing, "POST /api/v1/apps/0oaOTHER/connections/default").is_err());
    let creating = armed(|armed| armed.create_apps = true);
    assert_eq!(check(&creating, "POST /api/v1/apps"), Ok(()));
    assert!(check(&creating, "DELETE /api/v1/apps/0oaNEW").is_err());
    creating.own("0oaNEW");
    assert_eq!(check(&creating, "DELETE /api/v1/apps/0oaNEW"), Ok(()));
    assert!(check(&creating, "DELETE /api/v1/apps/0oaX").is_err());
}

#[test]
fn an_app_is_the_runs_own_only_if_it_matches_the_request() {
    let seen = |id: &str, label: &str, name: &str, created: &str| serde_json::json!({"id": id, "label": label, "name": name, "created": created});
    let (sent, young) = (r#"{"name":"slack","label":"L"}"#, "2026-01-01T00:00:30.000Z");
    for (app, is_own) in [
        (seen("0oaNEW", "L", "slack", young), true),
        (seen("0oaOTHER", "L", "slack", young), false),
        (seen("0oaNEW", "Slack of Sales", "slack", young), false),
        (seen("0oaNEW", "L", "google", young), false),
        (seen("0oaNEW", "L", "slack", "2025-12-31T23:00:00.000Z"), false),
        (serde_json::json!({}), false),
    ] {
        let creating = armed(|armed| armed.started = 1_767_225_600);
        creating.take("0oaNEW", Some(sent), &app);
        assert_eq!(creating.owns("0oaNEW"), is_own, "{app}");
    }
}

#[test]
fn only_the_answer_to_a_post_names_a_created_app() {
    let creating = armed(|armed| armed.create_apps = true);
    let answer = |status, body: &str| ResponseRecord {
        status,
        headers: Vec::new(),
        body: Some(Body::Json(serde_json::from_str(body).unwrap())),
        broken_json: None,
    };
    let apps = url(&format!("{ORG}/api/v1/apps?activate=true"));
    let claimed = |method, url: &Url, status, body: &str| {
        creating.claimed(&method, url, Some("{}"), &answer(status, body))
    };
    assert_eq!(claimed(Method::POST, &apps, 200, r#"{"id":"0oaX"}"#).as_deref(), Some("0oaX"));
    for (method, path, status, body) in [
        (Method::POST, "/api/v1/apps", 200, r#"{"id":"../users"}"#),
        (Method::POST, "/api/v1/apps", 502, r#"{"id":"0oaX"}"#),
        (Method::PUT, "/api/v1/apps/0oaX", 200, r#"{"id":"0oaX"}"#),
    ] {
        assert_eq!(claimed(method, &url(&format!("{ORG}{path}")), status, body), None);
    }
}

#[test]
fn created_apps_carry_the_note_of_the_run() {
    let creating = armed(|armed| armed.run = "0a1b".to_owned());
    let post = |body: Value| PlannedRequest {
        method: Method::POST,
        base_path: String::new(),
        path_template: "/api/v1/apps".to_owned(),
        path_parameters: Vec::new(),
        query: Vec::new(),
        headers: Vec::new(),
        body: Some(("application/json".to_owned(), PlannedBody::Plain(Body::Json(body)))),
    };
    let marked = |guard: &Guard, body: Value| {
        let mut planned = post(body);
        guard.mark(&mut planned);
        planned.body.unwrap().1.kept().value()
    };
    let app = serde_json::json!({"label": "L", "settings": {"app": {"url": "u"}}});
    let notes = marked(&creating, app.clone())["settings"]["notes"]["admin"].clone();
    assert_eq!(notes, mark_of("0a1b"));
    let own = serde_json::json!({"settings": {"notes": {"admin": "mine"}}});
    assert_eq!(marked(&creating, own.clone()), own);
    assert_eq!(marked(&Guard::new(&url(ORG), Writes::Free), app.clone()), app);
}

#[test]
fn only_this_machine_is_loopback() {
    for (text, expected) in [
        ("http://127.0.0.1:1/", true),
        ("http://127.9.9.9/", true),
        ("http://[::1]:80/", true),
        ("http://localhost/", true),
        ("http://localhost.example.com/", false),
        ("http://10.0.0.1/", false),
    ] {
        assert_eq!(is_loopback(&url(text)), expected, "{text}");
    }
}

#[test]
fn headers_and_reads_that_redirect_a_request_are_rejected() {
    let guard = armed(|_| {});
    for steering in ["Host", "X-HTTP-Method-Override", "cookie", "X-Forwarded-Host", "Transfer-Encoding"] {
        assert!(guard.check_header(steering).is_err(), "{steering}");
    }
    assert_eq!(guard.check_header("Accept"), Ok(()));
    assert!(check(&guard, "GET /login/signout").unwrap_err().contains("outside the API"));
    assert!(check(&guard, "GET /api/v1/apps/0oaOTHER").is_ok());
}

#[test]
fn path_segments_that_decode_to_other_paths_are_rejected() {
    let guard = armed(|armed| armed.named.extend([("0oaNAMED".to_owned(), true)]));
    for path in ["..%2F..%2F0oaOTHER%2Ffeatures%2FX", "%2e%2e%5cX", "a%252Fb", "a%3Fb", "a%23b", "a;b"] {
        let request = format!("PUT /api/v1/apps/0oaNAMED/features/{path}");
        assert!(check(&guard, &request).unwrap_err().contains("decode"), "{path}");
    }
    assert!(check(&guard, "PUT /api/v1/apps/0oaNAMED/features/caf%C3%A9").is_ok());
}
