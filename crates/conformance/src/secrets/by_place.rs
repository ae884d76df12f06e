//! Finds secrets by their place: members, parameters, form fields and headers with a secret name.
//! docs/secrets.md lists the same names; a test compares the two lists.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::{Captures, Regex};
use serde_json::{Map, Value};

use super::placeholder::{OPENING, OPENING_SHOWN};
use super::search::MIN_LENGTH;
use super::words::is_a_word_of_answers;

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

/// Headers, written like the names above. Members, parameters and fields with these names are secret too.
pub(super) const HEADERS: [&str; 8] = [
    "authorization",
    "cookie",
    "dpop",
    "proxyauthorization",
    "setcookie",
    "xapikey",
    "xauthtoken",
    "xoktaxsrftoken",
];

/// Names that are also English words; the text after their colon may be a sentence.
const WORDS: [&str; 9] = [
    "assertion",
    "authorization",
    "cookie",
    "passcode",
    "passphrase",
    "password",
    "secret",
    "token",
    "privatekey",
];

/// The schemes of credentials (RFC 9110, section 11.4), which are not secret. Any other first word may be.
const SCHEMES: [&str; 9] =
    ["apikey", "basic", "bearer", "digest", "dpop", "negotiate", "oauth", "ssws", "token"];

/// Members whose objects use names that describe types instead of holding values: links, embedded resources,
/// and the properties of a JSON Schema.
const DESCRIBING: [&str; 3] = ["_links", "_embedded", "properties"];

/// Members that describe a secret next to them.
const SETTINGS: [&str; 5] = ["status", "seed", "change", "type", "algorithm"];

/// Maximum length of a text that is parsed as JSON; longer texts are searched as plain text.
const MAX_JSON: usize = 256 * 1024;

/// Maximum nesting of JSON inside JSON texts.
const MAX_NESTED: usize = 4;

/// The exposure of a secret place: values that the API shows to every reader are removed from reports, but
/// were not sent in confidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exposure {
    /// The API takes the value and never shows it.
    Confidential,
    /// The settings of an app, or the query of a URL.
    Shown,
}

/// Receives each secret that is found: name, value, exposure. Returns its replacement.
pub(super) type OnSecret<'h> = dyn FnMut(&str, &str, Exposure) -> String + 'h;

/// True if a member, parameter, field or header with this name holds a secret.
pub(super) fn is_secret(name: &str) -> bool {
    // The last letters rule out most names quickly.
    let ends = name.len().checked_sub(3).and_then(|at| name.get(at..));
    let may_be = ends.is_some_and(|end| ENDS.iter().any(|known| end.eq_ignore_ascii_case(known)));
    may_be && {
        let plain = plain_name(name);
        NAMES.contains(&plain.as_str()) || HEADERS.contains(&plain.as_str())
    }
}

/// The last letters of the names.
const ENDS: [&str; 10] = ["ken", "ord", "key", "ion", "ret", "ier", "ode", "ase", "kie", "pop"];

fn is_header(name: &str) -> bool {
    is_secret(name) && HEADERS.contains(&plain_name(name).as_str())
}

