//! What is passed before each IDENTIFY, by all processes on a database and over restarts.
//!
//! Discord allows one in five seconds per bucket, the shards whose numbers are alike modulo `max_concurrency`, and so
//! many a day over all; beyond that it resets the bot's token. What is used up is written down, by Discord's clock,
//! which all processes share. Besides, each shard has an allowance of its own: a few at once, then few a day, so that a
//! supervisor which restarts a crashing process every second does not use up the day.

use std::time::Duration;

use serenity::model::gateway::{BotGateway, SessionStartLimit};
use tokio::sync::Mutex;

use super::super::{client::Client, health::Wait};
use crate::{
    clock::{Clock, millis},
    store::{Spent, Store},
};

/// Between two of a bucket: Discord's five seconds, and one for clocks and ways that differ.
const SPACING: Duration = Duration::from_secs(6);
/// What a shard may have at once, where the day's number allows it.
const BURST: u32 = 10;
/// Afterwards no shard is allowed more than one in this.
const AT_MOST_EVERY: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Discord's own count is asked for again after this, and always where it is nearly used up.
const FRESH: Duration = Duration::from_secs(5);
/// The longest until Discord is asked whether there are more again.
const USED_UP: Duration = Duration::from_secs(10 * 60);
/// So far may two processes' ideas of Discord's clock be apart.
const SKEW: Duration = Duration::from_secs(5);
/// Between tries while Discord or the database does not answer.
const TRY_AGAIN: Duration = Duration::from_secs(2);
/// An open socket waits for so long; who waits longer comes back later.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of the wish to identify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    Now,
    NotYet(NotYet),
}

/// A wish to come back with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotYet {
    pub why: Wait,
    /// It is asked for again after this, and then perhaps granted.
    pub look_in: Duration,
}

pub(super) struct Gate {
    client: Client,
    store: Store,
    clock: Clock,
    /// How many shards there are in all.
    total: u32,
    /// What Discord said last, and when, by the monotonic clock.
    limit: Mutex<(SessionStartLimit, Duration)>,
}

impl Gate {
    pub fn new(client: Client, store: Store, clock: Clock, total: u32, gateway: &BotGateway) -> Self {
        let limit = Mutex::new((gateway.session_start_limit.clone(), client.real.monotonic()));
        Self { client, store, clock, total, limit }
    }

    /// Ends when `shard` may identify, or knows that it may not for long.
    pub async fn pass(&self, shard: u32) -> Pass {
        loop {
            let wait = match self.ask(shard).await {
                Ok(Ok(())) => return Pass::Now,
                Ok(Err(not_yet)) if not_yet.look_in > PATIENCE => {
                    let wait_s = not_yet.why.until().map(|until| (until - self.clock.unix_ms()) / 1000);
                    tracing::error!(shard, wait_s, "{}; a shard waits", not_yet.why);
                    return Pass::NotYet(not_yet);
                }
                Ok(Err(not_yet)) => not_yet.look_in,
                Err(why) => {
                    tracing::warn!(shard, why, "whether a shard may identify can't be found out yet");
                    TRY_AGAIN
                }
            };
            self.clock.sleep(wait).await;
        }
    }

    /// By the clock that the gate goes by.
    pub async fn sleep(&self, wait: Duration) {
        self.clock.sleep(wait).await;
    }

    async fn ask(&self, shard: u32) -> Result<Result<(), NotYet>, String> {
        let limit = self.limit().await.map_err(|error| error.to_string())?;
        let concurrency = u32::try_from(limit.max_concurrency).unwrap_or(u32::MAX).max(1);
        // As many may be on their way at once, and each reads the same number.
        if limit.remaining < u64::from(concurrency) {
            let left = Duration::from_millis(limit.reset_after.max(1000));
            let why = Wait::NextDay { until: self.clock.unix_ms().saturating_add(millis(left)) };
            return Ok(Err(NotYet { why, look_in: left.min(USED_UP) }));
        }
        let now = self.client.discord_unix_ms();
        let allowance = Allowance::of(&limit, self.total);
        let (bucket, shard) = (format!("bucket/{}", shard % concurrency), super::name(shard, self.total));
        let asked = self.store.spend_identify(&bucket, &shard, now, |spent| allowance.spend(spent, now));
        let asked = asked.await.map_err(|error| error.to_string())?;
        Ok(asked.map_err(|wait| {
            let until = self.clock.unix_ms().saturating_add(millis(wait));
            NotYet { why: Wait::Patience { until }, look_in: wait }
        }))
    }

