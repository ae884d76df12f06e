//! The rule book: every behaviour that a client can notice, by name, with its source.
//!
//! `docs/behaviour.md` is generated from this table and from `fixtures/choices.json`, which lists the other
//! options of an org where the sources are silent or disagree. The code calls [`Rule::apply`] where a rule
//! decides something. That does nothing unless the feature `rule-coverage` is on; then the tests find rules
//! that were never applied.

#[cfg(feature = "rule-coverage")]
use std::sync::atomic::{AtomicBool, Ordering};

/// The source of a behaviour, strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Traffic recorded from a real org.
    Recorded,
    /// The guide "Set up an app provisioning connection".
    Guide,
    /// The guide "Secure API connections between orgs with OAuth 2.0".
    GuideO2o,
    /// Okta's OpenAPI documents, version 2026.06.3.
    Openapi,
    /// Other Okta documentation: error codes, core API pages, release notes.
    Docs,
    /// Requests of official SDKs, or assertions in their tests.
    Sdk,
    /// A public report of real behaviour.
    Issue,
    /// An internet standard that the documents refer to.
    Rfc,
    /// No source; this project's judgement.
    Inferred,
}

impl Source {
    /// Returns the tag, as in `docs/behaviour.md`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Guide => "guide",
            Self::GuideO2o => "guide-o2o",
            Self::Openapi => "openapi",
            Self::Docs => "docs",
            Self::Sdk => "sdk",
            Self::Issue => "issue",
            Self::Rfc => "rfc",
            Self::Inferred => "inferred",
        }
    }
}

/// An entry of the rule book.
#[derive(Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The stable name, `{resource}.{behaviour}`.
    pub name: &'static str,
    /// The sources of the behaviour.
    pub sources: &'static [Source],
    /// A description of what the org does.
    pub sentence: &'static str,
    #[cfg(feature = "rule-coverage")]
    applied: AtomicBool,
}

impl Rule {
    /// Marks a place where this rule decides something.
    #[cfg(not(feature = "rule-coverage"))]
    #[expect(clippy::unused_self, reason = "with the feature it is noted")]
    pub(crate) const fn apply(&self) {}

    /// Records that this rule decided something.
    #[cfg(feature = "rule-coverage")]
    pub(crate) fn apply(&self) {
        if !self.applied.load(Ordering::Relaxed) {
            self.applied.store(true, Ordering::Relaxed);
        }
    }

    /// Returns true if this rule has decided anything since the process started.
    #[cfg(feature = "rule-coverage")]
    #[must_use]
    pub fn was_applied(&self) -> bool {
        self.applied.load(Ordering::Relaxed)
    }
}

macro_rules! rule_book {
    ($($ident:ident = $name:literal [$($source:ident),+] $sentence:literal;)+) => {
        $(
            #[doc = $sentence]
            pub(crate) static $ident: Rule = Rule {
                name: $name,
                sources: &[$(Source::$source),+],
                sentence: $sentence,
                #[cfg(feature = "rule-coverage")]
                applied: AtomicBool::new(false),
            };
        )+
        /// All entries, in the order of the rule book.
        pub static RULE_BOOK: &[&Rule] = &[$(&$ident),+];
    };
}

