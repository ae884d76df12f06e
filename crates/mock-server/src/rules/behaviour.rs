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
    #[expect(clippy::unused_self, reason = "the feature `rule-coverage` uses it")]
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
    AUTHENTICATION_ABSENT = "authentication.absent" [Issue, Docs] "A request without a credential, or with an unknown Authorization scheme, gets 403 E0000005.";
    AUTHENTICATION_SSWS_UNKNOWN = "authentication.ssws-unknown" [Recorded, Docs, Issue] "A malformed or unknown API token gets 401 E0000011.";
    AUTHENTICATION_BEARER_REFUSED = "authentication.bearer-refused" [Docs, Issue] "A malformed or unknown access token, and every DPoP token, gets 401 with an empty body and a WWW-Authenticate header that says invalid_token.";
    AUTHENTICATION_SSWS_SPACES = "authentication.ssws-spaces" [Sdk] "SSWS and the token may be separated by any number of spaces, or none.";
    AUTHENTICATION_ANY_ADMINISTRATOR = "authentication.any-administrator" [Inferred] "While no token is declared, every well-formed credential is an administrator's. This is a convenience of the mock, not Okta's behavior.";
    AUTHENTICATION_PLACEHOLDER = "authentication.placeholder" [Inferred] "While no token is declared, a placeholder instead of a token (undefined, null, changeme, {{token}}, $TOKEN, __TOKEN__, MY_API_TOKEN, XXXXXXXX, an empty token) is refused like an unknown token.";
    AUTHENTICATION_FIRST = "authentication.first" [Issue, Inferred] "The credential is checked before the method, the app, the body and the values.";

    REQUEST_UNREADABLE = "request.unreadable" [Inferred] "A message that is not a valid HTTP/1 request (request line, headers, Host, percent-encoding, sizes) gets 400 E0000020; the connection is closed if nothing more can be read from it. The HTTP/2 preface closes it without an answer.";
    REQUEST_HOST_REFUSED = "request.host-refused" [Inferred] "While no token is declared, only these hosts are served: IP addresses, names without a dot, names under .localhost, .test, .internal and .local, and allowed hosts. Any other Host gets 403 E0000005 with a cause that says so. The control plane is never served at other hosts. This protects the mock from web pages (DNS rebinding).";
    REQUEST_WRONG_SCHEME = "request.wrong-scheme" [Inferred] "A client that speaks http to a port of https, or https to a port of http, gets 400 E0000020 in plain http with a cause that says so.";
    REQUEST_PATH_UNKNOWN = "request.path-unknown" [Docs] "A path that does not exist gets 404 E0000008.";
    REQUEST_OAUTH_PATH_UNKNOWN = "request.oauth-path-unknown" [Inferred] "A path under /oauth2/, which a real org serves and the mock does not, gets 404 in OAuth's form: {error, error_description}.";
    REQUEST_METHOD_UNKNOWN = "request.method-unknown" [Recorded] "A method that the path does not have gets 405 E0000022 without Allow, request id or rate-limit headers.";
    REQUEST_TRUSTED_ORIGIN = "request.trusted-origin" [Docs, Issue, Inferred] "A page of a trusted origin may call the API: answers name the origin in Access-Control-Allow-Origin, allow credentials, and expose Link, WWW-Authenticate, the request id and the rate limit. Other origins get no such header. Which headers a real org exposes is not known, apart from WWW-Authenticate.";
    REQUEST_PREFLIGHT = "request.preflight" [Docs, Inferred] "The preflight of a trusted origin gets 204 without a credential, with the API's methods, the headers that were asked for, and 3600 seconds.";
    REQUEST_DOUBLE_SLASH = "request.double-slash" [Recorded] "A path that begins with //api/ is read as /api/; other doubled slashes are not accepted.";
    REQUEST_NOT_ACCEPTABLE = "request.not-acceptable" [Recorded] "An Accept header that excludes application/json gets 400 E0000019.";
    REQUEST_MEDIA_TYPE_MISSING = "request.media-type-missing" [Docs] "A body without a Content-Type gets 400 E0000018.";
    REQUEST_MEDIA_TYPE = "request.media-type" [Docs] "A body with a media type other than application/json in UTF-8 gets 400 E0000021; 415 is not used.";
    REQUEST_ECHO_BOUNDED = "request.echo-bounded" [Inferred] "An error repeats at most 255 characters of a text of the request, followed by … if it is longer.";
    REQUEST_UNKNOWN_PARAMETER = "request.unknown-parameter" [Inferred] "Unknown query parameters, including known names in the wrong letter case, and a body for an operation without one are ignored and logged at level info. With --strict they get 400 E0000001 with a cause for each.";
    REQUEST_PARAMETER_TWICE = "request.parameter-twice" [Inferred] "A query parameter that the operation reads and that occurs twice gets 400 E0000001 naming it.";
    REQUEST_RATE_LIMIT_SHOWN = "request.rate-limit-shown" [Recorded] "Answers carry x-rate-limit-limit, -remaining and -reset of a window of 60 seconds. The limit shown is 50; it is not enforced unless one is configured.";
    REQUEST_RATE_LIMITED = "request.rate-limited" [Recorded] "A request beyond a configured limit gets 429 E0000047 with remaining 0.";
    ANSWER_HEADERS = "answer.headers" [Recorded] "Answers carry the headers recorded for their kind. JSON of the API, 204, 429, and refusals by the container (405, 400 E0000019) each have their own set. The content security policy and the cookies of a real org are omitted, because their values are not known.";
    REQUEST_ID = "request.id" [Recorded] "Answers carry x-okta-request-id, 32 lower-case hexadecimal digits.";

    BODY_MISSING = "body.missing" [Recorded] "A request without a required body gets 400 E0000003.";
    BODY_NOT_JSON = "body.not-json" [Docs] "A body that is not JSON, or nested 128 levels or deeper, gets 400 E0000003.";
    BODY_TOO_LARGE = "body.too-large" [Inferred] "A body larger than 1 MiB gets 400 E0000003.";
    BODY_ENCODED = "body.encoded" [Inferred] "A body with a Content-Encoding, such as gzip, is not read: 400 E0000003.";
    BODY_BROKEN_OFF = "body.broken-off" [Inferred] "An incomplete body, or one with invalid chunked framing, gets 400 E0000003, and the connection is closed.";
    BODY_TOO_SLOW = "body.too-slow" [Inferred] "A body that has not arrived within the read timeout gets 400 E0000003, and the connection is closed.";
    BODY_WRONG_TYPE = "body.wrong-type" [Inferred] "A member of a JSON type other than the documented one gets 400 E0000003.";
    BODY_DUPLICATE_MEMBER = "body.duplicate-member" [Inferred] "A JSON object with a duplicate name gets 400 E0000003.";
    BODY_SPELLINGS_DISAGREE = "body.spellings-disagree" [Inferred] "Two spellings of one member with different values get 400 E0000003.";
    BODY_UNKNOWN_MEMBER = "body.unknown-member" [Inferred] "Unknown members, including known names in the wrong letter case, are ignored and logged at level info. Members that are null are not logged.";
    BODY_STRICT = "body.strict" [Inferred] "With --strict, a body with ignored members gets 400 E0000001 with a cause for each. A PUT may contain the answer of a GET: unchanged members are not reported, and lastUpdated may differ.";
    BODY_TEXT_TOO_LONG = "body.text-too-long" [Docs, Openapi, Inferred] "A stored text longer than its limit gets 400 E0000001 naming the member. The limits are: labels 100 characters, client ids and user names 100, other texts 1024, lists 100 entries.";

    APP_UNKNOWN = "app.unknown" [Recorded] "An unknown app id, whatever its form, gets 404 E0000007 (AppInstance).";
    APP_NAME_UNKNOWN = "app.create.name-unknown" [Inferred] "An app with a missing name, or one that is not in the catalogue, cannot be created: 400 E0000001.";
    APP_LABEL_MISSING = "app.label-missing" [Recorded] "An app needs a label: 400 E0000001 with the cause `label: Label must be specified`.";
    APP_LABEL_DUPLICATE = "app.label-duplicate" [Recorded] "Two apps may have the same label.";
    APP_SIGN_ON_MODE = "app.sign-on-mode" [Recorded, Openapi, Issue] "A sign-on mode that the app does not support gets 400 E0000001 `mediated` with two causes. AUTO_LOGIN of office365 becomes BROWSER_PLUGIN.";
    APP_SETTING_MISSING = "app.setting-missing" [Openapi] "Members of settings.app that the OpenAPI document requires get 400 E0000001 if they are missing or blank. The summary names the first, and each has a cause. Recorded apps show null for okta_org2org's baseUrl and zoomus' subDomain, so these two may be null or missing.";
    APP_IDP_ID = "app.idp-id" [GuideO2o, Recorded, Inferred] "idpId of okta_org2org can also be sent as idPId and is answered as idpId. It is not looked up: the identity provider need not exist. Both names with different values get 400 E0000003.";
    APP_SIGNING_KEY_OF_ORG = "app.signing-key-of-org" [Recorded] "A SAML_2_0 app has its own signing key; all office365 apps share the org's key.";
    APP_MISSING_TOGETHER = "app.missing-together" [Inferred] "All invalid members of a request are named: each has a cause, and the summary names the first. The sign-on mode is checked before them.";
    APP_SIGNING_KEY = "app.signing-key" [Inferred] "In a PUT, credentials.signing.kid can only name the app's own key; any other gets 400 E0000001. A POST generates a key and ignores the one that it names.";
    APP_WS_FEDERATION_AUTO = "app.ws-federation-auto" [Recorded] "office365 with SAML_1_1 and wsFedConfigureType AUTO needs an administrator's consent, which this org does not have: 400 E0000001 (recorded 2025).";
    APP_LIMIT = "app.limit" [Recorded] "If the org is full, creating an app gets 400 E0000001 generalSettings.";
    APP_ACTIVE_BY_DEFAULT = "app.create.active-by-default" [Recorded, Openapi] "A new app is ACTIVE, unless activate=false.";
    APP_REPLACE_MERGES = "app.replace.merges" [GuideO2o, Inferred] "PUT keeps the settings that the body does not contain. id, name, status and other read-only members are ignored, and reported if they differ from the app.";
    APP_DELETE_ACTIVE = "app.delete.active" [Recorded] "An active app cannot be deleted: 403 E0000056.";
    APP_FEATURES = "app.features" [Recorded, Inferred] "The features array of an app is empty while its connection is not enabled. Otherwise it follows the feature settings.";
    APP_NULLS = "app.nulls" [Recorded] "Members of an app without a value are null, not absent: the URLs of accessibility, universalLogout, notes. The OpenAPI document declares them as strings and objects.";
    APP_FIXED_MEMBERS = "app.fixed-members" [Openapi, Inferred] "A request can set the members of an app that the OpenAPI document declares as writable, except credentials.password (accepted, not stored), settings.identityStoreId, settings.app.occSettings, settings.inlineHookId, samlAssertionLifetimeSeconds, and zones of VPN notifications. These are ignored and reported.";
    APP_MEMBER_VALUE = "app.member-value" [Openapi] "An app member with an enumeration in the OpenAPI document (type and pushStatus of the username template, credentials.scheme, the VPN connection), or with a whole number (seatCount), gets 400 E0000001 for any other value.";
    APP_SIGN_ON_OVERRIDES = "app.sign-on-overrides" [Openapi, Recorded] "The overrides in settings.signOn of a SAML app are stored; empty text becomes null. SAML 1.1 has no destinationOverride and no attributeStatements.";
    APP_LIFECYCLE_EMPTY_OBJECT = "app.lifecycle.empty-object" [Recorded] "Activating or deactivating an app answers 200 with an empty object, even if nothing changes.";

    LIST_ORDER = "list.order" [Recorded] "Apps are listed by id, 20 per page by default and 200 at most.";
    LIST_LIMIT = "list.limit" [Openapi, Inferred] "limit is a whole number from 1, or -1 for the default page size; other values get 400 E0000001.";
    LIST_CURSOR = "list.cursor" [Recorded] "An after that is not a cursor gets 400 E0000029 with the cause `Invalid cursor.`.";
    LIST_FILTER = "list.filter" [Openapi, Recorded] "filter compares id, status, name, user.id, group.id, credentials.signing.kid or settings.slo.enabled with eq; anything else gets 400 E0000031. There are no users and no groups, so user.id and group.id match no app.";
    LIST_PREFIX = "list.prefix" [Openapi] "q selects apps whose name or label begins with its value, in any letter case.";
    LIST_EMPTY_PARAMETER = "list.empty-parameter" [Sdk, Inferred] "A list parameter with an empty value (Terraform sends filter=) counts as absent and does not appear in links.";
    LIST_LINKS = "list.links" [Recorded] "A page has a Link header rel=self and, unless it is the last, rel=next. Their parameters are after, limit, q, filter in this order.";
    LIST_OTHER_PARAMETERS = "list.other-parameters" [Inferred] "useOptimization, alwaysIncludeVpnSettings and includeNonDeleted have no effect: inactive apps are always listed, and deleted apps do not exist.";
    LIST_EXPAND = "list.expand" [Recorded] "An expand other than user/{id} gets 400 E0000001 RequestParams.";

    CONNECTION_UNSUPPORTED = "connection.unsupported" [Recorded] "The connection of an app without provisioning has scheme and status UNKNOWN. POST, activate and deactivate do not change it and return no error.";
    CONNECTION_NEVER_SET = "connection.never-set" [Recorded, Inferred] "A connection that was never set is DISABLED, with the links activate and self and the app's scheme (TOKEN if the app supports it).";
    CONNECTION_TOKEN_FORM = "connection.token-form" [Recorded] "A token connection answers authScheme, status, baseUrl, profile and _links, but never the token.";
    CONNECTION_SERVICE_APP_FORM = "connection.service-app-form" [GuideO2o] "An OAuth 2.0 connection of okta_org2org answers authScheme and clientId in addition to those in profile.";
    CONNECTION_ROTATION_ECHO = "connection.rotation-echo" [Issue, Inferred] "signing is answered as it was sent, and is absent if it was not sent; absent means MANUAL (issue).";
    CONNECTION_AUTHORIZE_LINK = "connection.authorize-link" [Guide] "The authorize link is the third link of a DISABLED connection of an app that needs consent, from the first POST on.";
    CONNECTION_AUTHORIZE_PARAMETERS = "connection.authorize-parameters" [Guide, Inferred] "The authorize link has the parameters scope, response_type, state, client_id and redirect_uri in this order. It leads to the mock's own third-party app, which redirects back to the mock.";
    CONNECTION_PROFILE_MISSING = "connection.profile-missing" [Openapi] "profile and profile.authScheme are required: 400 E0000001.";
    CONNECTION_SCHEME_REFUSED = "connection.scheme-refused" [Inferred] "A scheme that the app does not support, including UNKNOWN and OAUTH, gets 400 E0000001 authScheme.";
    CONNECTION_MEMBER_BLANK = "connection.member-blank" [Inferred] "If the scheme requires a token, clientId, baseUrl or administrator's credential and it is missing or blank, the request gets 400 E0000001 naming it.";
    CONNECTION_ROTATION_MODE = "connection.rotation-mode" [Openapi] "signing needs a rotationMode of AUTO or MANUAL; otherwise 400 E0000001.";
    CONNECTION_BASE_URL = "connection.base-url" [Recorded, GuideO2o] "zscalerbyz needs a baseUrl. okta_org2org takes it from the request, else from settings.app.baseUrl. OAuth 2.0 connections ignore it.";
    CONNECTION_NOT_VERIFIED = "connection.set.not-verified" [Sdk] "Setting a connection without activating it does not verify the credential.";
    CONNECTION_RESET = "connection.set.again" [Inferred] "POST over an enabled connection stores the new settings. It stays ENABLED if the scheme is the same, and becomes DISABLED if the scheme changes.";
    CONNECTION_ACTIVATE_PARAMETER = "connection.activate-parameter" [Guide, Openapi, Inferred] "activate is true in any letter case; any other value is false.";
    CONNECTION_ACTIVATE_NEVER_SET = "connection.activate.never-set" [Inferred] "Activating a connection that was never set gets 400 E0000001 credential.";
    CONNECTION_ACTIVATE_CONSENT_MISSING = "connection.activate.consent-missing" [Inferred] "Activating an OAuth 2.0 connection without consent gets 400 E0000001 credential.";
    CONNECTION_ACTIVATE_INVALID_URL = "connection.activate.invalid-url" [Sdk] "Activating a token connection with a missing or invalid base URL gets 400 E0000001 credential, cause `Verification failed: Invalid URL. Not authorized.`.";
    CONNECTION_ACTIVATE_TRUSTED = "connection.activate.trusted" [Inferred] "Other credentials are not verified against their target, because the mock cannot reach it.";
    CONNECTION_ACTIVATE_APP_INACTIVE = "connection.activate.app-inactive" [Inferred] "The connection and the features of an inactive app can be read. Its connection cannot be activated: 400 E0000001.";
    CONNECTION_DEACTIVATE_NEVER_SET = "connection.deactivate.never-set" [Inferred] "Deactivating a connection that was never set gets 204 and changes nothing.";
    CONNECTION_LIFECYCLE_IDEMPOTENT = "connection.lifecycle.idempotent" [Sdk] "Activating an enabled connection or deactivating a disabled one answers 204 and changes nothing.";
    CONNECTION_JWKS_FORM = "connection.jwks.form" [Openapi, GuideO2o] "The key set of an okta_org2org connection can be read with a credential, wrapped in jwks, and without one, plain.";
    CONNECTION_JWKS_OTHER_APP = "connection.jwks.other-app" [Inferred] "Apps other than okta_org2org have no key set: 404 E0000007.";

    CONSENT_APP_NAME = "consent.app-name" [Openapi, Inferred] "A callback with an appName that is not the app's own, or of an app that needs no consent, gets 404 E0000007.";
    CONSENT_PARAMETER_MISSING = "consent.parameter-missing" [Inferred] "A redirect or callback without code or state gets 400 E0000001 naming the missing parameter.";
    CONSENT_STATE_UNKNOWN = "consent.state-unknown" [Inferred] "A state that was never issued, is spent, or belongs to another app or an earlier attempt gets 400 E0000001 state.";
    CONSENT_STATE_EXPIRED = "consent.state-expired" [Inferred] "A state is valid for one hour. After that, its authorize link ends in a refusal until a POST of the connection begins a new attempt.";
    CONSENT_CODE_UNKNOWN = "consent.code-unknown" [Inferred] "A code that the third-party app did not issue for this client, redirect URI and state, or that is spent, gets 400 E0000001 code.";
    CONSENT_CODE_EXPIRED = "consent.code-expired" [Rfc, Inferred] "A code is valid for ten minutes.";
    CONSENT_DENIED = "consent.denied" [Rfc, Inferred] "A redirect with an error gets 400 E0000001 and no continue URL. The connection does not change, and the person may follow the link again.";
    CONSENT_CONTINUE_URL = "consent.continue-url" [Guide] "A valid redirect answers continue_oauth_flow_url with the callback's address and POST.";
    CONSENT_CODE_KIND = "consent.code" [Inferred] "The code in continue_oauth_flow_url is the code of the third-party app.";
    CONSENT_GRANTED = "consent.granted" [Guide] "A valid callback answers 204 once. The connection stays DISABLED and can then be activated.";
    THIRD_PARTY_REQUEST = "third-party.request" [Rfc] "The third-party app shows an error page, without a redirect, for an unknown client or redirect URI.";
    THIRD_PARTY_OPEN_ATTEMPT = "third-party.open-attempt" [Inferred] "The third-party app issues codes only for attempts of this org, at most eight per attempt. Any other state is redirected with error=invalid_request (RFC 6749, 4.1.2.1).";
    THIRD_PARTY_FOREIGN_ORIGIN = "third-party.foreign-origin" [Inferred] "Pages of other sites cannot decide at the third-party app: 403 E0000005. Links to it work.";
    THIRD_PARTY_WITHOUT_HTML = "third-party.without-html" [Inferred] "A client that does not ask for HTML is redirected as if the person had allowed.";
    THIRD_PARTY_AFTER_CONSENT = "third-party.after-consent" [Inferred] "After a consent, a browser in which a person opens pages (Sec-Fetch-Mode: navigate) gets a page with the continue_oauth_flow_url, or is redirected to the page of --after-consent with that URL as a parameter. A real org shows the JSON to browsers too.";

    FEATURE_UNKNOWN = "feature.unknown" [Recorded, Inferred] "An unknown feature name, including one in other letter case, gets 404 E0000007 (PublicAppFeatureSetName), before the app is looked up.";
    FEATURE_NOT_OF_APP = "feature.not-of-app" [Inferred] "INBOUND_PROVISIONING of zscalerbyz gets 404 E0000007, before the body and the connection are checked, and is not listed.";
    FEATURE_UNSUPPORTED = "feature.unsupported" [Recorded] "Features of an app without provisioning get 400 E0000001, cause `Provisioning is not supported.`.";
    FEATURE_NOT_ENABLED = "feature.not-enabled" [Openapi] "Features while the connection is not enabled get 400 E0000001, cause `Provisioning is not enabled for the app instance.`.";
    FEATURE_ALWAYS_ENABLED = "feature.always-enabled" [Recorded] "The status of a feature is ENABLED as long as the connection is.";
    FEATURE_MERGE = "feature.merge" [Openapi, Inferred] "PUT merges member by member; null clears a schedule and is ignored elsewhere.";
    FEATURE_FOREIGN_MEMBER = "feature.foreign-member" [Sdk, Inferred] "name, status and the members of the other feature are ignored in a PUT, and reported if they differ from the feature.";
    FEATURE_WRAPPED = "feature.wrapped" [Openapi] "The body of a PUT of INBOUND_PROVISIONING may be wrapped in capabilities, as in the OpenAPI document until 2025.08, next to other members of a feature object. No source shows this for USER_PROVISIONING, where capabilities is ignored and reported.";
    FEATURE_VALUE = "feature.value" [Openapi] "A value outside its enumeration gets 400 E0000001 naming the member.";
    FEATURE_PASSWORD_CYCLE = "feature.password-cycle" [Guide] "password.change accepts CYCLE (guide), CHANGE and KEEP_EXISTING and answers the value that was sent.";
    FEATURE_SPELLINGS = "feature.spellings" [Guide, Openapi, Recorded] "userNameFormat or usernameFormat, and timeZone or timezone, are accepted; answers have userNameFormat and timezone.";
    FEATURE_EXPRESSION_FIRST = "feature.username-expression-first" [Recorded] "With CUSTOM, the expression precedes the format. A bare word is accepted as an expression.";
    FEATURE_EXPRESSION_MISSING = "feature.username-expression-missing" [Inferred] "CUSTOM needs a userNameExpression: 400 E0000001.";
    FEATURE_SCHEDULE_EXPRESSION = "feature.schedule-expression" [Openapi] "A schedule needs a cron expression of five UNIX fields; otherwise 400 E0000001. The status of the schedules may be sent alone (recorded).";
    FEATURE_SCHEDULE_TIMEZONE = "feature.schedule-timezone" [Openapi] "A time zone is an IANA name of 1 to 64 characters; otherwise 400 E0000001.";
    FEATURE_SCHEDULE_EMPTY = "feature.schedule-empty" [Guide, Inferred] "An empty object for a schedule removes it; the answer is null.";
    FEATURE_DEFAULTS = "feature.defaults" [Recorded] "By default, every capability is DISABLED, imports match by USERNAME with partial matches allowed, and no schedule is set.";
    FEATURE_KEPT = "feature.kept" [Inferred] "Feature settings survive deactivation, a new POST and a change of scheme.";

    CONTROL_FOREIGN_ORIGIN = "control.foreign-origin" [Inferred] "The control plane under /_mock, which a real org does not have, refuses pages of other sites with 403 E0000005. This is specific to the mock.";
    CONTROL_CLOCK = "control.clock" [Inferred] "The clock can be advanced, and a single consent aged, by a whole number of seconds; anything else gets 400 E0000001.";
    CONTROL_FAULT = "control.fault" [Inferred] "A fault answers a chosen operation with another status, error or body, delays it, closes the connection before or after it took effect, or truncates the answer. At most 1000 faults are kept.";
    CONTROL_REQUESTS = "control.requests" [Inferred] "The request log keeps the last requests of the org and their answers, without secrets. A call can wait for requests; if they do not arrive in time it gets 408 with the nearest ones.";
    CONTROL_CHECKPOINT = "control.checkpoint" [Inferred] "A checkpoint keeps the state of the org under a name. At most 100 are kept; an unknown name gets 404 E0000007.";
    CONTROL_STATE = "control.state" [Inferred] "The state of the org can be read and written as one document, without secrets, and an app can be put into a state. A state that no org reaches is refused with the rule that forbids it.";
    CONTROL_RECORDED_APP = "control.recorded-app" [Inferred] "An app of a kind that is not in the catalogue can be loaded as a recorded app object. It is answered as it stands, with its links at this org; its status and label change and it can be deleted, and it has no provisioning.";
    CONTROL_THIRD_PARTY = "control.third-party" [Inferred] "The third-party apps of the org can be made to refuse a credential when a connection is activated, or the code of a consent, and the person's decision can be set: for all apps or for one. A refused credential gets the answer of a verification that failed, a refused code that of an unknown one.";
    CONTROL_ORG = "control.org" [Inferred] "A process can have several orgs, told apart by the first label of the host or by a port of their own. They can be added, also as a copy of another org, and dropped while the mock runs.";
    CONTROL_INSPECTOR = "control.inspector" [Inferred] "A page under /_mock/ui shows orgs, apps and the last requests, and has forms for faults, clock, orgs and the reset. A form with an unknown or missing field gets the page with a message and 400.";
    CONTROL_RATE_LIMIT = "control.rate-limit" [Inferred] "A rate limit can be enforced and removed while the mock runs.";
    CONTROL_CONTRACT = "control.contract" [Inferred] "The mock serves the OpenAPI documents of its API and of its control plane.";
    CONTROL_UNKNOWN_MEMBER = "control.unknown-member" [Inferred] "An unknown member or query parameter of a control plane call gets 400 E0000001 with a cause for each.";
    CONTROL_RESOURCE_OWNER = "control.resource-owner" [Inferred] "A request with the authorize link can act as the person in a browser; any other text gets 400 E0000001.";

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
