//! What is to be done about one card: what the database says beside what Discord has. Reads, decides, sends nothing.

use futures::StreamExt as _;

use super::{
    activity::{self, Cut, Event, Kind, News, Rollup},
    card::{Card, Look, NAMES_SHOWN, People, Phase, Rendered},
};
use crate::{
    secret,
    store::{CardRow, CardState, CardThread, ChannelSettings, Crowd, Line, Lines, Posted, Store, Told},
    words::{Locale, Words},
};

/// A card of this age is edited rarely: Discord refuses too many edits of old messages (30046), and does not say how
/// many that is.
const OLD_MS: i64 = 60 * 60_000;
/// Between two edits of an old card.
const OLD_EDIT_MS: i64 = 60_000;

/// One request that would bring Discord nearer to the truth.
#[derive(Debug)]
pub enum Act {
    /// Post the card, after looking for it where an earlier post may have arrived.
    Post(Rendered),
    Edit(Rendered),
    /// Delete a card that was replaced.
    Delete(Posted),
    /// Start the thread at the card that a line is to go into.
    OpenThread(Posted),
    /// Post or edit a line.
    Tell(Telling),
}

/// A line to be told.
#[derive(Debug, Clone)]
pub struct Telling {
    pub text: String,
    /// Digest of the text.
    pub look: String,
    pub since: Told,
    /// How far the channel has been told with it.
    pub told: Told,
    /// The line it is edited into; none: a new message.
    pub line: Option<Line>,
    /// The thread it goes into; none: the channel.
    pub thread: Option<u64>,
}

#[derive(Debug)]
pub struct Plan {
    pub acts: Vec<Act>,
    /// When to look again though nothing is recorded until then.
    pub due_at: Option<i64>,
    /// How far the channel has been told, if nothing is told now.
    pub told: Told,
    /// Nothing will ever change again.
    pub done: bool,
}

/// What a plan needs beside the card itself.
#[derive(Debug)]
pub struct Planner<'a> {
    pub store: &'a Store,
    pub words: &'a Words,
    pub look: &'a Look,
    pub settings: ChannelSettings,
    /// Until then the channel gets no new line.
    pub rests_until: Option<i64>,
    pub now: i64,
}

