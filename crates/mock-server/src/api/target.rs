//! The target of an okta_org2org connection, if it is an org of the process: activation verifies the credential
//! there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{self, HeaderMap, HeaderValue};
use http::{HeaderName, Method};
use serde_json::{Value, json};
use url::Url;

use super::app_keys::signing_key;
use super::call::Call;
use super::process::{Peer, PeerAnswer, Sender};
use super::refusal::DPOP_NONCE;
use super::render::to_json;
use super::token;
use crate::org::signing::SigningKey;
use crate::org::{TargetCredential, TargetQuestion};
use crate::rules::identifier::{AppId, KeyId};

/// The scopes that provisioning needs (guide-o2o: both).
const SCOPES: [&str; 2] = ["okta.users.manage", "okta.groups.manage"];

/// Seconds that an assertion is valid.
const LIFETIME: i64 = 300;

/// Asks the target. Returns its reason if it refuses, and nothing if it is not an org of the process.
pub(super) async fn ask(call: &Call<'_>, question: &TargetQuestion) -> Option<Result<(), String>> {
    let base = Url::parse(&question.base_url).ok()?;
    let peer = Peer::at(call.orgs, &base, &call.origin)?;
    let target = Target { call, app: question.app, peer, base };
    Some(match &question.credential {
        TargetCredential::Token(token) => target.accepts_token(token.expose()).await,
        TargetCredential::ServiceApp { client_id, key } => {
            let _published = Publication::begin(call, question.app, *key);
            match signing_key(call, *key).await {
                Ok(key) => target.issues_token(client_id, &key).await,
                Err(error) => Err(error.summary.into_owned()),
            }
        }
    })
}

/// Publishes the key of a connection while it is verified, also if the client goes away.
struct Publication<'a> {
    call: &'a Call<'a>,
    app: AppId,
    key: KeyId,
}

impl<'a> Publication<'a> {
    fn begin(call: &'a Call<'_>, app: AppId, key: KeyId) -> Self {
        call.org.lock().begin_verification(app, key);
        Self { call, app, key }
    }
}

impl Drop for Publication<'_> {
    fn drop(&mut self) {
        self.call.org.lock().end_verification(self.app, self.key);
    }
}

struct Target<'a> {
    call: &'a Call<'a>,
    app: AppId,
    peer: Peer,
    base: Url,
}

impl Target<'_> {
    async fn accepts_token(&self, token: &str) -> Result<(), String> {
        let value = HeaderValue::try_from(format!("SSWS {token}"));
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.map_err(|_| "Invalid token provided".to_owned())?);
        let url = self.url("/api/v1/users/me").ok_or_else(unreachable)?;
        let answer = self.send(Method::GET, &url, headers, String::new()).await?;
        match answer.status.is_success() {
            true => Ok(()),
            false => Err(reason(&answer)),
        }
    }

    /// Requests a token. A target that asks for a proof gets one, and its nonce with the next (RFC 9449, 8).
    async fn issues_token(&self, client_id: &str, key: &SigningKey) -> Result<(), String> {
        let url = self.url(token::PATH).ok_or_else(unreachable)?;
        let mut proof = Proof::None;
        loop {
            let answer = self.request_token(&url, client_id, key, &proof).await?;
            let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
            if answer.status.is_success() {
                let granted = body["scope"].as_str().unwrap_or_default();
                let is_granted = |scope: &&str| granted.split(' ').any(|granted| granted == *scope);
                return match SCOPES.iter().find(|scope| !is_granted(scope)) {
                    None => Ok(()),
                    Some(scope) => Err(format!("The scope {scope} is not granted.")),
                };
            }
            let nonce = answer.headers.get(DPOP_NONCE).and_then(|nonce| nonce.to_str().ok());
            proof = match (&proof, body["error"].as_str(), nonce) {
                (Proof::None, Some("invalid_dpop_proof"), _) => Proof::WithoutNonce,
                (Proof::WithoutNonce, Some("use_dpop_nonce"), Some(nonce)) => {
                    Proof::WithNonce(nonce.to_owned())
                }
                _ => return Err(reason(&answer)),
            };
        }
    }

    async fn request_token(
        &self,
        url: &Url,
        client_id: &str,
        key: &SigningKey,
        proof: &Proof,
    ) -> Result<PeerAnswer, String> {
        let (now, id) = {
            let mut org = self.call.org.lock();
            (org.clock.now().0, org.random.token_id(client_id))
        };
        let assertion = signed(
            key,
            &json!({"kid": key.id.to_string(), "alg": "RS256"}),
            &json!({"iss": client_id, "sub": client_id, "aud": url.as_str(), "iat": now, "exp": now + LIFETIME, "jti": id}),
        );
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", &SCOPES.join(" "))
            .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .append_pair("client_assertion", &assertion.ok_or_else(unreachable)?)
            .finish();
        let mut headers = HeaderMap::new();
        let media_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, media_type);
        if let Some(proof) = proof.text(key, url, now, &id) {
            headers.insert(
                HeaderName::from_static("dpop"),
                HeaderValue::try_from(proof).map_err(|_| unreachable())?,
            );
        }
        self.send(Method::POST, url, headers, form).await
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        mut headers: HeaderMap,
        body: String,
    ) -> Result<PeerAnswer, String> {
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let sender = Sender { org: self.call.org, app: self.app.as_str() };
        self.peer.send(&sender, method, url, headers, body).await.ok_or_else(unreachable)
    }

    fn url(&self, path: &str) -> Option<Url> {
        let base = self.base.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{path}")).ok()
    }
}

/// The proof of a token request.
enum Proof {
    None,
    WithoutNonce,
    WithNonce(String),
}

impl Proof {
    fn text(&self, key: &SigningKey, url: &Url, now: i64, id: &str) -> Option<String> {
        let nonce = match self {
            Self::None => return None,
            Self::WithoutNonce => None,
            Self::WithNonce(nonce) => Some(nonce),
        };
        let (e, n) = (URL_SAFE_NO_PAD.encode(&key.exponent), URL_SAFE_NO_PAD.encode(&key.modulus));
        let jwk = json!({"kty": "RSA", "e": e, "n": n});
        let mut claims = json!({"htm": "POST", "htu": url.as_str(), "iat": now, "jti": id});
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.as_str().into();
        }
        signed(key, &json!({"typ": "dpop+jwt", "alg": "RS256", "jwk": jwk}), &claims)
    }
}

fn signed(key: &SigningKey, header: &Value, claims: &Value) -> Option<String> {
    token::signed(key, header, &to_json(claims))
}

/// Returns the reason of a refusal, in either of Okta's forms.
fn reason(answer: &PeerAnswer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = body["error_description"].as_str().or(body["errorSummary"].as_str());
    text.map_or_else(|| format!("The org answered {}.", answer.status.as_u16()), ToOwned::to_owned)
}

fn unreachable() -> String {
    "Invalid URL.".to_owned()
}
