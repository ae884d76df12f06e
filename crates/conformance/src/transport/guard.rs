//! The guard sees every request before it leaves. No flow, also none of a
//! user's own, gets round it: it stands where the bytes are sent.

use reqwest::{Method, Url};

/// Whether requests that change something may be sent, and if not, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Writes {
    Armed,
    Refused(String),
}

/// Knows the one place a run may talk to, and what it may do there.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    origin: Url,
    writes: Writes,
}

impl Guard {
    pub(crate) fn new(origin: &Url, writes: Writes) -> Self {
        Self { origin: origin.clone(), writes }
    }

    pub(crate) fn writes(&self) -> &Writes {
        &self.writes
    }

    /// Refuses, with the reason, what must not be sent.
    pub(crate) fn check(&self, method: &Method, url: &Url) -> Result<(), String> {
        if url.origin() != self.origin.origin() {
            return Err(format!(
                "the request goes to {}, and this run talks to {} only",
                url.origin().ascii_serialization(),
                self.origin.origin().ascii_serialization()
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("the URL carries a user name or password".to_owned());
        }
        // RFC 9110, section 9.2.1: safe methods ask for no change.
        if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return Ok(());
        }
        match &self.writes {
            Writes::Armed => Ok(()),
            Writes::Refused(reason) => Err(reason.clone()),
        }
    }
}

/// Whether a URL names this very machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn guard(writes: Writes) -> Guard {
        Guard::new(&url("https://dev-1.okta.com"), writes)
    }

    #[test]
    fn reads_pass_and_writes_need_arming() {
        let refused = guard(Writes::Refused("not armed".to_owned()));
        let app = url("https://dev-1.okta.com/api/v1/apps");
        assert_eq!(refused.check(&Method::GET, &app), Ok(()));
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
            assert_eq!(refused.check(&method, &app), Err("not armed".to_owned()));
            assert_eq!(guard(Writes::Armed).check(&method, &app), Ok(()));
        }
        let odd = Method::from_bytes(b"PROPFIND").unwrap();
        assert!(refused.check(&odd, &app).is_err());
    }

    #[test]
    fn other_places_are_never_reached() {
        let armed = guard(Writes::Armed);
        for other in [
            "http://dev-1.okta.com/",
            "https://dev-1.okta.com:8443/",
            "https://dev-2.okta.com/",
            "https://dev-1.okta.com.evil.example/",
            "https://user:word@dev-1.okta.com/",
            "https://127.0.0.1/",
        ] {
            assert!(armed.check(&Method::GET, &url(other)).is_err(), "{other}");
        }
        assert!(armed.check(&Method::GET, &url("https://dev-1.okta.com:443/x")).is_ok());
    }

    #[test]
    fn loopback() {
        for (text, expected) in [
            ("http://127.0.0.1:1/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:80/", true),
            ("http://localhost/", true),
            ("http://localhost.example.com/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&url(text)), expected, "{text}");
        }
    }
}
