-- What a token is limited to, and what a refused call had sent.

-- Commas between several; an empty list limits nothing.
ALTER TABLE tokens ADD COLUMN accounts TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN networks TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN expires_at_ms BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN collapses BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE api_calls ADD COLUMN body TEXT NOT NULL DEFAULT '';
