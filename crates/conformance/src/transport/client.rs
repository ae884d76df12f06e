//! Sends requests through the guard, and removes secrets from answers before anything else sees them.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::network::chain;
use super::retry::{Retry, RetryState};
use super::{Guard, Pace, PlannedBody, PlannedRequest, RequestedChange, Stop, Writes};
use crate::credential::{Credential, Scheme};
use crate::error::RunError;
use crate::exchange::{Body, CredentialUse, RequestRecord, ResponseRecord};
use crate::repeated_name::repeated_name;
use crate::secrets::{CREDENTIAL, Vault};
use crate::waiting::Waiting;

/// Maximum size of an answer in bytes; no answer of this API is larger.
const MAX_BODY: usize = 4 * 1024 * 1024;
/// Pauses between attempts to read a created app.
const READ_PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];
/// The time to wait for a pending change once the run is stopped.
const GRACE: Duration = Duration::from_millis(700);
/// Minimum length of a wait that is reported.
const MIN_REPORTED_WAIT: Duration = Duration::from_secs(2);
/// Minimum size of an answer that is processed on another thread; smaller ones are not worth it.
const LARGE: usize = 16 * 1024;

/// Characters that need no encoding in a path segment (RFC 3986, section 3.3).
const SEGMENT: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b':');

/// The reason that a request got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SendError {
    /// The guard refused it; nothing was sent.
    Refused(String),
    /// It could not be built.
    Invalid(String),
    /// The network failed, or the answer was too large.
    Failed(String),
}

/// An answer, and the reasons of retries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) response: ResponseRecord,
    /// One reason for each retry.
    pub(crate) repeated: Vec<String>,
}

/// The only place that sends requests.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    shared_client: SharedClient,
    base: Url,
    guard: Guard,
    scheme: Scheme,
    vault: Arc<Vault>,
}

/// The state shared by all requests of a run.
#[derive(Debug, Clone)]
pub(crate) struct SharedClient {
    pub(crate) client: reqwest::Client,
    /// For requests that are not sent twice: a connection that the org is closing would lose them.
    pub(crate) fresh: reqwest::Client,
    pub(crate) pace: Arc<Pace>,
    pub(crate) stop: Stop,
    /// The maximum number of retries of a request.
    pub(crate) retries: u32,
    /// Receives waits as they begin.
    pub(crate) waits: UnboundedSender<Waiting>,
    /// True if a change was sent whose effect is unknown.
    pub(crate) unsettled: Arc<AtomicBool>,
}

impl Transport {
    /// Creates a transport that removes its credential and `others` from answers.
    pub(crate) fn new(
        shared_client: SharedClient,
        guard: Guard,
        base: &Url,
        credential: &Credential,
        others: impl Iterator<Item = String>,
    ) -> Result<Self, RunError> {
        let secret = (CREDENTIAL.to_owned(), credential.secret.clone());
        let others = others.map(|value| ("other".to_owned(), value));
        let vault = Vault::new(std::iter::once(secret).chain(others)).map_err(RunError::Internal)?;
        let vault = Arc::new(vault);
        Ok(Self { shared_client, base: base.clone(), guard, scheme: credential.scheme, vault })
    }

