-- One SQL for SQLite and PostgreSQL: BIGINT and TEXT only. Times are unix milliseconds, flags 0 or 1,
-- Discord ids BIGINT (they stay below 2^63 until 2084), sealed secrets base64.

-- A room is (guild, channel, canonical name); canonical '' is the channel's own room.
CREATE TABLE rooms (
    room_key            TEXT   NOT NULL PRIMARY KEY,   -- random, opaque, in URLs
    guild_id            BIGINT NOT NULL,
    channel_id          BIGINT NOT NULL,
    canonical           TEXT   NOT NULL,
    title               TEXT   NOT NULL,               -- as last typed, or the channel's present name
    video_name          TEXT   NOT NULL UNIQUE,        -- SignalWire's room name
    video_room_id       TEXT,                          -- SignalWire's room id, once known
    ensured_at          BIGINT,                        -- when SignalWire last confirmed it
    created_at          BIGINT NOT NULL,
    UNIQUE (guild_id, channel_id, canonical)
);

-- One run of a room, from `/video` to its end. At most one per room has no ended_at.
CREATE TABLE sessions (
    session_id          TEXT   NOT NULL PRIMARY KEY,
    room_key            TEXT   NOT NULL REFERENCES rooms (room_key),
    guild_id            BIGINT NOT NULL,
    channel_id          BIGINT NOT NULL,
    video_session_id    TEXT   UNIQUE,                 -- SignalWire's room session, once someone is in
    topic               TEXT,
    locale              TEXT   NOT NULL DEFAULT 'en',  -- of the guild: the card's language
    opened_by           BIGINT NOT NULL,
    opened_by_name      TEXT   NOT NULL,
    opened_at           BIGINT NOT NULL,
    started_at          BIGINT,                        -- first person inside, source time
    ended_at            BIGINT,
    end_reason          TEXT,                          -- left | ended | nobody
    recording           BIGINT NOT NULL DEFAULT 0,
    recording_since     BIGINT,
    recording_at        BIGINT NOT NULL DEFAULT 0,     -- source time of the fact: last writer wins
    locked              BIGINT NOT NULL DEFAULT 0,
    locked_at           BIGINT NOT NULL DEFAULT 0,
    audience            BIGINT NOT NULL DEFAULT 0,
    audience_at         BIGINT NOT NULL DEFAULT 0,
    peak                BIGINT NOT NULL DEFAULT 0,     -- most people inside at once
    last_word_at        BIGINT,                        -- when a source last spoke of it
    version             BIGINT NOT NULL DEFAULT 1      -- one more with every applied change
);
CREATE UNIQUE INDEX sessions_present ON sessions (room_key) WHERE ended_at IS NULL;
CREATE INDEX sessions_guild ON sessions (guild_id, ended_at);
CREATE INDEX sessions_opened ON sessions (opened_by, opened_at);

-- One member id's time inside one session. Sources only add missing bounds.
CREATE TABLE stays (
    session_id          TEXT   NOT NULL REFERENCES sessions (session_id),
    member_id           TEXT   NOT NULL,
    user_id             BIGINT,                        -- Discord user, from the room token's meta
    name                TEXT   NOT NULL,
    kind                TEXT   NOT NULL,               -- member | audience | screen | device | unknown (shown to nobody)
    joined_at           BIGINT NOT NULL,
    inside_at           BIGINT NOT NULL DEFAULT 0,     -- the last time known to be inside: an older leave is old news
    left_at             BIGINT,
    left_known          BIGINT NOT NULL DEFAULT 0,     -- a source said when; else worked out from absence or the end
    PRIMARY KEY (session_id, member_id)
);

-- Each applied change, numbered by the session's version it made.
CREATE TABLE events (
    session_id          TEXT   NOT NULL REFERENCES sessions (session_id),
    number              BIGINT NOT NULL,
    kind                TEXT   NOT NULL,               -- opened | started | joined | left | updated | recording | locked | audience | ended
    member_id           TEXT,
    user_id             BIGINT,
    name                TEXT,
    source              TEXT   NOT NULL,               -- command | relay | sweep | look
    at                  BIGINT NOT NULL,               -- source time
    recorded_at         BIGINT NOT NULL,
    PRIMARY KEY (session_id, number)
);
CREATE INDEX events_age ON events (recorded_at);

