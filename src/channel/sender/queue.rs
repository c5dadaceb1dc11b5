//! What there is to send in a channel, and what of it is next: first posts, then last words, then the rest in turn.

use crate::{
    channel::plan::{Act, Telling},
    event::UNSURE_MS,
    store::{CardRow, CardState, ChannelSettings},
};

/// What is remembered of a session between two turns. Losing it costs at most a request.
#[derive(Debug, Default)]
pub(super) struct Note {
    /// As the session was when nothing was left to do.
    pub settled: Option<Settlement>,
    pub due_at: Option<i64>,
    pub last_edit_at: Option<i64>,
    /// The turn in which something of the session was sent last.
    served: u64,
    share: Share,
    /// A line that may have arrived, and Discord's time before it left.
    pub unknown_line: Option<(Telling, i64)>,
}

impl Note {
    /// It is served in that turn.
    pub fn serve(&mut self, act: &Act, turn: u64) {
        self.served = turn;
        self.share.spend(is_of_line(act));
    }
}

/// How a card that keeps changing and its lines share the channel's requests: five to three, for the card is what has
/// to be right. Whichever is less ahead is next (stride scheduling).
#[derive(Debug, Default)]
struct Share {
    card: u64,
    line: u64,
}

impl Share {
    const CARD: u64 = 3;
    const LINE: u64 = 5;

    /// One was sent; the other had its chance, and saves up no more than one turn.
    fn spend(&mut self, is_line: bool) {
        if is_line {
            self.line = self.line.max(self.card.saturating_sub(Self::CARD)) + Self::LINE;
        } else {
            self.card = self.card.max(self.line.saturating_sub(Self::LINE)) + Self::CARD;
        }
    }
}

/// What a card's picture depends on, beside the time. Two that are equal need no second plan.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settlement {
    version: i64,
    state: CardState,
    title: String,
    settings: ChannelSettings,
    /// Changes nothing but this when a source speaks again and has no news.
    is_unsure: bool,
    /// What Discord shows: another process may have written to the channel.
    shown: Option<String>,
}

impl Settlement {
    pub fn of(row: &CardRow, settings: ChannelSettings, now: i64) -> Self {
        Self {
            version: row.session.version,
            state: row.state,
            title: row.title.clone(),
            settings,
            is_unsure: row.session.last_word_at.is_some_and(|at| now - at >= UNSURE_MS),
            shown: row.sent_look.clone(),
        }
    }
}

/// One act of one card, with its place in the queue: lower goes first.
pub(super) struct Job {
    pub row: CardRow,
    pub act: Act,
    pub place: (u8, u64, u64),
}

impl Job {
    /// First posts, then last words, then the rest in turn: session by session, card and line by their shares.
    pub fn new(row: &CardRow, act: Act, note: &Note) -> Self {
        let rank = match act {
            Act::Post(_) => 0,
            Act::Edit(_) if row.session.ended_at.is_some() => 1,
            Act::Edit(_) | Act::Delete(_) | Act::OpenThread(_) | Act::Tell(_) => 2,
        };
        let place = (rank, note.served, if is_of_line(&act) { note.share.line } else { note.share.card });
        Self { row: row.clone(), act, place }
    }
}

fn is_of_line(act: &Act) -> bool {
    matches!(act, Act::OpenThread(_) | Act::Tell(_))
}

#[cfg(test)]
mod tests {
    use super::Share;

    /// `E` for the card, `T` for a line, while both are wanted.
    fn turns(share: &mut Share, count: usize) -> String {
        let next = |share: &mut Share| {
            let is_line = share.line < share.card;
            share.spend(is_line);
            if is_line { 'T' } else { 'E' }
        };
        (0..count).map(|_| next(share)).collect()
    }

    #[test]
    fn a_card_and_its_lines_share_five_to_three() {
        let mut share = Share::default();
        assert_eq!(turns(&mut share, 16), "ETETEETEETETEETE");
        // Long after the last line the card still goes on.
        (0..100).for_each(|_| share.spend(false));
        assert_eq!(turns(&mut share, 8), "TETEETEE");
    }
}
