//! Suggests the nearest known name.

/// Minimum similarity of a suggested name.
const MIN_SIMILARITY: f64 = 0.6;

/// The name most similar to `wanted`, if any is similar enough.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let alike =
        |name: &str| strsim::normalized_damerau_levenshtein(&wanted.to_lowercase(), &name.to_lowercase());
    let mut best: Option<(&str, f64)> = None;
    for name in names {
        let score = alike(name);
        if score >= MIN_SIMILARITY && best.is_none_or(|(_, known)| score > known) {
            best = Some((name, score));
        }
    }
    best.map(|(name, _)| name)
}
