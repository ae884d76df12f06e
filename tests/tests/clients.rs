//! The recipes of `docs/clients/`. The pages show the programs of `tests/clients/`, and the programs run against
//! the mock: over http and https, with an API token, and as a service app with and without DPoP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use okta_mock_server::{Load, MockServer, RequestFilter, Tls};
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rsa::pkcs8::EncodePrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use workspace_tests::tools::{command, empty_folder, installed, node, not_run, python, succeeds, workspace};

const TOKEN: &str = "recipe-api-token";

/// The two programs of a client.
#[derive(Clone, Copy, PartialEq)]
enum Recipe {
    Provision,
    ServiceApp,
}

/// Runs the programs of a client, each in a new org. `program` makes the command for a recipe. The last argument
/// gets the file with the CA's certificate, and gives the client what it needs to trust it.
async fn run(client: &str, program: impl Fn(Recipe) -> Option<Command>, trust: impl Fn(&mut Command, &Path)) {
    if program(Recipe::Provision).is_none() {
        return;
    }
    let folder = empty_folder(client);
    for https in [false, true] {
        for (recipe, dpop) in
            [(Recipe::Provision, false), (Recipe::ServiceApp, false), (Recipe::ServiceApp, true)]
        {
            let mut command = program(recipe).unwrap();
            let builder = MockServer::builder().api_token(TOKEN);
            let builder = if https { builder.tls(Tls::generated()) } else { builder };
            let mock = builder.start().await.unwrap();
            settings(&mut command, mock.url());
            if let Some(certificate) = mock.ca_certificate() {
                let file = folder.join("ca.pem");
                std::fs::write(&file, certificate).unwrap();
                trust(&mut command, &file);
            }
            command.args(dpop.then_some("--dpop"));
            let (url, printed) = (mock.url(), succeeds(&mut command));
            judge(recipe, dpop, &mock, &format!("{client} at {url}, DPoP {dpop}: {printed}"));
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
}

/// Sets the variables that `okta-mock-server env` prints, but no proxy.
fn settings(command: &mut Command, url: &str) {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OKTA_") {
            command.env_remove(name);
        }
    }
    command.env("OKTA_MOCK_URL", url).env("OKTA_CLIENT_ORGURL", url);
    command.env("OKTA_CLIENT_TOKEN", TOKEN).env("OKTA_CLIENT_AUTHORIZATIONMODE", "SSWS");
    if url.starts_with("http://") {
        command.env("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true");
        command.env("OKTA_TESTING_DISABLEHTTPSCHECK", "true");
    }
}

/// Checks what a program printed, and what it did.
fn judge(recipe: Recipe, dpop: bool, mock: &MockServer, printed: &str) {
    let wanted: &[&str] = match recipe {
        Recipe::Provision => {
            &["connection before: DISABLED", "connection now: ENABLED", "creates users: ENABLED"]
        }
        Recipe::ServiceApp => &["the service app sees 7 apps", "okta.apps.manage it changes none: 403"],
    };
    for wanted in wanted {
        assert!(printed.contains(wanted), "{printed}");
    }
    let count = |filter: RequestFilter, count| mock.org().assert_requests(&filter, count);
    if recipe == Recipe::ServiceApp {
        count(RequestFilter::all().operation("token").status(200), 1);
        count(RequestFilter::all().operation("deleteApplication").status(204), 1);
        // A client without DPoP may send a proof too, but only a bound one is asked for a nonce.
        let refused = RequestFilter::all().operation("token").status(400);
        if dpop {
            assert!(!mock.org().requests(&refused).is_empty(), "{printed}");
        } else {
            count(refused, 0);
        }
    }
}

