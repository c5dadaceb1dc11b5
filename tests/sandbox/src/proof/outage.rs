//! Discord is gone for a while and life goes on: afterwards everything is there, with few requests.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Figures, Greenroom, Of, Result, Setup, Subject,
    coming::{Coming, go_on},
    quantile, sorted,
    told::Log,
    town::Town,
    until,
};
use crate::{Options, Sandbox, clock::pause, fault::Fault};

const INSIDE: usize = 6;
const QUIET: Duration = Duration::from_millis(6500);
const SOON: Duration = Duration::from_secs(5);
/// A card and a line each.
const REQUESTS_PER_ROOM: usize = 2;
const PENDING: &str = "greenroom_cards_pending";

#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub rooms: usize,
    pub events: u32,
    pub down: Duration,
}

pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let channels = town.channels("outage", plan.rooms);
    let greenroom = Setup::new(&subject.greenroom, &sandbox, home).await?.start().await?;
    greenroom.is_there(&sandbox, false).await?;
    let places = town.open(channels).await?;
    let mut rooms = Coming::all(&town, &places, INSIDE)?;
    pause(QUIET).await;

    let mut figures = Figures::of(format!(
        "outage: Discord down for {:?} during {} events in {} rooms",
        plan.down, plan.events, plan.rooms
    ));
    sandbox.discord.faults().always("* /**", Fault::Refuse);
    sandbox.discord.cut_gateway();
    let (went_on, pending) =
        tokio::join!(go_on(&mut rooms, plan.events, plan.down), most_pending(&greenroom, plan.down));
    went_on?;
    figures.at_most(Of::Structure, "cards pending meanwhile", pending?, plan.rooms as f64);

    sandbox.discord.faults().forget();
    sandbox.discord.faults().clear();
    let back = Instant::now();
    let mut took = Vec::new();
    for place in &places {
        until("the cards are right again", SOON * 6, || town.is_right(place).then_some(())).await?;
        took.push(back.elapsed().as_secs_f64());
    }
    let took = sorted(took);
    figures.note(format!("right after its return: {:.1} s at p50", quantile(&took, 0.5)));
    figures.at_most(Of::Structure, "right after its return, s", quantile(&took, 1.0), SOON.as_secs_f64());
    let log = Log::of(&sandbox.discord);
    let most = (plan.rooms * REQUESTS_PER_ROOM) as f64;
    figures.at_most(Of::Structure, "requests for cards and lines by then", log.told().len() as f64, most);
    figures.at_most(Of::Structure, "refusals for rate", log.refused_for_rate().len() as f64, 0.0);
    town.end(&places);
    let is_right = || town.wrong(&places).is_empty().then_some(());
    until("the summaries tell who was there", SOON * 6, is_right).await?;
    figures.must(Of::Structure, true, "nothing is lost: each summary has everybody who was there");
    let cards = places.iter().map(|place| town.cards_of(place)).max().unwrap_or_default();
    figures.at_most(Of::Structure, "cards of a room", cards as f64, 1.0);
    Ok(figures)
}

async fn most_pending(greenroom: &Greenroom, during: Duration) -> Result<f64> {
    let begun = Instant::now();
    let mut most = 0.0f64;
    while begun.elapsed() < during {
        most = most.max(greenroom.metric(PENDING).await?);
        pause(Duration::from_millis(250)).await;
    }
    Ok(most)
}
