-- How long joining took: counted, never by whom.

CREATE TABLE join_times (
    guild_id            BIGINT NOT NULL,
    day                 BIGINT NOT NULL,                 -- since 1970
    part                TEXT   NOT NULL,                 -- token | socket | answer | picture | whole
    within_ms           BIGINT NOT NULL,                 -- it took at most so long, and longer than the bound below
    joins               BIGINT NOT NULL,
    PRIMARY KEY (guild_id, day, part, within_ms)
);
