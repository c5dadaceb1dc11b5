//! What the event socket says while nobody is inside.

use std::time::Duration;

use reqwest::Method;
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Assumed, Trial, seconds};
use crate::{
    cli::check::{Finding, signalwire::SOCKET_WITHIN},
    config::Config,
    secret::Random,
    signalwire::{Error, Relay, relay::Event, relay::State},
};

const SERVES: Assumed = Assumed::new(
    "E1",
    "Joins and leaves show up to 30 s late, nobody can be removed or put out, and locked rooms stay shut to moderators.",
);
const MADE_UP: Assumed =
    Assumed::new("E6", "A live call is taken for followed and is not: it is swept every 5 minutes only.");
const PINGS: Assumed = Assumed::new(
    "E10",
    "The connection is given up in quiet times and made anew: greenroom_relay_connected flaps, cards stay right.",
);
const TIME: Assumed =
    Assumed::new("E11", "Who came and went within two seconds of each other may be ordered wrongly for a moment.");

/// More apart, and no ping told the time, or told another.
const CLOCKS_AGREE: Duration = Duration::from_millis(2500);

/// The socket, open, until this is dropped.
pub(super) struct Line {
    pub relay: Relay,
    pub events: mpsc::Receiver<Event>,
    _open: DropGuard,
}

impl Line {
    pub fn open(trial: &Trial, config: &Config) -> Self {
        let stop = CancellationToken::new();
        let (relay, events) = Relay::start(&config.signalwire, trial.clock.clone(), Random::system(), stop.clone());
        Self { relay, events, _open: stop.drop_guard() }
    }

    /// How it is once that is clear; none when it is not in time.
    pub async fn settled(&self, trial: &Trial) -> Option<State> {
        let mut state = self.relay.state();
        let settled = state.wait_for(|state| !matches!(state, State::Down { .. }));
        trial.clock.timeout(SOCKET_WITHIN, settled).await.and_then(Result::ok).map(|state| *state)
    }
}

/// Findings, and the line where it stands.
pub(super) async fn settle(trial: &Trial, config: &Config, listen: Duration) -> (Vec<Finding>, Option<Line>) {
    let line = Line::open(trial, config);
    let since = match line.settled(trial).await {
        Some(State::Connected { since }) => since,
        Some(State::Refused { why, .. }) => return (vec![SERVES.is(false, why)], None),
        Some(State::Down { .. }) | None => return (vec![SERVES.is(false, "the event socket is not there")], None),
    };
    let mut findings = vec![SERVES.is(true, "the event socket lets us in and takes a subscription")];
    findings.push(made_up(trial, &line).await);
    eprintln!("Listening to the event socket for {} ...", seconds(listen));
    trial.clock.sleep(listen).await;
    let stands = *line.relay.state().borrow() == State::Connected { since };
    let says = if stands { "stayed" } else { "did not stay" };
    findings.push(PINGS.is(stands, format!("the connection {says} for {} of quiet", seconds(listen))));
    findings.push(TIME.of(time(trial, &line).await));
    (findings, Some(line))
}

async fn made_up(trial: &Trial, line: &Line) -> Finding {
    let channel = format!("EC_{}", trial.random.id(128));
    match line.relay.subscribe_room(&channel).await {
        Ok(()) => MADE_UP.is(false, "a channel that does not exist is subscribed to without a word"),
        Err(Error::NotFound) => MADE_UP.is(true, "a channel that does not exist is 404"),
        Err(error) => MADE_UP.is(false, format!("a channel that does not exist is refused otherwise: {error}")),
    }
}

async fn time(trial: &Trial, line: &Line) -> Result<Finding, Error> {
    let answer = trial.client.raw(Method::GET, &["rooms"], &[("page_size", "1")], None).await?;
    let Some(date) = answer.date else { return Ok(TIME.unseen("REST names no date to compare with")) };
    // A date is cut to its second.
    let apart = Duration::from_millis((line.relay.source_time() - (date + 500)).unsigned_abs());
    Ok(TIME.is(apart < CLOCKS_AGREE, format!("the socket's clock and REST's are {} apart", seconds(apart))))
}
