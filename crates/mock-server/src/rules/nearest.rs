//! The nearest name to a text, for errors.

/// Minimum similarity of a name that is suggested, from 0 to 1.
const SIMILAR: f64 = 0.5;

/// Maximum length of a text that is compared, in bytes. The comparison takes time and memory by the product
/// of both lengths, and a client chooses the text.
const MAX_LENGTH: usize = 100;

/// Returns the name that is most similar to a text, if any is similar.
pub(crate) fn nearest<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let text = text.to_lowercase();
    let similarity = |name: &str| strsim::normalized_damerau_levenshtein(&text, &name.to_lowercase());
    let rated = names.into_iter().map(|name| (similarity(name), name));
    let nearest = rated.max_by(|(left, _), (right, _)| left.total_cmp(right));
    nearest.filter(|(similarity, _)| *similarity >= SIMILAR).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_similar_names_are_suggested() {
        let names = ["status", "connection", "features"];
        for (text, expected) in
            [("conection", Some("connection")), ("STATUS", Some("status")), ("zzz", None), ("", None)]
        {
            assert_eq!(nearest(text, names), expected, "{text}");
        }
    }

    #[test]
    fn long_texts_are_not_compared() {
        for (length, expected) in [(MAX_LENGTH, true), (MAX_LENGTH + 1, false)] {
            let name = "x".repeat(length);
            let text = format!("{}y", "x".repeat(length - 1));
            assert_eq!(nearest(&text, [name.as_str()]).is_some(), expected, "{length} bytes");
        }
    }
}