/// Normalizes a name for comparison: lower case, without `_` and `-`.
fn plain_name(name: &str) -> String {
    let letters = name.chars().filter(|letter| !matches!(letter, '_' | '-'));
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Removes the values at secret places from a JSON value.
pub(super) fn json(value: Value, hide: &mut OnSecret<'_>) -> Value {
    Walk { hide, nested: 0 }.value(value, &MemberContext::default())
}

/// Removes the values at secret places from a text; `None` if it contains none.
pub(super) fn text(plain: &str, hide: &mut OnSecret<'_>) -> Option<String> {
    Walk { hide, nested: 0 }.text(plain, Exposure::Shown)
}

/// Does the same for a request or answer body that is not JSON; forms are confidential.
pub(super) fn body_text(plain: &str, hide: &mut OnSecret<'_>) -> Option<String> {
    Walk { hide, nested: 0 }.text(plain, Exposure::Confidential)
}

/// Does the same for the value of a header.
pub(super) fn header(name: &str, value: &str, hide: &mut OnSecret<'_>) -> Option<String> {
    match is_secret(name) {
        true => Some(named(name, value, Exposure::Confidential, hide)),
        false => text(value, hide),
    }
}

/// Hides the value under a secret name, in a header or elsewhere.
fn named(name: &str, value: &str, place: Exposure, hide: &mut OnSecret<'_>) -> String {
    match plain_name(name).as_str() {
        "cookie" => {
            let cookies = value.split(';').map(|pair| cookie(name, pair, place, hide));
            cookies.collect::<Vec<_>>().join(";")
        }
        "setcookie" => {
            let (pair, attributes) = value.split_once(';').unwrap_or((value, ""));
            let separator = if attributes.is_empty() { "" } else { ";" };
            format!("{}{separator}{attributes}", cookie(name, pair, place, hide))
        }
        plain if HEADERS.contains(&plain) => credential(name, value, place, hide),
        _ => hide(name, value, place),
    }
}

fn credential(name: &str, value: &str, place: Exposure, hide: &mut OnSecret<'_>) -> String {
    let value = value.trim();
    let (scheme, credential) = match value.split_once(' ') {
        Some((scheme, credential)) if is_scheme(scheme) => (format!("{scheme} "), credential.trim()),
        _ => (String::new(), value),
    };
    if credential.is_empty() {
        return value.to_owned();
    }
    if scheme.eq_ignore_ascii_case("basic ")
        && let Ok(bytes) = STANDARD.decode(credential)
        && let Some((_, password)) = String::from_utf8_lossy(&bytes).split_once(':')
        && !password.is_empty()
    {
        hide("password", password, place);
    }
    format!("{scheme}{}", hide(name, credential, place))
}

fn is_scheme(word: &str) -> bool {
    SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

fn cookie(header: &str, pair: &str, place: Exposure, hide: &mut OnSecret<'_>) -> String {
    match pair.split_once('=') {
        Some((_, value)) if value.trim_matches('"').is_empty() => pair.to_owned(),
        Some((name, value)) => format!("{name}={}", hide(header, value, place)),
        None if pair.trim().is_empty() => pair.to_owned(),
        None => hide(header, pair, place),
    }
}

/// The context of a member in a JSON value.
#[derive(Debug, Clone, Copy, Default)]
struct MemberContext<'a> {
    name: &'a str,
    /// The object is a key (RFC 7517).
    is_key: bool,
    /// The members are those of `settings.app`.
    is_app: bool,
    /// The member is inside an object at a secret place.
    is_inside: bool,
    /// The member is inside `_links`, `_embedded` or the properties of a schema.
    is_described: bool,
}

impl MemberContext<'_> {
    fn is_secret(&self) -> bool {
        is_secret(self.name) || self.is_key && KEY_MEMBERS.contains(&self.name)
    }

    /// Settings of a password, as in the features of an app, are not secret; neither are words that answers
    /// contain anyway.
    fn is_setting(&self, text: &str) -> bool {
        SETTINGS.contains(&self.name) || is_a_word_of_answers(text)
    }

    fn place(&self) -> Exposure {
        if self.is_app { Exposure::Shown } else { Exposure::Confidential }
    }
}

struct Walk<'w, 'h> {
    hide: &'w mut OnSecret<'h>,
    nested: usize,
}

impl Walk<'_, '_> {
    fn value(&mut self, value: Value, at: &MemberContext<'_>) -> Value {
        match value {
            Value::String(plain) if plain.is_empty() => Value::String(plain),
            Value::String(plain) if at.is_secret() => {
                Value::String(named(at.name, &plain, at.place(), self.hide))
            }
            Value::String(plain) if at.is_inside && (at.name == "value" || !at.is_setting(&plain)) => {
                Value::String((self.hide)(at.name, &plain, at.place()))
            }
            Value::String(plain) => Value::String(self.text(&plain, Exposure::Shown).unwrap_or(plain)),
            Value::Number(number) if at.is_secret() || at.is_inside && at.name == "value" => {
                self.number(number, at)
            }
            Value::Array(items) => self.items(items, at),
            Value::Object(members) => self.object(members, at),
            other => other,
        }
    }

