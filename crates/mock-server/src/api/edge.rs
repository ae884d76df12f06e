//! The edge, which every request and answer passes. It corrects the path, counts the request against the
//! rate limit, turns refusals into envelopes, and sets the headers recorded for each kind of answer.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, StatusCode, Uri, Version};
use tower::Service;

use super::answer::{Answer, AnswerBody};
use super::call::{Call, Served};
use super::endpoint::Endpoint;
use super::fault::{AppliedFault, ConnectionClosed};
use super::header_set::{HeaderSet, RequestFacts, hex};
use super::log_entry::LogEntry;
use super::observed::Observed;
use super::operation::{Outcome, RouteMatch};
use super::orgs::Orgs;
use super::origin::{Origin, Scheme};
use super::refusal::{Refusal, envelope_json};
use super::{
    HEAD_LIMIT, MockOrg, Settings, access_token, authentication, cors, host, leftover, log_entry, operation,
};
use crate::org::faults::FaultAnswer;
use crate::rules::behaviour::{self as rule, Rule};
use crate::rules::error::{ErrorCode, OktaError, echo};
use crate::rules::identifier::Seconds;

/// The service of a listener.
#[derive(Clone)]
pub(crate) struct OrgService(Arc<Endpoint>);

impl OrgService {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        Self(Arc::new(endpoint))
    }

    /// Returns the complete answer, as bytes on the wire, to bytes that are not a valid request.
    pub(crate) fn unreadable_answer(&self) -> Vec<u8> {
        let error = OktaError::new(&rule::REQUEST_UNREADABLE, ErrorCode::BadRequest);
        answer_without_request(&self.0.org, error)
    }

    /// Returns the complete answer, as bytes on the wire, to a client that speaks the wrong scheme.
    pub(crate) fn wrong_scheme_answer(&self, spoken: Scheme) -> Vec<u8> {
        let cause = match spoken {
            Scheme::Http => {
                "This port serves https, not http. Use an https URL, and trust the CA certificate of the mock."
            }
            Scheme::Https => {
                "This port serves http, not https. Use an http URL, or start the mock with --tls."
            }
        };
        let error = OktaError::new(&rule::REQUEST_WRONG_SCHEME, ErrorCode::BadRequest).because(cause);
        answer_without_request(&self.0.org, error)
    }
}

impl<B> Service<http::Request<B>> for OrgService
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = http::Response<AnswerBody>;
    type Error = ConnectionClosed;
    type Future = AnswerFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> AnswerFuture {
        // Most requests have no body, and an empty one needs no memory.
        let request = request.map(|body| match body.is_end_stream() {
            true => Body::empty(),
            false => Body::new(body),
        });
        Box::pin(answer(self.0.clone(), request))
    }
}

/// The future answer to a request.
pub(crate) type AnswerFuture =
    Pin<Box<dyn Future<Output = Result<http::Response<AnswerBody>, ConnectionClosed>> + Send>>;

