//! Ctrl-C, SIGTERM and a closed terminal end a run in order: no further step, everything put back.
//! Reports that nobody reads are not waited for then. A second Ctrl-C or SIGTERM ends it at once; a closed terminal does not, as it may be told of twice, by the
//! system and by the shell.
//!
//! Who starts the run with SIGHUP ignored, as `nohup` does, wants it to outlive the terminal: it stays ignored.
//! Where no SIGHUP comes, as to a run that was detached, a terminal that is gone is known by writes that fail:
//! these end nothing, and the run goes on to its end.

use std::io::Write as _;
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

#[cfg(unix)]
use crate::bundle;
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
        let reports_take_too_long = async {
            stop.over().await;
            tokio::time::sleep(WRITING).await;
        };
        tokio::select! {
            name = signals.again(name) => say(&format!(
                "{name} again: ended; if an undo file was named above, put back with `okta-conformance restore` and it"
            )),
            () = reports_take_too_long => say("ended: what the run has to say is not read, or cannot be written"),
        }
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

/// So long may reports take to be written, once the run is over and was to be ended.
const WRITING: Duration = Duration::from_millis(700);

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
    /// The terminal was closed; `None` where that is ignored.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: (!is_hangup_ignored()).then(|| signal(SignalKind::hangup())).transpose()?,
        })
    }

    async fn next(&mut self) -> &'static str {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
            () = hangup => HANGUP,
        }
    }
}

/// Whether the process was started with SIGHUP ignored. Without unsafe code only Linux tells it, in the mask of
/// ignored signals of proc_pid_status(5); elsewhere a SIGHUP ends the run in order, also under `nohup`.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let Ok(status) = bundle::read(Path::new("/proc/self/status")) else { return false };
    status.text.lines().find_map(|line| line.strip_prefix("SigIgn:")).is_some_and(has_hangup)
}

/// Whether a mask of signals, in hexadecimal digits, has SIGHUP: bit 0 stands for signal 1.
#[cfg(unix)]
fn has_hangup(mask: &str) -> bool {
    u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1)
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

#[cfg(all(test, unix))]
mod tests {
    use super::has_hangup;

    /// The lines of `grep SigIgn /proc/self/status`, plain and under `nohup`.
    #[test]
    fn a_mask_of_signals_is_read() {
        assert!(has_hangup("\t0000000000000001") && has_hangup("\t0000000000001001"));
        assert!(
            !has_hangup("\t0000000000000000") && !has_hangup("\t0000000000000002") && !has_hangup("none")
        );
    }
}
