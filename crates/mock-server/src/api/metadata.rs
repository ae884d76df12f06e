//! What the org tells clients about itself: its keys, and the documents under `/.well-known`.

use serde::Serialize;
use serde_json::{Value, json as value};

use super::answer::json;
use super::call::Call;
use super::operation::{Outcome, OutcomeFuture};
use super::render::key_set::TokenKeys;
use super::render::{as_json, to_json};
use crate::rules::behaviour as rule;
use crate::rules::error::{ErrorCode, OktaError};
use crate::rules::jose::Algorithm;

/// GET /oauth2/v1/keys.
pub(super) fn keys<'a>(call: &'a Call<'_>) -> OutcomeFuture<'a> {
    Box::pin(async {
        rule::TOKEN_KEYS.apply();
        let key = call.org.lock().token_key();
        let key = tokio::task::spawn_blocking(move || key.get_or_generate()).await;
        let key = key.ok().and_then(Result::ok);
        let key = key.ok_or_else(|| OktaError::new(&rule::SERVER_FAULT, ErrorCode::InternalServerError))?;
        Ok(json(to_json(&TokenKeys::new(&key))))
    })
}

/// GET /.well-known/openid-configuration. The members up to
/// `request_object_signing_alg_values_supported` are recorded of an org, the rest of a custom server.
pub(super) fn openid(call: &Call<'_>) -> Outcome {
    Ok(json(to_json(&document(call, &[]))))
}

/// GET /.well-known/oauth-authorization-server.
pub(super) fn oauth(call: &Call<'_>) -> Outcome {
    const OF_OPENID: [&str; 4] = [
        "userinfo_endpoint",
        "id_token_signing_alg_values_supported",
        "claims_supported",
        "subject_types_supported",
    ];
    Ok(json(to_json(&document(call, &OF_OPENID))))
}

fn document(call: &Call<'_>, without: &[&str]) -> Value {
    rule::TOKEN_METADATA.apply();
    let url = |path: &str| format!("{}{path}", call.origin);
    let oauth = |name: &str| url(&format!("/oauth2/v1/{name}"));
    let methods =
        ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "none"];
    let signatures = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512"];
    let mut document = value!({
        "issuer": url(""),
        "authorization_endpoint": oauth("authorize"),
        "token_endpoint": oauth("token"),
        "userinfo_endpoint": oauth("userinfo"),
        "registration_endpoint": oauth("clients"),
        "jwks_uri": oauth("keys"),
        "response_types_supported": [
            "code", "id_token", "code id_token", "code token", "id_token token", "code id_token token"
        ],
        "response_modes_supported": ["query", "fragment", "form_post", "okta_post_message"],
        "grant_types_supported": [
            "authorization_code", "implicit", "refresh_token", "password",
            "urn:ietf:params:oauth:grant-type:device_code"
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile", "address", "phone", "offline_access", "groups"],
        "token_endpoint_auth_methods_supported": methods,
        "claims_supported": [
            "iss", "ver", "sub", "aud", "iat", "exp", "jti", "auth_time", "amr", "idp", "nonce", "name",
            "nickname", "preferred_username", "given_name", "middle_name", "family_name", "email",
            "email_verified", "profile", "zoneinfo", "locale", "address", "phone_number", "picture", "website",
            "gender", "birthdate", "updated_at", "at_hash", "c_hash"
        ],
        "code_challenge_methods_supported": ["S256"],
        "introspection_endpoint": oauth("introspect"),
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint": oauth("revoke"),
        "revocation_endpoint_auth_methods_supported": methods,
        "end_session_endpoint": oauth("logout"),
        "request_parameter_supported": true,
        "request_object_signing_alg_values_supported": signatures,
        "device_authorization_endpoint": oauth("device/authorize"),
        "pushed_authorization_request_endpoint": oauth("par"),
        "backchannel_token_delivery_modes_supported": ["poll"],
        "backchannel_authentication_request_signing_alg_values_supported": signatures,
        "dpop_signing_alg_values_supported": Algorithm::names().collect::<Vec<_>>(),
    });
    if let Some(members) = document.as_object_mut() {
        members.retain(|name, _| !without.contains(&name.as_str()));
    }
    document
}

#[derive(Serialize)]
struct Organization {
    id: String,
    cell: &'static str,
    _links: Value,
    pipeline: &'static str,
    settings: Value,
}

/// GET /.well-known/okta-organization, which Terraform reads at its start.
pub(super) fn organization(call: &Call<'_>) -> Outcome {
    let id = call.org.lock().identity().id.to_string();
    let organization = Organization {
        id,
        cell: "op3",
        _links: value!({"organization": {"href": call.origin.to_string()}}),
        pipeline: "idx",
        settings: value!({
            "analyticsCollectionEnabled": false,
            "bugReportingEnabled": true,
            "omEnabled": false,
            "pssoEnabled": false,
            "desktopMFAEnabled": false,
            "itpEnabled": false,
        }),
    };
    Ok(json(to_json(&as_json(&organization))))
}
