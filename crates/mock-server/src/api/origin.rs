//! The origin of a request, which the links in answers carry.

use std::fmt;
use std::net::SocketAddr;

use http::header::{self, HeaderName};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, Version};

/// The scheme and address by which a client reached the org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Scheme,
    address: Address,
    /// The address that the request itself named, if a proxy forwarded another one.
    behind_proxy: Option<Address>,
}

/// The scheme of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// `http`
    Http,
    /// `https`
    Https,
}

/// A host with an optional port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    authority: Box<str>,
    host_length: usize,
}

/// Maximum length of a host (RFC 1035, 2.3.4, without the dots of the wire form).
const MAX_HOST_LENGTH: usize = 253;

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

impl Origin {
    /// Reads the origin of a request at a listener of this scheme: X-Forwarded-Host and X-Forwarded-Proto of a proxy, else an absolute
    /// request target (RFC 9112, 3.2.2: it overrides Host), else Host. Host must be valid in any case (RFC
    /// 9112, 3.2).
    pub(crate) fn from_parts(parts: &Parts, listener: Scheme) -> Option<Self> {
        let headers = &parts.headers;
        let host = match single(headers, &header::HOST)? {
            Some(host) => Some(Address::parse(host)?),
            None if parts.version < Version::HTTP_2 => return None,
            None => None,
        };
        let requested = match parts.uri.authority() {
            Some(target) => Some(Address::parse(target.as_str())?),
            None => host,
        };
        let (address, behind_proxy) = match single(headers, &FORWARDED_HOST)? {
            Some(forwarded) => (Address::parse(first_value(forwarded))?, requested),
            None => (requested?, None),
        };
        let scheme = match single(headers, &FORWARDED_PROTO)?.map(first_value) {
            None => listener,
            Some(scheme) if scheme.eq_ignore_ascii_case("http") => Scheme::Http,
            Some(scheme) if scheme.eq_ignore_ascii_case("https") => Scheme::Https,
            Some(_) => return None,
        };
        Some(Self { scheme, address, behind_proxy })
    }

    /// Returns the origin of a listener, by its IP address.
    pub(crate) fn of_listener(scheme: Scheme, address: SocketAddr) -> Self {
        let authority = address.to_string();
        let host_length = authority.rfind(':').unwrap_or(authority.len());
        let address = Address { authority: authority.into(), host_length };
        Self { scheme, address, behind_proxy: None }
    }

    /// Returns `http` or `https`.
    pub(crate) const fn scheme(&self) -> &'static str {
        self.scheme.as_str()
    }

    /// Returns the authority: the host, and the port if there is one.
    pub(crate) fn authority(&self) -> &str {
        &self.address.authority
    }

    /// Returns the host and port.
    pub(crate) const fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the address that the request itself named. A web page cannot set it, whatever it forwards.
    pub(crate) fn requested(&self) -> &Address {
        self.behind_proxy.as_ref().unwrap_or(&self.address)
    }

    /// Returns true if a text is the URL of this path of the origin, without query and fragment. If the request
    /// named no port, any port is taken: the Go SDK loses it (sdk).
    pub(crate) fn is_url_of(&self, text: &str, path: &str) -> bool {
        let Some(rest) = text.strip_prefix(self.scheme()).and_then(|rest| rest.strip_prefix("://")) else {
            return false;
        };
        let (authority, found) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        found == path && Address::parse(authority).is_some_and(|address| self.address.is_same(&address))
    }

    /// Returns true for a preview org, as its domain shows.
    pub(crate) fn is_preview(&self) -> bool {
        self.address.host().ends_with(".oktapreview.com")
    }

    /// Returns the admin host: `-admin` after the first label (recorded). An IP address has none.
    pub(crate) fn admin(&self) -> AdminOrigin<'_> {
        AdminOrigin(self)
    }
}

/// Returns the first value of a forwarded header, which is the client's. Each proxy appends its own.
fn first_value(forwarded: &str) -> &str {
    forwarded.split(',').next().unwrap_or_default().trim()
}

impl Address {
    /// Returns the host and port of a URL.
    pub(super) fn of_url(url: &url::Url) -> Option<Self> {
        Self::parse(&url[url::Position::BeforeHost..url::Position::AfterPort])
    }

    fn parse(text: &str) -> Option<Self> {
        let authority: Authority;
        let host = match is_plain(text) {
            // Most hosts. To let Authority read them would take ten times as long.
            true => text.split(':').next()?,
            false => {
                authority = text.parse().ok()?;
                authority.host()
            }
        };
        // An Authority is less strict: it allows user information, brackets around anything, and a port that
        // is not a number.
        let port = text.strip_prefix(host)?;
        (is_host(host) && is_port(port)).then(|| Self { authority: text.into(), host_length: host.len() })
    }

