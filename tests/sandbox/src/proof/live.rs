//! What a live room takes in memory: a card each and somebody inside.

use std::{path::Path, time::Duration};

use super::{
    Figures, Of, Result, Setup, Subject,
    town::{Place, Town},
    until,
};
use crate::{Options, Sandbox, clock::pause};

/// What is allocated once is there after so many rooms.
const WARM: usize = 50;
/// All cards are right, at what Discord allows one bot.
const SETTLED: Duration = Duration::from_secs(180);
/// Channels' senders come to rest.
const QUIET: Duration = Duration::from_secs(15);
/// Its channel's sender, the limits of its routes at Discord, whoever is inside and what Discord said of them. A process has
/// streams for 8,000 people: were each alone in a room, this would be 256 MiB.
const ROOM_KIB: f64 = 32.0;

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub rooms: usize,
}

pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let (warm, rooms) = (town.channels("warm", WARM), town.channels("live", plan.rooms));
    let greenroom = Setup::new(&subject.greenroom, &sandbox, home).await?.start().await?;
    greenroom.is_there(&sandbox, false).await?;
    let idle = greenroom.memory_kib()?;
    let warm = town.open(warm).await?;
    come_in(&town, &warm).await?;
    let before = greenroom.memory_kib()?;
    let rooms = town.open(rooms).await?;
    come_in(&town, &rooms).await?;
    let after = greenroom.memory_kib()?;

    let mib = |kib: u64| kib as f64 / 1024.0;
    let mut figures = Figures::of(format!("live: {} rooms with a card and somebody inside each", plan.rooms));
    figures.note(format!(
        "memory: {:.1} MiB when idle, {:.1} MiB with {WARM} live rooms, {:.1} MiB with {} more",
        mib(idle),
        mib(before),
        mib(after),
        plan.rooms
    ));
    let each = after.saturating_sub(before) as f64 / plan.rooms as f64;
    figures.at_most(Of::Speed, "memory for each live room, KiB", each, ROOM_KIB);
    Ok(figures)
}

/// Somebody comes into each, until every card says so and nothing happens any more.
async fn come_in(town: &Town, places: &[Place]) -> Result<()> {
    places.iter().try_for_each(|place| town.newcomer(place).map(drop))?;
    let are_right = || places.iter().all(|place| town.is_right(place)).then_some(());
    until("every card is right", SETTLED, are_right).await?;
    pause(QUIET).await;
    Ok(())
}
