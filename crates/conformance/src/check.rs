//! The checks of a run: what each asks, and what it rests on. Every finding names the check that
//! made it by its id, which `--skip-check` and files of known deviations take.
//!
//! `docs/checks.md` is generated from this table.

use std::fmt::Write as _;
use std::hash::{Hash, Hasher};

/// One thing that is checked of every exchange it applies to.
#[derive(Debug)]
pub struct Check {
    /// Its stable id, `{judgement}.{subject}.{aspect}`.
    pub id: &'static str,
    /// What it asks.
    pub sentence: &'static str,
    /// What it rests on.
    pub source: &'static str,
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Check {}

impl Hash for Check {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

macro_rules! checks {
    ($($ident:ident = $id:literal [$source:literal] $sentence:literal;)+) => {
        $(
            #[doc = $sentence]
            pub(crate) static $ident: Check = Check { id: $id, sentence: $sentence, source: $source };
        )+
        /// Every check, in the order of the docs.
        pub static CHECKS: &[&Check] = &[$(&$ident),+];
    };
}

checks! {
    DOCUMENTED_CRITERION = "documented.criterion" ["guide"] "A success criterion of the step is met.";
    DOCUMENTED_CONSENT = "documented.consent" ["guide"] "The pages that lead to a consent are as the guide shows them: the authorize link, and the JSON with the URL that continues.";
    DOCUMENTED_SECRET_ECHO = "documented.secret-echo" ["guide"] "An answer gives back no token, password or other secret that was sent.";
    DOCUMENTED_MORE = "documented.more" ["this runner"] "Not a check: it counts the findings of a step that were left out.";

    CONTRACT_STATUS = "contract.status" ["openapi"] "The status is one that the operation declares.";
    CONTRACT_BODY = "contract.body" ["openapi"] "There is a body where one is declared, and none where none is.";
    CONTRACT_CONTENT_TYPE = "contract.content-type" ["openapi"] "The content type is one that is declared for the status.";
    CONTRACT_JSON = "contract.json" ["openapi, RFC 8259"] "A body that is declared as JSON is JSON.";
    CONTRACT_SCHEMA = "contract.schema" ["openapi"] "The body and the headers fit their schemas.";
    CONTRACT_SCHEMA_EXTENT = "contract.schema.extent" ["this runner"] "A body is not nested so deep that its self-referring schema cannot be tried in bounded time.";
    CONTRACT_HEADER = "contract.header" ["openapi"] "A header that is declared as required is there.";
    CONTRACT_HEADERS_ONCE = "contract.headers.once" ["RFC 9110, 5.3"] "Headers that hold one value stand once.";
    CONTRACT_HEADERS_DATE = "contract.headers.date" ["RFC 9110, 5.6.7"] "Date is an HTTP date.";
    CONTRACT_HEADERS_CHARSET = "contract.headers.charset" ["RFC 8259, 8.1"] "JSON is in UTF-8.";
    CONTRACT_RATE_LIMIT = "contract.rate-limit" ["recorded, docs"] "The rate-limit headers fit each other and the Date of the answer.";
    CONTRACT_LINKS_SELF = "contract.links.self" ["openapi"] "A self link leads to the resource that it stands in.";
    CONTRACT_LINKS_LIFECYCLE = "contract.links.lifecycle" ["openapi"] "Activate and deactivate links lead to the resource that they stand in.";
    CONTRACT_LINKS_PART = "contract.links.part" ["openapi"] "Links to parts of an app (users, groups, policies, logo, metadata) lead to that app.";
    CONTRACT_LINKS_ORIGIN = "contract.links.origin" ["openapi"] "The links of one resource lead to one org.";
    CONTRACT_LINKS_AUTHORIZE = "contract.links.authorize" ["RFC 6749, 3.1"] "The authorize link carries no secret.";
    CONTRACT_TIMES = "contract.times" ["openapi"] "lastUpdated is not before created, and neither is after the Date of the answer.";
    CONTRACT_APP_ORN = "contract.app.orn" ["recorded"] "The orn of an app ends in its name and id.";
    CONTRACT_CONNECTION_SCHEME = "contract.connection.scheme" ["openapi, guide-o2o"] "A connection has the members of its scheme, and not those of another.";
    CONTRACT_CONNECTION_PROFILE = "contract.connection.profile" ["guide-o2o"] "What a connection says beside its profile and in it is the same.";
    CONTRACT_FEATURE_SPELLINGS = "contract.feature.spellings" ["guide, openapi"] "Two spellings of one member agree.";
    CONTRACT_LIST_UNIQUE = "contract.list.unique" ["openapi"] "A list has each item once.";
    CONTRACT_LIST_LIMIT = "contract.list.limit" ["openapi"] "A page has no more items than limit asks for.";
    CONTRACT_LIST_SELECTION = "contract.list.selection" ["openapi"] "Each item of a list fits q and filter.";
    CONTRACT_LIST_SELF = "contract.list.self" ["recorded"] "The self link of a page repeats the limit, q and filter of the request.";
    CONTRACT_LIST_NEXT = "contract.list.next" ["recorded"] "The next link of a page begins after the last app of this one.";
    CONTRACT_LIST_PAGES = "contract.list.pages" ["recorded, RFC 8288"] "A page has one link of each relation, and its next page is the same list.";
    CONTRACT_KEYS_PRIVATE = "contract.keys.private" ["RFC 7518, 6.3.2"] "A public key set has no private member.";
    CONTRACT_KEYS_UNIQUE = "contract.keys.unique" ["RFC 7517, 4.5"] "The keys of a set have different ids.";
    CONTRACT_KEYS_OPERATIONS = "contract.keys.operations" ["RFC 7517, 4.3"] "A public key is for what public keys can do.";
    CONTRACT_KEYS_NUMBERS = "contract.keys.numbers" ["RFC 8017, 3.1"] "The modulus and exponent of an RSA key can be ones.";
    CONTRACT_REFUSAL_CREDENTIAL = "contract.refusal.credential" ["docs, issue"] "A missing credential is refused with a code that is known for it.";
    CONTRACT_REFUSAL_RESOURCE = "contract.refusal.resource" ["openapi"] "A refusal shows nothing of the resource.";
    CONTRACT_REFUSAL_NAMES = "contract.refusal.names" ["recorded"] "A 404 that names a resource names the one that was asked for.";
    CONTRACT_REFUSAL_KIND = "contract.refusal.kind" ["recorded"] "A 404 of the recorded form does not call the resource by the kind of another.";
    CONTRACT_REQUEST_QUERY = "contract.request.query" ["openapi"] "A request has no query parameter that its operation does not declare.";
    CONTRACT_REQUEST_HEADER = "contract.request.header" ["openapi"] "A request has no header that its operation does not declare, but for those of HTTP.";
    CONTRACT_REQUEST_BODY = "contract.request.body" ["openapi"] "The body of a request that the org accepted is one that the operation declares.";
    CONTRACT_MEMORY_UNCHANGED = "contract.memory.unchanged" ["openapi"] "What no request was about stays as it was read before.";
    CONTRACT_MEMORY_ORDER = "contract.memory.order" ["recorded"] "Two apps keep their order from list to list.";
    CONTRACT_MEMORY_HOST = "contract.memory.host" ["openapi"] "The links of one org lead to one host.";
    CONTRACT_MEMORY_CONSENT = "contract.memory.consent" ["guide"] "The authorize link of one attempt leads to one third party and names one client.";
    CONTRACT_MEMORY_KEY = "contract.memory.key" ["guide-o2o"] "A key set has no new key unless something was asked that changes it.";
    CONTRACT_MEMORY_CODE = "contract.memory.code" ["guide"] "No answer shows the code of a consent.";

    SNAPSHOT_STATUS = "snapshot.status" ["accepted snapshot"] "The status is the accepted one.";
    SNAPSHOT_HEADERS = "snapshot.headers" ["accepted snapshot"] "The headers are the accepted ones.";
    SNAPSHOT_BODY = "snapshot.body" ["accepted snapshot"] "The body is the accepted one, member by member and in order.";
    SNAPSHOT_REQUEST = "snapshot.request" ["accepted snapshot"] "The request is the accepted one.";
}

/// The check of this id.
///
/// # Errors
/// The nearest id, where there is one, if there is no such check.
pub fn named(id: &str) -> Result<&'static Check, Option<&'static str>> {
    let found = CHECKS.iter().find(|check| check.id == id);
    found.copied().ok_or_else(|| crate::flow::nearest(id, CHECKS.iter().map(|check| check.id)))
}

/// The checks as a Markdown page.
pub fn as_markdown() -> String {
    let mut page = String::from(
        "# Checks\n\nEvery check of the conformance runner. A finding names its check by the id; `--skip-check ID` \
         leaves a check out, and an entry of a file of known deviations may name one (`\"check\": \"ID\"`). \
         Generated from `crates/conformance/src/check.rs`.\n",
    );
    let mut layer = "";
    for check in CHECKS {
        let of = check.id.split('.').next().unwrap_or_default();
        if of != layer {
            layer = of;
            let _ = write!(page, "\n## {layer}\n\n| check | what it asks | source |\n| --- | --- | --- |\n");
        }
        let _ = writeln!(page, "| `{}` | {} | {} |", check.id, check.sentence, check.source);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_found() {
        for (place, check) in CHECKS.iter().enumerate() {
            assert_eq!(named(check.id), Ok(*check));
            assert!(CHECKS[place + 1..].iter().all(|other| other.id != check.id), "{}", check.id);
        }
        assert_eq!(named("contract.links.slef"), Err(Some("contract.links.self")));
    }
}
