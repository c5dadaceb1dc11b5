use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use greenroom::clock::Clock;

use crate::{binary::Machine, browser::http};

/// How a client never finishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slow {
    Silent,
    /// A byte of the head a second.
    Head,
    /// The head at once, then a byte of the body a second.
    Body,
}

/// How long the server puts up with it; `wait` bounds the test.
async fn lasts(machine: &Machine, how: Slow, wait: Duration) -> Duration {
    let mut socket = TcpStream::connect(machine.address).await.unwrap();
    let head = format!(
        "POST /api/session HTTP/1.1\r\nhost: {0}\r\norigin: http://{0}\r\ncontent-type: application/json\r\n\
         content-length: 4000\r\n",
        machine.address
    );
    if how == Slow::Body {
        socket.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
    }
    let begun = Instant::now();
    let (mut reads, mut writes) = socket.split();
    let drips = async {
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        for byte in head.bytes().cycle() {
            seconds.tick().await;
            if how == Slow::Silent {
                continue;
            }
            // After the end it waits to be read.
            if writes.write_all(&[if how == Slow::Body { b' ' } else { byte }]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    let mut answer = Vec::new();
    let clock = Clock::system();
    tokio::select! {
        _ = reads.read_to_end(&mut answer) => {}
        () = drips => {}
        () = clock.sleep(wait) => panic!("{how:?} goes on after {wait:?}"),
    }
    begun.elapsed()
}

mod s21_slow_clients {
    use super::*;

    #[tokio::test]
    async fn who_never_finishes_is_hung_up_on() {
        let machine = Machine::new().await;
        let (_child, _) = machine.starts().await;
        let (silent, head, body) = tokio::join!(
            lasts(&machine, Slow::Silent, Duration::from_secs(30)),
            lasts(&machine, Slow::Head, Duration::from_secs(30)),
            lasts(&machine, Slow::Body, Duration::from_secs(13)),
        );
        for lasted in [silent, head, body] {
            assert!(lasted > Duration::from_secs(5), "whoever has a bad line gets their chance: {lasted:?}");
        }
    }

    /// The figures: `cargo test --release --test it thousand -- --ignored --nocapture`
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "a measurement, which wants the machine for itself"]
    async fn a_thousand_of_them_hold_up_nobody() {
        let mut machine = Machine::new().await;
        machine.set("RATE_LIMITS", "off");
        machine.set("RUST_LOG", "info");
        let (_child, _) = machine.starts().await;
        let machine = std::sync::Arc::new(machine);
        let alone = p99(&machine).await;
        let mut slow = JoinSet::new();
        for n in 0..1_000 {
            let machine = machine.clone();
            let how = [Slow::Silent, Slow::Head, Slow::Body][n % 3];
            slow.spawn(async move { (how, lasts(&machine, how, Duration::from_secs(40)).await) });
        }
        let beside = p99(&machine).await;
        let mut longest = std::collections::BTreeMap::new();
        while let Some(ended) = slow.join_next().await {
            let (how, lasted) = ended.unwrap();
            let entry = longest.entry(format!("{how:?}")).or_insert(lasted);
            *entry = (*entry).max(lasted);
        }
        let ratio = beside.as_secs_f64() / alone.as_secs_f64();
        println!("p99 alone {alone:?}, beside 1,000 slow sockets {beside:?}: {ratio:.2} x; longest {longest:?}");
        assert!(longest["Silent"] <= Duration::from_secs(30) && longest["Head"] <= Duration::from_secs(30));
        assert!(longest["Body"] <= Duration::from_secs(11), "{longest:?}");
        assert!(ratio <= 1.5, "{ratio}");
    }

    async fn p99(machine: &Machine) -> Duration {
        let (http, url) = (http(), format!("http://{}/r/x", machine.address));
        let mut took = Vec::new();
        for _ in 0..3_000 {
            let begun = Instant::now();
            http.get(&url).send().await.unwrap().bytes().await.unwrap();
            took.push(begun.elapsed());
        }
        took.sort();
        took[took.len() * 99 / 100]
    }
}