impl Planner<'_> {
    /// `last_edit_at`: when this card was last edited, as far as this process knows.
    pub async fn plan(&self, row: &CardRow, last_edit_at: Option<i64>) -> sqlx::Result<Plan> {
        let card = self.card(row).await?;
        let mut plan = Plan { acts: Vec::new(), due_at: card.due_at(self.now), told: row.told, done: false };
        self.plan_card(&mut plan, row, &card, last_edit_at);
        if let Some(replaced) = row.replaced {
            plan.acts.push(Act::Delete(replaced));
        }
        self.plan_line(&mut plan, row, &card).await?;
        plan.done = card.ended_at.is_some() && plan.acts.is_empty() && plan.due_at.is_none();
        Ok(plan)
    }

    fn plan_card(&self, plan: &mut Plan, row: &CardRow, card: &Card, last_edit_at: Option<i64>) {
        let rendered = card.render(self.words, self.look, self.now);
        match row.state {
            // Nobody saw the room open and nobody came: there is nothing to tell.
            CardState::Wanted if row.message.is_none() && is_no_news(card, self.now) => {}
            CardState::Wanted if self.settings.lines == Lines::Off => {}
            CardState::Wanted | CardState::Posting => plan.acts.push(Act::Post(rendered)),
            CardState::Posted if row.sent_look.as_ref() != Some(&rendered.digest) => {
                let is_old = row.posted_at.is_some_and(|at| self.now - at > OLD_MS);
                let rested_at = last_edit_at.filter(|_| is_old && card.ended_at.is_none()).map(|at| at + OLD_EDIT_MS);
                match rested_at.filter(|&at| at > self.now) {
                    Some(at) => plan.look_again_at(at),
                    None => plan.acts.push(Act::Edit(rendered)),
                }
            }
            CardState::Posted | CardState::Deleted | CardState::Undeliverable | CardState::Done => {}
        }
    }

    async fn plan_line(&self, plan: &mut Plan, row: &CardRow, card: &Card) -> sqlx::Result<()> {
        let everything = Told { number: row.session.version, at: self.now };
        let is_muted = self.settings.thread && row.thread == Some(CardThread::Closed);
        if is_muted || !matches!(self.settings.lines, Lines::Rollup | Lines::Each) {
            if row.told.number < everything.number {
                plan.told = everything;
            }
            return Ok(());
        }
        let rolls_up = self.settings.lines == Lines::Rollup;
        let rests = self.rests_until.is_some();
        let is_open = |line: &&Line| rolls_up && activity::is_open(line.started_at, self.now, card.people.count, rests);
        let line = row.line.as_ref().filter(is_open);
        let since = line.map_or(row.told, |line| line.since);
        let news = self.news(&row.session.id, since).await?;
        if let Some(due_at) = news.due_at {
            plan.look_again_at(due_at);
        }
        // The version was read before the events, so they hold all that it counts.
        let told = Told { number: news.cut.number.max(everything.number), at: self.now };
        let text = activity::line(&news, &row.title, self.settings.names, card.locale, self.words);
        if let (Some(_), None, Some(rests_until)) = (&text, line, self.rests_until) {
            // What is told after the end, the summary tells.
            match card.ended_at {
                Some(_) => plan.told = told,
                None => plan.look_again_at(rests_until),
            }
            return Ok(());
        }
        match text.map(|text| (digest(&text), text)) {
            Some((look, text)) if line.is_none_or(|line| line.look != look) => {
                let telling = |thread| Telling { text, look, since, told, line: line.cloned(), thread };
                plan.acts.push(match (line, row.thread, row.message) {
                    (Some(line), ..) => Act::Tell(telling(line.thread)),
                    (None, Some(CardThread::Open(thread)), _) if self.settings.thread => {
                        Act::Tell(telling(Some(thread)))
                    }
                    (None, None, Some(card)) if self.settings.thread => Act::OpenThread(card),
                    _ => Act::Tell(telling(None)),
                });
            }
            _ if row.told.number < told.number => plan.told = told,
            _ => {}
        }
        Ok(())
    }

    async fn card(&self, row: &CardRow) -> sqlx::Result<Card> {
        let session = &row.session;
        let ever = session.ended_at.is_some();
        let names = if self.settings.names { NAMES_SHOWN as i64 } else { 0 };
        let Crowd { count, first } = self.store.crowd(&session.id, "member", ever, names).await?;
        // Told of as a number, by name, or both.
        let audience = self.store.crowd(&session.id, "audience", ever, 0).await?.count.max(session.audience);
        Ok(Card {
            room_key: session.room_key.clone(),
            title: row.title.clone(),
            topic: session.topic.clone(),
            locale: Locale::from_discord(&session.locale),
            opened_by: session.opened_by_name.clone(),
            opened_at: session.opened_at,
            started_at: session.started_at,
            ended_at: session.ended_at,
            recording: session.recording,
            recording_since: session.recording_since,
            locked: session.locked,
            last_word_at: session.last_word_at,
            people: People { count, first },
            audience,
            peak: session.peak,
            names: self.settings.names,
        })
    }

    async fn news(&self, session_id: &str, since: Told) -> sqlx::Result<News> {
        let cut = Cut { number: since.number, at: since.at };
        let recorded_after = Rollup::recorded_after(cut);
        let Some(first) = self.store.first_event(session_id, cut.number, recorded_after).await? else {
            return Ok(Rollup::new(cut, []).news(self.now));
        };
        let mut rollup = Rollup::new(cut, self.store.devices_before(session_id, first).await?);
        let mut events = std::pin::pin!(self.store.member_events(session_id, first));
        while let Some(event) = events.next().await.transpose()? {
            let kind = match event.kind.as_str() {
                "joined" => Kind::Joined,
                "left" => Kind::Left,
                _ => Kind::Ended,
            };
            let (number, recorded_at) = (event.number, event.recorded_at);
            rollup.take(Event { number, kind, who: event.who, name: event.name, recorded_at });
        }
        Ok(rollup.news(self.now))
    }
}

impl Plan {
    fn look_again_at(&mut self, at: i64) {
        self.due_at = Some(self.due_at.map_or(at, |due| due.min(at)));
    }
}

fn is_no_news(card: &Card, now: i64) -> bool {
    matches!(card.phase(now), Phase::NobodyCame { joinable: false })
}

fn digest(text: &str) -> String {
    secret::base64(&secret::sha256(text)[..16])
}