async fn answer(
    endpoint: Arc<Endpoint>,
    request: Request,
) -> Result<http::Response<AnswerBody>, ConnectionClosed> {
    let started = tracing::enabled!(tracing::Level::DEBUG).then(Instant::now);
    let (mut parts, mut body) = request.into_parts();
    let origin = Origin::from_parts(&parts, endpoint.scheme);
    let named = origin.as_ref().and_then(|origin| endpoint.orgs.at(origin.address()));
    let org = named.unwrap_or_else(|| endpoint.org.clone());
    let mut context = request_context(&org);
    correct_path(&mut parts.uri);
    let may_close = parts.version < Version::HTTP_2;
    let expects = parts.headers.contains_key(header::EXPECT);
    let route = operation::find(&parts.method, parts.uri.path(), org.settings().control_plane);
    let observed = Observed::new(route.as_ref().ok());
    let trusted = cors::trusted_origin(&parts, org.trusted_origins());
    let (outcome, fault) = caught(async {
        access_token::prepare(&org, &parts.headers).await;
        if trusted.is_some() && cors::is_preflight(&parts) {
            return (Ok(cors::preflight(&parts)), None);
        }
        let served = Served { org: &org, orgs: &endpoint.orgs };
        match admit(served, &parts, origin, &context, route, &observed) {
            Ok(call) => match context.has_faults.then(|| call.fault()).flatten() {
                None => (call.operation().perform(call, &mut body).await, None),
                // On the heap: without a fault, no request pays for this future.
                Some(fault) => Box::pin(faulted(call, fault, &mut body, &mut context)).await,
            },
            Err(refusal) => (Err(refusal), None),
        }
    })
    .await;
    // A client that waits for 100 Continue sends no body, and an incomplete body has no rest to read.
    let is_sent = !expects && !is_refused_by(&outcome, [&rule::BODY_TOO_SLOW, &rule::BODY_BROKEN_OFF]);
    let is_read = is_sent && leftover::drain(&mut body).await || body.is_end_stream();
    let (mut answer, rule) = finish(&org, outcome, &context, Some((&parts.method, &parts.uri)));
    if let Some(origin) = trusted {
        answer = cors::with_origin(answer, origin);
    }
    if !is_read && may_close {
        // Otherwise the rest of the body would be read as the next request (RFC 9112, 9.6).
        answer = answer.with_header(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let entry = LogEntry { parts: &parts, observed: &observed, answer: &answer, rule, fault: fault.as_ref() };
    entry.record(&org, context.now, &context.facts);
    if let Some(started) = started {
        entry.trace(started.elapsed());
    }
    let answer = match fault {
        Some(fault) => fault.finish(answer)?,
        None => answer,
    };
    Ok(answer.into_response(&context.facts))
}

/// The outcome of a request, with the fault that applied.
type Outcomes = (Outcome, Option<AppliedFault>);

/// Returns a panic of a handler as a fault of the mock.
async fn caught(handled: impl Future<Output = Outcomes>) -> Outcomes {
    // A panic leaves the org as it was or as it would be: each call on it is all or nothing.
    AssertUnwindSafe(handled).catch_unwind().await.unwrap_or_else(|_| {
        (Err(OktaError::new(&rule::SERVER_FAULT, ErrorCode::InternalServerError).into()), None)
    })
}

/// Answers a call to which a fault applies.
async fn faulted(
    call: Call<'_>,
    fault: AppliedFault,
    body: &mut Body,
    context: &mut RequestContext,
) -> Outcomes {
    let error_id = call.org.lock().random.error_id();
    if let Some(answer) = fault.answer_instead(error_id) {
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            context.facts.rate.exhaust(context.now);
        }
        return (Ok(answer), Some(fault));
    }
    if let FaultAnswer::Delay(delay) = fault.answer {
        tokio::time::sleep(delay).await;
    }
    (call.operation().perform(call, body).await, Some(fault))
}

/// Returns true if a request was refused by one of these rules.
fn is_refused_by(outcome: &Outcome, rules: [&Rule; 2]) -> bool {
    let refusal = outcome.as_ref().err();
    refusal.is_some_and(|refusal| rules.iter().any(|rule| rule.name == refusal.rule().name))
}

/// Data about a request, taken from the org under its lock.
struct RequestContext {
    now: Seconds,
    facts: RequestFacts,
    rate_check: Result<(), OktaError>,
    /// True if the org has faults, so that most requests need not look for one.
    has_faults: bool,
}

/// Returns the complete answer, as bytes on the wire, to a client that sent no valid request.
fn answer_without_request(org: &MockOrg, error: OktaError) -> Vec<u8> {
    let context = request_context(org);
    let body = envelope_json(&error, org.lock().random.error_id());
    log(&error.into(), &context, None);
    let facts = RequestFacts { date: Some(context.now), ..context.facts };
    let mut bytes = b"HTTP/1.1 400 Bad Request\r\n".to_vec();
    for (name, value) in &HeaderSet::Json.headers(&facts) {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len()).bytes());
    bytes.extend(body);
    bytes
}

/// Counts a request against the rate limit, and takes its id and time from the org.
fn request_context(org: &MockOrg) -> RequestContext {
    let mut org = org.lock();
    let has_faults = !org.controlled().faults.is_empty();
    let now = org.clock.now();
    let (rate, rate_check) = org.rate.count(now);
    let date = (!org.clock.is_system_time()).then_some(now);
    let facts = RequestFacts { id: org.random.request_id(), rate, date };
    RequestContext { now, facts, rate_check, has_faults }
}

/// Checks a request and returns the call that it makes.
fn admit<'a>(
    served: Served<'a>,
    parts: &'a Parts,
    origin: Option<Origin>,
    context: &RequestContext,
    route: Result<RouteMatch<'a>, Refusal>,
    observed: &'a Observed<'a>,
) -> Result<Call<'a>, Refusal> {
    let unreadable = || OktaError::new(&rule::REQUEST_UNREADABLE, ErrorCode::BadRequest);
    let path = parts.uri.path();
    let is_encoded = is_percent_encoded(path) && is_percent_encoded(parts.uri.query().unwrap_or(""));
    if !is_encoded || !is_framed(&parts.headers) || head_size(parts) > HEAD_LIMIT {
        return Err(unreadable().into());
    }
    let origin = origin.ok_or_else(unreadable)?;
    let settings = served.org.settings();
    check_host(&origin, path, settings, served.orgs)?;
    if path.starts_with("/api/") || path.starts_with("/oauth2/") {
        context.rate_check.clone()?;
    }
    let operation = route.as_ref().ok().map(|route| route.operation);
    let caller = authentication::caller(parts, operation, &origin, served.org)?;
    Call::new(served, parts, origin, caller, route?, observed)
}

