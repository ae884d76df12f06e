//! The request as handlers see it: org, origin, caller, path and query.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http::request::Parts;
use http::{Uri, header};

use super::authentication::Caller;
use super::fault::AppliedFault;
use super::observed::Observed;
use super::operation::{Operation, RouteMatch, Surface};
use super::orgs::Orgs;
use super::origin::Origin;
use super::refusal::Refusal;
use super::{MockOrg, body, browser};
use crate::org;
use crate::rules::app::App;
use crate::rules::behaviour as rule;
use crate::rules::body::{MAX_IGNORED, Object, parse_object, refuse_ignored};
use crate::rules::error::{ErrorCode, OktaError, Refusals, echo};
use crate::rules::identifier::AppId;

/// The org that a request is for, among the orgs of the process.
#[derive(Clone, Copy)]
pub(super) struct Served<'a> {
    /// The org.
    pub(super) org: &'a MockOrg,
    /// The orgs of the process.
    pub(super) orgs: &'a Arc<Orgs>,
}

/// A call of an operation: its origin, its caller, and the parameters of its path and query.
pub(crate) struct Call<'a> {
    pub(super) parts: &'a Parts,
    pub(crate) org: &'a MockOrg,
    /// The orgs of the process.
    pub(super) orgs: &'a Arc<Orgs>,
    pub(crate) origin: Origin,
    pub(crate) caller: Caller,
    route: RouteMatch<'a>,
    pub(crate) query: Query,
    /// Parts of the request that the operation does not have: parameters as `?name`, and members of a body
    /// that it does not take.
    ignored: Vec<String>,
    observed: &'a Observed<'a>,
}

impl<'a> Call<'a> {
    /// Creates the call of the operation that was found.
    ///
    /// # Errors
    /// If the client does not accept JSON from the API, if a page of another site makes the call, or if a
    /// control plane call has an unknown parameter.
    pub(super) fn new(
        served: Served<'a>,
        parts: &'a Parts,
        origin: Origin,
        caller: Caller,
        route: RouteMatch<'a>,
        observed: &'a Observed<'a>,
    ) -> Result<Self, Refusal> {
        let query = Query::from_uri(&parts.uri);
        let mut ignored = Vec::new();
        match route.operation.surface {
            Surface::Api | Surface::PublicApi => {
                check_accepts(parts, route.operation.is_xml)?;
                ignored = query.unknown(route.operation.query);
            }
            Surface::OrgPage => {}
            Surface::ThirdParty => browser::check_consent(parts, &origin)?,
            Surface::Control | Surface::Inspector => {
                browser::check_control_plane(parts, &origin)?;
                check_parameters(&query.unknown(route.operation.query))?;
            }
        }
        let Served { org, orgs } = served;
        Ok(Self { parts, org, orgs, origin, caller, route, query, ignored, observed })
    }

    /// Returns the operation.
    pub(super) const fn operation(&self) -> &'static Operation {
        self.route.operation
    }

    /// Returns the path parameter `{appId}`.
    pub(crate) fn app_id(&self) -> Cow<'a, str> {
        self.route.app_id()
    }

    /// Returns the path parameter `{appName}`.
    pub(crate) fn app_name(&self) -> Cow<'a, str> {
        self.parameter("appName")
    }

    /// Returns the path parameter `{featureName}`.
    pub(crate) fn feature_name(&self) -> Cow<'a, str> {
        self.parameter("featureName")
    }

    /// Returns the app of the path, to be rendered without the org's lock.
    pub(super) fn app(&self) -> Result<(AppId, Arc<App>), OktaError> {
        let org = self.org.lock();
        let (id, app) = org.app(&self.app_id())?;
        Ok((id, app.clone()))
    }

    /// Returns a path parameter, percent-decoded.
    pub(super) fn parameter(&self, name: &str) -> Cow<'a, str> {
        self.route.parameter(name)
    }

    /// Returns the fault that applies to this call, and counts the call for it.
    pub(super) fn fault(&self) -> Option<AppliedFault> {
        if self.operation().surface.is_control_plane() {
            return None;
        }
        let mut org = self.org.lock();
        let applied = org.controlled().faults.apply(self.operation().id, &self.app_id());
        applied.map(|(id, answer)| AppliedFault { id, answer })
    }

    /// Returns true if the client asks for HTML, as browsers do.
    pub(crate) fn wants_html(&self) -> bool {
        names_html(self.parts)
    }

    /// Records the contents of a body that the operation does not take.
    ///
    /// # Errors
    /// If the body cannot be read.
    pub(super) async fn ignore_body(&mut self, body: &mut Body) -> Result<(), Refusal> {
        let is_api = matches!(self.operation().surface, Surface::Api | Surface::PublicApi);
        if !is_api || body.is_end_stream() {
            return Ok(());
        }
        let bytes = body::read(self, body).await?;
        if !bytes.is_empty() {
            let pointers = parse_object(&bytes).map(|object| object.ignored());
            self.ignored.extend(pointers.unwrap_or_else(|_| vec!["body".to_owned()]));
        }
        Ok(())
    }

    /// Keeps the body for the request log.
    pub(super) fn observe_body(&self, bytes: &Bytes) {
        self.observed.set_body(bytes);
    }

    /// In strict mode, refuses a request with anything that the operation does not have.
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

    /// Logs the parts of the request that the operation does not have, and the body members that the org
    /// ignored.
    pub(super) fn note_ignored(&self, body: &org::Body<'_>) {
        if self.ignored.is_empty() && body.as_ref().ok().is_none_or(Object::is_fully_read) {
            return;
        }
        let members = body.as_ref().map(Object::ignored).unwrap_or_default();
        let rule =
            if members.is_empty() { &rule::REQUEST_UNKNOWN_PARAMETER } else { &rule::BODY_UNKNOWN_MEMBER };
        let ignored = [&*self.ignored, &members].concat();
        let (method, path) = (self.parts.method.as_str(), echo(self.parts.uri.path()));
        let operation = self.operation().id;
        tracing::info!(rule = rule.name, members = ?ignored, operation, method, ?path, "ignored");
        self.observed.set_ignored(ignored);
    }
}

