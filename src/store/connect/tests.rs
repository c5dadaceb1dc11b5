//! Many at once on one SQLite file.

use std::time::Duration;

use futures::future::{join_all, try_join_all};
use tokio_util::sync::CancellationToken;

use super::Connections;
use crate::store::temporary::Temporary;

const MANY: usize = 30;

async fn write(pool: &Connections, sid: usize) -> sqlx::Result<()> {
    let keep = sqlx::query("INSERT INTO denied_sids (sid, until) VALUES ($1, 0)").bind(sid.to_string());
    keep.execute(pool).await.map(drop)
}

async fn written(pool: &Connections) -> i64 {
    sqlx::query_scalar("SELECT COUNT(*) FROM denied_sids").fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn those_who_wait_to_write_hold_up_nobody_who_reads() {
    let store = Temporary::open().await;
    let pool = store.pool();
    let mut first = pool.begin().await.unwrap();
    sqlx::query("INSERT INTO denied_sids (sid, until) VALUES ('first', 0)").execute(&mut *first).await.unwrap();
    let writing = join_all((0..MANY).map(|sid| write(pool, sid)));
    let reading = async {
        for _ in 0..MANY {
            assert_eq!(written(pool).await, 0, "nothing is written yet");
        }
        first.commit().await.unwrap();
    };
    let (done, ()) = tokio::join!(writing, reading);
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(written(pool).await, MANY as i64 + 1);
}

#[tokio::test]
async fn whoever_gives_up_writing_leaves_the_line_and_no_half_of_it() {
    let store = Temporary::open().await;
    let pool = store.pool();
    let mut first = pool.begin().await.unwrap();
    sqlx::query("INSERT INTO denied_sids (sid, until) VALUES ('half', 0)").execute(&mut *first).await.unwrap();
    drop(first);
    let waiting = pool.begin().await.unwrap();
    assert!(futures::poll!(std::pin::pin!(write(pool, 0))).is_pending(), "it is another's turn");
    drop(waiting);
    try_join_all((1..MANY).map(|sid| write(pool, sid))).await.unwrap();
    assert_eq!(written(pool).await, MANY as i64 - 1);
}

#[tokio::test]
async fn what_was_written_ahead_gets_into_the_file_beside_the_requests() {
    let store = Temporary::open().await;
    let pool = store.pool();
    let ahead = async || {
        let (_, ahead, moved): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(NOOP)").fetch_one(pool).await.unwrap();
        ahead - moved
    };
    for sid in 0..300 {
        write(pool, sid).await.unwrap();
    }
    assert!(ahead().await > 250);
    let stop = CancellationToken::new();
    let moving = tokio::spawn(store.store().move_into_file(stop.clone()));
    let looking = async { while ahead().await > 0 {} };
    tokio::time::timeout(Duration::from_secs(10), looking).await.unwrap();
    stop.cancel();
    moving.await.unwrap();
}

#[tokio::test]
async fn what_is_taken_back_in_good_order_keeps_its_connection() {
    let store = Temporary::open().await;
    let pool = store.pool();
    let connections = pool.pool.status().size;
    for _ in 0..MANY {
        let mut change = pool.begin().await.unwrap();
        sqlx::query("INSERT INTO denied_sids (sid, until) VALUES ('half', 0)").execute(&mut *change).await.unwrap();
        change.undo().await.unwrap();
    }
    assert_eq!(written(pool).await, 0);
    assert!(pool.pool.status().size <= connections.max(1));
}
