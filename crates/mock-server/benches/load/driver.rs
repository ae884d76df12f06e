//! A simple load driver: a few keep-alive connections, a fixed number of requests, and answers read
//! completely.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

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

/// A connection and the bytes read from it.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

impl Connection {
    fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { stream, buffer: vec![0; 512 * 1024], filled: 0 })
    }

    /// Reads an answer: the head, and the body by content-length.
    fn answer(&mut self) -> Outcome<&[u8]> {
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
    if !head.starts_with("HTTP/1.1 200") {
        return Err(format!("not 200: {head}").into());
    }
    let line = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    Ok(line.ok_or("no content-length")?.parse()?)
}

/// Returns one complete answer.
pub(crate) fn answer(address: &str, exchange: &Exchange) -> Outcome<Vec<u8>> {
    let mut connection = Connection::open(address)?;
    connection.stream.write_all(&exchange.0)?;
    Ok(connection.answer()?.to_vec())
}

/// Sends each request once. All must be answered with 200.
pub(crate) fn send_each(address: &str, exchanges: impl Iterator<Item = Exchange>) -> Outcome<()> {
    let mut connections = (0..CONNECTIONS).map(|_| Connection::open(address)).collect::<Outcome<Vec<_>>>()?;
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

/// Returns the number of requests per second, measured over this many requests.
pub(crate) fn rate(address: &str, exchange: &Exchange, requests: usize) -> Outcome<f64> {
    let mut connections = (0..CONNECTIONS).map(|_| Connection::open(address)).collect::<Outcome<Vec<_>>>()?;
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
