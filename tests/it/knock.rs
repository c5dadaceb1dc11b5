use std::time::Duration;

use sandbox::{
    discord::{Answer, Message},
    signalwire::scripted::Member,
};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _};

use crate::{
    browser::{Problem, Stream, Tab},
    command::{plain, told},
    guest::{a_call_with_an_invitation, guests_are},
    world::{Way, World, over_both_ways_in},
};

const ASKS: &str = "asks to be let into";
/// From the press to the page.
const SOON: Duration = Duration::from_secs(1);
const TOKENS: &str = "POST /api/video/room_tokens";

/// Somebody asks to be let in; how the door stands for them.
pub async fn knocks(tab: &Tab) -> Result<Value, Problem> {
    Ok(tab.posts(&format!("/api/rooms/{}/actions/knock", tab.room_key), json!({})).await?["door"].clone())
}

/// The question in the channel that is still open.
async fn question(world: &World) -> Message {
    world.sees("general", |message| message.text().contains(ASKS)).await
}

/// Somebody asks, and a moderator presses `button`.
pub async fn lets_in(world: &World, tab: &Tab, moderator: &str, button: &str) -> Answer {
    assert_eq!(knocks(tab).await.unwrap(), "waiting");
    let asked = question(world).await;
    let answer = world.person(moderator).presses(asked.id, button).await;
    told(world, &answer).await;
    world.until("the question is answered", || !text(world, &asked).contains(ASKS)).await;
    answer
}

/// What stands in that message now.
fn text(world: &World, message: &Message) -> String {
    let messages = world.sandbox.discord.messages("general");
    messages.into_iter().find(|other| other.id == message.id).map(|it| plain(&it.text())).unwrap_or_default()
}

fn refused(problem: Result<impl Sized, Problem>) -> (u16, String) {
    let problem = problem.err().expect("a refusal");
    (problem.status, problem.code)
}

async fn listens(world: &World, tab: &Tab) -> Stream {
    let stream = tab.hears().await;
    world.until("the page listens", || !stream.heard("lobby").is_empty()).await;
    stream
}

/// Odo before `standup`, in which Mira is, who has locked it.
async fn before_a_locked_door(world: &World) -> (Member, Tab) {
    let (_, mira) = world.inside("mira").await;
    world.card("**In the call (1):**").await;
    let odo = world.video("odo", "general", "standup").await;
    let odo = world.browser().follows(&odo.link().unwrap()).await.unwrap();
    mira.locks(true);
    world.card("**Locked.** Only moderators can come in.").await;
    (mira, odo)
}

/// Whether a change to knocks waits for the database now.
async fn knocks_are_looked_for(database: &mut AnyConnection) -> bool {
    let waiting = "SELECT COUNT(*) FROM pg_locks
                    WHERE NOT granted AND relation = CAST('knocks' AS regclass)
                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    sqlx::query_scalar::<_, i64>(waiting).fetch_one(database).await.unwrap() > 0
}

#[tokio::test]
async fn nobody_looks_for_knocks_every_moment_while_nobody_knocks() {
    let world = World::new(Way::Http).await;
    world.inside("mira").await;
    world.card("**In the call (1):**").await;
    let mut database = AnyConnection::connect(&world.database_url()).await.unwrap();
    // Behind what somebody may have failed to say.
    somebody_looks_for_knocks(&world, &mut database).await;
    // Who looks asks several things.
    let begun = std::time::Instant::now();
    loop {
        lock_knocks(&mut database).await;
        world.lets_work().await;
        if !knocks_are_looked_for(&mut database).await {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "there is always somebody who looks");
        sqlx::query("COMMIT").execute(&mut database).await.unwrap();
    }
    world.passes(Duration::from_secs(30), Duration::from_secs(1)).await;
    assert!(!knocks_are_looked_for(&mut database).await);
    sqlx::query("COMMIT").execute(&mut database).await.unwrap();
    somebody_looks_for_knocks(&world, &mut database).await;
    database.close().await.unwrap();
}

/// Whoever looks writes, and waits.
async fn lock_knocks(database: &mut AnyConnection) {
    sqlx::query("BEGIN").execute(&mut *database).await.unwrap();
    sqlx::query("LOCK TABLE knocks IN SHARE MODE").execute(database).await.unwrap();
}

/// A minute later, and not before.
async fn somebody_looks_for_knocks(world: &World, database: &mut AnyConnection) {
    lock_knocks(database).await;
    world.advance(Duration::from_secs(60));
    let begun = std::time::Instant::now();
    while !knocks_are_looked_for(database).await {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody looks for knocks");
    }
    sqlx::query("COMMIT").execute(database).await.unwrap();
}