-- Single-use personal links, by SHA-256 of the secret.
CREATE TABLE tickets (
    ticket_hash         TEXT   NOT NULL PRIMARY KEY,
    purpose             TEXT   NOT NULL,               -- join | handoff
    room_key            TEXT   NOT NULL REFERENCES rooms (room_key),
    user_id             BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    expires_at          BIGINT NOT NULL,
    used_at             BIGINT,
    nonce_hash          TEXT,                          -- who used it: the same pair is answered again for 60 s
    sid                 TEXT
);
CREATE INDEX tickets_age ON tickets (expires_at);

-- Sessions of browsers that signed out before they ran out.
CREATE TABLE denied_sids (
    sid                 TEXT   NOT NULL PRIMARY KEY,
    until               BIGINT NOT NULL
);

-- The one webhook per channel that the bot owns; token sealed.
CREATE TABLE webhooks (
    channel_id          BIGINT NOT NULL PRIMARY KEY,
    guild_id            BIGINT NOT NULL,
    webhook_id          BIGINT NOT NULL,
    token_sealed        TEXT   NOT NULL,
    created_at          BIGINT NOT NULL
);

-- How a channel wants to hear. Absent row: the defaults.
CREATE TABLE channel_settings (
    channel_id          BIGINT NOT NULL PRIMARY KEY,
    guild_id            BIGINT NOT NULL,
    lines               TEXT   NOT NULL DEFAULT 'rollup',
    silent              BIGINT NOT NULL DEFAULT 0,
    thread              BIGINT NOT NULL DEFAULT 0,
    names               BIGINT NOT NULL DEFAULT 1
);

-- The one card of a session and what of it Discord has. A message is its webhook's, or the bot's own without one.
CREATE TABLE cards (
    session_id          TEXT   NOT NULL PRIMARY KEY REFERENCES sessions (session_id),
    guild_id            BIGINT NOT NULL,
    channel_id          BIGINT NOT NULL,
    state               TEXT   NOT NULL DEFAULT 'wanted', -- wanted | posting | posted | deleted | undeliverable | done
    message_id          BIGINT,                        -- the card; while wanted or posting, the one it replaces
    webhook_id          BIGINT,
    posting_since       BIGINT,                        -- Discord's time: a post of unknown outcome is younger
    posted_at           BIGINT,
    sent_version        BIGINT NOT NULL DEFAULT 0,     -- the session version the card shows
    sent_look           TEXT,                          -- digest of what the card shows
    due_at              BIGINT,                        -- when to look again though nothing was recorded
    announced           BIGINT NOT NULL DEFAULT 0,     -- events up to this number are in lines, as of announced_at
    announced_at        BIGINT NOT NULL DEFAULT 0,
    line_message_id     BIGINT,                        -- the last line
    line_webhook_id     BIGINT,
    line_started_at     BIGINT,
    line_from           BIGINT NOT NULL DEFAULT 0,     -- it tells what came after this number, as of line_from_at
    line_from_at        BIGINT NOT NULL DEFAULT 0,
    line_look           TEXT,                          -- digest of what it says
    replaced_message_id BIGINT,                        -- an earlier card still to be deleted
    replaced_webhook_id BIGINT,
    problem             TEXT,                          -- why nothing can be posted, for `check`
    failed_at           BIGINT
);
CREATE INDEX cards_channel ON cards (channel_id, state);

-- Written beside a defer, so that a crash before the answer is made good at the next start.
CREATE TABLE pending_interactions (
    interaction_id      BIGINT NOT NULL PRIMARY KEY,
    token_sealed        TEXT   NOT NULL,
    request             TEXT   NOT NULL,               -- what was asked, JSON, for finishing it
    created_at          BIGINT NOT NULL,
    lease               BIGINT NOT NULL                -- until when somebody works on it
);
CREATE INDEX pending_lease ON pending_interactions (lease);

-- Whoever was removed stays out until the session ends.
CREATE TABLE refusals (
    session_id          TEXT   NOT NULL REFERENCES sessions (session_id),
    user_id             BIGINT NOT NULL,
    by_user_id          BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    PRIMARY KEY (session_id, user_id)
);

-- Work that only one process at a time may do.
CREATE TABLE leases (
    name                TEXT   NOT NULL PRIMARY KEY,
    owner               TEXT   NOT NULL,
    until               BIGINT NOT NULL
);
