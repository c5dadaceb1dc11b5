//! What is counted, under which names; every label has few values, none of them anybody's name or id.
//!
//! In: one call where something happens. Out: nothing at all until `recorder` is asked for, which is when
//! `METRICS_ADDR` is set; from then on numbers that Prometheus reads.

use std::{sync::OnceLock, time::Duration};

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

const COMMANDS: &str = "greenroom_commands_total";
const FIRST_ANSWER: &str = "greenroom_first_answer_seconds";
const SKIPPED: &str = "greenroom_interactions_skipped_total";
const REFUSALS: &str = "greenroom_command_refusals_total";
const ROOM_ENSURES: &str = "greenroom_room_ensures_total";
const ROOM_TOKENS: &str = "greenroom_room_tokens_total";
const UPSTREAM: &str = "greenroom_upstream_calls_total";
const UPSTREAM_TOOK: &str = "greenroom_upstream_seconds";
const GATEWAY_SHARDS: &str = "greenroom_gateway_shards";
const GATEWAY_SHARD: &str = "greenroom_gateway_shard_heard";
const GATEWAY_SESSIONS: &str = "greenroom_gateway_sessions_total";
const RATE_LIMITED: &str = "greenroom_discord_rate_limited_total";
const FACTS: &str = "greenroom_facts_total";
const KNOWN: &str = "greenroom_facts_known_total";
const RELAY: &str = "greenroom_relay_connected";
const RELAY_REFUSED: &str = "greenroom_relay_refused";
const OTHERS: &str = "greenroom_other_processes_heard";
const RELAY_GAP: &str = "greenroom_relay_gap_seconds";
const ROOMS: &str = "greenroom_rooms_live";
const PEOPLE: &str = "greenroom_people_live";
const CARDS: &str = "greenroom_cards_pending";
const JOINING: &str = "greenroom_joining_seconds";
const TASKS: &str = "greenroom_tasks";
const KEPT: &str = "greenroom_kept";
const BUILD: &str = "greenroom_build_info";

/// Ours must be a few milliseconds; Discord gives up at 3 s.
const ANSWER_BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 2.5];
/// From a near data centre to the longest that anything is waited for.
const UPSTREAM_BUCKETS: [f64; 9] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// From a warm join on a good line to the longest that a page waits.
const JOINING_BUCKETS: [f64; 10] = [0.1, 0.2, 0.4, 0.75, 1.0, 1.5, 3.0, 5.0, 10.0, 30.0];

/// From a connection that is made again at once to one that somebody had to mend.
const GAP_BUCKETS: [f64; 7] = [1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0];

/// Counts from the first call on. The process has one, as the `metrics` crate wants it.
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let buckets = |name: &str| Matcher::Full(name.to_owned());
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(buckets(FIRST_ANSWER), &ANSWER_BUCKETS)
            .and_then(|builder| builder.set_buckets_for_metric(buckets(UPSTREAM_TOOK), &UPSTREAM_BUCKETS))
            .and_then(|builder| builder.set_buckets_for_metric(buckets(JOINING), &JOINING_BUCKETS))
            .and_then(|builder| builder.set_buckets_for_metric(buckets(RELAY_GAP), &GAP_BUCKETS))
            .expect("there are buckets")
            .build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::error!("something else counts in this process already; the metrics stay empty");
        }
        describe();
        handle
    })
}

