//! Finds secrets by their value, in the encodings listed in docs/secrets.md.

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::{decodings, encodings};

/// Minimum length of a value that is searched for; shorter ones occur everywhere.
pub(super) const MIN_LENGTH: usize = 4;

/// Maximum depth of encodings inside encodings.
const MAX_LAYERS: usize = 3;

/// Maximum number of bytes decoded for one body. The part of an answer beyond it is not searched, and
/// therefore not shown.
const MAX_DECODED: usize = 2 * 1024 * 1024;

/// The replacement of a text that was not fully searched.
const NOT_SEARCHED: &str = "[not shown: too many encodings to search for secrets]";

/// The remaining work for one body.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_DECODED)
    }
}

impl Budget {
    /// Takes the work for this many bytes; false if too little is left.
    fn take(&mut self, bytes: usize) -> bool {
        let left = self.0.checked_sub(bytes);
        self.0 = left.unwrap_or_default();
        left.is_some()
    }
}

/// The search for some values, each with its placeholder.
#[derive(Default)]
pub(super) struct Search {
    search: Option<AhoCorasick>,
    replacements: Vec<String>,
    /// The length of the shortest form of a secret; no shorter text can contain one.
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
        // One pass with the longest match at each place, so that no tail of a longer secret remains.
        let search = (!patterns.is_empty())
            .then(|| {
                AhoCorasick::builder()
                    // Answers are short and each flow has its own secrets, so the time to build matters more
                    // than the time to search.
                    .kind(Some(AhoCorasickKind::NoncontiguousNFA))
                    .match_kind(MatchKind::LeftmostLongest)
                    // A secret in capitals is still a secret.
                    .ascii_case_insensitive(true)
                    .build(&patterns)
            })
            .transpose()
            .map_err(|error| format!("cannot prepare the search for secrets: {error}"))?;
        Ok(Self { search, replacements, shortest })
    }

    /// Removes the secrets from a text; `None` if it contains none.
    pub(super) fn redacted(&self, text: &str, budget: &mut Budget) -> Option<String> {
        let search = self.search.as_ref().filter(|_| text.len() >= self.shortest)?;
        self.whole(search, text, budget).unwrap_or_else(|Exhausted| Some(NOT_SEARCHED.to_owned()))
    }

    /// Searches until nothing more is found: the text next to a secret may contain another one in another
    /// encoding. Placeholders are not searched, because they may contain a word that is a secret.
    fn whole(
        &self,
        search: &AhoCorasick,
        text: &str,
        budget: &mut Budget,
    ) -> Result<Option<String>, Exhausted> {
        let Some(mut parts) = self.split(search, text, budget)? else { return Ok(None) };
        let mut shown = String::new();
        parts.reverse();
        while let Some(part) = parts.pop() {
            match part {
                SearchedPart::Found(pattern) => shown.push_str(self.mark(pattern)),
                SearchedPart::Rest(rest) => match self.split(search, &rest, budget)? {
                    Some(more) => parts.extend(more.into_iter().rev()),
                    None => shown.push_str(&rest),
                },
            }
        }
        Ok(Some(shown))
    }

    fn mark(&self, pattern: usize) -> &str {
        self.replacements.get(pattern).map_or("", String::as_str)
    }

    /// Splits a text at the first secrets that are found; `None` if it contains none.
    fn split(
        &self,
        search: &AhoCorasick,
        text: &str,
        budget: &mut Budget,
    ) -> Result<Option<Vec<SearchedPart>>, Exhausted> {
        if text.len() < self.shortest {
            return Ok(None);
        }
        if let Some(parts) = matches(search, text) {
            return Ok(Some(parts));
        }
        // A secret inside an encoding is removed from the decoded text, which is then shown: removing the
        // secret matters more than showing the text unchanged.
        let found = Self::decoded(search, text, MAX_LAYERS, budget)?;
        for part in found.iter().flatten() {
            if let SearchedPart::Rest(rest) = part {
                spend(budget, rest.len())?;
            }
        }
        Ok(found)
    }

    /// The secrets inside the encodings of a text.
    fn decoded(
        search: &AhoCorasick,
        text: &str,
        layers: usize,
        budget: &mut Budget,
    ) -> Result<Option<Vec<SearchedPart>>, Exhausted> {
        if layers == 0 {
            return Ok(None);
        }
        for form in decodings::undone(text) {
            spend(budget, form.len())?;
            if let Some(parts) = matches(search, &form) {
                return Ok(Some(parts));
            }
            if let Some(deeper) = Self::decoded(search, &form, layers - 1, budget)? {
                return Ok(Some(deeper));
            }
        }
        Self::in_runs(search, text, layers, budget)
    }

    /// The runs of base64 or hexadecimal digits that contain a secret.
    fn in_runs(
        search: &AhoCorasick,
        text: &str,
        layers: usize,
        budget: &mut Budget,
    ) -> Result<Option<Vec<SearchedPart>>, Exhausted> {
        let mut holding = Vec::new();
        for run in decodings::runs(text) {
            let Some(letters) = text.get(run.clone()) else { continue };
            if let Some(pattern) = Self::in_run(search, letters, layers, budget)? {
                holding.push((run, pattern));
            }
        }
        // Runs of different kinds overlap.
        holding.sort_by_key(|(run, _)| run.start);
        let mut parts = Vec::new();
        let mut end = 0;
        for (run, pattern) in holding {
            if run.start >= end {
                push_rest(&mut parts, text.get(end..run.start));
                parts.push(SearchedPart::Found(pattern));
            }
            end = end.max(run.end);
        }
        push_rest(&mut parts, text.get(end..).filter(|_| end > 0));
        Ok((!parts.is_empty()).then_some(parts))
    }

    /// A secret in a run. The rest of the run is not shown, so one is enough.
    fn in_run(
        search: &AhoCorasick,
        run: &str,
        layers: usize,
        budget: &mut Budget,
    ) -> Result<Option<usize>, Exhausted> {
        for form in decodings::of_run(run) {
            spend(budget, form.len())?;
            if let Some(found) = search.find(&form) {
                return Ok(Some(found.pattern().as_usize()));
            }
            let deeper = Self::decoded(search, &form, layers - 1, budget)?;
            let found = deeper.into_iter().flatten().find_map(|part| match part {
                SearchedPart::Found(pattern) => Some(pattern),
                SearchedPart::Rest(_) => None,
            });
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

/// A part of a searched text.
enum SearchedPart {
    /// The number of the found form of a secret.
    Found(usize),
    /// Text around secrets, not fully searched yet.
    Rest(String),
}

/// The unencoded secrets in a text; `None` if it contains none.
fn matches(search: &AhoCorasick, text: &str) -> Option<Vec<SearchedPart>> {
    let mut parts = Vec::new();
    let mut end = 0;
    for found in search.find_iter(text) {
        push_rest(&mut parts, text.get(end..found.start()));
        parts.push(SearchedPart::Found(found.pattern().as_usize()));
        end = found.end();
    }
    push_rest(&mut parts, text.get(end..).filter(|_| end > 0));
    (!parts.is_empty()).then_some(parts)
}

fn push_rest(parts: &mut Vec<SearchedPart>, rest: Option<&str>) {
    parts.extend(rest.filter(|rest| !rest.is_empty()).map(|rest| SearchedPart::Rest(rest.to_owned())));
}

/// The limit on decoding was reached.
struct Exhausted;

fn spend(budget: &mut Budget, bytes: usize) -> Result<(), Exhausted> {
    budget.take(bytes).then_some(()).ok_or(Exhausted)
}
