//! Answers that differ from the mock's and are right, one kind at a time: what is not promised (order,
//! headers, texts, ids), and what the rule book says that real orgs may do instead.

use axum::http::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use crate::support::Told;

/// Every object of a value.
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

fn is_api(told: &Told) -> bool {
    told.path.starts_with("/api/")
}

pub(crate) type Difference = (&'static str, fn(&mut Told));

/// Differences that can be told of one answer at a time.
pub(crate) const DIFFERENCES: &[Difference] = &[
    ("members in another order", |told| {
        objects(&mut told.body, &mut |members| {
            let turned: Map<_, _> = std::mem::take(members).into_iter().rev().collect();
            *members = turned;
        });
    }),
    ("members that nobody knew of", |told| {
        if is_api(told) {
            objects(&mut told.body, &mut |members| {
                members.insert("addedLater".to_owned(), json!({"a": [1, null, "x"]}));
            });
        }
    }),
    ("links that nobody knew of", |told| {
        objects(&mut told.body, &mut |members| {
            if let Some(links) = members.get_mut("_links").and_then(Value::as_object_mut) {
                let link = json!({"href": "https://other.example.com/api/v1/apps/0oaELSEWHERE", "hints": {"allow": ["GET"]}});
                links.insert("addedLater".to_owned(), link);
            }
        });
    }),
    ("links that are called like other things", |told| {
        objects(&mut told.body, &mut |members| {
            if let Some(links) = members.get_mut("_links").and_then(Value::as_object_mut) {
                for name in ["settings", "token"] {
                    links.insert(name.to_owned(), json!({"href": "https://other.example.com/more"}));
                }
            }
        });
    }),
    ("embedded resources", |told| {
        if is_api(told) && told.status == 200 && told.body.get("status").is_some() {
            let link = json!({"href": "https://other.example.com/user"});
            told.body["_embedded"] = json!({"user": {"id": "00u1", "settings": {"a": 1},
                "_links": {"self": link, "deactivate": link, "activate": link}}});
        }
    }),
    ("a cursor that is no id", |told| {
        let lines: Vec<String> =
            told.headers.get_all("link").iter().map(|line| line.to_str().unwrap().to_owned()).collect();
        told.headers.remove("link");
        for line in lines {
            let start = line.find("after=").map_or(line.len(), |at| at + "after=".len());
            let end = line[start..].find(['&', '>']).map_or(line.len(), |at| start + at);
            let cursor = if start < line.len() { "16278919418571" } else { "" };
            let line = format!("{}{cursor}{}", &line[..start], &line[end..]);
            told.headers.append("link", line.parse().unwrap());
        }
    }),
    ("relations in capitals", |told| {
        let lines: Vec<String> = told
            .headers
            .get_all("link")
            .iter()
            .map(|line| {
                line.to_str().unwrap().replace("rel=\"self\"", "REL=SELF").replace("\"next\"", "NEXT")
            })
            .collect();
        told.headers.remove("link");
        for line in &lines {
            told.headers.append("link", line.parse().unwrap());
        }
    }),
    ("causes of more than one line", |told| {
        objects(&mut told.body, &mut |members| {
            for cause in members.get_mut("errorCauses").and_then(Value::as_array_mut).into_iter().flatten() {
                cause["errorSummary"] = "\nIn other\nwords.".into();
            }
        });
    }),
    ("a charset in the content type", |told| {
        if told.headers.get("content-type").is_some_and(|value| value == "application/json") {
            told.headers.insert("content-type", "application/json;charset=UTF-8".parse().unwrap());
        }
    }),
    ("a media type in other letters", |told| {
        if told.headers.get("content-type").is_some_and(|value| value == "application/json") {
            told.headers.insert("content-type", "Application/JSON; charset=\"utf-8\"".parse().unwrap());
        }
    }),
    ("nulls of apps left out", |told| {
        objects(&mut told.body, &mut |members| {
            members.retain(|name, value| {
                !(value.is_null()
                    && ["errorRedirectUrl", "loginRedirectUrl", "universalLogout", "admin", "enduser"]
                        .contains(&name.as_str()))
            });
        });
    }),
    ("refused callbacks as 403 with the code of validation", |told| {
        if told.path.ends_with("/oauth2/callback") && told.status == 400 {
            told.status = 403;
        }
    }),
    ("other headers", |told| {
        let kept = ["content-type", "link", "location", "x-okta-request-id", "www-authenticate", "date"];
        let limits = ["x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"];
        let names: Vec<HeaderName> = told.headers.keys().cloned().collect();
        for name in names {
            if !kept.contains(&name.as_str()) && !limits.contains(&name.as_str()) {
                told.headers.remove(name);
            }
        }
        told.headers.append("set-cookie", HeaderValue::from_static("JSESSIONID=1; Path=/"));
        told.headers.append("set-cookie", HeaderValue::from_static("sid=\"\"; Expires=0"));
        told.headers.insert("content-security-policy", HeaderValue::from_static("default-src 'self'"));
        told.headers.insert("x-new-header", HeaderValue::from_static("1"));
    }),
    ("request ids of 27 characters, as before 2025", |told| {
        if told.headers.contains_key("x-okta-request-id") {
            told.headers.insert("x-okta-request-id", HeaderValue::from_static("Yk1hbm5lci1XYXMtSGVyZTEyMzQ"));
        }
    }),
    ("other limits", |told| {
        if told.headers.contains_key("x-rate-limit-limit") {
            told.headers.insert("x-rate-limit-limit", HeaderValue::from_static("600"));
            told.headers.insert("x-rate-limit-remaining", HeaderValue::from_static("598"));
        }
    }),
    ("errors in other words", |told| {
        if told.body["errorCode"].is_string() {
            told.body["errorSummary"] = "Something else, and longer than before: é".into();
            told.body["errorId"] = "oaeShort-1".into();
            for cause in told.body["errorCauses"].as_array_mut().into_iter().flatten() {
                cause["errorSummary"] = "In other words.".into();
                cause["reason"] = "ADDED".into();
            }
        }
    }),
    ("times with an offset", |told| {
        objects(&mut told.body, &mut |members| {
            for name in ["created", "lastUpdated"] {
                if let Some(Value::String(time)) = members.get_mut(name) {
                    *time = time.replace(".000Z", ".123Z");
                }
            }
        });
    }),
    ("optional members of apps left out", |told| {
        objects(&mut told.body, &mut |members| {
            if members.contains_key("signOnMode") {
                for name in ["orn", "universalLogout", "licensing"] {
                    members.shift_remove(name);
                }
            }
        });
    }),
    ("apps of other kinds in the lists", |told| {
        // A page with room for more, of a list that they belong to.
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(told.query.as_bytes()).into_owned().collect();
        let asked =
            |name: &str, fits: &str| pairs.iter().all(|(known, value)| known != name || value == fits);
        let fits = asked("q", "Somebody") && asked("filter", "status eq \"ACTIVE\"");
        let room = !pairs.iter().any(|(name, value)| name == "limit" && value == "1");
        if told.path == "/api/v1/apps" && told.method == "GET" && told.status == 200 && room && fits {
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
            if let Some(apps) = told.body.as_array_mut().filter(|apps| !apps.is_empty()) {
                apps.push(foreign);
            }
        }
    }),
    ("the app's features array by another mapping", |told| {
        objects(&mut told.body, &mut |members| {
            if members.contains_key("features") && members["name"] != "bookmark" {
                members.insert("features".to_owned(), json!(["SOMETHING_NEW", "GROUP_PUSH"]));
            }
        });
    }),
    ("the authorize link while enabled, too", |told| {
        let three_legged = told.body["profile"] == json!({"authScheme": "OAUTH2"});
        if told.path.ends_with("/connections/default") && told.body["status"] == "ENABLED" && three_legged {
            told.body["_links"]["authorize"] = json!({"href": "https://vendor.example.com/authorize?scope=s&response_type=code&state=x&client_id=c&redirect_uri=r",
                "hints": {"allow": ["GET"], "guidance": ["Specifies the URI to invoke in a browser for granting scope consent required to complete the OAuth 2.0 connection."]}});
        }
    }),
    ("guidance beside the hints", |told| {
        if let Some(link) = told.body.pointer_mut("/_links/authorize") {
            let guidance = link["hints"].as_object_mut().unwrap().shift_remove("guidance");
            link["guidance"] = guidance.unwrap();
        }
    }),
    ("hints in another order", |told| {
        objects(&mut told.body, &mut |members| {
            if let Some(Value::Array(allow)) = members.get_mut("allow") {
                allow.reverse();
            }
        });
    }),
    ("no scheme and client beside the profile", |told| {
        if told.path.ends_with("/connections/default") && told.body["profile"]["authScheme"] == "OAUTH2" {
            let members = told.body.as_object_mut().unwrap();
            members.shift_remove("authScheme");
            members.shift_remove("clientId");
        }
    }),
    ("MANUAL shown though it was not sent", |told| {
        let profile = &told.body["profile"];
        if profile["clientId"].is_string() && profile.get("signing").is_none() {
            told.body["profile"]["signing"] = json!({"rotationMode": "MANUAL"});
        }
    }),
    ("the schema's spelling of the username's format", |told| {
        objects(&mut told.body, &mut |members| {
            if let Some(format) = members.shift_remove("userNameFormat") {
                members.insert("usernameFormat".to_owned(), format);
            }
        });
    }),
    ("the guide's spelling of the time zone", |told| {
        objects(&mut told.body, &mut |members| {
            if let Some(zone) = members.shift_remove("timezone") {
                members.insert("timeZone".to_owned(), zone);
            }
        });
    }),
    ("the shorter description of imports", |told| {
        objects(&mut told.body, &mut |members| {
            if members.get("name") == Some(&json!("INBOUND_PROVISIONING")) {
                members.insert(
                    "description".to_owned(),
                    "In-bound provisioning settings from an application to Okta".into(),
                );
            }
        });
    }),
    ("features that are DISABLED", |told| {
        objects(&mut told.body, &mut |members| {
            if members.contains_key("capabilities") {
                members.insert("status".to_owned(), "DISABLED".into());
            }
        });
    }),
    ("the inbound feature first", |told| {
        if told.path.ends_with("/features")
            && let Some(features) = told.body.as_array_mut()
        {
            features.reverse();
        }
    }),
    ("refused callbacks as 404", |told| {
        if told.path.ends_with("/oauth2/callback") && told.status == 400 {
            told.status = 404;
            told.body["errorCode"] = "E0000007".into();
            told.body["errorLink"] = "E0000007".into();
        }
    }),
    ("refused callbacks as 403", |told| {
        if told.path.ends_with("/oauth2/callback") && (400..500).contains(&told.status) {
            told.status = 403;
            told.body["errorCode"] = "E0000006".into();
            told.body["errorLink"] = "E0000006".into();
        }
    }),
    ("missing values as a malformed body", |told| {
        if told.path.ends_with("/connections/default")
            && told.method == "POST"
            && told.body["errorCode"] == "E0000001"
            && told.body["errorSummary"] != "Api validation failed: credential"
        {
            told.body["errorCode"] = "E0000003".into();
            told.body["errorLink"] = "E0000003".into();
        }
    }),
    ("wrong types as invalid values", |told| {
        if told.body["errorCode"] == "E0000003" && told.request.is_object() {
            told.body["errorCode"] = "E0000001".into();
            told.body["errorLink"] = "E0000001".into();
        }
    }),
    ("the imports of Zscaler refused with 400", |told| {
        if told.path.ends_with("/features/INBOUND_PROVISIONING")
            && told.status == 404
            && told.body["errorSummary"].as_str().unwrap().contains("INBOUND_PROVISIONING")
        {
            told.status = 400;
            told.body["errorCode"] = "E0000001".into();
            told.body["errorLink"] = "E0000001".into();
        }
    }),
    ("a missing credential as 401", |told| {
        if told.status == 403 && told.body["errorCode"] == "E0000005" {
            told.status = 401;
            told.body["errorCode"] = "E0000011".into();
            told.body["errorLink"] = "E0000011".into();
        }
    }),
    ("a bad credential as 401 E0000004", |told| {
        if told.body["errorCode"] == "E0000011" {
            told.body["errorCode"] = "E0000004".into();
            told.body["errorLink"] = "E0000004".into();
        }
    }),
    ("a bad credential as 403", |told| {
        if told.status == 401 && told.body["errorCode"].is_string() {
            told.status = 403;
            told.body["errorCode"] = "E0000005".into();
            told.body["errorLink"] = "E0000005".into();
        }
    }),
    ("media types refused with 415", |told| {
        if ["E0000018", "E0000021"].iter().any(|code| told.body["errorCode"] == *code) {
            told.status = 415;
        }
    }),
    ("media types refused with 415 on a page", |told| {
        if told.status == 400 && told.body["errorCode"] == "E0000021" {
            told.status = 415;
            told.headers.insert("content-type", HeaderValue::from_static("text/html"));
            told.body = "<html><head><title>415</title></head></html>".into();
        }
    }),
    ("a scheme that is not allowed as UNKNOWN", |told| {
        if told.status == 400
            && told.body["errorSummary"] == "Api validation failed: authScheme"
            && told.request["profile"].is_object()
            && told.request["profile"]["authScheme"]
                .as_str()
                .is_some_and(|scheme| ["TOKEN", "OAUTH2", "UNKNOWN"].contains(&scheme))
        {
            told.status = 200;
            told.body = json!({"status": "UNKNOWN", "profile": {"authScheme": "UNKNOWN"}});
        }
    }),
    ("a bad cron expression or zone that is taken", |told| {
        if told.status == 400
            && told.method == "PUT"
            && ["expression", "timezone"]
                .iter()
                .any(|member| told.body["errorSummary"] == format!("Api validation failed: {member}"))
        {
            let mut schedule = told.request["importSettings"]["schedule"].clone();
            schedule["incrementalImport"] = Value::Null;
            told.status = 200;
            told.body = feature(
                &told.host,
                &told.path,
                "INBOUND_PROVISIONING",
                json!({
                    "importSettings": {"username": {"userNameFormat": "EMAIL"}, "schedule": schedule},
                    "importRules": {"userCreateAndMatch": {"exactMatchCriteria": "USERNAME", "allowPartialMatch": false,
                        "autoConfirmPartialMatch": false, "autoConfirmExactMatch": false, "autoConfirmNewUsers": false, "autoActivateNewUsers": false}},
                }),
            );
        }
    }),
    ("activation without consent as 204", |told| {
        if told.path.ends_with("/default/lifecycle/activate")
            && told.body["errorCauses"][0]["errorSummary"] == "Verification failed: Not authorized."
        {
            told.status = 204;
            told.body = Value::Null;
        }
    }),
    ("activation of what was never set as 204", |told| {
        if told.path.ends_with("/default/lifecycle/activate") && told.status == 400 {
            told.status = 204;
            told.body = Value::Null;
        }
    }),
    ("no features without provisioning, by the other cause", |told| {
        if told.body["errorSummary"] == "Api validation failed: feature" {
            told.body["errorCauses"][0]["errorSummary"] = "Provisioning is not supported.".into();
        }
    }),
    ("the key set of no OAuth connection refused", |told| {
        if told.path.ends_with("/jwks") && told.status == 404 && !told.path.contains("NoSuchApp") {
            told.status = 400;
            told.body["errorCode"] = "E0000001".into();
            told.body["errorLink"] = "E0000001".into();
        }
    }),
    ("a plain key set", |told| {
        if told.path.ends_with("/jwks")
            && let Some(keys) = told.body.get_mut("jwks")
        {
            told.body = keys.take();
        }
    }),
    ("a wrapped key set", |told| {
        if told.path.ends_with("/jwks") && told.body.get("keys").is_some() {
            told.body = json!({"jwks": told.body});
        }
    }),
];

fn feature(host: &str, path: &str, name: &str, capabilities: Value) -> Value {
    let href = format!("http://{host}{path}");
    let description = "In-bound provisioning settings for provisioning users from an application to Okta";
    json!({"name": name, "status": "ENABLED", "description": description, "capabilities": capabilities,
        "_links": {"self": {"href": href, "hints": {"allow": ["GET", "PUT"]}}}})
}
