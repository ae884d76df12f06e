//! Builds requests from plans: path, query, headers, credential and body, with the secrets inserted.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};

use super::client::{Reply, SendError, Transport};
use super::planned_request::{PlannedBody, PlannedRequest};
use crate::exchange::{Body, CredentialUse, RequestRecord, ResponseRecord};

/// Characters that need no encoding in a path segment (RFC 3986, section 3.3).
const SEGMENT: AsciiSet =
    NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@').remove(b':');

impl Transport {
    /// The request to be sent, as recorded in reports.
    pub(crate) fn record(&self, planned: &PlannedRequest) -> Result<RequestRecord, SendError> {
        let url = self.url(planned)?;
        Ok(self.record_for(planned, &url))
    }

    fn record_for(&self, planned: &PlannedRequest, url: &Url) -> RequestRecord {
        let is_authorization = |name: &str| name.eq_ignore_ascii_case(AUTHORIZATION.as_str());
        let stated = planned.headers.iter().find(|(name, _)| is_authorization(name));
        let parameter =
            |(name, value): &(String, String)| (name.clone(), self.vault().sent_parameter(name, value));
        let header = |(name, value): &(String, String)| (name.clone(), self.vault().sent_header(name, value));
        let body = planned.body.as_ref().map(|(_, content)| match content {
            PlannedBody::Plain(body) => self.vault().sent(body.clone()),
            PlannedBody::Form(pairs) => PlannedBody::Form(pairs.iter().map(parameter).collect()).kept(),
        });
        let headers: Vec<_> = planned.headers.iter().map(header).collect();
        let query = planned.query.iter().map(parameter).collect();
        RequestRecord {
            method: planned.method.to_string(),
            url: self.vault().sent_url(url.as_str()),
            path: self.vault().redact(url.path()),
            query,
            path_parameters: planned
                .path_parameters
                .iter()
                .map(|(name, value)| (name.clone(), self.vault().redact(value)))
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

    /// Sends a planned request and returns the recorded exchange.
    pub(crate) async fn send(&self, planned: &PlannedRequest) -> Result<Reply, SendError> {
        let url = self.url(planned)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        self.credential(planned, &mut headers)?;
        for (name, value) in &planned.headers {
            if !name.eq_ignore_ascii_case(AUTHORIZATION.as_str()) {
                self.guard().check_header(name).map_err(SendError::Refused)?;
                headers.insert(header_name(name)?, header_value(&self.vault().reveal(value))?);
            }
        }
        let mut body = None;
        if let Some((content_type, content)) = &planned.body {
            if !headers.contains_key(CONTENT_TYPE) {
                headers.insert(CONTENT_TYPE, header_value(content_type)?);
            }
            body = Some(match content {
                PlannedBody::Plain(Body::Json(value)) => self.vault().reveal_value(value).to_string(),
                PlannedBody::Plain(Body::Text(text)) => self.vault().reveal(text),
                PlannedBody::Form(pairs) => {
                    let mut form = form_urlencoded::Serializer::new(String::new());
                    for (name, value) in pairs {
                        form.append_pair(name, &self.vault().reveal(value));
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

    fn credential(&self, planned: &PlannedRequest, headers: &mut HeaderMap) -> Result<(), SendError> {
        let stated =
            planned.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(AUTHORIZATION.as_str()));
        let text = match (stated, self.vault().credential()) {
            (Some((_, value)), _) if value.is_empty() => return Ok(()),
            (Some((_, value)), _) => self.vault().reveal(value),
            (None, Some(secret)) => format!("{} {secret}", self.scheme().word()),
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
            let value = self.vault().reveal(value);
            let encoded = utf8_percent_encode(&value, &SEGMENT).to_string();
            path = path.replace(&format!("{{{name}}}"), &encoded);
        }
        let mut url = self.base().clone();
        url.set_path(&path);
        if !planned.query.is_empty() {
            let mut query = url.query_pairs_mut();
            for (name, value) in &planned.query {
                query.append_pair(name, &self.vault().reveal(value));
            }
        }
        Ok(url)
    }
}

fn header_name(name: &str) -> Result<HeaderName, SendError> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| SendError::Invalid(format!("`{name}` is not a valid header name")))
}

fn header_value(value: &str) -> Result<HeaderValue, SendError> {
    HeaderValue::from_str(value)
        .map_err(|_| SendError::Invalid("a header value contains invalid characters".to_owned()))
}
