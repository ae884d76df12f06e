//! The address of a running mock.

use url::Url;

/// The default URL of a mock.
pub(super) const DEFAULT: &str = "http://127.0.0.1:8080";

/// The URL of a running mock: scheme, host and port.
#[derive(Clone, Debug)]
pub(super) struct Target {
    is_https: bool,
    host: String,
    port: u16,
}

impl Target {
    /// Parses an http or https URL without credentials, path, query and fragment.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let hint = format!("give the URL of a running mock, such as {DEFAULT}");
        let url = Url::parse(text).map_err(|error| format!("{error}; {hint}"))?;
        let is_https = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return Err(format!("the mock speaks only http and https; {hint}")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("a URL with credentials is not accepted; {hint}"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("a URL with a path, query or fragment is not accepted; {hint}"));
        }
        match (url.host_str(), url.port_or_known_default()) {
            (Some(host), Some(port)) => Ok(Self { is_https, host: host.to_owned(), port }),
            _ => Err(format!("the URL has no host or port; {hint}")),
        }
    }

    /// Returns true for https.
    pub(super) const fn is_https(&self) -> bool {
        self.is_https
    }

    /// Returns the host; an IPv6 address is in brackets.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Returns the host without the brackets of an IPv6 address.
    pub(super) fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Returns the port.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Returns host and port.
    pub(super) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Returns the URL, without a trailing slash.
    pub(super) fn url(&self) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }
}
