//! What handlers get of a request: the org, the origin, the caller, the query, the path.

use axum::extract::{FromRequestParts, Path};
use http::request::Parts;
use http::{Uri, header};
use serde::de::DeserializeOwned;

use super::SharedOrg;
use super::authentication::Caller;
use super::origin::Origin;
use super::refusal::Refusal;
use crate::org;
use crate::rules::behaviour as rule;
use crate::rules::body::{MOST_IGNORED, Object, parse_object, refuse_ignored};
use crate::rules::error::{ErrorCode, OktaError, echo};

/// What the edge noted of a request that it let in.
#[derive(Clone)]
pub(crate) struct Arrival {
    /// The address it came in by.
    pub(crate) origin: Origin,
    /// Who makes it.
    pub(crate) caller: Caller,
}

/// A call of the API: where it goes, how it came in, who makes it, and its query.
pub(crate) struct Call<'a> {
    parts: &'a Parts,
    pub(crate) org: &'a SharedOrg,
    pub(crate) origin: Origin,
    pub(crate) caller: Caller,
    pub(crate) query: Query,
    /// What the operation does not have: parameters as `?name`, and what is in a body that it does not take.
    ignored: Vec<String>,
}

impl<'a> Call<'a> {
    /// The call that came in like this, to an operation with these parameters.
    ///
    /// # Errors
    /// When the client takes no JSON.
    pub(super) fn of(
        org: &'a SharedOrg,
        arrival: Arrival,
        parts: &'a Parts,
        parameters: &[&str],
    ) -> Result<Self, OktaError> {
        if !accepts(parts, "application", "json") {
            return Err(OktaError::new(&rule::REQUEST_NOT_ACCEPTABLE, ErrorCode::NotAcceptable));
        }
        let Arrival { origin, caller } = arrival;
        let query = Query::of_uri(&parts.uri);
        let ignored = query.unknown(parameters);
        Ok(Self { parts, org, origin, caller, query, ignored })
    }

    /// Adds what is in a body that the operation does not take.
    pub(super) fn ignore_body(&mut self, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        let places = parse_object(octets).map(|object| object.ignored());
        self.ignored.extend(places.unwrap_or_else(|_| vec!["body".to_owned()]));
    }

    /// That the request has nothing that the operation does not have, where that is asked for.
    pub(super) fn check_nothing_ignored(&self) -> Result<(), OktaError> {
        if self.ignored.is_empty() {
            return Ok(());
        }
        rule::REQUEST_UNKNOWN_PARAMETER.apply();
        match self.org.lock().is_strict() {
            true => refuse_ignored(&rule::REQUEST_UNKNOWN_PARAMETER, &self.ignored),
            false => Ok(()),
        }
    }

    /// Logs what the operation does not have, and the members of a body of which the org took no notice.
    pub(super) fn note_ignored(&self, body: &org::Body<'_>) {
        let is_heeded = self.ignored.is_empty() && body.as_ref().ok().is_none_or(Object::is_read_whole);
        if is_heeded || !tracing::enabled!(tracing::Level::INFO) {
            return;
        }
        let members = body.as_ref().map(Object::ignored).unwrap_or_default();
        let rule =
            if members.is_empty() { &rule::REQUEST_UNKNOWN_PARAMETER } else { &rule::BODY_UNKNOWN_MEMBER };
        let ignored = [&*self.ignored, &members].concat();
        let (method, path) = (self.parts.method.as_str(), echo(self.parts.uri.path()));
        tracing::info!(rule = rule.name, members = ?ignored, method, ?path, "ignored");
    }
}

/// A request to what is not the API: no credential, and any kind of answer.
pub(crate) struct Visit {
    pub(crate) org: SharedOrg,
    pub(crate) origin: Origin,
    pub(crate) query: Query,
    /// Whether the client asks for HTML, as browsers do.
    pub(crate) wants_html: bool,
}

impl FromRequestParts<SharedOrg> for Visit {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, org: &SharedOrg) -> Result<Self, Refusal> {
        let Arrival { origin, .. } = arrival(parts)?;
        Ok(Self { org: org.clone(), origin, query: Query::of_uri(&parts.uri), wants_html: names_html(parts) })
    }
}

/// What the edge noted.
fn arrival(parts: &mut Parts) -> Result<Arrival, OktaError> {
    parts.extensions.remove().ok_or_else(unreadable)
}

