//! Standard admin roles of a client (OpenAPI RoleType).

use super::scope::{Access, Resource, Scope};

/// A standard role. IAM-based and custom roles are not served.
#[allow(clippy::enum_variant_names, reason = "the names are those of Okta")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// API_ACCESS_MANAGEMENT_ADMIN
    ApiAccessManagementAdmin,
    /// APP_ADMIN
    AppAdmin,
    /// GROUP_MEMBERSHIP_ADMIN
    GroupMembershipAdmin,
    /// HELP_DESK_ADMIN
    HelpDeskAdmin,
    /// ORG_ADMIN
    OrgAdmin,
    /// READ_ONLY_ADMIN
    ReadOnlyAdmin,
    /// REPORT_ADMIN
    ReportAdmin,
    /// SUPER_ADMIN
    SuperAdmin,
    /// USER_ADMIN
    UserAdmin,
}

/// Every role with its type and its label. Two labels are recorded, the others are from the OpenAPI document.
const ROLES: [(Role, &str, &str); 9] = [
    (Role::ApiAccessManagementAdmin, "API_ACCESS_MANAGEMENT_ADMIN", "API Access Management Administrator"),
    (Role::AppAdmin, "APP_ADMIN", "Application Administrator"),
    (Role::GroupMembershipAdmin, "GROUP_MEMBERSHIP_ADMIN", "Group Membership Administrator"),
    (Role::HelpDeskAdmin, "HELP_DESK_ADMIN", "Help Desk Administrator"),
    (Role::OrgAdmin, "ORG_ADMIN", "Organizational Administrator"),
    (Role::ReadOnlyAdmin, "READ_ONLY_ADMIN", "Read-Only Administrator"),
    (Role::ReportAdmin, "REPORT_ADMIN", "Report Administrator"),
    (Role::SuperAdmin, "SUPER_ADMIN", "Super Administrator"),
    (Role::UserAdmin, "USER_ADMIN", "User Administrator"),
];

impl Role {
    /// Parses a role type.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        ROLES.iter().find(|(_, name, _)| *name == text).map(|(role, ..)| *role)
    }

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        &ROLES[self as usize]
    }

    /// Returns the type as Okta writes it.
    pub(crate) fn as_str(self) -> &'static str {
        self.row().1
    }

    /// Returns the label.
    pub(crate) fn label(self) -> &'static str {
        self.row().2
    }

    /// Returns the id of the assignment: the type in Base32 (RFC 4648, 6) without padding (recorded).
    pub(crate) fn id(self) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut id = String::new();
        for chunk in self.as_str().as_bytes().chunks(5) {
            let bits = chunk.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte))
                << (8 * (5 - chunk.len()));
            let digits = (chunk.len() * 8).div_ceil(5);
            id.extend((0..digits).map(|digit| {
                let index = usize::try_from(bits >> (35 - 5 * digit) & 31).unwrap_or_default();
                char::from(ALPHABET[index])
            }));
        }
        id
    }

    /// Returns true if the role allows what a scope allows (docs: standard administrator roles; inferred where
    /// these do not speak of the API).
    pub(crate) const fn allows(self, scope: Scope) -> bool {
        let reads = matches!(scope.access, Access::Read);
        match self {
            Self::SuperAdmin => true,
            Self::ReadOnlyAdmin => reads,
            Self::OrgAdmin => match scope.resource {
                Resource::Users | Resource::Policies | Resource::Idps => true,
                Resource::Apps | Resource::Clients => reads,
                Resource::AppGrants | Resource::Roles => false,
            },
            Self::AppAdmin => match scope.resource {
                Resource::Apps | Resource::Clients => true,
                Resource::AppGrants | Resource::Policies | Resource::Users => reads,
                Resource::Idps | Resource::Roles => false,
            },
            Self::ApiAccessManagementAdmin => match scope.resource {
                Resource::Clients => true,
                Resource::Apps | Resource::AppGrants => reads,
                _ => false,
            },
            Self::UserAdmin => matches!(scope.resource, Resource::Users),
            Self::GroupMembershipAdmin | Self::HelpDeskAdmin => {
                matches!(scope.resource, Resource::Users) && reads
            }
            Self::ReportAdmin => matches!(scope.resource, Resource::Apps | Resource::Users) && reads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_recorded_ones() {
        assert_eq!(Role::HelpDeskAdmin.id(), "JBCUYUC7IRCVGS27IFCE2SKO");
        assert_eq!(Role::GroupMembershipAdmin.id(), "I5JE6VKQL5GUKTKCIVJFGSCJKBPUCRCNJFHA");
    }

    #[test]
    fn each_role_is_at_its_index() {
        assert!(ROLES.iter().enumerate().all(|(index, (role, ..))| *role as usize == index));
        assert!(ROLES.iter().all(|(role, name, _)| Role::parse(name) == Some(*role)));
    }

    #[test]
    fn only_a_super_administrator_grants_scopes_and_roles() {
        for (role, ..) in &ROLES {
            for resource in [Resource::AppGrants, Resource::Roles] {
                let allowed = role.allows(Scope { resource, access: Access::Manage });
                assert_eq!(allowed, *role == Role::SuperAdmin, "{role:?} {resource:?}");
            }
        }
    }
}
