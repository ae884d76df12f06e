//! `env`: lines that a shell evaluates.

use std::process::Command;

use crate::support::{PROGRAM, REMOVED, finish, no_shell, program, run, text};

/// Evaluates the lines of `env` in a shell and returns the shell's environment.
fn evaluated(arguments: &[&str], variables: &[(&str, &str)]) -> Vec<String> {
    let mut shell = Command::new("sh");
    shell.args(["-euc", "lines=$(\"$@\"); eval \"$lines\"; env", "sh", PROGRAM, "env"]).args(arguments);
    shell.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    shell.envs(REMOVED.map(|name| (name, "leads-away")));
    shell.envs(variables.iter().copied());
    let output = finish(shell);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout).lines().filter(|line| line.starts_with("OKTA_"));
    lines.map(ToOwned::to_owned).collect()
}

#[test]
fn a_shell_can_evaluate_the_lines_of_each_client() {
    if no_shell("env") {
        return;
    }
    let url = "http://127.0.0.1:8080";
    let expected: [(&str, &[&str], &[&str]); 7] = [
        (
            "python",
            &["OKTA_CLIENT_ORGURL=http://127.0.0.1:8080", "OKTA_TESTING_TESTINGDISABLEHTTPSCHECK=true"],
            &["OKTA_CLIENT_PRIVATEKEY="],
        ),
        ("node", &["OKTA_CLIENT_ORGURL=http://127.0.0.1:8080"], &["OKTA_CLIENT_KEYID=", "OKTA_TESTING_"]),
        (
            "go",
            &["OKTA_CLIENT_PROXY_HOST=127.0.0.1", "OKTA_CLIENT_PROXY_PORT=8080"],
            &["OKTA_CLIENT_JWK=", "OKTA_CLIENT_PROXY_USERNAME="],
        ),
        ("java", &["OKTA_TESTING_DISABLEHTTPSCHECK=true"], &["OKTA_CLIENT_OAUTH2_ACCESSTOKEN="]),
        ("dotnet", &["OKTA_CLIENT_OKTADOMAIN=http://127.0.0.1:8080"], &["OKTA_CLIENT_ACCESSTOKEN="]),
        (
            "terraform",
            &["OKTA_HTTP_PROXY=http://127.0.0.1:8080", "OKTA_ACCESS_TOKEN=any-token", "OKTA_ORG_NAME=127"],
            &["OKTA_API_TOKEN=", "OKTA_API_PRIVATE_KEY="],
        ),
        (
            "curl",
            &["OKTA_MOCK_URL=http://127.0.0.1:8080", "OKTA_CLIENT_TOKEN=any-token"],
            &["OKTA_HTTP_PROXY="],
        ),
    ];
    for (client, present, absent) in expected {
        for arguments in [&[client][..], &[client, "--url", url], &[client, "--url", &format!("{url}/")]] {
            let lines = evaluated(arguments, &[("OKTA_API_TOKEN", "of-a-real-org")]);
            for line in present {
                assert!(lines.iter().any(|came| came == line), "{client}: {line} {lines:?}");
            }
            for prefix in absent {
                assert!(!lines.iter().any(|came| came.starts_with(prefix)), "{client}: {prefix} {lines:?}");
            }
        }
    }
}

#[test]
fn env_refers_to_a_declared_token_and_never_prints_it() {
    if no_shell("env with a token") {
        return;
    }
    let declared = "se'cret$(x)";
    let mut program = program(&["env", "curl"]);
    let output = finish({
        program.env("OKTA_MOCK_API_TOKEN", declared);
        program
    });
    assert!(!text(&output.stdout).contains("cret"), "{}", text(&output.stdout));
    let lines = evaluated(&["curl"], &[("OKTA_MOCK_API_TOKEN", declared)]);
    assert!(lines.contains(&format!("OKTA_CLIENT_TOKEN={declared}")), "{lines:?}");
    let lines = evaluated(&["terraform"], &[("OKTA_MOCK_ACCESS_TOKEN", declared)]);
    assert!(lines.contains(&format!("OKTA_ACCESS_TOKEN={declared}")), "{lines:?}");
}

#[test]
fn no_url_can_run_a_command() {
    if no_shell("hostile URLs") {
        return;
    }
    let trace = std::env::temp_dir().join(format!("okta-mock-env-{}", std::process::id()));
    let touch = format!("touch${{IFS}}{}", trace.display());
    for url in [
        "http://a';id;'b".to_owned(),
        "http://a'$(id)'b".to_owned(),
        "http://a`id`b.test".to_owned(),
        "http://$(id).test".to_owned(),
        "http://a'b.test".to_owned(),
        format!("http://x.test:8080/';{touch};'"),
        format!("http://x.test/$({touch})"),
        format!("http://x.test?';{touch};'"),
        "http://x.test\n;id".to_owned(),
    ] {
        let output = run(&["env", "terraform", "--url", &url]);
        if !output.status.success() {
            assert_eq!(output.status.code(), Some(2), "{url}");
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{url}");
            continue;
        }
        let lines = evaluated(&["terraform", "--url", &url], &[]);
        let proxy = lines.iter().find_map(|line| line.strip_prefix("OKTA_HTTP_PROXY=")).unwrap();
        // Host names are case-insensitive, and the port is always given.
        let host = url.replace('\n', "").to_lowercase();
        assert_eq!(proxy, format!("{host}:80"), "{url}");
    }
    assert!(!trace.exists());
}

#[test]
fn an_invalid_url_is_refused() {
    for url in [
        "127.0.0.1:8080",
        "ftp://127.0.0.1",
        "http://",
        "http://user:password@127.0.0.1",
        "http://127.0.0.1/api",
        "http://127.0.0.1?x",
        "http://127.0.0.1:99999",
        "",
    ] {
        for arguments in [&["env", "python", "--url", url][..], &["health", url]] {
            let output = run(arguments);
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            let line = text(&output.stderr);
            assert!(line.contains("such as http://127.0.0.1:8080") || url.is_empty(), "{line}");
            assert!(output.stdout.is_empty() && line.matches('\n').count() == 1, "{line}");
        }
    }
    assert_eq!(run(&["env", "perl"]).status.code(), Some(2));
    assert_eq!(run(&["health", "ftp://127.0.0.1:8080"]).status.code(), Some(2));
}
