//! Ctrl-C, SIGTERM and a closed terminal end a run in order: no further step, everything put back.
//! A second Ctrl-C or SIGTERM ends it at once; a closed terminal does not, as it may be told of twice, by the
//! system and by the shell.

use std::io::Write as _;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::RunError;
use crate::exit_code::{COULD_NOT_RUN, NOT_RESTORED};
use crate::transport::Stop;

/// Listens from now on.
pub(super) fn end_by(stop: Stop) -> Result<(), RunError> {
    let mut signals = Signals::listen()
        .map_err(|error| RunError::Internal(format!("cannot listen for signals: {error}")))?;
    tokio::spawn(async move {
        let name = signals.next().await;
        stop.because(format!("interrupted by {name}"));
        say(&format!(
            "{name}: putting back what was changed; another Ctrl-C or SIGTERM ends at once, and leaves the undo file"
        ));
        let name = signals.again(name).await;
        say(&format!(
            "{name} again: ended; if an undo file was named above, put back with `okta-conformance restore` and it"
        ));
        let code = if stop.org_is_changed() { NOT_RESTORED } else { COULD_NOT_RUN };
        std::process::exit(i32::from(code));
    });
    Ok(())
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "okta-conformance: {text}");
}

/// Word that the terminal was closed.
const HANGUP: &str = "SIGHUP";

/// Whatever ends a session sends its signals together.
const TOGETHER: Duration = Duration::from_secs(1);

impl Signals {
    /// Waits for a signal by which somebody means to end at once.
    async fn again(&mut self, first: &'static str) -> &'static str {
        let began = Instant::now();
        loop {
            let name = self.next().await;
            if name != HANGUP && (name == first || began.elapsed() > TOGETHER) {
                return name;
            }
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// The terminal was closed.
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hangup.recv() => HANGUP,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await;
        "Ctrl-C"
    }
}
