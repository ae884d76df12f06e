//! Obtains a consent from a person at the terminal, or from a team's own command (a robot with a browser, for
//! example).

use std::io::Write as _;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use reqwest::Url;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

use super::environment::credentials;
use super::failure::ConsentFailure;
use super::request::Decision;

/// Maximum length of an answer, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// The time to read the rest of a command's output after its end.
const OUTPUT_GRACE: Duration = Duration::from_millis(500);

/// The source of consents and its timeout.
#[derive(Debug, Clone)]
pub struct ConsentPrompt {
    pub(crate) method: PromptMethod,
    pub(crate) timeout: Duration,
}

/// The source of consents.
#[derive(Debug, Clone)]
pub(crate) enum PromptMethod {
    /// The person at the terminal.
    Terminal,
    /// A command that the shell runs: it gets the link as `$1` and prints the result that the org showed.
    Command(String),
}

impl ConsentPrompt {
    /// Asks the person at the terminal, with a timeout.
    pub fn terminal(timeout: Duration) -> Self {
        Self { method: PromptMethod::Terminal, timeout }
    }

    /// Runs a command, with a timeout.
    pub fn command(command: impl Into<String>, timeout: Duration) -> Self {
        Self { method: PromptMethod::Command(command.into()), timeout }
    }

    /// Returns the result, parsed by `read`. The person or command does not get the credential of the run.
    pub(super) async fn ask<T>(
        &self,
        link: &Url,
        decision: Decision,
        credential: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ConsentFailure> {
        let consent = async {
            match &self.method {
                PromptMethod::Terminal => ask_at_terminal(link, decision, credential, read).await,
                PromptMethod::Command(command) => {
                    let text = run_command(command, link, decision, credential).await;
                    let text = text.map_err(ConsentFailure::Mistaken)?;
                    read(&text).map_err(ConsentFailure::Mistaken)
                }
            }
        };
        let seconds = self.timeout.as_secs();
        tokio::time::timeout(self.timeout, consent).await.unwrap_or_else(|_| {
            let reason = format!("nobody consented within {seconds} s");
            // A person may be busy; a command that times out has failed.
            Err(match &self.method {
                PromptMethod::Terminal => ConsentFailure::Nobody(reason),
                PromptMethod::Command(_) => ConsentFailure::Mistaken(format!("--consent-command: {reason}")),
            })
        })
    }
}

/// Asks a person, again if the pasted text is invalid.
async fn ask_at_terminal<T>(
    link: &Url,
    decision: Decision,
    credential: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, ConsentFailure> {
    say(&format!(
        "\nOpen this link and {} the consent:\n\n    {link}\n\nSign in, {}, and paste the result that the org shows (the JSON, or the URL in it). An empty line skips the consent:",
        decision.word(),
        decision.word()
    ));
    open_on_the_desktop(link, credential);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut text = String::new();
    let mut mistake = None;
    while let Ok(Some(line)) = lines.next_line().await {
        if line.trim().is_empty() && text.is_empty() {
            return Err(ConsentFailure::Nobody("the person skipped the consent".to_owned()));
        }
        text.push_str(&line);
        text.push('\n');
        // JSON may span several lines.
        let whole =
            !text.trim_start().starts_with('{') || serde_json::from_str::<serde_json::Value>(&text).is_ok();
        if whole {
            match read(&text) {
                Ok(read) => return Ok(read),
                Err(reason) => say(&format!("{}; paste it again:", mistake.insert(reason))),
            }
            text.clear();
        }
        if text.len() > MAX_ANSWER {
            break;
        }
    }
    Err(mistake.map_or_else(
        || ConsentFailure::Nobody("the pasted text is too long".to_owned()),
        ConsentFailure::Mistaken,
    ))
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Opens the link if there is a desktop; otherwise the person has the link.
fn open_on_the_desktop(link: &Url, credential: &str) {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if set("DISPLAY") || set("WAYLAND_DISPLAY") {
        "xdg-open"
    } else {
        return;
    };
    let mut command = std::process::Command::new(opener);
    for name in credentials(credential) {
        command.env_remove(name);
    }
    let _ =
        command.arg(link.as_str()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// The process group of the command, killed on drop, even if it hangs.
struct ProcessGroup(Option<u32>);

impl Drop for ProcessGroup {
    #[cfg(unix)]
    fn drop(&mut self) {
        let leader = self.0.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(leader) = leader {
            // The group may have ended already.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    fn drop(&mut self) {}
}

async fn run_command(
    command: &str,
    link: &Url,
    decision: Decision,
    credential: &str,
) -> Result<String, String> {
    let shown = |error: &dyn std::fmt::Display| format!("--consent-command failed: {error}");
    let mut started = Command::new("sh");
    #[cfg(unix)]
    started.process_group(0);
    for name in credentials(credential) {
        started.env_remove(name);
    }
    let mut child = started
        .args(["-c", &format!("{command} \"$@\""), "sh", link.as_str()])
        .env("OKTA_AUTHORIZE_URL", link.as_str())
        .env("OKTA_CONSENT", decision.word())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| shown(&error))?;
    let _group = ProcessGroup(child.id());
    let mut printed = Vec::new();
    let output = child.stdout.take().ok_or_else(|| shown(&"it has no output"))?;
    let mut output = output.take(MAX_ANSWER as u64 + 1);
    let mut reading = pin!(output.read_to_end(&mut printed));
    // Child processes may keep the output open; only the end of the command itself counts.
    let (ended, read) = tokio::select! {
        ended = child.wait() => (ended, None),
        read = &mut reading => (child.wait().await, Some(read)),
    };
    let read = match read {
        Some(read) => Some(read),
        None => tokio::time::timeout(OUTPUT_GRACE, reading).await.ok(),
    };
    read.transpose().map_err(|error| shown(&error))?;
    let status = ended.map_err(|error| shown(&error))?;
    if !status.success() {
        return Err(shown(&status));
    }
    if printed.len() > MAX_ANSWER {
        return Err(shown(&"its answer is too long"));
    }
    String::from_utf8(printed).map_err(|error| shown(&error))
}
