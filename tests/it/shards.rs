use std::time::{Duration, Instant};

use sandbox::{
    discord::{Discord, Options},
    fault::SocketFault,
};
use sqlx::{AnyConnection, Connection as _};

use crate::{
    binary::Machine,
    instances::{Process, TAKEN_OVER},
    postgres::Cluster,
    wire::Wire,
    world::{Plan, Way, World},
};

/// After this the next of a bucket may identify, whatever second Discord's clock is in.
const NEXT: Duration = Duration::from_secs(8);
/// And before this it may not.
const NOT_YET: Duration = Duration::from_secs(4);

fn over_gateway() -> Plan {
    Plan::over(Way::Gateway)
}

/// Of four shards, the one that hears of the server.
fn shard_of_server(discord: &Discord) -> u64 {
    (discord.guild().0 >> 22) % 4
}

fn all_four() -> Vec<(u64, u64)> {
    (0..4).map(|shard| (shard, 4)).collect()
}

/// How often anything was answered.
fn answers(discord: &Discord) -> usize {
    discord.faults().requests_to("POST /api/v10/interactions/*/*/callback").len()
}

/// Nobody identified more often than Discord allows.
fn nobody_was_too_soon(discord: &Discord) {
    let identified = discord.identified();
    assert!(identified.iter().all(|identified| !identified.too_soon), "{identified:?}");
}

/// So many sessions have begun, and that many shards are there. Only real time goes on meanwhile, so that what is on its
/// way does not age.
async fn has_begun(world: &World, sessions: usize, shards: usize) {
    let discord = &world.sandbox.discord;
    let is_so = || discord.identified().len() == sessions && discord.connected_shards().len() == shards;
    world.really("a session begins", is_so).await;
}

/// So many sessions are written down.
async fn sessions_are_kept(database_url: &str, sessions: i64) {
    sqlx::any::install_default_drivers();
    let mut database = AnyConnection::connect(database_url).await.unwrap();
    let begun = Instant::now();
    let kept = "SELECT count(*) FROM gateway_sessions";
    while sqlx::query_scalar::<_, i64>(kept).fetch_one(&mut database).await.unwrap() < sessions {
        assert!(begun.elapsed() < TAKEN_OVER, "they are not written down");
    }
    database.close().await.unwrap();
}

async fn is_answered(world: &World, person: &str) {
    assert!(world.video(person, "general", "standup").await.link().is_some());
}

#[tokio::test]
async fn of_two_processes_one_has_each_shard_and_whoever_lives_has_all() {
    let mut world = over_gateway().on_postgres().await.with_shards(4, 4).world().await;
    let discord = world.sandbox.discord.clone();
    sessions_are_kept(&world.database_url(), 4).await;
    world.stops().await;
    let servers = shard_of_server(&discord);
    let other = Process::start_with(&world, &[("DISCORD_SHARDS", &format!("{servers}-{servers}/4"))]).await;
    world.really("the other has its shard", || discord.connected_shards() == [(servers, 4)]).await;
    world.starts().await;
    is_answered(&world, "mira").await;
    assert_eq!(discord.connected_shards(), all_four());

    other.dies();
    let died = Instant::now();
    world.really("its socket has gone", || !discord.connected_shards().contains(&(servers, 4))).await;
    world.really("its shard is taken", || discord.connected_shards() == all_four()).await;
    assert!(died.elapsed() < TAKEN_OVER, "after {:?}", died.elapsed());
    for person in ["mira", "odo", "ann"] {
        is_answered(&world, person).await;
    }
    assert_eq!(answers(&discord), 4, "each command is answered once");
    // All went on where the one before them was.
    assert_eq!((discord.identified().len(), discord.resumed()), (4, 5));
}

