//! The event socket is cut for a while and people come and go meanwhile: afterwards the cards are true, and nobody
//! has been announced twice.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{
    Figures, Of, Result, Setup, Subject,
    coming::{Coming, go_on},
    told::Log,
    town::{Place, Town},
    until,
};
use crate::{Options, Sandbox, clock::pause, fault::Fault};

const ROOMS: usize = 6;
const INSIDE: usize = 5;
/// Events in all rooms a second.
const PER_SECOND: f64 = 6.0;
/// Whoever connects again waits for up to thirty seconds between two tries, and the channel for its window.
const RIGHT: Duration = Duration::from_secs(45);
/// A leave becomes news after ten seconds; then all has been told.
const TOLD: Duration = Duration::from_secs(20);

#[derive(Clone, Debug)]
pub struct Plan {
    /// One after the other, each in rooms of its own.
    pub cuts: Vec<Duration>,
}

pub async fn run(subject: &Subject, home: &Path, plan: Plan) -> Result<Figures> {
    let sandbox = Sandbox::start(Options::default()).await?;
    let town = Town::new(&sandbox);
    let channels: Vec<_> = (0..plan.cuts.len()).map(|cut| town.channels(&format!("relay{cut}x"), ROOMS)).collect();
    let greenroom = Setup::new(&subject.greenroom, &sandbox, home).await?.start().await?;
    greenroom.is_there(&sandbox, false).await?;
    let mut figures = Figures::of(format!("relay: cut for {:?}, {PER_SECOND} joins and leaves a second", plan.cuts));
    for (channels, cut) in channels.into_iter().zip(plan.cuts) {
        let places = town.open(channels).await?;
        gap(&town, &places, cut, &mut figures).await?;
    }
    figures.at_most(Of::Structure, "refusals for rate", Log::of(&sandbox.discord).refused_for_rate().len() as f64, 0.0);
    Ok(figures)
}

async fn gap(town: &Town, places: &[Place], cut: Duration, figures: &mut Figures) -> Result<()> {
    let (signalwire, mut rooms) = (&town.sandbox.signalwire, Coming::all(town, places, INSIDE)?);
    let events = |during: Duration| (during.as_secs_f64() * PER_SECOND).ceil() as u32;
    let around = Duration::from_secs(3);
    go_on(&mut rooms, events(around), around).await?;
    signalwire.faults().always("GET /", Fault::Refuse);
    signalwire.faults().cut("relay");
    go_on(&mut rooms, events(cut), cut).await?;
    signalwire.faults().clear();
    let back = Instant::now();
    go_on(&mut rooms, events(around), around).await?;
    let is_right = || town.wrong(places).is_empty().then_some(());
    let right = until("right", RIGHT, is_right).await;
    let wrong = town.wrong(places).join("; ");
    figures.must(Of::Structure, right.is_ok(), format!("cut for {cut:?}: the cards are true {wrong}"));
    figures.note(format!("{:.1} s after its return", back.elapsed().as_secs_f64()));
    pause(TOLD).await;
    town.end(places);
    let right = until("right", RIGHT, is_right).await;
    let wrong = town.wrong(places).join("; ");
    figures.must(Of::Structure, right.is_ok(), format!("each summary has everybody who was there {wrong}"));
    let twice: Vec<String> = places.iter().flat_map(|place| town.told_twice(place)).collect();
    figures.must(Of::Structure, twice.is_empty(), format!("nobody is announced twice {}", twice.join("; ")));
    Ok(())
}
