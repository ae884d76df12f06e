//! Signing keys of provisioning connections, generated when first requested.

use crypto_bigint::ConcatenatingMul as _;
use crypto_primes::hazmat::{SetBits, SmallFactorsSieveFactory};
use crypto_primes::{Flavor, is_prime, sieve_and_find};
use rand::Rng as _;
use rand::rngs::ChaCha8Rng;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, PrivateKey};

use crate::rules::identifier::KeyId;

/// Size of the modulus in bits.
const BITS: u32 = 2048;
/// Nobody signs with these keys, so only the size of the modulus matters. Eight primes (RFC 8017, section
/// 3.1) are found much faster than two.
const PRIMES: u32 = 8;
const EXPONENT: u64 = 65537;

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey {
    /// The id of the key.
    pub(crate) id: KeyId,
    /// The modulus, big-endian without leading zeros.
    pub(crate) modulus: Vec<u8>,
    /// The exponent, big-endian without leading zeros.
    pub(crate) exponent: Vec<u8>,
}

/// The holder of a key: Okta, which rotates it, or the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyHolder {
    /// rotationMode AUTO: the connection has its own key.
    Connection,
    /// rotationMode MANUAL or none: the app's signing key (OpenAPI, guide-o2o).
    App(KeyId),
}

/// The generated keys of an app's connection: at most one for each kind of holder.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionKeys {
    connection: Option<PublicKey>,
    app: Option<PublicKey>,
}

impl ConnectionKeys {
    /// Returns the key of this holder, if it was generated.
    pub(super) const fn get(&self, holder: KeyHolder) -> Option<&PublicKey> {
        match holder {
            KeyHolder::Connection => self.connection.as_ref(),
            KeyHolder::App(_) => self.app.as_ref(),
        }
    }

    /// Stores a key, unless this holder already has one.
    pub(super) fn insert(&mut self, holder: KeyHolder, key: PublicKey) {
        let slot = match holder {
            KeyHolder::Connection => &mut self.connection,
            KeyHolder::App(_) => &mut self.app,
        };
        slot.get_or_insert(key);
    }
}

/// The error of a random stream that yields no primes of the required size. Not seen in practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoKey;

/// Generates a key from a random stream. The same stream yields the same key.
///
/// # Errors
/// If the stream yields no key.
pub(crate) fn generate(mut stream: ChaCha8Rng, holder: KeyHolder) -> Result<PublicKey, NoKey> {
    let mut own = [0; 32];
    stream.fill_bytes(&mut own);
    let id = match holder {
        KeyHolder::Connection => KeyId(own),
        KeyHolder::App(id) => id,
    };
    let key = private_key(&mut stream)?;
    Ok(PublicKey { id, modulus: significant(key.n().as_ref()), exponent: significant(key.e()) })
}

/// Generates a key with a modulus of the full size. A product of primes of one size may be one bit short.
fn private_key(stream: &mut ChaCha8Rng) -> Result<PrivateKey, NoKey> {
    let mut primes = (0..PRIMES).map(|_| prime(stream)).collect::<Result<Vec<_>, _>>()?;
    loop {
        let product = primes.iter().fold(BoxedUint::one(), |product, prime| product.concatenating_mul(prime));
        if product.bit_width() == BITS
            && let Ok(key) = PrivateKey::from_primes(primes.clone(), EXPONENT.into())
        {
            return Ok(key);
        }
        // Replace the smallest prime.
        let least = primes.iter().enumerate().min_by(|(_, one), (_, other)| one.cmp(other));
        let index = least.map_or(0, |(index, _)| index);
        primes[index] = prime(stream)?;
    }
}

fn prime(stream: &mut ChaCha8Rng) -> Result<BoxedUint, NoKey> {
    let sieve =
        SmallFactorsSieveFactory::new(Flavor::Any, BITS / PRIMES, SetBits::TwoMsb).map_err(|_| NoKey)?;
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
    use rand::SeedableRng as _;

    #[test]
    fn keys_have_a_full_size_modulus_and_are_reproducible() {
        for seed in 0..8 {
            let key = || generate(ChaCha8Rng::seed_from_u64(seed), KeyHolder::Connection).unwrap();
            let made = key();
            assert_eq!((made.modulus.len(), made.modulus[0] >> 7, made.modulus[255] & 1), (256, 1, 1));
            assert_eq!(made.exponent, [1, 0, 1]);
            assert_eq!(made, key());
        }
    }
}
