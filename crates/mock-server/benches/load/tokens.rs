//! Token requests, and calls with tokens that are bound to a key.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use ring::rand::SystemRandom;
use ring::signature::{self, KeyPair as _};
use rsa::pkcs8::EncodePrivateKey as _;
use serde_json::{Value, json};

use crate::Outcome;
use crate::driver::{self, Exchange, Server};

/// The host of every request, and the URL of the org as the client knows it.
const ORIGIN: &str = "http://127.0.0.1";
const SCOPE: &str = "okta.apps.read";

/// A private key that signs.
pub(crate) enum Key {
    Rsa { pair: signature::RsaKeyPair, document: Vec<u8> },
    Ec(signature::EcdsaKeyPair),
}

impl Key {
    fn rsa(seed: u64) -> Outcome<Self> {
        let key = rsa::PrivateKey::new(&mut ChaCha8Rng::seed_from_u64(seed), 2048)?;
        let document = key.to_pkcs8_der()?.as_bytes().to_vec();
        let pair = signature::RsaKeyPair::from_pkcs8(&document).map_err(described)?;
        Ok(Self::Rsa { pair, document })
    }

    fn ec() -> Outcome<Self> {
        let kind = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let document =
            signature::EcdsaKeyPair::generate_pkcs8(kind, &SystemRandom::new()).map_err(described)?;
        let pair = signature::EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &SystemRandom::new());
        Ok(Self::Ec(pair.map_err(described)?))
    }

    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "RS256",
            Self::Ec(_) => "ES256",
        }
    }

    fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa { pair, .. } => {
                let public: ring::rsa::PublicKeyComponents<Vec<u8>> = pair.public().into();
                json!({"kty": "RSA", "e": text(&public.e), "n": text(&public.n)})
            }
            Self::Ec(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)})
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Outcome<Vec<u8>> {
        match self {
            Self::Rsa { pair, .. } => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&signature::RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map_err(described)?;
                Ok(signature)
            }
            Self::Ec(pair) => {
                Ok(pair.sign(&SystemRandom::new(), message).map_err(described)?.as_ref().to_vec())
            }
        }
    }

    fn token(&self, header: &Value, claims: &Value) -> Outcome<String> {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.sign(message.as_bytes())?);
        Ok(format!("{message}.{signature}"))
    }
}

/// The cryptography of a request, which the bare handler repeats.
pub(crate) struct Work {
    /// Messages with their signatures, by RSA or ECDSA.
    verified: Vec<Verified>,
    signing: Option<signature::RsaKeyPair>,
}

struct Verified {
    key: Vec<u8>,
    exponent: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Work {
    /// Verifies and signs once. Returns false if a signature is wrong.
    pub(crate) fn perform(&self) -> bool {
        let verified = self.verified.iter().all(|one| match one.exponent.is_empty() {
            true => signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, &one.key)
                .verify(&one.message, &one.signature)
                .is_ok(),
            false => signature::RsaPublicKeyComponents { n: &one.key, e: &one.exponent }
                .verify(&signature::RSA_PKCS1_2048_8192_SHA256, &one.message, &one.signature)
                .is_ok(),
        });
        let signed = self.signing.as_ref().is_none_or(|pair| {
            let mut signature = vec![0; pair.public().modulus_len()];
            let random = SystemRandom::new();
            pair.sign(&signature::RSA_PKCS1_SHA256, &random, &[7; 500], &mut signature).is_ok()
        });
        verified && signed
    }

    /// Reads the work from a file.
    pub(crate) fn read(file: &str) -> Outcome<Arc<Self>> {
        let work: Value = serde_json::from_slice(&std::fs::read(file)?)?;
        let bytes = |value: &Value| -> Outcome<Vec<u8>> {
            Ok(URL_SAFE_NO_PAD.decode(value.as_str().ok_or("not text")?)?)
        };
        let mut verified = Vec::new();
        for one in work["verified"].as_array().ok_or("no list")? {
            verified.push(Verified {
                key: bytes(&one["key"])?,
                exponent: bytes(&one["exponent"])?,
                message: bytes(&one["message"])?,
                signature: bytes(&one["signature"])?,
            });
        }
        let signing = match &work["signing"] {
            Value::Null => None,
            document => Some(signature::RsaKeyPair::from_pkcs8(&bytes(document)?).map_err(described)?),
        };
        Ok(Arc::new(Self { verified, signing }))
    }
}

/// Writes a file with the cryptography of a request: tokens that are verified, by the JSON Web Key of their signer,
/// and whether a token is signed.
fn write_work(name: &str, tokens: &[(&Value, &str)], signs: bool) -> Outcome<String> {
    let verified = tokens.iter().map(|(key, token)| {
        let (message, signature) = token.rsplit_once('.').unwrap_or_default();
        let text = |name: &str| key[name].as_str().unwrap_or_default();
        let decoded = |name: &str| URL_SAFE_NO_PAD.decode(text(name)).unwrap_or_default();
        let (key, exponent) = match text("kty") {
            "RSA" => (text("n").to_owned(), text("e")),
            _ => (URL_SAFE_NO_PAD.encode([&[4][..], &decoded("x"), &decoded("y")].concat()), ""),
        };
        let message = URL_SAFE_NO_PAD.encode(message);
        json!({"key": key, "exponent": exponent, "message": message, "signature": signature})
    });
    let verified: Vec<_> = verified.collect();
    let signing = match (signs, Key::rsa(9)?) {
        (true, Key::Rsa { document, .. }) => Value::from(URL_SAFE_NO_PAD.encode(document)),
        _ => Value::Null,
    };
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    std::fs::write(&file, json!({"verified": verified, "signing": signing}).to_string())?;
    Ok(file.to_str().ok_or("not UTF-8")?.to_owned())
}

