//! What happens to every request and answer: the path is corrected, the window counted, refusals
//! become envelopes, and the headers are those recorded for that kind of answer.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Uri, Version};
use tower::{Service, ServiceExt as _};

use super::call::Arrival;
use super::header_set::{HeaderSet, fill_counted};
use super::leftover::{self, Loan};
use super::origin::Origin;
use super::refusal::{Refusal, envelope_json};
use super::{HEAD_LIMIT, Settings, SharedOrg, authentication, host, operation};
use crate::org::rate::RateTicket;
use crate::rules::behaviour::{self as rule, Rule};
use crate::rules::error::{ErrorCode, OktaError, echo};
use crate::rules::identifier::Seconds;

/// An org as a service: the edge, and behind it the API and the pages. It is what listeners serve.
#[derive(Clone)]
pub struct OrgService {
    org: SharedOrg,
    pages: Router,
}

impl OrgService {
    pub(crate) const fn new(org: SharedOrg, pages: Router) -> Self {
        Self { org, pages }
    }

    async fn answer(self, request: Request) -> Result<Response, Infallible> {
        let noted = note(&self.org);
        let asked = asked(&request);
        let (mut parts, mut body) = request.into_parts();
        let may_close = parts.version < Version::HTTP_2;
        let expects = parts.headers.contains_key(header::EXPECT);
        let outcome = match prepare(&self.org, &mut parts, &noted) {
            Ok(arrival) => guarded(pin!(route(&self.org, self.pages, arrival, parts, &mut body))).await,
            Err(refusal) => refusal.into_response(),
        };
        // Who waits to be told to go on sends nothing, and a body that came to no end is not waited for.
        let is_sent = !expects && !is_refused_by(&outcome, [&rule::BODY_TOO_SLOW, &rule::BODY_BROKEN_OFF]);
        let is_read = is_sent && leftover::drain(&mut body).await || body.is_end_stream();
        let mut response = finish(&self.org, outcome, &noted, &asked);
        if !is_read && may_close {
            // Its rest would be taken for the next request (RFC 9112, 9.6).
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        Ok(response)
    }
}

/// Whether an answer is a refusal of one of these entries.
fn is_refused_by(outcome: &Response, entries: [&Rule; 2]) -> bool {
    let refusal = outcome.extensions().get::<Refusal>();
    refusal.is_some_and(|refusal| entries.iter().any(|entry| entry.name == refusal.error().rule.name))
}

/// The method and path of a request, for the log; nothing is put together unless it is read.
fn asked(request: &Request) -> Option<(Method, Uri)> {
    tracing::enabled!(tracing::Level::INFO).then(|| (request.method().clone(), request.uri().clone()))
}

impl<B> Service<http::Request<B>> for OrgService
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        Box::pin(self.clone().answer(request.map(Body::new)))
    }
}

/// What the org noted of one request under its lock.
struct Noted {
    ticket: RateTicket,
    verdict: Result<(), OktaError>,
    request_id: [u8; 16],
    /// The time, where it is not the system's: then answers carry the org's own Date.
    date: Option<Seconds>,
}

/// The whole answer, on the wire, to what could not be read as a request.
pub(crate) fn unreadable_answer(org: &SharedOrg) -> Vec<u8> {
    let noted = note(org);
    let refusal = Refusal::from(OktaError::new(&rule::REQUEST_UNREADABLE, ErrorCode::BadRequest));
    log(&refusal, &noted, None);
    let body = envelope_json(refusal.error(), org.lock().random.error_id());
    let mut headers = HeaderSet::Json.headers();
    fill_counted(&mut headers, || counted(&noted));
    insert_date(&mut headers, org.lock().clock.now());
    let mut octets = b"HTTP/1.1 400 Bad Request\r\n".to_vec();
    for (name, value) in &headers {
        octets.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    octets.extend(format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len()).bytes());
    octets.extend(body);
    octets
}

fn note(org: &SharedOrg) -> Noted {
    let mut org = org.lock();
    let now = org.clock.now();
    let (ticket, verdict) = org.rate.count(now);
    let date = (!org.clock.is_system_time()).then_some(now);
    Noted { ticket, verdict, request_id: org.random.request_id(), date }
}

/// Corrects the path, notes where the request came in and who makes it, or refuses it.
fn prepare(org: &SharedOrg, parts: &mut Parts, noted: &Noted) -> Result<Arrival, Refusal> {
    let unreadable = || OktaError::new(&rule::REQUEST_UNREADABLE, ErrorCode::BadRequest);
    correct_path(&mut parts.uri);
    let is_encoded =
        is_percent_encoded(parts.uri.path()) && is_percent_encoded(parts.uri.query().unwrap_or(""));
    if !is_encoded || !is_framed(&parts.headers) || head_size(parts) > HEAD_LIMIT {
        return Err(unreadable().into());
    }
    let origin = Origin::of(parts).ok_or_else(unreadable)?;
    check_host(&origin, parts.uri.path(), org.settings())?;
    if parts.uri.path().starts_with("/api/") {
        noted.verdict.clone()?;
    }
    let caller = authentication::caller(parts, &origin, org.settings())?;
    Ok(Arrival { origin, caller })
}