    /// Hides a number. One with a few digits is not secret: flows send some to be refused.
    fn number(&mut self, number: serde_json::Number, at: &MemberContext<'_>) -> Value {
        let plain = number.to_string();
        match plain.len() < MIN_LENGTH {
            true => Value::Number(number),
            false => Value::String((self.hide)(at.name, &plain, at.place())),
        }
    }

    /// Processes the items of a list. In a list of headers, each value follows its name.
    fn items(&mut self, items: Vec<Value>, at: &MemberContext<'_>) -> Value {
        let mut header = None;
        let walked = items.into_iter().map(|item| {
            let name = item.as_str().filter(|text| is_header(text)).map(ToOwned::to_owned);
            let follows = std::mem::replace(&mut header, name);
            match (follows, &item) {
                (Some(name), Value::String(value)) if !is_a_word_of_answers(value) => {
                    self.value(item, &MemberContext { name: &name, ..*at })
                }
                _ => self.value(item, at),
            }
        });
        walked.collect()
    }

    fn object(&mut self, members: Map<String, Value>, at: &MemberContext<'_>) -> Value {
        let has = |name: &str| members.contains_key(name);
        let is_key = has("kty") || has("crv") || (has("n") && has("e")) || (at.is_key && at.name == "oth");
        let only_describes = at.is_described && !has("value");
        let is_inside = at.name != "_links" && (at.is_inside || is_secret(at.name) && !only_describes);
        let is_described = DESCRIBING.contains(&at.name);
        let in_settings = at.name == "settings";
        let named = secret_name(&members);
        let walked = members.into_iter().map(|(name, member)| {
            let is_app = at.is_app || in_settings && name == "app";
            let is_value = ["value", "values"].iter().any(|value| name.eq_ignore_ascii_case(value));
            let says = named.as_deref().filter(|_| is_value).unwrap_or(&name);
            let member =
                self.value(member, &MemberContext { name: says, is_key, is_app, is_inside, is_described });
            (name, member)
        });
        Value::Object(walked.collect())
    }

    /// Searches a text: JSON in it, pairs as in a query or form, headers.
    fn text(&mut self, plain: &str, pairs: Exposure) -> Option<String> {
        // Most texts are names.
        if !plain.contains(['=', ':', '>']) {
            return None;
        }
        if let Some(inner) = self.nested_json(plain) {
            return inner;
        }
        let found = PATTERN.as_ref()?;
        let mut changed = false;
        let replaced = found.replace_all(plain, |found: &Captures<'_>| {
            let whole = found.get_match();
            let hidden = self.in_text(plain, found, pairs);
            changed |= hidden.is_some();
            hidden.unwrap_or_else(|| whole.as_str().to_owned())
        });
        let replaced = replaced.into_owned();
        changed.then_some(replaced)
    }

    /// Hides the value that the pattern found in a text; `None` if it is not secret.
    fn in_text(&mut self, plain: &str, found: &Captures<'_>, pairs: Exposure) -> Option<String> {
        let name = ["name", "element", "cookie"].iter().find_map(|name| found.name(name))?;
        let forms = ["escaped", "double", "single", "pair", "cookies", "bare", "inner"];
        let (form, value) = forms.iter().find_map(|form| Some((*form, found.name(form)?)))?;
        let before = plain.get(..value.start()).unwrap_or_default();
        let is_placeholder = [OPENING, OPENING_SHOWN].iter().any(|opening| before.ends_with(opening));
        // `urn:x:token:y` is a name.
        let is_urn = form == "bare" && found.get_match().as_str().starts_with([':', '/']);
        let after = plain.get(value.end()..).unwrap_or_default();
        if is_placeholder || is_urn || form == "bare" && is_prose(name.as_str(), value.as_str(), after) {
            return None;
        }
        let place = if is_header(name.as_str()) { Exposure::Confidential } else { pairs };
        let hidden = named(name.as_str(), value.as_str(), place, self.hide);
        let whole = found.get_match();
        let before = plain.get(whole.start()..value.start())?;
        Some(format!("{before}{hidden}{}", plain.get(value.end()..whole.end())?))
    }

    /// Searches a text that is JSON; the inner `None` means that it contains no secret.
    fn nested_json(&mut self, plain: &str) -> Option<Option<String>> {
        let begins = plain.trim_start().starts_with(['{', '[']);
        if !begins || plain.len() > MAX_JSON || self.nested == MAX_NESTED {
            return None;
        }
        let value: Value = serde_json::from_str(plain).ok()?;
        self.nested += 1;
        let walked = self.value(value.clone(), &MemberContext::default());
        self.nested -= 1;
        Some((walked != value).then(|| walked.to_string()))
    }
}

