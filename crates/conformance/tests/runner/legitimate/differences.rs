//! Legitimate differences from the mock's answers, one kind at a time: details that are not promised (order,
//! headers, texts, ids), and other behavior that the rule book allows.

use axum::http::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use crate::support::TestExchange;

/// Changes every object in a value.
fn objects(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(|member| objects(member, change));
            change(members);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| objects(item, change)),
        _ => {}
    }
}

fn is_api(exchange: &TestExchange) -> bool {
    exchange.path.starts_with("/api/")
}

pub(crate) type Difference = (&'static str, fn(&mut TestExchange));

/// Differences within a single answer.
pub(crate) const DIFFERENCES: &[Difference] = &[
    ("members in another order", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            let turned: Map<_, _> = std::mem::take(members).into_iter().rev().collect();
            *members = turned;
        });
    }),
    ("unknown members", |exchange| {
        if is_api(exchange) {
            objects(&mut exchange.body, &mut |members| {
                members.insert("addedLater".to_owned(), json!({"a": [1, null, "x"]}));
            });
        }
    }),
    ("unknown links", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            if let Some(links) = members.get_mut("_links").and_then(Value::as_object_mut) {
                let link = json!({"href": "https://other.example.com/api/v1/apps/0oaELSEWHERE", "hints": {"allow": ["GET"]}});
                links.insert("addedLater".to_owned(), link);
            }
        });
    }),
    ("links with names of other members", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            if let Some(links) = members.get_mut("_links").and_then(Value::as_object_mut) {
                for name in ["settings", "token"] {
                    links.insert(name.to_owned(), json!({"href": "https://other.example.com/more"}));
                }
            }
        });
    }),
    ("embedded resources", |exchange| {
        if is_api(exchange) && exchange.status == 200 && exchange.body.get("status").is_some() {
            let link = json!({"href": "https://other.example.com/user"});
            exchange.body["_embedded"] = json!({"user": {"id": "00u1", "settings": {"a": 1},
                "_links": {"self": link, "deactivate": link, "activate": link}}});
        }
    }),
    ("a cursor that is not an id", |exchange| {
        let lines: Vec<String> =
            exchange.headers.get_all("link").iter().map(|line| line.to_str().unwrap().to_owned()).collect();
        exchange.headers.remove("link");
        for line in lines {
            let start = line.find("after=").map_or(line.len(), |at| at + "after=".len());
            let end = line[start..].find(['&', '>']).map_or(line.len(), |at| start + at);
            let cursor = if start < line.len() { "16278919418571" } else { "" };
            let line = format!("{}{cursor}{}", &line[..start], &line[end..]);
            exchange.headers.append("link", line.parse().unwrap());
        }
    }),
    ("link relations in capitals", |exchange| {
        let lines: Vec<String> = exchange
            .headers
            .get_all("link")
            .iter()
            .map(|line| {
                line.to_str().unwrap().replace("rel=\"self\"", "REL=SELF").replace("\"next\"", "NEXT")
            })
            .collect();
        exchange.headers.remove("link");
        for line in &lines {
            exchange.headers.append("link", line.parse().unwrap());
        }
    }),
    ("causes with several lines", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            for cause in members.get_mut("errorCauses").and_then(Value::as_array_mut).into_iter().flatten() {
                cause["errorSummary"] = "\nIn other\nwords.".into();
            }
        });
    }),
    ("a charset in the content type", |exchange| {
        if exchange.headers.get("content-type").is_some_and(|value| value == "application/json") {
            exchange.headers.insert("content-type", "application/json;charset=UTF-8".parse().unwrap());
        }
    }),
    ("a media type with other letter case", |exchange| {
        if exchange.headers.get("content-type").is_some_and(|value| value == "application/json") {
            exchange.headers.insert("content-type", "Application/JSON; charset=\"utf-8\"".parse().unwrap());
        }
    }),
    ("null members of apps omitted", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            members.retain(|name, value| {
                !(value.is_null()
                    && ["errorRedirectUrl", "loginRedirectUrl", "universalLogout", "admin", "enduser"]
                        .contains(&name.as_str()))
            });
        });
    }),
    ("refused callbacks as 403 with the code of validation", |exchange| {
        if exchange.path.ends_with("/oauth2/callback") && exchange.status == 400 {
            exchange.status = 403;
        }
    }),
    ("other headers", |exchange| {
        let kept = ["content-type", "link", "location", "x-okta-request-id", "www-authenticate", "date"];
        let limits = ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"];
        let names: Vec<HeaderName> = exchange.headers.keys().cloned().collect();
        for name in names {
            if !kept.contains(&name.as_str()) && !limits.contains(&name.as_str()) {
                exchange.headers.remove(name);
            }
        }
        exchange.headers.append("set-cookie", HeaderValue::from_static("JSESSIONID=1; Path=/"));
        exchange.headers.append("set-cookie", HeaderValue::from_static("sid=\"\"; Expires=0"));
        exchange.headers.insert("content-security-policy", HeaderValue::from_static("default-src 'self'"));
        exchange.headers.insert("x-new-header", HeaderValue::from_static("1"));
    }),
    ("request ids of 27 characters, as before 2025", |exchange| {
        if exchange.headers.contains_key("x-okta-request-id") {
            exchange
                .headers
                .insert("x-okta-request-id", HeaderValue::from_static("Yk1hbm5lci1XYXMtSGVyZTEyMzQ"));
        }
    }),
    ("other limits", |exchange| {
        if exchange.headers.contains_key("x-rate-limit-limit") {
            exchange.headers.insert("x-rate-limit-limit", HeaderValue::from_static("600"));
            exchange.headers.insert("x-rate-limit-remaining", HeaderValue::from_static("598"));
        }
    }),
    ("errors with other wording", |exchange| {
        if exchange.body["errorCode"].is_string() {
            exchange.body["errorSummary"] = "Something else, and longer than before: é".into();
            exchange.body["errorId"] = "oaeShort-1".into();
            for cause in exchange.body["errorCauses"].as_array_mut().into_iter().flatten() {
                cause["errorSummary"] = "In other words.".into();
                cause["reason"] = "ADDED".into();
            }
        }
    }),
    ("times with an offset", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            for name in ["created", "lastUpdated"] {
                if let Some(Value::String(time)) = members.get_mut(name) {
                    *time = time.replace(".000Z", ".123Z");
                }
            }
        });
    }),
    ("optional members of apps omitted", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            if members.contains_key("signOnMode") {
                for name in ["orn", "universalLogout", "licensing"] {
                    members.shift_remove(name);
                }
            }
        });
    }),
    ("apps of other kinds in the lists", |exchange| {
        // A page with free space, of a list that matches the apps.
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(exchange.query.as_bytes()).into_owned().collect();
        let matches =
            |name: &str, fits: &str| pairs.iter().all(|(known, value)| known != name || value == fits);
        let fits = matches("q", "Somebody") && matches("filter", "status eq \"ACTIVE\"");
        let room = !pairs.iter().any(|(name, value)| name == "limit" && value == "1");
        if exchange.path == "/api/v1/apps"
            && exchange.method == "GET"
            && exchange.status == 200
            && room
            && fits
        {
            let foreign = json!({
                "id": "0oaFOREIGN", "orn": "orn:okta:idp:00o1:apps:salesforce:0oaFOREIGN", "name": "salesforce",
                "label": "Somebody else's", "status": "ACTIVE", "lastUpdated": "2020-01-01T00:00:00.000Z",
                "created": "2020-01-01T00:00:00.000Z", "accessibility": {"selfService": false, "errorRedirectUrl": null},
                "visibility": {"hide": {"iOS": false, "web": false}, "appLinks": {"login": true}},
                "features": ["PUSH_NEW_USERS"], "signOnMode": "OPENID_CONNECT",
                "credentials": {"oauthClient": {"autoKeyRotation": true, "client_id": "0oaFOREIGN"}},
                "settings": {"app": {"instanceType": "SANDBOX"}, "oauthClient": {"redirect_uris": []}},
                "_links": {"users": {"href": "https://x.example.com/api/v1/apps/0oaFOREIGN/users"}},
            });
            if let Some(apps) = exchange.body.as_array_mut().filter(|apps| !apps.is_empty()) {
                apps.push(foreign);
            }
        }
    }),
    ("the app's features array by another mapping", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            if members.contains_key("features") && members["name"] != "bookmark" {
                members.insert("features".to_owned(), json!(["SOMETHING_NEW", "GROUP_PUSH"]));
            }
        });
    }),
    ("the authorize link of an enabled connection", |exchange| {
        let three_legged = exchange.body["profile"] == json!({"authScheme": "OAUTH2"});
        if exchange.path.ends_with("/connections/default")
            && exchange.body["status"] == "ENABLED"
            && three_legged
        {
            exchange.body["_links"]["authorize"] = json!({"href": "https://vendor.example.com/authorize?scope=s&response_type=code&state=x&client_id=c&redirect_uri=r",
                "hints": {"allow": ["GET"], "guidance": ["Specifies the URI to invoke in a browser for granting scope consent required to complete the OAuth 2.0 connection."]}});
        }
    }),
    ("guidance next to the hints", |exchange| {
        if let Some(link) = exchange.body.pointer_mut("/_links/authorize") {
            let guidance = link["hints"].as_object_mut().unwrap().shift_remove("guidance");
            link["guidance"] = guidance.unwrap();
        }
    }),
    ("hints in another order", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            if let Some(Value::Array(allow)) = members.get_mut("allow") {
                allow.reverse();
            }
        });
    }),
    ("no scheme and client next to the profile", |exchange| {
        if exchange.path.ends_with("/connections/default")
            && exchange.body["profile"]["authScheme"] == "OAUTH2"
        {
            let members = exchange.body.as_object_mut().unwrap();
            members.shift_remove("authScheme");
            members.shift_remove("clientId");
        }
    }),
    ("MANUAL shown though it was not sent", |exchange| {
        let profile = &exchange.body["profile"];
        if profile["clientId"].is_string() && profile.get("signing").is_none() {
            exchange.body["profile"]["signing"] = json!({"rotationMode": "MANUAL"});
        }
    }),
    ("the schema's spelling of the username's format", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            if let Some(format) = members.shift_remove("userNameFormat") {
                members.insert("usernameFormat".to_owned(), format);
            }
        });
    }),
    ("the guide's spelling of the time zone", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            if let Some(zone) = members.shift_remove("timezone") {
                members.insert("timeZone".to_owned(), zone);
            }
        });
    }),
    ("the shorter description of imports", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            if members.get("name") == Some(&json!("INBOUND_PROVISIONING")) {
                members.insert(
                    "description".to_owned(),
                    "In-bound provisioning settings from an application to Okta".into(),
                );
            }
        });
    }),
    ("features that are DISABLED", |exchange| {
        objects(&mut exchange.body, &mut |members| {
            if members.contains_key("capabilities") {
                members.insert("status".to_owned(), "DISABLED".into());
            }
        });
    }),
    ("the inbound feature first", |exchange| {
        if exchange.path.ends_with("/features")
            && let Some(features) = exchange.body.as_array_mut()
        {
            features.reverse();
        }
    }),
    ("refused callbacks as 404", |exchange| {
        if exchange.path.ends_with("/oauth2/callback") && exchange.status == 400 {
            exchange.status = 404;
            exchange.body["errorCode"] = "E0000007".into();
            exchange.body["errorLink"] = "E0000007".into();
        }
    }),
    ("refused callbacks as 403", |exchange| {
        if exchange.path.ends_with("/oauth2/callback") && (400..500).contains(&exchange.status) {
            exchange.status = 403;
            exchange.body["errorCode"] = "E0000006".into();
            exchange.body["errorLink"] = "E0000006".into();
        }
    }),
    ("missing values as a malformed body", |exchange| {
        if exchange.path.ends_with("/connections/default")
            && exchange.method == "POST"
            && exchange.body["errorCode"] == "E0000001"
            && exchange.body["errorSummary"] != "Api validation failed: credential"
        {
            exchange.body["errorCode"] = "E0000003".into();
            exchange.body["errorLink"] = "E0000003".into();
        }
    }),
    ("wrong types as invalid values", |exchange| {
        if exchange.body["errorCode"] == "E0000003" && exchange.request.is_object() {
            exchange.body["errorCode"] = "E0000001".into();
            exchange.body["errorLink"] = "E0000001".into();
        }
    }),
    ("the imports of Zscaler refused with 400", |exchange| {
        if exchange.path.ends_with("/features/INBOUND_PROVISIONING")
            && exchange.status == 404
            && exchange.body["errorSummary"].as_str().unwrap().contains("INBOUND_PROVISIONING")
        {
            exchange.status = 400;
            exchange.body["errorCode"] = "E0000001".into();
            exchange.body["errorLink"] = "E0000001".into();
        }
    }),
    ("a missing credential as 401", |exchange| {
        if exchange.status == 403 && exchange.body["errorCode"] == "E0000005" {
            exchange.status = 401;
            exchange.body["errorCode"] = "E0000011".into();
            exchange.body["errorLink"] = "E0000011".into();
        }
    }),
    ("a bad credential as 401 E0000004", |exchange| {
        if exchange.body["errorCode"] == "E0000011" {
            exchange.body["errorCode"] = "E0000004".into();
            exchange.body["errorLink"] = "E0000004".into();
        }
    }),
    ("a bad credential as 403", |exchange| {
        if exchange.status == 401 && exchange.body["errorCode"].is_string() {
            exchange.status = 403;
            exchange.body["errorCode"] = "E0000005".into();
            exchange.body["errorLink"] = "E0000005".into();
        }
    }),
    ("media types refused with 415", |exchange| {
        if ["E0000018", "E0000021"].iter().any(|code| exchange.body["errorCode"] == *code) {
            exchange.status = 415;
        }
    }),
    ("media types refused with 415 on a page", |exchange| {
        if exchange.status == 400 && exchange.body["errorCode"] == "E0000021" {
            exchange.status = 415;
            exchange.headers.insert("content-type", HeaderValue::from_static("text/html"));
            exchange.body = "<html><head><title>415</title></head></html>".into();
        }
    }),
    ("a forbidden scheme as UNKNOWN", |exchange| {
        if exchange.status == 400
            && exchange.body["errorSummary"] == "Api validation failed: authScheme"
            && exchange.request["profile"].is_object()
            && exchange.request["profile"]["authScheme"]
                .as_str()
                .is_some_and(|scheme| ["TOKEN", "OAUTH2", "UNKNOWN"].contains(&scheme))
        {
            exchange.status = 200;
            exchange.body = json!({"status": "UNKNOWN", "profile": {"authScheme": "UNKNOWN"}});
        }
    }),
    ("an accepted invalid cron expression or zone", |exchange| {
        if exchange.status == 400
            && exchange.method == "PUT"
            && ["expression", "timezone"]
                .iter()
                .any(|member| exchange.body["errorSummary"] == format!("Api validation failed: {member}"))
        {
            let mut schedule = exchange.request["importSettings"]["schedule"].clone();
            schedule["incrementalImport"] = Value::Null;
            exchange.status = 200;
            exchange.body = feature(
                &exchange.host,
                &exchange.path,
                "INBOUND_PROVISIONING",
                json!({
                    "importSettings": {"username": {"userNameFormat": "EMAIL"}, "schedule": schedule},
                    "importRules": {"userCreateAndMatch": {"exactMatchCriteria": "USERNAME", "allowPartialMatch": false,
                        "autoConfirmPartialMatch": false, "autoConfirmExactMatch": false, "autoConfirmNewUsers": false, "autoActivateNewUsers": false}},
                }),
            );
        }
    }),
    ("activation without consent as 204", |exchange| {
        if exchange.path.ends_with("/default/lifecycle/activate")
            && exchange.body["errorCauses"][0]["errorSummary"] == "Verification failed: Not authorized."
        {
            exchange.status = 204;
            exchange.body = Value::Null;
        }
    }),
    ("activation of what was never set as 204", |exchange| {
        if exchange.path.ends_with("/default/lifecycle/activate") && exchange.status == 400 {
            exchange.status = 204;
            exchange.body = Value::Null;
        }
    }),
    ("no features without provisioning, by the other cause", |exchange| {
        if exchange.body["errorSummary"] == "Api validation failed: feature" {
            exchange.body["errorCauses"][0]["errorSummary"] = "Provisioning is not supported.".into();
        }
    }),
    ("the key set of no OAuth connection refused", |exchange| {
        if exchange.path.ends_with("/jwks") && exchange.status == 404 && !exchange.path.contains("NoSuchApp")
        {
            exchange.status = 400;
            exchange.body["errorCode"] = "E0000001".into();
            exchange.body["errorLink"] = "E0000001".into();
        }
    }),
    ("a plain key set", |exchange| {
        if exchange.path.ends_with("/jwks")
            && let Some(keys) = exchange.body.get_mut("jwks")
        {
            exchange.body = keys.take();
        }
    }),
    ("a wrapped key set", |exchange| {
        if exchange.path.ends_with("/jwks") && exchange.body.get("keys").is_some() {
            exchange.body = json!({"jwks": exchange.body});
        }
    }),
];

fn feature(host: &str, path: &str, name: &str, capabilities: Value) -> Value {
    let href = format!("http://{host}{path}");
    let description = "In-bound provisioning settings for provisioning users from an application to Okta";
    json!({"name": name, "status": "ENABLED", "description": description, "capabilities": capabilities,
        "_links": {"self": {"href": href, "hints": {"allow": ["GET", "PUT"]}}}})
}
