//! The list of apps: pages, cursor, prefix search and filter.

use super::app::App;
use super::behaviour as rule;
use super::body::{TEXT_LIMIT, check_length};
use super::error::{ErrorCode, OktaError, Parameter, Refusals};
use super::identifier::{AppId, OktaId};

/// Default number of apps per page (recorded).
pub(crate) const DEFAULT_LIMIT: usize = 20;
/// Maximum number of apps per page (recorded, OpenAPI).
pub(crate) const MAXIMUM_LIMIT: usize = 200;

/// The parameters of a list request.
#[derive(Debug)]
pub(crate) struct ListRequest {
    /// Number of apps per page.
    pub(crate) limit: usize,
    /// Return only apps after this one.
    pub(crate) after: Option<AppId>,
    /// Return only apps whose name or label begins with this text, in any letter case.
    pub(crate) prefix: Option<String>,
    /// Return only apps that match this filter.
    pub(crate) filter: Option<Filter>,
}

impl ListRequest {
    /// Reads the query parameters by name.
    ///
    /// # Errors
    /// E0000001 for limit and expand, E0000029 for after, E0000031 for filter. The first error in the order
    /// of the OpenAPI document decides; the others become causes.
    pub(crate) fn read<'a>(one: impl Fn(&str) -> Parameter<'a>) -> Result<Self, OktaError> {
        rule::LIST_ORDER.apply();
        rule::LIST_LINKS.apply();
        rule::LIST_OTHER_PARAMETERS.apply();
        // Some clients send a parameter that they have no value for (sdk: Terraform's `filter=`).
        let one = |name| one(name).map(|value| value.filter(|value| !value.is_empty()));
        rule::LIST_EMPTY_PARAMETER.apply();
        let mut refusals = Refusals::default();
        let request = Self {
            prefix: refusals.take(one("q").and_then(read_prefix), None),
            after: refusals.take(one("after").and_then(|text| text.map(read_cursor).transpose()), None),
            limit: refusals.take(one("limit").and_then(read_limit), DEFAULT_LIMIT),
            filter: refusals.take(one("filter").and_then(|text| text.map(Filter::read).transpose()), None),
        };
        refusals.check(one("expand").and_then(check_expand));
        refusals.into_result(request)
    }

    /// Returns true if an app belongs in the list.
    #[must_use]
    pub(crate) fn selects(&self, id: &AppId, app: &App) -> bool {
        let begins = |text: &str, prefix: &str| text.to_lowercase().starts_with(prefix);
        let name = app.name();
        self.prefix.as_deref().is_none_or(|prefix| begins(name, prefix) || begins(&app.label, prefix))
            && self.filter.as_ref().is_none_or(|filter| filter.selects(id, app))
    }
}

fn read_prefix(text: Option<&str>) -> Result<Option<String>, OktaError> {
    let Some(text) = text else { return Ok(None) };
    rule::LIST_PREFIX.apply();
    check_length(text, "q", TEXT_LIMIT).map(|text| Some(text.to_lowercase()))
}

fn read_limit(text: Option<&str>) -> Result<usize, OktaError> {
    let Some(text) = text else { return Ok(DEFAULT_LIMIT) };
    match text.parse::<i32>() {
        Ok(-1) => Ok(DEFAULT_LIMIT),
        Ok(limit @ 1..) => Ok(usize::try_from(limit).unwrap_or(MAXIMUM_LIMIT).min(MAXIMUM_LIMIT)),
        _ => Err(OktaError::invalid(&rule::LIST_LIMIT, "limit")),
    }
}

fn read_cursor(text: &str) -> Result<AppId, OktaError> {
    OktaId::parse(text).filter(|id| id.prefix() == b"0oa").ok_or_else(|| {
        OktaError::new(&rule::LIST_CURSOR, ErrorCode::InvalidPaging).because("Invalid cursor.")
    })
}

/// Checks that `expand` is `user/{id}`. This org has no users, so nothing is embedded.
fn check_expand(text: Option<&str>) -> Result<(), OktaError> {
    match text.map(|text| text.strip_prefix("user/")) {
        None => Ok(()),
        Some(Some(id)) if !id.is_empty() && !id.contains('/') => Ok(()),
        Some(_) => {
            Err(OktaError::validation(&rule::LIST_EXPAND, "RequestParams", "Expand query is malformed."))
        }
    }
}

/// A filter expression: a supported member, `eq` and a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    /// `id eq "…"`
    Id(String),
    /// `status eq "…"`
    Status(String),
    /// `name eq "…"`
    Name(String),
    /// `credentials.signing.kid eq "…"`
    SigningKey(String),
    /// `user.id eq "…"` and `group.id eq "…"`: apps assigned to a user or a group.
    Assignment,
    /// `settings.slo.enabled eq …`
    SingleLogout(bool),
}