    /// Returns the host; an IPv6 address is in brackets.
    pub(crate) fn host(&self) -> &str {
        &self.authority[..self.host_length]
    }

    fn is_same(&self, other: &Self) -> bool {
        let is_same_port = self.port().is_empty() || self.port() == other.port();
        self.host().eq_ignore_ascii_case(other.host()) && is_same_port
    }

    /// Returns a colon and the port, or empty text.
    pub(crate) fn port(&self) -> &str {
        &self.authority[self.host_length..]
    }

    /// Returns true for an IP address.
    pub(crate) fn is_ip(&self) -> bool {
        let host = self.host();
        host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
    }
}

impl Scheme {
    /// Returns the scheme as it stands in a URL.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Returns true if a text consists of letters, digits, dots, hyphens and colons.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
}

fn is_host(host: &str) -> bool {
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_valid = match bracketed {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && !host.contains(['[', ']']),
    };
    is_valid && host.len() <= MAX_HOST_LENGTH
}

/// Returns true if the text after a host is empty, or a colon and a port.
fn is_port(text: &str) -> bool {
    let digits = text.strip_prefix(':').unwrap_or(text);
    digits.len() <= 5 && (digits.is_empty() || digits.parse::<u16>().is_ok() && !digits.starts_with('+'))
}

/// Returns the value of a header that may occur once, or `None` if it occurs more often or is not text.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Option<&'a str>> {
    // Most requests have no forwarded header: that costs one look-up.
    let Some(value) = headers.get(name) else { return Some(None) };
    let is_single = headers.get_all(name).iter().nth(1).is_none();
    value.to_str().ok().filter(|_| is_single).map(Some)
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.scheme())?;
        formatter.write_str("://")?;
        formatter.write_str(self.authority())
    }
}

/// See [`Origin::admin`].
pub(crate) struct AdminOrigin<'a>(&'a Origin);

impl fmt::Display for AdminOrigin<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.0.authority();
        match authority.split_once('.') {
            Some((label, rest)) if !self.0.address.is_ip() => {
                write!(formatter, "{}://{label}-admin.{rest}", self.0.scheme())
            }
            _ => self.0.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn origin(target: &str, headers: &[(&str, &str)]) -> Option<Origin> {
        let mut request = http::Request::builder().uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Origin::from_parts(&request.body(()).unwrap().into_parts().0, Scheme::Http)
    }

    #[test]
    fn the_origin_is_the_address_of_the_request() {
        for (target, headers, expected) in [
            ("/", &[("host", "localhost:8080")][..], "http://localhost:8080"),
            ("/", &[("host", "[::1]:8080")], "http://[::1]:8080"),
            ("http://other:1/x", &[("host", "localhost")], "http://other:1"),
            (
                "/",
                &[("host", "a"), ("x-forwarded-host", "b.example.com"), ("x-forwarded-proto", "https")],
                "https://b.example.com",
            ),
        ] {
            assert_eq!(origin(target, headers).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn invalid_addresses_are_refused() {
        for headers in [
            &[][..],
            &[("host", "a b")],
            &[("host", "user@evil.example.com")],
            &[("host", "@1234")],
            &[("host", "a@a")],
            &[("host", "a"), ("host", "b")],
            &[("host", "a"), ("x-forwarded-proto", "javascript")],
            &[("host", "")],
            &[("host", "1:7.0.0.1")],
            &[("host", "a:99999")],
            &[("host", "[::zz]")],
            &[("host", &format!("{}.test", "a".repeat(300)))],
            &[("host", "a:0000000000080")],
        ] {
            assert_eq!(origin("/", headers), None, "{headers:?}");
            if headers.iter().all(|(name, _)| *name == "host") {
                assert_eq!(origin("http://other:1/x", headers), None, "{headers:?}");
            }
        }
    }

    #[test]
    fn the_requested_host_ignores_forwarded_headers() {
        let headers = [("host", "evil.example.com"), ("x-forwarded-host", "localhost")];
        assert_eq!(origin("/", &headers).unwrap().requested().host(), "evil.example.com");
        assert_eq!(origin("http://other.test/x", &[("host", "a")]).unwrap().requested().host(), "other.test");
    }

    #[test]
    fn the_admin_host_has_the_admin_suffix() {
        let admin = |host| origin("/", &[("host", host)]).unwrap().admin().to_string();
        assert_eq!(admin("dev-1.okta.com"), "http://dev-1-admin.okta.com");
        assert_eq!(admin("127.0.0.1:80"), "http://127.0.0.1:80");
        assert_eq!(admin("[::1]:80"), "http://[::1]:80");
        assert_eq!(admin("localhost:80"), "http://localhost:80");
    }
}
