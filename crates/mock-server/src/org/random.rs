//! The org's source of fresh ids: random, or repeated by a seed.

use rand::rngs::{ChaCha8Rng, SysRng};
use rand::{Rng as _, SeedableRng as _, TryRng as _};

use crate::rules::identifier::{AppId, Cell, Code, KeyId, OktaId, State};

/// A source of ids. With a seed it repeats all of them in order, and every signing key.
#[derive(Debug)]
pub struct Random {
    stream: ChaCha8Rng,
    key_secret: [u8; 32],
    cell: Cell,
}

impl Random {
    /// A source that is seeded, or else by the operating system.
    ///
    /// # Errors
    /// When the operating system has no random octets.
    pub fn new(seed: Option<u64>) -> Result<Self, rand::rngs::SysError> {
        let mut stream = match seed {
            Some(seed) => ChaCha8Rng::seed_from_u64(seed),
            None => {
                let mut octets = [0; 32];
                SysRng.try_fill_bytes(&mut octets)?;
                ChaCha8Rng::from_seed(octets)
            }
        };
        let mut key_secret = [0; 32];
        stream.fill_bytes(&mut key_secret);
        let mut octet = [0; 1];
        stream.fill_bytes(&mut octet);
        Ok(Self { stream, key_secret, cell: Cell::from_octet(octet[0]) })
    }

    fn octets<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        self.stream.fill_bytes(&mut octets);
        octets
    }

    /// A fresh id with this prefix.
    pub fn id(&mut self, prefix: [u8; 3]) -> OktaId {
        OktaId::from_octets(prefix, self.octets(), self.cell)
    }

    /// A fresh app id.
    pub fn app_id(&mut self) -> AppId {
        self.id(*b"0oa")
    }

    /// A fresh key id.
    pub fn key_id(&mut self) -> KeyId {
        KeyId(self.octets())
    }

    /// A fresh state.
    pub fn state(&mut self) -> State {
        State(self.octets())
    }

    /// A fresh authorization code.
    pub fn code(&mut self) -> Code {
        Code(self.octets())
    }

    /// The octets of a fresh error id.
    pub fn error_id(&mut self) -> [u8; 16] {
        self.octets()
    }

    /// The octets of a fresh request id.
    pub fn request_id(&mut self) -> [u8; 16] {
        self.octets()
    }

    /// The random stream from which one app's signing key is made: the same whenever it is asked
    /// for, so that keys can be made late, and away from the org's lock.
    #[must_use]
    pub fn key_stream(&self, app: &AppId, purpose: u8) -> ChaCha8Rng {
        let mut seed = self.key_secret;
        for (place, octet) in seed.iter_mut().zip(app.as_str().bytes()) {
            *place ^= octet;
        }
        seed[31] ^= purpose;
        ChaCha8Rng::from_seed(seed)
    }
}
