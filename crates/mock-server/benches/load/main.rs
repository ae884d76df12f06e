//! Compares the mock with a bare axum handler that answers the same bytes, in one run:
//!
//! ```text
//! cargo bench --package okta-mock-server --bench load
//! ```
//!
//! Rounds of the two alternate and only ratios are reported, so that a machine with varying speed does not
//! affect the result. All counts are bounded; nothing is asserted.

#![allow(clippy::print_stdout)]

mod driver;
mod servers;
mod tokens;

use std::error::Error;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use driver::{Exchange, Server, milliseconds, rate};
use servers::{Bare, Certificate, LoadedMock};
use tokens::Client;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The amount of work to measure.
#[derive(Clone, Copy)]
struct Size {
    rounds: usize,
    requests: usize,
    starts: usize,
    many_apps: usize,
}

/// Many short rounds instead of few long ones: other load on the machine then affects only single rounds.
const FULL: Size = Size { rounds: 151, requests: 800, starts: 21, many_apps: 100_000 };
/// The size for `cargo test --benches`, which only checks that the benchmark works.
const TINY: Size = Size { rounds: 1, requests: 50, starts: 1, many_apps: 100 };

fn main() -> Outcome<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("--serve-bare") => servers::serve_bare(),
        // Cargo passes this flag for a benchmark, but not for a test.
        _ if arguments.iter().any(|argument| argument == "--bench") => measure(FULL),
        _ => measure(TINY),
    }
}

fn measure(size: Size) -> Outcome<()> {
    println!("{:<50} {:>8} {:>8} {:>8}  target", "", "min", "median", "max");
    throughput(size, "", None)?;
    throughput(size, " over https", Some(&Certificate::create()?))?;
    starts(size)?;
    many_apps(size)?;
    states(size)?;
    token_requests(size)?;
    bound_calls(size)?;
    Ok(())
}

/// Token requests per second, divided by those of a handler that does the same cryptography and nothing else.
fn token_requests(size: Size) -> Outcome<()> {
    for algorithm in ["RS256", "ES256"] {
        let mock = LoadedMock::start(1, None)?;
        let client = Client::register(&mock.server, algorithm, false)?;
        let (exchange, work) = client.token_request()?;
        let answer = driver::answer(&mock.server, &exchange)?;
        let bare = Bare::working(&answer, None, Some(&work))?;
        let size = Size { requests: size.requests / 4, ..size };
        let ratios = paired(size, (&mock.server, &exchange), (&bare.server, &exchange))?;
        print_row(&format!("token with {algorithm}: mock / same cryptography"), ratios, ">= 0.80");
    }
    Ok(())
}

/// Calls with a bound token and a proof, divided in the same way.
fn bound_calls(size: Size) -> Outcome<()> {
    let mock = LoadedMock::start(1, None)?;
    let client = Client::register(&mock.server, "ES256", true)?;
    // Proofs are valid for five minutes, and each is used once.
    let (rounds, requests) = (size.rounds.div_ceil(3), size.requests / 4);
    let (calls, work) = client.bound_calls((rounds + 1) * requests)?;
    let (first, calls) = calls.split_at(requests);
    let answer = driver::answer(&mock.server, &first[0])?;
    let bare = Bare::working(&answer, None, Some(&work))?;
    driver::rate_of_each(&mock.server, &first[1..])?;
    let rounds = calls.chunks(requests);
    let ratio = |calls: &[_]| -> Outcome<f64> {
        Ok(driver::rate_of_each(&mock.server, calls)? / driver::rate_of_each(&bare.server, calls)?)
    };
    let ratios = rounds.map(ratio).collect::<Outcome<Vec<_>>>()?;
    print_row("GET app with DPoP: mock / same cryptography", ratios, ">= 0.80");
    Ok(())
}

/// Requests per second of the mock, divided by those of the bare handler.
fn throughput(size: Size, scheme: &str, certificate: Option<&Certificate>) -> Outcome<()> {
    let mock = LoadedMock::start(10, certificate)?;
    for (name, exchange, target) in
        [("GET connection", mock.get_connection(), ">= 0.90"), ("PUT feature", mock.put_feature(), ">= 0.80")]
    {
        let bare = Bare::start(&driver::answer(&mock.server, &exchange)?, certificate)?;
        let ratios = paired(size, (&mock.server, &exchange), (&bare.server, &exchange))?;
        print_row(&format!("{name}{scheme}: mock / bare handler"), ratios, target);
    }
    Ok(())
}

