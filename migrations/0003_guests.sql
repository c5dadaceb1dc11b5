-- Guests, who have no Discord account, and knocking. A ticket's purpose may be `guest` too.

-- What a server decided for all of its channels. No row: the defaults.
CREATE TABLE guild_settings (
    guild_id            BIGINT NOT NULL PRIMARY KEY,
    guests              BIGINT NOT NULL DEFAULT 0
);

-- Whom a moderator let into one room by name. Where others have a Discord user's id, guests have theirs.
CREATE TABLE guests (
    guest_id            BIGINT NOT NULL PRIMARY KEY,   -- negative, so that it is no Discord user's
    room_key            TEXT   NOT NULL REFERENCES rooms (room_key),
    guild_id            BIGINT NOT NULL,
    channel_id          BIGINT NOT NULL,
    name                TEXT   NOT NULL,               -- as shown everywhere: marked as a guest's
    role                TEXT   NOT NULL,               -- audience | member
    invited_by          BIGINT NOT NULL,
    invited_at          BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL                -- revoked: when that was
);
CREATE INDEX guests_room ON guests (room_key, expires_at);
CREATE INDEX guests_age ON guests (expires_at);

-- Who asked to be let into a session, and what was decided.
CREATE TABLE knocks (
    knock_id            TEXT   NOT NULL PRIMARY KEY,   -- random, in the buttons
    session_id          TEXT   NOT NULL REFERENCES sessions (session_id),
    guild_id            BIGINT NOT NULL,
    channel_id          BIGINT NOT NULL,
    user_id             BIGINT NOT NULL,               -- negative: a guest
    name                TEXT   NOT NULL,
    role                TEXT   NOT NULL,               -- what they would come in as
    state               TEXT   NOT NULL DEFAULT 'open', -- open | admitted | audience | denied | expired
    knocked_at          BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL,
    decided_by          BIGINT,
    message_id          BIGINT,                        -- the question in the channel
    webhook_id          BIGINT,                        -- whose message it is; none: the bot's own
    shown               TEXT,                          -- the state it shows; none: not posted yet
    lease               BIGINT NOT NULL DEFAULT 0      -- until when somebody posts or edits it
);
CREATE UNIQUE INDEX knocks_person ON knocks (session_id, user_id);
CREATE INDEX knocks_open ON knocks (state, expires_at);
