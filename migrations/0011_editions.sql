-- How often a session's facts were written, also where nobody was told: whoever writes says which they went by. Being
-- vouched for (last_word_at) is no such write.
ALTER TABLE sessions ADD COLUMN edition BIGINT NOT NULL DEFAULT 0;