#[tokio::test]
async fn who_stops_leaves_its_shards_to_who_stands_by_and_nothing_is_missed() {
    let mut world = over_gateway().on_postgres().await.world().await;
    let discord = world.sandbox.discord.clone();
    let other = world.another().await;
    sessions_are_kept(&world.database_url(), 1).await;
    world.stops().await;
    // Asked while nobody hears it.
    is_answered(&world, "mira").await;
    assert_eq!((discord.connected_shards(), answers(&discord)), (vec![(0, 1)], 1));
    assert_eq!((discord.identified().len(), discord.resumed()), (1, 1));
    other.stop().await;
}

#[tokio::test]
async fn who_hears_of_the_same_server_by_another_number_of_shards_answers_nothing_twice() {
    let world = over_gateway().on_postgres().await.world().await;
    let discord = &world.sandbox.discord;
    let servers = (discord.guild().0 >> 22) % 2;
    world.advance(NEXT);
    let other = world.another_with(&[("DISCORD_SHARDS", &format!("{servers}-{servers}/2"))]).await;
    has_begun(&world, 2, 2).await;
    for person in ["mira", "odo", "ann"] {
        is_answered(&world, person).await;
    }
    assert_eq!(answers(discord), 3);
    nobody_was_too_soon(discord);
    other.stop().await;
}

#[tokio::test]
async fn shards_of_one_bucket_identify_one_after_the_other_and_buckets_side_by_side() {
    let world = over_gateway().with_shards(4, 2).world().await;
    let discord = &world.sandbox.discord;
    let of_bucket = |bucket| discord.identified().iter().filter(|it| it.shard % 2 == bucket).count();
    has_begun(&world, 2, 2).await;
    assert_eq!((of_bucket(0), of_bucket(1)), (1, 1));
    world.advance(NOT_YET);
    world.lets_work().await;
    assert_eq!(discord.identified().len(), 2);
    world.advance(NEXT - NOT_YET);
    has_begun(&world, 4, 4).await;
    assert_eq!((of_bucket(0), of_bucket(1)), (2, 2));
    nobody_was_too_soon(discord);
}

/// Ten starts, each of which would begin a session.
async fn a_crash_loop_on(plan: Plan) {
    // A quarter of the day's number at once: five. Then one in a twentieth of two days.
    let mut world = plan.with_identifies_a_day(20).world().await;
    let discord = world.sandbox.discord.clone();
    for start in 2..=10 {
        world.stops().await;
        discord.forget_gateway_sessions();
        world.advance(NEXT);
        world.starts_only().await;
        if start <= 5 {
            has_begun(&world, start, 1).await;
        } else {
            world.passes(Duration::from_secs(60), Duration::from_secs(2)).await;
            assert_eq!(discord.identified().len(), 5);
        }
    }
    world.advance(Duration::from_secs(2 * 24 * 60 * 60 / 20));
    has_begun(&world, 6, 1).await;
    nobody_was_too_soon(&discord);
    is_answered(&world, "mira").await;
}

#[tokio::test]
async fn a_crash_loop_uses_up_a_quarter_of_the_days_sessions_on_sqlite() {
    a_crash_loop_on(over_gateway()).await;
}

#[tokio::test]
async fn a_crash_loop_uses_up_a_quarter_of_the_days_sessions_on_postgresql() {
    a_crash_loop_on(over_gateway().on_postgres().await).await;
}

/// Something else with the bot's token began them. Who identifies all the same loses the token.
#[tokio::test]
async fn on_a_day_without_sessions_left_it_waits_and_begins_by_itself_on_the_next() {
    let mut world = over_gateway().world().await;
    let discord = world.sandbox.discord.clone();
    world.stops().await;
    discord.forget_gateway_sessions();
    let next_day = Duration::from_secs(3 * 60 * 60);
    discord.use_up_identifies(next_day);
    world.starts_only().await;
    let minute = Duration::from_secs(60);
    world.passes(next_day - minute, minute).await;
    assert_eq!((discord.identified().len(), discord.connected_shards()), (1, vec![]));
    assert!(world.video("mira", "general", "standup").await.problem().is_some());
    world.advance(2 * minute);
    has_begun(&world, 2, 1).await;
    is_answered(&world, "mira").await;
}

