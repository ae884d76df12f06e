//! Accepting, limiting and closing connections.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use super::connection::{self, Serving, Wanted};

/// Time between two requests to idle connections to end, while connections are short.
const SHORTAGE_INTERVAL: Duration = Duration::from_millis(200);

/// Accepts connections until the server stops, then waits for open connections.
pub(super) async fn accept(listener: TcpListener, serving: Serving, mut stopped: watch::Receiver<bool>) {
    let shutdown_timeout = serving.limits.shutdown_timeout;
    let permits = Arc::new(Semaphore::new(serving.limits.connections));
    // Each open connection is a receiver.
    let wanted = watch::Sender::new(Wanted::default());
    let stop = async { drop(stopped.wait_for(|stopped| *stopped).await) };
    tokio::select! {
        () = accept_all(&listener, &serving, &permits, &wanted) => {}
        () = stop => {}
    }
    drop(listener);
    wanted.send_modify(|wanted| wanted.end = true);
    if timeout(shutdown_timeout, wanted.closed()).await.is_err() {
        tracing::warn!("stopped with connections still open");
    }
}

async fn accept_all(
    listener: &TcpListener,
    serving: &Serving,
    permits: &Arc<Semaphore>,
    wanted: &watch::Sender<Wanted>,
) {
    loop {
        let stream = next(listener).await;
        let permit = permit(permits, serving.limits.connections, wanted).await;
        let connection = connection::serve(stream, serving.clone(), wanted.subscribe());
        tokio::spawn(async move {
            connection.await;
            drop(permit);
        });
    }
}

/// Returns the next client.
async fn next(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                // Too many open files, or a client that disconnected: neither stops the server.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// Waits until there may be another connection. Meanwhile, those that are idle end.
async fn permit(
    permits: &Arc<Semaphore>,
    limit: usize,
    wanted: &watch::Sender<Wanted>,
) -> Option<OwnedSemaphorePermit> {
    if let Ok(permit) = permits.clone().try_acquire_owned() {
        return Some(permit);
    }
    tracing::warn!(connections = limit, "connection limit reached: idle connections end, new clients wait");
    loop {
        wanted.send_modify(|wanted| wanted.shortages += 1);
        if let Ok(permit) = timeout(SHORTAGE_INTERVAL, permits.clone().acquire_owned()).await {
            // The semaphore is never closed.
            return permit.ok();
        }
    }
}
