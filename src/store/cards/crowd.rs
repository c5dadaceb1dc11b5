//! The people of a session, as its card shows them: so many, and the first of them by name.

use crate::store::{Store, lines::who};

/// People of one kind in a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crowd {
    pub count: u32,
    /// The names of those who came first.
    pub first: Vec<String>,
}

impl Store {
    /// The people of `kind` who are inside or, with `ever`, who were there at any time; at most `names` by name, as
    /// they were called when they last came.
    pub async fn crowd(&self, session_id: &str, kind: &str, ever: bool, names: i64) -> sqlx::Result<Crowd> {
        let count: i64 = sqlx::query_scalar(concat!(
            "SELECT COUNT(DISTINCT ",
            who!("stays"),
            ") FROM stays WHERE session_id = $1 AND kind = $2 AND (left_at IS NULL OR $3 = 1)"
        ))
        .bind(session_id)
        .bind(kind)
        .bind(i64::from(ever))
        .fetch_one(self.pool())
        .await?;
        let mut crowd = Crowd { count: u32::try_from(count).unwrap_or_default(), first: Vec::new() };
        if count > 0 && names > 0 {
            crowd.first = self.first_names(session_id, kind, ever, names).await?;
        }
        Ok(crowd)
    }

    async fn first_names(&self, session_id: &str, kind: &str, ever: bool, names: i64) -> sqlx::Result<Vec<String>> {
        sqlx::query_scalar(concat!(
            "SELECT MAX(stays.name)
               FROM (SELECT ",
            who!("stays"),
            " AS who, MIN(joined_at) AS came, MAX(joined_at) AS last
                       FROM stays
                      WHERE session_id = $1 AND kind = $2 AND (left_at IS NULL OR $3 = 1)
                      GROUP BY ",
            who!("stays"),
            " ORDER BY 2, 1 LIMIT $4) AS people
               JOIN stays ON stays.session_id = $1 AND stays.kind = $2 AND stays.joined_at = people.last
                         AND ",
            who!("stays"),
            " = people.who
              GROUP BY people.who, people.came ORDER BY people.came, people.who"
        ))
        .bind(session_id)
        .bind(kind)
        .bind(i64::from(ever))
        .bind(names)
        .fetch_all(self.pool())
        .await
    }
}
