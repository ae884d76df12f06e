//! The flags of the mock.

use std::io::Read as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::{Args, ValueEnum};
use okta_mock_server::{Builder, ConsentMode, Limits, Load, MockServer, NewOrg, StartError, Tls};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::logging::LogLevel;

/// The flags of the mock.
#[derive(Args, Debug)]
pub(super) struct Options {
    /// Address to listen on, such as 127.0.0.1:8080 or localhost:8080. Port 0 picks a free port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", value_parser = listen_address)]
    listen: SocketAddr,

    /// Initial org: guide, empty, or a JSON file that describes one.
    #[arg(long, value_name = "guide|empty|FILE", default_value = "guide")]
    pub(super) load: String,

    /// Another org of this process; repeatable. Its initial state is guide, empty or a file; the default is
    /// guide. It has a free port of its own, and is also served at NAME.localhost on the port of --listen.
    #[arg(long, value_name = "NAME[=guide|empty|FILE]")]
    org: Vec<String>,

    /// File with administrators' API tokens (SSWS), one per line. Once a token is declared, only declared
    /// tokens are accepted.
    #[arg(long, value_name = "FILE")]
    api_token_file: Option<PathBuf>,

    /// API token (SSWS) of an administrator; repeatable. Every user of this machine can see it in the
    /// process list: prefer the environment variable or --api-token-file.
    #[arg(long, value_name = "TOKEN", env = "OKTA_MOCK_API_TOKEN", hide_env_values = true)]
    api_token: Vec<SecretString>,

    /// OAuth 2.0 access token (Bearer) of an administrator; repeatable. Every user of this machine can see
    /// it in the process list: prefer the environment variable.
    #[arg(long, value_name = "TOKEN", env = "OKTA_MOCK_ACCESS_TOKEN", hide_env_values = true)]
    access_token: Vec<SecretString>,

    /// Host name to serve in addition to IP addresses, localhost and other private names; repeatable, * for
    /// any. Once a token is declared, the API is served at every host.
    #[arg(long, value_name = "HOST", value_parser = allowed_host)]
    allowed_host: Vec<String>,

    /// Origin whose pages may call the API (CORS), such as https://app.example.com; repeatable.
    #[arg(long, value_name = "ORIGIN")]
    cors: Vec<String>,

    /// Page to which a browser returns after a consent, with the parameter continue_oauth_flow_url.
    #[arg(long, value_name = "URL", value_parser = page)]
    after_consent: Option<Url>,

    /// Serve https with HTTP/1.1 and HTTP/2. Certificates are made at the start; the file of their CA is named
    /// after the ready line.
    #[arg(long)]
    tls: bool,

    /// Host name or IP address that the certificates also cover, with the names under it; repeatable. They
    /// always cover localhost, *.localhost, 127.0.0.1 and ::1.
    #[arg(long, value_name = "NAME", requires = "tls", conflicts_with = "tls_cert")]
    tls_name: Vec<String>,

    /// File to write the CA certificate to. By default, it is a temporary file that is removed at the end.
    #[arg(long, value_name = "FILE", requires = "tls", conflicts_with = "tls_cert")]
    tls_ca_file: Option<PathBuf>,

    /// File with a certificate of your own in PEM form, followed by those of its issuers.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// File with the private key of --tls-cert in PEM form.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,

    /// Refuse requests with members or query parameters that the mock ignores.
    #[arg(long)]
    strict: bool,

    /// How the third-party app answers the authorize link. By default, it asks browsers and grants consent
    /// to other clients without asking.
    #[arg(long, value_name = "MODE")]
    consent: Option<Consent>,

    /// Seed for ids, keys and codes: the same number repeats them.
    #[arg(long, value_name = "NUMBER")]
    random_seed: Option<u64>,

    /// File with the RSA private key that signs access tokens, in PEM form (PKCS #8). By default, the org generates
    /// a key, which --random-seed repeats.
    #[arg(long, value_name = "FILE")]
    signing_key: Option<PathBuf>,

    /// Freeze the clock at this time, such as 2026-01-31T12:00:00Z. POST /_mock/clock/advance moves it.
    #[arg(long, value_name = "TIME", value_parser = clock)]
    clock: Option<SystemTime>,

    /// Answer 429 after this many requests per minute. By default, a limit is shown but not enforced.
    #[arg(long, value_name = "REQUESTS", value_parser = clap::value_parser!(u32).range(1..))]
    rate_limit: Option<u32>,

