//! Output that a separate thread writes, so that a reader that stops reading blocks neither the run nor the
//! restore.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};

/// A writer that blocks only in `flush`.
pub(super) struct Output(Sender<Message>);

enum Message {
    Text(Vec<u8>),
    /// Confirms that everything before was written; returns the first failure.
    Flush(Sender<io::Result<()>>),
}

impl Output {
    /// The output of a run. With a progress line on the same terminal, lines are written synchronously.
    pub(super) fn of(target: impl Write + Send + 'static, has_progress: bool) -> Box<dyn Write + Send> {
        match has_progress {
            true => Box::new(target),
            false => Box::new(Self::to(target)),
        }
    }

    fn to(target: impl Write + Send + 'static) -> Self {
        let (messages, received) = channel();
        std::thread::spawn(move || write_all(target, &received));
        Self(messages)
    }
}

fn write_all(mut target: impl Write, messages: &Receiver<Message>) {
    let mut outcome = Ok(());
    for message in messages {
        match message {
            Message::Text(text) if outcome.is_ok() => outcome = target.write_all(&text),
            Message::Text(_) => {}
            Message::Flush(done) => {
                let all = std::mem::replace(&mut outcome, Ok(())).and_then(|()| target.flush());
                // The caller may be gone.
                let _ = done.send(all);
            }
        }
    }
}

impl Write for Output {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.send(Message::Text(text.to_vec())).map_err(|_| gone())?;
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let (done, written) = channel();
        self.0.send(Message::Flush(done)).map_err(|_| gone())?;
        written.recv().map_err(|_| gone())?
    }
}

fn gone() -> io::Error {
    io::Error::other("the output thread has ended")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails after the first write.
    struct Full(bool);

    impl Write for Full {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            match std::mem::replace(&mut self.0, true) {
                false => Ok(text.len()),
                true => Err(io::Error::from(io::ErrorKind::StorageFull)),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn flush_returns_the_first_failure() {
        let mut output = Output::to(Full(false));
        assert!(output.write_all(b"one").is_ok() && output.flush().is_ok());
        assert!(output.write_all(b"two").is_ok() && output.write_all(b"three").is_ok());
        let failed = output.flush().map_err(|error| error.kind());
        assert_eq!(failed, Err(io::ErrorKind::StorageFull));
    }
}
