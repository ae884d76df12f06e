//! A fast client of the shipped router, without sockets and with a frozen clock.

use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use okta_mock_server::{Load, MockOrg, MockServer};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::{Answer, ContractCheck, canary};

/// The Host of every request.
pub const HOST: &str = "dev-1.example.test";
/// The origin of links.
pub const ORIGIN: &str = "http://dev-1.example.test";

/// An empty mock org and a client of it. Every answer is checked against the contract.
#[derive(Debug)]
pub struct Routed {
    runtime: Runtime,
    router: Router,
    org: MockOrg,
}

impl Routed {
    /// An empty org with a fixed seed and a frozen clock.
    ///
    /// # Panics
    /// If the system lacks the resources.
    #[must_use]
    pub fn empty() -> Self {
        let time = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let org = MockServer::builder().load(Load::Empty).seed(7).frozen_clock(time).build();
        let org = org.expect("an org");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { runtime, router: org.router(), org }
    }

    /// Moves the org's clock.
    pub fn advance(&self, seconds: u32) {
        self.org.advance_clock(Duration::from_secs(seconds.into())).expect("the clock has an end");
    }

    /// Sends a request with an administrator's token, and a JSON body if there is one.
    ///
    /// # Panics
    /// If an org would not give this answer.
    #[track_caller]
    pub fn send(&self, method: &str, target: &str, body: Option<&str>) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", HOST)
            .header("authorization", format!("SSWS {}", canary::API_TOKEN));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_owned()));
        let answer = self.exchange(request.body(body).expect("a request"));
        ContractCheck::shared().assert(method, target, &answer);
        answer
    }

    /// Sends a request with these headers alone, and a body.
    ///
    /// # Panics
    /// If an org would not give this answer.
    #[track_caller]
    pub fn send_with(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let request = Request::builder().method(method).uri(target).header("host", HOST);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = self.exchange(request.body(Body::from(body.to_owned())).expect("a request"));
        ContractCheck::shared().assert(method, target, &answer);
        answer
    }

    /// Sends a request with an administrator's token, and does not check the answer.
    pub fn send_unchecked(&self, method: &str, target: &str) -> Answer {
        let request = Request::builder().method(method).uri(target).header("host", HOST);
        let request = request.header("authorization", format!("SSWS {}", canary::API_TOKEN));
        self.exchange(request.body(Body::empty()).expect("a request"))
    }

    fn exchange(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.expect("an answer");
            let (parts, body) = response.into_parts();
            let body = body.collect().await.expect("a body").to_bytes().to_vec();
            let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let mut headers: Vec<_> =
                parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
            if parts.status == 204 {
                // hyper takes it out of an answer that can have no body (RFC 9110, 8.6).
                headers.retain(|(name, _)| name != "content-length");
            } else if body.is_empty() {
                // hyper adds it.
                headers.push(("content-length".to_owned(), "0".to_owned()));
            }
            Answer { status: parts.status.as_u16(), headers, body }
        })
    }
}
