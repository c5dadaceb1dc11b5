//! Of several processes on one database, each hears of what the others did. Time stands still in most of these, so
//! that no sweep finds it.

use std::time::{Duration, Instant};

use greenroom::{
    app::App,
    clock::Clock,
    lease::Leases,
    secret::Random,
    wake::{Change, Wake, others},
};
use sandbox::discord::Delivery;
use serde_json::json;
use sqlx::postgres::PgListener;
use tokio_util::sync::CancellationToken;

use crate::{
    browser::{Stream, Tab},
    guest::{a_call_with_an_invitation, guests_are},
    knock::knocks,
    postgres,
    wire::Wire,
    world::{Plan, Way, World},
};

/// From what one process did to what another's page hears.
const SOON: Duration = Duration::from_secs(1);
/// The same, where wake-ups were lost.
const RIGHT_AGAIN: Duration = Duration::from_secs(5);
/// A storm's end, on a slow machine.
const HEARD_ALL: Duration = Duration::from_secs(30);

/// Somebody's tab in `standup`, which the other process serves, and what it hears.
async fn page_at(world: &World, other: &App, link: &str) -> (Tab, Stream) {
    let tab = world.browser_at(other.address()).follows(link).await.unwrap();
    let stream = tab.hears().await;
    world.really("the page listens", || !stream.heard("lobby").is_empty()).await;
    (tab, stream)
}

async fn hears(world: &World, stream: &Stream, name: &str, count: usize) -> Duration {
    world.really(&format!("the page hears: {name}"), || stream.heard(name).len() >= count).await
}

/// How many the page last heard to be inside.
fn inside(stream: &Stream) -> usize {
    let last = stream.heard("lobby").pop().unwrap();
    last["session"]["people"].as_array().map_or(0, Vec::len)
}

async fn removes(world: &World, moderator: &Tab, person: &str) {
    let user = world.person(person).id().to_string();
    moderator
        .posts(&format!("/api/rooms/{}/actions/remove", moderator.room_key), json!({"user_id": user}))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_page_hears_within_a_second_of_what_happens_at_another_process() {
    let world = World::new(Way::Http).await;
    let other = world.another().await;
    let (mira, mira_inside) = world.inside("mira").await;
    let link = world.video("odo", "general", "standup").await.link().unwrap();
    let (odo, odos) = page_at(&world, &other, &link).await;
    let links = world.video("ann", "general", "standup").await.link().unwrap();
    let (_, anns) = page_at(&world, &other, &links).await;

    odo.joins().await.unwrap();
    let took = world.really("Odo is seen inside", || inside(&odos) == 2 && inside(&anns) == 2).await;
    assert!(took <= SOON, "{took:?}");
    mira_inside.locks(true);
    let took = hears(&world, &anns, "locked", 1).await;
    assert!(took <= SOON, "{took:?}");
    removes(&world, &mira, "odo").await;
    let took = hears(&world, &odos, "removed", 1).await;
    assert!(took <= SOON, "{took:?}");
    mira.posts(&format!("/api/rooms/{}/actions/end", mira.room_key), json!({})).await.unwrap();
    let took = hears(&world, &anns, "ended", 1).await;
    assert!(took <= SOON, "{took:?}");
    other.stop().await;
}

#[tokio::test]
async fn a_guest_at_one_process_is_let_in_and_shut_out_by_others() {
    let world = World::new(Way::Http).await;
    let other = world.another().await;
    let link = a_call_with_an_invitation(&world, "member").await;
    let (kim, stream) = page_at(&world, &other, &link).await;
    assert_eq!(knocks(&kim).await.unwrap(), "waiting");
    let asked = world.sees("general", |message| message.text().contains("asks to be let into")).await;
    world.person("ann").presses(asked.id, "Admit").await;
    let took = hears(&world, &stream, "admitted", 1).await;
    assert!(took <= SOON, "{took:?}");
    guests_are(&world, "no").await;
    let took = hears(&world, &stream, "removed", 1).await;
    assert!(took <= SOON, "{took:?}");
    assert_eq!(stream.heard("removed")[0]["code"], "invitation_over");
    other.stop().await;
}

#[tokio::test]
async fn who_writes_to_a_channel_hears_of_facts_that_another_process_recorded() {
    let world = World::new(Way::Http).await;
    let other = world.another().await;
    let url = format!("http://{}/discord/interactions", other.address());
    world.sandbox.discord.deliver(Delivery::Http { url }).await.unwrap();
    let link = world.video("mira", "general", "standup").await.link().unwrap();
    let says = |text: &'static str| {
        let discord = &world.sandbox.discord;
        move || discord.messages("general").iter().any(|message| message.text().contains(text))
    };
    // Until the channel has been quiet for a while it is the other's.
    world.really("the card is there", says("Nobody is inside yet")).await;
    let mira = world.browser().follows(&link).await.unwrap();
    let begun = Instant::now();
    mira.joins().await.unwrap();
    world.really("the channel says so", || says("In the call")() || says("joined")()).await;
    assert!(begun.elapsed() <= SOON, "{:?}", begun.elapsed());
    other.stop().await;
}

