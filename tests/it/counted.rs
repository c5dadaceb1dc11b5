//! What operators can count.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use reqwest::Method;
use sandbox::fault::Fault;
use serde_json::json;

use crate::{
    binary::free_address,
    browser::http,
    status::{is_well, once, with_metrics, with_mira_inside},
    world::{Plan, Way},
};

const ROOMS: &str = "POST /api/video/rooms";

async fn numbers(address: SocketAddr) -> String {
    http().get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap()
}

/// All numbers, once these lines are among them.
async fn once_counted(address: SocketAddr, wanted: &[String]) -> String {
    let begun = std::time::Instant::now();
    loop {
        let counted = numbers(address).await;
        if wanted.iter().all(|line| counted.lines().any(|counted| counted == line)) {
            return counted;
        }
        assert!(begun.elapsed().as_secs() < 20, "{wanted:#?} in {counted}");
    }
}

fn ensured(outcome: &str, times: u32) -> String {
    format!("greenroom_room_ensures_total{{outcome=\"{outcome}\"}} {times}")
}

/// What is kept in memory, by what it is.
async fn kept(address: SocketAddr) -> BTreeMap<String, u32> {
    let counted = numbers(address).await;
    let kept = counted.lines().filter_map(|line| line.strip_prefix("greenroom_kept{what=\"")?.split_once("\"} "));
    kept.map(|(what, count)| (what.to_owned(), count.parse().unwrap())).collect()
}

#[tokio::test]
async fn how_signalwire_came_to_have_each_room() {
    let (machine, address) = with_metrics().await;
    let (_serving, _) = machine.starts().await;
    machine.bot_is_there().await;
    once(address, is_well).await;
    let (discord, signalwire) = (&machine.sandbox.discord, &machine.sandbox.signalwire);
    let link = machine.link_of("mira", "standup").await;
    once_counted(address, &[ensured("created", 1)]).await;

    // A page says that there is no such room, a moment after SignalWire has made it.
    let mira = machine.browser().follows(&link).await.unwrap();
    let missing = json!({"room_missing": true});
    mira.posts(&format!("/api/rooms/{}/token", mira.room_key), missing).await.unwrap();
    once_counted(address, &[ensured("known", 1)]).await;

    // The room is there, but the answer that says so is lost.
    signalwire.faults().next(ROOMS, Fault::DropAfterCommit);
    machine.link_of("mira", "retro").await;
    once_counted(address, &[ensured("found", 1)]).await;

    // A call is ended through its room, which is told to let people in again before the next.
    let _inside = mira.joins().await.unwrap();
    machine.card("**In the call (1):** Mira").await;
    signalwire.refuse_connects(Some((-32_000, "down")));
    signalwire.faults().cut("relay");
    let question = discord.person("ann").runs("general", "room end", &[("room", "standup")]).await;
    let question = question.eventually(|message| message.buttons().count() == 1).await;
    discord.person("ann").presses(question.id, "End for all").await;
    machine.card("standup · ended").await;
    machine.link_of("mira", "standup").await;
    once_counted(address, &[ensured("corrected", 1)]).await;

    signalwire.faults().always("* /api/video/**", Fault::Status(503));
    discord.person("odo").runs("general", "video", &[("room", "planning")]).await;
    let counted = ["created", "known", "found", "corrected", "failed"].map(|outcome| ensured(outcome, 1));
    once_counted(address, &counted).await;
}

/// The numbers of the tests' own process are of all tests in it: no other may set `METRICS_ADDR` there.
#[tokio::test]
async fn what_is_kept_of_people_is_counted_and_gone_when_they_are() {
    let address = free_address();
    let world = Plan::over(Way::Gateway).with("METRICS_ADDR", &address.to_string()).world().await;
    let before = kept(address).await;
    let (mira, inside) = world.inside("mira").await;
    world.card("**In the call (1):** Mira").await;
    let path = format!("/api/rooms/{}/stream", mira.room_key);
    let stream = mira.browser.sends(Method::GET, &path, Some(&mira.sid), None).await;
    // Discord is asked about her a minute after it vouched for her.
    world.passes(Duration::from_secs(70), Duration::from_secs(5)).await;
    let meanwhile = kept(address).await;
    for what in ["members", "guilds", "channels", "lately", "browser_sessions", "streams", "followed_sessions"] {
        assert!(meanwhile[what] > before[what], "{what}: {before:?}, then {meanwhile:?}");
    }

    drop(stream);
    inside.leaves();
    world.card("standup · ended").await;
    world.passes(Duration::from_secs(12 * 60), Duration::from_secs(30)).await;
    let begun = std::time::Instant::now();
    while kept(address).await != before {
        assert!(begun.elapsed().as_secs() < 10, "{before:?}, in the end {:?}", kept(address).await);
        world.passes(Duration::from_secs(30), Duration::from_secs(30)).await;
    }
}

#[tokio::test]
async fn who_is_in_calls_what_was_told_twice_and_how_often_nothing_was_heard() {
    let (machine, address, _inside) = with_mira_inside().await;
    machine.sandbox.signalwire.faults().cut("relay");
    // With the connection comes a look at everything, most of which is known.
    let wanted = ["greenroom_rooms_live 1", "greenroom_people_live 1", "greenroom_relay_gap_seconds_count 1"];
    let counted = once_counted(address, &wanted.map(str::to_owned)).await;
    assert!(counted.contains("greenroom_facts_known_total{source="), "{counted}");
}
