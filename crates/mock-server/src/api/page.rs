//! Pages for people: self-contained, and usable without scripts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{self, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::answer::{Answer, full_body};
use super::header_set::HeaderSet;

const STYLE: &str = "
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; place-items: center; min-height: 100vh; }
main { box-sizing: border-box; width: min(28rem, 100%); padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 1rem 0; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .25rem; }
label { display: block; font-weight: 600; }
input[type=text] { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; }
.note { border-left: .25rem solid; padding-left: .75rem; margin: 0; }
.actions { display: flex; gap: .75rem; margin-top: 1.5rem; }
button { flex: 1; padding: .6rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  border: 2px solid #0b57d0; border-radius: .4rem; background: #0b57d0; color: #fff; }
button.quiet { background: transparent; color: inherit; border-color: currentColor; }
code, input[readonly] { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
button:focus-visible, input:focus-visible { outline: 3px solid #f29900; outline-offset: 2px; }
";

/// Returns an HTML document.
pub(super) fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// What a page may do (Content Security Policy). By default: show itself and send forms to the mock.
#[derive(Clone, Copy, Default)]
pub(super) struct Permissions<'a> {
    /// The only script that may run.
    pub(super) script: Option<&'a str>,
    /// True if scripts may send requests to the mock.
    pub(super) connects: bool,
    /// Another page at which a form may end, after redirects.
    pub(super) forms_end_at: Option<&'a Url>,
}

/// Returns the answer with a page.
pub(super) fn page(status: StatusCode, html: &str, permissions: Permissions<'_>) -> Answer {
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With no-referrer, the form's own POST would have the origin `null` (Fetch, 3.2).
        (header::REFERRER_POLICY, "same-origin"),
    ];
    let answer = Answer::new(HeaderSet::None, full_body(html.to_owned())).with_status(status);
    let answer = headers
        .into_iter()
        .fold(answer, |answer, (name, value)| answer.with_header(name, HeaderValue::from_static(value)));
    match HeaderValue::try_from(permissions.policy()) {
        Ok(policy) => answer.with_header(header::CONTENT_SECURITY_POLICY, policy),
        Err(_) => answer,
    }
}

impl Permissions<'_> {
    fn policy(self) -> String {
        let script = self.script.map_or_else(String::new, |script| {
            format!("script-src 'sha256-{}'; ", STANDARD.encode(Sha256::digest(script)))
        });
        let connect = if self.connects { "connect-src 'self'; " } else { "" };
        let other = self.forms_end_at.map(|page| page.origin().ascii_serialization());
        let other = other.map_or_else(String::new, |origin| format!(" {origin}"));
        format!(
            "default-src 'none'; style-src 'unsafe-inline'; {script}{connect}form-action 'self'{other}; \
             frame-ancestors 'none'"
        )
    }
}
