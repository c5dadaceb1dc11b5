//! What remains of a session in the channel: how long, from when to when, who was there. Pure.

use super::card::{self, Card};
use crate::words::{self, Time, Words};

/// The text of an ended session's card.
pub(super) fn text(card: &Card, words: &Words) -> String {
    let from = card.started_at.unwrap_or(card.opened_at);
    let to = card.ended_at.unwrap_or(from).max(from);
    let lasted = words.say(
        card.locale,
        "summary-lasted",
        &[
            ("duration", duration(card, words, to - from).into()),
            ("from", words::time(from, Time::Clock).into()),
            ("to", words::time(to, Time::Clock).into()),
        ],
    );
    // A peak nobody recorded is at least one person, and never more than were there.
    let peak = card.peak.clamp(1, card.people.count.max(1));
    let there = (card.people.count > 0).then(|| card.say_people(words, "summary-there", &[("peak", peak.into())]));
    let watched =
        (card.audience > 0).then(|| words.say(card.locale, "summary-watched", &[("count", card.audience.into())]));
    card::lines([card::topic(card), Some(lasted), there, watched])
}

/// "42 min", "1 h 5 min": to the nearest minute, because nobody remembers seconds.
fn duration(card: &Card, words: &Words, ms: i64) -> String {
    if ms < 60_000 {
        return words.say(card.locale, "duration-short", &[]);
    }
    let minutes = (ms + 30_000) / 60_000;
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let id = match (hours, minutes) {
        (0, _) => "duration-minutes",
        (_, 0) => "duration-hours",
        _ => "duration-hours-minutes",
    };
    words.say(card.locale, id, &[("hours", hours.into()), ("minutes", minutes.into())])
}
