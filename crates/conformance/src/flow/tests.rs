//! Loading rejects invalid files with file, line and reason; selections choose runs.
#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::bundle::TextFile;
use crate::error::RunError;
use crate::guide::Guide;

const GOOD: &str = r#"arazzo: 1.0.1
info: {title: Token connection, version: 0.1.0}
sourceDescriptions:
  - {name: okta, url: ../contract/openapi.json, type: openapi}
workflows:
  - workflowId: read-connection
    summary: Read it
    inputs:
      type: object
      required: [app, appId]
      properties:
        app: {type: string}
        appId: {type: string}
        token: {type: string, format: password}
        activate: {type: boolean, default: false}
      examples:
        - {app: zscalerbyz, token: fixture-token-z}
        - {app: okta_org2org, token: fixture-token-o}
    steps:
      - stepId: read
        x-guide: token/1
        x-snapshot: in the order of chance
        operationId: $sourceDescriptions.okta.getDefaultProvisioningConnectionForApplication
        parameters:
          - {name: appId, in: path, value: $inputs.appId}
        successCriteria:
          - condition: $statusCode == 200
          - {context: $response.body#/status, type: regex, condition: '^DISABLED$'}
        outputs:
          status: $response.body#/status
    outputs:
      status: $steps.read.outputs.status
"#;

fn load(text: &str) -> Result<Library, RunError> {
    Library::from_files(vec![TextFile {
        name: "own.arazzo.yaml".to_owned(),
        text: text.to_owned(),
        folder: None,
    }])
}

fn refused(from: &str, to: &str) -> (usize, String) {
    assert!(GOOD.contains(from), "{from}");
    match load(&GOOD.replacen(from, to, 1)) {
        Err(RunError::File { file, line, reason, .. }) => {
            assert_eq!(file, "own.arazzo.yaml");
            assert!(!reason.contains('\n'), "{reason}");
            (line, reason)
        }
        other => panic!("{to}: {other:?}"),
    }
}

#[test]
fn a_valid_file_gives_its_flow() {
    let library = load(GOOD).unwrap();
    let flow = library.flow("read-connection").unwrap();
    assert_eq!(flow.apps().collect::<Vec<_>>(), ["zscalerbyz", "okta_org2org"]);
    assert_eq!(flow.section, "Token connection");
    assert_eq!(flow.steps[0].guide.as_deref(), Some("token/1"));
    assert_eq!(flow.secrets[0].0, "token");
    assert_eq!(flow.steps[0].no_snapshot.as_deref(), Some("in the order of chance"));
    let runs = plan(&library, &Guide::default(), &Selection::default()).unwrap();
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0].inputs.get("activate"), Some(&false.into()));
}

