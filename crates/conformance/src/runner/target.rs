//! Where a run goes, and what it may do there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use reqwest::Url;

use crate::credential::{API_TOKEN, Credential};
use crate::error::RunError;
use crate::secrets::{CREDENTIAL, Vault};
use crate::transport::{Guard, TargetKind, Transport, Writes, build_client, is_loopback, probe};

/// Secrets by name.
type Secrets = Vec<(String, String)>;

/// A target that has answered. No `Debug`: it holds secrets.
pub(super) struct Target {
    pub(super) kind: TargetKind,
    pub(super) transport: Transport,
    pub(super) credential: Credential,
    /// The vaults of this run, by the secrets of the flow: many flows share one.
    pub(super) vaults: Mutex<HashMap<Secrets, Arc<Vault>>>,
}

/// Reads a target's URL: an origin and nothing more.
pub(super) fn parse(text: &str) -> Result<Url, RunError> {
    let wrong = |reason: &str| RunError::Usage(format!("--target {text}: {reason}"));
    let url =
        Url::parse(text).map_err(|_| wrong("not a URL; give the org's, as in https://dev-123.okta.com"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("not a web address; give the org's, as in https://dev-123.okta.com"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // The text is not repeated: it may hold a secret.
        return Err(RunError::Usage(
            "--target holds a user name or password; credentials come from the environment".to_owned(),
        ));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("give the org's URL alone, without a path"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(wrong("http is for this machine only; use https"));
    }
    Ok(url)
}

/// Whether `--allow-writes` names the target's own host.
pub(super) fn armed(url: &Url, host: &str) -> Result<(), RunError> {
    let own = url.host_str().unwrap_or_default();
    let with_port = url.port().map(|port| format!("{own}:{port}"));
    if host.eq_ignore_ascii_case(own) || with_port.is_some_and(|own| host.eq_ignore_ascii_case(&own)) {
        return Ok(());
    }
    Err(RunError::Usage(format!(
        "--allow-writes {host} is not the target's host; to allow writes give --allow-writes {own}"
    )))
}

impl Target {
    /// The in-process mock: known, and free to write to.
    pub(super) fn in_process(url: &str) -> Result<Self, RunError> {
        let url = parse(url)?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Self {
            kind: TargetKind::Mock { version },
            transport: transport(&url, Writes::Armed, &Credential::made_up())?,
            credential: Credential::made_up(),
            vaults: Mutex::default(),
        })
    }

    /// Asks a target what it is; decides what may be written there.
    pub(super) async fn reach(
        url: &Url,
        credential: Option<Credential>,
        armed: bool,
    ) -> Result<Self, RunError> {
        let stated = credential.is_some();
        let credential = credential.unwrap_or_else(Credential::made_up);
        let host = url.host_str().unwrap_or_default();
        if !stated && !is_loopback(url) {
            return Err(RunError::Usage(format!(
                "no credential for {host}; set {API_TOKEN}, OKTA_ACCESS_TOKEN or give --credential-file"
            )));
        }
        let refused = Writes::Refused("it writes, and writes are not armed".to_owned());
        let reading = transport(url, refused, &credential)?;
        let kind = probe(&reading).await?;
        let writes = match kind {
            TargetKind::Mock { .. } => Writes::Armed,
            TargetKind::Org if armed => Writes::Armed,
            TargetKind::Org => Writes::Refused(format!(
                "it writes, and {host} is not armed; to allow writes give --allow-writes {host}"
            )),
        };
        Ok(Self {
            transport: transport(url, writes, &credential)?,
            kind,
            credential,
            vaults: Mutex::default(),
        })
    }

    pub(super) fn shown(&self) -> String {
        self.transport.base().origin().ascii_serialization()
    }

    pub(super) fn is_mock(&self) -> bool {
        matches!(self.kind, TargetKind::Mock { .. })
    }
}

fn transport(url: &Url, writes: Writes, credential: &Credential) -> Result<Transport, RunError> {
    let vault =
        Vault::new([(CREDENTIAL.to_owned(), credential.secret.clone())]).map_err(RunError::Internal)?;
    Ok(Transport::new(
        build_client(url)?,
        url.clone(),
        Guard::new(url, writes),
        credential.scheme,
        Arc::new(vault),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn targets() {
        for good in
            ["https://dev-1.okta.com", "http://127.0.0.1:8080/", "http://localhost:1", "http://[::1]:9"]
        {
            assert!(parse(good).is_ok(), "{good}");
        }
        for (bad, reason) in [
            ("dev-1.okta.com", "not a URL"),
            ("ftp://x", "not a web address"),
            ("https://dev-1.okta.com/admin", "without a path"),
            ("http://dev-1.okta.com", "use https"),
        ] {
            let message = parse(bad).unwrap_err().to_string();
            assert!(message.contains(reason), "{message}");
        }
        let message = parse("https://me:canary-word@dev-1.okta.com").unwrap_err().to_string();
        assert!(!message.contains("canary"), "{message}");
    }

    #[test]
    fn only_the_targets_own_host_arms() {
        let url = parse("https://dev-1.okta.com:8443").unwrap();
        assert!(armed(&url, "dev-1.okta.com").is_ok());
        assert!(armed(&url, "DEV-1.okta.com:8443").is_ok());
        for other in ["okta.com", "dev-2.okta.com", "", "dev-1.okta.com:443"] {
            assert!(armed(&url, other).is_err(), "{other}");
        }
    }
}
