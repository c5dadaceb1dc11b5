//! Behind nginx, with the very lines that docs/operations.md gives.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::{Method, StatusCode, header};
use sandbox::discord::Delivery;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::{
    binary::free_address,
    browser::{Tab, http},
    world::{Plan, Way, World},
};

/// How often a stream says that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// nginx before one Greenroom; it ends with this value, or with this process.
struct Nginx {
    address: SocketAddr,
    keeper: Child,
    _folder: TempDir,
}

impl Nginx {
    async fn before(greenroom: &str) -> Self {
        const KEEPER: &str = r#""$0" -p "$1" -e stderr -c nginx.conf & proxy=$!; cat >/dev/null; kill "$proxy"; wait"#;
        let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/bin/nginx");
        let program = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/bin/nginx", kept];
        let program = program.into_iter().find(|path| Path::new(path).exists());
        let program = program.expect("nginx is missing: tests/setup packages");
        let (address, folder) = (free_address(), tempfile::tempdir().unwrap());
        let location = documented().replace("http://127.0.0.1:8080", greenroom);
        assert!(location.contains(greenroom), "{location}");
        fs::write(folder.path().join("nginx.conf"), configuration(address, folder.path(), &location)).unwrap();
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, program]).arg(folder.path()).stdin(Stdio::piped()).stderr(Stdio::null());
        let nginx = Self { address, keeper: keeper.spawn().unwrap(), _folder: folder };
        let listens = async {
            let mut looks = tokio::time::interval(Duration::from_millis(10));
            while TcpStream::connect(address).await.is_err() {
                looks.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), listens).await.expect("nginx takes these lines");
        nginx
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It was told; whatever it says to that.
        let _ = self.keeper.wait();
    }
}

/// The block of nginx in the documentation.
fn documented() -> String {
    let page = include_str!("../../docs/operations.md");
    let after = page.split_once("nginx, beside its usual TLS lines:\n\n```\n").expect("it has nginx' lines").1;
    after.split_once("```").unwrap().0.to_owned()
}

/// What a distribution's nginx.conf has around a server, as far as it must be, with nothing outside `folder`.
fn configuration(address: SocketAddr, folder: &Path, location: &str) -> String {
    let folder = folder.display();
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = kinds.map(|kind| format!("{kind}_temp_path {folder}/{kind};\n")).concat();
    format!(
        "daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\ngzip on;\n{temporary}\
         server {{\nlisten {address};\n{location}}}\n}}\n"
    )
}

/// What a tab's stream tells, piece by piece, and whether it ended as it should.
struct Stream {
    told: Arc<Mutex<String>>,
    ended: tokio::task::JoinHandle<reqwest::Result<()>>,
}

impl Stream {
    async fn of(tab: &Tab) -> Self {
        let path = format!("/api/rooms/{}/stream", tab.room_key);
        let mut answer = tab.browser.sends(Method::GET, &path, Some(&tab.sid), None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let told = Arc::<Mutex<String>>::default();
        let heard = Arc::clone(&told);
        let ended = tokio::spawn(async move {
            while let Some(piece) = answer.chunk().await? {
                heard.lock().unwrap().push_str(&String::from_utf8_lossy(&piece));
            }
            Ok(())
        });
        Self { told, ended }
    }

    /// How often it said only that it lives.
    fn heartbeats(&self) -> usize {
        self.told.lock().unwrap().split("\n\n").filter(|event| event.starts_with(':')).count()
    }

    fn says(&self, text: &str) -> bool {
        self.told.lock().unwrap().contains(text)
    }
}

async fn status_of(url: &str) -> StatusCode {
    http().get(url).send().await.unwrap().status()
}

/// A world whose people and whose Discord come by nginx.
async fn behind_nginx() -> (World, Nginx) {
    let world = Plan::over(Way::Http).with("TRUSTED_PROXIES", "127.0.0.1/32").world().await;
    let nginx = Nginx::before(&world.url()).await;
    // Discord signs the bytes of what it sends, and tries the address before it takes it.
    let url = format!("{}/discord/interactions", nginx.url());
    world.sandbox.discord.deliver(Delivery::Http { url }).await.unwrap();
    (world, nginx)
}

#[tokio::test]
async fn pages_commands_tokens_and_streams_pass_nginx_as_documented() {
    let (world, nginx) = behind_nginx().await;
    let link = world.video("mira", "general", "standup").await.link().unwrap();
    let mira = world.browser_at(nginx.address).follows(&link).await.unwrap();
    let page = http().get(format!("{}/r/{}", nginx.url(), mira.room_key));
    let page = page.header(header::ACCEPT_ENCODING, "br").send().await.unwrap();
    assert_eq!((page.status(), &page.headers()[header::CONTENT_ENCODING]), (StatusCode::OK, &"br".parse().unwrap()));
    assert!(page.headers().contains_key(header::CONTENT_SECURITY_POLICY));

    // Nothing of it waits in nginx until there is more.
    let stream = Stream::of(&mira).await;
    world.really("the lobby", || stream.says("event: lobby")).await;
    for beats in 1..=3 {
        world.advance(HEARTBEAT);
        world.really("a sign of life", || stream.heartbeats() >= beats).await;
    }
    let inside = mira.joins().await.unwrap();
    world.until("who is inside", || stream.says("\"name\":\"Mira\"")).await;
    inside.leaves();

    let long = json!({"ticket": "x".repeat(100_000), "nonce": "y"});
    let refused = mira.browser.sends(Method::POST, "/api/session", None, Some(long)).await;
    assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn behind_nginx_a_restart_is_a_moment_without_an_answer_and_no_more() {
    let (mut world, nginx) = behind_nginx().await;
    let link = world.video("mira", "general", "standup").await.link().unwrap();
    let mira = world.browser_at(nginx.address).follows(&link).await.unwrap();
    let stream = Stream::of(&mira).await;
    let ready = format!("{}/readyz", nginx.url());
    world.stops().await;
    stream.ended.await.unwrap().expect("the stream ends as it should");
    assert_eq!(status_of(&ready).await, StatusCode::BAD_GATEWAY);
    world.starts().await;
    assert_eq!(status_of(&ready).await, StatusCode::OK);
    mira.room_token().await.unwrap();
    let again = Stream::of(&mira).await;
    world.really("the lobby", || again.says("event: lobby")).await;
}