#[tokio::test]
async fn a_crash_goes_on_with_its_session() {
    let (machine, mut child) = Machine::serving().await;
    let discord = &machine.sandbox.discord;
    sessions_are_kept(&format!("sqlite://{}", machine.path("greenroom.db").display()), 1).await;
    for crash in 1..=3 {
        child.kill().await.unwrap();
        discord.gateway_has(0).await;
        (child, _) = machine.starts().await;
        machine.bot_is_there().await;
        machine.link_of("mira", "standup").await;
        assert_eq!((discord.identified().len(), discord.resumed()), (1, crash));
    }
}

#[tokio::test]
async fn a_session_that_discord_ends_is_begun_anew_and_not_too_soon() {
    let world = over_gateway().world().await;
    let discord = &world.sandbox.discord;
    for sessions in 2..=3 {
        discord.invalidate_gateway(false);
        world.really("the session has ended", || discord.connected_shards().is_empty()).await;
        world.advance(NOT_YET);
        world.lets_work().await;
        assert_eq!(discord.identified().len(), sessions - 1);
        world.advance(NEXT - NOT_YET);
        has_begun(&world, sessions, 1).await;
    }
    nobody_was_too_soon(discord);
    assert_eq!(discord.resumed(), 0);
    is_answered(&world, "mira").await;
}

#[tokio::test]
async fn a_session_that_discord_does_not_let_go_on_is_given_up() {
    let world = over_gateway().world().await;
    let discord = &world.sandbox.discord;
    // "Invalid seq": as often as one comes back with it.
    discord.refuse_gateway(Some(4007));
    discord.cut_gateway();
    world.really("the session has ended", || discord.connected_shards().is_empty()).await;
    world.until("a new session is asked for", || discord.refused() > 1).await;
    discord.refuse_gateway(None);
    world.until("there is one", || discord.connected_shards().len() == 1).await;
    assert_eq!((discord.identified().last().map(|last| last.too_soon), discord.resumed()), (Some(false), 0));
}

#[tokio::test]
async fn discords_wish_to_be_connected_anew_and_a_session_that_may_be_taken_up_cost_nothing() {
    let world = over_gateway().world().await;
    let discord = &world.sandbox.discord;
    discord.reconnect_gateway();
    world.really("the session goes on", || discord.resumed() == 1).await;
    discord.invalidate_gateway(true);
    world.really("the session goes on", || discord.resumed() == 2).await;
    is_answered(&world, "mira").await;
    assert_eq!(discord.identified().len(), 1);
}

#[tokio::test]
async fn what_is_replayed_is_answered_while_discord_waits_for_it_and_not_later() {
    let mut world = over_gateway().world().await;
    let discord = world.sandbox.discord.clone();
    is_answered(&world, "ann").await;
    world.stops().await;
    let (mira, odo) = (world.person("mira"), world.person("odo"));
    let late = async {
        world.lets_work().await;
        // Discord tells its time in whole seconds, and whoever is in doubt answers.
        world.advance(Duration::from_millis(4100));
    };
    let (old, ()) = tokio::join!(mira.runs("general", "video", &[]), late);
    assert!(old.problem().is_some());
    let (new, ()) = tokio::join!(odo.runs("general", "video", &[]), world.starts_only());
    assert_eq!(new.problem(), None);
    assert_eq!(answers(&discord), 2, "Mira's is left alone");
    assert_eq!(discord.resumed(), 1);
}

