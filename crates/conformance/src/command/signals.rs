//! Ctrl-C, SIGTERM and a closed terminal stop a run in order: no further step starts, and everything is
//! restored. Reports that nobody reads are not waited for then. A second Ctrl-C or SIGTERM exits at once. A
//! closed terminal does not, because the system and the shell may both report it.
//!
//! If SIGHUP is ignored at the start, as under `nohup`, it stays ignored: the run is meant to outlive the
//! terminal. If no SIGHUP arrives, as in a detached run, writes to a closed terminal fail; they stop nothing,
//! and the run goes on to its end.

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

/// Stops the run on a signal from now on.
pub(super) fn end_by(stop: Stop) -> Result<(), RunError> {
    let mut signals = Signals::listen()
        .map_err(|error| RunError::Internal(format!("cannot listen for signals: {error}")))?;
    tokio::spawn(async move {
        let name = signals.next().await;
        stop.because(format!("interrupted by {name}"));
        say(&format!(
            "{name}: restoring the org; press Ctrl-C or send SIGTERM again to exit at once and keep the undo file"
        ));
        let reports_take_too_long = async {
            stop.over().await;
            tokio::time::sleep(WRITING).await;
        };
        tokio::select! {
            name = signals.again(name) => say(&format!(
                "{name} again: exited; if an undo file was named above, run `okta-conformance restore` with it"
            )),
            () = reports_take_too_long => say("exited: the report cannot be written, or nobody reads it"),
        }
        let code = if stop.org_is_changed() { NOT_RESTORED } else { COULD_NOT_RUN };
        std::process::exit(i32::from(code));
    });
    Ok(())
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "okta-conformance: {text}");
}

/// The name of the signal for a closed terminal.
const HANGUP: &str = "SIGHUP";

/// Maximum time to write the reports of a stopped run.
const WRITING: Duration = Duration::from_millis(700);

/// Maximum time between signals that one event sends together.
const TOGETHER: Duration = Duration::from_secs(1);

impl Signals {
    /// Waits for a signal that asks to exit at once.
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
    /// The terminal was closed; `None` if SIGHUP is ignored.
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

/// True if the process was started with SIGHUP ignored. Without unsafe code only Linux shows it, in the mask
/// of ignored signals of proc_pid_status(5); elsewhere SIGHUP stops the run in order, also under `nohup`.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    let Ok(status) = bundle::read(Path::new("/proc/self/status")) else { return false };
    status.text.lines().find_map(|line| line.strip_prefix("SigIgn:")).is_some_and(has_hangup)
}

/// True if a hexadecimal signal mask contains SIGHUP: bit 0 is signal 1.
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

    /// Lines of `grep SigIgn /proc/self/status`, without and with `nohup`.
    #[test]
    fn sighup_is_found_in_a_signal_mask() {
        assert!(has_hangup("\t0000000000000001") && has_hangup("\t0000000000001001"));
        assert!(
            !has_hangup("\t0000000000000000") && !has_hangup("\t0000000000000002") && !has_hangup("none")
        );
    }
}
