//! The `okta-mock-server` command: a thin wrapper around the library.

mod command;
mod logging;

use std::io::Write as _;
use std::process::ExitCode;

use logging::Log;
use okta_mock_server::MockServer;
use tokio::signal::unix::{SignalKind, signal};

/// An answer makes about twenty small allocations; with the system allocator they took a sixth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let options = match command::Options::read() {
        Ok(options) => options,
        Err(code) => return code,
    };
    let log = Log::start(options.log);
    let result = run(&options, &log);
    log.finish();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            command::print_error(&message);
            ExitCode::from(command::COULD_NOT_RUN)
        }
    }
}

fn run(options: &command::Options, log: &Log) -> Result<(), String> {
    let builder = options.builder()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("cannot start: {error}"))?;
    runtime.block_on(async {
        let mock = builder.start().await.map_err(|error| command::explain(&error, options))?;
        // Before the ready line: a client that reads the line may send a signal at once.
        let stop = StopSignals::listen()?;
        announce(&mock, options, log)?;
        stop.wait().await;
        mock.shutdown().await;
        Ok(())
    })
}

/// Prints the ready line on standard output, then usage hints on standard error. A separate thread writes:
/// if nobody reads standard output, neither requests nor the shutdown block.
fn announce(mock: &MockServer, options: &command::Options, log: &Log) -> Result<(), String> {
    let ready = format!("okta-mock-server ready at {}\n", mock.url());
    let (getting_started, console) = (command::getting_started(mock, options), log.console());
    let announce = move || {
        // Keep serving even if standard output is closed.
        let mut output = std::io::stdout().lock();
        let _ = output.write_all(ready.as_bytes());
        let _ = output.flush();
        console.print(&getting_started);
    };
    let thread = std::thread::Builder::new().name("ready line".into()).spawn(announce);
    thread.map(drop).map_err(|error| format!("cannot start a thread: {error}"))
}

/// The signals that stop the mock: Ctrl-C and SIGTERM.
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl StopSignals {
    fn listen() -> Result<Self, String> {
        let on = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
        Ok(Self { interrupt: on(SignalKind::interrupt())?, terminate: on(SignalKind::terminate())? })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
