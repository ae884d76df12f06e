//! Identity providers: the type of the guide (OKTA_INTEGRATION), and OIDC as recorded.

use serde_json::{Map, Value, json};

use super::body::{Members, Object, check_length, is_blank, wrong_type};
use crate::rules::behaviour as rule;
use crate::rules::error::{OktaError, Refusals};
use crate::rules::identifier::Seconds;

/// An identity provider.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct IdentityProvider {
    /// `type`
    pub(crate) kind: ProviderKind,
    /// `name`
    pub(crate) name: Box<str>,
    /// True if it is ACTIVE.
    pub(crate) is_active: bool,
    /// Creation time.
    pub(crate) created: Seconds,
    /// Time of the last change.
    pub(crate) last_updated: Seconds,
    /// `issuerMode`
    pub(crate) issuer_mode: &'static str,
    /// `protocol`, in the recorded order.
    pub(crate) protocol: Value,
    /// `policy`, in the recorded order.
    pub(crate) policy: Value,
}

/// The types of identity providers that the mock serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProviderKind {
    /// Another Okta org (guide-o2o).
    OktaIntegration,
    /// Any OpenID provider.
    Oidc,
}

impl ProviderKind {
    fn parse(text: &str) -> Option<Self> {
        [Self::OktaIntegration, Self::Oidc].into_iter().find(|kind| kind.as_str() == text)
    }

    /// Returns the type as Okta writes it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::OktaIntegration => "OKTA_INTEGRATION",
            Self::Oidc => "OIDC",
        }
    }
}

/// Maximum length of a name (OpenAPI IdentityProvider).
const NAME_LIMIT: usize = 100;
/// Maximum length of the protocol and of the policy, in characters (the mock's own limit).
const MAX_JSON_LENGTH: usize = 16 * 1024;

