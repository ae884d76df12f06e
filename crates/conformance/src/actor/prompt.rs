//! Asking somebody else to consent: a person at the terminal, or a team's own
//! command (a robot with a browser, say).

use std::io::Write as _;
use std::pin::pin;
use std::process::Stdio;
use std::time::Duration;

use reqwest::Url;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;

use super::environment::credentials;
use super::{ConsentFailure, Decision};

/// No answer is longer.
const LONGEST: usize = 64 * 1024;

/// What a command printed is there so soon after its end.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Who is asked, and for how long.
#[derive(Debug, Clone)]
pub struct ConsentPrompt {
    pub(crate) who: PromptMethod,
    pub(crate) timeout: Duration,
}

/// Who is asked.
#[derive(Debug, Clone)]
pub(crate) enum PromptMethod {
    /// The person at the terminal.
    Terminal,
    /// A command of the user's, run by the shell: it gets the link as `$1` and
    /// prints what the org showed.
    Command(String),
}

impl ConsentPrompt {
    /// Asks the person at the terminal, who has so much time.
    pub fn terminal(timeout: Duration) -> Self {
        Self { who: PromptMethod::Terminal, timeout }
    }

    /// Asks a command, which has so much time.
    pub fn command(command: impl Into<String>, timeout: Duration) -> Self {
        Self { who: PromptMethod::Command(command.into()), timeout }
    }

    /// Gives what came back, as `read` takes it. Who is asked does not get the credential of the run.
    pub(super) async fn ask<T>(
        &self,
        link: &Url,
        decision: Decision,
        credential: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ConsentFailure> {
        let asked = async {
            match &self.who {
                PromptMethod::Terminal => at_the_terminal(link, decision, credential, read).await,
                PromptMethod::Command(command) => {
                    let said = by_command(command, link, decision, credential).await;
                    let said = said.map_err(ConsentFailure::Mistaken)?;
                    read(&said).map_err(ConsentFailure::Mistaken)
                }
            }
        };
        let seconds = self.timeout.as_secs();
        tokio::time::timeout(self.timeout, asked).await.unwrap_or_else(|_| {
            let reason = format!("nobody consented within {seconds} s");
            // A person may have other things to do; a command has not.
            Err(match &self.who {
                PromptMethod::Terminal => ConsentFailure::Nobody(reason),
                PromptMethod::Command(_) => ConsentFailure::Mistaken(format!("--consent-command: {reason}")),
            })
        })
    }
}

/// A person may paste the wrong thing, and is asked again.
async fn at_the_terminal<T>(
    link: &Url,
    decision: Decision,
    credential: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<T, ConsentFailure> {
    say(&format!(
        "\nA person has to {} here:\n\n    {link}\n\nSign in, {}, and paste what the org shows at the end (the JSON, or the URL in it); an empty line gives up:",
        decision.word(),
        decision.word()
    ));
    open_on_the_desktop(link, credential);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut said = String::new();
    let mut mistake = None;
    while let Ok(Some(line)) = lines.next_line().await {
        if line.trim().is_empty() && said.is_empty() {
            return Err(ConsentFailure::Nobody("the person gave up".to_owned()));
        }
        said.push_str(&line);
        said.push('\n');
        // JSON may come in several lines.
        let whole =
            !said.trim_start().starts_with('{') || serde_json::from_str::<serde_json::Value>(&said).is_ok();
        if whole {
            match read(&said) {
                Ok(read) => return Ok(read),
                Err(reason) => say(&format!("{}; paste it again:", mistake.insert(reason))),
            }
            said.clear();
        }
        if said.len() > LONGEST {
            break;
        }
    }
    Err(mistake.map_or_else(
        || ConsentFailure::Nobody("what was pasted does not end".to_owned()),
        ConsentFailure::Mistaken,
    ))
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Opens the link where there is a desktop; where not, the person has the link.
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

/// Everything that the command started; ended with it, also where it hangs.
struct ProcessGroup(Option<u32>);

impl Drop for ProcessGroup {
    #[cfg(unix)]
    fn drop(&mut self) {
        let leader = self.0.and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(leader) = leader {
            // It may have ended by itself.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    fn drop(&mut self) {}
}

async fn by_command(
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
    let mut output = output.take(LONGEST as u64 + 1);
    let mut reading = pin!(output.read_to_end(&mut printed));
    // What it started may live on and keep its output open: its own end is what counts.
    let (ended, read) = tokio::select! {
        ended = child.wait() => (ended, None),
        read = &mut reading => (child.wait().await, Some(read)),
    };
    let read = match read {
        Some(read) => Some(read),
        None => tokio::time::timeout(LAST_WORDS, reading).await.ok(),
    };
    read.transpose().map_err(|error| shown(&error))?;
    let status = ended.map_err(|error| shown(&error))?;
    if !status.success() {
        return Err(shown(&status));
    }
    if printed.len() > LONGEST {
        return Err(shown(&"its answer is too long"));
    }
    String::from_utf8(printed).map_err(|error| shown(&error))
}
