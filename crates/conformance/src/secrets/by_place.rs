//! Finds secrets by the place where they stand: members, parameters, form fields and headers whose
//! name says that they hold one. docs/secrets.md lists the same names; a test compares the two.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::{Captures, Regex};
use serde_json::{Map, Value};

/// The names of members, query parameters and form fields, in lower case, without `_` and `-`.
pub(super) const NAMES: [&str; 26] = [
    "accesstoken",
    "actortoken",
    "adminpassword",
    "apikey",
    "apitoken",
    "assertion",
    "bearertoken",
    "clientassertion",
    "clientsecret",
    "codeverifier",
    "devicesecret",
    "idtoken",
    "newpassword",
    "oldpassword",
    "passcode",
    "passphrase",
    "password",
    "privatekey",
    "refreshtoken",
    "secret",
    "secretkey",
    "sessiontoken",
    "sharedsecret",
    "statetoken",
    "subjecttoken",
    "token",
];

/// The private members of a key (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
pub(super) const KEY_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "k", "t"];

/// Headers, in lower case.
pub(super) const HEADERS: [&str; 8] = [
    "authorization",
    "cookie",
    "dpop",
    "proxy-authorization",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "x-okta-xsrftoken",
];

/// A text that is longer is not read as JSON; what stands in it is looked for all the same.
const LONGEST_JSON: usize = 256 * 1024;

/// JSON inside a text of JSON is read this deep.
const MOST_NESTED: usize = 4;

/// Whether a place is one that the API shows to everybody who may read: what stands there is removed
/// from reports, but was not sent in confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The API takes the value and never shows it.
    Confidential,
    /// The settings of an app, or the query of an address.
    Shown,
}

/// Hears of each secret that is found: its name, its value, its place. Returns what stands there then.
pub(super) type Hide<'h> = dyn FnMut(&str, &str, Place) -> String + 'h;

/// Whether a member, parameter or field of this name holds a secret.
pub(super) fn is_secret(name: &str) -> bool {
    // Most names are told apart by their last letter but two.
    let ends = name.len().checked_sub(3).and_then(|at| name.get(at..));
    let may_be = ends.is_some_and(|end| ENDS.iter().any(|known| end.eq_ignore_ascii_case(known)));
    may_be && {
        let letters = name.chars().filter(|letter| !matches!(letter, '_' | '-'));
        let plain: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
        NAMES.contains(&plain.as_str())
    }
}

/// The last letters of the names.
const ENDS: [&str; 8] = ["ken", "ord", "key", "ion", "ret", "ier", "ode", "ase"];

/// Whether a header of this name holds a secret.
pub(super) fn is_secret_header(name: &str) -> bool {
    HEADERS.iter().any(|known| name.eq_ignore_ascii_case(known)) || is_secret(name)
}

/// A JSON value without the secrets whose place says that they are some.
pub(super) fn json(value: Value, hide: &mut Hide<'_>) -> Value {
    Walk { hide, nested: 0 }.value(value, &At::default())
}

/// A text without them; `None` where it has none.
pub(super) fn text(plain: &str, hide: &mut Hide<'_>) -> Option<String> {
    Walk { hide, nested: 0 }.text(plain, Place::Shown)
}

/// The body of a request or answer that is not JSON: forms are confidential.
pub(super) fn body_text(plain: &str, hide: &mut Hide<'_>) -> Option<String> {
    Walk { hide, nested: 0 }.text(plain, Place::Confidential)
}

/// The value of a header.
pub(super) fn header(name: &str, value: &str, hide: &mut Hide<'_>) -> Option<String> {
    if !is_secret_header(name) {
        return text(value, hide);
    }
    if name.eq_ignore_ascii_case("cookie") {
        let cookies = value.split(';').map(|pair| cookie(name, pair, hide));
        return Some(cookies.collect::<Vec<_>>().join(";"));
    }
    if name.eq_ignore_ascii_case("set-cookie") {
        let (pair, attributes) = value.split_once(';').unwrap_or((value, ""));
        let separator = if attributes.is_empty() { "" } else { ";" };
        return Some(format!("{}{separator}{attributes}", cookie(name, pair, hide)));
    }
    // RFC 9110, section 11.4: the scheme is no secret.
    let (scheme, credential) = match value.split_once(' ') {
        Some((scheme, credential)) => (format!("{scheme} "), credential.trim()),
        None => (String::new(), value),
    };
    if credential.is_empty() {
        return None;
    }
    if scheme.eq_ignore_ascii_case("basic ")
        && let Ok(octets) = STANDARD.decode(credential)
        && let Some((_, password)) = String::from_utf8_lossy(&octets).split_once(':')
        && !password.is_empty()
    {
        hide("password", password, Place::Confidential);
    }
    Some(format!("{scheme}{}", hide(name, credential, Place::Confidential)))
}

fn cookie(header: &str, pair: &str, hide: &mut Hide<'_>) -> String {
    match pair.split_once('=') {
        Some((name, value)) if !value.trim_matches('"').is_empty() => {
            format!("{name}={}", hide(header, value, Place::Confidential))
        }
        _ => pair.to_owned(),
    }
}

