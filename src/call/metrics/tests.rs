//! An operator before the metrics address, over real sockets.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::any};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Leaving, Watched, serve};
use crate::{
    clock::Clock, config, discord, lease::Leases, secret::Random, signalwire, store::temporary::Temporary, telemetry,
};

struct World {
    base: String,
    public: Option<TcpListener>,
    watched: Watched,
    store: Temporary,
    stop: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The address of an HTTP server that says `status` to everything.
async fn party(status: u16, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let status = http::StatusCode::from_u16(status).unwrap();
    let app = Router::new().fallback(any(move || async move { (status, body) }));
    tokio::spawn(async move { axum::serve(listener, app).await });
    base
}

impl World {
    async fn new(video: &str) -> Self {
        let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let store = Temporary::open().await;
        let config = config::SignalWire {
            space_url: video.parse().unwrap(),
            project_id: "p".to_owned(),
            api_token: "api-token".into(),
            relay_url: "ws://127.0.0.1:9".parse().unwrap(),
        };
        let stop = CancellationToken::new();
        let watched = Watched {
            address: public.local_addr().unwrap(),
            started_at: 1_788_253_200_000,
            store: store.store(),
            leases: Leases::join(store.store(), Random::system(), Clock::system()).await.unwrap(),
            on_duty: Arc::new(|| true),
            kept: Arc::new(|| vec![("members", 3)]),
            gateway: Some(discord::Health::default()),
            relay: signalwire::Relay::start(&config, Clock::system(), Random::system(), stop.clone()).0,
            signalwire: signalwire::Client::new(&config, Clock::system()),
            leaving: Leaving::default(),
            clock: Clock::system(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(listener, watched.clone(), stop.clone()));
        Self { base, public: Some(public), watched, store, stop }
    }

    async fn gets(&self, path: &str) -> (u16, String) {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        let response = http.get(format!("{}{path}", self.base)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn readiness(&self) -> (u16, Value) {
        let (status, body) = self.gets("/readyz").await;
        (status, serde_json::from_str(&body).unwrap())
    }
}

#[tokio::test]
async fn every_part_is_named_and_only_listener_and_database_decide() {
    let mut world = World::new(&party(503, "").await).await;
    let (status, mut told) = world.readiness().await;
    assert!(told["parts"]["relay"]["since"].take().is_i64(), "{told}");
    let parts = json!({
        "listener": { "state": "up" }, "database": { "state": "up" }, "gateway": { "state": "down" },
        "relay": { "state": "down", "since": null }, "video_rest": { "state": "unknown" },
    });
    assert_eq!(told["process"].take(), json!(&*world.watched.leases.owner()));
    let told_of_itself = json!({
        "ready": true, "version": "0.1.0", "started_at": 1_788_253_200_000_i64, "process": null, "on_duty": true,
        "parts": parts,
    });
    assert_eq!((status, told), (200, told_of_itself));

    // The vendor is down: people are told so elsewhere.
    world.watched.signalwire.sessions(signalwire::SessionsOf::AllLive).await.unwrap_err();
    let (status, told) = world.readiness().await;
    assert_eq!((status, &told["parts"]["video_rest"]["state"]), (200, &json!("down")));

    world.store.close().await;
    let (status, told) = world.readiness().await;
    assert_eq!((status, &told["ready"], &told["parts"]["database"]["state"]), (503, &json!(false), &json!("down")));

    world.public = None;
    let (status, told) = world.readiness().await;
    assert_eq!((status, &told["parts"]["listener"]["state"]), (503, &json!("down")));
}

#[tokio::test]
async fn what_happens_is_counted_under_shapes_not_under_names() {
    let world = World::new(&party(404, "{}").await).await;
    let session = world.watched.signalwire.session("standup-secret").await;
    assert_eq!(session.map(|_| ()), Err(signalwire::Error::NotFound));
    assert!(world.watched.signalwire.heard().unwrap().works, "a refusal is an answer too");
    telemetry::answered("video", "at_once", Duration::from_millis(3));
    telemetry::room_ensured("created");
    telemetry::room_token("minted");
    telemetry::rate_limited("route");
    telemetry::fact("relay");
    telemetry::known_fact("sweep");
    telemetry::relay_gap(Duration::from_secs(3));
    telemetry::joining_took("whole", 730);
    let (status, told) = world.gets("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "greenroom_commands_total{command=\"video\",answer=\"at_once\"} ",
        "greenroom_first_answer_seconds_bucket{command=\"video\",le=\"0.005\"} ",
        "greenroom_room_ensures_total{outcome=\"created\"} ",
        "greenroom_room_tokens_total{outcome=\"minted\"} ",
        "greenroom_discord_rate_limited_total{scope=\"route\"} ",
        "greenroom_facts_total{source=\"relay\"} ",
        "greenroom_joining_seconds_bucket{part=\"whole\",le=\"0.75\"} ",
        "greenroom_relay_connected 0",
        "greenroom_relay_refused{why=\"credentials\"} 0",
        "greenroom_facts_known_total{source=\"sweep\"} ",
        "greenroom_relay_gap_seconds_bucket{le=\"5\"} ",
        "greenroom_relay_gap_seconds_sum ",
        "greenroom_rooms_live 0",
        "greenroom_people_live 0",
        "greenroom_cards_pending 0",
        "greenroom_tasks ",
        "greenroom_kept{what=\"members\"} 3",
        "greenroom_build_info{version=\"0.1.0\"} 1",
    ] {
        assert!(told.lines().any(|told| told.starts_with(line)), "{line}: {told}");
    }
    assert!(told.contains(r#"party="signalwire""#) && told.contains(r#"outcome="not_found""#), "{told}");
    assert!(!told.contains("standup") && !told.contains("api-token"), "{told}");
}

#[tokio::test]
async fn nothing_else_is_there() {
    let world = World::new("http://127.0.0.1:9").await;
    for path in ["/", "/healthz", "/api/door", "/r/aaaabbbbccccdddd"] {
        assert_eq!(world.gets(path).await.0, 404, "{path}");
    }
}