/// Returns the approximate size of a request head, in bytes. hyper may read more than its own limit if the
/// bytes are already there.
fn head_size(parts: &Parts) -> usize {
    let target = parts.uri.path().len() + parts.uri.query().map_or(0, str::len);
    parts.headers.iter().fold(target, |size, (name, value)| size + name.as_str().len() + value.len() + 4)
}

/// Refuses hosts that a web page could use (see [`host`]).
fn check_host(origin: &Origin, path: &str, settings: &Settings, orgs: &Orgs) -> Result<(), OktaError> {
    let requested = origin.requested();
    let name = requested.host();
    // A declared token protects the API, but nothing protects the control plane.
    let needs_private = !settings.declares_tokens() || path == "/_mock" || path.starts_with("/_mock/");
    let is_served = |name| host::is_private(name) || host::is_allowed(name, &settings.allowed_hosts);
    // `acme.okta-mock` is the host of the org acme at `okta-mock`.
    let is_served_org =
        || orgs.at(requested).and(name.split_once('.')).is_some_and(|(_, rest)| is_served(rest));
    if !needs_private || is_served(name) || is_served_org() {
        return Ok(());
    }
    let or_token = if settings.declares_tokens() { "" } else { ", or declare a token with --api-token-file" };
    let cause =
        format!("The mock does not serve the host {name}. Start it with --allowed-host {name}{or_token}.");
    Err(OktaError::new(&rule::REQUEST_HOST_REFUSED, ErrorCode::InvalidSession).because(cause))
}

/// Returns true if the body has no transfer coding other than chunked (RFC 9112, 6.1).
fn is_framed(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

/// Reads `//api/v1/…` as `/api/v1/…` (recorded). No other doubled slash is known to be accepted.
fn correct_path(uri: &mut Uri) {
    let Some(rest) = uri.path_and_query().and_then(|target| target.as_str().strip_prefix('/')) else {
        return;
    };
    if !rest.starts_with("/api/") {
        return;
    }
    if let Ok(corrected) = PathAndQuery::try_from(rest) {
        rule::REQUEST_DOUBLE_SLASH.apply();
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(corrected);
        if let Ok(corrected) = Uri::from_parts(parts) {
            *uri = corrected;
        }
    }
}

/// Returns true if every `%` begins an encoded byte and the decoded text is UTF-8.
fn is_percent_encoded(text: &str) -> bool {
    if !text.as_bytes().contains(&b'%') {
        return true;
    }
    let whole = text
        .split('%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit));
    whole && percent_encoding::percent_decode_str(text).decode_utf8().is_ok()
}

/// Turns a refusal into an answer. Returns the rule that refused, too.
fn finish(
    org: &MockOrg,
    outcome: Outcome,
    context: &RequestContext,
    request_line: Option<(&Method, &Uri)>,
) -> (Answer, Option<&'static Rule>) {
    let refusal = match outcome {
        Ok(answer) => return (answer, None),
        Err(refusal) => refusal,
    };
    log(&refusal, context, request_line);
    let rule = refusal.rule();
    let error_id = org.lock().random.error_id();
    let is_control = request_line.is_some_and(|(_, uri)| log_entry::is_control_plane(uri.path()));
    let answer = match is_control {
        true => refusal.control_answer(error_id),
        false => refusal.answer(error_id),
    };
    (answer, Some(rule))
}

/// Logs a refusal in one line. Client text is quoted: it may contain line breaks and control characters.
fn log(refusal: &Refusal, context: &RequestContext, request_line: Option<(&Method, &Uri)>) {
    let (summary, causes) = refusal.texts();
    let (method, path) = request_line.map_or(("-", "-"), |(method, uri)| (method.as_str(), uri.path()));
    tracing::info!(
        rule = refusal.rule().name,
        code = refusal.code(),
        summary = ?echo(summary),
        cause = causes.first().map(|cause| tracing::field::debug(echo(cause))),
        method,
        path = ?echo(path),
        request_id = %String::from_utf8_lossy(&hex(context.facts.id)),
        "refused"
    );
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::org::{Org, OrgSettings};

    #[tokio::test]
    async fn a_panic_is_answered_as_a_fault_of_the_mock() {
        let org = Org::new(&OrgSettings::default()).unwrap();
        let org = MockOrg::new(org, Arc::new(Settings::default()));
        let (outcome, fault) = caught(async { panic!("a fault") }).await;
        assert!(fault.is_none());
        let (answer, rule) = finish(&org, outcome, &request_context(&org), None);
        assert_eq!((answer.status.as_u16(), rule.unwrap().name), (500, rule::SERVER_FAULT.name));
        let envelope: serde_json::Value = serde_json::from_slice(answer.body.as_bytes().unwrap()).unwrap();
        assert_eq!(envelope["errorCode"], "E0000009");
        assert!(!envelope.to_string().contains("a fault"));
    }
}