/// Where in a JSON value one is.
#[derive(Debug, Clone, Copy, Default)]
struct At<'a> {
    name: &'a str,
    /// The object is a key (RFC 7517).
    is_key: bool,
    /// The members are those of `settings.app`.
    is_app: bool,
    /// The object is the value of a `password`, as in `credentials`.
    is_password: bool,
}

impl At<'_> {
    fn is_secret(&self) -> bool {
        is_secret(self.name)
            || self.is_key && KEY_MEMBERS.contains(&self.name)
            || self.is_password && self.name == "value"
    }

    fn place(&self) -> Place {
        if self.is_app { Place::Shown } else { Place::Confidential }
    }
}

struct Walk<'w, 'h> {
    hide: &'w mut Hide<'h>,
    nested: usize,
}

impl Walk<'_, '_> {
    fn value(&mut self, value: Value, at: &At<'_>) -> Value {
        match value {
            Value::String(plain) if plain.is_empty() => Value::String(plain),
            Value::String(plain) if at.is_secret() => Value::String((self.hide)(at.name, &plain, at.place())),
            Value::String(plain) => Value::String(self.text(&plain, Place::Shown).unwrap_or(plain)),
            Value::Number(number) if at.is_secret() => self.number(number, at),
            Value::Array(items) => items.into_iter().map(|item| self.value(item, at)).collect(),
            Value::Object(members) => self.object(members, at),
            other => other,
        }
    }

    /// A number of a digit or two is no secret: flows send some to see them refused.
    fn number(&mut self, number: serde_json::Number, at: &At<'_>) -> Value {
        let plain = number.to_string();
        match plain.len() < super::SHORTEST {
            true => Value::Number(number),
            false => Value::String((self.hide)(at.name, &plain, at.place())),
        }
    }

    fn object(&mut self, members: Map<String, Value>, at: &At<'_>) -> Value {
        let has = |name: &str| members.contains_key(name);
        let is_key = has("kty") || has("crv") || (has("n") && has("e")) || (at.is_key && at.name == "oth");
        let is_password = at.name.eq_ignore_ascii_case("password");
        let in_settings = at.name == "settings";
        let walked = members.into_iter().map(|(name, member)| {
            let is_app = at.is_app || in_settings && name == "app";
            let member = self.value(member, &At { name: &name, is_key, is_app, is_password });
            (name, member)
        });
        Value::Object(walked.collect())
    }

    /// A text: JSON in it, pairs as in a query or a form, headers.
    fn text(&mut self, plain: &str, pairs: Place) -> Option<String> {
        // Most texts are names and addresses.
        if !plain.contains(['=', '"']) && !plain.contains(": ") {
            return None;
        }
        if let Some(inner) = self.nested_json(plain) {
            return inner;
        }
        let found = PATTERN.as_ref()?;
        let mut changed = false;
        let replaced = found.replace_all(plain, |found: &Captures<'_>| {
            let group = |name: &str| found.name(name).map(|it| it.as_str());
            let forms = [
                ("before_pair", "pair_name", "pair", pairs),
                ("before_member", "member_name", "member", pairs),
                ("before_number", "number_name", "number", pairs),
                ("before_credential", "header", "credential", Place::Confidential),
            ];
            let hit = forms.into_iter().find_map(|(before, name, value, place)| {
                Some((group(before)?, group(name)?, group(value)?, place))
            });
            match hit {
                Some((before, name, value, place)) if is_secret_header(name) => {
                    changed = true;
                    format!("{before}{}", (self.hide)(name, value, place))
                }
                _ => found[0].to_owned(),
            }
        });
        let replaced = replaced.into_owned();
        changed.then_some(replaced)
    }

    /// What stands in a text that is JSON; the inner `None` where that has no secret.
    fn nested_json(&mut self, plain: &str) -> Option<Option<String>> {
        let begins = plain.trim_start().starts_with(['{', '[']);
        if !begins || plain.len() > LONGEST_JSON || self.nested == MOST_NESTED {
            return None;
        }
        let value: Value = serde_json::from_str(plain).ok()?;
        self.nested += 1;
        let walked = self.value(value.clone(), &At::default());
        self.nested -= 1;
        Some((walked != value).then(|| walked.to_string()))
    }
}

/// `token=…` as in a query, `"token": "…"` as in JSON that is not whole, `Authorization: SSWS …`.
static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?P<before_pair>(?:^|[^A-Za-z0-9_.-])(?P<pair_name>[A-Za-z_-]{5,20})=)(?P<pair>[^&#\s"'<>;,)]+)"#,
        r#"|(?P<before_member>"(?P<member_name>[A-Za-z_-]{5,20})"\s*:\s*")(?P<member>(?:[^"\\]|\\.)+)"#,
        r#"|(?P<before_number>"(?P<number_name>[A-Za-z_-]{5,20})"\s*:\s*)(?P<number>[0-9]{4,})"#,
        r#"|(?P<before_credential>\b(?P<header>(?i:proxy-authorization|authorization|dpop|set-cookie|cookie))"?\s*:\s*"?(?:(?i:SSWS|Bearer|Basic|DPoP)\s+)?)(?P<credential>[^\s"',;]+)"#,
    ))
    .ok()
});
