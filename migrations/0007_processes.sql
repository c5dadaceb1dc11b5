-- The processes that share the database. Each counts its beats; whoever's beat stands still is taken for dead by the
-- others: its row goes, and all that it held is free. No clock is compared with another's.
CREATE TABLE processes (
    owner               TEXT   NOT NULL PRIMARY KEY,   -- random, new with every start
    beat                BIGINT NOT NULL DEFAULT 0
);

-- Work that one process at a time may do, for as long as it lives. The table `leases` keeps gates and open locks.
CREATE TABLE holdings (
    name                TEXT   NOT NULL PRIMARY KEY,
    owner               TEXT   NOT NULL REFERENCES processes (owner) ON DELETE CASCADE,
    turn                BIGINT NOT NULL                -- the owner's count, so that a late return ends no later turn
);
CREATE INDEX holdings_owner ON holdings (owner);

-- Who works on it. It is free when they are gone, or once the time in `lease` is over.
ALTER TABLE pending_interactions ADD COLUMN owner TEXT REFERENCES processes (owner) ON DELETE SET NULL;
CREATE INDEX pending_owner ON pending_interactions (owner);
ALTER TABLE knocks ADD COLUMN owner TEXT REFERENCES processes (owner) ON DELETE SET NULL;
CREATE INDEX knocks_owner ON knocks (owner);
