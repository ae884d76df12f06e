//! Removes credentials of an org from the environment of programs that the runner starts.

use std::ffi::{OsStr, OsString};

/// Words in the names of `OKTA_` variables that contain a credential.
const SECRET: [&str; 6] = ["TOKEN", "SECRET", "KEY", "PASSWORD", "ASSERTION", "CREDENTIAL"];

/// The variables of this process that contain a credential, by name or because they contain the run's own.
pub(super) fn credentials(credential: &str) -> Vec<OsString> {
    let holds = |(name, value): &(OsString, OsString)| is_credential(name, value, credential);
    std::env::vars_os().filter(holds).map(|(name, _)| name).collect()
}

fn is_credential(name: &OsStr, value: &OsStr, credential: &str) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    let by_name = name.starts_with("OKTA_") && SECRET.iter().any(|word| name.contains(word));
    by_name || (!credential.is_empty() && value.to_string_lossy().contains(credential))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_recognized_by_name_or_value() {
        for (name, value, expected) in [
            ("OKTA_API_TOKEN", "other", true),
            ("OKTA_ACCESS_TOKEN", "", true),
            ("okta_client_privatekey", "k", true),
            ("OKTA_MOCK_API_TOKEN", "t", true),
            ("MY_TOKEN", "SSWS the-credential", true),
            ("MY_TOKEN", "another", false),
            ("ROBOT_PASSWORD", "for-the-third-party", false),
            ("OKTA_DOMAIN", "dev-1.okta.com", false),
            ("PATH", "/usr/bin", false),
        ] {
            let is = is_credential(OsStr::new(name), OsStr::new(value), "the-credential");
            assert_eq!(is, expected, "{name}={value}");
        }
        assert!(!is_credential(OsStr::new("PATH"), OsStr::new("/usr/bin"), ""));
    }
}
