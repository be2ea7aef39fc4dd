-- A phone of the sandbox keeps the files that it shows: their bytes are needed as long as it does.
ALTER TABLE sandbox_messages ADD COLUMN sha256 BYTEA;
CREATE INDEX sandbox_messages_by_blob ON sandbox_messages (sha256) WHERE sha256 IS NOT NULL;