/// Start time of the mock relative to the bare handler, and memory after the start.
fn starts(size: Size) -> Outcome<()> {
    let own = std::env::current_exe()?;
    let mut ratios = Vec::new();
    let mut milliseconds = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..size.starts {
        let mut mock = Command::new(env!("CARGO_BIN_EXE_okta-mock-server"));
        let (took, child) = until_ready(mock.args(["--listen", "127.0.0.1:0"]))?;
        std::thread::sleep(Duration::from_millis(50));
        memory.push(resident_mebibytes(child.0.id())?);
        drop(child);
        let (bare, _child) = until_ready(Command::new(&own).arg("--serve-bare"))?;
        ratios.push(took.as_secs_f64() / bare.as_secs_f64());
        milliseconds.push(took.as_secs_f64() * 1000.0);
    }
    print_row("start to ready: mock / bare handler", ratios, "<= 2");
    print_row("start to ready, ms", milliseconds, "");
    print_row("idle memory with the guide's org, MiB", memory, "<= 8");
    Ok(())
}

/// The same requests to an org with many apps and to one with ten.
fn many_apps(size: Size) -> Outcome<()> {
    let many = LoadedMock::start(size.many_apps, None)?;
    let few = LoadedMock::start(10, None)?;
    let name = format!("memory with {} apps, MiB", size.many_apps);
    print_row(&name, vec![resident_mebibytes(many.process_id())?], "<= 250");
    for (name, left, right) in [
        ("GET connection: many apps / ten", many.get_connection(), few.get_connection()),
        ("PUT feature: many apps / ten", many.put_feature(), few.put_feature()),
        ("a page of the list: many apps / ten", many.list(), few.list()),
    ] {
        let ratios = paired(size, (&many.server, &left), (&few.server, &right))?;
        print_row(name, ratios, "~ 1 or more");
    }
    Ok(())
}

/// Resets, and copies of an org.
fn states(size: Size) -> Outcome<()> {
    let guide = LoadedMock::start(6, None)?;
    let reset = Exchange::new("POST", "/_mock/reset", "");
    let resets = (0..size.rounds).map(|_| milliseconds(&guide.server, &reset));
    print_row("reset of an org with 6 apps, ms", resets.collect::<Outcome<_>>()?, "< 1");

    let apps = size.many_apps / 10;
    let large = LoadedMock::start(apps, None)?;
    let fork =
        Exchange::new("POST", "/_mock/orgs", r#"{"name": "copy", "fork": "default", "listen": false}"#);
    let remove = Exchange::new("DELETE", "/_mock/orgs/copy", "");
    let forks = (0..size.starts).map(|_| {
        let took = milliseconds(&large.server, &fork)?;
        milliseconds(&large.server, &remove)?;
        Ok(took)
    });
    print_row(&format!("copy of an org with {apps} apps, ms"), forks.collect::<Outcome<_>>()?, "< 20");

    let empty = LoadedMock::start(1, None)?;
    let before = resident_mebibytes(empty.process_id())?;
    let add = |number| Exchange::new("POST", "/_mock/orgs", &format!("{{\"name\": \"org-{number}\"}}"));
    let orgs = size.many_apps / 100;
    let added = (0..orgs).map(|number| milliseconds(&empty.server, &add(number)));
    print_row("a new org with the guide's apps and a port, ms", added.collect::<Outcome<_>>()?, "~ 1");
    let memory = resident_mebibytes(empty.process_id())? - before;
    print_row(&format!("memory of {orgs} orgs, MiB"), vec![memory], "< 100");
    Ok(())
}

/// Alternates rounds, A B A B …, and returns the ratio of each pair.
fn paired(size: Size, left: (&Server, &Exchange), right: (&Server, &Exchange)) -> Outcome<Vec<f64>> {
    // One warm-up round of each.
    rate(left.0, left.1, size.requests)?;
    rate(right.0, right.1, size.requests)?;
    (0..size.rounds)
        .map(|_| Ok(rate(left.0, left.1, size.requests)? / rate(right.0, right.1, size.requests)?))
        .collect()
}

/// A child process that is killed on drop.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits for its ready line.
fn until_ready(command: &mut Command) -> Outcome<(Duration, KillOnDrop)> {
    let started = Instant::now();
    let mut child = KillOnDrop(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?);
    let output = child.0.stdout.take().ok_or("no standard output")?;
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line)?;
    if !line.contains(" ready at ") {
        return Err(format!("not ready: {line}").into());
    }
    Ok((started.elapsed(), child))
}

fn resident_mebibytes(process: u32) -> Outcome<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    let kibibytes: f64 = line.split_whitespace().nth(1).ok_or("no number in VmRSS")?.parse()?;
    Ok(kibibytes / 1024.0)
}

fn print_row(name: &str, mut figures: Vec<f64>, target: &str) {
    figures.sort_by(f64::total_cmp);
    let median = figures[figures.len() / 2];
    let (min, max) = (figures[0], figures[figures.len() - 1]);
    println!("{name:<50} {min:>8.3} {median:>8.3} {max:>8.3}  {target}");
}