#[tokio::test]
async fn while_the_database_is_away_people_are_told_and_no_shard_is_given_up() {
    let cluster = Cluster::own().await;
    let world = over_gateway().on(&cluster.url("postgres")).world().await;
    let discord = &world.sandbox.discord;
    is_answered(&world, "mira").await;
    let cluster = cluster.stops().await;
    let away = Instant::now();
    world.really("no lease is trusted in any more", || away.elapsed() > Duration::from_secs(3)).await;
    for person in ["mira", "odo"] {
        let answer = world.video(person, "general", "standup").await;
        assert!(answer.text().contains("Something went wrong on my side"), "{}", answer.text());
        // Behind whoever may have the shard by now, and long before Discord gives up.
        let after = answer.first_after;
        assert!((Duration::from_millis(500)..Duration::from_millis(2500)).contains(&after), "{after:?}");
    }
    let cluster = cluster.starts().await;
    let back = Instant::now();
    while world.video("mira", "general", "standup").await.link().is_none() {
        assert!(back.elapsed() < TAKEN_OVER);
    }
    assert_eq!((discord.identified().len(), discord.resumed()), (1, 0), "its socket never went");
    drop(world);
    drop(cluster);
}

#[tokio::test]
async fn who_alone_loses_the_database_answers_nothing_that_others_answer_and_comes_back_as_a_stand_by() {
    let mut world = over_gateway().on_postgres().await.world().await;
    let discord = world.sandbox.discord.clone();
    sessions_are_kept(&world.database_url(), 1).await;
    world.stops().await;
    let wire = Wire::to(&world.database_url()).await;
    let lonely = world.another_with(&[("DATABASE_URL", &wire.url)]).await;
    world.really("the shard is the lonely one's", || discord.resumed() == 1).await;
    is_answered(&world, "mira").await;
    world.starts().await;

    wire.breaks();
    let cut = Instant::now();
    world.really("the shard is taken over", || discord.resumed() == 2).await;
    assert!(cut.elapsed() < TAKEN_OVER, "after {:?}", cut.elapsed());
    is_answered(&world, "odo").await;
    // Whose sockets break now: only who has the shard comes back.
    discord.cut_gateway();
    world.really("it goes on", || discord.resumed() == 3).await;
    is_answered(&world, "ann").await;
    wire.returns();
    // Once it knows, it may have the shard when it is free again.
    world.stops().await;
    world.really("it is free, and taken", || discord.resumed() == 4).await;
    is_answered(&world, "owen").await;
    assert_eq!((discord.connected_shards(), discord.identified().len()), (vec![(0, 1)], 1));
    lonely.stop().await;
}

#[tokio::test]
async fn who_was_taken_for_dead_leaves_its_shards_to_others() {
    let world = over_gateway().on_postgres().await.world().await;
    let discord = &world.sandbox.discord;
    let other = world.another().await;
    let mut database = AnyConnection::connect(&world.database_url()).await.unwrap();
    let taken =
        sqlx::query("DELETE FROM processes WHERE owner IN (SELECT owner FROM holdings WHERE name LIKE 'shard/%')");
    assert_eq!(taken.execute(&mut database).await.unwrap().rows_affected(), 1);
    world.really("the shard is taken", || discord.resumed() > 0).await;
    world.really("the shard is somebody's", || discord.connected_shards().len() == 1).await;
    for person in ["mira", "odo"] {
        is_answered(&world, person).await;
    }
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM holdings WHERE name LIKE 'shard/%'")
        .fetch_one(&mut database)
        .await
        .unwrap();
    assert_eq!((held, answers(discord), discord.connected_shards()), (1, 2, vec![(0, 1)]));
    assert_eq!(discord.identified().len(), 1);
    database.close().await.unwrap();
    other.stop().await;
}

#[tokio::test]
async fn a_gateway_that_accepts_and_never_speaks_ends_the_process() {
    let options = Options { heartbeat_every: Duration::from_millis(300), ..Options::default() };
    let machine = Machine::beside(options.into()).await;
    let (mut child, _) = machine.starts().await;
    machine.bot_is_there().await;
    let discord = &machine.sandbox.discord;
    discord.faults().always_event("gateway", "HELLO", SocketFault::Silence);
    discord.cut_gateway();
    let ended = tokio::time::timeout(Duration::from_secs(20), child.wait()).await.expect("it ends by itself").unwrap();
    assert_eq!(ended.code(), Some(1));
    assert!(machine.said("Discord's gateway has been silent for"), "it says why");
}
