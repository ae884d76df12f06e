//! Connections: accepted, limited, and ended.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::builder::Limits;
use super::wire::{Turn, Wire};
use crate::api::{MockOrg, OrgService};

/// Accepts connections until the server stops, then waits for those that are open.
pub(super) async fn accept(
    listener: TcpListener,
    org: MockOrg,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let open = GracefulShutdown::new();
    loop {
        if places.available_permits() == 0 {
            tracing::warn!(
                connections = limits.connections,
                "all places are taken: new clients wait until a connection ends"
            );
        }
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = stop_wanted(&mut stopped) => break,
        };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors, or a client that went away: neither ends the server.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
            () = stop_wanted(&mut stopped) => break,
        };
        let connection = open.watch(connection(stream, org.clone(), limits));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown_timeout, open.shutdown()).await.is_err() {
        tracing::warn!("stopped with connections still open");
    }
}

/// Ends when the server is to stop, or whoever could say so is gone.
async fn stop_wanted(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

type Connection = hyper::server::conn::http1::Connection<TokioIo<Wire<TcpStream>>, Connected>;

fn connection(stream: TcpStream, org: MockOrg, limits: Limits) -> Connection {
    let service = org.service();
    // Small answers leave at once.
    let _ = stream.set_nodelay(true);
    let turn = Turn::of_client();
    let wire = Wire::new(stream, org, limits, turn.clone());
    hyper::server::conn::http1::Builder::new()
        .max_buf_size(limits.head_size)
        .serve_connection(TokioIo::new(wire), Connected { service, turn })
}

/// The service of one connection.
struct Connected {
    service: OrgService,
    turn: Turn,
}

impl hyper::service::Service<http::Request<Incoming>> for Connected {
    type Response = <OrgService as tower::Service<http::Request<Incoming>>>::Response;
    type Error = Infallible;
    type Future = <OrgService as tower::Service<http::Request<Incoming>>>::Future;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        self.turn.to_org();
        tower::Service::call(&mut self.service.clone(), request)
    }
}
