//! Log output on standard error. It never blocks a request or the shutdown: a worker thread writes the
//! lines. Lines that are not read in time are dropped and counted.

use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

use clap::ValueEnum;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};

/// Maximum number of lines that wait for the worker; further lines are dropped.
const BUFFERED_LINES: usize = 4096;

/// Least severe level of the lines that are logged.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

impl LogLevel {
    const fn level(self) -> Option<tracing::Level> {
        match self {
            Self::Off => None,
            Self::Error => Some(tracing::Level::ERROR),
            Self::Warn => Some(tracing::Level::WARN),
            Self::Info => Some(tracing::Level::INFO),
            Self::Debug => Some(tracing::Level::DEBUG),
        }
    }
}

/// The running log output. [`Log::finish`] writes what is still buffered.
pub(crate) struct Log {
    output: NonBlocking,
    dropped: ErrorCounter,
    worker: WorkerGuard,
}

impl Log {
    /// Starts the worker and sends log lines of this level and above to it. The library itself
    /// installs nothing.
    pub(crate) fn start(level: LogLevel) -> Self {
        let counter = Arc::new(OnceLock::new());
        let writer = StandardError { counter: counter.clone(), reported: 0 };
        let (output, worker) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(BUFFERED_LINES)
            .thread_name("log")
            .finish(writer);
        let dropped = counter.get_or_init(|| output.error_counter()).clone();
        if let Some(level) = level.level() {
            tracing_subscriber::fmt()
                .with_max_level(level)
                .with_writer(output.clone())
                .with_ansi(false)
                // If standard error cannot be written, reporting that on standard error would panic.
                .log_internal_errors(false)
                .init();
        }
        // The default hook writes to standard error directly and could block.
        std::panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
        Self { output, dropped, worker }
    }

    /// Returns an output for human-readable text.
    pub(crate) fn console(&self) -> Console {
        Console(self.output.clone())
    }

    /// Writes the buffered lines, within about a second.
    pub(crate) fn finish(self) {
        if self.dropped.dropped_lines() > 0 {
            // The buffer was full, so probably nobody reads it: waiting would delay the exit.
            std::mem::forget(self.worker);
        }
    }
}

/// Human-readable text, in order with the log lines.
pub(crate) struct Console(NonBlocking);

impl Console {
    /// Writes a text.
    pub(crate) fn print(mut self, text: &str) {
        // Writing to the buffer cannot fail: text that does not fit is dropped and counted.
        let _ = self.0.write_all(text.as_bytes());
    }
}

/// Standard error as the worker writes it. Also reports the number of dropped lines.
struct StandardError {
    counter: Arc<OnceLock<ErrorCounter>>,
    reported: usize,
}

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let dropped = self.counter.get().map_or(0, ErrorCounter::dropped_lines);
        let mut output = io::stderr().lock();
        if dropped > self.reported {
            let lines = dropped - self.reported;
            self.reported = dropped;
            writeln!(output, "okta-mock-server: {lines} log lines were dropped: nobody read standard error")?;
        }
        output.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
