//! Requests between orgs of the process. They pass the edge of the other org, and both request logs have them.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, header};
use tower::Service as _;
use url::Url;

use super::edge::OrgService;
use super::endpoint::Endpoint;
use super::orgs::Orgs;
use super::origin::{Origin, Scheme};
use super::{MockOrg, log_entry};

/// Maximum size of an answer, in bytes.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// An org of the process, by a URL of it.
pub(super) struct Peer {
    orgs: Arc<Orgs>,
    org: MockOrg,
    scheme: Scheme,
}

/// The org that sends a request.
pub(super) struct Sender<'a> {
    pub(super) org: &'a MockOrg,
    /// The app for which it does.
    pub(super) app: &'a str,
}

/// The answer of a peer.
pub(super) struct PeerAnswer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Peer {
    /// Returns the org of the process that serves a URL, seen from a call of this origin.
    pub(super) fn at(orgs: &Arc<Orgs>, url: &Url, origin: &Origin) -> Option<Self> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let org = orgs.serving(url, origin)?;
        Some(Self { orgs: orgs.clone(), org, scheme })
    }

    /// Sends a request to the org.
    pub(super) async fn send(
        &self,
        sender: &Sender<'_>,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        body: String,
    ) -> Option<PeerAnswer> {
        let mut request = http::Request::new(Body::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = url[url::Position::BeforePath..url::Position::AfterQuery].parse().ok()?;
        *request.headers_mut() = headers;
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        request.headers_mut().insert(header::HOST, host.parse().ok()?);
        let (sent, body) = request.into_parts();
        let logged = to_bytes(body, ANSWER_LIMIT).await.ok()?;
        let request = http::Request::from_parts(sent.clone(), Body::from(logged.clone()));
        let endpoint = Endpoint { org: self.org.clone(), orgs: self.orgs.clone(), scheme: self.scheme };
        let answer = OrgService::new(endpoint).call(request).await.ok()?;
        let (parts, body) = answer.into_parts();
        let body = to_bytes(Body::new(body), ANSWER_LIMIT).await.ok()?;
        let answer = PeerAnswer { status: parts.status, headers: parts.headers, body };
        log_entry::record_sent(sender, (&sent, &logged), &answer);
        Some(answer)
    }
}
