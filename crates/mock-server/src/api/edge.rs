//! The edge, which every request and answer passes. It corrects the path, counts the request against the
//! rate limit, turns refusals into envelopes, and sets the headers recorded for each kind of answer.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, StatusCode, Uri, Version};
use tower::Service;
use tower_http::body::UnsyncBoxBody;
use tower_http::catch_panic::{self, CatchPanic, ResponseForPanic};

use super::answer::{AnswerBody, Response};
use super::call::Call;
use super::fault::{AppliedFault, ConnectionClosed};
use super::header_set::{HeaderSet, fill_request_headers};
use super::observed::Observed;
use super::operation::RouteMatch;
use super::origin::Origin;
use super::refusal::{Refusal, envelope_json};
use super::{HEAD_LIMIT, MockOrg, Settings, authentication, host, leftover, operation, recorded};
use crate::org::faults::FaultAnswer;
use crate::org::rate::RateStatus;
use crate::rules::behaviour::{self as rule, Rule};
use crate::rules::error::{ErrorCode, OktaError, echo};
use crate::rules::identifier::Seconds;

/// An org as a service, as listeners serve it.
#[derive(Clone)]
pub(crate) struct OrgService(MockOrg);

impl OrgService {
    pub(crate) const fn new(org: MockOrg) -> Self {
        Self(org)
    }
}

impl<B> Service<http::Request<B>> for OrgService
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = http::Response<UnsyncBoxBody<Bytes, axum::BoxError>>;
    type Error = ConnectionClosed;
    type Future = catch_panic::ResponseFuture<AnswerFuture, PanicResponder>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let request_line = request_line(&request);
        CatchPanic::custom(Edge(self.0.clone()), PanicResponder { org: self.0.clone(), request_line })
            .call(request.map(Body::new))
    }
}

/// The service that answers requests. It may panic.
struct Edge(MockOrg);

pub(crate) type AnswerFuture = Pin<Box<dyn Future<Output = Result<Response, ConnectionClosed>> + Send>>;

impl Service<Request> for Edge {
    type Response = Response;
    type Error = ConnectionClosed;
    type Future = AnswerFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectionClosed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> AnswerFuture {
        Box::pin(answer(self.0.clone(), request))
    }
}

/// Answers a panic of the service as a fault of the mock.
#[derive(Clone)]
pub(crate) struct PanicResponder {
    org: MockOrg,
    request_line: Option<(Method, Uri)>,
}

impl ResponseForPanic for PanicResponder {
    type ResponseBody = AnswerBody;

    fn response_for_panic(&mut self, _: Box<dyn Any + Send>) -> Response {
        let error = OktaError::new(&rule::SERVER_FAULT, ErrorCode::InternalServerError);
        let request_line = self.request_line.as_ref().map(|(method, uri)| (method, uri));
        finish(&self.org, Refusal::from(error).into_response(), &request_context(&self.org), request_line).0
    }
}

