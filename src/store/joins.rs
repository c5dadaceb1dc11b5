//! The table `join_times`: how long joining took, part by part. Counted in steps, so that it stays small however many
//! join (a guild's day is at most [`Part::ALL`] times [`BOUNDS_MS`] rows), and says nothing of anybody.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::{Columns as _, Store, big};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// What the figures are rounded up to, in milliseconds. The last one is the longest that counts at all.
pub const BOUNDS_MS: [u32; 18] =
    [50, 100, 150, 200, 300, 400, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 20_000, 60_000, 120_000];

/// From the press of Join to the first picture, step by step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// To our room token.
    Token,
    /// From there to the connection with SignalWire.
    Socket,
    /// From there to being inside.
    Answer,
    /// From there to the first frame of the others.
    Picture,
    /// All of it.
    Whole,
}

impl Part {
    pub const ALL: [Self; 5] = [Self::Token, Self::Socket, Self::Answer, Self::Picture, Self::Whole];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Socket => "socket",
            Self::Answer => "answer",
            Self::Picture => "picture",
            Self::Whole => "whole",
        }
    }
}

/// How long a part took, rounded up to [`BOUNDS_MS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    pub joins: u32,
    /// At most so long for half of them.
    pub half_ms: u32,
    /// At most so long for nine in ten.
    pub most_ms: u32,
}

impl Store {
    /// Counts a join: how long each of its parts took, in milliseconds. What is longer than all bounds is not counted.
    pub async fn add_join(&self, guild_id: u64, took: &[(Part, u32)], now: i64) -> sqlx::Result<()> {
        let mut transaction = self.pool().begin().await?;
        for (part, ms) in took {
            let Some(within) = BOUNDS_MS.into_iter().find(|bound| ms <= bound) else { continue };
            sqlx::query(
                "INSERT INTO join_times (guild_id, day, part, within_ms, joins) VALUES ($1, $2, $3, $4, 1)
                 ON CONFLICT (guild_id, day, part, within_ms) DO UPDATE SET joins = join_times.joins + 1",
            )
            .bind(big(guild_id))
            .bind(now / DAY_MS)
            .bind(part.as_str())
            .bind(i64::from(within))
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await
    }

    /// How long joining took since the day of `since`. Parts that nobody went through are missing.
    pub async fn join_times(&self, guild_id: u64, since: i64) -> sqlx::Result<BTreeMap<Part, Spread>> {
        let rows = sqlx::query(
            "SELECT part, within_ms, CAST(SUM(joins) AS BIGINT) AS joins FROM join_times
              WHERE guild_id = $1 AND day >= $2 GROUP BY part, within_ms ORDER BY within_ms",
        )
        .bind(big(guild_id))
        .bind(since / DAY_MS)
        .fetch_all(self.pool())
        .await?;
        let mut steps: BTreeMap<String, Vec<(u32, u32)>> = BTreeMap::new();
        for row in &rows {
            steps.entry(row.try_get("part")?).or_default().push((row.count("within_ms")?, row.count("joins")?));
        }
        let spread = |part: Part| Some((part, spread(steps.get(part.as_str())?)?));
        Ok(Part::ALL.into_iter().filter_map(spread).collect())
    }

    pub(super) async fn forget_join_times(&self, before: i64) -> sqlx::Result<u64> {
        let gone =
            sqlx::query("DELETE FROM join_times WHERE day < $1").bind(before / DAY_MS).execute(self.pool()).await?;
        Ok(gone.rows_affected())
    }
}

/// Of (bound, how many) in rising order.
fn spread(steps: &[(u32, u32)]) -> Option<Spread> {
    let joins = steps.iter().map(|(_, count)| count).sum::<u32>();
    let within = |tenths: u32| {
        let enough = u64::from(joins) * u64::from(tenths);
        let mut so_far = 0;
        let reached = steps.iter().find(|(_, count)| {
            so_far += u64::from(*count) * 10;
            so_far >= enough
        });
        reached.map(|(bound, _)| *bound)
    };
    Some(Spread { joins, half_ms: within(5)?, most_ms: within(9)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::temporary::Temporary;

    const NOW: i64 = 1_788_253_200_000;

    #[tokio::test]
    async fn half_and_nine_in_ten_of_those_who_joined_waited_at_most_so_long() {
        let store = Temporary::open().await;
        for (ms, times) in [(40, 4), (180, 2), (1_000, 3), (4_999, 1)] {
            for _ in 0..times {
                store.add_join(7, &[(Part::Whole, ms), (Part::Token, 50)], NOW).await.unwrap();
            }
        }
        let times = store.join_times(7, NOW).await.unwrap();
        assert_eq!(times[&Part::Whole], Spread { joins: 10, half_ms: 200, most_ms: 1_000 });
        assert_eq!(times[&Part::Token], Spread { joins: 10, half_ms: 50, most_ms: 50 });
        assert_eq!(times.len(), 2, "what nobody went through has no figure: {times:?}");
        assert!(store.join_times(8, NOW).await.unwrap().is_empty(), "another server's");
    }

    #[tokio::test]
    async fn what_took_too_long_to_be_true_is_not_counted_and_what_is_old_goes() {
        let store = Temporary::open().await;
        store.add_join(7, &[(Part::Whole, u32::MAX), (Part::Token, 120_000)], NOW).await.unwrap();
        let times = store.join_times(7, NOW).await.unwrap();
        assert_eq!(times.keys().collect::<Vec<_>>(), [&Part::Token]);
        assert!(store.join_times(7, NOW + DAY_MS).await.unwrap().is_empty());
        assert_eq!(store.forget_join_times(NOW).await.unwrap(), 0);
        assert_eq!(store.forget_join_times(NOW + DAY_MS).await.unwrap(), 1);
    }
}
