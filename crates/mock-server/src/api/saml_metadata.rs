//! `/api/v1/apps/{appId}/sso/saml/metadata`: SAML metadata with the certificate of the app's signing key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use html_escape::encode_double_quoted_attribute as escape;

use super::answer::{Answer, full_body};
use super::app_keys::{self, certificate};
use super::call::Call;
use super::header_set::HeaderSet;
use super::operation::OutcomeFuture;
use crate::rules::behaviour as rule;
use crate::rules::catalogue::SignOnMode;
use crate::rules::error::OktaError;

/// GET metadata. The key is the one that signs, or the one that `kid` names.
pub(super) fn read<'a>(call: &'a Call<'_>) -> OutcomeFuture<'a> {
    Box::pin(async move {
        let (id, app) = call.app()?;
        if app.sign_on_mode != SignOnMode::Saml2 {
            return Err(OktaError::not_found(&rule::SAML_METADATA, id.as_str(), "AppInstance").into());
        }
        let kid = call.query.one("kid")?.map_or_else(|| app.signing_key.to_string(), ToOwned::to_owned);
        let key = app.signing_key(&kid)?;
        let signing = app_keys::signing_key(call, key.id).await?;
        let certificate = STANDARD.encode(certificate(&signing, key).await?);
        let url = format!("{}/app/{}/{id}/sso/saml", call.origin, app.name());
        let url = escape(&url);
        let entity = escape(&format!("http://www.okta.com/{id}")).into_owned();
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><md:EntityDescriptor entityID=\"{entity}\" xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">\
             <md:IDPSSODescriptor WantAuthnRequestsSigned=\"false\" protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">\
             <md:KeyDescriptor use=\"signing\"><ds:KeyInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:X509Data>\
             <ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>\
             <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat>\
             <md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>\
             <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"{url}\"/>\
             <md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect\" Location=\"{url}\"/>\
             </md:IDPSSODescriptor></md:EntityDescriptor>"
        );
        Ok(Answer::new(HeaderSet::Xml, full_body(xml)))
    })
}