    /// The same transport with the secrets of another flow.
    pub(crate) fn with_vault(&self, vault: Arc<Vault>) -> Self {
        Self { vault, ..self.clone() }
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// Waits for a time, or until the run is stopped.
    pub(crate) async fn sleep(&self, time: Duration) {
        self.shared_client.stop.sleep(time).await;
    }

    /// True if an answer is so large that it is processed on another thread.
    pub(crate) fn is_large(&self, answer: Option<&ResponseRecord>) -> bool {
        let body = answer.and_then(|answer| answer.body.as_ref());
        body.is_some_and(|body| body.is_larger_than(LARGE))
    }

    /// Runs work on an answer; on another thread if it is large.
    pub(crate) fn work<T>(&self, is_large: bool, work: impl FnOnce() -> T) -> T {
        if is_large { self.shared_client.stop.work(work) } else { work() }
    }

    /// Waits until the run is stopped, and returns the reason.
    pub(crate) async fn stopped(&self) -> String {
        self.shared_client.stop.stopped().await
    }

    /// Adds the note of the run to an app that is about to be created.
    pub(crate) fn mark(&self, planned: &mut PlannedRequest) {
        self.guard.mark(planned);
    }

    /// The request to be sent, as recorded in reports.
    pub(crate) fn record(&self, planned: &PlannedRequest) -> Result<RequestRecord, SendError> {
        let url = self.url(planned)?;
        Ok(self.record_for(planned, &url))
    }

    fn record_for(&self, planned: &PlannedRequest, url: &Url) -> RequestRecord {
        let is_authorization = |name: &str| name.eq_ignore_ascii_case(AUTHORIZATION.as_str());
        let stated = planned.headers.iter().find(|(name, _)| is_authorization(name));
        let parameter =
            |(name, value): &(String, String)| (name.clone(), self.vault.sent_parameter(name, value));
        let header = |(name, value): &(String, String)| (name.clone(), self.vault.sent_header(name, value));
        let body = planned.body.as_ref().map(|(_, content)| match content {
            PlannedBody::Plain(body) => self.vault.sent(body.clone()),
            PlannedBody::Form(pairs) => PlannedBody::Form(pairs.iter().map(parameter).collect()).kept(),
        });
        let headers: Vec<_> = planned.headers.iter().map(header).collect();
        let query = planned.query.iter().map(parameter).collect();
        RequestRecord {
            method: planned.method.to_string(),
            url: self.vault.sent_url(url.as_str()),
            path: self.vault.redact(url.path()),
            query,
            path_parameters: planned
                .path_parameters
                .iter()
                .map(|(name, value)| (name.clone(), self.vault.redact(value)))
                .collect(),
            headers: headers.into_iter().filter(|(name, _)| !is_authorization(name)).collect(),
            body,
            credential: match stated {
                None => CredentialUse::Runner,
                Some((_, value)) if value.is_empty() => CredentialUse::None,
                Some(_) => CredentialUse::Stated,
            },
        }
    }

    /// The same transport with other write permissions.
    pub(crate) fn with_writes(&self, writes: Writes) -> Self {
        Self { guard: Guard::new(&self.base, writes), ..self.clone() }
    }

    /// True if the org may still carry out a requested change.
    pub(crate) fn is_unsettled(&self) -> bool {
        self.shared_client.unsettled.load(Ordering::Relaxed)
    }

    /// The same transport, unaffected by a stop of the flows.
    pub(crate) fn without_stop(&self) -> Self {
        Self {
            shared_client: SharedClient { stop: Stop::default(), ..self.shared_client.clone() },
            ..self.clone()
        }
    }

    /// Sends a planned request and returns the recorded exchange.
    pub(crate) async fn send(&self, planned: &PlannedRequest) -> Result<Reply, SendError> {
        let url = self.url(planned)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        self.credential(planned, &mut headers)?;
        for (name, value) in &planned.headers {
            if !name.eq_ignore_ascii_case(AUTHORIZATION.as_str()) {
                self.guard.check_header(name).map_err(SendError::Refused)?;
                headers.insert(header_name(name)?, header_value(&self.vault.reveal(value))?);
            }
        }
        let mut body = None;
        if let Some((content_type, content)) = &planned.body {
            if !headers.contains_key(CONTENT_TYPE) {
                headers.insert(CONTENT_TYPE, header_value(content_type)?);
            }
            body = Some(match content {
                PlannedBody::Plain(Body::Json(value)) => self.vault.reveal_value(value).to_string(),
                PlannedBody::Plain(Body::Text(text)) => self.vault.reveal(text),
                PlannedBody::Form(pairs) => {
                    let mut form = form_urlencoded::Serializer::new(String::new());
                    for (name, value) in pairs {
                        form.append_pair(name, &self.vault.reveal(value));
                    }
                    form.finish()
                }
            });
        }
        self.exchange(planned.method.clone(), url, headers, body).await
    }

    /// Requests a page like a browser: without credential, without following redirects.
    pub(crate) async fn browse(
        &self,
        method: Method,
        url: Url,
        accept: &'static str,
        form: Option<String>,
    ) -> Result<ResponseRecord, SendError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        if form.is_some() {
            let value = HeaderValue::from_static("application/x-www-form-urlencoded");
            headers.insert(CONTENT_TYPE, value);
        }
        self.exchange(method, url, headers, form).await.map(|answered| answered.response)
    }