/// The form of a JSON value. Members that it does not have are dropped (recorded).
enum Form {
    /// Text or null.
    Text,
    /// A boolean.
    Flag,
    /// A whole number.
    Number,
    /// A list of texts, or null.
    Texts,
    /// An object with these members.
    Object(&'static [Member]),
}

/// A member of an object: its name, its form, and the JSON that stands for it if it was not sent.
struct Member(&'static str, Form, Option<&'static str>);

const ENDPOINT: Form = Form::Object(&[Member("url", Form::Text, None), Member("binding", Form::Text, None)]);
const ACTION: Form = Form::Object(&[Member("action", Form::Text, Some("\"NONE\""))]);
const ALGORITHM: Form = Form::Object(&[Member(
    "signature",
    Form::Object(&[Member("algorithm", Form::Text, None), Member("scope", Form::Text, None)]),
    None,
)]);

/// The order is recorded of type OIDC.
const PROTOCOL: Form = Form::Object(&[
    Member("type", Form::Text, Some("\"OIDC\"")),
    Member(
        "endpoints",
        Form::Object(&[
            Member("slo", ENDPOINT, None),
            Member("authorization", ENDPOINT, None),
            Member("token", ENDPOINT, None),
            Member("userInfo", ENDPOINT, None),
            Member("jwks", ENDPOINT, None),
        ]),
        Some("{}"),
    ),
    Member(
        "algorithms",
        Form::Object(&[Member("request", ALGORITHM, None), Member("response", ALGORITHM, None)]),
        None,
    ),
    Member(
        "settings",
        Form::Object(&[
            Member("nameFormat", Form::Text, Some("null")),
            Member("participateSlo", Form::Flag, None),
        ]),
        Some("{\"nameFormat\":null}"),
    ),
    Member("scopes", Form::Texts, Some("[\"openid\"]")),
    Member("issuer", Form::Object(&[Member("url", Form::Text, None)]), None),
    Member(
        "credentials",
        Form::Object(&[
            Member(
                "client",
                Form::Object(&[
                    Member("client_id", Form::Text, None),
                    Member("client_secret", Form::Text, None),
                    Member("token_endpoint_auth_method", Form::Text, None),
                    Member("pkce_required", Form::Text, None),
                ]),
                None,
            ),
            Member(
                "signing",
                Form::Object(&[Member("kid", Form::Text, None), Member("algorithm", Form::Text, None)]),
                None,
            ),
        ]),
        None,
    ),
    Member("oktaIdpOrgUrl", Form::Text, None),
]);

/// The order is recorded of type OIDC.
const POLICY: Form = Form::Object(&[
    Member(
        "provisioning",
        Form::Object(&[
            Member("action", Form::Text, Some("\"AUTO\"")),
            Member("profileMaster", Form::Flag, Some("false")),
            Member("groups", ACTION, Some("{\"action\":\"NONE\"}")),
            Member(
                "conditions",
                Form::Object(&[
                    Member("deprovisioned", ACTION, Some("{\"action\":\"NONE\"}")),
                    Member("suspended", ACTION, Some("{\"action\":\"NONE\"}")),
                ]),
                Some("{}"),
            ),
        ]),
        Some("{}"),
    ),
    Member(
        "accountLink",
        Form::Object(&[
            Member("filter", Form::Text, Some("null")),
            Member("action", Form::Text, Some("\"AUTO\"")),
        ]),
        Some("{}"),
    ),
    Member(
        "subject",
        Form::Object(&[
            Member(
                "userNameTemplate",
                Form::Object(&[Member("template", Form::Text, Some("\"idpuser.email\""))]),
                Some("{}"),
            ),
            Member("filter", Form::Text, Some("null")),
            Member("matchType", Form::Text, Some("\"USERNAME\"")),
            Member("matchAttribute", Form::Text, Some("null")),
        ]),
        Some("{}"),
    ),
    Member("mapAMRClaims", Form::Flag, None),
    Member("maxClockSkew", Form::Number, Some("0")),
    Member("trustClaims", Form::Flag, Some("false")),
    Member("transformedUsernameMatchingEnabled", Form::Flag, Some("false")),
]);

impl Form {
    /// Returns a value in this form.
    fn read(&self, sent: &Value) -> Result<Value, OktaError> {
        match (self, sent) {
            (Self::Text, Value::String(_) | Value::Null) | (Self::Flag, Value::Bool(_)) => Ok(sent.clone()),
            // Examples of Okta's document write some flags as text.
            (Self::Text, Value::Bool(_)) => Ok(sent.clone()),
            (Self::Number, Value::Number(number)) if number.is_u64() => Ok(sent.clone()),
            (Self::Texts, Value::Null) => Ok(sent.clone()),
            (Self::Texts, Value::Array(items)) if items.iter().all(Value::is_string) => Ok(sent.clone()),
            (Self::Object(members), Value::Object(sent)) => {
                let mut object = Map::new();
                for Member(name, form, absent) in *members {
                    let value = sent.get(*name).filter(|value| !(value.is_null() && absent.is_none()));
                    match (value, absent) {
                        (Some(value), _) => {
                            object.insert((*name).to_owned(), form.read(value)?);
                        }
                        (None, Some(absent)) => {
                            let absent = serde_json::from_str(absent).unwrap_or_default();
                            object.insert((*name).to_owned(), form.read(&absent)?);
                        }
                        (None, None) => {}
                    }
                }
                Ok(Value::Object(object))
            }
            _ => Err(wrong_type()),
        }
    }
}

impl IdentityProvider {
    /// POST /idps.
    ///
    /// # Errors
    /// E0000003 for members of a wrong type, E0000001 for members that are missing or not allowed.
    pub(crate) fn create(body: &Object<'_>, now: Seconds) -> Result<Self, OktaError> {
        let kind = kind(Members::from(body))?;
        let kind = kind.ok_or_else(|| OktaError::blank(&rule::PROVIDER_TYPE, "type"))?;
        Self::read(body, kind, None, now)
    }

    /// PUT /idps/{idpId}. A policy that is not sent stays (guide-o2o).
    ///
    /// # Errors
    /// As [`IdentityProvider::create`]; E0000001 for another type.
    pub(crate) fn replaced(&self, body: &Object<'_>, now: Seconds) -> Result<Self, OktaError> {
        match kind(Members::from(body))? {
            Some(kind) if kind != self.kind => Err(OktaError::invalid(&rule::PROVIDER_TYPE, "type")),
            _ => Self::read(body, self.kind, Some(self), now),
        }
    }

