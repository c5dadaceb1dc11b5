//! People who come and go.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{
    Result,
    town::{Place, Town},
    until_after,
};
use crate::signalwire::scripted::Member;

/// One room's coming and going: when so many are inside, whoever came first goes, else somebody new comes. Nobody
/// comes twice, so whoever is told of twice was told of wrongly.
pub struct Coming<'a> {
    town: &'a Town,
    place: Place,
    inside: VecDeque<Member>,
    most: usize,
}

impl<'a> Coming<'a> {
    /// Somebody is inside from the start and stays.
    pub fn begin(town: &'a Town, place: &Place, most: usize) -> Result<Self> {
        town.newcomer(place)?;
        Ok(Self { town, place: place.clone(), inside: VecDeque::new(), most })
    }

    /// In each of the rooms.
    pub fn all(town: &'a Town, places: &[Place], most: usize) -> Result<Vec<Self>> {
        places.iter().map(|place| Self::begin(town, place, most)).collect()
    }

    /// Somebody comes or goes.
    pub fn happens(&mut self) -> Result<()> {
        if self.inside.len() < self.most {
            self.inside.push_back(self.town.newcomer(&self.place)?);
        } else if let Some(first) = self.inside.pop_front() {
            first.leaves();
        }
        Ok(())
    }
}

/// So many events, evenly over `within` and over the rooms in turn.
pub async fn go_on(rooms: &mut [Coming<'_>], events: u32, within: Duration) -> Result<()> {
    let begun = Instant::now();
    let count = rooms.len();
    for n in 0..events {
        until_after(begun, within / events * n).await;
        rooms[n as usize % count].happens()?;
    }
    until_after(begun, within).await;
    Ok(())
}
