//! One listener of a stand-in: a real port, HTTP/1.1 with upgrades, and connections that can be cut.
//!
//! Comes in: a bound socket and a router. Goes out: answers, or, for a response marked [`Abort`], a
//! connection closed without one. `axum::serve` cannot do the latter: its routers never fail.

use std::{convert::Infallible, fmt, net::SocketAddr};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    response::Response,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Put into a response's extensions: close the connection instead of answering.
#[derive(Clone, Copy, Debug)]
pub struct Abort;

impl Abort {
    /// A response that is never sent.
    pub fn response() -> Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Self);
        response
    }
}

/// Why hyper is told to close a connection.
#[derive(Debug)]
struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stand-in was told to close this connection")
    }
}

impl std::error::Error for Cut {}

/// A port of the system's choice on the loopback interface.
pub async fn bind() -> std::io::Result<TcpListener> {
    TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await
}

/// Serves `router` until `stop` is cancelled; open connections are closed with it.
pub fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            // Out of file descriptors, or the peer gave up already: the next one may do better.
            let Ok((stream, peer)) = accepted else {
                tokio::task::yield_now().await;
                continue;
            };
            tokio::spawn(connection(stream, peer, router.clone(), stop.clone()));
        }
    })
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    // A test that waits for small frames must not wait for Nagle too; failing to say so is harmless.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let router = router.clone();
        async move {
            let mut request: Request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let answer: Result<Response, Infallible> = router.oneshot(request).await;
            let Ok(response) = answer;
            if response.extensions().get::<Abort>().is_some() { Err(Cut) } else { Ok(response) }
        }
    });
    let served =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::select! {
        () = stop.cancelled() => {}
        // A client that goes away, or a cut of our own, is no news.
        _ = served => {}
    }
}
