use sandbox::fault::Fault;
use serde_json::Value;

use crate::binary::Machine;

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

#[tokio::test]
async fn a_reference_in_discord_leads_to_the_command_and_the_call_that_failed() {
    let machine = machine().await;
    let _serving = machine.starts().await;
    machine.bot_is_there().await;
    machine.sandbox.signalwire.revoke_api_token();
    let answer = machine.sandbox.discord.person("mira").runs("general", "video", &[("room", "standup")]).await;
    answer.eventually(|message| !message.thinking).await;
    let text = answer.text();
    let is_reference = |word: &&str| word.len() == 7 && word.find('-') == Some(4) && *word == word.to_uppercase();
    let reference = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').find(is_reference);
    let reference = reference.unwrap_or_else(|| panic!("no reference in {text}"));
    let lines = machine.told_of(reference, 2).await;
    assert!(
        lines.iter().all(|line| line.contains("interaction.id=") && line.contains("label=\"video\"")),
        "{lines:#?}"
    );
    assert!(lines.iter().any(|line| line.contains("a room could not be opened")), "{lines:#?}");
    assert!(call(&lines, "rooms").contains(" status=401 "), "{lines:#?}");
}
