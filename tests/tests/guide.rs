//! Checks that the flows cover every step of the guide, and that every step of a flow cites one.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;

use okta_conformance::{Catalogue, Runner};

#[test]
fn the_flows_cover_the_guide_and_cite_only_the_guide() {
    let catalogue = Catalogue::load(None).unwrap();
    let cited: BTreeSet<_> =
        catalogue.flows.iter().flat_map(|flow| &flow.steps).filter_map(|step| step.guide.clone()).collect();
    let guide: BTreeSet<_> = catalogue.guide.steps.iter().map(|step| step.id.clone()).collect();
    let uncovered: Vec<_> = guide.difference(&cited).collect();
    assert!(uncovered.is_empty(), "guide steps that no flow carries out: {uncovered:?}");
    let unknown: Vec<_> = cited.difference(&guide).collect();
    assert!(unknown.is_empty(), "cited, but not in fixtures/guide.json: {unknown:?}");
}

#[test]
fn every_step_that_calls_an_operation_cites_the_guide() {
    for flow in Catalogue::load(None).unwrap().flows {
        // A part cites the same step as its caller.
        for step in flow.steps.iter().filter(|step| step.request.is_some() && flow.stands_alone) {
            assert!(step.guide.is_some(), "{}: {} cites nothing", flow.file, step.step);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_shows_where_each_guide_step_was_carried_out() {
    let report = Runner::builder().build().unwrap().run(&mut |_| {}).await.unwrap();
    let steps = report.flows.iter().flat_map(|flow| &flow.steps);
    let carried_out: BTreeSet<_> =
        steps.clone().filter(|step| step.response.is_some()).filter_map(|step| step.guide.clone()).collect();
    let guide: BTreeSet<_> =
        Catalogue::load(None).unwrap().guide.steps.iter().map(|step| step.id.clone()).collect();
    assert_eq!(carried_out, guide);
    let without_guide: Vec<_> = steps.filter(|step| step.guide.is_none()).map(|step| &step.step).collect();
    assert!(without_guide.is_empty(), "{without_guide:?}");
}

/// The connections and features of each app, from the OpenAPI tags ApplicationConnections and
/// ApplicationFeatures.
#[test]
fn flows_cover_the_connection_and_features_of_every_app() {
    let flows = Catalogue::load(None).unwrap().flows;
    for (prefix, apps) in [
        (
            "create-app-integration",
            &["bookmark", "google", "office365", "okta_org2org", "slack", "zoomus", "zscalerbyz"][..],
        ),
        ("token-connection", &["okta_org2org", "zscalerbyz"]),
        ("oauth-connection", &["google", "office365", "slack", "zoomus"]),
        ("user-provisioning", &["google", "office365", "okta_org2org", "slack", "zoomus", "zscalerbyz"]),
        ("inbound-provisioning", &["google", "office365", "okta_org2org", "slack", "zoomus"]),
    ] {
        let tried: BTreeSet<_> = flows
            .iter()
            .filter(|flow| flow.stands_alone && flow.flow.starts_with(prefix))
            .flat_map(|flow| flow.apps.iter().map(String::as_str))
            .collect();
        assert!(
            apps.iter().all(|app| tried.contains(app)),
            "{prefix}: flows exist for {tried:?}, expected for {apps:?}"
        );
    }
}
