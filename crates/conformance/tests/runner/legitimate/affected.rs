//! The flows that a difference affects: only their runs can differ from a run against the mock itself.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, Once};

use okta_conformance::{Builder, Event, Runner};
use tokio::sync::OnceCell;

use crate::support::{TestExchange, lying, say, serve, tries_all};

/// A flow run against the mock itself: its name and all its exchanges.
struct Recorded {
    name: String,
    exchanges: Vec<TestExchange>,
}

/// All flows, for one app of each kind.
fn flows() -> Vec<String> {
    let all = Runner::builder().build().unwrap().planned();
    all.into_iter()
        .filter(|name| !["@office365", "@slack", "@zoomus"].iter().any(|app| name.ends_with(app)))
        .collect()
}

/// Runs the flows against the mock itself, one after the other; once per process.
async fn recorded() -> &'static [Recorded] {
    static RECORDED: OnceCell<Vec<Recorded>> = OnceCell::const_new();
    RECORDED.get_or_init(record).await
}

async fn record() -> Vec<Recorded> {
    let exchanges: Arc<Mutex<Vec<TestExchange>>> = Arc::default();
    let seen = exchanges.clone();
    let url = serve(lying(move |exchange| seen.lock().unwrap().push(exchange.clone()))).await;
    let builder = Runner::builder().target(url).jobs(1);
    let runner = flows().into_iter().fold(builder, Builder::select).build().unwrap();
    let mut recorded = Vec::new();
    let mut on_event = |event: &Event| {
        if let Event::FlowFinished(flow) = event {
            let exchanges = std::mem::take(&mut *exchanges.lock().unwrap());
            recorded.push(Recorded { name: flow.name(), exchanges });
        }
    };
    runner.run(&mut on_event).await.unwrap();
    recorded
}

/// The flows with an exchange of a kind; all flows if all cases are tested.
pub(super) async fn flows_with(is_concerned: impl Fn(&TestExchange) -> bool) -> Vec<String> {
    if tries_all() {
        return flows();
    }
    let concerned = recorded().await.iter().filter(|flow| flow.exchanges.iter().any(&is_concerned));
    let concerned: Vec<String> = concerned.map(|flow| flow.name.clone()).collect();
    assert!(!concerned.is_empty(), "no flow has such an exchange");
    concerned
}

/// Flows that together have every kind of exchange whose answer a difference changes, of every app. All flows if all
/// cases are tested.
pub(super) async fn flows_changed_by(difference: fn(&mut TestExchange)) -> Vec<String> {
    // Text shows the order of members too.
    let body = |exchange: &TestExchange| exchange.body.to_string();
    if tries_all() {
        return flows();
    }
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        say("legitimate orgs: flows with every kind of changed answer; OKTA_TESTS_ALL=1 runs all flows");
    });
    let is_changed = |exchange: &TestExchange| {
        let mut changed = exchange.clone();
        difference(&mut changed);
        let is_same_head = (exchange.status, &exchange.headers) == (changed.status, &changed.headers);
        !is_same_head || body(exchange) != body(&changed)
    };
    let of_app = |flow: &Recorded, exchange: &TestExchange| {
        let app = flow.name.split_once('@').map_or("", |(_, app)| app);
        is_changed(exchange).then(|| format!("{app} {}", kind(exchange)))
    };
    let chosen = covering(of_app).await;
    assert!(!chosen.is_empty(), "no flow has such an answer");
    chosen
}

/// Flows that together have every kind of exchange. All flows if all cases are tested.
pub(super) async fn flows_with_each_kind() -> Vec<String> {
    if tries_all() {
        return flows();
    }
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        say("legitimate orgs: flows with every kind of exchange; OKTA_TESTS_ALL=1 runs all flows");
    });
    covering(|_, exchange| Some(kind(exchange))).await
}

/// Flows that together have an exchange of every kind that `kind_of` names.
async fn covering(kind_of: impl Fn(&Recorded, &TestExchange) -> Option<String>) -> Vec<String> {
    let kinds_of = |flow: &Recorded| {
        flow.exchanges.iter().filter_map(|exchange| kind_of(flow, exchange)).collect::<BTreeSet<_>>()
    };
    let mut left: Vec<(&str, BTreeSet<String>)> =
        recorded().await.iter().map(|flow| (flow.name.as_str(), kinds_of(flow))).collect();
    let mut chosen = Vec::new();
    // The flow with the most new kinds comes next.
    while let Some((name, kinds)) = left.iter().max_by_key(|(_, kinds)| kinds.len()).cloned()
        && !kinds.is_empty()
    {
        left.iter_mut().for_each(|(_, others)| others.retain(|kind| !kinds.contains(kind)));
        chosen.push(name.to_owned());
    }
    chosen
}

/// The kind of an exchange: its method, path, status and media type.
fn kind(exchange: &TestExchange) -> String {
    let is_id = |segment: &str| segment.starts_with("0oa");
    let path: Vec<&str> =
        exchange.path.split('/').map(|part| if is_id(part) { "{id}" } else { part }).collect();
    let media = exchange.headers.get("content-type").and_then(|value| value.to_str().ok());
    format!("{} {} {} {}", exchange.method, path.join("/"), exchange.status, media.unwrap_or_default())
}