    /// Sends a request, with retries where that is safe (see [`RetryState`]).
    async fn exchange(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Option<String>,
    ) -> Result<Reply, SendError> {
        let mut attempts = RetryState::new(self.shared_client.retries);
        loop {
            // Stop waiting for a rate limit once the run is stopped.
            tokio::select! {
                biased;
                reason = self.shared_client.stop.stopped() => return Err(SendError::Refused(reason)),
                () = self.shared_client.pace.turn() => {}
            }
            self.guard.check(&method, &url, body.as_deref()).map_err(SendError::Refused)?;
            let outcome = self.attempt(&method, &url, &headers, body.clone()).await?;
            if let Err(SendFailure { sent: false, .. }) | Ok(ResponseRecord { status: 429, .. }) = &outcome {
                // The retry is recorded again.
                self.guard.record_not_created(&method, &url, body.as_deref());
            }
            let retry = match &outcome {
                Ok(response) => attempts.after_answer(&method, response).map_err(SendError::Failed)?,
                Err(broken) => attempts.after_failure(&method, &broken.reason, broken.sent),
            };
            match (retry, outcome) {
                (Some(retry), _) => self.pause(&method, &url, &retry).await,
                (None, Ok(response)) => {
                    self.verify_created(&method, &url, &headers, body.as_deref(), &response).await;
                    return Ok(Reply { response, repeated: attempts.repeated });
                }
                (None, Err(broken)) => return Err(SendError::Failed(broken.reason)),
            }
        }
    }

    /// Waits before a retry. A rate limit holds back all requests.
    async fn pause(&self, method: &Method, url: &Url, retry: &Retry) {
        if retry.wait >= MIN_REPORTED_WAIT {
            let path = self.vault.redact(url.path());
            let reason = format!("{method} {path} answered {}", retry.reason);
            // Without a receiver, the step still reports it.
            let _ = self.shared_client.waits.send(Waiting::new(reason, retry.wait));
        }
        match retry.holds_all {
            true => self.shared_client.pace.hold(retry.wait).await,
            false => self.shared_client.stop.sleep(retry.wait).await,
        }
    }

    /// Sends once, unless the run is stopped.
    async fn attempt(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: Option<String>,
    ) -> Result<Result<ResponseRecord, SendFailure>, SendError> {
        let once = self.once(method, url, headers, body);
        if RequestedChange::of(method, url.path()).is_none() {
            return tokio::select! {
                biased;
                reason = self.shared_client.stop.stopped() => Err(SendError::Refused(reason)),
                outcome = once => Ok(outcome),
            };
        }
        if let Writes::Armed(_) = self.guard.writes() {
            self.shared_client.stop.note_changed(true);
        }
        // Wait a little longer for a change, whose effect would otherwise be unknown.
        let outcome = tokio::select! {
            biased;
            outcome = once => Ok(outcome),
            reason = self.shared_client.stop.stopped_for(GRACE) => Err(SendError::Refused(reason)),
        };
        if matches!(outcome, Err(_) | Ok(Err(SendFailure { sent: true, .. }))) {
            self.shared_client.unsettled.store(true, Ordering::Relaxed);
        }
        outcome
    }

    /// Reads an app that the org reported as created, before the run accepts it as its own.
    async fn verify_created(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        sent: Option<&str>,
        answer: &ResponseRecord,
    ) {
        let Some(id) = self.guard.claimed(method, url, sent, answer) else { return };
        let mut app = url.clone();
        app.set_query(None);
        app.set_path(&proof(url.path(), &id));
        let mut headers = headers.clone();
        headers.remove(CONTENT_TYPE);
        let mut pauses = READ_PAUSES.iter();
        loop {
            // Rate limits and retries apply here too.
            let read = Box::pin(self.exchange(Method::GET, app.clone(), headers.clone(), None)).await;
            match read.map(|answered| answered.response) {
                Ok(ResponseRecord { status: 200, body: Some(Body::Json(seen)), .. }) => {
                    return self.guard.take(&id, sent, &seen);
                }
                Ok(ResponseRecord { status: 500.., .. }) => match pauses.next() {
                    Some(pause) => self.shared_client.stop.sleep(*pause).await,
                    None => return,
                },
                _ => return,
            }
        }
    }