async fn answer(org: MockOrg, request: Request) -> Result<Response, ConnectionClosed> {
    let started = tracing::enabled!(tracing::Level::DEBUG).then(Instant::now);
    let mut context = request_context(&org);
    let (mut parts, mut body) = request.into_parts();
    correct_path(&mut parts.uri);
    let may_close = parts.version < Version::HTTP_2;
    let expects = parts.headers.contains_key(header::EXPECT);
    let route = operation::find(&parts.method, parts.uri.path(), org.settings().control_plane);
    let observed = Observed::new(route.as_ref().ok());
    let (outcome, fault) = match admit(&org, &parts, &context, route, &observed) {
        Ok(call) => match context.has_faults.then(|| call.fault()).flatten() {
            None => {
                (call.operation().perform(call, &mut body).await.unwrap_or_else(Refusal::into_response), None)
            }
            // On the heap: without a fault, no request pays for this future.
            Some(fault) => Box::pin(faulted(call, fault, &mut body, &mut context)).await,
        },
        Err(refusal) => (refusal.into_response(), None),
    };
    // A client that waits for 100 Continue sends no body, and an incomplete body has no rest to read.
    let is_sent = !expects && !is_refused_by(&outcome, [&rule::BODY_TOO_SLOW, &rule::BODY_BROKEN_OFF]);
    let is_read = is_sent && leftover::drain(&mut body).await || body.is_end_stream();
    let (mut response, rule) = finish(&org, outcome, &context, Some((&parts.method, &parts.uri)));
    if !is_read && may_close {
        // Otherwise the rest of the body would be read as the next request (RFC 9112, 9.6).
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    recorded::record(&org, &parts, &observed, &response, rule, fault.as_ref());
    if let Some(started) = started {
        recorded::trace(&parts, &response, rule, fault.as_ref(), started.elapsed());
    }
    match fault {
        Some(fault) => fault.finish(response),
        None => Ok(response),
    }
}

/// Answers a call to which a fault applies.
async fn faulted(
    call: Call<'_>,
    fault: AppliedFault,
    body: &mut Body,
    context: &mut RequestContext,
) -> (Response, Option<AppliedFault>) {
    let (error_id, now) = {
        let mut org = call.org.lock();
        (org.random.error_id(), org.clock.now())
    };
    if let Some(answer) = fault.answer_instead(error_id) {
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            context.rate.exhaust(now);
        }
        return (answer, Some(fault));
    }
    if let FaultAnswer::Delay(delay) = fault.answer {
        tokio::time::sleep(delay).await;
    }
    (call.operation().perform(call, body).await.unwrap_or_else(Refusal::into_response), Some(fault))
}

/// Returns true if an answer is a refusal by one of these rules.
fn is_refused_by(outcome: &Response, rules: [&Rule; 2]) -> bool {
    let refusal = outcome.extensions().get::<Refusal>();
    refusal.is_some_and(|refusal| rules.iter().any(|rule| rule.name == refusal.error().rule.name))
}

/// Returns the method and URI of a request, to log a panic.
fn request_line<B>(request: &http::Request<B>) -> Option<(Method, Uri)> {
    tracing::enabled!(tracing::Level::INFO).then(|| (request.method().clone(), request.uri().clone()))
}

/// Data about a request, taken from the org under its lock.
struct RequestContext {
    rate: RateStatus,
    rate_check: Result<(), OktaError>,
    request_id: [u8; 16],
    /// The org's time if it differs from the system's; the answer then carries it as Date.
    date: Option<Seconds>,
    /// True if the org has faults, so that most requests need not look for one.
    has_faults: bool,
}

/// Returns the complete answer, as bytes on the wire, to bytes that are not a valid request.
pub(crate) fn unreadable_answer(org: &MockOrg) -> Vec<u8> {
    let context = request_context(org);
    let refusal = Refusal::from(OktaError::new(&rule::REQUEST_UNREADABLE, ErrorCode::BadRequest));
    log(&refusal, &context, None);
    let body = envelope_json(refusal.error(), org.lock().random.error_id());
    let mut headers = HeaderSet::Json.headers();
    fill_request_headers(&mut headers, || request_headers(&context));
    insert_date(&mut headers, org.lock().clock.now());
    let mut bytes = b"HTTP/1.1 400 Bad Request\r\n".to_vec();
    for (name, value) in &headers {
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
    RequestContext { rate, rate_check, request_id: org.random.request_id(), date, has_faults }
}

/// Checks a request and returns the call that it makes.
fn admit<'a>(
    org: &'a MockOrg,
    parts: &'a Parts,
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
    let origin = Origin::from_parts(parts).ok_or_else(unreadable)?;
    check_host(&origin, path, org.settings())?;
    if path.starts_with("/api/") {
        context.rate_check.clone()?;
    }
    let surface = route.as_ref().ok().map(|route| route.operation.surface);
    let caller = authentication::caller(parts, surface, &origin, org.settings())?;
    Call::new(org, parts, origin, caller, route?, observed)
}