#[test]
fn errors_have_line_and_reason() {
    for (from, to, line, reason) in [
        ("arazzo: 1.0.1", "arazzo: 2.0.0", 1, "Arazzo 2.0.0 is not supported"),
        ("successCriteria:", "sucessCriteria:", 26, "did you mean `successCriteria`?"),
        (
            "okta.getDefaultProv",
            "okta.getDefaultPrv",
            23,
            "did you mean `getDefaultProvisioningConnectionForApplication`?",
        ),
        (
            "$sourceDescriptions.okta",
            "$sourceDescriptions.octa",
            23,
            "not a source description of type `openapi`",
        ),
        ("$inputs.appId", "$inputs.appid", 24, "no input `appid`"),
        ("name: appId, in: path", "name: app, in: path", 25, "no parameter `app`; did you mean `appId`?"),
        (
            "{name: appId, in: path, value: $inputs.appId}",
            "{name: activate, in: query, value: x}",
            20,
            "needs the path parameter `appId`",
        ),
        ("$steps.read.outputs.status", "$steps.reed.outputs.status", 32, "no step `reed`"),
        ("$steps.read.outputs.status", "$steps.read.outputs.state", 32, "no output `state`"),
        ("'^DISABLED$'", "'^DIS(ABLED$'", 28, "not a regular expression"),
        ("type: regex", "type: xpath", 28, "`xpath` are not supported"),
        ("$statusCode == 200", "$statusCode = 200", 27, "not a value"),
        ("$response.body#/status, type", "$response.body.status, type", 28, "JSON pointer"),
        ("stepId: read", "stepID: read", 20, "did you mean `stepId`?"),
        ("      - stepId: read\n        x-guide", "      - x-guide", 20, "needs `stepId`"),
        ("in: path", "in: cookie", 25, "`cookie` are not supported"),
        ("in: path", "in: body", 25, "`in` must be one of path, query"),
        ("../contract/openapi.json", "../contract/none.json", 4, "none built in"),
        ("../contract/openapi.json", "https://example.com/o.json", 4, "remote"),
        ("successCriteria:", "timeout: 3\n        successCriteria:", 26, "`timeout` is not supported"),
        ("    summary: Read it", "    summary: 3", 7, "must be a string"),
        ("value: $inputs.appId", "value: $statusCode", 24, "before the request is sent"),
        ("value: $inputs.appId", "value: $steps.read.outputs.status", 24, "has not run yet"),
        ("  - {name: okta", "  - {name: 'ok ta'", 4, "must match"),
    ] {
        let (at, why) = refused(from, to);
        assert!(why.contains(reason), "{to}: {why}");
        assert!(at.abs_diff(line) <= 1, "{to}: line {at}, not {line}: {why}");
    }
}

/// The valid file with these inputs instead of its own.
fn with_inputs(inputs: &str) -> Result<Library, RunError> {
    let (before, rest) = GOOD.split_once("    inputs:\n").unwrap();
    let (_, after) = rest.split_once("    steps:\n").unwrap();
    load(&format!("{before}{inputs}    steps:\n{after}"))
}

#[test]
fn inputs_can_come_from_another_file_and_x_only_for_selects_examples() {
    let apps = |inputs: &str| {
        let library = with_inputs(inputs).unwrap();
        library.flow("read-connection").unwrap().apps().map(ToOwned::to_owned).collect::<Vec<_>>()
    };
    let token = "    inputs: {$ref: 'apps.yaml#/token'}\n";
    let has = |apps: &[String], name: &str| apps.iter().any(|app| app == name);
    // The catalogue may have further apps.
    assert!(has(&apps(token), "zscalerbyz") && has(&apps(token), "okta_org2org"));
    let importing = format!("{token}    x-only-for: {{features: {{INBOUND_PROVISIONING: true}}}}\n");
    assert!(has(&apps(&importing), "okta_org2org") && !has(&apps(&importing), "zscalerbyz"));
    for (inputs, line, reason) in [
        ("    inputs: {$ref: 'apps.yaml#/tokens'}\n".to_owned(), 8, "`/tokens` is not in flows/apps.yaml"),
        ("    inputs: {$ref: 'appz.yaml#/token'}\n".to_owned(), 8, "no such file"),
        ("    inputs: {$ref: '#/components/inputs/token'}\n".to_owned(), 8, "is not in this file"),
        (format!("{token}    x-only-for: okta_org2org\n"), 9, "`x-only-for` must be an object"),
        (
            format!("{token}    x-only-for: {{app: salesforce}}\n"),
            9,
            "no example has the values in `x-only-for`",
        ),
    ] {
        match with_inputs(&inputs) {
            Err(RunError::File { line: at, reason: why, .. }) => {
                assert!(at.abs_diff(line) <= 1 && why.contains(reason), "{inputs}: line {at}: {why}");
            }
            other => panic!("{inputs}: {other:?}"),
        }
    }
}

