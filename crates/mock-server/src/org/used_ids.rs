//! The ids of assertions and proofs that were used, each until it would be refused for its age.

use std::collections::{BTreeSet, HashSet};

use sha2::{Digest as _, Sha256};

use crate::rules::identifier::Seconds;

/// Ids that cannot be used again. Digests bound the memory of long ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct UsedIds {
    known: HashSet<[u8; 16]>,
    by_end: BTreeSet<(Seconds, [u8; 16])>,
}

/// Maximum number of ids. Beyond it, those that end first are forgotten.
const MAX_IDS: usize = 100_000;

impl UsedIds {
    /// Records the use of an id by a client or a key, until a time. Returns false if it was used before.
    pub(super) fn record(&mut self, user: &str, id: &str, until: Seconds, now: Seconds) -> bool {
        while let Some((end, digest)) = self.by_end.first().copied()
            && (end < now || self.by_end.len() >= MAX_IDS)
        {
            self.by_end.remove(&(end, digest));
            self.known.remove(&digest);
        }
        let mut hash = Sha256::new();
        hash.update((user.len() as u64).to_be_bytes());
        hash.update(user);
        hash.update(id);
        let mut digest = [0; 16];
        digest.copy_from_slice(&hash.finalize()[..16]);
        self.known.insert(digest) && self.by_end.insert((until, digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_used_once_by_each_user_until_it_ends() {
        let mut used = UsedIds::default();
        let mut record = |user, id, now| used.record(user, id, Seconds(100), Seconds(now));
        assert!(record("a", "1", 0));
        assert!(!record("a", "1", 100));
        assert!(record("b", "1", 0) && record("a", "2", 0));
        assert!(record("a", "1", 101), "it is too old by then, and refused for that");
    }

    #[test]
    fn the_number_of_ids_is_bounded() {
        let mut used = UsedIds::default();
        for number in 0..=MAX_IDS {
            assert!(used.record("a", &number.to_string(), Seconds(100), Seconds(0)));
        }
        assert_eq!((used.known.len(), used.by_end.len()), (MAX_IDS, MAX_IDS));
    }
}
