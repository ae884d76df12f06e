//! The effect of a request on an org, determined from its method and path. Used by the guard, `--plan` and
//! the memory of a flow.

use crate::exchange::RequestRecord;

/// The path of the token endpoint.
pub(crate) const TOKEN_PATH: &str = "/oauth2/v1/token";

/// The effect of a request, with the id of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect<'a> {
    /// Changes nothing (RFC 9110, section 9.2.1), or requests a token. The id is empty if the path names no app.
    Read(&'a str),
    CreateApp,
    ReplaceApp(&'a str),
    DeleteApp(&'a str),
    AppLifecycle(&'a str),
    /// Stores a token or key.
    SetConnection(&'a str),
    /// Completes a consent, which stores a token.
    Consent(&'a str),
    ConnectionLifecycle(&'a str),
    /// The app's id and the name of the feature.
    Feature(&'a str, &'a str),
    /// Any other change.
    Other,
}

impl<'a> Effect<'a> {
    /// The effect of a method and path. The path of a change must match exactly.
    pub(crate) fn of(method: &str, path: &'a str) -> Self {
        if matches!(method, "GET" | "HEAD" | "OPTIONS") {
            return Self::Read(path.trim_matches('/').split('/').nth(3).unwrap_or_default());
        }
        if (method, path) == ("POST", TOKEN_PATH) {
            return Self::Read("");
        }
        let segments: Vec<&str> = path.split('/').collect();
        let ["", "api", "v1", "apps", rest @ ..] = segments.as_slice() else { return Self::Other };
        match (method, rest) {
            ("POST", []) => Self::CreateApp,
            ("PUT", [app]) => Self::ReplaceApp(app),
            ("DELETE", [app]) => Self::DeleteApp(app),
            ("POST", [app, "lifecycle", "activate" | "deactivate"]) => Self::AppLifecycle(app),
            ("POST", [app, "connections", "default"]) => Self::SetConnection(app),
            ("POST", [app, "connections", "default", "lifecycle", "activate" | "deactivate"]) => {
                Self::ConnectionLifecycle(app)
            }
            ("PUT", [app, "features", name]) => Self::Feature(app, name),
            ("POST", [_, app, "oauth2", "callback"]) => Self::Consent(app),
            _ => Self::Other,
        }
    }

    /// The effect of a sent request. Orgs accept a doubled slash at the beginning of a path (recorded).
    pub(crate) fn of_request(request: &'a RequestRecord) -> Self {
        let path = request.path.strip_prefix('/').filter(|rest| rest.starts_with('/'));
        Self::of(&request.method, path.unwrap_or(&request.path))
    }

    /// The app whose connection the answer may contain.
    pub(crate) fn app_of_connection(self) -> Option<&'a str> {
        match self {
            Self::Read(app)
            | Self::SetConnection(app)
            | Self::Consent(app)
            | Self::ConnectionLifecycle(app) => Some(app),
            _ => None,
        }
    }

    /// The app whose feature the answer may contain.
    pub(crate) fn app_of_feature(self) -> Option<&'a str> {
        match self {
            Self::Read(app) | Self::Feature(app, _) => Some(app),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_recognized_by_its_method_and_exact_path() {
        for (method, path, effect) in [
            ("GET", "/api/v1/apps/0oa1/features", Effect::Read("0oa1")),
            ("GET", "/api/v1/apps", Effect::Read("")),
            ("POST", "/oauth2/v1/token", Effect::Read("")),
            ("POST", "/oauth2/v1/token/", Effect::Other),
            ("POST", "/api/v1/apps", Effect::CreateApp),
            ("PUT", "/api/v1/apps/0oa1", Effect::ReplaceApp("0oa1")),
            ("DELETE", "/api/v1/apps/0oa1", Effect::DeleteApp("0oa1")),
            ("POST", "/api/v1/apps/google/0oa1/oauth2/callback", Effect::Consent("0oa1")),
            ("PUT", "/api/v1/apps/0oa1/features/X", Effect::Feature("0oa1", "X")),
            ("PATCH", "/api/v1/apps/0oa1", Effect::Other),
            ("POST", "/api/v1/apps/", Effect::Other),
            ("POST", "//api/v1/apps", Effect::Other),
            ("POST", "/api/v1/apps/0oa1/connections/default/jwks", Effect::Other),
            ("POST", "/api/v1/users/00u1/lifecycle/deactivate", Effect::Other),
        ] {
            assert_eq!(Effect::of(method, path), effect, "{method} {path}");
        }
    }
}
