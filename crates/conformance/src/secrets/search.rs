//! Finds secrets by their value, in the encodings that docs/secrets.md lists.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{decodings, encodings};

/// Encodings inside encodings are undone this deep.
const MOST_LAYERS: usize = 3;

/// So many octets are decoded for one body at most. An answer that wants more is not searched to its
/// end, and what was not searched is not shown.
const MOST_DECODED: usize = 2 * 1024 * 1024;

/// What stands in the place of a text that was not searched to its end.
const NOT_SEARCHED: &str = "[not shown: more encodings than are searched for secrets]";

/// The work that may still be done for one body.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MOST_DECODED)
    }
}

impl Budget {
    /// Takes the work of looking at so many octets; false where there is no more.
    fn take(&mut self, octets: usize) -> bool {
        let left = self.0.checked_sub(octets);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }
}

/// The search for some values, each with the placeholder that stands for it.
#[derive(Default)]
pub(super) struct Search {
    search: Option<AhoCorasick>,
    replacements: Vec<String>,
    /// The length of the shortest form of a secret: no shorter text holds one, however encoded.
    shortest: usize,
}

impl Search {
    /// Prepares the search for values, given with their placeholders.
    pub(super) fn new<'v>(values: impl Iterator<Item = (&'v str, &'v str)>) -> Result<Self, String> {
        let mut patterns = Vec::new();
        let mut replacements = Vec::new();
        for (value, mark) in values {
            for form in encodings::forms(value) {
                patterns.push(form);
                replacements.push(mark.to_owned());
            }
        }
        let shortest = patterns.iter().map(String::len).min().unwrap_or_default();
        // One pass, the longest at each place: no tail of a longer secret stays.
        let search = (!patterns.is_empty())
            .then(|| {
                AhoCorasick::builder()
                    // Answers are short, and each flow has its own secrets: what
                    // counts is the time to build, not the time to search.
                    .kind(Some(AhoCorasickKind::NoncontiguousNFA))
                    .match_kind(MatchKind::LeftmostLongest)
                    // A secret in capitals is one still.
                    .ascii_case_insensitive(true)
                    .build(&patterns)
            })
            .transpose()
            .map_err(|error| format!("cannot prepare the search for secrets: {error}"))?;
        Ok(Self { search, replacements, shortest })
    }

    /// The text without its secrets; `None` where it has none.
    pub(super) fn redacted(&self, text: &str, budget: &mut Budget) -> Option<String> {
        let search = self.search.as_ref().filter(|_| text.len() >= self.shortest)?;
        let replaced = search.is_match(text).then(|| search.replace_all(text, &self.replacements));
        // A secret under an encoding of its own is shown decoded, without it:
        // that a text is shown as it came counts less than that none gets out.
        match self.decoded(search, replaced.as_deref().unwrap_or(text), MOST_LAYERS, budget) {
            Ok(decoded) => decoded.or(replaced),
            Err(Exhausted) => Some(NOT_SEARCHED.to_owned()),
        }
    }

    /// The text without the secrets that stand in it under encodings.
    fn decoded(
        &self,
        search: &AhoCorasick,
        text: &str,
        layers: usize,
        budget: &mut Budget,
    ) -> Result<Option<String>, Exhausted> {
        if layers == 0 {
            return Ok(None);
        }
        for form in decodings::undone(text) {
            spend(budget, form.len())?;
            if search.is_match(&form) {
                return Ok(Some(search.replace_all(&form, &self.replacements)));
            }
            if let Some(deeper) = self.decoded(search, &form, layers - 1, budget)? {
                return Ok(Some(deeper));
            }
        }
        self.without_runs(search, text, layers, budget)
    }

    /// The text without the runs of base64 or hexadecimal digits that hold a secret.
    fn without_runs(
        &self,
        search: &AhoCorasick,
        text: &str,
        layers: usize,
        budget: &mut Budget,
    ) -> Result<Option<String>, Exhausted> {
        let mut kept = String::new();
        let mut end = 0;
        for run in decodings::runs(text) {
            let Some(mark) = self.in_run(search, &text[run.clone()], layers, budget)? else { continue };
            kept.push_str(&text[end..run.start]);
            kept.push_str(mark);
            end = run.end;
        }
        if end == 0 {
            return Ok(None);
        }
        kept.push_str(&text[end..]);
        Ok(Some(kept))
    }

    /// The placeholder of the secret that a run holds.
    fn in_run(
        &self,
        search: &AhoCorasick,
        run: &str,
        layers: usize,
        budget: &mut Budget,
    ) -> Result<Option<&str>, Exhausted> {
        for form in decodings::of_run(run) {
            spend(budget, form.len())?;
            if let Some(found) = search.find(&form) {
                return Ok(self.replacements.get(found.pattern().as_usize()).map(String::as_str));
            }
            // What it holds is not shown, so it is enough to know that it holds one.
            if let Some(deeper) = self.decoded(search, &form, layers - 1, budget)? {
                let held = self.replacements.iter().find(|mark| deeper.contains(mark.as_str()));
                return Ok(held.map(String::as_str));
            }
        }
        Ok(None)
    }
}

/// More would have to be decoded than one body may cost.
struct Exhausted;

fn spend(budget: &mut Budget, octets: usize) -> Result<(), Exhausted> {
    budget.take(octets).then_some(()).ok_or(Exhausted)
}
