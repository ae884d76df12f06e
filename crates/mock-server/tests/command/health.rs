//! `health`: tells a mock from everything else that may listen.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use crate::support::{LIMIT, program, run, text};

/// Checks an address and returns exit code and message.
fn health(address: &str) -> (Option<i32>, String) {
    let output = run(&["health", &format!("http://{address}")]);
    assert!(output.stdout.is_empty());
    (output.status.code(), text(&output.stderr).to_owned())
}

#[test]
fn health_tells_a_mock_from_nothing() {
    let mut mock = program(&["--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(mock.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("okta-mock-server ready at http://").unwrap().to_owned();
    assert_eq!(health(&address), (Some(0), String::new()));
    mock.kill().unwrap();
    mock.wait().unwrap();
    let (code, message) = health(&address);
    assert_eq!(code, Some(1));
    assert!(
        message.contains("is the mock running there?") && message.matches('\n').count() == 1,
        "{message}"
    );
}

/// Serves each connection of a listener with a function, and returns its address.
fn listener(serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
    address
}

#[test]
fn health_does_not_wait_for_a_server_that_hangs_or_drips() {
    let silent = listener(|stream| {
        std::thread::sleep(LIMIT);
        drop(stream);
    });
    let slow = listener(|mut stream| {
        while stream.write_all(b"H").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    let full = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [silent, slow, full.local_addr().unwrap().to_string()] {
        let (code, message) = health(&address);
        assert_eq!(code, Some(1), "{message}");
        assert!(message.contains("within 5 seconds"), "{message}");
    }
}

#[test]
fn health_refuses_other_answers() {
    for (answer, words) in [
        (&b""[..], "not HTTP"),
        (b"hello\r\n", "not HTTP"),
        (b"\xff\xfe\x00", "not text"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n{\"status\":\"ok\"}", "404"),
        (b"HTTP/1.1 \x1b[3 x\r\n\r\n", "status"),
        (b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"bad\"}", "body"),
        (b"HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\",\"x\":1}", "body"),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>", "body"),
        (b"HTTP/1.1 2000 OK\r\n\r\n{\"status\":\"ok\"}", "status 2000"),
        (b"HTTP/1.0 200 OK\r\n\r\n{\"status\":\"ok\"}", "not HTTP/1.1"),
    ] {
        let address = listener(move |mut stream| {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer);
        });
        let (code, message) = health(&address);
        assert_eq!(code, Some(1), "{}", String::from_utf8_lossy(answer));
        assert!(message.contains(words) && !message.contains('\x1b'), "{words}: {message}");
        assert_eq!(message.matches('\n').count(), 1, "{message}");
    }
    let endless = listener(|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    let (code, message) = health(&endless);
    assert_eq!(code, Some(1));
    assert!(message.contains("too large"), "{message}");
}
