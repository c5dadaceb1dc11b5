//! Several connections of one project at once, as several processes have; and a channel that is subscribed to twice.

use std::time::Duration;

use super::{Assumed, Event, JoinAs, MAY, Play, RoomSession, Stuck};

const SEVERAL: Assumed = Assumed::new(
    "E17",
    "Of several processes the one that listens hears less than all, and the sweep finds the rest within five minutes; or \
     each hears all, which is harmless.",
);
const TWICE: Assumed = Assumed::new(
    "E18",
    "A call that is followed already is taken for one that is not, and swept every five minutes; told twice is harmless.",
);

/// In which an event that is told again, or elsewhere, would have come.
const MORE_WITHIN: Duration = Duration::from_secs(2);

/// Ann is inside, and the call's channel is subscribed to on the first connection.
pub(super) async fn ben_comes(play: &mut Play<'_>, session: &RoomSession) -> Result<(), Stuck> {
    let channel = session.event_channel.clone().unwrap_or_default();
    let again = play.line.relay.subscribe_room(&channel).await;
    let start = heard_elsewhere(play).iter().any(|event| is_start_of(event, session));
    play.forget();
    play.joins("Ben", JoinAs::Member, &MAY).await?;
    let is_bens = |event: &Event| matches!(event, Event::MemberJoined { session_id, .. } if *session_id == session.id);
    play.hears(|event| is_bens(event).then_some(())).await;
    play.trial.clock.sleep(MORE_WITHIN).await;
    while let Ok(event) = play.line.events.try_recv() {
        play.heard.push(event);
    }
    let times = play.heard.iter().filter(|event| is_bens(event)).count();
    let elsewhere = heard_elsewhere(play).iter().filter(|event| is_bens(event)).count();
    play.finds(match again {
        Ok(()) => {
            let says = format!("a channel that is subscribed to twice tells {} of one event", often(times));
            TWICE.is(times == 1, says)
        }
        Err(error) => TWICE.is(false, format!("a channel can't be subscribed to twice: {error}")),
    });
    let starts = if start { "hears" } else { "does not hear" };
    let says = format!(
        "a second connection {starts} of the session's start, and {} of who came, for which it did not ask; the first {}",
        often(elsewhere),
        often(times)
    );
    play.finds(SEVERAL.is(start && times > 0 && elsewhere == 0, says));
    Ok(())
}

fn often(times: usize) -> String {
    match times {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        more => format!("{more} times"),
    }
}

/// What the second connection has heard since it was looked at.
fn heard_elsewhere(play: &mut Play<'_>) -> Vec<Event> {
    std::iter::from_fn(|| play.second.events.try_recv().ok()).collect()
}

fn is_start_of(event: &Event, session: &RoomSession) -> bool {
    matches!(event, Event::RoomStarted { session: started, .. } if started.id == session.id)
}
