//! What a fleet's kills did to people, and which limits were kept.

use std::time::{Duration, Instant};

use super::{
    super::{Figures, Of, quantile, sorted, town::Town},
    Over, Plan,
    instances::{Fleet, Loss},
};
use crate::{discord::Answer, proof::told::Log};

/// After this the others go on with what a dead one did.
const TAKEN_OVER: Duration = Duration::from_secs(5);
/// A channel that was changed just before waits so long for its next request.
const WINDOW: Duration = Duration::from_secs(3);
/// What one had in hand when it was killed it can't answer, and nobody else may.
const IN_HAND: Duration = Duration::from_secs(1);

#[derive(Default)]
pub(super) struct Found {
    losses: Vec<Loss>,
    /// With when they were asked for.
    commands: Vec<(Instant, Answer)>,
    tokens: usize,
    /// Requests that died with the process that had them.
    cut: usize,
    refused: Vec<String>,
    told_twice: usize,
}

impl Found {
    pub fn lost(&mut self, loss: Loss) {
        self.losses.push(loss);
    }

    pub fn asked(&mut self, commands: Vec<(Instant, Answer)>) {
        self.commands.extend(commands);
    }

    /// How pages were answered.
    pub fn pressed(&mut self, statuses: Vec<u16>) {
        for status in statuses {
            match status {
                200 => self.tokens += 1,
                502 => self.cut += 1,
                status => self.refused.push(status.to_string()),
            }
        }
    }

    pub fn told_twice(&mut self, lines: usize) {
        self.told_twice = self.told_twice.max(lines);
    }

    pub fn tell(&self, figures: &mut Figures, plan: &Plan) {
        let soon = TAKEN_OVER.as_secs_f64();
        let mut took = |what: &str, took: Vec<f64>, limit: f64| {
            let took = sorted(took);
            let (times, at) = (took.len(), |share| quantile(&took, share));
            figures.note(format!("{what}: {times} times, after {:.1} s at p50, {:.1} s at p90", at(0.5), at(0.9)));
            figures.at_most(Of::Speed, &format!("{what}, s"), took.last().copied().unwrap_or_default(), limit);
        };
        let of = |counts: fn(&Loss) -> Option<f64>| self.losses.iter().filter_map(counts).collect::<Vec<f64>>();
        took("a death is noticed", of(|loss| Some(loss.told)), soon);
        took("another listens to SignalWire's events", of(|loss| loss.was_on_duty.then_some(loss.on_duty)), soon);
        let shown = of(|loss| loss.was_on_duty.then_some(loss.shown));
        took("who came in right after it is on the card", shown, soon + WINDOW.as_secs_f64());
        if plan.over == Over::Gateway {
            took("every shard is heard again", of(|loss| Some(loss.heard)), soon);
        }
        let most = self.losses.iter().map(|loss| loss.most_on_duty).max().unwrap_or_default();
        figures.at_most(Of::Structure, "that listen to SignalWire's events at once", most as f64, 1.0);

        figures.note(format!("{} commands, {} room tokens", self.commands.len(), self.tokens));
        figures.must(Of::Structure, self.tokens > 0, "room tokens are given");
        let refused = format!("nobody is refused a room token {}", self.refused.join(", "));
        figures.must(Of::Structure, self.refused.is_empty(), refused);
        figures.at_most(Of::Structure, "presses on Join that died with a process", self.cut as f64, plan.kills as f64);
        let thinking = |(_, answer): &&(Instant, Answer)| answer.message().is_some_and(|message| message.thinking);
        let promised = self.commands.iter().filter(thinking).count();
        figures.at_most(Of::Structure, "promised answers that nobody gave", promised as f64, 0.0);
        figures.at_most(Of::Structure, "lines posted twice in one room by one kill", self.told_twice as f64, 1.0);
    }

    /// Interactions over the balancer, or over shards.
    pub fn tell_of_answers(&self, figures: &mut Figures, plan: &Plan, town: &Town, fleet: &Fleet) {
        let discord = &town.sandbox.discord;
        let twice = fleet.balancer.answered_twice() + Log::of(discord).answered_again();
        figures.at_most(Of::Structure, "interactions answered twice", twice as f64, 0.0);
        if plan.over == Over::Http {
            let unanswered = fleet.balancer.unanswered();
            figures.at_most(
                Of::Structure,
                "interactions that died with a process",
                unanswered as f64,
                plan.kills as f64,
            );
            return;
        }
        let unanswered: Vec<Instant> =
            self.commands.iter().filter(|(_, answer)| answer.problem().is_some()).map(|(asked, _)| *asked).collect();
        // Discord tells whoever takes a shard up what was missed; what is older than its three seconds is over.
        let is_excused = |asked: &&Instant| self.losses.iter().any(|loss| loss.excuses(**asked));
        let excused = unanswered.iter().filter(is_excused).count();
        figures.note(format!("{excused} commands were typed while nobody heard the server's shard, and not answered"));
        let lost = unanswered.len() - excused;
        figures.at_most(Of::Structure, "commands lost while somebody heard it", lost as f64, 0.0);
        let identified = discord.identified();
        let soon = identified.iter().filter(|identified| identified.too_soon).count();
        figures.note(format!("{} sessions of shards were begun, {} taken up", identified.len(), discord.resumed()));
        figures.at_most(Of::Structure, "identifies before Discord allowed them", soon as f64, 0.0);
    }
}

impl Loss {
    /// Whether nobody could answer what was asked for then.
    fn excuses(&self, asked: Instant) -> bool {
        self.had_shard && asked + IN_HAND >= self.at && asked <= self.at + Duration::from_secs_f64(self.heard)
    }
}
