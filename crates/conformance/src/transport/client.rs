//! Sends requests through the guard: the pace, the stop, retries, and the check of created apps.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Method, Url};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::access::{Access, DPOP};
use super::network::{chain, is_badly_encoded};
use super::retry::{Retry, RetryState};
use super::{Guard, Pace, PlannedRequest, RequestedChange, Stop, Writes};
use crate::credential::Scheme;
use crate::error::RunError;
use crate::exchange::{Body, ResponseRecord};
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
    /// None before the run has a token.
    access: Option<Arc<Access>>,
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
    /// The time of the last change that got no answer: its effect is unknown.
    pub(crate) unsettled: Arc<watch::Sender<Option<Instant>>>,
}

impl Transport {
    /// Creates a transport that sends the token of `access`, and removes it and `others` from answers.
    pub(crate) fn new(
        shared_client: SharedClient,
        guard: Guard,
        base: &Url,
        access: Option<&Access>,
        others: impl Iterator<Item = String>,
    ) -> Result<Self, RunError> {
        let secret = access.map(|access| (CREDENTIAL.to_owned(), access.token.secret.clone()));
        let others = others.map(|value| ("other".to_owned(), value));
        let vault = Vault::new(secret.into_iter().chain(others)).map_err(RunError::Internal)?;
        let vault = Arc::new(vault);
        let access = access.cloned().map(Arc::new);
        Ok(Self { shared_client, base: base.clone(), guard, access, vault })
    }

    /// The same transport with the secrets of another flow.
    pub(crate) fn with_vault(&self, vault: Arc<Vault>) -> Self {
        Self { vault, ..self.clone() }
    }

    /// The scheme of the token; none before the run has one.
    pub(super) fn scheme(&self) -> Scheme {
        self.access.as_ref().map(|access| access.token.scheme).unwrap_or_default()
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

    /// The same transport with other write permissions.
    pub(crate) fn with_writes(&self, writes: Writes) -> Self {
        Self { guard: Guard::new(&self.base, writes), ..self.clone() }
    }

    /// The time of the last change that the org may still carry out.
    pub(crate) fn unsettled_since(&self) -> Option<Instant> {
        *self.shared_client.unsettled.borrow()
    }

    /// The same transport, unaffected by a stop of the flows.
    pub(crate) fn without_stop(&self) -> Self {
        Self {
            shared_client: SharedClient { stop: Stop::default(), ..self.shared_client.clone() },
            ..self.clone()
        }
    }

    /// Sends a request, with retries where that is safe (see [`RetryState`]).
    pub(super) async fn exchange(
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
            self.shared_client.unsettled.send_replace(Some(Instant::now()));
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
        // Each attempt needs a proof of its own: an org accepts one once.
        let proof = self.access.as_ref().map(|access| access.proof(method, url, headers)).transpose();
        let proof = proof.map_err(|error| SendFailure { sent: false, reason: error.to_string() })?;
        if let Some(proof) = proof.flatten() {
            request = request.header(DPOP, proof);
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