    async fn once(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: Option<String>,
    ) -> Result<ResponseRecord, SendFailure> {
        // A DELETE that may have arrived is not sent again either.
        let once = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT);
        let client = if once { &self.shared_client.fresh } else { &self.shared_client.client };
        let mut request = client.request(method.clone(), url.clone()).headers(headers.clone());
        if let Some(body) = body {
            request = request.body(body);
        }
        let failed = |error: reqwest::Error| SendFailure {
            sent: !error.is_connect(),
            reason: self.vault.redact(&chain(&error)),
        };
        let mut response = request.send().await.map_err(failed)?;
        let mut bytes = Vec::new();
        loop {
            let chunk = match response.chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break,
                Err(error) if is_badly_encoded(&error) => {
                    let mut record = self.receive(&response, &[]);
                    record.body = Some(Body::Text(String::new()));
                    record.broken_json = Some(
                        self.vault.redact(&format!("its content encoding is invalid: {}", chain(&error))),
                    );
                    return Ok(record);
                }
                Err(error) => return Err(failed(error)),
            };
            if bytes.len() + chunk.len() > MAX_BODY {
                let reason = format!("the answer is larger than {MAX_BODY} bytes");
                return Err(SendFailure { reason, sent: true });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(match bytes.len() > LARGE {
            true => self.shared_client.stop.work(|| self.receive(&response, &bytes)),
            false => self.receive(&response, &bytes),
        })
    }

    /// Records an answer and removes its secrets. Every answer passes through here.
    fn receive(&self, response: &reqwest::Response, bytes: &[u8]) -> ResponseRecord {
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let text = String::from_utf8_lossy(value.as_bytes());
                (self.vault.redact(name.as_str()), self.vault.received_header(name.as_str(), &text))
            })
            .collect();
        let mut record =
            ResponseRecord { status: response.status().as_u16(), headers, body: None, broken_json: None };
        if bytes.is_empty() {
            return record;
        }
        let is_json =
            record.media_type().is_some_and(|media| media == "application/json" || media.ends_with("+json"));
        let looks_json = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['));
        let parsed = (is_json || looks_json).then(|| serde_json::from_slice::<Value>(bytes));
        let body = match parsed {
            Some(Ok(value)) => {
                let repeated = repeated_name(bytes).map(|(name, _)| self.vault.redact(&name));
                record.broken_json = repeated.map(|name| format!("`{name}` appears twice in one object"));
                Body::Json(value)
            }
            Some(Err(error)) => {
                record.broken_json = is_json.then(|| error.to_string());
                Body::Text(String::from_utf8_lossy(bytes).into_owned())
            }
            None => Body::Text(String::from_utf8_lossy(bytes).into_owned()),
        };
        record.body = Some(self.vault.received(body));
        record
    }

    fn credential(&self, planned: &PlannedRequest, headers: &mut HeaderMap) -> Result<(), SendError> {
        let stated =
            planned.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(AUTHORIZATION.as_str()));
        let text = match (stated, self.vault.credential()) {
            (Some((_, value)), _) if value.is_empty() => return Ok(()),
            (Some((_, value)), _) => self.vault.reveal(value),
            (None, Some(secret)) => format!("{} {secret}", self.scheme.word()),
            (None, None) => return Ok(()),
        };
        let mut value = header_value(&text)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        Ok(())
    }

    fn url(&self, planned: &PlannedRequest) -> Result<Url, SendError> {
        let mut path = format!("{}{}", planned.base_path, planned.path_template);
        for (name, value) in &planned.path_parameters {
            let value = self.vault.reveal(value);
            let encoded = utf8_percent_encode(&value, &SEGMENT).to_string();
            path = path.replace(&format!("{{{name}}}"), &encoded);
        }
        let mut url = self.base.clone();
        url.set_path(&path);
        if !planned.query.is_empty() {
            let mut query = url.query_pairs_mut();
            for (name, value) in &planned.query {
                query.append_pair(name, &self.vault.reveal(value));
            }
        }
        Ok(url)
    }
}

/// The path of an app that a request to `path` created.
pub(crate) fn proof(path: &str, id: &str) -> String {
    format!("{path}/{id}")
}

/// The reason that no answer came.
struct SendFailure {
    reason: String,
    /// True if the request may have arrived.
    sent: bool,
}

fn header_name(name: &str) -> Result<HeaderName, SendError> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| SendError::Invalid(format!("`{name}` is not a valid header name")))
}

fn header_value(value: &str) -> Result<HeaderValue, SendError> {
    HeaderValue::from_str(value)
        .map_err(|_| SendError::Invalid("a header value contains invalid characters".to_owned()))
}

/// True if an answer is not in the encoding that it names, such as gzip. An interrupted answer is different:
/// the network may be the cause.
fn is_badly_encoded(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let kind = inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(ErrorKind::InvalidData | ErrorKind::InvalidInput)) {
            return error.is_decode();
        }
        cause = inner.source();
    }
    false
}