rule_book! {
    AUTHENTICATION_ABSENT = "authentication.absent" [Issue, Docs] "A request without a credential, or with an Authorization scheme Okta does not know, gets 403 E0000005.";
    AUTHENTICATION_SSWS_UNKNOWN = "authentication.ssws-unknown" [Recorded, Docs, Issue] "An API token that is malformed or not known gets 401 E0000011.";
    AUTHENTICATION_BEARER_REFUSED = "authentication.bearer-refused" [Docs, Issue] "An access token that is malformed or not known, and every DPoP token, gets 401 with an empty body and a WWW-Authenticate header that says invalid_token.";
    AUTHENTICATION_SSWS_SPACES = "authentication.ssws-spaces" [Sdk] "Between SSWS and the token there may be no, one or more spaces.";
    AUTHENTICATION_ANY_ADMINISTRATOR = "authentication.any-administrator" [Inferred] "While no token is declared, every well-formed credential is an administrator's: this is the mock's convenience, not Okta's behaviour.";
    AUTHENTICATION_PLACEHOLDER = "authentication.placeholder" [Inferred] "While no token is declared, what current where a token was meant to be (undefined, null, changeme, {{token}}, $TOKEN, __TOKEN__, MY_API_TOKEN, XXXXXXXX, nothing at all) is refused as an unknown token is.";
    AUTHENTICATION_FIRST = "authentication.first" [Issue, Inferred] "The credential is checked before the method, the app, the body and the values.";

    REQUEST_UNREADABLE = "request.unreadable" [Inferred] "What is not an HTTP/1 request (request line, headers, Host, percent-encoding, sizes) gets 400 E0000020, and the connection is closed where nothing more can be read from it; the preface of HTTP/2 closes it without an answer.";
    REQUEST_HOST_REFUSED = "request.host-refused" [Inferred] "While no token is declared, addresses, names without a dot, names under .localhost, .test, .internal and .local, and allowed hosts are served; any other Host gets 403 E0000005 with a cause that says so. The control plane is refused there in any case. This protects the mock from web pages (DNS rebinding).";
    REQUEST_PATH_UNKNOWN = "request.path-unknown" [Docs] "A path that does not exist gets 404 E0000008.";
    REQUEST_OAUTH_PATH_UNKNOWN = "request.oauth-path-unknown" [Inferred] "A path under /oauth2/, which a real org serves and the mock does not, gets 404 in OAuth's form: {error, error_description}.";
    REQUEST_METHOD_UNKNOWN = "request.method-unknown" [Recorded] "A method that the path does not have gets 405 E0000022 without Allow, request id or rate-limit headers.";
    REQUEST_DOUBLE_SLASH = "request.double-slash" [Recorded] "A path that begins with //api/ is read as if it began with one slash; no other doubled slash is taken.";
    REQUEST_NOT_ACCEPTABLE = "request.not-acceptable" [Recorded] "An Accept header that application/json does not meet gets 400 E0000019.";
    REQUEST_MEDIA_TYPE_MISSING = "request.media-type-missing" [Docs] "A body without a Content-Type gets 400 E0000018.";
    REQUEST_MEDIA_TYPE = "request.media-type" [Docs] "A body of another media type than application/json in UTF-8 gets 400 E0000021; 415 is not used.";
    REQUEST_ECHO_BOUNDED = "request.echo-bounded" [Inferred] "An error repeats at most 255 characters of a text of the request, and … for the rest.";
    REQUEST_UNKNOWN_PARAMETER = "request.unknown-parameter" [Inferred] "Query parameters that the operation does not have, miscapitalised ones included, and a body where it takes none, are ignored, and named in the log at level info. With --strict they get 400 E0000001 with a cause for each.";
    REQUEST_PARAMETER_TWICE = "request.parameter-twice" [Inferred] "A query parameter that the operation reads and that current twice gets 400 E0000001 naming it.";
    REQUEST_RATE_LIMIT_SHOWN = "request.rate-limit-shown" [Recorded] "Answers carry x-rate-limit-limit, -remaining and -reset of a window of 60 seconds; the limit shown is 50 and not enforced unless one is configured.";
    REQUEST_RATE_LIMITED = "request.rate-limited" [Recorded] "Beyond a configured limit the answer is 429 E0000047 with remaining 0.";
    ANSWER_HEADERS = "answer.headers" [Recorded] "Answers carry the headers recorded for their kind: JSON of the API, 204, 429, and what the container refuses (405, 400 E0000019) each have a set of their own. The content security policy and the cookies of a real org are left out, as their values are not known.";
    REQUEST_ID = "request.id" [Recorded] "Answers carry x-okta-request-id, 32 lower-case hexadecimal digits.";

    BODY_MISSING = "body.missing" [Recorded] "A request that needs a body and has none gets 400 E0000003.";
    BODY_NOT_JSON = "body.not-json" [Docs] "A body that is not JSON, or nested 128 levels or deeper, gets 400 E0000003.";
    BODY_TOO_LARGE = "body.too-large" [Inferred] "A body beyond 1 MiB gets 400 E0000003.";
    BODY_ENCODED = "body.encoded" [Inferred] "A body with a Content-Encoding, such as gzip, is not read: 400 E0000003.";
    BODY_BROKEN_OFF = "body.broken-off" [Inferred] "A body that breaks off, or whose chunks are not framed as HTTP has them, gets 400 E0000003, and the connection is closed.";
    BODY_TOO_SLOW = "body.too-slow" [Inferred] "A body that has not arrived within the read timeout gets 400 E0000003, and the connection is closed.";
    BODY_WRONG_TYPE = "body.wrong-type" [Inferred] "A member of another JSON type than the documented one gets 400 E0000003.";
    BODY_DUPLICATE_MEMBER = "body.duplicate-member" [Inferred] "A JSON object with the same name twice gets 400 E0000003.";
    BODY_SPELLINGS_DISAGREE = "body.spellings-disagree" [Inferred] "Two spellings of one member with different values get 400 E0000003.";
    BODY_UNKNOWN_MEMBER = "body.unknown-member" [Inferred] "Members that the operation does not know, miscapitalised ones included, are ignored, and named in the log at level info; what is null says nothing, and is not named.";
    BODY_STRICT = "body.strict" [Inferred] "With --strict a body with a member of which the mock takes no notice gets 400 E0000001 with a cause for each. A PUT may hold what a GET answers: members that are as they were read are not named, and lastUpdated may differ.";
    BODY_TEXT_TOO_LONG = "body.text-too-long" [Docs, Openapi, Inferred] "A text that is kept and longer than its limit gets 400 E0000001 naming the member: labels have 100 characters, client ids and user names 100, other texts 1024, lists 100 entries.";

    APP_UNKNOWN = "app.unknown" [Recorded] "An app id that does not exist, whatever its shape, gets 404 E0000007 (AppInstance).";
    APP_NAME_UNKNOWN = "app.create.name-unknown" [Inferred] "An app cannot be created with a name that is missing or not in the catalogue: 400 E0000001.";
    APP_LABEL_MISSING = "app.label-missing" [Recorded] "An app needs a label: 400 E0000001 with the cause `label: Label must be specified`.";
    APP_LABEL_DUPLICATE = "app.label-duplicate" [Recorded] "Two apps may have the same label.";
    APP_SIGN_ON_MODE = "app.sign-on-mode" [Recorded, Openapi, Issue] "A sign-on mode that the app does not have gets 400 E0000001 `mediated` with two causes; AUTO_LOGIN of office365 becomes BROWSER_PLUGIN.";
    APP_SETTING_MISSING = "app.setting-missing" [Openapi] "Members of settings.app that the OpenAPI document requires get 400 E0000001 when they are missing or blank, named after the first, with a cause for each; recorded apps show null for okta_org2org's baseUrl and zoomus' subDomain, so these two may be null or missing.";
    APP_IDP_ID = "app.idp-id" [GuideO2o, Recorded, Inferred] "idpId of okta_org2org is also read as idPId, answered as idpId, and not looked up: no such identity provider has to exist. Both with different values get 400 E0000003.";
    APP_SIGNING_KEY_OF_ORG = "app.signing-key-of-org" [Recorded] "A SAML_2_0 app has a signing key of its own; all office365 apps share the org's one key.";
    APP_MISSING_TOGETHER = "app.missing-together" [Inferred] "Several wrong members of one request are all named: a cause for each, the summary after the first. The sign-on mode is looked at before them.";
    APP_SIGNING_KEY = "app.signing-key" [Inferred] "In a PUT credentials.signing.kid can only name the app's own key: 400 E0000001 for any other; a POST makes a key of its own, and ignores the one it names.";
    APP_WS_FEDERATION_AUTO = "app.ws-federation-auto" [Recorded] "office365 with SAML_1_1 and wsFedConfigureType AUTO needs an administrator's consent that this org does not have: 400 E0000001 (recorded 2025).";
    APP_LIMIT = "app.limit" [Recorded] "When the org is full, creating an app gets 400 E0000001 generalSettings.";
    APP_ACTIVE_BY_DEFAULT = "app.create.active-by-default" [Recorded, Openapi] "A new app is ACTIVE unless activate=false is asked for.";
    APP_REPLACE_MERGES = "app.replace.merges" [GuideO2o, Inferred] "PUT keeps the settings that the body does not name; id, name, status and what else is read-only in it is ignored, and named where it differs from the app.";
    APP_DELETE_ACTIVE = "app.delete.active" [Recorded] "An active app cannot be deleted: 403 E0000056.";
    APP_FEATURES = "app.features" [Recorded, Inferred] "The features array of an app is empty unless its connection is enabled, and then follows the feature settings.";
    APP_NULLS = "app.nulls" [Recorded] "What is not set in an app is null, not left out: the URLs of accessibility, universalLogout, notes; the OpenAPI document has them as strings and objects.";
    APP_FIXED_MEMBERS = "app.fixed-members" [Openapi, Inferred] "Of an app a request can set what the OpenAPI document lets it set, but for credentials.password (taken, not kept), settings.identityStoreId, settings.app.occSettings, settings.inlineHookId, samlAssertionLifetimeSeconds, and zones of VPN notifications: these are ignored and named.";
    APP_MEMBER_VALUE = "app.member-value" [Openapi] "A member of an app whose OpenAPI schema has an enumeration (type and pushStatus of the username template, credentials.scheme, the VPN connection) or is a whole number (seatCount) gets 400 E0000001 for any other value.";
    APP_SIGN_ON_OVERRIDES = "app.sign-on-overrides" [Openapi, Recorded] "What settings.signOn of a SAML app overrides is kept; an empty text is null. SAML 1.1 has no destinationOverride and no attributeStatements.";
    APP_LIFECYCLE_EMPTY_OBJECT = "app.lifecycle.empty-object" [Recorded] "Activating and deactivating an app answers 200 with an empty object, also when nothing changes.";

    LIST_ORDER = "list.order" [Recorded] "Apps are listed by id, 20 a page unless limit says otherwise, 200 at most.";
    LIST_LIMIT = "list.limit" [Openapi, Inferred] "limit is a whole number from 1, or -1 for the default page; else 400 E0000001.";
    LIST_CURSOR = "list.cursor" [Recorded] "An after that is not a cursor gets 400 E0000029 with the cause `Invalid cursor.`.";
    LIST_FILTER = "list.filter" [Openapi, Recorded] "filter compares id, status, name, user.id, group.id, credentials.signing.kid or settings.slo.enabled by eq; anything else gets 400 E0000031. There are no users and no groups, so user.id and group.id select nothing.";
    LIST_PREFIX = "list.prefix" [Openapi] "q selects apps whose name or label begins so, in any letter case.";
    LIST_EMPTY_PARAMETER = "list.empty-parameter" [Sdk, Inferred] "A query parameter of the list with an empty value (Terraform sends filter=) counts as absent, and is not repeated in links.";
    LIST_LINKS = "list.links" [Recorded] "A page has a Link header rel=self, and rel=next unless it is the last: after, limit, q, filter in this order.";
    LIST_OTHER_PARAMETERS = "list.other-parameters" [Inferred] "useOptimization, alwaysIncludeVpnSettings and includeNonDeleted change nothing: inactive apps are listed anyway, and there are no deleted ones.";
    LIST_EXPAND = "list.expand" [Recorded] "An expand other than user/{id} gets 400 E0000001 RequestParams.";

    CONNECTION_UNSUPPORTED = "connection.unsupported" [Recorded] "An app without provisioning has a connection of scheme and status UNKNOWN, and POST, activate and deactivate leave it so without an error.";
    CONNECTION_NEVER_SET = "connection.never-set" [Recorded, Inferred] "A connection that was never set is DISABLED, with the links activate and self and the scheme of the app (TOKEN where it has one).";
    CONNECTION_TOKEN_FORM = "connection.token-form" [Recorded] "A token connection answers authScheme, status, baseUrl, profile, _links and never the token.";
    CONNECTION_SERVICE_APP_FORM = "connection.service-app-form" [GuideO2o] "An OAuth 2.0 connection of okta_org2org answers authScheme and clientId beside the profile's own.";
    CONNECTION_ROTATION_ECHO = "connection.rotation-echo" [Issue, Inferred] "signing is echoed as it was sent, and absent if it was not sent; absent means MANUAL (issue).";
    CONNECTION_AUTHORIZE_LINK = "connection.authorize-link" [Guide] "The authorize link current third on a DISABLED connection of an app that needs consent, from the first POST on.";
    CONNECTION_AUTHORIZE_PARAMETERS = "connection.authorize-parameters" [Guide, Inferred] "The authorize link carries scope, response_type, state, client_id and redirect_uri in this order, leads to the mock's own third-party app, and from there back to the mock.";
    CONNECTION_PROFILE_MISSING = "connection.profile-missing" [Openapi] "profile and profile.authScheme are required: 400 E0000001.";
    CONNECTION_SCHEME_REFUSED = "connection.scheme-refused" [Inferred] "A scheme that is not one of the app's, UNKNOWN and OAUTH included, gets 400 E0000001 authScheme.";
    CONNECTION_MEMBER_BLANK = "connection.member-blank" [Inferred] "A token, clientId, baseUrl or administrator's credential that the scheme needs and that is missing or blank gets 400 E0000001 naming it.";
    CONNECTION_ROTATION_MODE = "connection.rotation-mode" [Openapi] "signing needs a rotationMode, AUTO or MANUAL: else 400 E0000001.";
    CONNECTION_BASE_URL = "connection.base-url" [Recorded, GuideO2o] "zscalerbyz needs a baseUrl; okta_org2org takes it from the request, else from settings.app.baseUrl; OAuth 2.0 connections ignore it.";
    CONNECTION_NOT_VERIFIED = "connection.set.not-verified" [Sdk] "Setting a connection without activating it does not verify the credential.";
    CONNECTION_RESET = "connection.set.again" [Inferred] "POST over an enabled connection stores the new settings: it stays ENABLED for the same scheme, and becomes DISABLED when the scheme changes.";
    CONNECTION_ACTIVATE_PARAMETER = "connection.activate-parameter" [Guide, Openapi, Inferred] "activate is true in any letter case; anything else is false.";
    CONNECTION_ACTIVATE_NEVER_SET = "connection.activate.never-set" [Inferred] "Activating a connection that was never set gets 400 E0000001 credential.";
    CONNECTION_ACTIVATE_CONSENT_MISSING = "connection.activate.consent-missing" [Inferred] "Activating an OAuth 2.0 connection to which nobody consented gets 400 E0000001 credential.";
    CONNECTION_ACTIVATE_INVALID_URL = "connection.activate.invalid-url" [Sdk] "Activating a token connection whose base URL is missing or no URL gets 400 E0000001 credential, cause `Verification failed: Invalid URL. Not authorized.`.";
    CONNECTION_ACTIVATE_TRUSTED = "connection.activate.trusted" [Inferred] "No other credential is verified against its target: the mock has no way to reach it.";
    CONNECTION_ACTIVATE_APP_INACTIVE = "connection.activate.app-inactive" [Inferred] "The connection and the features of an inactive app can be read; its connection cannot be activated: 400 E0000001.";
    CONNECTION_LIFECYCLE_IDEMPOTENT = "connection.lifecycle.idempotent" [Sdk] "Activating an enabled and deactivating a disabled connection answers 204 and changes nothing.";
    CONNECTION_JWKS_FORM = "connection.jwks.form" [Openapi, GuideO2o] "The key set of an okta_org2org connection is readable with a credential, wrapped in jwks, and without one, plain.";
    CONNECTION_JWKS_OTHER_APP = "connection.jwks.other-app" [Inferred] "Apps other than okta_org2org have no key set: 404 E0000007.";

    CONSENT_APP_NAME = "consent.app-name" [Openapi, Inferred] "A callback whose appName is not the app's own, or not an app that needs consent, gets 404 E0000007.";
    CONSENT_PARAMETER_MISSING = "consent.parameter-missing" [Inferred] "A redirect or callback without code or state gets 400 E0000001 naming what is missing.";
    CONSENT_STATE_UNKNOWN = "consent.state-unknown" [Inferred] "A state that was never issued, was spent, or belongs to another app or an earlier attempt gets 400 E0000001 state.";
    CONSENT_STATE_EXPIRED = "consent.state-expired" [Inferred] "A state is good for one hour; then the link that carries it leads to a refusal, until a POST of the connection begins a new attempt.";
    CONSENT_CODE_UNKNOWN = "consent.code-unknown" [Inferred] "A code that the third-party app did not issue for this client, redirect URI and state, or that was spent, gets 400 E0000001 code.";
    CONSENT_CODE_EXPIRED = "consent.code-expired" [Rfc, Inferred] "A code is good for ten minutes.";
    CONSENT_DENIED = "consent.denied" [Rfc, Inferred] "A redirect with an error gets 400 E0000001 and no continue URL; the connection stays as it was, and the person may follow its link once more.";
    CONSENT_CONTINUE_URL = "consent.continue-url" [Guide] "A good redirect answers continue_oauth_flow_url with the callback's address and POST.";
    CONSENT_CODE_KIND = "consent.code" [Inferred] "The code in continue_oauth_flow_url is the third-party app's own.";
    CONSENT_GRANTED = "consent.granted" [Guide] "A good callback answers 204 once; the connection stays DISABLED and can then be activated.";
    THIRD_PARTY_REQUEST = "third-party.request" [Rfc] "The third-party app shows an error page, and redirects nowhere, for an unknown client or redirect URI.";
    THIRD_PARTY_OPEN_ATTEMPT = "third-party.open-attempt" [Inferred] "The third-party app issues codes for attempts of this org only, eight for one attempt; any other state is sent back with error=invalid_request (RFC 6749, 4.1.2.1).";
    THIRD_PARTY_FOREIGN_ORIGIN = "third-party.foreign-origin" [Inferred] "Pages of other sites cannot decide at the third-party app: 403 E0000005. Links to it are followed.";
    THIRD_PARTY_WITHOUT_HTML = "third-party.without-html" [Inferred] "A client that does not ask for HTML is taken through as if the person had allowed.";

    FEATURE_UNKNOWN = "feature.unknown" [Recorded, Inferred] "A feature name that does not exist, or is in other letters, gets 404 E0000007 (PublicAppFeatureSetName), before the app is looked for.";
    FEATURE_NOT_OF_APP = "feature.not-of-app" [Inferred] "INBOUND_PROVISIONING of zscalerbyz gets 404 E0000007, before the body and the connection are looked at, and is not listed.";
    FEATURE_UNSUPPORTED = "feature.unsupported" [Recorded] "Features of an app without provisioning get 400 E0000001, cause `Provisioning is not supported.`.";
    FEATURE_NOT_ENABLED = "feature.not-enabled" [Openapi] "Features while the connection is not enabled get 400 E0000001, cause `Provisioning is not enabled for the app instance.`.";
    FEATURE_ALWAYS_ENABLED = "feature.always-enabled" [Recorded] "The status of a feature is ENABLED for as long as the connection is.";
    FEATURE_MERGE = "feature.merge" [Openapi, Inferred] "PUT merges member by member; null clears a schedule and is ignored elsewhere.";
    FEATURE_FOREIGN_MEMBER = "feature.foreign-member" [Sdk, Inferred] "name, status and the members of the other feature are ignored in a PUT, and named where they differ from the feature.";
    FEATURE_WRAPPED = "feature.wrapped" [Openapi] "The body of a PUT of INBOUND_PROVISIONING may stand in capabilities, as the OpenAPI document showed it until 2025.08, and beside it what else a feature object has. No source shows so for USER_PROVISIONING: capabilities are ignored there, and named.";
    FEATURE_VALUE = "feature.value" [Openapi] "A value outside its enumeration gets 400 E0000001 naming the member.";
    FEATURE_PASSWORD_CYCLE = "feature.password-cycle" [Guide] "password.change takes CYCLE (guide), CHANGE and KEEP_EXISTING and echoes what was sent.";
    FEATURE_SPELLINGS = "feature.spellings" [Guide, Openapi, Recorded] "userNameFormat or usernameFormat and timeZone or timezone are read; userNameFormat and timezone are written.";
    FEATURE_EXPRESSION_FIRST = "feature.username-expression-first" [Recorded] "With CUSTOM the expression current before the format; a bare word is taken as an expression.";
    FEATURE_EXPRESSION_MISSING = "feature.username-expression-missing" [Inferred] "CUSTOM needs a userNameExpression: 400 E0000001.";
    FEATURE_SCHEDULE_EXPRESSION = "feature.schedule-expression" [Openapi] "A schedule needs a cron expression of five UNIX fields; else 400 E0000001. The status of the schedules may be sent alone (recorded).";
    FEATURE_SCHEDULE_TIMEZONE = "feature.schedule-timezone" [Openapi] "A time zone is an IANA name of 1 to 64 characters; else 400 E0000001.";
    FEATURE_SCHEDULE_EMPTY = "feature.schedule-empty" [Guide, Inferred] "An empty object for a schedule means none and is answered as null.";
    FEATURE_DEFAULTS = "feature.defaults" [Recorded] "Every capability begins DISABLED, imports match by USERNAME with partial matches allowed, and no schedule is set.";
    FEATURE_KEPT = "feature.kept" [Inferred] "Feature settings outlive deactivation, a new POST and a change of scheme.";

    CONTROL_FOREIGN_ORIGIN = "control.foreign-origin" [Inferred] "What a real org does not have is served under /_mock, and refused to the pages of other sites with 403 E0000005: this is the mock's own.";
    CONTROL_CLOCK = "control.clock" [Inferred] "The clock is advanced, and a single consent made older, by a whole number of seconds; anything else gets 400 E0000001.";
    CONTROL_UNKNOWN_MEMBER = "control.unknown-member" [Inferred] "A member or query parameter that a call of the control plane does not have gets 400 E0000001 with a cause for each.";
    CONTROL_RESOURCE_OWNER = "control.resource-owner" [Inferred] "The person in a browser can be played by a request with the authorize link; any other text gets 400 E0000001.";

    SERVER_FAULT = "server.fault" [Docs] "A fault of the mock itself gets 500 E0000009 and is logged.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = RULE_BOOK.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULE_BOOK.len());
    }
}
