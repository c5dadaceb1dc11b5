//! The proofs of `make soak`, each made small: what has to be so however busy the machine is.

use std::{path::PathBuf, time::Duration};

use sandbox::proof::{Figures, Result, Subject, delay, fleet, kill, many, outage, relay, storm, wear};

fn subject() -> (Subject, tempfile::TempDir) {
    let greenroom = PathBuf::from(env!("CARGO_BIN_EXE_greenroom"));
    (Subject { greenroom }, tempfile::tempdir().unwrap())
}

#[track_caller]
fn holds(figures: Result<Figures>) {
    let figures = figures.unwrap_or_else(|failed| panic!("{failed}"));
    assert!(figures.hold_in_structure(), "{figures}");
}

#[tokio::test]
async fn a_storm_in_one_room_is_little_to_its_channel_and_nothing_to_others() {
    let (subject, home) = subject();
    let plan = storm::Plan { events: 2_000, lasts: Duration::from_secs(2), storms: 1 };
    holds(storm::run(&subject, home.path(), plan).await);
}

#[tokio::test]
async fn what_happens_while_discord_is_away_is_there_when_it_is_back() {
    let (subject, home) = subject();
    let plan = outage::Plan { rooms: 8, events: 400, down: Duration::from_secs(4) };
    holds(outage::run(&subject, home.path(), plan).await);
}

#[tokio::test]
async fn killed_at_any_moment_it_tells_everything_once() {
    let (subject, home) = subject();
    holds(kill::run(&subject, home.path(), kill::Plan { kills: 4, seed: rand::random() }).await);
}

#[tokio::test]
async fn of_three_instances_one_is_killed_and_nothing_is_lost_or_told_twice() {
    let (subject, home) = subject();
    let plan = fleet::Plan { kills: 2, every: Duration::from_secs(8), seed: rand::random(), over: fleet::Over::Http };
    holds(fleet::run(&subject, home.path(), plan).await);
}

#[tokio::test]
async fn of_three_that_share_shards_one_is_killed_and_commands_are_lost_only_while_nobody_hears_them() {
    let (subject, home) = subject();
    let plan =
        fleet::Plan { kills: 2, every: Duration::from_secs(8), seed: rand::random(), over: fleet::Over::Gateway };
    holds(fleet::run(&subject, home.path(), plan).await);
}

#[tokio::test]
async fn a_socket_that_was_away_makes_no_card_wrong_and_announces_nobody_twice() {
    let (subject, home) = subject();
    holds(relay::run(&subject, home.path(), relay::Plan { cuts: vec![Duration::from_secs(1)] }).await);
}

#[tokio::test]
async fn whatever_happens_is_told_without_delay() {
    let (subject, home) = subject();
    holds(delay::run(&subject, home.path(), delay::Plan { rooms: 12, per_second: 15 }).await);
}

/// Waits two minutes, for so long things are kept.
#[tokio::test]
async fn when_all_have_gone_no_task_is_left_and_nothing_is_kept_of_anybody() {
    let (subject, home) = subject();
    let seconds = Duration::from_secs;
    holds(
        wear::run(&subject, home.path(), wear::Plan { lasts: seconds(20), calm: seconds(5), quiet: seconds(150) })
            .await,
    );
}

#[tokio::test]
async fn many_channels_at_once_keep_to_discords_limit_and_each_gets_its_turn() {
    let (subject, home) = subject();
    holds(many::run(&subject, home.path(), many::Plan { rooms: 80, bursts: 1 }).await);
}