/// The secret name that an object gives to its `value`, as in lists of headers and parameters (HAR 1.2,
/// `headers`).
fn secret_name(members: &Map<String, Value>) -> Option<String> {
    let is_name = |name: &str| ["name", "key", "header"].iter().any(|known| name.eq_ignore_ascii_case(known));
    let names = members.iter().filter(|(name, _)| is_name(name)).filter_map(|(_, value)| value.as_str());
    names.filter(|name| is_secret(name)).map(ToOwned::to_owned).next()
}

/// True if the text after a colon is prose rather than a secret: words that answers contain anyway, small
/// numbers, and for names that are English words the first word of a sentence.
fn is_prose(name: &str, value: &str, after: &str) -> bool {
    let is_letters = value.chars().all(char::is_alphabetic);
    let goes_on = after.strip_prefix(' ').is_some_and(|next| next.starts_with(char::is_alphabetic));
    value.len() < MIN_LENGTH
        || is_scheme(value)
        || is_a_word_of_answers(value)
        || is_letters && goes_on && WORDS.contains(&plain_name(name).as_str())
}

/// Matches `token=…` as in a query, `"token": "…"` as in incomplete JSON, `Authorization: SSWS …`, `password:
/// …`, `'token' => '…'`, `<token>…</token>`.
static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let mut names: Vec<&str> = NAMES.into_iter().chain(HEADERS).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let spelled = |name: &&str| name.chars().map(String::from).collect::<Vec<_>>().join("[_-]?");
    let names = names.iter().map(spelled).collect::<Vec<_>>().join("|");
    let cookies = "(?:set-?)?cookie";
    let quoted = r#"\\+"(?P<escaped>[^"\\]+)|"(?P<double>(?:[^"\\]|\\.)+)|'(?P<single>[^']+)"#;
    let scheme = format!("(?:(?:{})[ ]+)?", SCHEMES.join("|"));
    Regex::new(&format!(
        concat!(
            r#"(?i)<(?:[a-z0-9]+:)?(?P<element>{names})(?:\s[^<>]*)?>(?P<inner>[^<]+)"#,
            r#"|\b(?P<cookie>{cookies})(?:["']\s*)?:[ ]*(?P<cookies>[^\s"'<>\\][^\r\n"'<>\\]*)"#,
            r#"|(?:^|[^a-z0-9_.-])(?P<name>{names}|[a-z0-9-]+-(?:authorization|dpop))(?:\\*["'])?\s*"#,
            r#"(?:(?:=>|=|:)\s*(?:{quoted})|=(?P<pair>{scheme}[^&\#\s"'<>;,)]+)"#,
            r#"|(?:=>|:)\s*(?P<bare>{scheme}[^\s"'&<>;,)\[\]{{}}\\]+))"#,
        ),
        names = names,
        cookies = cookies,
        quoted = quoted,
        scheme = scheme,
    ))
    .ok()
});
