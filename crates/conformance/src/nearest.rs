//! Suggests the nearest known name.

/// Minimum similarity of a suggested name.
const MIN_SIMILARITY: f64 = 0.6;

/// The name most similar to `searched`, if any is similar enough.
pub(crate) fn nearest<'a>(searched: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let alike =
        |name: &str| strsim::normalized_damerau_levenshtein(&searched.to_lowercase(), &name.to_lowercase());
    let mut best: Option<(&str, f64)> = None;
    for name in names {
        let score = alike(name);
        if score >= MIN_SIMILARITY && best.is_none_or(|(_, known)| score > known) {
            best = Some((name, score));
        }
    }
    best.map(|(name, _)| name)
}
