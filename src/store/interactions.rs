//! The table `taken_interactions`: what some process answers already.

use super::{Store, big};
use crate::snowflake;

/// Rows that go in one step: nobody waits long for the database meanwhile.
const STEP: i64 = 5000;

impl Store {
    /// Takes an interaction to be answered. False: it was taken before, perhaps by another process.
    pub async fn take_interaction(&self, interaction_id: u64) -> sqlx::Result<bool> {
        let taken = sqlx::query(
            "INSERT INTO taken_interactions (interaction_id) VALUES ($1) ON CONFLICT (interaction_id) DO NOTHING",
        )
        .bind(big(interaction_id))
        .execute(&mut self.pool().writing_first().await?)
        .await?;
        Ok(taken.rows_affected() == 1)
    }

    /// Forgets interactions that were made before `made_before`.
    pub(super) async fn sweep_interactions(&self, made_before: i64) -> sqlx::Result<u64> {
        let mut gone = 0;
        loop {
            let swept = sqlx::query(
                "DELETE FROM taken_interactions WHERE interaction_id IN
                    (SELECT interaction_id FROM taken_interactions
                      WHERE interaction_id < $1 ORDER BY interaction_id LIMIT $2)",
            )
            .bind(big(snowflake::at(made_before)))
            .bind(STEP)
            .execute(self.pool())
            .await?
            .rows_affected();
            gone += swept;
            if swept == 0 {
                return Ok(gone);
            }
        }
    }
}
