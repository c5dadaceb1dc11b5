use std::path::Path;

use greenroom::store::KEPT;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use super::{Call, on_postgres, on_sqlite};
use crate::{binary::free_address, postgres, sources};

/// A later version came, and brought the tables up to date: each of them has one more column.
async fn is_brought_further(url: &str) {
    let mut connection = AnyConnection::connect(url).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'of a later version', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    for table in KEPT.iter().chain(&["processes", "holdings", "leases"]) {
        let sql = AssertSqlSafe(format!("ALTER TABLE {table} ADD COLUMN of_a_later_version TEXT"));
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

impl Call {
    /// Whoever serves goes on serving, and whoever starts says why it does not.
    async fn outlives_an_upgrade(mut self, url: &str) {
        is_brought_further(url).await;
        let serving_at = self.machine.address;
        self.machine.set("LISTEN_ADDR", &free_address().to_string());
        let ran = self.machine.runs(&[]).await;
        assert_eq!(ran.code, Some(1), "{}", ran.err);
        let said = ran.err.lines().last().unwrap();
        for words in ["DATABASE_URL: a newer Greenroom than this one (", "change 9999", "Start the newer one", "backup"]
        {
            assert!(said.contains(words), "{words} is missing in {said}");
        }
        // Whoever only looks is not stopped by that.
        let ran = self.machine.runs(&["status"]).await;
        assert!(ran.out.contains("newer"), "{}", ran.out);

        assert_eq!(self.machine.address, serving_at);
        assert_eq!(self.status("/readyz").await, 200);
        self.mira.room_token().await.unwrap();
        self.machine.browser().follows(&self.machine.link_of("ann", "retro").await).await.unwrap();
        // Whatever was asked before is asked again, on every connection.
        let asked = (0..5).map(|_| async { self.mira.room_token().await.unwrap() });
        futures::future::join_all(asked).await;
        for _ in 0..3 {
            self.machine.link_of("mira", "standup").await;
        }
        self.odo_inside.leaves();
        self.machine.card("**In the call (1):** Mira").await;
        self.mira_inside.leaves();
        self.machine.card("standup · ended").await;
        assert!(!self.machine.said("cached plan"), "a statement reads columns that it does not name");
    }
}

#[tokio::test]
async fn an_older_version_does_not_start_on_a_newer_sqlite_file_and_one_that_serves_goes_on() {
    let call = on_sqlite().await;
    let url = format!("sqlite://{}", call.machine.path("greenroom.db").display());
    call.outlives_an_upgrade(&url).await;
}

#[tokio::test]
async fn an_older_version_does_not_start_on_a_newer_postgresql_and_one_that_serves_goes_on() {
    let url = postgres::database().await;
    on_postgres(&url).await.outlives_an_upgrade(&url).await;
}

/// PostgreSQL refuses a prepared statement of `*` once there is another column.
#[test]
fn every_statement_names_the_columns_it_reads() {
    let files = sources::below(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store")));
    for (path, text) in &files {
        for all in ["SELECT *", "RETURNING *", ".*,", ".* "] {
            assert!(!text.contains(all), "{}: {all}", path.display());
        }
    }
    assert!(files.len() > 20, "{}", files.len());
}
