//! Whether SignalWire takes our credentials, over REST and over the event socket.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Finding, Section};
use crate::{
    clock::Clock,
    config::Config,
    secret::Random,
    signalwire::{Client, Error, Fault, Relay, relay::State},
};

/// How long the event socket may take to let us in.
pub(super) const SOCKET_WITHIN: Duration = Duration::from_secs(10);
/// No room of ours has this name: ours end in a tag.
const NO_ROOM: &str = "greenroom-check";

pub(super) async fn check(config: &Config, clock: &Clock) -> Section {
    let (rest, socket) = tokio::join!(rest(config, clock), socket(config, clock));
    Section { title: "SignalWire", findings: vec![rest, socket] }
}

async fn rest(config: &Config, clock: &Clock) -> Finding {
    let error = match Client::new(&config.signalwire, clock.clone()).room_by_name(NO_ROOM).await {
        Ok(_) | Err(Error::NotFound) => {
            return Finding::ok("SIGNALWIRE_PROJECT_ID, SIGNALWIRE_API_TOKEN: the video API takes them");
        }
        Err(error) => error,
    };
    let mend = match &error {
        Error::Unauthorized => {
            "Copy the project id and a token from the dashboard under API. The token needs the Video scope. Check that \
             SIGNALWIRE_SPACE_URL is the space they belong to."
        }
        Error::Unavailable(Fault::Connect | Fault::Timeout) => {
            "Check SIGNALWIRE_SPACE_URL (like example.signalwire.com) and that this machine may reach it on port 443."
        }
        Error::Unavailable(_) | Error::NotFound => {
            "SIGNALWIRE_SPACE_URL does not seem to be a SignalWire space: it looks like example.signalwire.com."
        }
        Error::Refused { .. } => "Look at the account's plan and balance in the SignalWire dashboard.",
        Error::RateLimited { .. } => "Try again in a minute.",
        Error::Invalid { .. } => "This version of Greenroom and SignalWire's API do not fit; look for a newer one.",
    };
    Finding::problem(error.to_string(), mend)
}

async fn socket(config: &Config, clock: &Clock) -> Finding {
    let stop = CancellationToken::new();
    let (relay, _events) = Relay::start(&config.signalwire, clock.clone(), Random::system(), stop.clone());
    let mut state = relay.state();
    let settled = clock.timeout(SOCKET_WITHIN, state.wait_for(|state| !matches!(state, State::Down { .. }))).await;
    let settled = settled.and_then(Result::ok).map(|state| *state);
    stop.cancel();
    match settled {
        Some(State::Connected { .. }) => Finding::ok("SIGNALWIRE_RELAY_URL: events of rooms reach me"),
        Some(State::Refused { why, .. }) => {
            Finding::problem(why.to_string(), "Make a token with the Video scope in the dashboard under API > Tokens.")
        }
        Some(State::Down { .. }) | None => Finding::problem(
            "SIGNALWIRE_RELAY_URL: the event socket can't be reached",
            "This machine must be allowed to open WebSockets to it. Until then the channel hears of joins and leaves \
             up to 30 s late, and nobody can be removed from a call.",
        ),
    }
}