impl Filter {
    /// Reads the `filter` parameter.
    fn read(text: &str) -> Result<Self, OktaError> {
        let parsed = check_length(text, "filter", TEXT_LIMIT).and_then(Self::parse);
        parsed.map_err(|error| match error.causes.is_empty() {
            true => error.because("filter: The field has an invalid value"),
            false => error,
        })
    }

    /// Parses a filter expression.
    ///
    /// # Errors
    /// E0000031 for anything other than `{member} eq {value}`.
    pub(crate) fn parse(text: &str) -> Result<Self, OktaError> {
        rule::LIST_FILTER.apply();
        let invalid = || OktaError::new(&rule::LIST_FILTER, ErrorCode::InvalidSearchCriteria);
        let (member, rest) = text.trim().split_once(' ').ok_or_else(invalid)?;
        let (operator, value) = rest.trim_start().split_once(' ').ok_or_else(invalid)?;
        if !operator.eq_ignore_ascii_case("eq") {
            return Err(invalid());
        }
        let value = value.trim();
        let quoted = || serde_json::from_str::<String>(value).map_err(|_| invalid());
        match member {
            "id" => quoted().map(Self::Id),
            "status" => quoted().map(Self::Status),
            "name" => quoted().map(Self::Name),
            "user.id" | "group.id" => quoted().map(|_| Self::Assignment),
            "credentials.signing.kid" => quoted().map(Self::SigningKey),
            "settings.slo.enabled" => value.parse().map(Self::SingleLogout).map_err(|_| invalid()),
            _ => Err(invalid()),
        }
    }

    fn selects(&self, id: &AppId, app: &App) -> bool {
        match self {
            Self::Id(wanted) => id.as_str() == wanted,
            Self::Status(wanted) => app.status.as_str() == wanted,
            Self::Name(wanted) => app.name() == wanted,
            Self::SigningKey(wanted) => app.shows_signing_key() && app.signing_key.to_string() == *wanted,
            // No users or groups are assigned to apps of this org.
            Self::Assignment => false,
            // No app of this org has single logout.
            Self::SingleLogout(wanted) => !wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn filters_have_one_form() {
        assert_eq!(Filter::parse(r#"status eq "ACTIVE""#).unwrap(), Filter::Status("ACTIVE".into()));
        assert_eq!(Filter::parse(r#"name EQ "a b""#).unwrap(), Filter::Name("a b".into()));
        assert_eq!(Filter::parse(r#"group.id eq "00g1""#).unwrap(), Filter::Assignment);
        for text in [
            "",
            "status",
            "status eq",
            "status eq ACTIVE",
            r#"label eq "x""#,
            r#"status ne "ACTIVE""#,
            r#"status eq "ACTIVE" or x"#,
        ] {
            assert_eq!(Filter::parse(text).unwrap_err().code, ErrorCode::InvalidSearchCriteria, "{text}");
        }
    }

    #[test]
    fn a_parameter_without_a_value_is_absent() {
        let request = ListRequest::read(|_| Ok(Some(""))).unwrap();
        assert_eq!((request.limit, request.after, request.prefix), (20, None, None));
        assert!(request.filter.is_none());
    }

    #[test]
    fn search_texts_have_a_length_limit() {
        let long = "x".repeat(1025);
        for limited in ["q", "filter"] {
            let error = ListRequest::read(|name| Ok((name == limited).then_some(&*long))).unwrap_err();
            assert_eq!(error.rule.name, "body.text-too-long");
            assert_eq!(error.causes, [format!("{limited}: The field is too long")]);
        }
    }

    #[test]
    fn all_invalid_parameters_are_named_in_document_order() {
        let error = ListRequest::read(|name| match name {
            "limit" => Ok(Some("abc")),
            "filter" => Ok(Some("bogus")),
            "expand" => Ok(Some("y")),
            _ => Ok(None),
        })
        .unwrap_err();
        assert_eq!(error.summary, "Api validation failed: limit");
        assert_eq!(
            error.causes,
            [
                "limit: The field has an invalid value",
                "filter: The field has an invalid value",
                "Expand query is malformed."
            ]
        );
    }

    #[test]
    fn limits_are_capped_and_checked() {
        assert_eq!(read_limit(None).unwrap(), 20);
        assert_eq!(read_limit(Some("-1")).unwrap(), 20);
        assert_eq!(read_limit(Some("5000")).unwrap(), 200);
        for text in ["0", "-2", "x", "1.5", "99999999999"] {
            assert_eq!(read_limit(Some(text)).unwrap_err().rule.name, "list.limit", "{text}");
        }
    }

    #[test]
    fn a_cursor_is_an_app_id() {
        for text in ["x", "00u1gjh63g214q0Hq0g4", "0oa1gjh63g214q0Hq0g!"] {
            assert_eq!(read_cursor(text).unwrap_err().causes, ["Invalid cursor."], "{text}");
        }
    }
}
