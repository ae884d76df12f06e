//! Sends requests, through the guard, and removes secrets from what comes back
//! before anything else sees it.

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url, redirect};
use serde_json::Value;

use super::{Body, Content, CredentialUse, Guard, Planned, RequestRecord, ResponseRecord};
use crate::error::RunError;
use crate::secrets::Vault;

/// An answer larger than this is not one of this API.
const MAX_BODY: usize = 4 * 1024 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// RFC 3986, section 3.3: what may stand in a path segment as it is.
const SEGMENT: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b':');

/// Why a request brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SendError {
    /// The guard refused it; nothing was sent.
    Refused(String),
    /// It could not be put together.
    Invalid(String),
    /// The network, or an answer without end.
    Failed(String),
}

/// The one place that sends.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    client: reqwest::Client,
    base: Url,
    guard: Guard,
    scheme: &'static str,
    vault: Arc<Vault>,
}

/// Builds the client of a run. TLS is rustls with ring; a plain loopback target
/// needs no certificates, so none are read for it.
pub(crate) fn build_client(base: &Url) -> Result<reqwest::Client, RunError> {
    // A second call finds the provider installed: that is what is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .user_agent(concat!("okta-conformance/", env!("CARGO_PKG_VERSION")));
    let builder = match base.scheme() {
        "http" => builder.no_proxy().tls_certs_only([]),
        _ => builder,
    };
    builder
        .build()
        .map_err(|error| RunError::Internal(format!("cannot build the HTTP client: {}", chain(&error))))
}

impl Transport {
    pub(crate) fn new(
        client: reqwest::Client,
        base: Url,
        guard: Guard,
        scheme: &'static str,
        vault: Arc<Vault>,
    ) -> Self {
        Self { client, base, guard, scheme, vault }
    }

    /// The same way out, with the secrets of another flow.
    pub(crate) fn with_vault(&self, vault: Arc<Vault>) -> Self {
        Self { vault, ..self.clone() }
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.guard
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// What would be sent, as it may be kept.
    pub(crate) fn record(&self, planned: &Planned) -> Result<RequestRecord, SendError> {
        let url = self.url(planned)?;
        Ok(self.record_for(planned, &url))
    }

    fn record_for(&self, planned: &Planned, url: &Url) -> RequestRecord {
        let is_authorization = |name: &str| name.eq_ignore_ascii_case(AUTHORIZATION.as_str());
        let stated = planned.headers.iter().find(|(name, _)| is_authorization(name));
        RequestRecord {
            method: planned.method.to_string(),
            url: self.vault.redact(url.as_str()),
            path: self.vault.redact(url.path()),
            query: planned.query.clone(),
            path_parameters: planned.path_parameters.clone(),
            headers: planned.headers.iter().filter(|(name, _)| !is_authorization(name)).cloned().collect(),
            body: planned.body.as_ref().map(|(_, body)| body.kept()),
            credential: match stated {
                None => CredentialUse::Runner,
                Some((_, value)) if value.is_empty() => CredentialUse::None,
                Some(_) => CredentialUse::Stated,
            },
        }
    }

    /// Sends a planned request and gives the exchange as it may be kept.
    pub(crate) async fn send(&self, planned: &Planned) -> Result<ResponseRecord, SendError> {
        let url = self.url(planned)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        self.credential(planned, &mut headers)?;
        for (name, value) in &planned.headers {
            if !name.eq_ignore_ascii_case(AUTHORIZATION.as_str()) {
                headers.insert(header_name(name)?, header_value(&self.vault.reveal(value))?);
            }
        }
        let mut body = None;
        if let Some((content_type, content)) = &planned.body {
            if !headers.contains_key(CONTENT_TYPE) {
                headers.insert(CONTENT_TYPE, header_value(content_type)?);
            }
            body = Some(match content {
                Content::Plain(Body::Json(value)) => self.vault.reveal_value(value).to_string(),
                Content::Plain(Body::Text(text)) => self.vault.reveal(text),
                Content::Form(pairs) => {
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

    /// Goes to a page as a browser would: no credential, no redirect followed.
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
        self.exchange(method, url, headers, form).await
    }

    async fn exchange(
        &self,
        method: Method,
        url: Url,
        headers: HeaderMap,
        body: Option<String>,
    ) -> Result<ResponseRecord, SendError> {
        self.guard.check(&method, &url).map_err(SendError::Refused)?;
        let mut request = self.client.request(method, url).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        let failed = |error: reqwest::Error| SendError::Failed(self.vault.redact(&chain(&error)));
        let mut response = request.send().await.map_err(failed)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > MAX_BODY {
                return Err(SendError::Failed(format!("the answer is larger than {MAX_BODY} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(self.receive(&response, &bytes))
    }

    /// Everything kept of an answer passes here: this is where secrets end.
    fn receive(&self, response: &reqwest::Response, bytes: &[u8]) -> ResponseRecord {
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let text = String::from_utf8_lossy(value.as_bytes());
                (self.vault.redact(name.as_str()), self.vault.redact(&text))
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
            Some(Ok(value)) => Body::Json(value),
            Some(Err(error)) => {
                record.broken_json = is_json.then(|| error.to_string());
                Body::Text(String::from_utf8_lossy(bytes).into_owned())
            }
            None => Body::Text(String::from_utf8_lossy(bytes).into_owned()),
        };
        record.body = Some(self.vault.redact_body(body));
        record
    }

    fn credential(&self, planned: &Planned, headers: &mut HeaderMap) -> Result<(), SendError> {
        let stated =
            planned.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(AUTHORIZATION.as_str()));
        let text = match (stated, self.vault.credential()) {
            (Some((_, value)), _) if value.is_empty() => return Ok(()),
            (Some((_, value)), _) => self.vault.reveal(value),
            (None, Some(secret)) => format!("{} {secret}", self.scheme),
            (None, None) => return Ok(()),
        };
        let mut value = header_value(&text)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        Ok(())
    }

    fn url(&self, planned: &Planned) -> Result<Url, SendError> {
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

fn header_name(name: &str) -> Result<HeaderName, SendError> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| SendError::Invalid(format!("`{name}` is not a header's name")))
}

fn header_value(value: &str) -> Result<HeaderValue, SendError> {
    HeaderValue::from_str(value)
        .map_err(|_| SendError::Invalid("a header's value holds characters that none may".to_owned()))
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