/// A service app of a mock.
pub(crate) struct Client<'s> {
    server: &'s Server,
    id: String,
    key: Key,
}

impl<'s> Client<'s> {
    /// Registers a client, and grants it a scope and a role.
    pub(crate) fn register(server: &'s Server, algorithm: &str, is_bound: bool) -> Outcome<Self> {
        let key = if algorithm == "ES256" { Key::ec()? } else { Key::rsa(1)? };
        let client = json!({"name": "oidc_client", "label": "Client", "signOnMode": "OPENID_CONNECT",
            "credentials": {"oauthClient": {"token_endpoint_auth_method": "private_key_jwt"}},
            "settings": {"oauthClient": {"application_type": "service", "grant_types": ["client_credentials"],
                "response_types": ["token"], "dpop_bound_access_tokens": is_bound, "jwks": {"keys": [key.jwk()]}}}});
        let created = json_of(server, &Exchange::new("POST", "/api/v1/apps", &client.to_string()))?;
        let id = created["id"].as_str().ok_or("no id")?.to_owned();
        let grant = json!({"scopeId": SCOPE, "issuer": ORIGIN}).to_string();
        driver::answer(server, &Exchange::new("POST", &format!("/api/v1/apps/{id}/grants"), &grant))?;
        let role = json!({"type": "READ_ONLY_ADMIN"}).to_string();
        driver::answer(server, &Exchange::new("POST", &format!("/oauth2/v1/clients/{id}/roles"), &role))?;
        Ok(Self { server, id, key })
    }

    /// Returns an assertion without `jti`, which can be used again.
    fn assertion(&self) -> Outcome<String> {
        let now = now()?;
        let claims = json!({"iss": self.id, "sub": self.id, "aud": format!("{ORIGIN}/oauth2/v1/token"), "iat": now, "exp": now + 3000});
        self.key.token(&json!({"alg": self.key.algorithm()}), &claims)
    }

    fn request(assertion: &str, proof: Option<&str>) -> Exchange {
        let form = format!(
            "grant_type=client_credentials&scope={SCOPE}&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A\
             client-assertion-type%3Ajwt-bearer&client_assertion={assertion}"
        );
        let proof = proof.map(|proof| format!("dpop: {proof}\r\n")).unwrap_or_default();
        let headers = format!("{proof}content-type: application/x-www-form-urlencoded\r\n");
        Exchange::with_headers("POST", "/oauth2/v1/token", &headers, &form)
    }

    /// Returns a token request, and the cryptography that it takes.
    pub(crate) fn token_request(&self) -> Outcome<(Exchange, String)> {
        let assertion = self.assertion()?;
        let name = format!("token-{}", self.key.algorithm());
        let work = write_work(&name, &[(&self.key.jwk(), &assertion)], true)?;
        Ok((Self::request(&assertion, None), work))
    }

    /// Returns calls with a bound token, each with a proof of its own, and the cryptography that one takes.
    pub(crate) fn bound_calls(&self, count: usize) -> Outcome<(Vec<Exchange>, String)> {
        let prover = Key::ec()?;
        let proof = |claims: &Value| {
            prover.token(&json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": prover.jwk()}), claims)
        };
        let now = now()?;
        let of_endpoint =
            json!({"htm": "POST", "htu": format!("{ORIGIN}/oauth2/v1/token"), "iat": now, "jti": "nonce"});
        let challenge =
            driver::any_answer(self.server, &Self::request(&self.assertion()?, Some(&proof(&of_endpoint)?)))?;
        let challenge = String::from_utf8_lossy(&challenge).into_owned();
        let nonce = challenge.lines().find_map(|line| line.strip_prefix("dpop-nonce: ")).ok_or("no nonce")?;
        let mut claims = of_endpoint;
        claims["nonce"] = nonce.into();
        let issued = json_of(self.server, &Self::request(&self.assertion()?, Some(&proof(&claims)?)))?;
        let token = issued["access_token"].as_str().ok_or("no token")?;
        let hash = URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, token.as_bytes()));
        let path = format!("/api/v1/apps/{}", self.id);
        let mut calls = Vec::new();
        let mut last = String::new();
        for number in 0..count {
            let claims = json!({"htm": "GET", "htu": format!("{ORIGIN}{path}"), "iat": now, "jti": number.to_string(), "ath": hash});
            last = proof(&claims)?;
            let headers = format!("authorization: DPoP {token}\r\ndpop: {last}\r\n");
            calls.push(Exchange::with_headers("GET", &path, &headers, ""));
        }
        let keys = json_of(self.server, &Exchange::new("GET", "/oauth2/v1/keys", ""))?;
        let work = write_work("bound-calls", &[(&keys["keys"][0], token), (&prover.jwk(), &last)], false)?;
        Ok((calls, work))
    }
}

/// Errors of ring do not implement `Error`.
fn described(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn json_of(server: &Server, exchange: &Exchange) -> Outcome<Value> {
    let answer = driver::answer(server, exchange)?;
    let start = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no body")?;
    Ok(serde_json::from_slice(&answer[start + 4..])?)
}

fn now() -> Outcome<u64> {
    Ok(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_secs())
}
