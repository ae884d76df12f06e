//! The names of members, parameters and headers that hold secrets.

/// Returns true if a member, parameter or header of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = letters.to_ascii_lowercase();
    // `credentials` of an app is no secret itself: it holds the user name template, for example.
    const PARTS: [&str; 6] = ["password", "secret", "assertion", "cookie", "privatekey", "apikey"];
    const WHOLE: [&str; 4] = ["authorization", "proxyauthorization", "dpop", "credential"];
    // `authScheme` and `tokenType` are no secrets, `apiToken` is.
    name.ends_with("token") || WHOLE.contains(&name.as_str()) || PARTS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_in_every_spelling() {
        for name in ["token", "apiToken", "client_secret", "adminPassword", "X-Api-Key", "Cookie", "DPoP"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["authScheme", "tokenType", "credentials", "kid", "userName"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