    async fn limit(&self) -> Result<SessionStartLimit, super::super::Error> {
        let mut known = self.limit.lock().await;
        let now = self.client.real.monotonic();
        let is_scarce = known.0.remaining <= known.0.max_concurrency.saturating_mul(4);
        if is_scarce || now > known.1 + FRESH {
            *known = (self.client.gateway_bot().await?.session_start_limit, now);
        }
        Ok(known.0.clone())
    }
}

/// What one shard may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Allowance {
    at_once: i64,
    then_every_ms: i64,
}

impl Allowance {
    /// A quarter of the day's number at once, and half of it over the day.
    fn of(limit: &SessionStartLimit, shards: u32) -> Self {
        let a_day = u32::try_from(limit.total).unwrap_or(u32::MAX).max(1);
        let at_once = (a_day / 4 / shards.max(1)).clamp(1, BURST);
        let every = (DAY * 2 / a_day).saturating_mul(shards).clamp(AT_MOST_EVERY, DAY);
        Self { at_once: at_once.into(), then_every_ms: millis(every) }
    }

    /// What is spent after one more, or how long until that may be.
    fn spend(self, spent: Spent, now: i64) -> Result<Spent, Duration> {
        let Self { at_once, then_every_ms } = self;
        let bucket = possible(spent.bucket, now, millis(SPACING));
        let shard = possible(spent.shard, now, at_once * then_every_ms);
        let wait = (bucket - now).max(shard - (at_once - 1) * then_every_ms - now);
        if wait > 0 {
            return Err(Duration::from_millis(wait.unsigned_abs()));
        }
        Ok(Spent { bucket: now + millis(SPACING), shard: shard + then_every_ms })
    }
}

/// Not before now. What lies further ahead than it ever can was written by a clock that was wrong.
fn possible(until: i64, now: i64, furthest: i64) -> i64 {
    if until > now.saturating_add(furthest + millis(SKEW)) { now } else { until.max(now) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(total: u64) -> SessionStartLimit {
        let limit = serde_json::json!({ "total": total, "remaining": total, "reset_after": 0, "max_concurrency": 1 });
        serde_json::from_value(limit).unwrap()
    }

    /// How often all of `shards` identify in a day in which they want to at every second.
    fn in_a_day_of_wishes(total: u64, shards: u32) -> u32 {
        let allowance = Allowance::of(&limit(total), shards);
        let (mut spent, mut count) = (0, 0);
        for second in 0..24 * 60 * 60 {
            if let Ok(after) = allowance.spend(Spent { bucket: 0, shard: spent }, 1_700_000_000_000 + second * 1000) {
                (spent, count) = (after.shard, count + 1);
            }
        }
        count * shards
    }

    #[test]
    fn a_day_of_crashes_leaves_a_quarter_of_the_days_identifies() {
        for (total, shards) in [(1000, 1), (1000, 4), (1000, 40), (2000, 150), (2000, 400)] {
            let used = in_a_day_of_wishes(total, shards);
            assert!(u64::from(used) * 4 <= total * 3, "{used} of {total} with {shards} shards");
            assert!(used >= shards, "{used} with {shards} shards");
        }
    }

    #[test]
    fn a_few_go_at_once_and_then_one_in_minutes() {
        let allowance = Allowance::of(&limit(1000), 1);
        let (mut spent, mut now) = (Spent { bucket: 0, shard: 0 }, 1_700_000_000_000);
        for _ in 0..10 {
            spent = allowance.spend(spent, now).unwrap();
            assert!(allowance.spend(spent, now + 5900).is_err());
            now += 6000;
        }
        let wait = allowance.spend(spent, now).unwrap_err();
        assert!((60..=173).contains(&wait.as_secs()), "{wait:?}");
        assert!(allowance.spend(spent, now + millis(wait)).is_ok());
    }

    #[test]
    fn a_clock_that_was_wrong_holds_nobody_up() {
        let allowance = Allowance::of(&limit(1000), 1);
        let now = 1_700_000_000_000;
        let after = allowance.spend(Spent { bucket: i64::MAX, shard: i64::MAX }, now).unwrap();
        assert_eq!(after.bucket, now + 6000);
        assert!(allowance.spend(Spent { bucket: after.bucket + 4000, shard: 0 }, now).is_err());
    }
}
