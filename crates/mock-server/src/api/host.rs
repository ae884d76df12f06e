//! The hosts that are served. A web page can point a name of its own at this machine (DNS rebinding), and
//! could then read and change the org. Names that public DNS can contain are therefore refused, unless they
//! are allowed.

use std::net::Ipv4Addr;

/// Suffixes of names that public DNS does not contain (RFC 6761, RFC 6762, ICANN's `.internal`).
const PRIVATE_ENDINGS: [&str; 4] = [".localhost", ".test", ".internal", ".local"];

/// Returns true for a host that needs no permission: an IP address, a name without a dot, or a name that
/// only exists in a private network.
pub(crate) fn is_private(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    host.starts_with('[')
        || !name.contains('.')
        || name.parse::<Ipv4Addr>().is_ok()
        || PRIVATE_ENDINGS.iter().any(|ending| ends_with(name, ending))
}

/// Returns true if the host is one of those allowed; `*` allows any.
pub(crate) fn is_allowed(host: &str, allowed: &[String]) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    allowed.iter().any(|entry| entry == "*" || entry.eq_ignore_ascii_case(name))
}

fn ends_with(name: &str, ending: &str) -> bool {
    let start = name.len().saturating_sub(ending.len());
    name.get(start..).is_some_and(|tail| tail.eq_ignore_ascii_case(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_public_dns_are_not_private() {
        for host in [
            "localhost",
            "127.0.0.1",
            "192.168.1.2",
            "[::1]",
            "okta-mock",
            "acme.localhost",
            "ACME.LocalHost",
            "acme.test",
            "a.b.internal",
            "printer.local",
            "localhost.",
        ] {
            assert!(is_private(host), "{host}");
        }
        for host in [
            "dev-123.okta.com",
            "evil.example",
            "localhost.evil.com",
            "127.0.0.1.evil.com",
            "127.1",
            "0x7f.0.0.1",
            "eviltest.com",
            "evil.com.",
        ] {
            assert!(!is_private(host), "{host}");
        }
    }

    #[test]
    fn allowed_names_are_case_insensitive() {
        let allowed = ["Mock.Example.com".to_owned()];
        assert!(is_allowed("mock.example.COM", &allowed));
        assert!(is_allowed("mock.example.com.", &allowed));
        assert!(!is_allowed("a.mock.example.com", &allowed));
        assert!(is_allowed("anything.example", &["*".to_owned()]));
        assert!(!is_allowed("x.example", &[]));
    }
}
