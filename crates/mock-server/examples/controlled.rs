//! A test that puts an org into a state, makes it fail, and looks at what a client sent:
//!
//! ```text
//! cargo run --package okta-mock-server --example controlled
//! ```

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use okta_mock_server::{Fault, Load, MockServer, NewOrg, RequestFilter};

const GOOGLE: &str = "0oagoogle00000000001";

/// Stands for the code under test: reads the features of an app, and tries again after a 503.
fn code_under_test(url: &str) -> Result<String, Box<dyn Error>> {
    for _ in 0..3 {
        let mut stream = TcpStream::connect(url.trim_start_matches("http://"))?;
        let head =
            format!("GET /api/v1/apps/{GOOGLE}/features HTTP/1.1\r\nHost: localhost\r\nConnection: close");
        stream.write_all(format!("{head}\r\nAuthorization: SSWS a-token\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if !answer.starts_with("HTTP/1.1 503") {
            return Ok(answer);
        }
    }
    Err("503 three times".into())
}

/// Runs the example.
///
/// # Errors
/// If anything but what is described happens.
pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let mock = MockServer::builder().seed(1).start_blocking()?;
    // An org in the state that the test needs, and another one that it must not touch.
    mock.org().set_app_state(
        GOOGLE,
        r#"{"connection": {"status": "ENABLED", "profile": {"authScheme": "OAUTH2"}, "consented": true}}"#,
    )?;
    let other = mock.add_org(NewOrg::load("other", Load::Guide))?;
    mock.org().add_fault(Fault::status("listFeaturesForApplication", 503).times(2))?;

    let answer = code_under_test(mock.url())?;
    println!("{}", answer.lines().next().unwrap_or_default());

    mock.org().assert_requests(&RequestFilter::all().operation("listFeaturesForApplication"), 3);
    assert_eq!(other.org().requests(&RequestFilter::all()), []);
    mock.org().reset();
    assert!(mock.org().requests(&RequestFilter::all()).is_empty());
    Ok(())
}
