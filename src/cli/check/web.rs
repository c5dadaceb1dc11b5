//! Whether people who open `PUBLIC_URL` reach this machine.

use std::time::Duration;

use axum::{Router, routing::get};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Finding, Section};
use crate::{call::serve, clock::Clock, config::Config, secret::Random};

const WITHIN: Duration = Duration::from_secs(10);
/// Of an answer, so much is read.
const ANSWER_MAX: usize = 1024;
const PATH: &str = "/healthz";

pub(super) async fn check(config: &Config, clock: &Clock) -> Section {
    Section { title: "Web", findings: vec![public_url(config, clock).await] }
}

/// A Greenroom that runs here answers by itself; otherwise one is played for a moment.
async fn public_url(config: &Config, clock: &Clock) -> Finding {
    let url = &config.web.public_url;
    let proof = Random::system().id(128);
    let stop = CancellationToken::new();
    let played = serve::listen(config.web.listen_addr).ok().map(|listener| {
        let answer = proof.clone();
        let router = Router::new().route(PATH, get(async move || answer));
        tokio::spawn(serve::serve(listener, router, stop.clone()))
    });
    let answer = clock.timeout(WITHIN, ask(url)).await.unwrap_or(Err(Trouble::Silent));
    stop.cancel();
    let is_played = played.is_some();
    if let Some(played) = played {
        // It only served one request.
        let _ = played.await;
    }
    match answer {
        Ok(text) if is_played && text == proof => Finding::ok(format!("PUBLIC_URL: {url} leads here")),
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

async fn ask(public_url: &Url) -> Result<String, Trouble> {
    let http = reqwest::Client::builder().timeout(WITHIN).redirect(reqwest::redirect::Policy::none()).build();
    let url = public_url.join(PATH).map_err(|_| Trouble::Silent)?;
    let mut answer = http.map_err(|_| Trouble::Silent)?.get(url).send().await.map_err(|_| Trouble::Silent)?;
    if !answer.status().is_success() {
        return Err(Trouble::Status(answer.status().as_u16()));
    }
    let mut text = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        text.extend_from_slice(&chunk);
        if text.len() > ANSWER_MAX {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}
