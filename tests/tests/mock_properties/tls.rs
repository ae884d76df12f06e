//! https: names, protocols, the user's own certificate, and clients that speak something else.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use okta_mock_server::{Limits, Load, MockServer, NewOrg, Tls};
use reqwest::{Certificate, Client, ClientBuilder, Version};
use serde_json::{Value, json};
use workspace_tests::wire::{Wire, request};

/// Runs a test with a mock that serves https.
fn with_mock<F: Future<Output = ()>>(builder: okta_mock_server::Builder, test: impl FnOnce(MockServer) -> F) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mock = builder.start().await.unwrap();
        test(mock).await;
    });
}

fn client(mock: &MockServer) -> ClientBuilder {
    trusting(mock.ca_certificate().unwrap())
}

fn trusting(certificate: &str) -> ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ca = Certificate::from_pem(certificate.as_bytes()).unwrap();
    Client::builder().no_proxy().tls_certs_only([ca]).timeout(Duration::from_secs(20))
}

/// Sends a GET with a token.
async fn get(client: &Client, url: &str) -> Result<(Version, Value), reqwest::Error> {
    let answer = client.get(url).header("authorization", "SSWS t").send().await?;
    assert_eq!(answer.status(), 200, "{url}");
    Ok((answer.version(), serde_json::from_slice(&answer.bytes().await?).unwrap()))
}

#[test]
fn both_protocols_get_the_same_answers_with_https_links() {
    with_mock(MockServer::builder().tls(Tls::generated()), async |mock| {
        assert!(mock.url().starts_with("https://127.0.0.1:"));
        let first = client(&mock).http1_only().build().unwrap();
        let second = client(&mock).build().unwrap();
        for path in ["/api/v1/apps", "/api/v1/apps/0oagoogle00000000001/connections/default", "/_mock/orgs"] {
            let url = format!("{}{path}", mock.url());
            let (version, body) = get(&first, &url).await.unwrap();
            assert_eq!(version, Version::HTTP_11);
            assert_eq!(get(&second, &url).await.unwrap(), (Version::HTTP_2, body.clone()), "{path}");
            let text = body.to_string();
            assert!(text.contains(mock.url()) && !text.contains("http://"), "{text}");
        }
        // Bodies, refusals and concurrent requests over one HTTP/2 connection.
        let created = (0..20).map(|number| {
            let app = json!({"name": "zscalerbyz", "label": format!("Z {number}")}).to_string();
            let request = second.post(format!("{}/api/v1/apps", mock.url())).body(app);
            request.header("authorization", "SSWS t").header("content-type", "application/json").send()
        });
        for answer in futures(created).await {
            assert_eq!(answer.unwrap().status(), 200);
        }
        assert_eq!(mock.org().apps().len(), 26);
        let refused = second.get(format!("{}/api/v1/apps", mock.url())).send().await.unwrap();
        assert_eq!((refused.status().as_u16(), refused.version()), (403, Version::HTTP_2));
        mock.shutdown().await;
    });
}

/// Runs futures side by side.
async fn futures<F>(futures: impl Iterator<Item = F>) -> Vec<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let mut outputs = Vec::new();
    for task in futures.map(tokio::spawn).collect::<Vec<_>>() {
        outputs.push(task.await.unwrap());
    }
    outputs
}

#[test]
fn the_certificates_cover_loopback_local_names_and_the_given_ones() {
    let tls = Tls::generated().name("okta-mock").name("192.0.2.7");
    let builder = MockServer::builder().tls(tls).org(NewOrg::load("acme", Load::Empty).without_port());
    with_mock(builder, async |mock| {
        let own = mock.address();
        let at = |host: &str| {
            let client = client(&mock).resolve(host, own).build().unwrap();
            let url = format!("https://{host}:{}/_mock/health", own.port());
            async move { client.get(url).send().await }
        };
        for host in ["localhost", "127.0.0.1", "acme.localhost", "any.localhost", "a.b.localhost"] {
            assert!(at(host).await.is_ok(), "{host}");
        }
        for host in ["okta-mock", "acme.okta-mock"] {
            assert_eq!(at(host).await.unwrap().status(), 200, "{host}");
        }
        for host in ["mock.example.com", "notokta-mock", "localhost.example.com"] {
            let error = at(host).await.unwrap_err();
            assert!(format!("{error:?}").contains("NotValidForName"), "{host}: {error:?}");
        }
        let stranger = Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        assert!(stranger.get(format!("{}/_mock/health", mock.url())).send().await.is_err());
        // An org that is added later has the port and the certificates of the others.
        let added = mock.add_org(NewOrg::load("later", Load::Empty)).unwrap();
        let client = client(&mock).build().unwrap();
        assert_eq!(get(&client, &format!("{}/api/v1/apps", added.url())).await.unwrap().1, json!([]));
    });
}

