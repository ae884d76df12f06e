//! What is measured: the mock with so many apps, and a bare axum handler, each a process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::{HeaderName, HeaderValue, Response};
use okta_mock_server::rules::body::parse_object;
use okta_mock_server::{Load, MockServer};
use serde_json::{Value, json};

use crate::Outcome;
use crate::driver::Exchange;

/// Serves the bytes of a recorded answer, read from standard input, or an empty one.
pub(crate) fn serve_bare() -> Outcome<()> {
    let mut recorded = Vec::new();
    if std::env::args().any(|argument| argument == "--recorded") {
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut recorded)?;
    }
    runtime()?.block_on(async {
        let (head, body) = split(&recorded);
        let handler = move |request: Request| {
            let (head, body) = (head.clone(), body.clone());
            async move {
                // A handler of PUT has to read what was sent; there is nothing to read of a GET.
                let _ = to_bytes(request.into_body(), 1024 * 1024).await;
                let mut response = Response::new(Body::from(body));
                *response.headers_mut() = head;
                response
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("bare ready at http://{}", listener.local_addr()?);
        axum::serve(listener, Router::new().fallback(handler)).await?;
        Ok(())
    })
}

/// The headers of an answer, without those that the server adds itself, and its body.
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

/// Serves an org with so many apps, each with a connection and features set.
pub(crate) fn hold(apps: usize) -> Outcome<()> {
    runtime()?.block_on(async {
        let mock = MockServer::builder().load(Load::Empty).start().await?;
        let mut first = None;
        for number in 0..apps {
            let mut org = mock.org().lock();
            let app = json!({"name": "okta_org2org", "label": format!("Org {number}"),
                "settings": {"app": {"baseUrl": "https://hub.example.com"}}});
            let id = org
                .create_app(parse_object(app.to_string().as_bytes()), true)
                .map_err(|error| error.summary)?
                .0;
            let id = id.as_str();
            let connection = json!({"profile": {"authScheme": "TOKEN", "token": "t"}});
            org.set_connection(id, parse_object(connection.to_string().as_bytes()), true)
                .map_err(|error| error.summary)?;
            for (name, body) in features() {
                org.update_feature(id, name, parse_object(body.to_string().as_bytes()))
                    .map_err(|error| error.summary)?;
            }
            first.get_or_insert_with(|| id.to_owned());
        }
        println!("mock ready at {} {}", mock.url(), first.unwrap_or_default());
        std::future::pending::<()>().await;
        Ok(())
    })
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

/// A process of this program, ended with its handle, and the words of its ready line.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn start(arguments: &[&str], input: &[u8]) -> Outcome<(Self, Vec<String>)> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Self(command.spawn()?);
        process.0.stdin.take().ok_or("no standard input")?.write_all(input)?;
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        Ok((process, line.split_whitespace().map(ToOwned::to_owned).collect()))
    }
}

/// The address in a ready line.
fn address(words: &[String]) -> Outcome<String> {
    let url = words.iter().find_map(|word| word.strip_prefix("http://"));
    Ok(url.ok_or("no address in the ready line")?.to_owned())
}

/// A bare handler.
pub(crate) struct Bare {
    pub(crate) address: String,
    _process: Process,
}

impl Bare {
    pub(crate) fn start(answer: Vec<u8>) -> Outcome<Self> {
        let (process, words) = Process::start(&["--serve-bare", "--recorded"], &answer)?;
        Ok(Self { address: address(&words)?, _process: process })
    }
}

/// A mock with so many apps.
pub(crate) struct Held {
    pub(crate) address: String,
    app: String,
    process: Process,
}

impl Held {
    pub(crate) fn start(apps: usize) -> Outcome<Self> {
        let (process, words) = Process::start(&["--hold", &apps.to_string()], &[])?;
        let app = words.last().cloned().unwrap_or_default();
        Ok(Self { address: address(&words)?, app, process })
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.process.0.id()
    }

    pub(crate) fn get_connection(&self) -> Exchange {
        Exchange::new("GET", &format!("/api/v1/apps/{}/connections/default", self.app), "")
    }

    pub(crate) fn put_feature(&self) -> Exchange {
        let [(name, body), _] = features();
        Exchange::new("PUT", &format!("/api/v1/apps/{}/features/{name}", self.app), &body.to_string())
    }

    pub(crate) fn list(&self) -> Exchange {
        Exchange::new("GET", "/api/v1/apps?limit=10", "")
    }
}
