-- Interactions that some process has taken: none is answered twice. An id tells when it was made, which is how old
-- ones are found.
CREATE TABLE taken_interactions (
    interaction_id      BIGINT NOT NULL PRIMARY KEY
);
