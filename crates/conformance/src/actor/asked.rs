//! Asking somebody else to consent: a person at the terminal, or a team's own
//! command (a robot with a browser, say).

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use reqwest::Url;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::Decision;

/// No answer is longer.
const LONGEST: usize = 64 * 1024;

/// Who is asked, and for how long.
#[derive(Debug, Clone)]
pub struct Asked {
    pub(crate) who: Who,
    pub(crate) timeout: Duration,
}

/// Who is asked.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    /// The person at the terminal.
    Terminal,
    /// A command of the user's, run by the shell: it gets the link as `$1` and
    /// prints what the org showed.
    Command(String),
}

impl Asked {
    /// Asks the person at the terminal, who has so much time.
    pub fn terminal(timeout: Duration) -> Self {
        Self { who: Who::Terminal, timeout }
    }

    /// Asks a command, which has so much time.
    pub fn command(command: impl Into<String>, timeout: Duration) -> Self {
        Self { who: Who::Command(command.into()), timeout }
    }

    /// Gives what came back, or why nothing did.
    pub(super) async fn ask(&self, link: &Url, decision: Decision) -> Result<String, String> {
        let asked = async {
            match &self.who {
                Who::Terminal => at_the_terminal(link, decision).await,
                Who::Command(command) => by_command(command, link, decision).await,
            }
        };
        let seconds = self.timeout.as_secs();
        tokio::time::timeout(self.timeout, asked)
            .await
            .unwrap_or_else(|_| Err(format!("nobody consented within {seconds} s")))
    }
}

async fn at_the_terminal(link: &Url, decision: Decision) -> Result<String, String> {
    say(&format!(
        "\nA person has to {} here:\n\n    {link}\n\nSign in, {}, and paste what the org shows at the end (the JSON, or the URL in it); an empty line gives up:",
        decision.word(),
        decision.word()
    ));
    open_on_the_desktop(link);
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut said = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.trim().is_empty() && said.is_empty() {
            return Err("the person gave up".to_owned());
        }
        said.push_str(&line);
        said.push('\n');
        // JSON may come in several lines.
        let whole =
            !said.trim_start().starts_with('{') || serde_json::from_str::<serde_json::Value>(&said).is_ok();
        if whole {
            return Ok(said);
        }
        if said.len() > LONGEST {
            break;
        }
    }
    Err("what was pasted does not end".to_owned())
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Opens the link where there is a desktop; where not, the person has the link.
fn open_on_the_desktop(link: &Url) {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if set("DISPLAY") || set("WAYLAND_DISPLAY") {
        "xdg-open"
    } else {
        return;
    };
    let _ = std::process::Command::new(opener)
        .arg(link.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}

/// Everything that the command started; ended with it, also where it hangs.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let Some(leader) = self.0.filter(|_| cfg!(unix)) else { return };
        let _ = std::process::Command::new("kill")
            .args(["-KILL", "--", &format!("-{leader}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

async fn by_command(command: &str, link: &Url, decision: Decision) -> Result<String, String> {
    let shown = |error: &dyn std::fmt::Display| format!("--consent-command failed: {error}");
    let mut started = Command::new("sh");
    #[cfg(unix)]
    started.process_group(0);
    let child = started
        .args(["-c", &format!("{command} \"$@\""), "sh", link.as_str()])
        .env("OKTA_AUTHORIZE_URL", link.as_str())
        .env("OKTA_CONSENT", decision.word())
        .env_remove(crate::credential::API_TOKEN)
        .env_remove(crate::credential::ACCESS_TOKEN)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| shown(&error))?;
    let _group = Group(child.id());
    let output = child.wait_with_output().await.map_err(|error| shown(&error))?;
    if !output.status.success() {
        return Err(shown(&output.status));
    }
    if output.stdout.len() > LONGEST {
        return Err(shown(&"its answer is too long"));
    }
    String::from_utf8(output.stdout).map_err(|error| shown(&error))
}