    /// Maximum number of requests in the request log; 0 keeps none.
    #[arg(long, value_name = "REQUESTS", default_value_t = Limits::default().log_entries)]
    request_log: usize,

    /// Maximum size of the request log, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    request_log_size: u16,

    /// Maximum number of faults of an org.
    #[arg(long, value_name = "FAULTS", default_value_t = Limits::default().faults)]
    max_faults: usize,

    /// Maximum number of checkpoints of an org.
    #[arg(long, value_name = "CHECKPOINTS", default_value_t = Limits::default().checkpoints)]
    max_checkpoints: usize,

    /// Maximum number of orgs.
    #[arg(long, value_name = "ORGS", default_value_t = Limits::default().orgs)]
    max_orgs: usize,

    /// Do not serve the control plane under /_mock.
    #[arg(long)]
    no_control_plane: bool,

    /// Log level on standard error; info logs every refusal with its rule.
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub(super) log: LogLevel,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Consent {
    /// Always ask.
    Ask,
    /// Allow without asking.
    Grant,
    /// Deny without asking.
    Deny,
}

impl Options {
    /// Returns the builder of the mock that the options describe.
    pub(super) fn builder(&self) -> Result<Builder, String> {
        let mut builder = MockServer::builder().listen(self.listen).load(load("--load", &self.load)?);
        for org in &self.org {
            let (name, contents) = org.split_once('=').unwrap_or((org, "guide"));
            builder = builder.org(NewOrg::load(name, load(&format!("--org {name}"), contents)?));
        }
        builder = match self.consent {
            None => builder,
            Some(Consent::Ask) => builder.consent(ConsentMode::Ask),
            Some(Consent::Grant) => builder.consent(ConsentMode::Grant),
            Some(Consent::Deny) => builder.consent(ConsentMode::Deny),
        };
        builder = self.random_seed.into_iter().fold(builder, Builder::seed);
        if let Some(file) = &self.signing_key {
            builder = builder.signing_key(read(file, "--signing-key names a file in PEM form")?);
        }
        builder = self.clock.into_iter().fold(builder, Builder::frozen_clock);
        builder = self.rate_limit.into_iter().fold(builder, Builder::rate_limit);
        builder = self.api_tokens()?.into_iter().fold(builder, Builder::api_token);
        let access_tokens = check_tokens(&self.access_token, "--access-token or OKTA_MOCK_ACCESS_TOKEN")?;
        builder = access_tokens.into_iter().fold(builder, Builder::access_token);
        // Whoever names a host for the certificates wants it served.
        builder = self.allowed_host.iter().chain(&self.tls_name).fold(builder, Builder::allowed_host);
        builder = self.cors.iter().fold(builder, Builder::trusted_origin);
        builder = self.after_consent.iter().cloned().fold(builder, Builder::after_consent);
        builder = self.tls()?.into_iter().fold(builder, Builder::tls);
        builder = if self.strict { builder.strict() } else { builder };
        builder = builder.limits(Limits {
            log_entries: self.request_log,
            log_bytes: usize::from(self.request_log_size) * 1024 * 1024,
            orgs: self.max_orgs,
            checkpoints: self.max_checkpoints,
            faults: self.max_faults,
            ..Limits::default()
        });
        Ok(if self.no_control_plane { builder.without_control_plane() } else { builder })
    }

    /// Returns the certificates, if the mock serves https.
    fn tls(&self) -> Result<Option<Tls>, String> {
        let given = (&self.tls_cert, &self.tls_key);
        let (Some(certificate), Some(key)) = given else {
            let generated = || self.tls_name.iter().fold(Tls::generated(), Tls::name);
            return Ok(self.tls.then(generated));
        };
        let certificate = read(certificate, "--tls-cert names a file in PEM form")?;
        let key = read(key, "--tls-key names a file in PEM form")?;
        Ok(Some(Tls::pem(certificate, key.into())))
    }

    /// Returns the file to write the CA certificate to.
    pub(super) fn tls_ca_file(&self) -> Option<&Path> {
        self.tls_ca_file.as_deref()
    }

