//! Keys that verify signatures, in the form of JSON Web Keys.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use p521::ecdsa::signature::Verifier as _;
use ring::signature as scheme;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::algorithm::{Algorithm, Curve, Hash};

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VerifyingKey {
    /// An RSA key: modulus and exponent, big-endian without leading zeros.
    Rsa {
        /// `n`
        modulus: Box<[u8]>,
        /// `e`
        exponent: Box<[u8]>,
    },
    /// A point of an elliptic curve.
    Ec {
        /// `crv`
        curve: Curve,
        /// `x`
        x: Box<[u8]>,
        /// `y`
        y: Box<[u8]>,
    },
}

/// Examples of Okta's document write key numbers with and without padding.
const KEY_NUMBER: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl VerifyingKey {
    /// Reads a JSON Web Key. Without `crv`, the size of the coordinates tells the curve (recorded: accepted).
    pub(crate) fn from_jwk(member: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let number = |name| number(&member(name)?);
        match member("kty")?.as_str() {
            "RSA" => {
                let significant = |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect();
                let (modulus, exponent) = (significant(number("n")?), significant(number("e")?));
                Some(Self::Rsa { modulus, exponent })
            }
            "EC" => {
                let (x, y) = (number("x")?.into_boxed_slice(), number("y")?.into_boxed_slice());
                let curve = match member("crv") {
                    Some(name) => Curve::parse(&name)?,
                    None => Curve::of_size(x.len())?,
                };
                let size = curve.coordinate_size();
                (x.len() == size && y.len() == size).then_some(Self::Ec { curve, x, y })
            }
            _ => None,
        }
    }

    /// Reads a JSON Web Key that is a JSON value.
    pub(crate) fn from_json(members: &Map<String, Value>) -> Option<Self> {
        Self::from_jwk(|name| members.get(name)?.as_str().map(str::to_owned))
    }

    /// Returns the length of an RSA modulus in bits, or `None` for another key.
    pub(crate) fn rsa_bits(&self) -> Option<usize> {
        match self {
            Self::Rsa { modulus, .. } => {
                let unused = modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
                Some(modulus.len() * 8 - unused)
            }
            Self::Ec { .. } => None,
        }
    }

    /// Returns true if this key made a signature.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (self, algorithm) {
            (Self::Rsa { modulus, exponent }, Algorithm::Rsa(hash)) => {
                let parameters = match hash {
                    Hash::Sha256 => &scheme::RSA_PKCS1_2048_8192_SHA256,
                    Hash::Sha384 => &scheme::RSA_PKCS1_2048_8192_SHA384,
                    Hash::Sha512 => &scheme::RSA_PKCS1_2048_8192_SHA512,
                };
                let key = scheme::RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(parameters, message, signature).is_ok()
            }
            (Self::Ec { curve, x, y }, Algorithm::Ec(used)) if *curve == used => {
                let point = [&[4][..], x, y].concat();
                match curve {
                    Curve::P256 => is_signed(&scheme::ECDSA_P256_SHA256_FIXED, &point, message, signature),
                    Curve::P384 => is_signed(&scheme::ECDSA_P384_SHA384_FIXED, &point, message, signature),
                    // ring does not have this curve.
                    Curve::P521 => is_signed_p521(&point, message, signature).unwrap_or_default(),
                }
            }
            _ => false,
        }
    }

    /// Returns the thumbprint of the key (RFC 7638), in base64url.
    pub(crate) fn thumbprint(&self) -> String {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        // The required members in the order of their names, without spaces.
        let members = match self {
            Self::Rsa { modulus, exponent } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(exponent), text(modulus))
            }
            Self::Ec { curve, x, y } => {
                let curve = curve.as_str();
                format!(r#"{{"crv":"{curve}","kty":"EC","x":"{}","y":"{}"}}"#, text(x), text(y))
            }
        };
        text(&Sha256::digest(members))
    }
}

fn is_signed(
    algorithm: &'static scheme::EcdsaVerificationAlgorithm,
    point: &[u8],
    message: &[u8],
    signature: &[u8],
) -> bool {
    scheme::UnparsedPublicKey::new(algorithm, point).verify(message, signature).is_ok()
}

fn is_signed_p521(point: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point).ok()?;
    let signature = p521::ecdsa::Signature::from_slice(signature).ok()?;
    Some(key.verify(message, &signature).is_ok())
}

fn number(text: &str) -> Option<Vec<u8>> {
    KEY_NUMBER.decode(text).ok().filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::jose::Jws;

    fn key(members: &Value) -> Option<VerifyingKey> {
        VerifyingKey::from_json(members.as_object().unwrap())
    }

    /// The key and the token of RFC 7515, A.3.
    #[test]
    fn the_signature_of_the_standard_is_valid() {
        let jwk = serde_json::json!({"kty": "EC", "crv": "P-256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"});
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let jws = Jws::parse(token).unwrap();
        assert!(jws.is_signed_by(&key(&jwk).unwrap()));
        assert_eq!((jws.claim("iss"), jws.time("exp")), (Some("joe"), Some(1_300_819_380)));
    }

    /// The key and the thumbprint of RFC 7638, 3.1.
    #[test]
    fn the_thumbprint_of_the_standard_is_computed() {
        let jwk = serde_json::json!({"kty": "RSA", "e": "AQAB", "alg": "RS256", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"});
        let key = key(&jwk).unwrap();
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(key.rsa_bits(), Some(2048));
    }

    #[test]
    fn keys_need_all_numbers_of_the_right_size() {
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        for text in [
            r#"{}"#,
            r#"{"kty":"RSA","e":"AQAB"}"#,
            r#"{"kty":"RSA","e":"AQAB","n":""}"#,
            r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
            r#"{"kty":"oct","k":"AA"}"#,
        ] {
            assert_eq!(key(&json(text)), None, "{text}");
        }
        let padded = key(&json(r#"{"kty":"RSA","e":"AQAB","n":"AAABAQ=="}"#)).unwrap();
        assert_eq!(padded.rsa_bits(), Some(9));
    }
}
