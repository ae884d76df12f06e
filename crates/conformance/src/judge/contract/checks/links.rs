//! Links of the contract's own resources: `self`, `activate` and `deactivate` must lead to the requested
//! resource. No schema can express this, because it depends on the request; the path templates of the
//! contract can.

use reqwest::Url;

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::judge::contract::exchange::Exchange;
use crate::judgement::Findings;

pub(super) static SELF: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.links.self",
        sentence: "A self link leads to the resource that contains it.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| own(exchange, &["self"], findings),
};

pub(super) static LIFECYCLE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.links.lifecycle",
        sentence: "Activate and deactivate links lead to the resource that contains them.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| own(exchange, &["activate", "deactivate"], findings),
};

pub(super) static PART: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.links.part",
        sentence: "Links to parts of an app (users, groups, policies, logo, metadata) lead to that app.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        own(exchange, &["users", "groups", "policies", "uploadLogo", "metadata"], findings);
    },
};

pub(super) static ORIGIN: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.links.origin",
        sentence: "The links of one resource lead to the same org.",
        source: "openapi",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for object in &exchange.objects {
            let mut links = object.links_to_api();
            let Some((first, own)) = links.next() else { continue };
            for (relation, other) in links.filter(|(_, other)| other.origin() != own.origin()) {
                let expected = format!("a link to {}, like {first}", own.origin().ascii_serialization());
                findings.add(object.href_place(relation), expected, other);
            }
        }
    },
};

pub(super) static AUTHORIZE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.links.authorize",
        sentence: "The authorize link contains no secret.",
        // The link goes through a browser.
        source: "RFC 6749, 3.1",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        let is_secret =
            |name: &str| matches!(name, "client_secret" | "code" | "access_token" | "refresh_token");
        for object in &exchange.objects {
            let Some(url) = object.href("authorize").and_then(|href| Url::parse(href).ok()) else { continue };
            for (name, _) in url.query_pairs().filter(|(name, _)| is_secret(name)) {
                let expected = format!("a link without {name}");
                findings.add(object.href_place("authorize"), expected, "a link with it");
            }
        }
    },
};

/// The members that identify a resource.
const NAMES: [&str; 2] = ["id", "name"];

/// Finds links of these relations that lead to another resource. Orgs may add links with other relations,
/// which may lead elsewhere.
fn own(exchange: &Exchange<'_>, relations: &[&str], findings: &mut Findings<'_>) {
    let request_parameters = &exchange.request.path_parameters;
    for object in &exchange.objects {
        let own = NAMES.iter().find_map(|name| object.text(name));
        for relation in relations {
            let Some(href) = object.href(relation) else { continue };
            if let Some(expected) = exchange.paths.wrong_link(href, own, request_parameters) {
                findings.add(object.href_place(relation), expected, href);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::judge::contract::checks::test_exchange::TestExchange;

    const ALL: [&ContractCheck; 3] = [&SELF, &LIFECYCLE, &PART];

    fn places(body: &Value, request_parameters: &[(&str, &str)]) -> Vec<String> {
        TestExchange::of(body).with_path_parameters(request_parameters).places(&ALL)
    }

    fn link(path: &str) -> Value {
        json!({"href": format!("https://login.example.com{path}")})
    }

    #[test]
    fn links_of_a_connection_lead_to_the_requested_app() {
        let body = |app: &str| {
            json!({"status": "DISABLED", "_links": {
                "self": link(&format!("/api/v1/apps/{app}/connections/default")),
                "activate": link(&format!("/api/v1/apps/{app}/connections/default/lifecycle/activate")),
                "related": link("/api/v1/apps/0oaOTHER"),
            }})
        };
        assert!(places(&body("0oaA"), &[("appId", "0oaA")]).is_empty());
        assert_eq!(
            places(&body("0oaB"), &[("appId", "0oaA")]),
            ["body#/_links/self/href", "body#/_links/activate/href"]
        );
    }

    #[test]
    fn items_of_a_list_link_to_themselves() {
        let features = |named: &str| {
            json!([{"name": "USER_PROVISIONING", "_links": {
            "self": link(&format!("/api/v1/apps/0oaA/features/{named}"))}}])
        };
        assert!(places(&features("USER_PROVISIONING"), &[("appId", "0oaA")]).is_empty());
        assert_eq!(
            places(&features("INBOUND_PROVISIONING"), &[("appId", "0oaA")]),
            ["body#/0/_links/self/href"]
        );
        let part = json!([{"id": "0oaA", "_links": {"users": link("/api/v1/apps/0oaB/users")}}]);
        assert_eq!(places(&part, &[]), ["body#/0/_links/users/href"]);
        let app = |id: &str| json!([{"id": "0oaA", "name": "google", "_links": {"self": link(&format!("/api/v1/apps/{id}"))}}]);
        assert!(places(&app("0oaA"), &[]).is_empty());
        assert_eq!(places(&app("0oaB"), &[]), ["body#/0/_links/self/href"]);
    }

    #[test]
    fn links_of_a_connection_lead_to_the_same_org() {
        let connection = |host: &str| {
            json!({"_links": {"self": {"href": "https://o.example/c"},
            "activate": {"href": format!("https://{host}/c/lifecycle/activate")}}})
        };
        let places = |host| TestExchange::of(&connection(host)).places(&[&ORIGIN]);
        assert_eq!(places("o.example"), [""; 0]);
        assert_eq!(places("p.example"), ["body#/_links/activate/href"]);
    }

    #[test]
    fn an_authorize_link_has_no_secret() {
        let link = |query: &str| {
            let href = format!("https://v.example/a?{query}");
            let body = json!({"_links": {"authorize": {"href": href}}});
            TestExchange::of(&body).places(&[&AUTHORIZE])
        };
        assert_eq!(link("client_id=c&state=s"), [""; 0]);
        assert_eq!(link("client_id=c&client_secret=s"), ["body#/_links/authorize/href"]);
    }
}
