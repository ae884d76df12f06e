//! Network settings of a run (timeouts, certificates, proxies), and errors of the client.

use std::io::ErrorKind;
use std::time::Duration;

use reqwest::{Certificate, Url, redirect};

use super::is_loopback;
use crate::bundle::TextFile;
use crate::error::RunError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Options of the HTTP client of a run.
#[derive(Debug, Clone)]
pub(crate) struct ClientOptions {
    /// Names the tool, its version and the run, so that an admin finds its requests in the system log.
    pub(crate) user_agent: String,
    pub(crate) request_timeout: Duration,
    /// Certificates to trust in addition to the system's.
    pub(crate) extra_roots: Vec<Certificate>,
}

/// Parses the certificates in a file.
pub(crate) fn certificates(file: &TextFile) -> Result<Vec<Certificate>, RunError> {
    match Certificate::from_pem_bundle(file.text.as_bytes()) {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(RunError::file(&file.name, 1, "no PEM certificates in this file")),
    }
}

/// Builds the HTTP client of a run. TLS is rustls with ring. A plain loopback target needs no certificates
/// and no proxy, so none are used.
pub(crate) fn build_client(
    base: &Url,
    options: &ClientOptions,
    reuse: bool,
) -> Result<reqwest::Client, RunError> {
    // Fails if a provider is already installed, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(options.request_timeout)
        .pool_max_idle_per_host(if reuse { usize::MAX } else { 0 })
        .user_agent(options.user_agent.clone());
    let roots = options.extra_roots.clone();
    let builder = match base.scheme() {
        "http" => builder.no_proxy().tls_certs_only([]),
        _ if is_loopback(base) => builder.no_proxy().tls_certs_merge(roots),
        _ => {
            check_proxies()?;
            builder.tls_certs_merge(roots)
        }
    };
    builder
        .build()
        .map_err(|error| RunError::Internal(format!("cannot build the HTTP client: {}", chain(&error))))
}

/// Rejects an unusable proxy, which would otherwise be ignored silently.
fn check_proxies() -> Result<(), RunError> {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else { continue };
        let text = value.to_string_lossy();
        let whole = if text.contains("://") { text.to_string() } else { format!("http://{text}") };
        let usable = Url::parse(&whole)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
        if !usable {
            return Err(RunError::usage(format!(
                "{name} is not the URL of an HTTP proxy; set it to a URL such as http://proxy.example.com:3128, or unset it"
            )));
        }
    }
    Ok(())
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

/// True if an answer is not in the encoding that it names, such as gzip. An interrupted answer is different:
/// the network may be the cause.
pub(super) fn is_badly_encoded(error: &reqwest::Error) -> bool {
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
