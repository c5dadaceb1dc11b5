-- What the room token that somebody came in with lets them do, as its meta says: audience | member | moderator.
ALTER TABLE stays ADD COLUMN token_role TEXT;
