use sandbox::{discord::Answer, fault::Fault};
use serde_json::Value;

use crate::{binary::Machine, world::Way};

/// The line of the call to SignalWire among those of a reference.
fn call<'a>(lines: &'a [String], route: &str) -> &'a str {
    let is_call = |line: &&String| line.contains("a call to an outside party failed") && line.contains(route);
    lines.iter().find(is_call).unwrap_or_else(|| panic!("no call to {route} in {lines:#?}"))
}

/// Mira presses Join, and SignalWire fails; what she can read out.
async fn fails_to_join(machine: &Machine) -> String {
    machine.bot_is_there().await;
    let mira = machine.browser().follows(&machine.link_of("mira", "standup").await).await.unwrap();
    machine.sandbox.signalwire.faults().always("POST /api/video/room_tokens", Fault::Status(503));
    let problem = mira.room_token().await.unwrap_err();
    assert_eq!(problem.code, "video_unavailable");
    problem.reference
}

/// As operators see it, who changed nothing.
async fn machine() -> Machine {
    let mut machine = Machine::new().await;
    machine.set("RUST_LOG", "info");
    machine.set("NO_COLOR", "1");
    machine
}

#[tokio::test]
async fn a_reference_leads_to_the_request_and_the_call_that_failed() {
    let machine = machine().await;
    let _serving = machine.starts().await;
    let reference = fails_to_join(&machine).await;
    let lines = machine.told_of(&reference, 2).await;
    let request = format!("request{{reference=\"{reference}\" method=POST route=\"/api/rooms/{{key}}/token\"}}");
    assert!(lines.iter().all(|line| line.contains(&request)), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("a request failed") && line.contains("video_unavailable")));
    let call = call(&lines, "room_tokens");
    assert!(call.contains("party=\"signalwire\"") && call.contains(" status=503 ") && call.contains(" ms="), "{call}");
}

#[tokio::test]
async fn it_does_so_in_json_too() {
    let mut machine = machine().await;
    machine.set("LOG_FORMAT", "json");
    let _serving = machine.starts().await;
    let reference = fails_to_join(&machine).await;
    let lines = machine.told_of(&reference, 2).await;
    let line: Value = serde_json::from_str(call(&lines, "room_tokens")).unwrap();
    assert_eq!(line["span"]["reference"], *reference, "{line}");
    assert_eq!((&line["party"], &line["status"]), (&"signalwire".into(), &503.into()), "{line}");
    assert!(line["ms"].is_i64(), "{line}");
}

/// The reference that a person reads in an answer in Discord.
fn reference_in(answer: &Answer) -> String {
    let text = answer.text();
    let is_reference = |word: &&str| word.len() == 7 && word.find('-') == Some(4) && *word == word.to_uppercase();
    let reference = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').find(is_reference);
    reference.unwrap_or_else(|| panic!("no reference in {text}")).to_owned()
}

async fn mira_asks_for_a_room(machine: &Machine) -> Answer {
    let answer = machine.sandbox.discord.person("mira").runs("general", "video", &[("room", "standup")]).await;
    answer.eventually(|message| !message.thinking).await;
    answer
}

fn all_are_of_the_command(lines: &[String]) {
    let is_of_it = |line: &String| line.contains("interaction.id=") && line.contains("label=\"video\"");
    assert!(lines.iter().all(is_of_it), "{lines:#?}");
}

async fn a_reference_in_discord_leads_to_the_command_and_the_call_that_failed(way: Way) {
    let mut machine = machine().await;
    if way == Way::Http {
        machine.set("DISCORD_INTERACTIONS", "http");
    }
    let _serving = machine.starts().await;
    match way {
        Way::Gateway => machine.bot_is_there().await,
        Way::Http => machine.bot_is_there_over_http().await,
    }
    machine.sandbox.signalwire.revoke_api_token();
    let lines = machine.told_of(&reference_in(&mira_asks_for_a_room(&machine).await), 2).await;
    all_are_of_the_command(&lines);
    assert!(lines.iter().any(|line| line.contains("a room could not be opened")), "{lines:#?}");
    assert!(call(&lines, "rooms").contains(" status=401 "), "{lines:#?}");
}

#[tokio::test]
async fn a_reference_in_discord_leads_to_the_command_and_the_call_that_failed_over_the_gateway() {
    a_reference_in_discord_leads_to_the_command_and_the_call_that_failed(Way::Gateway).await;
}

#[tokio::test]
async fn a_reference_in_discord_leads_to_the_command_and_the_call_that_failed_over_http() {
    a_reference_in_discord_leads_to_the_command_and_the_call_that_failed(Way::Http).await;
}

/// Over HTTP the first answer is no call of ours.
#[tokio::test]
async fn a_first_answer_that_discord_refuses_stands_under_the_reference_that_is_read_instead() {
    let mut machine = machine().await;
    machine.set("RUST_LOG", "info,greenroom=debug");
    let _serving = machine.starts().await;
    machine.bot_is_there().await;
    machine.sandbox.discord.faults().next("POST /api/v10/interactions/*/*/callback", Fault::Status(400));
    let lines = machine.told_of(&reference_in(&mira_asks_for_a_room(&machine).await), 4).await;
    all_are_of_the_command(&lines);
    assert!(lines.iter().any(|line| line.contains("a first answer did not arrive")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("an interaction went wrong")), "{lines:#?}");
    let is_callback = |line: &&String| line.contains("party=\"discord\"") && line.contains("interactions/:id/callback");
    let callbacks: Vec<_> = lines.iter().filter(is_callback).collect();
    assert!(callbacks.len() == 2 && callbacks[0].contains(" status=400 "), "{lines:#?}");
}
