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
    AUTHENTICATION_BEARER_REFUSED = "authentication.bearer-refused" [Docs, Issue] "A malformed or unknown access token gets 401 with an empty body and a WWW-Authenticate header that says invalid_token.";
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
    APP_SIGNING_KEY = "app.signing-key" [GuideO2o, Inferred] "In a PUT, credentials.signing.kid chooses among the app's keys; any other gets 400 E0000001. A POST generates a key and ignores the one that it names.";
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
    CONNECTION_ACTIVATE_VERIFIED = "connection.activate.verified" [GuideO2o, Sdk, Inferred] "If the target of an okta_org2org connection is an org of this process, activation asks it: with the API token (GET /api/v1/users/me), or with a token request for okta.users.manage and okta.groups.manage that the connection's key signs, with a DPoP proof where the target asks for one. A refusal gets 400 E0000001 credential, whose cause repeats the target's reason.";
    CONNECTION_ACTIVATE_TRUSTED = "connection.activate.trusted" [Inferred] "Other credentials are not verified against their target, because the mock cannot reach it.";
    CONNECTION_ACTIVATE_APP_INACTIVE = "connection.activate.app-inactive" [Inferred] "The connection and the features of an inactive app can be read. Its connection cannot be activated: 400 E0000001.";
    CONNECTION_DEACTIVATE_NEVER_SET = "connection.deactivate.never-set" [Inferred] "Deactivating a connection that was never set gets 204 and changes nothing.";
    CONNECTION_LIFECYCLE_IDEMPOTENT = "connection.lifecycle.idempotent" [Sdk] "Activating an enabled connection or deactivating a disabled one answers 204 and changes nothing.";
    CONNECTION_JWKS_OVERLAP = "connection.jwks.overlap" [Docs, Inferred] "With rotationMode AUTO the key changes every 90 days, counted from the creation of the app. For seven days the key before is published too.";
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

    TOKEN_ANSWER = "token.answer" [Recorded] "A token answer has token_type, expires_in (3600), access_token and scope, in this order. The scopes are in the order of the request.";
    TOKEN_FORM = "token.form" [Recorded, Inferred] "An access token is a JWT of type application/okta-internal-at+jwt, signed with RS256 by the first key of /oauth2/v1/keys. Its claims are ver, jti, iss, aud, sub, iat, exp, cid, scp, and cnf if it is bound.";
    TOKEN_PARAMETER_TWICE = "token.parameter-twice" [Docs] "A token request that contains a parameter twice gets 400 invalid_request.";
    TOKEN_QUERY = "token.query" [Sdk] "The parameters of a token request may be in the query, as the Go SDK sends them.";
    TOKEN_CREDENTIAL_IN_QUERY = "token.credential-in-query" [Docs, Sdk] "A client_secret in the query gets 400 invalid_request. A client_assertion does not.";
    TOKEN_GRANT_TYPE_MISSING = "token.grant-type-missing" [Docs] "A token request without grant_type gets 400 invalid_request.";
    TOKEN_GRANT_TYPE = "token.grant-type" [Docs, Openapi] "A grant_type other than client_credentials gets 400 unsupported_grant_type. A real org supports more.";
    TOKEN_NO_CREDENTIAL = "token.no-credential" [Openapi, Docs] "A token request without a client credential gets 401 invalid_client `No client credentials found`.";
    TOKEN_SEVERAL_CREDENTIALS = "token.several-credentials" [Docs, Openapi] "A token request with more than one client credential gets 401 invalid_request. The OpenAPI document shows 400.";
    TOKEN_AUTHORIZATION_INVALID = "token.authorization-invalid" [Docs] "An Authorization header that is not Basic with a client id gets 401 invalid_client.";
    TOKEN_ASSERTION_TYPE = "token.assertion-type" [Docs] "A client_assertion with another client_assertion_type than jwt-bearer gets 400 invalid_request.";
    TOKEN_OTHER_AUTHENTICATION = "token.other-authentication" [Docs] "A client that authenticates without an assertion, or is registered for another method than private_key_jwt, gets 401 invalid_client.";
    TOKEN_CLIENT_UNKNOWN = "token.client-unknown" [Issue, Docs] "An unknown client id gets 400 with Okta's envelope: errorCode invalid_client. A client whose app is inactive is not known.";
    TOKEN_CLIENT_TYPE = "token.client-type" [Docs] "A client whose application_type is not service gets 401 invalid_client.";
    TOKEN_NO_SCOPE = "token.no-scope" [Docs, Openapi] "A token request without scopes gets 400 invalid_scope.";
    TOKEN_OPENID = "token.openid" [Docs] "The scope openid with client credentials gets 400 invalid_scope.";
    TOKEN_CONSENT_REQUIRED = "token.consent-required" [Docs, Issue] "If none of the requested scopes is granted or known, the answer is 400 consent_required. Scopes are looked at last.";
    TOKEN_SCOPES_DROPPED = "token.scopes-dropped" [Issue] "Requested scopes that are not granted are dropped if at least one is granted.";
    TOKEN_METADATA = "token.metadata" [Recorded, Openapi, Inferred] "openid-configuration has the members recorded in 2020, then those of the OpenAPI document, and ends with the DPoP algorithms, as recorded of a custom server. oauth-authorization-server has the same without the members of OpenID Connect.";
    TOKEN_KEYS = "token.keys" [Recorded, Inferred] "/oauth2/v1/keys publishes one key, with kty, alg, kid, use, e and n. Whether a real org's access tokens can be verified with its published keys is disputed; those of the mock can.";

    ASSERTION_UNREADABLE = "assertion.unreadable" [Docs] "An assertion that is not a signed JWT gets 401 invalid_client. So does one with a crit header or a jti that is not text.";
    ASSERTION_WITHOUT_CLIENT = "assertion.without-client" [Recorded] "An assertion whose iss and sub are empty gets 400 with Okta's envelope (recorded of a custom server with OAuth's).";
    ASSERTION_ISSUER = "assertion.issuer" [Docs] "An assertion without iss, or whose iss is not the client_id of the form, gets 401 invalid_client.";
    ASSERTION_SUBJECT = "assertion.subject" [Docs] "An assertion whose sub is not its iss gets 401 invalid_client.";
    ASSERTION_AUDIENCE = "assertion.audience" [Docs, Recorded, Sdk] "aud must be the URL of the token endpoint as the client calls it, or a list that contains it: else 401 invalid_client. If Host has no port, any port is taken: the Go SDK loses it.";
    ASSERTION_WITHOUT_EXPIRY = "assertion.without-expiry" [Docs] "An assertion without exp in seconds gets 401 invalid_client.";
    ASSERTION_EXPIRED = "assertion.expired" [Docs] "An assertion whose exp has passed gets 401 invalid_client.";
    ASSERTION_LIFETIME = "assertion.lifetime" [Docs, Issue] "An assertion whose exp is more than an hour ahead gets 401 invalid_client, without leeway.";
    ASSERTION_ISSUED_LATER = "assertion.issued-later" [Docs] "An assertion whose iat or nbf is in the future gets 401 invalid_client, without leeway.";
    ASSERTION_USED = "assertion.used" [Docs, Issue, Sdk] "A jti can be used once by each client: else 401 invalid_client. Every request spends it, also one that is refused for its proof or its scopes. An assertion without jti can be used again.";
    ASSERTION_ALGORITHM = "assertion.algorithm" [Docs] "An assertion with another algorithm than RS256, RS384, RS512, ES256, ES384 or ES512 gets 401 invalid_client.";
    ASSERTION_KID = "assertion.kid" [Issue, Docs] "A kid that none of the client's keys has gets 401 invalid_client; so does a missing one, unless the client has a single active key.";
    ASSERTION_SIGNATURE = "assertion.signature" [Docs, Issue] "A signature that the named key did not make, or an inactive key, gets 401 invalid_client.";
    ASSERTION_WITHOUT_KEYS = "assertion.without-keys" [Docs] "An assertion of a client without keys gets 401 invalid_client.";
    ASSERTION_KEYS_ELSEWHERE = "assertion.keys-elsewhere" [Inferred] "A jwks_uri that is not of an org of this process is never opened: every signature of such a client is accepted. This is a convenience of the mock.";
    ASSERTION_KEYS_UNREADABLE = "assertion.keys-unreadable" [Docs] "If an org of this process does not answer a jwks_uri with a key set, the answer is 401 invalid_client.";
    ASSERTION_KEYS_EMPTY = "assertion.keys-empty" [Docs] "A published key set without keys gets 401 invalid_client.";

    PROOF_MISSING = "proof.missing" [Recorded] "A token request without a DPoP proof, of a client with dpop_bound_access_tokens, gets 400 invalid_dpop_proof without a nonce.";
    PROOF_SEVERAL = "proof.several" [Docs] "More than one DPoP header gets 400 invalid_dpop_proof.";
    PROOF_UNREADABLE = "proof.unreadable" [Docs] "A proof that is not a signed JWT gets 400 invalid_dpop_proof.";
    PROOF_TYPE = "proof.type" [Docs] "A proof whose typ is not dpop+jwt gets 400 invalid_dpop_proof.";
    PROOF_ALGORITHM = "proof.algorithm" [Docs] "A proof with another algorithm than RS256, RS384, RS512, ES256, ES384 or ES512 gets 400 invalid_dpop_proof.";
    PROOF_KEY = "proof.key" [Docs, Rfc] "A proof without a public key in its header, or with a private one, gets 400 invalid_dpop_proof.";
    PROOF_SIGNATURE = "proof.signature" [Docs] "A proof that its own key did not sign gets 400 invalid_dpop_proof.";
    PROOF_METHOD = "proof.method" [Docs] "A proof whose htm is not the method of the request gets 400 invalid_dpop_proof.";
    PROOF_URL = "proof.url" [Docs] "A proof whose htu is not the URL of the request without its query gets 400 invalid_dpop_proof.";
    PROOF_WITHOUT_TIME = "proof.without-time" [Docs] "A proof without iat gets 400 invalid_dpop_proof.";
    PROOF_FUTURE = "proof.future" [Docs] "A proof issued in the future gets 400 invalid_dpop_proof.";
    PROOF_OLD = "proof.old" [Docs] "A proof issued more than five minutes ago gets 400 invalid_dpop_proof.";
    PROOF_EXPIRED = "proof.expired" [Docs] "A proof whose exp has passed gets 400 invalid_dpop_proof.";
    PROOF_NONCE = "proof.nonce" [Recorded, Docs] "At the token endpoint, a proof without a current nonce gets 400 use_dpop_nonce with the header dpop-nonce. A nonce changes every day, and is accepted for three days more.";
    PROOF_WITHOUT_ID = "proof.without-id" [Docs, Issue] "A proof without jti gets 400 invalid_dpop_proof, after the check of the nonce.";
    PROOF_USED = "proof.used" [Docs] "A proof can be used once, at the token endpoint and at the API: else 400 invalid_dpop_proof.";
    PROOF_OPTIONAL = "proof.optional" [Inferred, Sdk] "A proof with a nonce of a client without dpop_bound_access_tokens is checked, and the token is bound. One without a nonce is ignored: the Node SDK always sends one.";
    PROOF_TOKEN_HASH = "proof.token-hash" [Docs] "At the API, a proof whose ath is not the hash of the access token gets 400 invalid_dpop_proof.";
    PROOF_OTHER_KEY = "proof.other-key" [Docs] "At the API, a proof of another key than the token is bound to gets 400 invalid_dpop_proof.";

    ACCESS_TOKEN_INVALID = "access-token.invalid" [Docs, Issue] "An access token that this org did not sign, or of a client that is gone or inactive, gets 401 invalid_token. A bearer token with a dot, or that begins with eyJ, is checked like this as soon as the org has a client.";
    ACCESS_TOKEN_EXPIRED = "access-token.expired" [Docs, Issue] "An expired access token gets 401 invalid_token `The token has expired.`.";
    ACCESS_TOKEN_SCOPE = "access-token.scope" [Docs, Issue] "An access token without the scope that the operation requires gets 403 insufficient_scope. A scope that was revoked since counts as absent.";
    ACCESS_TOKEN_ROLE = "access-token.role" [Issue, Docs] "A client whose admin roles do not allow the operation gets 403 E0000006, before the body is looked at.";
    ACCESS_TOKEN_ROLE_TABLE = "access-token.role-table" [Docs, Inferred] "SUPER_ADMIN may do everything, READ_ONLY_ADMIN may read everything. APP_ADMIN manages apps and clients; ORG_ADMIN users, policies and identity providers; API_ACCESS_MANAGEMENT_ADMIN clients; USER_ADMIN users. Only SUPER_ADMIN grants scopes and assigns roles.";
    ACCESS_TOKEN_NEEDS_PROOF = "access-token.needs-proof" [Docs] "A bound access token without a proof gets 400 invalid_request.";
    ACCESS_TOKEN_NEEDS_SCHEME = "access-token.needs-scheme" [Docs] "A bound access token with a proof but under the scheme Bearer gets 400 invalid_request.";
    ACCESS_TOKEN_NOT_BOUND = "access-token.not-bound" [Docs] "An access token that is not bound, under the scheme DPoP, gets 401 invalid_token.";

    CLIENT_UNKNOWN = "client.unknown" [Recorded, Inferred] "An unknown client id gets 404 E0000007 (OAuth2AppInstance).";
    CLIENT_OBJECT = "client.object" [Openapi] "A client has the members of the OpenAPI document's examples, in their order. POST answers 201, PUT replaces the client as a whole, and both show the secret of a client that has one.";
    CLIENT_OF_OTHER_APP = "client.of-other-app" [Inferred] "Grants, keys and secrets of an app that is no client get 400 E0000001.";
    CLIENT_OF_SERVICE = "client.of-service" [Openapi] "A service app has the grant type client_credentials and the response type token, and only a service app has client_credentials alone: else 400.";
    CLIENT_KEYS_AND_URI = "client.keys-and-uri" [Openapi, Inferred] "jwks and jwks_uri exclude each other, and jwks_uri is an http or https URL: else 400.";
    CLIENT_KEY = "client.key" [Recorded, Openapi] "A key needs kty RSA or EC and its numbers, an RSA key 2048 bits or more: else 400 E0000001 JsonWebKey. An EC key without crv is accepted.";
    CLIENT_KEY_SET = "client.key-set" [Openapi] "A client has at most 50 keys; several keys each need a unique kid: else 400 E0000001 JsonWebKey.";
    CLIENT_KEY_ONLY = "client.key-only" [Openapi] "The only active key of a client with private_key_jwt cannot be deactivated: 400 E0000001 JsonWebKey.";
    CLIENT_KEY_ACTIVE = "client.key-active" [Openapi] "An active key cannot be deleted: 400 E0000001 JsonWebKey.";
    CLIENT_KEY_UNKNOWN = "client.key-unknown" [Inferred] "An unknown key of a client gets 404 E0000007 (OAuth2ClientJsonWebKey).";
    CLIENT_SECRET = "client.secret" [Recorded] "client_secret of an app is in the answer to POST only.";
    CLIENT_SECRET_METHOD = "client.secret-method" [Inferred] "A client that authenticates without a secret cannot get one: 400 E0000001.";
    CLIENT_SECRET_LIMIT = "client.secret-limit" [Docs] "A client has at most two secrets: 400 E0000001.";
    CLIENT_SECRET_ONLY = "client.secret-only" [Docs, Inferred] "The only active secret cannot be deactivated: 400 E0000001.";
    CLIENT_SECRET_ACTIVE = "client.secret-active" [Recorded, Inferred] "Only an inactive secret can be deleted: else 400 E0000001.";
    CLIENT_SECRET_UNKNOWN = "client.secret-unknown" [Inferred] "An unknown secret gets 404 E0000007 (OAuth2ClientSecret).";

    GRANT_OBJECT = "grant.object" [Recorded] "POST grants answers 200. _embedded is in that answer only, and with expand=scope. Grants are listed in the order of their creation. The OpenAPI document says 201.";
    GRANT_SCOPE = "grant.scope" [Issue, Docs, Inferred] "Scopes of the API (okta.….read and okta.….manage) and openid can be granted, others get 400 E0000001 scopeId. A scope that is already granted is answered as it is.";
    GRANT_ISSUER = "grant.issuer" [Openapi, Inferred] "issuer must be the URL of the org: else 400 E0000001.";
    GRANT_UNKNOWN = "grant.unknown" [Inferred] "An unknown grant gets 404 E0000007 (OAuth2ScopeConsentGrant).";

    ROLE_OBJECT = "role.object" [Recorded] "POST roles answers 201. The id of a role is its type in Base32. The OpenAPI document says 200.";
    ROLE_TYPE = "role.type" [Openapi, Inferred] "type must be a standard role: else 400 E0000001. IAM-based and custom roles are not served.";
    ROLE_ASSIGNED = "role.assigned" [Docs] "A role that the client already has gets 409 E0000090.";
    ROLE_UNKNOWN = "role.unknown" [Recorded] "An unknown assignment gets 404 E0000007 (RoleAssignment).";

    PROVIDER_OBJECT = "provider.object" [Recorded] "An identity provider of type OIDC has the recorded members; others are dropped. POST answers 200, lifecycle calls 200 with the object, DELETE 204.";
    PROVIDER_OF_ORG = "provider.of-org" [GuideO2o, Openapi, Inferred] "An identity provider of type OKTA_INTEGRATION is answered as one of type OIDC, with the endpoints of its oktaIdpOrgUrl. It was never recorded.";
    PROVIDER_TYPE = "provider.type" [Openapi, Inferred] "The types OKTA_INTEGRATION and OIDC are served; others get 400 E0000001. PUT cannot change it.";
    PROVIDER_MEMBER = "provider.member" [Openapi, Sdk, Inferred] "An identity provider needs a unique name, a protocol, and its endpoints (OIDC) or oktaIdpOrgUrl (OKTA_INTEGRATION): else 400 E0000001. PUT without a policy keeps it.";
    PROVIDER_CREATED_NULL = "provider.created-null" [Recorded] "The answer to PUT has created null; GET shows the time.";
    PROVIDER_UNKNOWN = "provider.unknown" [Inferred] "An unknown identity provider gets 404 E0000007 (IdpAppInstance).";
    POLICY_OBJECT = "policy.object" [Openapi, Sdk, Inferred] "The org has one access policy and one profile enrollment policy, those that app objects link to. They cannot be changed.";
    POLICY_TYPE = "policy.type" [Openapi] "A list of policies needs a type: else 400 E0000001.";
    POLICY_UNKNOWN = "policy.unknown" [Inferred] "An unknown policy gets 404 E0000007 (Policy).";
    APP_ASSIGNMENTS = "app.assignments" [Inferred] "The lists of an app's users and groups are empty.";
    SAML_METADATA = "saml.metadata" [Openapi, Inferred] "Metadata of a SAML_2_0 app is XML with the certificate of its signing key; an app with another sign-on mode gets 404 E0000007.";
    USER_ADMINISTRATOR = "user.administrator" [Sdk, Inferred] "The org has one user: the administrator who owns every API token. GET /api/v1/users/me answers it, for Terraform and for org2org.";
    USER_UNKNOWN = "user.unknown" [Docs, Inferred] "Any other user gets 404 E0000007 (User). A client is no user: it has no me.";

    APP_KEY_OBJECT = "app-key.object" [Recorded, GuideO2o] "A signing key of an app has an RSA key of 2048 bits and a self-signed certificate. The app's first key is valid for ten years. Generating and cloning answer 201 with a Location.";
    APP_KEY_UNKNOWN = "app-key.unknown" [Inferred] "An unknown key of an app gets 404 E0000007 (JsonWebKey).";
    APP_KEY_VALIDITY = "app-key.validity" [Openapi] "validityYears is a whole number from 2 to 10: else 400 E0000001 generateKey.";
    APP_KEY_CLONE = "app-key.clone" [Openapi] "A key that the target app already has gets 400 E0000001 cloneKey.";
    APP_KEY_LIMIT = "app-key.limit" [Inferred] "An app has at most 50 signing keys: 400 E0000001.";
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
