//! https: certificates that are made at the start, or the user's own.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use secrecy::{ExposeSecret as _, SecretString};
use tokio_rustls::TlsAcceptor;

/// The certificates of a mock that serves https.
#[derive(Debug)]
#[must_use]
pub struct Tls(Certificates);

#[derive(Debug)]
enum Certificates {
    Generated { names: Vec<String> },
    Given { certificates: String, key: SecretString },
}

/// The error of setting up https.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A certificate cannot be made for a name.
    #[error("no certificate can be made: {0}; give host names and IP addresses, such as mock.test")]
    Name(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The certificates or the key cannot be read.
    #[error("the PEM text of the {what} cannot be read: {reason}")]
    #[non_exhaustive]
    Pem {
        /// Certificates or private key.
        what: &'static str,
        /// The reason.
        reason: String,
    },
    /// The certificates and the key cannot be used together.
    #[error("certificate and private key cannot be used: {0}")]
    Unusable(#[source] rustls::Error),
}

impl Tls {
    /// Certificates that are made at the start, with a CA of their own. They cover `localhost`,
    /// `*.localhost`, 127.0.0.1, ::1 and the address that the mock listens on.
    pub const fn generated() -> Self {
        Self(Certificates::Generated { names: Vec::new() })
    }

    /// The user's certificate and private key as PEM texts. Certificates of issuers follow the first one.
    pub const fn pem(certificates: String, key: SecretString) -> Self {
        Self(Certificates::Given { certificates, key })
    }

    /// Covers a host name and the names under it, or an IP address, with the certificates that are made.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        if let Certificates::Generated { names } = &mut self.0 {
            names.push(name.into());
        }
        self
    }

    /// Makes or reads the certificates.
    pub(super) fn into_server(self, listen: IpAddr) -> Result<ServerTls, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let (resolver, ca): (Arc<dyn ResolvesServerCert>, _) = match self.0 {
            Certificates::Given { certificates, key } => {
                (Arc::new(SingleCertAndKey::from(given(&certificates, &key, &provider)?)), None)
            }
            Certificates::Generated { names } => {
                let generated = Generated::new(&names, listen, &provider);
                let (resolver, ca) = generated.map_err(TlsError::Name)?;
                (Arc::new(resolver), Some(ca.into()))
            }
        };
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(TlsError::Unusable)?.with_no_client_auth();
        let mut config = config.with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(ServerTls { config: Arc::new(config), ca })
    }
}

// The config is not changed after its start, so a panic cannot leave it half changed.
impl RefUnwindSafe for ServerTls {}
impl UnwindSafe for ServerTls {}

/// https, ready to be served.
#[derive(Clone)]
pub(super) struct ServerTls {
    config: Arc<ServerConfig>,
    ca: Option<Arc<str>>,
}

impl ServerTls {
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.config.clone())
    }

    /// Returns the certificate of the CA as PEM text, if the certificates were made.
    pub(super) fn ca(&self) -> Option<&str> {
        self.ca.as_deref()
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServerTls").finish_non_exhaustive()
    }
}

