//! The activity lines: who came and who went, rolled up into few words. Pure.
//!
//! In: a session's events in order, and how far earlier lines told them. Out: `News`, and the line that tells it.
//! Whoever leaves is given ten seconds to come back, so that a reload is no news. Told so far is a `Cut` rather
//! than a number, because a leave may be seen by one line and become news in the next.

use std::collections::{BTreeSet, HashMap};

use crate::words::{self, Locale, Words};

/// A leave waits this long; who is back by then never left.
pub const LEAVE_WAITS_MS: i64 = 10_000;
/// Names in one line; the others are counted.
const NAMES_SHOWN: usize = 10;
/// Later news is edited into a line for so long,
const LINE_OPEN_MS: i64 = 60_000;
/// or for so long where many come and go.
const LINE_OPEN_BUSY_MS: i64 = 5 * 60_000;
/// More people inside than this make a room busy.
const BUSY: u32 = 8;
/// A channel that got so many lines in ten minutes gets one in five minutes from then on. What comes every five minutes
/// is a little late each time, and is still many.
const MANY: usize = 3;
const MANY_MS: i64 = (10 + 2) * 60_000;

/// One recorded event, as far as lines care. Those of audience, screens and devices are not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub number: i64,
    pub kind: Kind,
    /// The person: equal for all their devices.
    pub who: String,
    pub name: String,
    /// Our time, not the source's: a fact that arrives late waits like any other.
    pub recorded_at: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Joined,
    Left,
    /// The session is over: what was not news by then is told by the summary.
    Ended,
}

/// How far the channel has been told: all events up to `number`, as they stood at the time `at`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cut {
    pub number: i64,
    pub at: i64,
}

/// Somebody came or went.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Item {
    pub who: String,
    pub name: String,
    pub came: bool,
    /// The event it comes from.
    pub number: i64,
}

/// What a line is to tell, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    pub items: Vec<Item>,
    /// How far the channel has been told, once this is told.
    pub cut: Cut,
    /// When a waiting leave becomes news.
    pub due_at: Option<i64>,
}

/// Reads a session's events in order and keeps what is news since a cut.
#[derive(Debug)]
pub struct Rollup {
    since: Cut,
    people: HashMap<String, Person>,
    items: Vec<Item>,
    last_number: i64,
    ended_at: Option<i64>,
}

#[derive(Debug, Default)]
struct Person {
    devices: i64,
    leave: Option<Leave>,
}

/// The last device went; it is not known yet whether for good.
#[derive(Debug)]
struct Leave {
    number: i64,
    at: i64,
    name: String,
}

impl Leave {
    fn is_told(&self, cut: Cut) -> bool {
        self.number <= cut.number && self.at + LEAVE_WAITS_MS <= cut.at
    }
}

impl Rollup {
    /// `inside`: each person's devices before the first event that will be given, see
    /// [`Rollup::recorded_after`].
    pub fn new(since: Cut, inside: impl IntoIterator<Item = (String, i64)>) -> Self {
        let person = |(who, devices)| (who, Person { devices, leave: None });
        Self {
            since,
            people: inside.into_iter().map(person).collect(),
            items: Vec::new(),
            last_number: since.number,
            ended_at: None,
        }
    }

    /// Events must be given from the first on that came after the cut or was recorded after this: an earlier leave
    /// has been told or taken back.
    pub fn recorded_after(since: Cut) -> i64 {
        since.at - LEAVE_WAITS_MS
    }

    pub fn take(&mut self, event: Event) {
        self.last_number = self.last_number.max(event.number);
        let since = self.since;
        match event.kind {
            Kind::Ended => self.ended_at = Some(event.recorded_at),
            Kind::Joined => {
                let person = self.people.entry(event.who.clone()).or_default();
                person.devices += 1;
                if person.devices > 1 {
                    return;
                }
                if let Some(leave) = person.leave.take() {
                    let told = leave.is_told(since);
                    if !told && event.recorded_at - leave.at < LEAVE_WAITS_MS {
                        return;
                    }
                    if !told {
                        self.items.push(went(&event.who, leave));
                    }
                }
                if event.number > since.number {
                    self.items.push(Item { who: event.who, name: event.name, came: true, number: event.number });
                }
            }
            Kind::Left => {
                let Some(person) = self.people.get_mut(&event.who).filter(|person| person.devices > 0) else { return };
                person.devices -= 1;
                if person.devices == 0 {
                    person.leave = Some(Leave { number: event.number, at: event.recorded_at, name: event.name });
                }
            }
        }
    }