/// Returns the approximate size of a request head, in bytes. hyper may read more than its own limit if the
/// bytes are already there.
fn head_size(parts: &Parts) -> usize {
    let target = parts.uri.path().len() + parts.uri.query().map_or(0, str::len);
    parts.headers.iter().fold(target, |size, (name, value)| size + name.as_str().len() + value.len() + 4)
}

/// Refuses hosts that a web page could use (see [`host`]).
fn check_host(origin: &Origin, path: &str, settings: &Settings) -> Result<(), OktaError> {
    let name = origin.requested_host();
    // A declared token protects the API, but nothing protects the control plane.
    let needs_private = !settings.declares_tokens() || path == "/_mock" || path.starts_with("/_mock/");
    if !needs_private || host::is_private(name) || host::is_allowed(name, &settings.allowed_hosts) {
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

fn finish(
    org: &MockOrg,
    mut response: Response,
    context: &RequestContext,
    request_line: Option<(&Method, &Uri)>,
) -> (Response, Option<&'static Rule>) {
    let mut rule = None;
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        log(&refusal, context, request_line);
        rule = Some(refusal.error().rule);
        let error_id = org.lock().random.error_id();
        let is_control = request_line.is_some_and(|(_, uri)| recorded::is_control_plane(uri.path()));
        response = match is_control {
            true => refusal.control_answer(error_id),
            false => refusal.answer(error_id),
        };
    }
    let headers = response.headers_mut();
    fill_request_headers(headers, || request_headers(context));
    if let Some(now) = context.date {
        insert_date(headers, now);
    }
    (response, rule)
}

/// Logs a refusal in one line. Client text is quoted: it may contain line breaks and control characters.
fn log(refusal: &Refusal, context: &RequestContext, request_line: Option<(&Method, &Uri)>) {
    let error = refusal.error();
    let (method, path) = request_line.map_or(("-", "-"), |(method, uri)| (method.as_str(), uri.path()));
    tracing::info!(
        rule = error.rule.name,
        code = error.code.as_str(),
        summary = ?echo(&error.summary),
        method,
        path = ?echo(path),
        request_id = %String::from_utf8_lossy(&hex(context.request_id)),
        "refused"
    );
}

fn hex(bytes: [u8; 16]) -> [u8; 32] {
    let mut digits = [0; 32];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        for (digit, half) in pair.iter_mut().zip([byte >> 4, byte & 15]) {
            *digit = b"0123456789abcdef"[usize::from(half)];
        }
    }
    digits
}

/// Returns the values of the headers that differ for each request.
fn request_headers(context: &RequestContext) -> [HeaderValue; 4] {
    rule::REQUEST_ID.apply();
    let id = HeaderValue::from_bytes(&hex(context.request_id)).unwrap_or(HeaderValue::from_static(""));
    let RateStatus { limit, remaining, reset } = context.rate;
    [id, limit.into(), remaining.into(), reset.0.into()]
}

/// Sets Date to the org's own time: clients subtract it from x-rate-limit-reset.
fn insert_date(headers: &mut HeaderMap, now: Seconds) {
    let text = jiff::Timestamp::from_second(now.0).ok().and_then(|instant| {
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&instant).ok()
    });
    if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
        headers.insert(header::DATE, value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use http_body_util::BodyExt as _;
    use tower::{ServiceExt as _, service_fn};

    use super::*;
    use crate::org::{Org, OrgSettings};

    #[tokio::test]
    async fn a_panic_is_answered_as_a_fault_of_the_mock() {
        let org = MockOrg::new(Org::new(&OrgSettings::default()).unwrap(), Settings::default());
        let panicking =
            service_fn(|_: Request| async { panic!("a fault") as Result<Response, ConnectionClosed> });
        let fault = PanicResponder { org, request_line: None };
        let answer = CatchPanic::custom(panicking, fault).oneshot(Request::default()).await.unwrap();
        assert_eq!(answer.status(), 500);
        assert!(answer.headers().contains_key("x-okta-request-id"));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let envelope: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(envelope["errorCode"], "E0000009");
        assert!(!envelope.to_string().contains("a fault"));
    }
}