fn unreadable() -> OktaError {
    OktaError::new(&rule::REQUEST_UNREADABLE, ErrorCode::BadRequest)
}

/// The parameters of a path, percent-decoded.
pub(crate) struct PathOf<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<SharedOrg> for PathOf<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, org: &SharedOrg) -> Result<Self, Refusal> {
        let Path(path) = Path::from_request_parts(parts, org).await.map_err(|_| unreadable())?;
        Ok(Self(path))
    }
}

/// Query parameters, or the members of a form.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    fn of_uri(uri: &Uri) -> Self {
        Self::read(uri.query().unwrap_or(""))
    }

    pub(crate) fn read(text: &str) -> Self {
        if text.is_empty() {
            return Self(Vec::new());
        }
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// A query of these parameters.
    pub(crate) fn of(parameters: Vec<(&'static str, String)>) -> Self {
        Self(parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// The parameters that are none of these, as `?name`.
    fn unknown(&self, known: &[&str]) -> Vec<String> {
        let names = self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !known.contains(name));
        let mut unknown = Vec::new();
        for name in names {
            let place = format!("?{}", echo(name));
            if unknown.len() < MOST_IGNORED && !unknown.contains(&place) {
                unknown.push(place);
            }
        }
        unknown
    }

    /// A parameter that may stand once.
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, OktaError> {
        let mut values = self.0.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => Err(OktaError::validation(
                &rule::REQUEST_PARAMETER_TWICE,
                name,
                format!("{name}: The parameter must not be given more than once"),
            )),
        }
    }
}

/// Whether `Accept` takes this media type; without the header everything is taken (RFC 9110, 12.5.1).
fn accepts(parts: &Parts, kind: &str, subtype: &str) -> bool {
    let mut given = false;
    let mut best: Option<(u8, bool)> = None;
    for value in parts.headers.get_all(header::ACCEPT) {
        given = true;
        // What most clients of the API send.
        if value == "application/json" && (kind, subtype) == ("application", "json") {
            best = Some((2, true));
            continue;
        }
        for range in value.to_str().unwrap_or("").split(',') {
            let Some((precision, wanted)) = matches_range(range, kind, subtype) else { continue };
            if best.is_none_or(|(found, _)| precision >= found) {
                best = Some((precision, wanted));
            }
        }
    }
    !given || best.is_some_and(|(_, wanted)| wanted)
}

/// How precisely a media range names the type, and whether its weight is not zero.
fn matches_range(range: &str, kind: &str, subtype: &str) -> Option<(u8, bool)> {
    let mut pieces = range.split(';').map(str::trim);
    let precision = match pieces.next()?.split_once('/')? {
        ("*", "*") => 0,
        (left, "*") if left.eq_ignore_ascii_case(kind) => 1,
        (left, right) if left.eq_ignore_ascii_case(kind) && right.eq_ignore_ascii_case(subtype) => 2,
        _ => return None,
    };
    let weight = pieces.find_map(|piece| piece.strip_prefix("q=").map(str::parse::<f32>));
    let wanted = match weight {
        None => true,
        Some(weight) => weight.is_ok_and(|weight| weight > 0.0),
    };
    Some((precision, wanted))
}

/// Whether `Accept` names HTML itself, which browsers do and API clients do not.
fn names_html(parts: &Parts) -> bool {
    parts
        .headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|range| matches_range(range, "text", "html"))
        .any(|(precision, wanted)| precision == 2 && wanted)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parts(accept: Option<&str>) -> Parts {
        let mut request = http::Request::builder();
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn json_is_accepted_by_what_names_or_covers_it() {
        for accept in [
            None,
            Some("*/*"),
            Some("application/json"),
            Some("text/html, */*;q=0.1"),
            Some("APPLICATION/JSON; charset=utf-8"),
            Some("application/*"),
        ] {
            assert!(accepts(&parts(accept), "application", "json"), "{accept:?}");
        }
        for accept in
            ["text/html", "application/xml", "application/json;q=0", "*/*, application/json;q=0", "", "json"]
        {
            assert!(!accepts(&parts(Some(accept)), "application", "json"), "{accept}");
        }
    }

    #[test]
    fn only_what_names_html_asks_for_it() {
        assert!(names_html(&parts(Some("text/html,application/xhtml+xml,*/*;q=0.8"))));
        assert!(!names_html(&parts(Some("*/*"))));
        assert!(!names_html(&parts(None)));
    }
}
