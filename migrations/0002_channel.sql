-- Lines in a thread at the card; what calls cost; servers the bot was removed from.

ALTER TABLE cards ADD COLUMN thread_id BIGINT;          -- the thread that lines go into
ALTER TABLE cards ADD COLUMN thread_state TEXT;         -- open | unfit (lines go into the channel) | closed (no lines)
ALTER TABLE cards ADD COLUMN line_thread_id BIGINT;     -- where the last line is; none: in the channel

ALTER TABLE sessions ADD COLUMN cost_micros BIGINT;     -- millionths of a dollar, as SignalWire last said
ALTER TABLE sessions ADD COLUMN cost_at BIGINT;         -- when it was last asked

-- What is kept of them goes a week later.
CREATE TABLE left_guilds (
    guild_id            BIGINT NOT NULL PRIMARY KEY,
    left_at             BIGINT NOT NULL
);
