use std::time::{Duration, Instant};

use sandbox::fault::Fault;

use crate::{binary::Machine, browser::Browser, world::over_both_ways_in};

/// What must hold again this soon after a crash.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn after_a_kill_everything_is_known_again_and_the_channel_is_right() {
    let (machine, mut child) = Machine::serving().await;
    let discord = &machine.sandbox.discord;
    let link = machine.link_of("mira", "standup").await;
    let browser = Browser::new(&format!("http://{}", machine.address), machine.sandbox.signalwire.clone());
    let tab = browser.follows(&link).await.unwrap();
    let mira = tab.joins().await.unwrap();
    let card = machine.card("**In the call (1):** Mira").await;

    child.kill().await.unwrap();
    // While nobody listens, Mira goes and Odo comes with a token he had.
    let odo = tab.browser.clone();
    mira.leaves();
    let begun = Instant::now();
    let (_child, ready) = machine.starts().await;
    machine.card("standup · ended").await;
    assert!(begun.elapsed() < SOON, "the channel is right {:?} after the start (ready {ready:?})", begun.elapsed());
    machine.bot_is_there().await;
    assert!(odo.cookies().len() == 1 && tab.lobby().await.is_ok(), "the browser's session is known");

    let again = discord.person("odo").runs("general", "video", &[("room", "standup")]).await;
    let link = again.eventually(|message| message.link().is_some()).await.link().unwrap().to_owned();
    assert!(!again.deferred, "the room is known");
    browser.redeems(&link, "a-second-nonce-for-odo", None).await.unwrap().joins().await.unwrap();
    machine.card("**In the call (1):** Odo").await;
    assert_eq!(discord.webhooks("general"), 1, "the webhook was found again");
    assert_eq!(discord.messages("general").iter().filter(|message| message.id == card.id).count(), 1);
}

#[tokio::test]
async fn a_crash_between_promise_and_answer_is_made_good() {
    let (machine, mut child) = Machine::serving().await;
    machine.sandbox.signalwire.faults().always("* /api/video/**", Fault::Hang);
    let answer = machine.sandbox.discord.person("mira").runs("general", "video", &[("room", "standup")]).await;
    assert!(answer.deferred && answer.message().is_some_and(|message| message.thinking));
    child.kill().await.unwrap();
    machine.sandbox.signalwire.faults().clear();
    let begun = Instant::now();
    let (_child, _) = machine.starts().await;
    answer.eventually(|message| message.link().is_some()).await;
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
}

over_both_ways_in! {
    async fn a_restart_is_no_news_to_the_channel(world: World) {
        let (_, _mira) = world.inside("mira").await;
        let card = world.card("**In the call (1):** Mira").await;
        world.stops().await;
        world.starts().await;
        let (_, _odo) = world.inside("odo").await;
        let same = world.card("**In the call (2):** Mira, Odo").await;
        assert_eq!(same.id, card.id);
        assert_eq!(world.sandbox.discord.webhooks("general"), 1);
    }
}
