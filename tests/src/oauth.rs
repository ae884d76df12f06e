//! A client of the token endpoint: keys, assertions, DPoP proofs.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p521::ecdsa::signature::Signer as _;
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use ring::rand::SystemRandom;
use ring::signature as scheme;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};

use crate::Answer;

/// A private key that signs, and its public half.
pub struct SigningKey {
    /// The JSON Web Key, without `kid`.
    pub jwk: Value,
    pair: Pair,
}

enum Pair {
    Rsa(scheme::RsaKeyPair),
    Ec(scheme::EcdsaKeyPair),
    P521(p521::ecdsa::SigningKey),
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningKey({})", self.jwk["kty"])
    }
}

/// Two RSA keys, made once: that takes a part of a second.
static RSA: LazyLock<[SigningKey; 2]> = LazyLock::new(|| [rsa_key(1), rsa_key(2)]);

fn rsa_key(seed: u64) -> SigningKey {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let key = rsa::PrivateKey::new(&mut random, 2048).expect("a key");
    let document = key.to_pkcs8_der().expect("a document");
    let pair = scheme::RsaKeyPair::from_pkcs8(document.as_bytes()).expect("a key pair");
    let number = |bytes: Box<[u8]>| {
        let significant: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
        URL_SAFE_NO_PAD.encode(significant)
    };
    let (n, e) = (number(key.n().as_ref().to_be_bytes()), number(key.e().to_be_bytes()));
    SigningKey { jwk: json!({"kty": "RSA", "e": e, "n": n}), pair: Pair::Rsa(pair) }
}

/// Every algorithm that Okta accepts.
pub const ALGORITHMS: [&str; 6] = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];

impl SigningKey {
    /// An RSA key; there are two.
    #[must_use]
    pub fn rsa(number: usize) -> &'static Self {
        &RSA[number]
    }

    /// A new key for an algorithm, or an RSA key.
    ///
    /// # Panics
    /// If there is no such algorithm.
    #[must_use]
    pub fn for_algorithm(algorithm: &str) -> Self {
        let random = SystemRandom::new();
        let ec = |kind: &'static scheme::EcdsaSigningAlgorithm, curve: &str| {
            let document = scheme::EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a document");
            let pair = scheme::EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).expect("a pair");
            use scheme::KeyPair as _;
            let point = pair.public_key().as_ref().to_vec();
            (ec_jwk(curve, &point), Pair::Ec(pair))
        };
        let (jwk, pair) = match algorithm {
            "ES256" => ec(&scheme::ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
            "ES384" => ec(&scheme::ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
            "ES512" => {
                let mut secret = [7; 66];
                secret[0] = 0;
                let key = p521::ecdsa::SigningKey::from_slice(&secret).expect("a key");
                let point = key.verifying_key().to_sec1_point(false);
                (ec_jwk("P-521", point.as_bytes()), Pair::P521(key))
            }
            _ => panic!("no EC key for {algorithm}"),
        };
        Self { jwk, pair }
    }

    /// The public key with a name.
    #[must_use]
    pub fn named(&self, kid: &str) -> Value {
        let mut jwk = self.jwk.clone();
        jwk["kid"] = kid.into();
        jwk
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding: &dyn scheme::RsaEncoding = match algorithm {
                    "RS384" => &scheme::RSA_PKCS1_SHA384,
                    "RS512" => &scheme::RSA_PKCS1_SHA512,
                    _ => &scheme::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(encoding, &random, message, &mut signature).expect("a signature");
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, message).expect("a signature").as_ref().to_vec(),
            Pair::P521(key) => {
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
        }
    }

    /// A signed token. `alg` of the header says how.
    ///
    /// # Panics
    /// If the header names no algorithm.
    #[must_use]
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let algorithm = header["alg"].as_str().expect("an algorithm");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(self.sign(algorithm, message.as_bytes())))
    }

    /// A DPoP proof.
    #[must_use]
    pub fn proof(&self, algorithm: &str, claims: &Value) -> String {
        self.token(&json!({"typ": "dpop+jwt", "alg": algorithm, "jwk": self.jwk}), claims)
    }
}

fn ec_jwk(curve: &str, point: &[u8]) -> Value {
    let (x, y) = point[1..].split_at(point.len() / 2);
    json!({"kty": "EC", "crv": curve, "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y)})
}

/// The form of a token request.
#[must_use]
pub fn form(assertion: &str, scope: &str) -> String {
    let scope = scope.replace(' ', "+");
    format!(
        "grant_type=client_credentials&scope={scope}\
         &client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
         &client_assertion={assertion}"
    )
}

/// The hash of an access token in a proof (RFC 9449, 4.2: `ath`).
#[must_use]
pub fn token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, token.as_bytes()))
}

/// The text in a challenge after `error_description=`.
#[must_use]
pub fn described(answer: &Answer) -> &str {
    let challenge = answer.header("www-authenticate").expect("a challenge");
    let (_, rest) = challenge.split_once("error_description=\"").expect("a description");
    rest.split('"').next().unwrap_or_default()
}

/// The text with another character at a place: one that a signed token may contain.
#[must_use]
pub fn mutated(text: &str, place: usize, choice: usize) -> String {
    const CHARACTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/";
    let mut bytes = text.as_bytes().to_vec();
    let place = place % bytes.len();
    let others: Vec<u8> = CHARACTERS.iter().copied().filter(|byte| *byte != bytes[place]).collect();
    bytes[place] = others[choice % others.len()];
    String::from_utf8(bytes).expect("text")
}
