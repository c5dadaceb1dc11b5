//! The tables `identifies` and `gateway_sessions`: when Discord's gateway may be identified at, and what its sessions
//! are taken up with.

use std::time::Duration;

use super::{Store, connect::Connection, leases};

/// What was used up so long ago says nothing any more.
const KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// Until when it is used up that a bucket's shards, and one shard, may identify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    pub bucket: i64,
    pub shard: i64,
}

/// What a session is taken up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewaySession {
    pub id: String,
    pub url: String,
    pub seq: u64,
    pub intents: u64,
}

impl Store {
    /// Spends what `decide` makes of what is spent, or says how long to wait. One after the other per bucket, whichever
    /// process asks.
    pub async fn spend_identify(
        &self,
        bucket: &str,
        shard: &str,
        now: i64,
        decide: impl FnOnce(Spent) -> Result<Spent, Duration> + Send,
    ) -> sqlx::Result<Result<(), Duration>> {
        let mut transaction = self.pool().begin().await?;
        leases::pass(&mut transaction, &format!("identify/{bucket}"), now).await?;
        let before =
            Spent { bucket: spent(&mut transaction, bucket).await?, shard: spent(&mut transaction, shard).await? };
        let after = match decide(before) {
            Ok(after) => after,
            Err(wait) => {
                transaction.undo().await?;
                return Ok(Err(wait));
            }
        };
        sqlx::query("DELETE FROM identifies WHERE spent_until < $1")
            .bind(now - KEPT_MS)
            .execute(&mut *transaction)
            .await?;
        spend(&mut transaction, bucket, after.bucket).await?;
        spend(&mut transaction, shard, after.shard).await?;
        transaction.commit().await?;
        Ok(Ok(()))
    }

    pub async fn gateway_session(&self, shard: &str) -> sqlx::Result<Option<GatewaySession>> {
        let row: Option<(String, String, i64, i64)> =
            sqlx::query_as("SELECT session_id, url, seq, intents FROM gateway_sessions WHERE shard = $1")
                .bind(shard)
                .fetch_optional(self.pool())
                .await?;
        Ok(row.map(|(id, url, seq, intents)| GatewaySession {
            id,
            url,
            seq: seq.unsigned_abs(),
            intents: intents.unsigned_abs(),
        }))
    }

    pub async fn keep_gateway_session(&self, shard: &str, session: &GatewaySession) -> sqlx::Result<()> {
        sqlx::query(
            "INSERT INTO gateway_sessions (shard, session_id, url, seq, intents) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (shard) DO UPDATE SET session_id = excluded.session_id, url = excluded.url,
                 seq = excluded.seq, intents = excluded.intents",
        )
        .bind(shard)
        .bind(&session.id)
        .bind(&session.url)
        .bind(i64::try_from(session.seq).unwrap_or(i64::MAX))
        .bind(i64::try_from(session.intents).unwrap_or(i64::MAX))
        .execute(self.pool())
        .await?;
        Ok(())
    }
}

async fn spent(connection: &mut Connection, name: &str) -> sqlx::Result<i64> {
    let until: Option<i64> = sqlx::query_scalar("SELECT spent_until FROM identifies WHERE name = $1")
        .bind(name)
        .fetch_optional(connection)
        .await?;
    Ok(until.unwrap_or_default())
}

async fn spend(connection: &mut Connection, name: &str, until: i64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO identifies (name, spent_until) VALUES ($1, $2)
         ON CONFLICT (name) DO UPDATE SET spent_until = excluded.spent_until",
    )
    .bind(name)
    .bind(until)
    .execute(connection)
    .await?;
    Ok(())
}