over_both_ways_in! {
    async fn a_guest_waits_until_a_moderator_lets_her_in(world: World) {
        let kim = world.browser().follows(&a_call_with_an_invitation(&world, "member").await).await.unwrap();
        assert_eq!(kim.lobby().await.unwrap()["session"]["door"], "ask");
        assert_eq!(refused(kim.room_token().await), (423, "knock_first".into()));
        let stream = listens(&world, &kim).await;
        assert_eq!(knocks(&kim).await.unwrap(), "waiting");
        assert_eq!(knocks(&kim).await.unwrap(), "waiting", "asking twice asks once");
        let asked = question(&world).await;
        assert!(plain(&asked.text()).contains("**Kim (guest)** asks to be let into **standup**"), "{}", asked.text());
        let labels: Vec<_> = asked.buttons().map(|button| button.label.clone()).collect();
        assert_eq!(labels, ["Admit", "Admit as audience", "Deny"]);
        // The buttons stand there for all; whose press counts is decided with each.
        let odo = world.person("odo").presses(asked.id, "Admit").await;
        assert!(told(&world, &odo).await.contains("Only moderators of **standup**"), "{}", odo.text());
        assert_eq!(refused(kim.room_token().await), (423, "knock_first".into()));
        let ann = world.person("ann").presses(asked.id, "Admit").await;
        assert!(told(&world, &ann).await.contains("is let into **standup**"), "{}", ann.text());
        let took = world.really("the page is told", || !stream.heard("admitted").is_empty()).await;
        assert!(took <= SOON, "{took:?}");
        assert_eq!(stream.heard("lobby").last().unwrap()["session"]["door"], "open");
        world.until("the question is answered", || text(&world, &asked).contains("**Kim (guest)** was let into")).await;
        let shown = world.sandbox.discord.messages("general").into_iter().find(|it| it.id == asked.id).unwrap();
        assert_eq!(shown.buttons().count(), 0);
        // She may go and come back while the call lasts.
        let member = kim.joins().await.unwrap();
        world.card("**In the call (2):**").await;
        member.leaves();
        world.card("**In the call (1):**").await;
        kim.joins().await.unwrap();
        let late = world.person("ann").insisting().presses(asked.id, "Deny").await;
        assert!(late.problem().is_some() || told(&world, &late).await.contains("answered already"));
    }

    async fn a_moderator_may_let_somebody_in_to_watch(world: World) {
        let kim = world.browser().follows(&a_call_with_an_invitation(&world, "member").await).await.unwrap();
        lets_in(&world, &kim, "ann", "Admit as audience").await;
        assert_eq!(kim.lobby().await.unwrap()["you"]["role"], "audience");
        world.sandbox.signalwire.faults().forget();
        kim.joins().await.unwrap();
        let asked = &world.sandbox.signalwire.faults().requests_to(TOKENS)[0].request;
        assert_eq!((&asked["join_as"], &asked["permissions"]), (&json!("audience"), &json!([])));
    }

    async fn who_is_denied_is_told_and_may_ask_again_later(world: World) {
        let kim = world.browser().follows(&a_call_with_an_invitation(&world, "audience").await).await.unwrap();
        let stream = listens(&world, &kim).await;
        // Who comes to watch anyway is asked about in fewer words.
        assert_eq!(knocks(&kim).await.unwrap(), "waiting");
        let asked = question(&world).await;
        assert!(asked.button("Admit as audience").is_none());
        world.person("ann").presses(asked.id, "Deny").await;
        world.until("the page is told", || !stream.heard("denied").is_empty()).await;
        assert_eq!(kim.lobby().await.unwrap()["session"]["door"], "denied");
        world.until("the question is answered", || text(&world, &asked).contains("was not let into")).await;
        assert_eq!(knocks(&kim).await.unwrap(), "denied");
        assert_eq!(refused(kim.room_token().await), (423, "knock_first".into()));
        world.advance(Duration::from_secs(601));
        lets_in(&world, &kim, "ann", "Admit").await;
        kim.joins().await.unwrap();
    }

    async fn a_knock_that_nobody_answers_runs_out(world: World) {
        let kim = world.browser().follows(&a_call_with_an_invitation(&world, "member").await).await.unwrap();
        assert_eq!(knocks(&kim).await.unwrap(), "waiting");
        let asked = question(&world).await;
        world.advance(Duration::from_secs(601));
        world.until("the question is over", || text(&world, &asked).contains("Nobody answered in time")).await;
        assert_eq!(kim.lobby().await.unwrap()["session"]["door"], "ask");
        let late = world.person("ann").insisting().presses(asked.id, "Admit").await;
        assert!(late.problem().is_some() || told(&world, &late).await.contains("nobody waits any more"));
        // Until it is written down that the channel shows it, nothing else is asked.
        let (store, begun) = (world.store().await, std::time::Instant::now());
        while store.knocks_due_at().await.unwrap().is_some() {
            assert!(begun.elapsed() < Duration::from_secs(10), "what the channel shows is never written down");
        }
        store.close().await;
        lets_in(&world, &kim, "ann", "Admit").await;
    }

    async fn who_knocks_waits_no_longer_than_the_call_lasts(world: World) {
        let kim = world.browser().follows(&a_call_with_an_invitation(&world, "member").await).await.unwrap();
        assert_eq!(knocks(&kim).await.unwrap(), "waiting");
        let asked = question(&world).await;
        let ends = world.person("ann").runs("general", "room end", &[("room", "standup")]).await;
        told(&world, &ends).await;
        world.person("ann").presses(ends.message().unwrap().id, "End for all").await;
        world.really("the question is over", || text(&world, &asked).contains("Nobody answered in time")).await;
    }

    async fn a_knock_outlives_the_process_and_its_end(world: World) {
        let kim = world.browser().follows(&a_call_with_an_invitation(&world, "member").await).await.unwrap();
        assert_eq!(knocks(&kim).await.unwrap(), "waiting");
        let asked = question(&world).await;
        world.stops().await;
        world.starts().await;
        world.person("ann").presses(asked.id, "Admit").await;
        world.until("the question is answered", || text(&world, &asked).contains("was let into")).await;
        kim.joins().await.unwrap();
    }

    async fn at_a_locked_door_everybody_knocks_where_guests_are_on(world: World) {
        let (_, odo) = before_a_locked_door(&world).await;
        assert_eq!(odo.lobby().await.unwrap()["session"]["door"], "locked");
        assert_eq!(refused(odo.room_token().await), (423, "room_locked".into()));
        assert_eq!(refused(knocks(&odo).await), (423, "room_locked".into()));
        guests_are(&world, "yes").await;
        assert_eq!(odo.lobby().await.unwrap()["session"]["door"], "ask");
        lets_in(&world, &odo, "ann", "Admit").await;
        // Others at the door stay there, also while the video service's lock is open for Odo.
        let vic = world.video("vic", "general", "standup").await;
        let vic = world.browser().follows(&vic.link().unwrap()).await.unwrap();
        let token = odo.room_token().await.unwrap();
        assert_eq!(refused(vic.room_token().await), (423, "room_locked".into()));
        let lobby = vic.lobby().await.unwrap();
        assert_eq!((&lobby["session"]["locked"], &lobby["session"]["door"]), (&json!(true), &json!("ask")));
        odo.enters(&token).await.unwrap();
        // As soon as he is in it is shut again.
        world.card("**In the call (2):**").await;
        let late = async || odo.enters(&token).await.is_err();
        let begun = std::time::Instant::now();
        while !late().await {
            assert!(begun.elapsed() < Duration::from_secs(10), "the lock stays open");
            world.advance(Duration::from_secs(1));
            world.lets_work().await;
        }
        world.card("**Locked.** Only moderators can come in.").await;
        assert_eq!(refused(vic.room_token().await), (423, "room_locked".into()));
        // Moderators need nobody, and are asked about nowhere.
        let ann = world.video("ann", "general", "standup").await;
        let ann = world.browser().follows(&ann.link().unwrap()).await.unwrap();
        assert_eq!(knocks(&ann).await.unwrap(), "open");
        ann.joins().await.unwrap();
        world.card("**Locked.** Only moderators can come in.").await;
    }

    async fn a_lock_is_shut_also_where_whoever_held_it_open_has_died(world: World) {
        let (mira, odo) = before_a_locked_door(&world).await;
        let store = world.store().await;
        let session = store.present_sessions().await.unwrap().remove(0).session_id;
        store.hold_lock(&session, world.person("odo").id().0, world.now() + 30_000).await.unwrap();
        mira.locks(false);
        store.close().await;
        world.until("the lock is shut", || mira.is_behind_a_lock()).await;
        world.card("**Locked.** Only moderators can come in.").await;
        assert_eq!(refused(odo.room_token().await), (423, "room_locked".into()));
    }

    async fn five_may_wait_at_once(world: World) {
        guests_are(&world, "yes").await;
        world.inside("mira").await;
        world.card("**In the call (1):**").await;
        for number in 1..=6 {
            let name = format!("Kim {number}");
            let answer = world.person("ann").runs("general", "room guest", &[("name", &name)]).await;
            let link = crate::guest::link(&answer);
            let kim = world.browser().follows(&link).await.unwrap();
            let knocked = knocks(&kim).await;
            if number <= 5 {
                assert_eq!(knocked.unwrap(), "waiting");
            } else {
                assert_eq!(refused(knocked), (429, "door_busy".into()));
            }
        }
        let asked = || world.sandbox.discord.messages("general").iter().filter(|it| it.text().contains(ASKS)).count();
        world.until("all are asked about", || asked() == 5).await;
    }

    async fn where_nobody_is_named_nobody_is_named_once_it_is_answered(world: World) {
        let kim = world.browser().follows(&a_call_with_an_invitation(&world, "member").await).await.unwrap();
        crate::settings::saves_in(&world, "general", &[("names", "no")]).await;
        assert_eq!(knocks(&kim).await.unwrap(), "waiting");
        let asked = question(&world).await;
        assert!(asked.text().contains("Kim"), "who is to be let in must be known");
        world.person("ann").presses(asked.id, "Admit").await;
        world.until("the question is answered", || text(&world, &asked).contains("**Somebody** was let into")).await;
    }
}
