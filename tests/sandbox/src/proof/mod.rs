//! Proofs from outside: a Greenroom executable between the stand-ins, under loads and failures that nobody wants to
//! meet for the first time in earnest.
//!
//! Comes in: the executable, and how much of everything. Goes out: [`Figures`], with what was measured and which
//! limits were kept. `make soak` runs them in full, the tests run each of them small.

mod balancer;
mod card;
mod coming;
mod figures;
mod greenroom;
mod told;
mod town;
mod visit;

pub mod delay;
pub mod fleet;
pub mod hours;
pub mod kill;
pub mod live;
pub mod many;
pub mod outage;
pub mod relay;
pub mod storm;
pub mod wear;

pub use self::{
    figures::{Figures, Limit, Of},
    greenroom::{Greenroom, Setup, memory_kib},
};

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{clock::pause, discord::Answer};

/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(10);
/// Whoever asked for a way in has it.
const ANSWERED: Duration = Duration::from_secs(15);

/// What went wrong with a proof itself.
pub type Result<T> = std::result::Result<T, Failed>;

/// A proof that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failed(String);

impl Failed {
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<reqwest::Error> for Failed {
    fn from(error: reqwest::Error) -> Self {
        Self(error.to_string())
    }
}

/// Which executable is looked at.
#[derive(Clone, Debug)]
pub struct Subject {
    pub greenroom: PathBuf,
}

/// Real time until `wanted` gives something.
async fn until<T>(what: &str, within: Duration, mut wanted: impl FnMut() -> Option<T>) -> Result<T> {
    let begun = Instant::now();
    loop {
        match wanted() {
            Some(found) => return Ok(found),
            None => look_again(what, begun, within).await?,
        }
    }
}

/// The same of something that has to be asked for.
async fn until_so<T>(what: &str, within: Duration, mut wanted: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let begun = Instant::now();
    loop {
        match wanted().await? {
            Some(found) => return Ok(found),
            None => look_again(what, begun, within).await?,
        }
    }
}

async fn look_again(what: &str, begun: Instant, within: Duration) -> Result<()> {
    if begun.elapsed() > within {
        return Err(Failed::new(format!("not within {within:?}: {what}")));
    }
    pause(LOOK).await;
    Ok(())
}

/// The way in that an answer gives: "Greenroom is thinking" first, when the machine is slow.
async fn link(answer: &Answer) -> Result<String> {
    if let Some(problem) = answer.problem() {
        return Err(Failed::new(format!("no link: {problem}")));
    }
    until("a link", ANSWERED, || answer.link()).await
}

/// Waits for the moment `at` after `begun`, if it is not over.
async fn until_after(begun: Instant, at: Duration) {
    pause(at.saturating_sub(begun.elapsed())).await;
}

/// The value below which `share` of all values are; zero of none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

/// Smallest first.
pub fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

/// Milliseconds.
fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