#[tokio::test]
async fn whoever_was_cut_off_without_a_word_notices_and_looks_at_everything() {
    let wire = Wire::to(&postgres::database().await).await;
    let world = Plan::over(Way::Http).with("DATABASE_URL", &wire.url).world().await;
    let other = world.another().await;
    let (_, _mira_inside) = world.inside("mira").await;
    let (ann, _) = world.inside("ann").await;
    let mut pages = Vec::new();
    for name in ["odo", "mira"] {
        let link = world.video(name, "general", "standup").await.link().unwrap();
        pages.push((name, page_at(&world, &other, &link).await.1));
    }
    for (cuts, (name, stream)) in pages.iter().enumerate() {
        wire.cuts_off_who_listens();
        removes(&world, &ann, name).await;
        world.really("the cut is there", || wire.lost() >= 2).await;
        assert_eq!(stream.heard("removed").len(), 0, "nobody can have told");
        if cuts > 0 {
            // They notice before it is over, and try again meanwhile.
            world.really("they try again", || wire.lost() >= 4).await;
        }
        wire.returns();
        let took = hears(&world, stream, "removed", 1).await;
        assert!(took <= RIGHT_AGAIN, "{took:?}");
    }
    other.stop().await;
}

#[tokio::test]
async fn while_the_others_are_not_heard_pages_look_every_five_seconds() {
    let wire = Wire::to(&postgres::database().await).await;
    let world = Plan::over(Way::Http).with("DATABASE_URL", &wire.url).world().await;
    let other = world.another().await;
    let (_, _mira_inside) = world.inside("mira").await;
    let (ann, _) = world.inside("ann").await;
    let link = world.video("odo", "general", "standup").await.link().unwrap();
    let (_, stream) = page_at(&world, &other, &link).await;
    wire.cuts_off_who_listens();
    world.really("both have noticed, and try again", || wire.lost() >= 4).await;
    // The first look is over.
    world.really("they try once more", || wire.lost() >= 6).await;
    removes(&world, &ann, "odo").await;
    let took = hears(&world, &stream, "removed", 1).await;
    assert!(took <= RIGHT_AGAIN + SOON, "{took:?}");
    other.stop().await;
}

#[tokio::test]
async fn a_storm_of_wakeups_is_few_notices_and_none_for_who_made_it() {
    let world = World::new(Way::Http).await;
    let store = world.store().await;
    let leases = Leases::join(store.clone(), Random::system(), Clock::system()).await.unwrap();
    let stop = CancellationToken::new();
    let process = || {
        let wake = Wake::among_others();
        let parts = others::Parts {
            wake: wake.clone(),
            store: store.clone(),
            leases: leases.clone(),
            random: Random::system(),
            real: Clock::system(),
            access: Box::new(|_| {}),
            stop: stop.clone(),
        };
        tokio::spawn(others::run(parts));
        wake
    };
    let mut wire = PgListener::connect(&world.database_url()).await.unwrap();
    wire.listen("greenroom").await.unwrap();
    let (ours, theirs) = (process(), process());
    let (mut here, mut there) = (ours.listen(), theirs.listen());
    // Each looks at everything once it listens.
    assert_eq!((here.next().await, there.next().await), (None, None));

    let begun = Instant::now();
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    for n in 0..10_000 {
        ours.session(&(n % 40).to_string(), "room");
        if n % 100 == 0 {
            ticks.tick().await;
        }
    }
    ours.person("room", 7);
    let last = Change::Person { room_key: "room".into(), user_id: 7 };
    let mut heard = 0;
    let all = async {
        while there.next().await.as_ref() != Some(&last) {
            heard += 1;
        }
    };
    tokio::time::timeout(HEARD_ALL, all).await.expect("what was said last is heard");
    let lasted = begun.elapsed().as_secs_f64();
    let mut notices = 0;
    while wire.next_buffered().is_some() || tokio::time::timeout(Duration::from_millis(200), wire.recv()).await.is_ok()
    {
        notices += 1;
    }
    assert!(f64::from(notices) < 15.0 * lasted + 20.0, "{notices} notices in {lasted} s");
    assert!(f64::from(heard) < 40.0 * (10.0 * lasted + 2.0), "{heard} wake-ups in {lasted} s");
    let mut elsewhere = 0;
    while let Some(heard) = futures::FutureExt::now_or_never(here.heard()) {
        elsewhere += usize::from(heard.elsewhere);
    }
    assert_eq!(elsewhere, 0, "what was said here was heard here twice");
    stop.cancel();
    store.close().await;
}
