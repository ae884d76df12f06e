//! Scopes of Okta's API, such as `okta.apps.manage`.

/// Resources of the API with scopes of their own (docs: OAuth 2.0 scopes). Those that this org serves come
/// first.
const RESOURCES: [&str; 54] = [
    "apps",
    "appGrants",
    "clients",
    "idps",
    "policies",
    "roles",
    "users",
    "groups",
    "agentPools",
    "apiTokens",
    "authenticators",
    "authorizationServers",
    "behaviors",
    "brands",
    "captchas",
    "certificateAuthorities",
    "deviceAssurance",
    "devices",
    "directories.groups",
    "domains",
    "emailDomains",
    "emailServers",
    "enduser.dashboard",
    "eventHooks",
    "events",
    "factors",
    "features",
    "hookKeys",
    "identitySources",
    "inlineHooks",
    "linkedObjects",
    "logs",
    "logStreams",
    "manifests",
    "networkZones",
    "oauthIntegrations",
    "orgs",
    "personal.adminSettings",
    "principalRateLimits",
    "profileMappings",
    "pushProviders",
    "rateLimits",
    "realmAssignments",
    "realms",
    "reports",
    "riskEvents",
    "riskProviders",
    "schemas",
    "sessions",
    "templates",
    "threatInsights",
    "trustedOrigins",
    "uischemas",
    "userTypes",
];

/// A resource whose operations this org serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// `apps`
    Apps,
    /// `appGrants`
    AppGrants,
    /// `clients`
    Clients,
    /// `idps`
    Idps,
    /// `policies`
    Policies,
    /// `roles`
    Roles,
    /// `users`
    Users,
}

/// The kind of access to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reads it.
    Read,
    /// Reads and changes it.
    Manage,
    /// Registers new ones; only clients can be registered (OpenAPI: createClient).
    Register,
}

/// The scope that an operation requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The resource.
    pub(crate) resource: Resource,
    /// The access.
    pub(crate) access: Access,
}

impl Resource {
    /// Returns the name in scopes.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Apps => "apps",
            Self::AppGrants => "appGrants",
            Self::Clients => "clients",
            Self::Idps => "idps",
            Self::Policies => "policies",
            Self::Roles => "roles",
            Self::Users => "users",
        }
    }
}

impl Access {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Manage => "manage",
            Self::Register => "register",
        }
    }
}

impl Scope {
    /// Returns true if a granted scope allows what this scope allows: `manage` includes `read` (docs), and
    /// registration of clients (inferred).
    pub(crate) fn is_covered_by(self, granted: &str) -> bool {
        let Some(rest) =
            granted.strip_prefix("okta.").and_then(|rest| rest.strip_prefix(self.resource.as_str()))
        else {
            return false;
        };
        rest == ".manage" || rest.strip_prefix('.') == Some(self.access.as_str())
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "okta.{}.{}", self.resource.as_str(), self.access.as_str())
    }
}

/// Returns true if an administrator can grant this scope to an app. `openid` can be granted, the other scopes
/// of OpenID Connect cannot (issue).
pub(crate) fn is_grantable(scope: &str) -> bool {
    let of_api = || {
        let (resource, access) = scope.strip_prefix("okta.")?.rsplit_once('.')?;
        let is_register = resource == "clients" && access == "register";
        (RESOURCES.contains(&resource) && matches!(access, "read" | "manage") || is_register).then_some(())
    };
    scope == "openid" || of_api().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manage_covers_read_but_not_the_reverse() {
        let scope = |access| Scope { resource: Resource::Apps, access };
        assert!(scope(Access::Read).is_covered_by("okta.apps.manage"));
        assert!(scope(Access::Read).is_covered_by("okta.apps.read"));
        assert!(!scope(Access::Manage).is_covered_by("okta.apps.read"));
        assert!(!scope(Access::Read).is_covered_by("okta.appGrants.read"));
        assert!(!scope(Access::Read).is_covered_by("okta.apps.read.self"));
        assert_eq!(scope(Access::Read).to_string(), "okta.apps.read");
    }

    #[test]
    fn only_scopes_of_the_api_and_openid_can_be_granted() {
        for scope in ["okta.users.manage", "okta.groups.read", "okta.clients.register", "openid"] {
            assert!(is_grantable(scope), "{scope}");
        }
        for scope in ["profile", "email", "", "okta.", "okta.users", "okta.users.write", "okta.apps.register"]
        {
            assert!(!is_grantable(scope), "{scope}");
        }
        let served =
            [Resource::Apps, Resource::AppGrants, Resource::Clients, Resource::Idps, Resource::Policies];
        assert!(served.iter().all(|resource| RESOURCES.contains(&resource.as_str())));
    }
}