    /// Returns the declared API tokens.
    pub(super) fn api_tokens(&self) -> Result<Vec<SecretString>, String> {
        let mut tokens = check_tokens(&self.api_token, "--api-token or OKTA_MOCK_API_TOKEN")?;
        if let Some(path) = &self.api_token_file {
            let text =
                SecretString::from(read(path, "--api-token-file names a file with one token per line")?);
            let lines = text.expose_secret().lines().map(str::trim).filter(|line| !line.is_empty());
            let lines: Vec<_> = lines.map(SecretString::from).collect();
            if lines.is_empty() {
                return Err(format!("{} contains no token; write one token per line", path.display()));
            }
            tokens.extend(check_tokens(&lines, &format!("--api-token-file {}", path.display()))?);
        }
        Ok(tokens)
    }

    /// Returns true if only declared access tokens are accepted.
    pub(super) fn declares_access_token(&self) -> bool {
        !self.access_token.is_empty()
    }

    /// Returns a credential for the curl example, without revealing a declared token.
    pub(super) fn shown_credential(&self) -> &'static str {
        match (!self.api_token.is_empty() || self.api_token_file.is_some(), self.access_token.is_empty()) {
            (true, _) => "SSWS $YOUR_API_TOKEN",
            (false, false) => "Bearer $YOUR_ACCESS_TOKEN",
            (false, true) => "SSWS any-token",
        }
    }
}

/// Returns the contents of an org that a flag names.
fn load(flag: &str, contents: &str) -> Result<Load, String> {
    match contents {
        "guide" => Ok(Load::Guide),
        "empty" => Ok(Load::Empty),
        path => read(Path::new(path), &format!("{flag} takes guide, empty or a file")).map(Load::Document),
    }
}

fn check_tokens(tokens: &[SecretString], flag: &str) -> Result<Vec<SecretString>, String> {
    let is_wrong = |token: &SecretString| {
        let token = token.expose_secret();
        token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match tokens.iter().any(is_wrong) {
        true => Err(format!("{flag}: a token must be printable ASCII without blanks, and not empty")),
        false => Ok(tokens.to_vec()),
    }
}

/// Maximum size of a file, in bytes: an org of a few hundred thousand apps.
const MAX_FILE_SIZE: u64 = 64 * 1024 * 1024;

/// Reads a text file. Devices and pipes are refused, because they may never end. A regular file that would
/// block, such as some files under `/proc`, is an error.
fn read(path: &Path, hint: &str) -> Result<String, String> {
    let cannot = |reason: &str| format!("cannot read {}: {reason}; {hint}", path.display());
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    // Otherwise opening a FIFO blocks before its type can be checked.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, non_blocking());
    let file = options.open(path).map_err(|error| cannot(&error.to_string()))?;
    let kind = file.metadata().map_err(|error| cannot(&error.to_string()))?;
    if !kind.is_file() {
        return Err(cannot("it is not a regular file"));
    }
    let mut text = String::new();
    file.take(MAX_FILE_SIZE + 1).read_to_string(&mut text).map_err(|error| cannot(&error.to_string()))?;
    match text.len() as u64 > MAX_FILE_SIZE {
        true => Err(cannot("it is larger than 64 MiB")),
        false => Ok(text),
    }
}

#[cfg(unix)]
fn non_blocking() -> i32 {
    // `open(2)` takes its flags as an `int`.
    (rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY).bits().cast_signed()
}

/// Parses the address to listen on: an IP address or a host name, and a port.
fn listen_address(text: &str) -> Result<SocketAddr, String> {
    const HINT: &str = "give an address and a port, such as 127.0.0.1:8080, localhost:8080 or [::1]:0";
    let is_whole = text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && !port.is_empty());
    if !is_whole {
        return Err(HINT.to_owned());
    }
    let addresses: Vec<_> = text.to_socket_addrs().map_err(|error| format!("{error}; {HINT}"))?.collect();
    // A client that connects to 127.0.0.1 needs an IPv4 address.
    let first = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
    first.copied().ok_or_else(|| HINT.to_owned())
}

fn allowed_host(text: &str) -> Result<String, String> {
    match text.is_empty() || text.contains(['/', ':', ' ', '@']) {
        true => Err("give the host name alone, without scheme and port, such as mock.example.com".to_owned()),
        false => Ok(text.strip_suffix('.').unwrap_or(text).to_owned()),
    }
}

fn page(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| "give the address of a page, such as http://localhost:3000/connected".to_owned())
}

fn clock(text: &str) -> Result<SystemTime, String> {
    let instant = text.parse::<jiff::Timestamp>();
    instant.map(SystemTime::from).map_err(|_| format!("{}, such as 2026-01-31T12:00:00Z", StartError::Clock))
}
