//! Checks of a provisioning connection: what it says twice agrees, and its scheme has its own members.

use serde_json::{Map, Value};

use super::{Applies, ContractCheck};
use crate::check::Check;
use crate::judge::contract::exchange::Object;

pub(super) static SCHEME: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.connection.scheme",
        sentence: "A connection has the members of its scheme, and not those of another.",
        source: "openapi, guide-o2o",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for object in &exchange.objects {
            let Some(profile) = profile(object) else { continue };
            let has_link = object.members.get("_links").and_then(|links| links.get("authorize")).is_some();
            if has_link && profile.get("clientId").is_some_and(Value::is_string) {
                let expected = "absent: a client of its own signs in without a person (guide-o2o)";
                findings.add(object.place("_links/authorize"), expected, "present");
            }
            // OpenAPI, ProvisioningConnectionProfileToken: clients and their keys belong to OAUTH2.
            let is_token = profile.get("authScheme").and_then(Value::as_str) == Some("TOKEN");
            for name in ["clientId", "signing"] {
                if is_token && profile.contains_key(name) {
                    let place = object.place(&format!("profile/{name}"));
                    findings.add(place, "absent where the scheme is TOKEN", "present");
                }
            }
        }
    },
};

pub(super) static PROFILE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.connection.profile",
        sentence: "What a connection says beside its profile and in it is the same.",
        source: "guide-o2o",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for object in &exchange.objects {
            for name in ["authScheme", "clientId"] {
                let own = object.text(name);
                let inner = profile(object).and_then(|profile| profile.get(name)).and_then(Value::as_str);
                if let (Some(own), Some(inner)) = (own, inner)
                    && own != inner
                {
                    findings.add(object.place(name), format!("as in the profile, {inner}"), own);
                }
            }
        }
    },
};

fn profile<'a>(object: &Object<'a>) -> Option<&'a Map<String, Value>> {
    object.members.get("profile").and_then(Value::as_object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::judge::contract::checks::test_exchange::TestExchange;

    fn findings(body: &Value) -> usize {
        TestExchange::of(body).places(&[&SCHEME, &PROFILE]).len()
    }

    #[test]
    fn a_connection_agrees_with_itself() {
        let connection = |scheme: &str, client: &str| {
            json!({"authScheme": scheme, "clientId": client,
            "profile": {"authScheme": "OAUTH2", "clientId": "0oa1"}})
        };
        assert_eq!(findings(&connection("OAUTH2", "0oa1")), 0);
        assert_eq!(findings(&connection("TOKEN", "0oa1")), 1);
        assert_eq!(findings(&connection("OAUTH2", "0oa2")), 1);
        assert_eq!(findings(&json!({"profile": {"authScheme": "TOKEN", "signing": {}}})), 1);
    }

    #[test]
    fn a_client_of_its_own_asks_nobody() {
        let links = json!({"authorize": {"href": "https://v.example/a"}});
        assert_eq!(findings(&json!({"profile": {"authScheme": "OAUTH2"}, "_links": links})), 0);
        let own = json!({"profile": {"authScheme": "OAUTH2", "clientId": "0oa1"}, "_links": links});
        assert_eq!(findings(&own), 1);
    }
}