    /// What is news at `now`.
    pub fn news(mut self, now: i64) -> News {
        let cut = Cut { number: self.last_number, at: now };
        let horizon = self.ended_at.map_or(now, |ended| ended.min(now));
        let mut due_at = None::<i64>;
        for (who, person) in self.people {
            let Some(leave) = person.leave.filter(|leave| !leave.is_told(self.since)) else { continue };
            let due = leave.at + LEAVE_WAITS_MS;
            if due <= horizon {
                self.items.push(went(&who, leave));
            } else if self.ended_at.is_none() {
                due_at = Some(due_at.map_or(due, |earlier| earlier.min(due)));
            }
        }
        self.items.sort_by_key(|item| item.number);
        News { items: self.items, cut, due_at }
    }
}

fn went(who: &str, leave: Leave) -> Item {
    Item { who: who.to_owned(), name: leave.name, came: false, number: leave.number }
}

/// When a channel got its last few lines, whichever rooms they were about.
#[derive(Debug, Clone, Default)]
pub struct Lately(BTreeSet<i64>);

impl Lately {
    /// One was begun then; the same may be told again.
    pub fn begun(&mut self, at: i64) {
        self.0.insert(at);
        while self.0.len() > MANY {
            self.0.pop_first();
        }
    }

    /// The channel has heard a lot: until then news is edited in, or waits.
    pub fn rests_until(&self, now: i64) -> Option<i64> {
        let (first, last) = (self.0.first()?, self.0.last()?);
        let is_many = self.0.len() == MANY && last - first < MANY_MS;
        Some(last + LINE_OPEN_BUSY_MS).filter(|until| is_many && *until > now)
    }
}

/// Whether news may still be edited into a line of this age, where the room or its channel is busy or is not.
pub fn is_open(started_at: i64, now: i64, inside: u32, rests: bool) -> bool {
    now - started_at < if rests || inside > BUSY { LINE_OPEN_BUSY_MS } else { LINE_OPEN_MS }
}

/// "**standup:** Mira, Odo and 3 others joined · Zed left", or nothing where there is no news. Each person stands
/// once on either side: whoever came and went is on both, whoever went and came back only came.
pub fn line(news: &News, title: &str, names: bool, locale: Locale, words: &Words) -> Option<String> {
    let mut last = HashMap::new();
    for item in &news.items {
        last.insert(item.who.as_str(), item.came);
    }
    let mut seen = std::collections::HashSet::new();
    let mut side = |came: bool| -> Vec<&Item> {
        let shown = |item: &&Item| item.came == came && (came || last.get(item.who.as_str()) == Some(&false));
        news.items.iter().filter(shown).filter(|item| seen.insert((item.who.as_str(), came))).collect()
    };
    let (joined, left) = (side(true), side(false));
    // Half of the names for those who left, more when fewer joined.
    let left_shown = left.len().min(NAMES_SHOWN.saturating_sub(joined.len()).max(NAMES_SHOWN / 2));
    let say = |id: &str, people: &[&Item], shown: usize| {
        let named = |item: &&Item| words::name(&item.name);
        let who = match (names, people.len()) {
            (_, 0) => return None,
            (false, count) => count.to_string(),
            (true, count) => {
                let shown: Vec<String> = people.iter().take(shown).map(named).collect();
                words.list(locale, &shown, count - shown.len())
            }
        };
        Some(words.say(locale, id, &[("who", who.into())]))
    };
    let parts =
        [say("line-joined", &joined, NAMES_SHOWN - left_shown.min(NAMES_SHOWN)), say("line-left", &left, left_shown)];
    let told = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    (!told.is_empty()).then(|| words.say(locale, "line", &[("room", words::name(title).into()), ("news", told.into())]))
}

#[cfg(test)]
mod tests;
