//! Checks of a provisioning connection: repeated values agree, and only members of its scheme are present.

use serde_json::{Map, Value};

use super::check::{Applies, ContractCheck};
use crate::check::Check;
use crate::judge::contract::exchange::Object;

pub(super) static SCHEME: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.connection.scheme",
        sentence: "A connection has only the members of its scheme.",
        source: "openapi, guide-o2o",
    },
    applies: Applies::Declared,
    run: |exchange, findings| {
        for object in &exchange.objects {
            let Some(profile) = profile(object) else { continue };
            let has_link = object.members.get("_links").and_then(|links| links.get("authorize")).is_some();
            if has_link && profile.get("clientId").is_some_and(Value::is_string) {
                let expected = "absent: a connection with its own client needs no consent (guide-o2o)";
                findings.add(object.place("_links/authorize"), expected, "present");
            }
            // OpenAPI, ProvisioningConnectionProfileToken: clients and their keys belong to OAUTH2.
            let is_token = profile.get("authScheme").and_then(Value::as_str) == Some("TOKEN");
            for name in ["clientId", "signing"] {
                if is_token && profile.contains_key(name) {
                    let place = object.place(&format!("profile/{name}"));
                    findings.add(place, "absent for the scheme TOKEN", "present");
                }
            }
        }
    },
};

pub(super) static PROFILE: ContractCheck = ContractCheck {
    about: Check {
        id: "contract.connection.profile",
        sentence: "Values that a connection has both inside and outside its profile are equal.",
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
                    findings.add(object.place(name), format!("{inner}, as in the profile"), own);
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
    fn repeated_values_of_a_connection_agree() {
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
    fn a_connection_with_its_own_client_has_no_authorize_link() {
        let links = json!({"authorize": {"href": "https://v.example/a"}});
        assert_eq!(findings(&json!({"profile": {"authScheme": "OAUTH2"}, "_links": links})), 0);
        let own = json!({"profile": {"authScheme": "OAUTH2", "clientId": "0oa1"}, "_links": links});
        assert_eq!(findings(&own), 1);
    }
}
