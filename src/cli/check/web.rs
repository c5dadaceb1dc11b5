//! Whether people who open `PUBLIC_URL` reach this machine.

use std::time::Duration;

use axum::{Router, routing::get};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Finding, Section};
use crate::{
    call::serve,
    cli::question::{self, Proxies},
    config::Config,
    secret::Random,
};

const WITHIN: Duration = Duration::from_secs(10);
const PATH: &str = "/healthz";

pub(super) async fn check(config: &Config) -> Section {
    Section { title: "Web", findings: vec![public_url(config).await] }
}

/// A Greenroom that runs here answers by itself; otherwise one is played for a moment.
async fn public_url(config: &Config) -> Finding {
    let url = &config.web.public_url;
    let proof = Random::system().id(128);
    let stop = CancellationToken::new();
    let played = serve::listen(config.web.listen_addr).ok().map(|listener| {
        let answer = proof.clone();
        let router = Router::new().route(PATH, get(async move || answer));
        tokio::spawn(serve::serve(listener, router, stop.clone()))
    });
    let answer = ask(url).await;
    stop.cancel();
    let is_played = played.is_some();
    if let Some(played) = played {
        // It only served one request.
        let _ = played.await;
    }
    match answer {
        Ok(text) if is_played && text == proof.as_bytes() => Finding::ok(format!("PUBLIC_URL: {url} leads here")),
        Ok(_) if is_played => Finding::problem(
            format!("PUBLIC_URL: {url} is answered, but not by this machine"),
            format!("Let the proxy or DNS there lead to LISTEN_ADDR here, {}.", config.web.listen_addr),
        ),
        Ok(_) => Finding::ok(format!("PUBLIC_URL: a running Greenroom answers at {url}")),
        Err(Trouble::Silent) => Finding::problem(
            format!("PUBLIC_URL: nothing answers at {url}"),
            format!(
                "People's browsers must reach it: check DNS, firewall and the proxy in front of {}.",
                config.web.listen_addr
            ),
        ),
        Err(Trouble::Status(status)) => Finding::problem(
            format!("PUBLIC_URL: {url}{PATH} is answered with status {status}"),
            format!("Let the proxy there pass all paths on to {}.", config.web.listen_addr),
        ),
    }
}

enum Trouble {
    Silent,
    Status(u16),
}

async fn ask(public_url: &Url) -> Result<Vec<u8>, Trouble> {
    let url = public_url.join(PATH).map_err(|_| Trouble::Silent)?;
    let answer = question::get(url, WITHIN, Proxies::AsSet).await.map_err(|_| Trouble::Silent)?;
    if answer.status.is_success() { Ok(answer.body) } else { Err(Trouble::Status(answer.status.as_u16())) }
}
