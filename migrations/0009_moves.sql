-- Somebody came in to go on from another device or tab of theirs, as the meta of the room token says.
ALTER TABLE stays ADD COLUMN moves BIGINT NOT NULL DEFAULT 0;
