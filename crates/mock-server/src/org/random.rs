//! The org's source of new ids: random, or reproducible from a seed.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::{ChaCha8Rng, SysError, SysRng, Xoshiro256PlusPlus};
use rand::{Rng as _, SeedableRng as _, TryRng as _};
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use crate::rules::identifier::{AppId, Cell, Code, KeyId, OktaId, State};

/// A source of ids. An id depends on the seed, on its purpose, and on the number of earlier ids for the
/// same purpose; other requests do not change it.
#[derive(Clone, Debug)]
pub(crate) struct Random {
    secret: [u8; 32],
    cell: Cell,
    /// Number of ids made for each purpose, by a digest of the purpose.
    counters: HashMap<[u8; 16], u64>,
    /// Number of ids made for purposes without a counter of their own.
    overflow_counter: u64,
    /// Every answer has a request id, so generating one has to be cheap.
    request_ids: Xoshiro256PlusPlus,
    error_ids: Xoshiro256PlusPlus,
}

/// The seed of a signing key.
pub(crate) struct KeySeed(pub(super) [u8; 32]);

impl KeySeed {
    /// Returns the random stream of the key.
    pub(super) fn stream(&self) -> ChaCha8Rng {
        ChaCha8Rng::from_seed(self.0)
    }
}

/// Maximum number of purposes with their own counter. Beyond it, ids depend on the order of requests.
const MAX_COUNTERS: usize = 65_536;

impl Random {
    /// Creates a source from a seed, or from the operating system's random bytes.
    ///
    /// # Errors
    /// If the operating system has no random bytes.
    pub(crate) fn new(seed: Option<u64>) -> Result<Self, SysError> {
        let mut secret = [0; 32];
        match seed {
            Some(seed) => secret = digest(&[b"seed", &seed.to_be_bytes()]),
            None => SysRng.try_fill_bytes(&mut secret)?,
        }
        let stream = |name| Xoshiro256PlusPlus::from_seed(digest(&[&secret, name]));
        Ok(Self {
            secret,
            cell: Cell::from_byte(digest(&[&secret, b"cell"])[0]),
            counters: HashMap::new(),
            overflow_counter: 0,
            request_ids: stream(b"request ids"),
            error_ids: stream(b"error ids"),
        })
    }

    /// Derives bytes for a purpose. The result is always the same.
    fn derive(&self, purpose: &str, subject: &[&str]) -> [u8; 32] {
        let parts: Vec<_> = [&self.secret[..], purpose.as_bytes()]
            .into_iter()
            .chain(subject.iter().map(|text| text.as_bytes()))
            .collect();
        digest(&parts)
    }

    /// Derives the next bytes for a purpose. Each call returns new bytes.
    fn derive_next(&mut self, purpose: &str, subject: &[&str]) -> [u8; 32] {
        let kind = self.derive(purpose, subject);
        let mut key = [0; 16];
        key.copy_from_slice(&kind[..16]);
        let has_counter = self.counters.len() < MAX_COUNTERS || self.counters.contains_key(&key);
        let counter =
            if has_counter { self.counters.entry(key).or_default() } else { &mut self.overflow_counter };
        *counter += 1;
        digest(&[&kind, if has_counter { b"counted" } else { b"beyond" }, &counter.to_be_bytes()])
    }

    /// Returns the id of a resource of which the org has only one.
    pub(crate) fn id(&self, prefix: [u8; 3], what: &str) -> OktaId {
        OktaId::from_bytes(prefix, truncate(self.derive("id", &[what])), self.cell)
    }

    /// Returns a new id for an app of this kind and label.
    pub(crate) fn app_id(&mut self, kind: &str, label: &str) -> AppId {
        OktaId::from_bytes(*b"0oa", truncate(self.derive_next("app", &[kind, label])), self.cell)
    }

    /// Returns the id of the org's signing key.
    pub(crate) fn org_key(&self) -> KeyId {
        KeyId(self.derive("key of the org", &[]))
    }

    /// Returns the id of an app's signing key.
    pub(crate) fn app_key(&self, app: &AppId) -> KeyId {
        KeyId(self.derive("key of an app", &[app.as_str()]))
    }

    /// Returns a new state, for the next consent attempt of an app.
    pub(crate) fn state(&mut self, app: &AppId) -> State {
        State(truncate(self.derive_next("state", &[app.as_str()])))
    }

    /// Returns a new authorization code for a state.
    pub(crate) fn code(&mut self, state: &str) -> Code {
        Code(truncate(self.derive_next("code", &[state])))
    }

