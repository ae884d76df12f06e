//! Signing keys of provisioning connections, made when they are first asked for.

use rand::Rng as _;
use rand::rngs::ChaCha8Rng;
use rsa::traits::PublicKeyParts as _;
use rsa::{BoxedUint, PrivateKey};

use crate::rules::identifier::KeyId;

const BITS: usize = 2048;

/// The public half of a signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// Its id.
    pub id: KeyId,
    /// The modulus, big-endian without leading zeros.
    pub modulus: Vec<u8>,
    /// The exponent, the same way.
    pub exponent: Vec<u8>,
}

/// Who holds the key: Okta, which rotates it, or the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyHolder {
    /// rotationMode AUTO: a key of the connection's own.
    Connection,
    /// rotationMode MANUAL, or none: the app's signing key (OpenAPI, guide-o2o).
    App(KeyId),
}

/// Makes a key from a random stream: the same stream makes the same key.
///
/// # Errors
/// When the stream yields no primes of the wanted size, which has not been seen.
pub fn make(mut stream: ChaCha8Rng, holder: KeyHolder) -> rsa::Result<PublicKey> {
    let mut own = [0; 32];
    stream.fill_bytes(&mut own);
    let key = PrivateKey::new(&mut stream, BITS)?;
    let id = match holder {
        KeyHolder::Connection => KeyId(own),
        KeyHolder::App(id) => id,
    };
    Ok(PublicKey { id, modulus: significant(key.n().as_ref()), exponent: significant(key.e()) })
}

fn significant(number: &BoxedUint) -> Vec<u8> {
    let octets = number.to_be_bytes();
    octets.iter().copied().skip_while(|octet| *octet == 0).collect()
}
