//! The least that a server for room tokens can be: it holds the API token and passes a request on. What Greenroom does
//! beside that is what the comparison shows.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use clap::Args;
use sandbox::proof::{Failed, Result};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::{Child, Command},
};

/// Whom it asks, and as whom.
#[derive(Args, Clone)]
pub struct Upstream {
    #[arg(long)]
    pub space: String,
    #[arg(long)]
    pub project: String,
    #[arg(long)]
    pub api_token: String,
}

/// One in a process of its own; it ends when dropped.
pub struct Relay {
    _child: Child,
    pub id: u32,
    pub address: SocketAddr,
}

impl Relay {
    pub async fn start(upstream: &Upstream) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["relay", "--space", &upstream.space])
            .args(["--project", &upstream.project, "--api-token", &upstream.api_token])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take().ok_or_else(|| Failed::new("a relay without a voice"))?;
        let line = BufReader::new(out).lines().next_line().await?;
        let address = line.and_then(|line| line.parse().ok()).ok_or_else(|| Failed::new("the relay does not start"))?;
        let id = child.id().ok_or_else(|| Failed::new("the relay has ended"))?;
        Ok(Self { _child: child, id, address })
    }
}

/// Serves until killed; says first where.
pub async fn serve(upstream: Upstream) -> Result<()> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
    let routes = Router::new().route("/token", post(token)).with_state((http, upstream));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, routes).await?)
}

async fn token(
    State((http, upstream)): State<(reqwest::Client, Upstream)>,
    Json(asked): Json<Value>,
) -> std::result::Result<Json<Value>, StatusCode> {
    let answer = http
        .post(format!("{}/api/video/room_tokens", upstream.space))
        .basic_auth(&upstream.project, Some(&upstream.api_token))
        .json(&wish(&asked["room_name"], &asked["user_name"]))
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(|_| StatusCode::BAD_GATEWAY)?;
    let answer: Value = answer.json().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    Ok(Json(json!({ "token": answer["token"] })))
}

/// What is asked of SignalWire for a member, by whoever asks it directly too.
pub fn wish(room_name: &Value, user_name: &Value) -> Value {
    json!({
        "room_name": room_name, "user_name": user_name, "join_as": "member", "auto_create_room": false,
        "permissions": ["room.self.audio_mute", "room.self.audio_unmute", "room.self.video_mute",
            "room.self.video_unmute", "room.self.screenshare", "room.self.set_input_volume"],
        "remove_after_seconds_elapsed": 43200,
    })
}
