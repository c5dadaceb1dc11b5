//! The accept loop. In: a listener and the routes. Out: served connections, until told to stop.
//!
//! `axum::serve` has no timer: a client that sends nothing, or half a head, or a header a second, keeps its
//! connection for ever. This one closes it, caps how many there are, and outlives having no file handles left.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt as _;

/// From the connection, or from the last answer, to the end of the next request's head.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// A head of ours is a few kilobytes: four cookies and what browsers say of themselves.
const HEAD_MAX: usize = 32 * 1024;
/// Connections at once; more wait in the backlog.
const CONNECTIONS: usize = 8_192;
/// A burst of joins must not wait for SYN retries, as it does with the usual 128.
const BACKLOG: u32 = 4_096;
/// How long those who are being served have when we stop: longer than SignalWire and Discord are waited for.
const DRAIN_WITHIN: Duration = Duration::from_secs(5);
/// Pause after an accept that failed for want of handles or memory: trying at once would only spin.
const BREATHE: Duration = Duration::from_millis(100);

/// A listener on `address`.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart must not wait for the last run's connections to be forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Where whoever is on this machine reaches a listener on `address`.
pub fn from_here(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// Serves `router` on `listener` until `stop`; then takes no more connections, lets those under way finish for a
/// while, and returns when all are gone.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (connections, patience) = (TaskTracker::new(), CancellationToken::new());
    while let Some(accepted) = stop.run_until_cancelled(next(&listener, &places)).await {
        match accepted {
            Ok((stream, peer, place)) => {
                let connection = connection(stream, peer, router.clone(), stop.clone());
                let patience = patience.clone();
                connections.spawn(async move {
                    patience.run_until_cancelled_owned(connection).await;
                    drop(place);
                });
            }
            Err(error) => wait_out(&error, &stop).await,
        }
    }
    drop(listener);
    connections.close();
    // By the machine's time: it bounds sockets.
    if tokio::time::timeout(DRAIN_WITHIN, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections were still busy when we stopped");
        patience.cancel();
        connections.wait().await;
    }
}

async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.expect("the places are never closed");
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// One connection, request after request. Told to stop, it answers the one it is at and closes.
async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    // Small answers must not wait for more to send along.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    // Whatever a client does to its own connection is its own affair.
    if let Err(error) = ended {
        tracing::trace!(%error, "a connection ended early");
    }
}

/// Errors of the connection that was to be accepted are over with it; others are ours.
#[expect(clippy::disallowed_methods, reason = "the machine's handles come back by the machine's time")]
async fn wait_out(error: &io::Error, stop: &CancellationToken) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    tracing::error!(%error, "no connection can be accepted");
    stop.run_until_cancelled(tokio::time::sleep(BREATHE)).await;
}
