//! One connection: its protocol, and its end.

use std::io;
use std::pin::pin;
use std::time::Duration;

use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::activity::{Activity, Protocol};
use super::builder::Limits;
use super::wire::Wire;
use crate::api::{ConnectionClosed, OrgService, Scheme};

/// What the connections of a port share.
#[derive(Clone)]
pub(super) struct Serving {
    pub(super) service: OrgService,
    pub(super) limits: Limits,
    /// Present if the port serves https.
    pub(super) tls: Option<TlsAcceptor>,
}

/// What the port asks of its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// True once the port closes: connections end after the request that is under way.
    pub(super) end: bool,
    /// Counts the times at which connections were short: those that are idle end.
    pub(super) shortages: u64,
}

/// How long a connection must be idle to end when connections are short.
const IDLE: Duration = Duration::from_secs(1);

/// The first byte of a TLS handshake (RFC 8446, 5.1).
const HANDSHAKE: u8 = 22;

/// Maximum size and time of what is read of a connection that is refused, so that its client sees the answer.
const REFUSED_BYTES: u64 = 64 * 1024;
const REFUSED_TIME: Duration = Duration::from_secs(1);

/// Serves a connection until it ends.
pub(super) async fn serve(stream: TcpStream, serving: Serving, mut wanted: watch::Receiver<Wanted>) {
    // Sends small answers immediately.
    let _ = stream.set_nodelay(true);
    let opened = tokio::select! {
        opened = timeout(serving.limits.head_timeout, is_handshake(&stream)) => opened,
        () = ended(&mut wanted) => return,
    };
    let Ok(Ok(is_handshake)) = opened else { return };
    match (&serving.tls, is_handshake) {
        (None, false) => http1(stream, &serving, wanted).await,
        (Some(tls), true) => tls_connection(stream, tls.clone(), &serving, wanted).await,
        (Some(_), false) => refuse(stream, &serving, Scheme::Http).await,
        (None, true) => refuse(stream, &serving, Scheme::Https).await,
    }
}

/// Returns true if the first byte of the client is that of a TLS handshake.
async fn is_handshake(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0];
    stream.peek(&mut first).await.map(|count| count == 1 && first[0] == HANDSHAKE)
}

async fn tls_connection(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    serving: &Serving,
    wanted: watch::Receiver<Wanted>,
) {
    match timeout(serving.limits.head_timeout, acceptor.accept(stream)).await {
        Err(_) => tracing::debug!("a TLS handshake took too long"),
        Ok(Err(error)) => {
            tracing::info!(%error, "a TLS handshake failed; does the client trust the CA certificate of the mock?");
        }
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
            Box::pin(http2(stream, serving, wanted)).await;
        }
        Ok(Ok(stream)) => Box::pin(http1(stream, serving, wanted)).await,
    }
}

/// Answers a client that speaks the wrong scheme with a sentence that says so.
async fn refuse(mut stream: TcpStream, serving: &Serving, spoken: Scheme) {
    let answer = serving.service.wrong_scheme_answer(spoken);
    let refused = async {
        stream.write_all(&answer).await?;
        stream.shutdown().await?;
        // Otherwise the rest of the request would make the client drop the answer.
        tokio::io::copy(&mut stream.take(REFUSED_BYTES), &mut tokio::io::sink()).await
    };
    let _ = timeout(REFUSED_TIME, refused).await;
}

async fn http1<S>(stream: S, serving: &Serving, wanted: watch::Receiver<Wanted>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new(Protocol::Http1);
    let service = ConnectionService { service: serving.service.clone(), activity: activity.clone() };
    let wire = Wire::new(stream, serving.service.clone(), serving.limits, activity.clone());
    let connection = hyper::server::conn::http1::Builder::new()
        .max_buf_size(serving.limits.head_size)
        .serve_connection(TokioIo::new(wire), service);
    run(connection, &activity, wanted).await;
}

async fn http2<S>(stream: S, serving: &Serving, wanted: watch::Receiver<Wanted>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    const STREAMS: u32 = 100;
    let activity = Activity::new(Protocol::Http2);
    let service = ConnectionService { service: serving.service.clone(), activity: activity.clone() };
    let wire = Wire::new(stream, serving.service.clone(), serving.limits, activity.clone());
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(serving.limits.head_size).unwrap_or(u32::MAX))
        .serve_connection(TokioIo::new(wire), service);
    run(connection, &activity, wanted).await;
}

/// Runs a connection to its end, which it is asked for when the port closes or connections are short.
async fn run<C>(connection: C, activity: &Activity, mut wanted: watch::Receiver<Wanted>)
where
    C: GracefulConnection<Error = hyper::Error>,
{
    let mut connection = pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = should_end(activity, &mut wanted) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "connection ended");
    }
}

/// Completes when the port closes, or the connection is idle while others wait for one.
async fn should_end(activity: &Activity, wanted: &mut watch::Receiver<Wanted>) {
    while !wanted.borrow().end {
        if wanted.changed().await.is_err() {
            return;
        }
        let requests = activity.requests();
        let ended = timeout(IDLE, ended(wanted)).await.is_ok();
        if ended || activity.is_awaiting() && activity.requests() == requests {
            return;
        }
    }
}

/// Completes when the port closes.
async fn ended(wanted: &mut watch::Receiver<Wanted>) {
    let _ = wanted.wait_for(|wanted| wanted.end).await;
}

/// The service of one connection.
struct ConnectionService {
    service: OrgService,
    activity: Activity,
}

impl hyper::service::Service<http::Request<Incoming>> for ConnectionService {
    type Response = <OrgService as tower::Service<http::Request<Incoming>>>::Response;
    type Error = ConnectionClosed;
    type Future = <OrgService as tower::Service<http::Request<Incoming>>>::Future;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        let answer = tower::Service::call(&mut self.service.clone(), request);
        let begun = self.activity.begin();
        match self.activity.protocol() {
            Protocol::Http1 => answer,
            Protocol::Http2 => Box::pin(async move {
                let answer = answer.await;
                drop(begun);
                answer
            }),
        }
    }
}
