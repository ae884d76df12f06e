//! The target of a run, and the permissions to write to it.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use reqwest::Url;

use super::run_plan::RunPlan;
use super::waits::WaitSender;
use crate::actor::Person;
use crate::credential::{Credential, Kind, Token};
use crate::error::RunError;
use crate::secrets::Vault;
use crate::setting::Setting;
use crate::transport::{
    Access, ClientOptions, Guard, Pace, SharedClient, TargetKind, Transport, Writes, build_client,
    is_loopback, probe,
};

/// Secrets by name.
type NamedSecrets = Vec<(String, String)>;

/// A target that has answered. No `Debug`: it contains secrets.
pub(super) struct Target {
    pub(super) kind: TargetKind,
    pub(super) transport: Transport,
    pub(super) access: Access,
    /// The source of consents at the third-party apps.
    pub(super) person: Person,
    /// The start of the run by the org's clock: seconds since the epoch.
    pub(super) started: i64,
    /// The number of labels created for apps of this run.
    pub(super) labels: AtomicUsize,
    /// The vaults of this run, by the secrets of the flow; many flows share one.
    pub(super) vaults: Mutex<HashMap<NamedSecrets, Arc<Vault>>>,
}

/// Parses a target's URL, which must be an origin.
pub(super) fn parse(text: &str) -> Result<Url, RunError> {
    let wrong = |reason: &str| RunError::usage(format!("the target {text}: {reason}"));
    let url = Url::parse(text)
        .map_err(|_| wrong("not a URL; use the org's URL, such as https://dev-123.okta.com"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(wrong("not a web address; use the org's URL, such as https://dev-123.okta.com"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // Do not repeat the text: it may contain a secret.
        return Err(RunError::usage(
            "the target contains a user name or password; pass the credential separately",
        )
        .solved_by([Setting::Credential]));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("use the org's URL without a path"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(wrong("http is only allowed for this machine; use https"));
    }
    Ok(url)
}

/// Checks that `--allow-writes` names the target's own host.
pub(super) fn armed(url: &Url, host: &str) -> Result<(), RunError> {
    let own = url.host_str().unwrap_or_default();
    let with_port = url.port().map(|port| format!("{own}:{port}"));
    if host.eq_ignore_ascii_case(own) || with_port.is_some_and(|own| host.eq_ignore_ascii_case(&own)) {
        return Ok(());
    }
    Err(RunError::usage(format!("writes are allowed to {host}, which is not the target's host {own}"))
        .solved_by([Setting::AllowWrites(own.to_owned())]))
}

impl Target {
    /// The in-process mock, which may be written to.
    pub(super) fn in_process(url: &str, plan: &RunPlan, waits: WaitSender) -> Result<Self, RunError> {
        let url = parse(url)?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let access = Access::with(Token::made_up());
        Ok(Self {
            kind: TargetKind::Mock { version },
            transport: transport(&url, Writes::Free, Some(&access), plan, waits)?,
            access,
            person: Person::Played,
            started: 0,
            labels: AtomicUsize::default(),
            vaults: Mutex::default(),
        })
    }

    /// Gets a token if the run needs one, and detects the kind of a target. Writes to an org are not allowed yet.
    pub(super) async fn reach(url: &Url, plan: &RunPlan, waits: WaitSender) -> Result<Self, RunError> {
        let host = url.host_str().unwrap_or_default();
        let refused = Writes::Refused(unarmed(host, plan));
        let access = match &plan.credential {
            Some(Credential(Kind::Token(token))) => Access::with(token.clone()),
            Some(Credential(Kind::ServiceApp(app))) => {
                transport(url, refused.clone(), None, plan, waits.clone())?.sign_in(app).await?
            }
            None if is_loopback(url) => Access::with(Token::made_up()),
            None => {
                return Err(
                    RunError::usage(format!("no credential for {host}")).solved_by([Setting::Credential])
                );
            }
        };
        let reading = transport(url, refused, Some(&access), plan, waits)?;
        let probed = probe(&reading, plan.credential.is_some()).await?;
        let (transport, person) = match probed.kind {
            TargetKind::Mock { .. } => (reading.with_writes(Writes::Free), Person::Played),
            TargetKind::Org => (reading, plan.person.clone()),
        };
        Ok(Self {
            transport,
            kind: probed.kind,
            access,
            person,
            started: probed.org_time,
            labels: AtomicUsize::default(),
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

/// The reason that nothing is written to an org, and the flags that allow it.
pub(super) fn unarmed(host: &str, plan: &RunPlan) -> String {
    let why = format!("the flow changes the org, but writes to {host} are not allowed");
    match plan.apps.is_empty() {
        true => format!(
            "{why}; pass --app google=0oa… to read an app, or --allow-writes {host} --create-apps to allow writes"
        ),
        false => format!("{why}; pass --allow-writes {host} to allow them"),
    }
}

/// Creates the transport of a run.
pub(super) fn transport(
    url: &Url,
    writes: Writes,
    access: Option<&Access>,
    plan: &RunPlan,
    waits: WaitSender,
) -> Result<Transport, RunError> {
    let options = ClientOptions {
        user_agent: user_agent(&plan.id),
        request_timeout: plan.network.request_timeout,
        extra_roots: plan.extra_roots.clone(),
    };
    let client = build_client(url, &options, true)?;
    let shared_client = SharedClient {
        // The in-process mock never closes a connection.
        fresh: if plan.target.is_some() { build_client(url, &options, false)? } else { client.clone() },
        client,
        unsettled: Arc::default(),
        pace: Arc::new(Pace::new(plan.network.per_minute)),
        stop: plan.stop.clone(),
        retries: plan.network.retries,
        waits,
    };
    let others = plan.secrets.iter().cloned();
    Transport::new(shared_client, Guard::new(url, writes), url, access, others)
}

/// The `User-Agent`, which admins find in the system log.
pub(crate) fn user_agent(run: &str) -> String {
    format!("okta-conformance/{} (run {run})", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_target_is_an_origin_with_https_or_on_this_machine() {
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
    fn only_the_targets_own_host_allows_writes() {
        let url = parse("https://dev-1.okta.com:8443").unwrap();
        assert!(armed(&url, "dev-1.okta.com").is_ok());
        assert!(armed(&url, "DEV-1.okta.com:8443").is_ok());
        for other in ["okta.com", "dev-2.okta.com", "", "dev-1.okta.com:443"] {
            assert!(armed(&url, other).is_err(), "{other}");
        }
    }
}