    /// Returns the provider of a document: the body of POST, and its status and times.
    ///
    /// # Errors
    /// As [`IdentityProvider::create`]; E0000001 for a status or a time that cannot be.
    pub(crate) fn described(body: &Object<'_>, now: Seconds) -> Result<Self, OktaError> {
        let mut provider = Self::create(body, now)?;
        let members = Members::from(body);
        let invalid = |name| OktaError::invalid(&rule::CONTROL_STATE, name);
        provider.is_active = match members.text("status")? {
            None | Some("ACTIVE") => true,
            Some("INACTIVE") => false,
            Some(_) => return Err(invalid("status")),
        };
        let time = |name: &'static str| {
            let text = members.text(name)?;
            text.map(|text| Seconds::parse(text).ok_or_else(|| invalid(name))).transpose()
        };
        provider.created = time("created")?.unwrap_or(now);
        provider.last_updated = time("lastUpdated")?.unwrap_or(provider.created);
        Ok(provider)
    }

    /// Returns the protocol without the client's secret.
    pub(crate) fn protocol_without_secret(&self) -> Value {
        let mut protocol = self.protocol.clone();
        if let Some(client) = protocol.pointer_mut("/credentials/client").and_then(Value::as_object_mut) {
            client.shift_remove("client_secret");
        }
        protocol
    }

    fn read(
        body: &Object<'_>,
        kind: ProviderKind,
        current: Option<&Self>,
        now: Seconds,
    ) -> Result<Self, OktaError> {
        let members = Members::from(body);
        members.mark_read(&["id", "status", "created", "lastUpdated", "_links"]);
        let name = members.text("name")?;
        let issuer_mode = members.text("issuerMode")?;
        let part = |name| Ok::<_, OktaError>(members.object(name)?.map(Members::to_value));
        let (protocol, policy) = (part("protocol")?, part("policy")?);
        let mut refusals = Refusals::default();
        let name = match name.filter(|name| !is_blank(Some(name))) {
            Some(name) => check_length(name, "name", NAME_LIMIT),
            None => Err(OktaError::blank(&rule::PROVIDER_MEMBER, "name")),
        };
        let name = refusals.take(name, "");
        let protocol = protocol.ok_or_else(|| OktaError::blank(&rule::PROVIDER_MEMBER, "protocol"));
        let protocol = refusals.take(protocol.and_then(|sent| read_protocol(kind, &sent)), Value::Null);
        let policy = match (policy, current) {
            (None, Some(current)) => Ok(current.policy.clone()),
            (policy, _) => POLICY.read(&policy.unwrap_or_else(|| json!({}))),
        };
        let policy = refusals.take(policy, Value::Null);
        for (part, value) in [("protocol", &protocol), ("policy", &policy)] {
            refusals.check(check_length(&value.to_string(), part, MAX_JSON_LENGTH).map(drop));
        }
        let known = ["CUSTOM_URL", "DYNAMIC", "ORG_URL"];
        let issuer_mode = match issuer_mode {
            None => Ok(current.map_or("DYNAMIC", |current| current.issuer_mode)),
            Some(mode) => known
                .into_iter()
                .find(|known| *known == mode)
                .ok_or_else(|| OktaError::invalid(&rule::PROVIDER_MEMBER, "issuerMode")),
        };
        let issuer_mode = refusals.take(issuer_mode, "DYNAMIC");
        refusals.into_result(Self {
            kind,
            name: name.into(),
            is_active: current.is_none_or(|current| current.is_active),
            created: current.map_or(now, |current| current.created),
            last_updated: now,
            issuer_mode,
            protocol,
            policy,
        })
    }
}

fn kind(members: Members<'_>) -> Result<Option<ProviderKind>, OktaError> {
    members
        .text("type")?
        .map(|kind| ProviderKind::parse(kind).ok_or_else(|| OktaError::invalid(&rule::PROVIDER_TYPE, "type")))
        .transpose()
}

