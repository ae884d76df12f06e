//! Secrets that no flow declares: literally in a flow, in an input, in an answer. None may appear in the
//! output or the files of the command.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use crate::support::{Folder, lying, serve};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const FLOW: &str = r#"
arazzo: 1.0.1
info: {title: A flow of a user, version: 1.0.0}
sourceDescriptions:
  - {name: okta, url: ../contract/openapi.json, type: openapi}
workflows:
  - workflowId: secrets-by-place
    inputs:
      type: object
      properties: {app: {type: string}, appId: {type: string}, word: {type: string}}
      examples:
        - {app: zscalerbyz, word: canary-of-an-input}
    steps:
      - stepId: set
        operationId: $sourceDescriptions.okta.updateDefaultProvisioningConnectionForApplication
        parameters:
          - {name: appId, in: path, value: $inputs.appId}
          - {name: client_secret, in: query, value: canary-of-a-query}
          - {name: DPoP, in: header, value: canary-of-a-header}
        requestBody:
          contentType: application/json
          payload:
            baseUrl: https://scim.example.com
            profile: {authScheme: TOKEN, token: canary-in-the-flow, settings: {adminPassword: $inputs.word}}
            key: {kty: RSA, d: canary-of-a-key}
            gateway: {authorization: Bearer canary-of-a-member, X-Api-Key: canary-of-a-gateway}
            headers: [{name: Authorization, value: Bearer canary-of-a-list}]
            accessToken: {value: canary-of-an-object}
            note: 'client_secret: canary-of-a-note'
            text: '{"refresh_token": "canary-in-a-text"}'
        successCriteria:
          - condition: $statusCode == 204
          - condition: $response.body#/echo == 'canary-in-the-flow'
      - stepId: broken
        operationId: $sourceDescriptions.okta.updateDefaultProvisioningConnectionForApplication
        parameters:
          - {name: appId, in: path, value: $inputs.appId}
        requestBody: {contentType: application/json, payload: '{"profile": {"token": "canary-in-broken-json'}
        successCriteria:
          - condition: $statusCode == 204
"#;

/// An org that returns received secrets in other encodings, and secrets of its own.
async fn org() -> String {
    serve(lying(|exchange| {
        let Some(members) = exchange.body.as_object_mut() else { return };
        members.insert("echo".to_owned(), STANDARD.encode(STANDARD.encode("me:canary-in-the-flow")).into());
        members.insert(
            "plain".to_owned(),
            "canary-of-an-input canary-of-a-key canary-in-a-text canary-of-a-header".into(),
        );
        members.insert("access_token".to_owned(), "canary-of-an-answer".into());
        members.insert("DPoP".to_owned(), "canary-of-a-proof".into());
        members.insert("Cookie".to_owned(), "sid=canary-of-a-jar; b=canary-of-b".into());
        let listed = serde_json::json!([{"name": "Authorization", "value": "Bearer canary-of-a-har"}]);
        members.insert("headers".to_owned(), listed);
        let beside = "%63anary-in-the-flow 63:61:6e:61:72:79:2d:69:6e:2d:74:68:65:2d:66:6c:6f:77";
        members.insert("beside".to_owned(), beside.into());
        exchange.headers.insert("set-cookie", "sid=canary-of-a-cookie; Path=/".parse().unwrap());
    }))
    .await
}

/// Runs the command in a folder and returns its output.
async fn output_of(folder: &Arc<Folder>, line: String) -> String {
    let folder = folder.clone();
    tokio::task::spawn_blocking(move || {
        let output = Command::new(env!("CARGO_BIN_EXE_okta-conformance"))
            .args(line.split_whitespace())
            .env_clear()
            .env("OKTA_API_TOKEN", "canary-of-the-credential")
            .env("XDG_STATE_HOME", folder.0.join("state"))
            .env("GITHUB_STEP_SUMMARY", folder.0.join("summary.md"))
            .current_dir(&folder.0)
            .output()
            .unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    })
    .await
    .unwrap()
}

/// All files under a folder, except the flow.
fn written(folder: &Path, all: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            written(&path, all);
        } else if !path.ends_with("user.arazzo.yaml") {
            // The page breaks long words, which must not hide a secret.
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).replace("<wbr>", "");
            all.push((path.display().to_string(), text));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_at_a_secret_place_is_shown_or_written() {
    let folder = Arc::new(Folder::new());
    folder.write("user.arazzo.yaml", FLOW);
    let url = org().await;
    let mut texts = Vec::new();
    for line in [
        "run --flows user.arazzo.yaml --plan".to_owned(),
        format!("run --flows user.arazzo.yaml --target {url} --format json"),
        format!(
            "run --flows user.arazzo.yaml --target {url} --report html=r.html --report har=r.har --report json=r.json --report junit=r.xml --report github"
        ),
        format!("record --profile acme --profiles profiles --flows user.arazzo.yaml --target {url}"),
        format!(
            "run --flows user.arazzo.yaml --target {url} --allow-writes 127.0.0.1 --create-apps --undo-dir undo"
        ),
    ] {
        let output = output_of(&folder, line.clone()).await;
        assert!(output.contains("secrets-by-place"), "{line}: {output}");
        texts.push((line, output));
    }
    written(&folder.0, &mut texts);
    assert!(texts.len() > 9, "{:?}", texts.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (name, text) in texts {
        let at = text.find("canary");
        let around = at.map(|at| text[at.saturating_sub(80)..].chars().take(160).collect::<String>());
        assert_eq!(around, None, "a secret in {name}");
        assert!(!text.contains("63:61:6e:61:72:79"), "hexadecimal digits next to another form in {name}");
        assert!(!text.contains("WTJGdVlYSjVMV2x1TFhSb1pTMW1iRzkz"), "base64 of base64 in {name}");
    }
}