fn describe() {
    describe_counter!(COMMANDS, "Interactions by command and by how they were answered first");
    describe_histogram!(FIRST_ANSWER, "Own time from an interaction to its first answer");
    describe_counter!(SKIPPED, "Interactions that were not answered here: too old, taken before, or too many at once");
    describe_counter!(REFUSALS, "Commands that ended in a refusal, by reason");
    describe_counter!(ROOM_ENSURES, "Times that SignalWire had to have a room, by outcome; once for all who waited");
    describe_counter!(ROOM_TOKENS, "Room tokens asked for, by outcome: minted or the code of the refusal");
    describe_counter!(UPSTREAM, "Calls to Discord and SignalWire by party, route and outcome");
    describe_histogram!(UPSTREAM_TOOK, "Time of those calls, repetitions included");
    describe_counter!(RATE_LIMITED, "429s of Discord by scope");
    describe_gauge!(GATEWAY_SHARDS, "Discord's shards that this process has, and those that it stands by for");
    describe_gauge!(GATEWAY_SHARD, "Whether this process hears each of Discord's shards that it may have");
    describe_counter!(GATEWAY_SESSIONS, "Sessions asked for at Discord's gateway, by how and by what became of it");
    describe_counter!(FACTS, "Changes recorded, by the source that told of them first");
    describe_counter!(KNOWN, "Facts that changed nothing, by the source that told them");
    describe_histogram!(RELAY_GAP, "How long the realtime connection to SignalWire was gone, once it is back");
    describe_gauge!(ROOMS, "Rooms that somebody is in, of all that the database knows");
    describe_gauge!(PEOPLE, "People in these rooms");
    describe_gauge!(RELAY, "Whether the realtime connection to SignalWire stands");
    describe_gauge!(RELAY_REFUSED, "1 while SignalWire refuses that connection, by reason: somebody has to mend it");
    describe_gauge!(OTHERS, "Whether other processes can wake this one, on PostgreSQL");
    describe_gauge!(CARDS, "Room cards that Discord may not show as they are");
    describe_histogram!(JOINING, "From the press of Join to the first picture, by part, as pages measured it");
    describe_gauge!(TASKS, "Tasks under way in the program, open connections among them");
    describe_gauge!(KEPT, "Things kept in memory of people and places, by what they are; each has a bound");
    describe_gauge!(BUILD, "1, with the version as a label");
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// An interaction was answered first, `how`: `at_once`, `promised` or `sorry`.
pub fn answered(command: &'static str, how: &'static str, took: Duration) {
    counter!(COMMANDS, "command" => command, "answer" => how).increment(1);
    histogram!(FIRST_ANSWER, "command" => command).record(took);
}

/// An interaction was not answered here, `why`: `old`, `seen` or `crowd`.
pub fn skipped(why: &'static str) {
    counter!(SKIPPED, "why" => why).increment(1);
}

pub fn refused(why: &'static str) {
    counter!(REFUSALS, "why" => why).increment(1);
}

/// SignalWire had to have a room, `outcome`: `found`, `created`, `corrected`, `failed`, or `known`: it had confirmed the
/// room before and was not asked.
pub fn room_ensured(outcome: &'static str) {
    counter!(ROOM_ENSURES, "outcome" => outcome).increment(1);
}

pub fn room_token(outcome: &'static str) {
    counter!(ROOM_TOKENS, "outcome" => outcome).increment(1);
}

/// How a call to an outside party has ended.
#[derive(Debug)]
pub struct Ended {
    pub outcome: &'static str,
    /// The answer's, where there was one and it is known.
    pub status: Option<u16>,
    /// What went wrong there or on the way. What is answered with no as often as with yes is none.
    pub trouble: Option<String>,
}

/// It is counted, and logged under the reference of whoever it was made for. `route` is a shape: no ids, no names.
pub fn called(party: &'static str, route: impl Into<String>, ended: &Ended, took: Duration) {
    let (route, outcome, status, ms) = (route.into(), ended.outcome, ended.status, crate::clock::millis(took));
    match &ended.trouble {
        Some(error) => tracing::info!(party, route, outcome, status, ms, error, "a call to an outside party failed"),
        None => tracing::debug!(party, route, outcome, status, ms, "an outside party was called"),
    }
    counter!(UPSTREAM, "party" => party, "route" => route, "outcome" => outcome).increment(1);
    histogram!(UPSTREAM_TOOK, "party" => party).record(took);
}

/// Discord answered 429; `scope`: `global`, `route` or `message`.
pub fn rate_limited(scope: &'static str) {
    counter!(RATE_LIMITED, "scope" => scope).increment(1);
}

pub fn gateway_shards(held: usize, standing_by: usize) {
    for (state, count) in [("held", held), ("standing_by", standing_by)] {
        gauge!(GATEWAY_SHARDS, "state" => state).set(u32::try_from(count).unwrap_or(u32::MAX));
    }
}

/// `shard`: its number and how many there are, `3/8`.
pub fn gateway_shard(shard: String, heard: bool) {
    gauge!(GATEWAY_SHARD, "shard" => shard).set(if heard { 1.0 } else { 0.0 });
}

/// A session was asked for, `how`: `identify` or `resume`; `result`: `begun`, `refused`, or `lost` with its connection.
pub fn gateway_session(how: &'static str, result: &'static str) {
    counter!(GATEWAY_SESSIONS, "how" => how, "result" => result).increment(1);
}

/// A fact changed nothing: another source had told it before, or the same one.
pub fn known_fact(source: &'static str) {
    counter!(KNOWN, "source" => source).increment(1);
}

/// A change was recorded.
pub fn fact(source: &'static str) {
    counter!(FACTS, "source" => source).increment(1);
}

pub fn relay_is_connected(connected: bool) {
    gauge!(RELAY).set(if connected { 1.0 } else { 0.0 });
}

/// Whether SignalWire refuses the connection for this reason.
pub fn relay_is_refused(why: &'static str, refused: bool) {
    gauge!(RELAY_REFUSED, "why" => why).set(if refused { 1.0 } else { 0.0 });
}

/// Whether the connection stands on which they wake us.
pub fn others_are_heard(heard: bool) {
    gauge!(OTHERS).set(if heard { 1.0 } else { 0.0 });
}

/// The connection stands again, so long after it broke.
pub fn relay_gap(lasted: Duration) {
    histogram!(RELAY_GAP).record(lasted);
}

/// Calls that somebody is in, and who is in them.
pub fn live(rooms: u32, people: u32) {
    gauge!(ROOMS).set(rooms);
    gauge!(PEOPLE).set(people);
}

pub fn cards_pending(count: u32) {
    gauge!(CARDS).set(count);
}

pub fn tasks(count: usize) {
    gauge!(TASKS).set(count as f64);
}

/// So many things of one sort are kept in memory.
pub fn kept(what: &'static str, count: usize) {
    gauge!(KEPT, "what" => what).set(count as f64);
}

/// A part of joining took so long: `token`, `socket`, `answer`, `picture` or `whole`.
pub fn joining_took(part: &'static str, ms: u32) {
    histogram!(JOINING, "part" => part).record(Duration::from_millis(ms.into()));
}
