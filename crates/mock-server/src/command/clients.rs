//! The environment variables that point each client at the mock.
//!
//! Sources: `okta/config/config_setter.py` (Python 3.4.6), `src/config-loader.js` (Node 8.1.0),
//! `okta/configuration.go` (Go 5.0.6 and 6.0.0), `DefaultEnvVarNameConverter` and `DefaultClientBuilder`
//! (Java 24.0.0), `Configuration.cs` and its `CustomEnvironmentVariablesProvider.cs` (.NET 7.0.4),
//! `okta/config/config.go` and `okta/api/idaas.go` (Terraform provider).

use clap::ValueEnum;

use super::target::Target;

/// A client that reads its org and credential from the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Client {
    /// Python, okta.
    Python,
    /// Node, @okta/okta-sdk-nodejs.
    Node,
    /// Go, okta-sdk-golang v5 and v6.
    Go,
    /// Java, okta-sdk-api and okta-sdk-impl.
    Java,
    /// .NET, Okta.Sdk.
    Dotnet,
    /// Terraform, okta/okta.
    Terraform,
    /// curl, and a person.
    Curl,
}

/// The value of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// The URL of the mock.
    Url,
    /// The host of the mock.
    Host,
    /// The port of the mock.
    Port,
    /// The part of host and port before the first dot.
    OrgName,
    /// The part of host and port after the first dot.
    BaseUrl,
    /// An API token (SSWS).
    ApiToken,
    /// An access token (Bearer).
    AccessToken,
    /// This text.
    Text(&'static str),
}

impl Value {
    /// Returns the value for a mock, or `None` for a token.
    pub(super) fn text(self, target: &Target) -> Option<String> {
        match self {
            Self::Url => Some(target.url()),
            Self::Host => Some(target.host().to_owned()),
            Self::Port => Some(target.port().to_string()),
            Self::OrgName => Some(org_and_domain(target).0),
            Self::BaseUrl => Some(org_and_domain(target).1),
            Self::Text(text) => Some(text.to_owned()),
            Self::ApiToken | Self::AccessToken => None,
        }
    }
}

/// Splits host and port into the two settings that Terraform joins again with a dot. A provider that
/// ignored its proxy setting would so still reach no other host than the mock's.
fn org_and_domain(target: &Target) -> (String, String) {
    let authority = target.authority();
    match authority.split_once('.') {
        Some((org, domain)) => (org.to_owned(), domain.to_owned()),
        None => ("okta-mock".to_owned(), authority),
    }
}

/// The treatment of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    Set(Value),
    /// Set for a mock that serves http, and removed for one that serves https.
    SetForHttp(Value),
    Remove,
}

impl Setting {
    /// Returns the value for a mock, or `None` if the variable is removed.
    pub(super) const fn value(self, target: &Target) -> Option<Value> {
        match self {
            Self::Set(value) => Some(value),
            Self::SetForHttp(value) if !target.is_https() => Some(value),
            Self::SetForHttp(_) | Self::Remove => None,
        }
    }
}

/// A variable, and the clients that read it.
#[derive(Debug)]
pub(super) struct Variable {
    /// The name of the variable.
    pub(super) name: &'static str,
    /// The clients that read it.
    pub(super) clients: &'static [Client],
    /// Treatment in the environment of one client.
    pub(super) for_client: Setting,
    /// Treatment in the environment of a command that may run any client.
    pub(super) for_command: Setting,
}

const fn set(name: &'static str, value: Value, clients: &'static [Client]) -> Variable {
    Variable { name, clients, for_client: Setting::Set(value), for_command: Setting::Set(value) }
}

const fn set_for_http(name: &'static str, value: Value, clients: &'static [Client]) -> Variable {
    let setting = Setting::SetForHttp(value);
    Variable { name, clients, for_client: setting, for_command: setting }
}

/// Removed for one client, and set for a command that may run another one.
const fn remove_for_client(name: &'static str, value: Value, clients: &'static [Client]) -> Variable {
    Variable { name, clients, for_client: Setting::Remove, for_command: Setting::SetForHttp(value) }
}

const fn remove(name: &'static str, clients: &'static [Client]) -> Variable {
    Variable { name, clients, for_client: Setting::Remove, for_command: Setting::Remove }
}

use Client::{Curl, Dotnet, Go, Java, Node, Python, Terraform};

