//! Outside tools that tests run. `tests/tools/install` installs most of them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
///
/// # Panics
/// If it is not there.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Returns the Python with the tools, if installed.
#[must_use]
pub fn python(script: &str) -> Option<Command> {
    with_script(python_program(), "Python", script)
}

/// Returns the Python with the tools, to run a module.
#[must_use]
pub fn python_module(module: &str) -> Option<Command> {
    let mut command = command(python_program(), "Python", module)?;
    command.args(["-m", module]);
    Some(command)
}

fn python_program() -> Option<PathBuf> {
    Some(workspace().join(".tools/python/bin/python")).filter(|python| python.is_file())
}

/// Returns Node, if it and its packages are installed.
#[must_use]
pub fn node(script: &str) -> Option<Command> {
    let packages = workspace().join("tests/node_modules/.package-lock.json").is_file();
    with_script(installed("node", "--version").filter(|_| packages), "Node", script)
}

/// Returns a program of the search path, if it answers this argument.
#[must_use]
pub fn installed(program: &str, argument: &str) -> Option<PathBuf> {
    let answers = Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success());
    answers.then(|| PathBuf::from(program))
}

/// Returns a program with a script of the repository, if installed.
#[must_use]
pub fn with_script(program: Option<PathBuf>, tool: &str, script: &str) -> Option<Command> {
    let mut command = command(program, tool, script)?;
    command.arg(workspace().join(script));
    Some(command)
}

/// Returns a program that `tests/tools/install` installs, if it is there.
///
/// # Panics
/// If it is missing and `OKTA_TESTS_ALL` is set.
#[must_use]
pub fn command(program: Option<PathBuf>, tool: &str, what: &str) -> Option<Command> {
    let Some(program) = program else {
        assert!(
            std::env::var_os("OKTA_TESTS_ALL").is_none(),
            "{tool} is not installed: run tests/tools/install"
        );
        not_run(&format!("{what} needs {tool}; run tests/tools/install"));
        return None;
    };
    let mut command = Command::new(program);
    command.current_dir(workspace());
    Some(command)
}

/// Says that a test did not run. Written directly, because the test harness hides the output of passing tests.
///
/// # Panics
/// If standard error is closed.
pub fn not_run(reason: &str) {
    std::io::stderr().write_all(format!("NOT RUN: {reason}\n").as_bytes()).unwrap();
}

/// Runs a script that must succeed, and returns its output.
///
/// # Panics
/// If it does not start or fails.
pub fn succeeds(command: &mut Command) -> String {
    let output = command.output().expect("the tool starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}\n{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// A new folder for the files of a test, in this process alone.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn empty_folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("okta-outside-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
