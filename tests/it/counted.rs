//! What operators can count.

use std::net::SocketAddr;

use sandbox::fault::Fault;
use serde_json::json;

use crate::{
    browser::http,
    status::{is_well, once, with_metrics, with_mira_inside},
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

#[tokio::test]
async fn who_is_in_calls_what_was_told_twice_and_how_often_nothing_was_heard() {
    let (machine, address, _inside) = with_mira_inside().await;
    machine.sandbox.signalwire.faults().cut("relay");
    // With the connection comes a look at everything, most of which is known.
    let wanted = ["greenroom_rooms_live 1", "greenroom_people_live 1", "greenroom_relay_gap_seconds_count 1"];
    let counted = once_counted(address, &wanted.map(str::to_owned)).await;
    assert!(counted.contains("greenroom_facts_known_total{source="), "{counted}");
}
