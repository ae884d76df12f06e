//! The measured servers: the mock with a number of apps, and a bare axum handler, each in its own process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::{HeaderName, HeaderValue, Response};
use serde_json::{Value, json};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::Outcome;
use crate::driver::{self, Exchange, Server};
use crate::tokens::Work;

/// A certificate and its key, in two files.
pub(crate) struct Certificate {
    file: PathBuf,
    key_file: PathBuf,
    client: Arc<ClientConfig>,
}

impl Certificate {
    pub(crate) fn create() -> Outcome<Self> {
        let key = rcgen::KeyPair::generate()?;
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])?.self_signed(&key)?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (file, key_file) = (folder.join("bench-certificate.pem"), folder.join("bench-key.pem"));
        std::fs::write(&file, certificate.pem())?;
        std::fs::write(&key_file, key.serialize_pem())?;
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let client = client.with_root_certificates(roots).with_no_client_auth();
        Ok(Self { file, key_file, client: Arc::new(client) })
    }
}

/// A listener of https for axum.
struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl TlsListener {
    fn new(listener: TcpListener, file: &str, key_file: &str) -> Outcome<Self> {
        let chain = CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>()?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let key = PrivateKeyDer::from_pem_file(key_file)?;
        let config = config.with_no_client_auth().with_single_cert(chain, key)?;
        Ok(Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// Serves a recorded answer, read from standard input, or an empty one.
pub(crate) fn serve_bare() -> Outcome<()> {
    let mut recorded = Vec::new();
    if std::env::args().any(|argument| argument == "--recorded") {
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut recorded)?;
    }
    let mut arguments = std::env::args().skip_while(|argument| argument != "--work").skip(1);
    let work = arguments.next().map(|file| Work::read(&file)).transpose()?;
    runtime()?.block_on(async {
        let (head, body) = split(&recorded);
        let handler = move |request: Request| {
            let (head, body, work) = (head.clone(), body.clone(), work.clone());
            async move {
                // A handler of PUT has to read the body; a GET has none.
                let _ = to_bytes(request.into_body(), 1024 * 1024).await;
                if work.is_some_and(|work| !work.perform()) {
                    return http::Response::builder().status(500).body(Body::empty()).unwrap_or_default();
                }
                let mut response = Response::new(Body::from(body));
                *response.headers_mut() = head;
                response
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("bare ready at http://{}", listener.local_addr()?);
        let router = Router::new().fallback(handler);
        let files: Vec<_> = std::env::args().skip_while(|argument| argument != "--tls").skip(1).collect();
        match &files[..] {
            [file, key_file] => axum::serve(TlsListener::new(listener, file, key_file)?, router).await?,
            _ => axum::serve(listener, router).await?,
        }
        Ok(())
    })
}

/// Returns the headers of an answer, without those that the server adds, and its body.
fn split(recorded: &[u8]) -> (http::HeaderMap, Vec<u8>) {
    let mut headers = http::HeaderMap::new();
    let Some(end) = recorded.windows(4).position(|four| four == b"\r\n\r\n") else {
        return (headers, Vec::new());
    };
    for line in String::from_utf8_lossy(&recorded[..end]).lines().skip(1) {
        let Some((name, value)) = line.split_once(": ") else { continue };
        let added = ["date", "content-length"].contains(&name);
        if let (false, Ok(name), Ok(value)) =
            (added, HeaderName::try_from(name), HeaderValue::try_from(value))
        {
            headers.append(name, value);
        }
    }
    (headers, recorded[end + 4..].to_vec())
}

fn connection(id: &str) -> Exchange {
    let body = json!({"profile": {"authScheme": "TOKEN", "token": "t"}});
    Exchange::new("POST", &format!("/api/v1/apps/{id}/connections/default?activate=true"), &body.to_string())
}

fn feature(id: &str, (name, body): (&str, Value)) -> Exchange {
    Exchange::new("PUT", &format!("/api/v1/apps/{id}/features/{name}"), &body.to_string())
}

fn features() -> [(&'static str, Value); 2] {
    let schedule = json!({"status": "ENABLED", "fullImport": {"expression": "0 */4 * * *", "timezone": "America/New_York"}});
    [
        ("USER_PROVISIONING", json!({"create": {"lifecycleCreate": {"status": "ENABLED"}}})),
        ("INBOUND_PROVISIONING", json!({"importSettings": {"schedule": schedule}})),
    ]
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// A process that is killed on drop.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    /// Starts a program with this input, and returns the words of its ready line.
    fn start(command: &mut Command, input: &[u8]) -> Outcome<(Self, Vec<String>)> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = Self(command.spawn()?);
        process.0.stdin.take().ok_or("no standard input")?.write_all(input)?;
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        Ok((process, line.split_whitespace().map(ToOwned::to_owned).collect()))
    }
}

/// Returns the address in a ready line.
fn address(words: &[String]) -> Outcome<String> {
    let url = words.iter().find_map(|word| word.split_once("://"));
    Ok(url.ok_or("no address in the ready line")?.1.to_owned())
}

/// A bare handler.
pub(crate) struct Bare {
    pub(crate) server: Server,
    _process: Process,
}

impl Bare {
    pub(crate) fn start(answer: &[u8], certificate: Option<&Certificate>) -> Outcome<Self> {
        Self::working(answer, certificate, None)
    }

    /// Starts a handler that does the cryptography of a file at each request.
    pub(crate) fn working(
        answer: &[u8],
        certificate: Option<&Certificate>,
        work: Option<&str>,
    ) -> Outcome<Self> {
        let mut own = Command::new(std::env::current_exe()?);
        own.args(["--serve-bare", "--recorded"]);
        if let Some(file) = work {
            own.args(["--work", file]);
        }
        if let Some(Certificate { file, key_file, .. }) = certificate {
            own.arg("--tls").args([file, key_file]);
        }
        let (process, words) = Process::start(&mut own, answer)?;
        let tls = certificate.map(|certificate| certificate.client.clone());
        Ok(Self { server: Server { address: address(&words)?, tls }, _process: process })
    }
}

/// The mock with a number of apps, each with a connection and features set.
pub(crate) struct LoadedMock {
    pub(crate) server: Server,
    app: String,
    process: Process,
}

impl LoadedMock {
    pub(crate) fn start(apps: usize, certificate: Option<&Certificate>) -> Outcome<Self> {
        let ids: Vec<String> = (0..apps).map(|number| format!("0oa{number:017}")).collect();
        let app = |id: &String| {
            json!({"id": id, "name": "okta_org2org", "label": format!("Org {id}"),
                "settings": {"app": {"baseUrl": "https://hub.example.com"}}})
        };
        let described = json!({"apps": ids.iter().map(app).collect::<Vec<_>>()});
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("org-of-{apps}.json"));
        std::fs::write(&file, described.to_string())?;
        let mut mock = Command::new(env!("CARGO_BIN_EXE_okta-mock-server"));
        mock.args(["--listen", "127.0.0.1:0", "--load"]).arg(&file);
        if let Some(Certificate { file, key_file, .. }) = certificate {
            mock.arg("--tls-cert").arg(file).arg("--tls-key").arg(key_file);
        }
        let (process, words) = Process::start(&mut mock, &[])?;
        std::fs::remove_file(&file)?;
        let tls = certificate.map(|certificate| certificate.client.clone());
        let mock = Self { server: Server { address: address(&words)?, tls }, app: ids[0].clone(), process };
        driver::send_each(&mock.server, ids.iter().map(|id| connection(id)))?;
        // Features are available once the connection is enabled.
        driver::send_each(
            &mock.server,
            ids.iter().flat_map(|id| features().map(|feature_body| feature(id, feature_body))),
        )?;
        Ok(mock)
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.0.id()
    }

    pub(crate) fn get_connection(&self) -> Exchange {
        Exchange::new("GET", &format!("/api/v1/apps/{}/connections/default", self.app), "")
    }

    pub(crate) fn put_feature(&self) -> Exchange {
        let [user, _] = features();
        feature(&self.app, user)
    }

    pub(crate) fn list(&self) -> Exchange {
        Exchange::new("GET", "/api/v1/apps?limit=10", "")
    }
}