fn script(client: &str, recipe: Recipe, extension: &str) -> String {
    let name = if recipe == Recipe::Provision { "provision" } else { "service_app" };
    format!("tests/clients/{client}/{name}.{extension}")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_curl_recipes_work() {
    let tools = [("curl", "--version"), ("jq", "--version"), ("openssl", "version")];
    let complete = tools.iter().all(|(tool, argument)| installed(tool, argument).is_some());
    let program = |recipe| {
        let script = script("curl", recipe, "sh");
        command(complete.then(|| workspace().join(&script)), "curl, jq or openssl", &script)
    };
    run("curl", program, |command, ca| _ = command.env("CURL_CA_BUNDLE", ca)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_recipes_work() {
    let program = |recipe| python(&script("python", recipe, "py"));
    run("python", program, |command, ca| _ = command.env("SSL_CERT_FILE", ca)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_recipes_work() {
    let program = |recipe| node(&script("node", recipe, "cjs"));
    run("node", program, |command, ca| _ = command.env("NODE_EXTRA_CA_CERTS", ca)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_go_recipes_work() {
    let folder = workspace().join("tests/clients/go");
    let modules = |_: &PathBuf| {
        let downloaded = Command::new("go").args(["mod", "download"]).current_dir(&folder).output();
        downloaded.is_ok_and(|output| output.status.success())
    };
    let Some(go) = installed("go", "version").filter(modules) else {
        return not_run("tests/clients/go needs Go, and the modules of its go.mod");
    };
    let mut go = Command::new(go);
    let built = empty_folder("go-programs");
    go.current_dir(&folder);
    succeeds(go.args(["build", "-buildvcs=false", "-o"]).arg(&built).args(["./provision", "./serviceapp"]));
    let program = |recipe| {
        let name = if recipe == Recipe::Provision { "provision" } else { "serviceapp" };
        Some(Command::new(built.join(name)))
    };
    run("go", program, |command, ca| _ = command.env("SSL_CERT_FILE", ca)).await;
    std::fs::remove_dir_all(built).unwrap();
}

/// `tests/tools/install` does not install Java: without it, or without its packages, the test does not run.
#[tokio::test(flavor = "multi_thread")]
async fn the_java_recipes_work() {
    let folder = empty_folder("java-programs");
    let Some(classes) = java_classes(&folder) else {
        std::fs::remove_dir_all(folder).unwrap();
        return not_run("tests/clients/java needs a JDK 17, Maven and the packages of its pom.xml");
    };
    let program = |recipe| {
        let mut java = Command::new("java");
        java.arg("-cp").arg(&classes);
        java.arg(if recipe == Recipe::Provision { "Provision" } else { "ServiceApp" });
        Some(java)
    };
    let store = |command: &mut Command, ca: &Path| {
        let store = ca.with_extension("p12");
        if store.exists() {
            std::fs::remove_file(&store).unwrap();
        }
        let mut keytool = Command::new("keytool");
        keytool.args(["-importcert", "-noprompt", "-storepass", "changeit"]);
        succeeds(keytool.arg("-keystore").arg(&store).arg("-file").arg(ca));
        let option = format!("-Djavax.net.ssl.trustStore={}", store.display());
        command.env("JAVA_TOOL_OPTIONS", format!("{option} -Djavax.net.ssl.trustStorePassword=changeit"));
    };
    run("java", program, store).await;
    std::fs::remove_dir_all(folder).unwrap();
}

/// Compiles the Java programs and returns their class path, or `None` if a tool or a package is missing.
fn java_classes(folder: &Path) -> Option<String> {
    let (mut maven, mut javac) =
        (Command::new(installed("mvn", "--version")?), Command::new(installed("javac", "-version")?));
    installed("keytool", "-help")?;
    let sources = workspace().join("tests/clients/java");
    let path = folder.join("classpath");
    maven.current_dir(&sources).args(["-q", "-B", "dependency:build-classpath"]);
    maven.arg(format!("-Dmdep.outputFile={}", path.display()));
    if !maven.output().is_ok_and(|output| output.status.success()) {
        return None;
    }
    let packages = std::fs::read_to_string(path).unwrap();
    javac.arg("-cp").arg(&packages).arg("-d").arg(folder);
    succeeds(javac.args(["Provision.java", "ServiceApp.java"].map(|name| sources.join(name))));
    Some(format!("{}:{packages}", folder.display()))
}

/// No package registry has the provider, so the configuration is only read. `docs/clients/terraform.md` says so.
#[test]
fn the_terraform_recipe_is_formatted() {
    not_run(
        "tests/clients/terraform needs the provider okta/okta, which comes from Terraform's own registry",
    );
    let Some(terraform) = installed("terraform", "version") else { return };
    let folder = workspace().join("tests/clients/terraform");
    succeeds(Command::new(terraform).args(["fmt", "-check", "-diff"]).arg(folder));
}

/// The org file of `docs/clients.md`, with a key.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_app_of_an_org_file_connects() {
    let Some(mut python) = python(&script("python", Recipe::Provision, "py")) else { return };
    let key = rsa::PrivateKey::new(&mut ChaCha8Rng::seed_from_u64(3), 2048).unwrap();
    let page = std::fs::read_to_string(workspace().join("docs/clients.md")).unwrap();
    let lines = page.lines().skip_while(|line| *line != r#"    {"apps": ["#);
    let lines = lines.take_while(|line| line.starts_with("    ")).collect::<Vec<_>>();
    let modulus = URL_SAFE_NO_PAD.encode(key.n().as_ref().to_be_bytes());
    let org = Load::Document(lines.join("\n").replace('…', &modulus));
    let mock = MockServer::builder().api_token(TOKEN).load(org).start().await.unwrap();
    let folder = empty_folder("org-file");
    let file = folder.join("key.pem");
    let body = STANDARD.encode(key.to_pkcs8_der().unwrap().as_bytes());
    let text = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
    std::fs::write(&file, text).unwrap();
    settings(&mut python, mock.url());
    python.env_remove("OKTA_CLIENT_TOKEN").env("OKTA_CLIENT_AUTHORIZATIONMODE", "PrivateKey");
    python.env("OKTA_CLIENT_CLIENTID", "0oaprovisioningjob01").env("OKTA_CLIENT_SCOPES", "okta.apps.manage");
    let printed = succeeds(python.env("OKTA_CLIENT_PRIVATEKEY", &file));
    assert!(printed.contains("connection now: ENABLED"), "{printed}");
    mock.org().assert_requests(&RequestFilter::all().operation("token").status(200), 1);
    std::fs::remove_dir_all(folder).unwrap();
}

/// The blocks of a page are whole files: `[tests/clients/…](../../tests/clients/…)` on the line before a block
/// names the file.
#[test]
fn the_pages_show_the_programs_that_run() {
    let mut shown = BTreeSet::new();
    for page in files(&workspace().join("docs/clients")) {
        let text = std::fs::read_to_string(&page).unwrap();
        let parts: Vec<&str> = text.split("\n```").collect();
        assert_eq!(parts.len() % 2, 1, "{}: a block has no end", page.display());
        for pair in parts.chunks_exact(2) {
            let [before, block] = pair else { unreachable!() };
            let file = before.trim_end().rsplit("](../../").next().unwrap();
            let file = file.split(')').next().unwrap().to_owned();
            let program = std::fs::read_to_string(workspace().join(&file));
            let program = program.unwrap_or_else(|error| panic!("{}: {file}: {error}", page.display()));
            let (_language, block) = block.split_once('\n').unwrap();
            assert_eq!(block, program.trim_end(), "{} shows another {file}", page.display());
            shown.insert(file);
        }
    }
    for client in files(&workspace().join("tests/clients")) {
        for file in programs(&client) {
            assert!(shown.contains(&file), "no page shows {file}");
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The files of a folder that a page has to show: all but the checksums of Go's modules.
fn programs(path: &Path) -> Vec<String> {
    if path.is_dir() {
        return files(path).iter().flat_map(|path| programs(path)).collect();
    }
    let path = path.strip_prefix(workspace()).unwrap().to_str().unwrap().to_owned();
    let made = ["go.sum", ".terraform.lock.hcl"].iter().any(|name| path.ends_with(name))
        || path.contains("__pycache__");
    if made { Vec::new() } else { vec![path] }
}