#[test]
fn the_users_own_certificate_is_served() {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    let pem = key.serialize_pem();
    with_mock(MockServer::builder().tls(Tls::pem(certificate.clone(), pem.clone().into())), async |mock| {
        assert_eq!(mock.ca_certificate(), None);
        let client = trusting(&certificate).resolve("localhost", mock.address()).build().unwrap();
        get(&client, &format!("https://localhost:{}/api/v1/apps", mock.address().port())).await.unwrap();
    });
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    for (certificate, key, expected) in [
        (&*certificate, &*other, "certificate and private key cannot be used: keys may not be consistent"),
        ("nothing", &pem, "the PEM text of the certificate cannot be read: it has no CERTIFICATE section"),
        (&certificate, "nothing", "the PEM text of the private key cannot be read"),
    ] {
        let tls = Tls::pem(certificate.to_owned(), key.to_owned().into());
        let error = MockServer::builder().tls(tls).start_blocking().unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot serve https: {expected}")), "{error}");
        assert!(!error.contains(&other), "the key is in the error");
    }
    for name in ["ä", "a b", "http://mock.test", "mock.test:8080", "", ".", "a..b", "*.test"] {
        let error = MockServer::builder().tls(Tls::generated().name(name)).start_blocking().unwrap_err();
        let expected =
            format!("no certificate can be made: {name:?} is neither a host name nor an IP address");
        assert!(error.to_string().contains(&expected), "{error}");
    }
}

/// Sends bytes and returns the cause of the refusal.
fn cause(address: SocketAddr, bytes: &[u8]) -> String {
    let mut wire = Wire::open(address);
    wire.write(bytes);
    let answer = wire.read_answer("GET").expect("an answer");
    assert_eq!((answer.status, answer.error_code().as_str()), (400, "E0000020"));
    answer.json()["errorCauses"][0]["errorSummary"].as_str().expect("a cause").to_owned()
}

#[test]
fn a_client_of_the_other_scheme_is_told_so() {
    let secure = MockServer::builder().tls(Tls::generated()).start_blocking().unwrap();
    let address = secure.url().strip_prefix("https://").unwrap().parse().unwrap();
    let large = [request("POST", "/api/v1/apps", &[], Some(b"{}")), vec![b'x'; 40_000]].concat();
    for bytes in [request("GET", "/api/v1/apps", &[], None), large, b"PRI * HTTP/2.0\r\n\r\n".to_vec()] {
        assert!(cause(address, &bytes).starts_with("This port serves https, not http."));
    }
    let plain = MockServer::builder().start_blocking().unwrap();
    let address = plain.url().strip_prefix("http://").unwrap().parse().unwrap();
    let hello = [&[22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3][..], &[7; 600]].concat();
    assert!(cause(address, &hello).starts_with("This port serves http, not https."));
}

fn hasty() -> Limits {
    Limits {
        head_timeout: Duration::from_millis(400),
        shutdown_timeout: Duration::from_secs(5),
        ..Limits::default()
    }
}

/// Incomplete, wrong and missing handshakes occupy no connection, and stop nothing.
#[test]
fn a_bad_handshake_ends_in_time() {
    let limits = Limits { connections: 4, ..hasty() };
    let mock = MockServer::builder().tls(Tls::generated()).limits(limits).start_blocking().unwrap();
    let address: SocketAddr = mock.url().strip_prefix("https://").unwrap().parse().unwrap();
    for bytes in [&b""[..], &[22], &[22, 3, 1, 2, 0, 1, 0], &[22; 5000], &[22, 3, 1, 0xff, 0xff]] {
        for end in [false, true] {
            let mut wire = Wire::open(address);
            wire.write(bytes);
            if end {
                wire.end();
            }
            wire.skip_to_end();
            assert!(wire.age() < Duration::from_secs(5), "{bytes:?}: {:?}", wire.age());
        }
    }
    assert_eq!(mock.org().requests(&okta_mock_server::RequestFilter::all()), []);
}

#[test]
fn an_idle_http2_connection_ends_and_a_long_request_does_not() {
    with_mock(MockServer::builder().tls(Tls::generated()).limits(hasty()), async |mock| {
        let client = client(&mock).build().unwrap();
        let url = format!("{}/_mock/requests/wait?count=9&timeout=2", mock.url());
        let started = Instant::now();
        assert_eq!(client.get(url).send().await.unwrap().status(), 408);
        assert!(started.elapsed() >= Duration::from_secs(2));
        // A client that keeps the connection gets a new one.
        tokio::time::sleep(Duration::from_secs(1)).await;
        get(&client, &format!("{}/api/v1/apps", mock.url())).await.unwrap();
        mock.shutdown().await;
    });
}

/// Idle connections of clients that keep them make room for new clients.
#[test]
fn more_clients_than_connections_are_served_while_the_others_are_idle() {
    let limits = Limits { connections: 3, ..Limits::default() };
    for tls in [false, true] {
        let builder = MockServer::builder().limits(limits);
        let builder = if tls { builder.tls(Tls::generated()) } else { builder };
        with_mock(builder, async |mock| {
            let mut clients = Vec::new();
            for _ in 0..10 {
                let client = match tls {
                    true => client(&mock).build().unwrap(),
                    false => Client::builder().no_proxy().tls_certs_only([]).build().unwrap(),
                };
                let answer = tokio::time::timeout(Duration::from_secs(10), async {
                    get(&client, &format!("{}/api/v1/apps", mock.url())).await.unwrap()
                });
                answer.await.expect("a connection for a new client");
                clients.push(client);
            }
        });
    }
}
