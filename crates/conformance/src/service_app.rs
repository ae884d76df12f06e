//! A service app as the caller of a run: its client id, key and scopes, and the tokens that it signs.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};

use crate::bundle;
use crate::error::RunError;

/// Seconds that an assertion is valid.
const LIFETIME: u64 = 300;

/// A service app of an org, which authenticates with its private key (`private_key_jwt`).
pub struct ServiceApp {
    client_id: String,
    scopes: String,
    key: SigningKey,
    /// The name of the key, needed if the client has several.
    key_id: Option<String>,
}

impl std::fmt::Debug for ServiceApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceApp").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl ServiceApp {
    /// Creates a service app with the key in a file, in PEM form.
    ///
    /// # Errors
    /// If the file cannot be read, or has no RSA key, and no EC key of the curves P-256 and P-384.
    pub fn new(
        client_id: impl Into<String>,
        scopes: impl Into<String>,
        key: &Path,
    ) -> Result<Self, RunError> {
        let text = bundle::read(key)?.text;
        let key = SigningKey::from_pem(&text).ok_or_else(|| {
            RunError::usage(format!(
                "{}: expected a private key in PEM form: RSA, or EC with the curve P-256 or P-384 (PKCS #8)",
                key.display()
            ))
        })?;
        Ok(Self { client_id: client_id.into(), scopes: scopes.into(), key, key_id: None })
    }

    /// Names the key (`kid`), which is needed if the client has several.
    #[must_use]
    pub fn key_id(mut self, id: impl Into<String>) -> Self {
        self.key_id = Some(id.into());
        self
    }

    /// The form of a token request.
    pub(crate) fn form(&self, endpoint: &str) -> Result<String, RunError> {
        let mut header = json!({"alg": self.key.algorithm()});
        if let Some(id) = &self.key_id {
            header["kid"] = id.as_str().into();
        }
        // Without `iat`, which an org refuses if this machine's clock is a second ahead.
        let claims = json!({"iss": self.client_id, "sub": self.client_id, "aud": endpoint,
            "exp": now() + LIFETIME, "jti": random_id()?});
        Ok(form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", &self.scopes)
            .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .append_pair("client_assertion", &self.key.token(&header, &claims)?)
            .finish())
    }
}

/// A key that is made for one run, to which the org binds the run's token (DPoP, RFC 9449).
pub(crate) struct ProofKey(SigningKey);

impl std::fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProofKey")
    }
}

impl ProofKey {
    /// Makes a key.
    pub(crate) fn generate() -> Result<Self, RunError> {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(kind, &random).map_err(|_| no_randomness())?;
        let pair = EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).map_err(|_| no_randomness())?;
        Ok(Self(SigningKey::Ec { pair, algorithm: "ES256" }))
    }

    /// A proof for a request: with the nonce of the org for a token, or with the token for a call.
    pub(crate) fn proof(&self, method: &str, url: &str, binding: Binding<'_>) -> Result<String, RunError> {
        let point = self.0.point();
        let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len() / 2);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)});
        // Without query and fragment (RFC 9449, 4.2).
        let url = url.split(['?', '#']).next().unwrap_or_default();
        let mut claims = json!({"htm": method, "htu": url, "iat": now(), "jti": random_id()?});
        match binding {
            Binding::Nothing => {}
            Binding::Nonce(nonce) => claims["nonce"] = nonce.into(),
            Binding::Token(token) => {
                let hash = ring::digest::digest(&ring::digest::SHA256, token.as_bytes());
                claims["ath"] = URL_SAFE_NO_PAD.encode(hash).into();
            }
        }
        self.0.token(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}), &claims)
    }
}

/// What a proof contains beside the request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Binding<'a> {
    Nothing,
    /// The nonce that the org demands.
    Nonce(&'a str),
    /// The token that is used.
    Token(&'a str),
}

enum SigningKey {
    Rsa(RsaKeyPair),
    Ec { pair: EcdsaKeyPair, algorithm: &'static str },
}

impl SigningKey {
    fn from_pem(text: &str) -> Option<Self> {
        let random = SystemRandom::new();
        let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).ok()?;
        if let PrivateKeyDer::Pkcs1(key) = &key {
            return RsaKeyPair::from_der(key.secret_pkcs1_der()).ok().map(Self::Rsa);
        }
        let document = key.secret_der();
        let curves =
            [(&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256"), (&ECDSA_P384_SHA384_FIXED_SIGNING, "ES384")];
        let ec = curves.into_iter().find_map(|(kind, algorithm)| {
            let pair = EcdsaKeyPair::from_pkcs8(kind, document, &random).ok()?;
            Some(Self::Ec { pair, algorithm })
        });
        ec.or_else(|| RsaKeyPair::from_pkcs8(document).ok().map(Self::Rsa))
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ec { algorithm, .. } => algorithm,
        }
    }

    /// The public point of an EC key.
    fn point(&self) -> &[u8] {
        match self {
            Self::Rsa(_) => &[],
            Self::Ec { pair, .. } => pair.public_key().as_ref(),
        }
    }

    fn token(&self, header: &Value, claims: &Value) -> Result<String, RunError> {
        let random = SystemRandom::new();
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).map(|()| signature)
            }
            Self::Ec { pair, .. } => {
                pair.sign(&random, message.as_bytes()).map(|signature| signature.as_ref().to_vec())
            }
        };
        let signature = signature.map_err(|_| no_randomness())?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn random_id() -> Result<String, RunError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| no_randomness())?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn no_randomness() -> RunError {
    RunError::Internal("the operating system has no random bytes".to_owned())
}
