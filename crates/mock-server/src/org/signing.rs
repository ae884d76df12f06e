//! Signing keys of the org, its apps and its connections. A key is generated when it is first needed.

use std::collections::HashMap;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use crypto_primes::{Flavor, is_prime, sieve_and_find};
use rand::rngs::ChaCha8Rng;
use rcgen::{CertificateParams, DistinguishedName, DnType, PKCS_RSA_SHA256, SerialNumber};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, PrivateKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::random::KeySeed;
use crate::rules::app::AppKey;
use crate::rules::identifier::KeyId;
use crate::rules::jose::VerifyingKey;

/// Size of a prime in bits: half of the modulus.
const PRIME_BITS: u32 = 1024;
const EXPONENT: u64 = 65537;

/// An RSA key that signs. Its private half cannot be shown.
pub(crate) struct SigningKey {
    /// The id of the key.
    pub(crate) id: KeyId,
    /// The modulus, big-endian without leading zeros.
    pub(crate) modulus: Vec<u8>,
    /// The exponent, big-endian without leading zeros.
    pub(crate) exponent: Vec<u8>,
    pair: RsaKeyPair,
    certified: rcgen::KeyPair,
}

// The parts of a key never change, so a panic cannot leave it half changed.
impl RefUnwindSafe for SigningKey {}
impl UnwindSafe for SigningKey {}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({})", self.id)
    }
}

/// The error of a key that cannot be made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RSA key of 2048 bits or more in PKCS #8")]
pub(crate) struct NoKey;

/// The generated keys of an org.
#[derive(Debug, Default)]
pub(crate) struct SigningKeys(Mutex<HashMap<KeyId, Arc<SigningKey>>>);

impl SigningKeys {
    /// Returns a key if it was generated.
    pub(crate) fn get(&self, id: KeyId) -> Option<Arc<SigningKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Returns a key. Generates it if it is missing, which takes a part of a second.
    ///
    /// # Errors
    /// If the seed yields no key. Not seen in practice.
    pub(crate) fn get_or_generate(&self, id: KeyId, seed: &KeySeed) -> Result<Arc<SigningKey>, NoKey> {
        if let Some(key) = self.get(id) {
            return Ok(key);
        }
        let key = Arc::new(SigningKey::generate(id, seed)?);
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(keys.entry(id).or_insert(key).clone())
    }
}

impl SigningKey {
    /// Generates a key from a seed. The same seed yields the same key.
    fn generate(id: KeyId, seed: &KeySeed) -> Result<Self, NoKey> {
        let mut stream = seed.stream();
        let mut primes = [prime(&mut stream)?, prime(&mut stream)?];
        // ring wants the greater prime first.
        primes.sort_by(|one, other| other.cmp(one));
        let key = PrivateKey::from_primes(primes.to_vec(), EXPONENT.into()).map_err(|_| NoKey)?;
        let document = key.to_pkcs8_der().map_err(|_| NoKey)?;
        Self::read(id, document.as_bytes(), &key)
    }

    /// Reads a key from PEM. Its id is its thumbprint.
    ///
    /// # Errors
    /// If it is no RSA key of 2048 bits or more.
    pub(crate) fn from_pem(pem: &SecretString) -> Result<Self, NoKey> {
        use rsa::pkcs8::DecodePrivateKey as _;
        let document =
            PrivatePkcs8KeyDer::from_pem_slice(pem.expose_secret().as_bytes()).map_err(|_| NoKey)?;
        let document = document.secret_pkcs8_der();
        let key = PrivateKey::from_pkcs8_der(document).map_err(|_| NoKey)?;
        let public = VerifyingKey::Rsa {
            modulus: significant(key.n().as_ref()).into(),
            exponent: significant(key.e()).into(),
        };
        let id = KeyId::parse(&public.thumbprint()).ok_or(NoKey)?;
        Self::read(id, document, &key)
    }

    fn read(id: KeyId, document: &[u8], key: &PrivateKey) -> Result<Self, NoKey> {
        let pair = RsaKeyPair::from_pkcs8(document).map_err(|_| NoKey)?;
        let der = PrivatePkcs8KeyDer::from(document.to_vec());
        let certified =
            rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).map_err(|_| NoKey)?;
        let (modulus, exponent) = (significant(key.n().as_ref()), significant(key.e()));
        Ok(Self { id, modulus, exponent, pair, certified })
    }

    /// Returns the public half.
    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::Rsa { modulus: self.modulus.clone().into(), exponent: self.exponent.clone().into() }
    }

    /// Signs a message with RS256.
    ///
    /// # Errors
    /// If the operating system has no random bytes.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, NoKey> {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| NoKey)?;
        Ok(signature)
    }

    /// Returns the X.509 certificate of the key, in DER, with the recorded subject.
    ///
    /// # Errors
    /// If a time is out of range.
    pub(crate) fn certificate(&self, key: &AppKey, org_name: &str) -> Result<Vec<u8>, NoKey> {
        let mut parameters = CertificateParams::new(Vec::new()).map_err(|_| NoKey)?;
        parameters.serial_number = Some(SerialNumber::from_slice(&self.id.0[..8]));
        parameters.not_before = time(key.created.0)?;
        parameters.not_after = time(key.expires.0)?;
        let mut name = DistinguishedName::new();
        for (kind, value) in [
            (DnType::CountryName, "US"),
            (DnType::StateOrProvinceName, "California"),
            (DnType::LocalityName, "San Francisco"),
            (DnType::OrganizationName, "Okta"),
            (DnType::OrganizationalUnitName, "SSOProvider"),
            (DnType::CommonName, org_name),
            // emailAddress (PKCS #9)
            (DnType::CustomDnType(vec![1, 2, 840, 113_549, 1, 9, 1]), "info@okta.com"),
        ] {
            name.push(kind, value);
        }
        parameters.distinguished_name = name;
        let certificate = parameters.self_signed(&self.certified).map_err(|_| NoKey)?;
        Ok(certificate.der().to_vec())
    }
}

fn time(seconds: i64) -> Result<time::OffsetDateTime, NoKey> {
    time::OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| NoKey)
}

fn prime(stream: &mut ChaCha8Rng) -> Result<BoxedUint, NoKey> {
    let sieve = SmallFactorsSieveFactory::new(Flavor::Any, PRIME_BITS, SetBits::TwoMsb).map_err(|_| NoKey)?;
    let found = sieve_and_find(stream, sieve, |_, candidate| is_prime(Flavor::Any, candidate));
    found.ok().flatten().ok_or(NoKey)
}

fn significant(number: &BoxedUint) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::identifier::Seconds;

    fn key(seed: u8) -> SigningKey {
        SigningKey::generate(KeyId([1; 32]), &KeySeed([seed; 32])).unwrap()
    }

    #[test]
    fn keys_have_a_full_size_modulus_and_are_reproducible() {
        let made = key(7);
        assert_eq!((made.modulus.len(), made.modulus[0] >> 7, made.modulus[255] & 1), (256, 1, 1));
        assert_eq!(made.exponent, [1, 0, 1]);
        assert_eq!(made.modulus, key(7).modulus);
        assert_eq!(format!("{made:?}"), format!("SigningKey({})", KeyId([1; 32])));
    }

    #[test]
    fn certificates_are_reproducible() {
        let made = key(7);
        let facts = AppKey { id: made.id, created: Seconds(0), expires: Seconds(86_400) };
        let certificate = made.certificate(&facts, "acme").unwrap();
        assert_eq!(certificate, key(7).certificate(&facts, "acme").unwrap());
    }
}