fn read_protocol(kind: ProviderKind, sent: &Value) -> Result<Value, OktaError> {
    let mut protocol = PROTOCOL.read(sent)?;
    match kind {
        ProviderKind::Oidc => {
            rule::PROVIDER_OBJECT.apply();
            for endpoint in ["authorization", "token", "jwks"] {
                if protocol["endpoints"][endpoint]["url"].as_str().is_none_or(|url| is_blank(Some(url))) {
                    // The cause of jwks is known from the Java SDK's tests.
                    let cause = format!("The protocol.endpoints.{endpoint} object cannot be left blank.");
                    return Err(OktaError::validation(&rule::PROVIDER_MEMBER, "protocol", cause));
                }
            }
        }
        ProviderKind::OktaIntegration => {
            rule::PROVIDER_OF_ORG.apply();
            let url = protocol["oktaIdpOrgUrl"].as_str().filter(|url| !is_blank(Some(url)));
            let Some(url) = url.map(|url| url.trim_end_matches('/').to_owned()) else {
                return Err(OktaError::blank(&rule::PROVIDER_MEMBER, "oktaIdpOrgUrl"));
            };
            let endpoint =
                |name: &str, binding| json!({"url": format!("{url}/oauth2/v1/{name}"), "binding": binding});
            protocol["type"] = "OIDC".into();
            protocol["endpoints"] = json!({
                "authorization": endpoint("authorize", "HTTP-REDIRECT"),
                "token": endpoint("token", "HTTP-POST"),
                "userInfo": endpoint("userinfo", "HTTP-REDIRECT"),
                "jwks": endpoint("keys", "HTTP-REDIRECT"),
            });
        }
    }
    Ok(protocol)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rules::body::parse_object;

    fn create(body: &Value) -> Result<IdentityProvider, OktaError> {
        IdentityProvider::create(&parse_object(body.to_string().as_bytes())?, Seconds(1))
    }

    /// Steps 1 and 3 of the guide.
    fn of_guide() -> Value {
        json!({"type": "OKTA_INTEGRATION", "name": "Spoke", "protocol": {"type": "OIDC",
            "oktaIdpOrgUrl": "https://spoke.example.com",
            "credentials": {"client": {"token_endpoint_auth_method": "private_key_jwt", "client_id": "later"}}}})
    }

    #[test]
    fn the_provider_of_the_guide_is_created_and_replaced() {
        let provider = create(&of_guide()).unwrap();
        assert_eq!(
            provider.protocol["endpoints"]["token"]["url"],
            "https://spoke.example.com/oauth2/v1/token"
        );
        assert_eq!(provider.policy["provisioning"]["action"], "AUTO");
        let mut body = of_guide();
        body["protocol"]["credentials"]["client"]["client_id"] = "0oa1".into();
        body["protocol"]["scopes"] = json!(["openid", "email"]);
        let body = body.to_string();
        let next = provider.replaced(&parse_object(body.as_bytes()).unwrap(), Seconds(2)).unwrap();
        assert_eq!(next.protocol["credentials"]["client"]["client_id"], "0oa1");
        assert_eq!((next.policy, next.created), (provider.policy, Seconds(1)));
    }

    #[test]
    fn missing_members_are_refused() {
        let mut without_url = of_guide();
        without_url["protocol"]["oktaIdpOrgUrl"] = " ".into();
        let oidc = json!({"type": "OIDC", "name": "x", "protocol": {"type": "OIDC", "endpoints": {
            "authorization": {"url": "https://a"}, "token": {"url": "https://t"}}}});
        for (body, cause) in [
            (json!({"name": "x"}), "type: The field cannot be left blank"),
            (json!({"type": "SAML2", "name": "x"}), "type: The field has an invalid value"),
            (json!({"type": "OIDC", "name": ""}), "name: The field cannot be left blank"),
            (without_url, "oktaIdpOrgUrl: The field cannot be left blank"),
            (oidc, "The protocol.endpoints.jwks object cannot be left blank."),
        ] {
            assert_eq!(create(&body).unwrap_err().causes[0], cause, "{body}");
        }
    }

    #[test]
    fn unknown_members_are_dropped() {
        let mut body = of_guide();
        body["protocol"]["settings"] = json!({"honorPersistentNameId": true});
        body["protocol"]["credentials"]["client"]["pkce_required"] = Value::Null;
        let provider = create(&body).unwrap();
        assert_eq!(provider.protocol["settings"], json!({"nameFormat": null}));
        assert_eq!(provider.protocol["credentials"]["client"].get("pkce_required"), None);
    }
}