/// Refuses clients that accept neither JSON nor, where the answer is XML, that.
fn check_accepts(parts: &Parts, is_xml: bool) -> Result<(), OktaError> {
    match accepts(parts, "application", "json") || is_xml && accepts(parts, "application", "xml") {
        true => Ok(()),
        false => Err(OktaError::new(&rule::REQUEST_NOT_ACCEPTABLE, ErrorCode::NotAcceptable)),
    }
}

/// Refuses unknown query parameters of a control plane call. If they were ignored, a test harness would
/// believe that they had an effect.
fn check_parameters(unknown: &[String]) -> Result<(), OktaError> {
    let mut refusals = Refusals::default();
    for parameter in unknown {
        let cause = format!("{parameter}: Unknown parameter");
        refusals.check(Err(OktaError::validation(&rule::CONTROL_UNKNOWN_MEMBER, parameter, cause)));
    }
    refusals.into_result(())
}

/// Query parameters, or the fields of a form.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Returns all parameters, in the order of the request.
    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    fn from_uri(uri: &Uri) -> Self {
        Self::read(uri.query().unwrap_or(""))
    }

    pub(crate) fn read(text: &str) -> Self {
        if text.is_empty() {
            return Self(Vec::new());
        }
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Creates a query from pairs of name and value.
    pub(crate) fn from_pairs(parameters: Vec<(&'static str, String)>) -> Self {
        Self(parameters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Returns the parameters that are not known, as `?name`.
    fn unknown(&self, known: &[&str]) -> Vec<String> {
        let names = self.0.iter().map(|(name, _)| name.as_str()).filter(|name| !known.contains(name));
        let mut unknown = Vec::new();
        for name in names {
            let parameter = format!("?{}", echo(name));
            if unknown.len() < MAX_IGNORED && !unknown.contains(&parameter) {
                unknown.push(parameter);
            }
        }
        unknown
    }

    /// Returns the value of a parameter that may occur at most once.
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

/// Returns true if `Accept` allows this media type. Without the header, every type is allowed (RFC 9110,
/// 12.5.1).
fn accepts(parts: &Parts, kind: &str, subtype: &str) -> bool {
    let mut given = false;
    let mut best: Option<(u8, bool)> = None;
    for value in parts.headers.get_all(header::ACCEPT) {
        given = true;
        // Most API clients send exactly this.
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

/// Returns how precisely a media range names the type, and whether its weight is above zero.
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

/// Returns true if `Accept` names HTML itself, as browsers do and API clients do not.
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
    fn json_is_accepted_if_a_media_range_matches_it() {
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
    fn only_accept_headers_that_name_html_want_html() {
        assert!(names_html(&parts(Some("text/html,application/xhtml+xml,*/*;q=0.8"))));
        assert!(!names_html(&parts(Some("*/*"))));
        assert!(!names_html(&parts(None)));
    }
}
