//! Accepting, limiting and closing connections.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::builder::Limits;
use super::wire::{AwaitingRequest, Wire};
use crate::api::{ConnectionClosed, OrgService};

/// Accepts connections until the server stops, then waits for open connections.
pub(super) async fn accept(
    listener: TcpListener,
    service: OrgService,
    limits: Limits,
    mut stopped: watch::Receiver<bool>,
) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let open = GracefulShutdown::new();
    loop {
        if permits.available_permits() == 0 {
            tracing::warn!(
                connections = limits.connections,
                "connection limit reached: new clients wait until a connection ends"
            );
        }
        let permit = tokio::select! {
            permit = permits.clone().acquire_owned() => permit,
            () = stop_requested(&mut stopped) => break,
        };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Too many open files, or a client that disconnected: neither stops the server.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
            () = stop_requested(&mut stopped) => break,
        };
        let connection = open.watch(connection(stream, service.clone(), limits));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.shutdown_timeout, open.shutdown()).await.is_err() {
        tracing::warn!("stopped with connections still open");
    }
}

/// Completes when the server should stop, or the sender was dropped.
async fn stop_requested(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

type Connection = hyper::server::conn::http1::Connection<TokioIo<Wire<TcpStream>>, ConnectionService>;

fn connection(stream: TcpStream, service: OrgService, limits: Limits) -> Connection {
    // Sends small answers immediately.
    let _ = stream.set_nodelay(true);
    let awaiting_request = AwaitingRequest::new();
    let wire = Wire::new(stream, service.clone(), limits, awaiting_request.clone());
    hyper::server::conn::http1::Builder::new()
        .max_buf_size(limits.head_size)
        .serve_connection(TokioIo::new(wire), ConnectionService { service, awaiting_request })
}

/// The service of one connection.
struct ConnectionService {
    service: OrgService,
    awaiting_request: AwaitingRequest,
}

impl hyper::service::Service<http::Request<Incoming>> for ConnectionService {
    type Response = <OrgService as tower::Service<http::Request<Incoming>>>::Response;
    type Error = ConnectionClosed;
    type Future = <OrgService as tower::Service<http::Request<Incoming>>>::Future;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        self.awaiting_request.clear();
        tower::Service::call(&mut self.service.clone(), request)
    }
}
