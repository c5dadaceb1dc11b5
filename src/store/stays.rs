//! The table `stays`: one member id's time inside one session.

use sqlx::{AssertSqlSafe, FromRow, Row as _, any::AnyRow};

use super::{Columns as _, Place, Store, big, connect::Connection, portions, values};
use crate::role::Role;

/// One member id's time inside one session. Times are the source's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    pub member_id: String,
    /// The Discord user, where the room token said.
    pub user_id: Option<u64>,
    pub name: String,
    pub kind: StayKind,
    /// What they came in as, where the room token said.
    pub token_role: Option<Role>,
    /// They came to go on from what they were inside with before.
    pub moves: bool,
    pub joined_at: i64,
    /// The last time known to be inside; a leave before that is of an earlier time inside.
    pub inside_at: i64,
    pub left_at: Option<i64>,
    /// A source said `left_at`; otherwise it was worked out, and gives way to what a source says.
    pub left_known: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StayKind {
    Member,
    /// Counted, never named.
    Audience,
    Screen,
    Device,
    /// Not known yet, so nobody to be shown.
    Unknown,
}

impl StayKind {
    const ALL: [Self; 5] = [Self::Member, Self::Audience, Self::Screen, Self::Device, Self::Unknown];

    pub fn code(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Audience => "audience",
            Self::Screen => "screen",
            Self::Device => "device",
            Self::Unknown => "unknown",
        }
    }
}

impl FromRow<'_, AnyRow> for Stay {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        let kind: String = row.try_get("kind")?;
        Ok(Self {
            member_id: row.try_get("member_id")?,
            user_id: row.maybe_id("user_id")?,
            name: row.try_get("name")?,
            kind: StayKind::ALL.into_iter().find(|known| known.code() == kind).unwrap_or(StayKind::Unknown),
            token_role: token_role(row)?,
            moves: row.flag("moves")?,
            joined_at: row.try_get("joined_at")?,
            inside_at: row.try_get("inside_at")?,
            left_at: row.try_get("left_at")?,
            left_known: row.flag("left_known")?,
        })
    }
}

fn token_role(row: &AnyRow) -> sqlx::Result<Option<Role>> {
    Ok(row.try_get::<Option<String>, _>("token_role")?.as_deref().and_then(Role::named))
}

/// A person inside a present session, with whatever they are inside with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    pub user_id: u64,
    pub name: String,
    /// The most that a room token lets them do that they are inside with.
    pub holds: Option<Role>,
    pub session_id: String,
    pub video_session_id: Option<String>,
    pub room_key: String,
    pub place: Place,
    pub opened_by: u64,
    /// When they came in last, with anything; the source's time.
    pub came_at: i64,
    /// A moderator removed them.
    pub refused: bool,
    /// A moderator let them in to see and hear.
    pub watches: bool,
}

impl FromRow<'_, AnyRow> for Attendee {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            user_id: row.id("user_id")?,
            name: row.try_get("name")?,
            holds: token_role(row)?,
            session_id: row.try_get("session_id")?,
            video_session_id: row.try_get("video_session_id")?,
            room_key: row.try_get("room_key")?,
            place: Place { guild_id: row.id("guild_id")?, channel_id: row.id("channel_id")? },
            opened_by: row.id("opened_by")?,
            came_at: row.try_get("came_at")?,
            refused: row.flag("refused")?,
            watches: row.flag("watches")?,
        })
    }
}

/// Somebody inside a session now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    pub member_id: String,
    /// None for who came without a Discord identity.
    pub user_id: Option<u64>,
    pub name: String,
    /// `member`, `audience`, `screen` or `device`.
    pub kind: String,
    /// They came to go on from what they were inside with before.
    pub moves: bool,
    pub joined_at: i64,
}

