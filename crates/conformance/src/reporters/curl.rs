//! Curl lines that repeat requests: quoted for the shell, with secrets as variables.

use crate::credential::Scheme;
use crate::exchange::{Body, CredentialUse, RequestRecord};
use crate::secrets::next_placeholder;

/// The line for a request, with the credential from the variable of the scheme.
pub(super) fn line(request: &RequestRecord, scheme: Scheme) -> String {
    let mut words = vec!["curl".to_owned(), "-sS".to_owned(), "-i".to_owned()];
    if request.method != "GET" {
        words.push(format!("-X {}", request.method));
    }
    if request.url.contains(['{', '}']) || quote(&request.url, scheme).contains(['[', ']']) {
        words.push("-g".to_owned());
    }
    words.push(quote(&request.url, scheme));
    match request.credential {
        CredentialUse::Runner => {
            words.push(format!("-H \"Authorization: {} ${}\"", scheme.word(), scheme.variable()))
        }
        CredentialUse::Stated => words.push("-H \"Authorization: $STATED_BY_THE_STEP\"".to_owned()),
        CredentialUse::None => {}
    }
    words.push("-H 'Accept: application/json'".to_owned());
    for (name, value) in &request.headers {
        words.push(format!("-H {}", quote(&format!("{name}: {value}"), scheme)));
    }
    if let Some(body) = &request.body {
        let has_type = request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        if !has_type {
            words.push("-H 'Content-Type: application/json'".to_owned());
        }
        words.push(format!("--data-binary {}", quote(&body.text(), scheme)));
    }
    words.join(" ")
}

/// The line that recreates an app and stores its id in `APP`. In Okta's answers the id comes first.
pub(super) fn recreation(request: &RequestRecord, scheme: Scheme) -> String {
    let line = line(request, scheme).replacen(" -i", "", 1);
    format!(r#"APP=$({line} | sed -n 's/^{{"id":"\([^"]*\)".*/\1/p')"#)
}

/// The line for a request to a recreated app, whose id comes from `APP`.
pub(super) fn line_for(request: &RequestRecord, scheme: Scheme, app: &str) -> String {
    let mark = |text: &str| text.replace(app, "[secret:APP]");
    let body = request.body.as_ref().map(|body| Body::Text(mark(&body.text())));
    line(&RequestRecord { url: mark(&request.url), body, ..request.clone() }, scheme)
}

/// Quotes a text for the shell; `[secret:name]` becomes `"$NAME"` outside the quotes.
fn quote(text: &str, scheme: Scheme) -> String {
    let mut quoted = String::new();
    let mut rest = text;
    while let Some((before, name, after)) = next_placeholder(rest) {
        push_quoted(&mut quoted, before);
        quoted.push_str(&format!("\"${}\"", variable(name, scheme)));
        rest = after;
    }
    push_quoted(&mut quoted, rest);
    if quoted.is_empty() { "''".to_owned() } else { quoted }
}

fn push_quoted(quoted: &mut String, text: &str) {
    if !text.is_empty() {
        quoted.push('\'');
        quoted.push_str(&text.replace('\'', "'\\''"));
        quoted.push('\'');
    }
}

/// Converts `adminPassword` to `ADMIN_PASSWORD`.
fn variable(name: &str, scheme: Scheme) -> String {
    if name == crate::secrets::CREDENTIAL {
        return scheme.variable().to_owned();
    }
    let mut variable = String::new();
    let mut before_lower = false;
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && before_lower {
            variable.push('_');
        }
        before_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        variable.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
    }
    variable
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request() -> RequestRecord {
        RequestRecord {
            method: "POST".to_owned(),
            url: "http://127.0.0.1:8080/a/b?activate=true".to_owned(),
            path: "/a/b".to_owned(),
            query: Vec::new(),
            path_parameters: Vec::new(),
            headers: Vec::new(),
            body: Some(Body::Json(json!({"it's": "[secret:adminPassword]x"}))),
            credential: CredentialUse::Runner,
        }
    }

    #[test]
    fn requests_are_quoted_and_secrets_become_variables() {
        assert_eq!(
            line(&request(), Scheme::ApiToken),
            "curl -sS -i -X POST 'http://127.0.0.1:8080/a/b?activate=true' \
             -H \"Authorization: SSWS $OKTA_API_TOKEN\" -H 'Accept: application/json' \
             -H 'Content-Type: application/json' \
             --data-binary '{\"it'\\''s\":\"'\"$ADMIN_PASSWORD\"'x\"}'"
        );
    }

    #[test]
    fn an_app_is_recreated_and_its_id_becomes_a_variable() {
        let request =
            RequestRecord { url: "http://o/api/v1/apps/0oa1/features".to_owned(), body: None, ..request() };
        assert!(
            line_for(&request, Scheme::ApiToken, "0oa1")
                .contains(r#"'http://o/api/v1/apps/'"$APP"'/features'"#)
        );
        let again = recreation(&request, Scheme::ApiToken);
        assert!(again.starts_with("APP=$(curl -sS -X POST ") && !again.contains(" -i "), "{again}");
    }

    #[test]
    fn the_credential_is_included_only_if_it_was_sent() {
        let request = RequestRecord { credential: CredentialUse::None, body: None, ..request() };
        assert!(!line(&request, Scheme::AccessToken).contains("Authorization"));
        let request = RequestRecord { credential: CredentialUse::Runner, ..request };
        assert!(line(&request, Scheme::AccessToken).contains("Bearer $OKTA_ACCESS_TOKEN"));
    }
}
