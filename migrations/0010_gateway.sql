-- Who may identify at Discord's gateway when: restarts and other processes go by it.
CREATE TABLE identifies (
    -- bucket/B or shard/N/TOTAL.
    name TEXT PRIMARY KEY,
    -- What Discord allows, or we allow ourselves, is used up until then.
    spent_until BIGINT NOT NULL
);

-- What a shard's session is taken up with again, by this process or the next.
CREATE TABLE gateway_sessions (
    shard TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    -- Where Discord wants to see it again.
    url TEXT NOT NULL,
    -- The last event that was heard; a little behind.
    seq BIGINT NOT NULL,
    -- What it was opened with: another configuration needs another session.
    intents BIGINT NOT NULL
);