#[test]
fn a_path_parameter_of_a_workflow_applies_to_steps_with_that_path_parameter() {
    let list = "      - stepId: list\n        operationId: $sourceDescriptions.okta.listApplications\n\n";
    let own = "        parameters:\n          - {name: appId, in: path, value: $inputs.appId}\n";
    let general = "    parameters: [{name: appId, in: path, value: $inputs.appId}]\n    steps:\n";
    let text = GOOD.replace(own, "").replacen("    steps:\n", &format!("{general}{list}"), 1);
    let library = load(&text).unwrap();
    let steps = &library.flow("read-connection").unwrap().steps;
    assert_eq!((steps[0].parameters.len(), steps[1].parameters.len()), (0, 1));
    let message =
        load(&text.replace("name: appId, in: path", "name: appID, in: path")).unwrap_err().to_string();
    assert!(message.contains("needs the path parameter `appId`"), "{message}");
}

/// The valid file with another step before its own.
fn with_step(step: &str) -> Result<Library, RunError> {
    load(&GOOD.replacen("    steps:\n", &format!("    steps:\n{step}"), 1))
}

/// A step that lists apps, with this parameter and these further lines.
fn lists(parameters: &str, further: &str) -> String {
    format!(
        "      - stepId: list\n        operationId: listApplications\n        parameters:\n          \
         - {{name: limit, in: query, value: 1}}\n          - {parameters}\n{further}"
    )
}

#[test]
fn parameters_that_the_operation_does_not_declare_give_a_warning() {
    for (parameter, line, reason) in [
        (
            "{name: fliter, in: query, value: x}",
            24,
            "the step `list`: `listApplications` declares no query parameter `fliter`; did you mean `filter`?",
        ),
        ("{name: X-Trace, in: header, value: x}", 24, "declares no header `X-Trace` (to send it on purpose"),
        ("{name: filter, in: header, value: x}", 24, "`filter` is declared in the query"),
    ] {
        let warnings = with_step(&lists(parameter, "")).unwrap().warnings;
        let [warning] = warnings.as_slice() else { panic!("{parameter}: {warnings:?}") };
        assert!(warning.contains(reason) && warning.contains(&format!(":{line}:")), "{warning}");
    }
}

#[test]
fn wrong_path_parameters_and_needless_x_undeclared_are_rejected() {
    for (parameter, besides, line, reason) in [
        (
            "{name: appId, in: path, value: x}",
            "",
            24,
            "the path of `listApplications` has no parameter `appId`",
        ),
        (
            "{name: filter, in: query, value: x}",
            "        x-undeclared: [filter]\n",
            25,
            "`x-undeclared` names `filter`, but `listApplications` declares it; remove it",
        ),
        (
            "{name: fliter, in: query, value: x}",
            "        x-undeclared: [fliter, q]\n",
            25,
            "`x-undeclared` names `q`, but the step does not send it; remove it",
        ),
        (
            "{name: fliter, in: query, value: x}",
            "        x-undeclared: fliter\n",
            25,
            "`x-undeclared` must be a list of names",
        ),
    ] {
        match with_step(&lists(parameter, besides)) {
            Err(RunError::File { line: at, reason: why, .. }) => {
                assert!(why.contains(reason), "{parameter}: {why}");
                assert_eq!(at, line, "{parameter}: {why}");
            }
            other => panic!("{parameter}: {other:?}"),
        }
    }
    let calling = "      - {stepId: call, workflowId: read-connection, x-undeclared: [a]}\n";
    let message = with_step(calling).unwrap_err().to_string();
    assert!(message.contains("this step calls a flow"), "{message}");
}

#[test]
fn declared_parameters_and_those_in_x_undeclared_pass() {
    for (parameter, besides) in [
        ("{name: filter, in: query, value: x}", ""),
        ("{name: AUTHORIZATION, in: header, value: ''}", ""),
        ("{name: fliter, in: query, value: x}", "        x-undeclared: [fliter]\n"),
        ("{name: X-Trace, in: header, value: x}", "        x-undeclared: [X-Trace]\n"),
    ] {
        let warnings = with_step(&lists(parameter, besides)).unwrap().warnings;
        assert!(warnings.is_empty(), "{parameter}: {warnings:?}");
    }
}