/// Reads a certificate chain and its private key.
fn given(
    certificates: &str,
    key: &SecretString,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, TlsError> {
    let cannot = |what, reason: String| TlsError::Pem { what, reason };
    let chain = CertificateDer::pem_slice_iter(certificates.as_bytes()).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| cannot("certificate", error.to_string()))?;
    if chain.is_empty() {
        return Err(cannot("certificate", "it has no CERTIFICATE section".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes());
    let key = key.map_err(|error| cannot("private key", error.to_string()))?;
    CertifiedKey::from_der(chain, key, provider).map_err(TlsError::Unusable)
}

/// Maximum number of names with a certificate of their own. Others get the one of all names.
const MAX_NAMES: usize = 1_000;

/// How long a certificate is valid, in days. Some clients refuse more than 825.
const VALID_DAYS: i64 = 365;

/// A CA, and the certificates that it issues.
///
/// Clients built with OpenSSL do not accept `*.localhost`: a wildcard needs two more labels. So each name
/// under the known ones gets a certificate when a client asks for it.
struct Generated {
    issuer: Issuer<'static, KeyPair>,
    /// The key of all certificates.
    key: KeyPair,
    signer: Arc<dyn rustls::sign::SigningKey>,
    /// The host names whose subdomains are covered.
    parents: Vec<String>,
    of_all_names: Arc<CertifiedKey>,
    by_name: Mutex<HashMap<String, Arc<CertifiedKey>>>,
}

type GenerationError = Box<dyn std::error::Error + Send + Sync>;

impl Generated {
    /// Makes the CA and the certificate of all names. Returns the CA's certificate as PEM text, too.
    fn new(
        names: &[String],
        listen: IpAddr,
        provider: &CryptoProvider,
    ) -> Result<(Self, String), GenerationError> {
        if let Some(name) = names.iter().find(|name| !is_host(name)) {
            return Err(format!("{name:?} is neither a host name nor an IP address").into());
        }
        let ca_key = KeyPair::generate()?;
        let ca = ca_params()?;
        let ca_pem = ca.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(ca, ca_key);

        let key = KeyPair::generate()?;
        let der = PrivateKeyDer::try_from(key.serialize_der()).map_err(ToOwned::to_owned)?;
        let signer = provider.key_provider.load_private_key(der)?;
        let is_name = |name: &&String| name.parse::<IpAddr>().is_err();
        let parents: Vec<_> =
            ["localhost".to_owned()].into_iter().chain(names.iter().filter(is_name).cloned()).collect();
        let mut all = vec!["127.0.0.1".to_owned(), "::1".to_owned(), "localhost".to_owned()];
        all.extend(names.iter().cloned());
        all.extend(parents.iter().map(|parent| format!("*.{parent}")));
        if !listen.is_unspecified() && !listen.is_loopback() {
            all.push(listen.to_string());
        }
        let of_all_names = certificate(all, &issuer, &key, &signer)?;
        let by_name = Mutex::default();
        Ok((Self { issuer, key, signer, parents, of_all_names, by_name }, ca_pem))
    }

    /// Returns the certificate for a name under one of the known names.
    fn for_name(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let name = name.to_ascii_lowercase();
        let is_under = |parent: &String| {
            name.strip_suffix(parent.to_ascii_lowercase().as_str()).is_some_and(|rest| rest.ends_with('.'))
        };
        if !self.parents.iter().any(is_under) {
            return None;
        }
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = by_name.get(&name) {
            return Some(found.clone());
        }
        if by_name.len() >= MAX_NAMES {
            return None;
        }
        let issued = certificate(vec![name.clone()], &self.issuer, &self.key, &self.signer).ok()?;
        by_name.insert(name, issued.clone());
        Some(issued)
    }
}

/// Returns true for an IP address, or a host name of ASCII letters, digits, hyphens and dots.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.parse::<IpAddr>().is_ok() || text.len() <= 253 && text.split('.').all(is_label)
}

impl ResolvesServerCert for Generated {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let own = hello.server_name().and_then(|name| self.for_name(name));
        Some(own.unwrap_or_else(|| self.of_all_names.clone()))
    }
}

impl fmt::Debug for Generated {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Generated").field("parents", &self.parents).finish_non_exhaustive()
    }
}

fn ca_params() -> Result<CertificateParams, GenerationError> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.distinguished_name.push(DnType::CommonName, "okta-mock-server CA");
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params)?;
    Ok(params)
}

fn certificate(
    names: Vec<String>,
    issuer: &Issuer<'_, KeyPair>,
    key: &KeyPair,
    signer: &Arc<dyn rustls::sign::SigningKey>,
) -> Result<Arc<CertifiedKey>, GenerationError> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "okta-mock-server");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    set_validity(&mut params)?;
    let signed = params.signed_by(key, issuer)?;
    Ok(Arc::new(CertifiedKey::new(vec![signed.der().clone()], signer.clone())))
}

/// Clients compare certificates with the real time, not with that of the org.
fn set_validity(params: &mut CertificateParams) -> Result<(), GenerationError> {
    let now = Timestamp::now().to_zoned(TimeZone::UTC);
    let date = |time: &Zoned| {
        let (month, day) = (time.month().unsigned_abs(), time.day().unsigned_abs());
        rcgen::date_time_ymd(time.year().into(), month, day)
    };
    params.not_before = date(&now.checked_sub(Span::new().days(1))?);
    params.not_after = date(&now.checked_add(Span::new().days(VALID_DAYS))?);
    Ok(())
}
