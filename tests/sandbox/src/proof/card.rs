//! What a room's card says, beside what is true of the room. English, as the cards of the cast's server are.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    discord::Message,
    signalwire::{
        SignalWire,
        state::{Kind, Member},
    },
};

/// What there is to say of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    pub is_over: bool,
    /// People inside; of a session that is over, people who were there.
    pub count: usize,
    /// Most at once, which only a session that is over tells.
    pub peak: Option<usize>,
    /// All of them, or those the card has room for.
    pub names: BTreeSet<String>,
}

/// Names a card has room for.
const SHOWN: usize = 12;
const WITHIN_A_SECOND: usize = 2;

impl Picture {
    /// What a card says; none of a message that is no card of the room.
    pub fn on(message: &Message, title: &str) -> Option<Self> {
        let embed = message.embeds.first()?;
        let status = embed.title.as_deref()?.strip_prefix(title)?;
        let text = embed.description.as_deref().unwrap_or_default();
        let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start));
        if let Some(inside) = line("**In the call (") {
            let (count, names) = inside.split_once("):** ")?;
            return Some(Self { count: count.parse().ok()?, names: listed(names), ..Self::default() });
        }
        if let Some(there) = line("**Who was there (") {
            let (counts, names) = there.split_once("):** ")?;
            let (count, peak) = counts.trim_end_matches(" at once").split_once(", at most ")?;
            let (count, peak) = (count.parse().ok()?, Some(peak.parse().ok()?));
            return Some(Self { is_over: true, count, peak, names: listed(names) });
        }
        Some(Self { is_over: status == " · ended", ..Self::default() })
    }

    /// Whether a card that says this is right. Who came and went while nobody listened is known by the second only, as
    /// REST tells it: the most at once may be off by what happened within one, and so may who came first.
    pub fn shows(&self, truth: &Self) -> bool {
        let peaks = self.peak.zip(truth.peak);
        (self.is_over, self.count) == (truth.is_over, truth.count)
            && peaks.is_none_or(|(shown, most)| shown.abs_diff(most) <= WITHIN_A_SECOND)
            && self.names.len() == truth.count.min(SHOWN)
            && self.names.is_subset(&truth.names)
    }

    /// The truth about the room's newest session.
    pub fn of(signalwire: &SignalWire, video_name: &str) -> Self {
        signalwire.video().with(|state, _| {
            let Some(session) = state.sessions_newest_first().find(|session| session.name == video_name) else {
                return Self::default();
            };
            let people: Vec<&Member> = state.everyone(session).filter(|member| member.kind == Kind::Member).collect();
            let is_over = !session.is_live();
            let shown = people.iter().filter(|member| is_over || member.is_present());
            let names: BTreeSet<String> = shown.map(|member| member.name.clone()).collect();
            Self { is_over, count: names.len(), peak: is_over.then(|| peak(&people)), names }
        })
    }
}

/// "Ann, Odo and 3 others", as names.
fn listed(names: &str) -> BTreeSet<String> {
    let (names, last) = names.rsplit_once(" and ").unwrap_or((names, ""));
    let last = Some(last).filter(|last| !last.is_empty() && !last.ends_with("other") && !last.ends_with("others"));
    names.split(", ").chain(last).map(str::to_owned).collect()
}

/// Most people at once; somebody who goes in the millisecond in which another comes makes room first.
fn peak(people: &[&Member]) -> usize {
    let mut steps: BTreeMap<i64, (usize, usize)> = BTreeMap::new();
    for member in people {
        steps.entry(member.joined_at).or_default().0 += 1;
        if let Some(left_at) = member.left_at {
            steps.entry(left_at).or_default().1 += 1;
        }
    }
    let (mut inside, mut peak) = (0usize, 0);
    for (came, went) in steps.into_values() {
        inside = (inside + came).saturating_sub(went);
        peak = peak.max(inside);
    }
    peak
}