#[test]
fn duplicate_flows_and_recursive_flows_are_rejected() {
    let file = |name: &str, text: String| TextFile { name: name.to_owned(), text, folder: None };
    let twice = Library::from_files(vec![file("a", GOOD.to_owned()), file("b", GOOD.to_owned())]);
    let message = twice.unwrap_err().to_string();
    assert!(message.starts_with("b:6:") && message.contains("also in a"), "{message}");

    let operation = "operationId: $sourceDescriptions.okta.getDefaultProvisioningConnectionForApplication";
    let message = load(&GOOD.replace(operation, "workflowId: read-connection")).unwrap_err().to_string();
    assert!(message.contains("calls itself"), "{message}");
}

/// Parsers recurse for each level: a file must not overflow their stack.
#[test]
fn deep_nesting_is_rejected_with_its_line() {
    for (condition, expected) in [
        ("(".repeat(5_000) + "$statusCode == 200" + &")".repeat(5_000), "nested 5000 levels deep"),
        ("!".repeat(5_000) + "true", "5004 characters"),
    ] {
        let (line, reason) = refused("condition: $statusCode == 200", &format!("condition: '{condition}'"));
        assert!(line == 27 && reason.contains(expected) && reason.len() < 300, "{line}: {reason}");
    }
    let regex = format!("'{}x{}'", "(".repeat(5_000), ")".repeat(5_000));
    assert!(refused("'^DISABLED$'", &regex).1.contains("levels deep"));
    let query = format!("type: jsonpath, condition: '$[?{}@.a{}]'", "(".repeat(5_000), ")".repeat(5_000));
    assert!(refused("type: regex, condition: '^DISABLED$'", &query).1.contains("levels deep"));
}

/// A file of flows, each calling the next.
fn calling(flows: usize, times: usize) -> String {
    let head = GOOD.split("workflows:").next().unwrap_or_default();
    let mut text = format!("{head}workflows:\n");
    for number in 0..flows {
        text.push_str(&format!("  - workflowId: flow-{number}\n    steps:\n"));
        for step in 0..times {
            text.push_str(&format!("      - {{stepId: s{step}, workflowId: flow-{}}}\n", number + 1));
        }
    }
    text + &format!(
        "  - workflowId: flow-{flows}\n    inputs: {{type: object, properties: {{query: {{type: string}}}}}}\n    \
         steps:\n      - {{stepId: list, operationId: listApplications}}\n"
    )
}

#[test]
fn a_flow_that_only_others_call_does_not_run_by_itself() {
    let library = load(&calling(1, 1)).unwrap();
    let runs = plan(&library, &Guide::default(), &Selection::default()).unwrap();
    assert_eq!(runs.iter().map(PlannedRun::name).collect::<Vec<_>>(), ["flow-0"]);
}

#[test]
fn an_exponential_number_of_calls_is_rejected() {
    let message = load(&calling(40, 2)).unwrap_err().to_string();
    assert!(message.contains("more than 1000 times"), "{message}");
}

#[test]
fn selections_choose_runs_or_suggest_names() {
    let library = load(GOOD).unwrap();
    let names = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        plan(&library, &Guide::default(), &Selection { names: names.clone(), ..Selection::default() })
            .map(|runs| runs.iter().map(PlannedRun::name).collect::<Vec<_>>())
    };
    assert_eq!(names(&["read-connection@okta_org2org"]).unwrap(), ["read-connection@okta_org2org"]);
    assert_eq!(names(&["read-connection"]).unwrap().len(), 2);
    let message = names(&["read-conection"]).unwrap_err().to_string();
    assert_eq!(message, "there is no flow `read-conection`; did you mean `read-connection`?");
    let message = names(&["read-connection@zscaler"]).unwrap_err().to_string();
    assert!(message.contains("`read-connection@zscalerbyz`"), "{message}");
    let message = names(&["xyz"]).unwrap_err().to_string();
    assert!(message.contains("okta-conformance list"), "{message}");
}