/// The size of a head in octets, about as it came. The HTTP library reads on beyond its own limit
/// where more of a head is there already.
fn head_size(parts: &Parts) -> usize {
    let target = parts.uri.path().len() + parts.uri.query().map_or(0, str::len);
    parts.headers.iter().fold(target, |size, (name, value)| size + name.as_str().len() + value.len() + 4)
}

/// Refuses hosts to which a web page could lead (see [`host`]).
fn check_host(origin: &Origin, path: &str, settings: &Settings) -> Result<(), OktaError> {
    let name = origin.named_host();
    // A declared token protects the API; nothing protects the control plane.
    let needs_private = !settings.declares_tokens() || path == "/_mock" || path.starts_with("/_mock/");
    if !needs_private || host::is_private(name) || host::is_allowed(name, &settings.allowed_hosts) {
        return Ok(());
    }
    let or_token = if settings.declares_tokens() { "" } else { ", or declare a token with --api-token-file" };
    let cause =
        format!("The mock does not serve the host {name}. Start it with --allowed-host {name}{or_token}.");
    Err(OktaError::new(&rule::REQUEST_HOST_REFUSED, ErrorCode::InvalidSession).because(cause))
}

/// Whether a body is coded for its transfer in no way but chunks (RFC 9112, 6.1).
fn is_framed(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

/// `//api/v1/…` is `/api/v1/…` (recorded); no other doubled slash is known to be taken.
fn correct_path(uri: &mut Uri) {
    let Some(rest) = uri.path_and_query().and_then(|it| it.as_str().strip_prefix('/')) else { return };
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

/// Whether every `%` begins an octet and the octets are UTF-8.
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

/// Takes a request to the API, or to one of the pages.
async fn route(
    org: &SharedOrg,
    pages: Router,
    arrival: Arrival,
    mut parts: Parts,
    body: &mut Body,
) -> Response {
    if operation::is_path(parts.uri.path()) {
        return operation::answer(org, arrival, &parts, body).await.into_response();
    }
    parts.extensions.insert(arrival);
    let loan = Loan::default();
    let request = Request::from_parts(parts, loan.lend(std::mem::take(body)));
    let response = match pages.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    *body = loan.rest();
    response
}

/// Waits for an answer; a panic on the way to it is a fault of the mock, and is answered as one.
async fn guarded(mut answer: Pin<&mut impl Future<Output = Response>>) -> Response {
    poll_fn(|context| {
        catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(context))).unwrap_or_else(|_| {
            let error = OktaError::new(&rule::SERVER_FAULT, ErrorCode::InternalServerError);
            Poll::Ready(Refusal::from(error).into_response())
        })
    })
    .await
}

fn finish(org: &SharedOrg, mut response: Response, noted: &Noted, asked: &Option<(Method, Uri)>) -> Response {
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        log(&refusal, noted, asked.as_ref());
        let error_id = org.lock().random.error_id();
        response = refusal.answer(error_id);
    }
    let headers = response.headers_mut();
    fill_counted(headers, || counted(noted));
    if let Some(now) = noted.date {
        insert_date(headers, now);
    }
    response
}

/// One line a refusal. What a client sent is quoted: it may hold line ends and control characters.
fn log(refusal: &Refusal, noted: &Noted, asked: Option<&(Method, Uri)>) {
    let error = refusal.error();
    let (method, path) = asked.map_or(("-", "-"), |(method, uri)| (method.as_str(), uri.path()));
    tracing::info!(
        rule = error.rule.name,
        code = error.code.as_str(),
        summary = ?echo(&error.summary),
        method,
        path = ?echo(path),
        request_id = %String::from_utf8_lossy(&hex(noted.request_id)),
        "refused"
    );
}

fn hex(octets: [u8; 16]) -> [u8; 32] {
    let mut digits = [0; 32];
    for (pair, octet) in digits.chunks_exact_mut(2).zip(octets) {
        for (digit, half) in pair.iter_mut().zip([octet >> 4, octet & 15]) {
            *digit = b"0123456789abcdef"[usize::from(half)];
        }
    }
    digits
}

/// The values of the headers that tell of one request.
fn counted(noted: &Noted) -> [HeaderValue; 4] {
    rule::REQUEST_ID.apply();
    let id = HeaderValue::from_bytes(&hex(noted.request_id)).unwrap_or(HeaderValue::from_static(""));
    let RateTicket { limit, remaining, reset } = noted.ticket;
    [id, limit.into(), remaining.into(), reset.0.into()]
}

/// The org's own time in Date: clients subtract it from x-rate-limit-reset.
fn insert_date(headers: &mut HeaderMap, now: Seconds) {
    let text = jiff::Timestamp::from_second(now.0).ok().and_then(|instant| {
        jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&instant).ok()
    });
    if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
        headers.insert(header::DATE, value);
    }
}
