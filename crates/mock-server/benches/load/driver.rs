//! A simple load driver: a few keep-alive connections, a fixed number of requests, and answers read
//! completely.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::Outcome;

const CONNECTIONS: usize = 8;

/// A request as bytes on the wire.
pub(crate) struct Exchange(Vec<u8>);

impl Exchange {
    pub(crate) fn new(method: &str, path: &str, body: &str) -> Self {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: SSWS benchmark\r\naccept: application/json\r\n"
        );
        if !body.is_empty() {
            request += &format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        }
        Self(format!("{request}\r\n{body}").into_bytes())
    }
}

impl Exchange {
    /// Creates a request with these header lines and no credential of its own.
    pub(crate) fn with_headers(method: &str, path: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n");
        let length = if body.is_empty() { String::new() } else { format!("content-length: {length}\r\n") };
        Self(format!("{head}{headers}{length}\r\n{body}").into_bytes())
    }
}

/// A server, by its address.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: String,
    /// Present for https.
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

/// A stream of either scheme.
trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// A connection and the bytes read from it.
struct Connection {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    filled: usize,
}

impl Connection {
    fn open(server: &Server) -> Outcome<Self> {
        let stream = TcpStream::connect(&server.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let stream: Box<dyn Stream> = match &server.tls {
            None => Box::new(stream),
            Some(config) => {
                let client = ClientConnection::new(config.clone(), ServerName::try_from("localhost")?)?;
                Box::new(StreamOwned::new(client, stream))
            }
        };
        Ok(Self { stream, buffer: vec![0; 512 * 1024], filled: 0 })
    }

    /// Reads a successful answer.
    fn answer(&mut self) -> Outcome<&[u8]> {
        let answer = self.any_answer()?;
        match answer.starts_with(b"HTTP/1.1 20") {
            true => Ok(answer),
            false => Err(format!("not a success: {}", String::from_utf8_lossy(answer)).into()),
        }
    }

    /// Reads an answer: the head, and the body by content-length.
    fn any_answer(&mut self) -> Outcome<&[u8]> {
        self.filled = 0;
        loop {
            let count = self.stream.read(&mut self.buffer[self.filled..])?;
            if count == 0 {
                return Err("the server closed the connection".into());
            }
            self.filled += count;
            let answer = &self.buffer[..self.filled];
            let Some(head) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            if self.filled >= head + 4 + content_length(&answer[..head])? {
                return Ok(&self.buffer[..self.filled]);
            }
        }
    }
}

fn content_length(head: &[u8]) -> Outcome<usize> {
    let head = std::str::from_utf8(head)?;
    if head.starts_with("HTTP/1.1 204") {
        return Ok(0);
    }
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    Ok(line.ok_or("no content-length")?.parse()?)
}

/// Returns one complete answer.
pub(crate) fn answer(server: &Server, exchange: &Exchange) -> Outcome<Vec<u8>> {
    let mut connection = Connection::open(server)?;
    connection.stream.write_all(&exchange.0)?;
    Ok(connection.answer()?.to_vec())
}

/// Returns one complete answer of any status.
pub(crate) fn any_answer(server: &Server, exchange: &Exchange) -> Outcome<Vec<u8>> {
    let mut connection = Connection::open(server)?;
    connection.stream.write_all(&exchange.0)?;
    Ok(connection.any_answer()?.to_vec())
}

/// Returns the number of requests per second, with each request sent once.
pub(crate) fn rate_of_each(server: &Server, exchanges: &[Exchange]) -> Outcome<f64> {
    let mut connections = (0..CONNECTIONS).map(|_| Connection::open(server)).collect::<Outcome<Vec<_>>>()?;
    let started = Instant::now();
    for batch in exchanges.chunks(CONNECTIONS) {
        for (connection, exchange) in connections.iter_mut().zip(batch) {
            connection.stream.write_all(&exchange.0)?;
        }
        for connection in connections.iter_mut().take(batch.len()) {
            connection.answer()?;
        }
    }
    Ok(exchanges.len() as f64 / started.elapsed().as_secs_f64())
}

/// Sends each request once. All must succeed.
pub(crate) fn send_each(server: &Server, exchanges: impl Iterator<Item = Exchange>) -> Outcome<()> {
    let mut connections = (0..CONNECTIONS).map(|_| Connection::open(server)).collect::<Outcome<Vec<_>>>()?;
    let mut exchanges = exchanges.peekable();
    while exchanges.peek().is_some() {
        let batch: Vec<_> = connections.iter_mut().zip(exchanges.by_ref()).collect();
        let mut waiting = Vec::new();
        for (connection, exchange) in batch {
            connection.stream.write_all(&exchange.0)?;
            waiting.push(connection);
        }
        for connection in waiting {
            connection.answer()?;
        }
    }
    Ok(())
}

/// Sends a request and returns the time to its complete answer, in milliseconds.
pub(crate) fn milliseconds(server: &Server, exchange: &Exchange) -> Outcome<f64> {
    let mut connection = Connection::open(server)?;
    let started = Instant::now();
    connection.stream.write_all(&exchange.0)?;
    connection.answer()?;
    Ok(started.elapsed().as_secs_f64() * 1000.0)
}

/// Returns the number of requests per second, measured over this many requests.
pub(crate) fn rate(server: &Server, exchange: &Exchange, requests: usize) -> Outcome<f64> {
    let mut connections = (0..CONNECTIONS).map(|_| Connection::open(server)).collect::<Outcome<Vec<_>>>()?;
    let batches = requests.div_ceil(CONNECTIONS);
    let started = Instant::now();
    for _ in 0..batches {
        for connection in &mut connections {
            connection.stream.write_all(&exchange.0)?;
        }
        for connection in &mut connections {
            connection.answer()?;
        }
    }
    Ok((batches * CONNECTIONS) as f64 / started.elapsed().as_secs_f64())
}