impl FromRow<'_, AnyRow> for Inside {
    fn from_row(row: &AnyRow) -> sqlx::Result<Self> {
        Ok(Self {
            member_id: row.try_get("member_id")?,
            user_id: row.maybe_id("user_id")?,
            name: row.try_get("name")?,
            kind: row.try_get("kind")?,
            moves: row.flag("moves")?,
            joined_at: row.try_get("joined_at")?,
        })
    }
}

impl Store {
    /// Who is inside, in the order they came.
    pub async fn inside(&self, session_id: &str) -> sqlx::Result<Vec<Inside>> {
        sqlx::query_as(
            "SELECT member_id, user_id, name, kind, moves, joined_at FROM stays
              WHERE session_id = $1 AND left_at IS NULL ORDER BY joined_at, member_id",
        )
        .bind(session_id)
        .fetch_all(self.pool())
        .await
    }

    /// All people inside, in any room.
    pub async fn attendees(&self) -> sqlx::Result<Vec<Attendee>> {
        sqlx::query_as(
            "SELECT stays.user_id, MAX(stays.name) AS name, MAX(stays.joined_at) AS came_at,
                    CASE MAX(CASE stays.token_role WHEN 'moderator' THEN 3 WHEN 'member' THEN 2 WHEN 'audience' THEN 1
                                                   ELSE 0 END)
                        WHEN 3 THEN 'moderator' WHEN 2 THEN 'member' WHEN 1 THEN 'audience' END AS token_role,
                    sessions.session_id,
                    sessions.video_session_id, sessions.room_key, sessions.guild_id, sessions.channel_id,
                    sessions.opened_by,
                    (SELECT COUNT(*) FROM refusals
                      WHERE refusals.session_id = sessions.session_id
                        AND refusals.user_id = stays.user_id) AS refused,
                    (SELECT COUNT(*) FROM knocks
                      WHERE knocks.session_id = sessions.session_id AND knocks.user_id = stays.user_id
                        AND knocks.state = 'audience') AS watches
               FROM sessions JOIN stays ON stays.session_id = sessions.session_id
              WHERE sessions.ended_at IS NULL AND stays.left_at IS NULL AND stays.user_id IS NOT NULL
              GROUP BY sessions.session_id, stays.user_id",
        )
        .fetch_all(self.pool())
        .await
    }

    /// Everybody, and every screen and device, that was or is in a session, in the order they came.
    pub async fn stays(&self, session_id: &str) -> sqlx::Result<Vec<Stay>> {
        sqlx::query_as(concat!(
            "SELECT ",
            columns!(stays),
            " FROM stays WHERE session_id = $1 ORDER BY joined_at, member_id"
        ))
        .bind(session_id)
        .fetch_all(self.pool())
        .await
    }
}

/// Keeps `stays`, each of another member.
pub(super) async fn keep(connection: &mut Connection, session_id: &str, stays: &[&Stay]) -> sqlx::Result<()> {
    for portion in portions(stays) {
        let sql = format!(
            "INSERT INTO stays
                (session_id, member_id, user_id, name, kind, joined_at, inside_at, left_at, left_known, token_role,
                 moves)
             {}
             ON CONFLICT (session_id, member_id) DO UPDATE
                SET user_id = excluded.user_id, name = excluded.name, kind = excluded.kind,
                    joined_at = excluded.joined_at, inside_at = excluded.inside_at, left_at = excluded.left_at,
                    left_known = excluded.left_known, token_role = excluded.token_role, moves = excluded.moves",
            values(portion.len(), 11)
        );
        let mut upsert = sqlx::query(AssertSqlSafe(sql));
        for stay in portion {
            upsert = upsert
                .bind(session_id)
                .bind(&stay.member_id)
                .bind(stay.user_id.map(big))
                .bind(&stay.name)
                .bind(stay.kind.code())
                .bind(stay.joined_at)
                .bind(stay.inside_at)
                .bind(stay.left_at)
                .bind(i64::from(stay.left_known))
                .bind(stay.token_role.map(Role::as_str))
                .bind(i64::from(stay.moves));
        }
        upsert.execute(&mut *connection).await?;
    }
    Ok(())
}