    /// Returns the bytes of a new error id.
    pub(crate) fn error_id(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.error_ids.fill_bytes(&mut bytes);
        bytes
    }

    /// Returns the bytes of a new request id.
    pub(crate) fn request_id(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.request_ids.fill_bytes(&mut bytes);
        bytes
    }

    /// Returns a new id of this prefix, for a purpose and a subject.
    pub(crate) fn new_id(&mut self, prefix: [u8; 3], purpose: &str, subject: &[&str]) -> OktaId {
        OktaId::from_bytes(prefix, truncate(self.derive_next(purpose, subject)), self.cell)
    }

    /// Returns the id of a new signing key of an app.
    pub(crate) fn new_app_key(&mut self, app: &AppId) -> KeyId {
        KeyId(self.derive_next("generated key of an app", &[app.as_str()]))
    }

    /// Returns the id of the key that signs for a connection in this period of its rotation.
    pub(crate) fn connection_key(&self, app: &AppId, period: i64) -> KeyId {
        KeyId(self.derive("key of a connection", &[app.as_str(), &period.to_string()]))
    }

    /// Returns the id of the key that signs access tokens.
    pub(crate) fn token_key(&self) -> KeyId {
        KeyId(self.derive("key of access tokens", &[]))
    }

    /// Returns the text of a client's secret. It is always the same, so it need not be stored.
    pub(crate) fn secret(&self, id: &OktaId) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.derive("client secret", &[id.as_str()])).into()
    }

    /// Returns the `jti` of a new access token.
    pub(crate) fn token_id(&mut self, client: &str) -> String {
        format!("AT.{}", URL_SAFE_NO_PAD.encode(self.derive_next("access token", &[client])))
    }

    /// Returns the DPoP nonce of this day. It is always the same, so it need not be stored.
    pub(crate) fn nonce(&self, day: i64) -> String {
        let bytes: [u8; 24] = truncate(self.derive("dpop nonce", &[&day.to_string()]));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Returns the seed of a signing key. It is always the same, so a key can be generated later, without
    /// holding the org's lock.
    pub(crate) fn key_seed(&self, key: KeyId) -> KeySeed {
        KeySeed(self.derive("key stream", &[&key.to_string()]))
    }
}

/// Returns the seed of another org of the process.
pub(crate) fn seed_for(seed: u64, org_name: &str) -> u64 {
    let bytes = digest(&[b"org", &seed.to_be_bytes(), org_name.as_bytes()]);
    u64::from_be_bytes(truncate(bytes))
}

/// Returns a digest of texts, including their boundaries.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn truncate<const N: usize>(bytes: [u8; 32]) -> [u8; N] {
    let mut first = [0; N];
    first.iter_mut().zip(bytes).for_each(|(target, byte)| *target = byte);
    first
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_id_depends_only_on_its_purpose_and_its_number() {
        let (mut one, mut other) = (Random::new(Some(1)).unwrap(), Random::new(Some(1)).unwrap());
        other.request_id();
        other.app_id("google", "Another");
        let (first, second) = (one.app_id("google", "Mail"), one.app_id("google", "Mail"));
        assert_eq!([other.app_id("google", "Mail"), other.app_id("google", "Mail")], [first, second]);
        assert_ne!(first, second);
        other.error_id();
        assert_eq!(one.state(&first), other.state(&first));
        assert_ne!(one.app_key(&first), one.app_key(&second));
        assert_eq!(one.request_ids, Random::new(Some(1)).unwrap().request_ids);
    }

    #[test]
    fn different_seeds_give_different_ids() {
        let (mut one, mut other) = (Random::new(Some(1)).unwrap(), Random::new(Some(2)).unwrap());
        assert_ne!(one.app_id("google", "Mail"), other.app_id("google", "Mail"));
        assert_ne!(one.request_id(), other.request_id());
        let mut random = Random::new(None).unwrap();
        assert_ne!(random.org_key(), Random::new(None).unwrap().org_key());
        assert_ne!(random.error_id(), random.request_id());
    }

    #[test]
    fn counters_are_bounded_and_ids_stay_unique() {
        let mut random = Random::new(Some(1)).unwrap();
        for label in 0..MAX_COUNTERS {
            random.counters.insert(u128::try_from(label).unwrap().to_be_bytes(), 1);
        }
        let ids = ["a", "b", "a"].map(|label| random.app_id("google", label));
        assert_eq!(random.counters.len(), MAX_COUNTERS);
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
    }
}