/// Every variable that points a client at the mock, or that would lead it away.
pub(super) const VARIABLES: [Variable; 33] = [
    set("OKTA_MOCK_URL", Value::Url, &[Curl]),
    set("OKTA_CLIENT_ORGURL", Value::Url, &[Python, Node, Go, Java]),
    set("OKTA_CLIENT_OKTADOMAIN", Value::Url, &[Dotnet]),
    set("OKTA_CLIENT_TOKEN", Value::ApiToken, &[Python, Node, Go, Java, Dotnet, Curl]),
    // Set, not removed: an okta.yaml in the home or working directory could name another mode.
    set("OKTA_CLIENT_AUTHORIZATIONMODE", Value::Text("SSWS"), &[Python, Node, Go, Java, Dotnet]),
    // The switches that allow an http URL. Node needs none.
    set("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", Value::Text("true"), &[Python]),
    set("OKTA_TESTING_DISABLEHTTPSCHECK", Value::Text("true"), &[Java, Dotnet]),
    set("OKTA_TESTING_DISABLE_HTTPS_CHECK", Value::Text("true"), &[Go]),
    // The Go SDK drops the port of its org URL, but keeps that of its proxy. The mock answers requests in
    // the form that proxies get, over http. For the others, these replace the address of a real proxy.
    set_for_http("OKTA_CLIENT_PROXY_HOST", Value::Host, &[Python, Go, Dotnet]),
    set_for_http("OKTA_CLIENT_PROXY_PORT", Value::Port, &[Python, Go, Dotnet]),
    // With a proxy, the Java SDK sends no DPoP proofs.
    remove_for_client("OKTA_CLIENT_PROXY_HOST", Value::Host, &[Java]),
    remove_for_client("OKTA_CLIENT_PROXY_PORT", Value::Port, &[Java]),
    // The provider sends its requests to this URL instead of https://ORG_NAME.BASE_URL.
    set("OKTA_HTTP_PROXY", Value::Url, &[Terraform]),
    set("OKTA_ORG_NAME", Value::OrgName, &[Terraform]),
    set("OKTA_BASE_URL", Value::BaseUrl, &[Terraform]),
    // For the provider, an access token: with an API token it first reads the token's user. Other programs read an
    // API token from this variable, and an access token would overrule it.
    Variable {
        name: "OKTA_API_TOKEN",
        clients: &[Terraform],
        for_client: Setting::Remove,
        for_command: Setting::Set(Value::ApiToken),
    },
    Variable {
        name: "OKTA_ACCESS_TOKEN",
        clients: &[Terraform],
        for_client: Setting::Set(Value::AccessToken),
        for_command: Setting::Remove,
    },
    remove("OKTA_API_CLIENT_ID", &[Terraform]),
    remove("OKTA_API_PRIVATE_KEY", &[Terraform]),
    remove("OKTA_API_PRIVATE_KEY_ID", &[Terraform]),
    remove("OKTA_API_SCOPES", &[Terraform]),
    remove("OKTA_CLIENT_PRIVATEKEY", &[Python, Node, Go, Java, Dotnet]),
    remove("OKTA_CLIENT_PRIVATEKEYID", &[Go]),
    remove("OKTA_CLIENT_KEYID", &[Node]),
    remove("OKTA_CLIENT_KID", &[Java]),
    remove("OKTA_CLIENT_JWK", &[Go]),
    remove("OKTA_CLIENT_CLIENTASSERTION", &[Go]),
    remove("OKTA_CLIENT_OAUTH2_ACCESSTOKEN", &[Java]),
    remove("OKTA_CLIENT_ACCESSTOKEN", &[Dotnet]),
    remove("OKTA_CLIENT_AUTHENTICATIONSCHEME", &[Java]),
    remove("OKTA_CLIENT_SCOPES", &[Python, Node, Go, Java, Dotnet]),
    remove("OKTA_CLIENT_PROXY_USERNAME", &[Python, Go, Java, Dotnet]),
    remove("OKTA_CLIENT_PROXY_PASSWORD", &[Python, Go, Java, Dotnet]),
];

/// Returns the variables of a client.
pub(super) fn variables_of(client: Client) -> impl Iterator<Item = &'static Variable> {
    VARIABLES.iter().filter(move |variable| variable.clients.contains(&client))
}

/// Returns the variable with the URL of another org.
pub(super) fn variable_of_org(name: &str) -> String {
    format!("OKTA_MOCK_URL_{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// Returns the part of the help of `exec` that names the variables.
pub(super) fn help_of_exec() -> String {
    let names = |is_set: bool| {
        let variables =
            VARIABLES.iter().filter(|variable| matches!(variable.for_command, Setting::Remove) != is_set);
        variables.map(|variable| format!("\n  {}", variable.name)).collect::<String>()
    };
    format!(
        "CMD gets these variables:{}\n\nWith --tls, it also gets the file of the CA certificate in OKTA_MOCK_CA_FILE and NODE_EXTRA_CA_CERTS. With --org NAME, it gets OKTA_MOCK_URL_NAME, in capitals and with _ for -.\n\nThese are removed, because a client would prefer them to the mock or \
         to its token:{}\n\nThe rest of the environment is passed on.",
        names(true),
        names(false)
    )
}
