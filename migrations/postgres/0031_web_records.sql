-- Numbers that are linked as a phone's device: their keys, and how far these have come.

-- A number's keys. The values are sealed, each for its place. at_s: what it expires by, in seconds since 1970; 0 for never.
CREATE TABLE web_records (
    workspace_id BIGINT NOT NULL,
    account_id   BIGINT NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    record_key   BYTEA NOT NULL,
    value        BYTEA NOT NULL,
    at_s         BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, account_id, kind, record_key)
);
CREATE INDEX web_records_by_time ON web_records (workspace_id, account_id, kind, at_s) WHERE at_s > 0;

-- opening: which of those who opened the keys may write them: the last one. writes only grows, also when the number is
-- linked anew; beside the database it is remembered as well, so keys that went back in time are known.
CREATE TABLE web_openings (
    workspace_id BIGINT NOT NULL,
    account_id   BIGINT NOT NULL,
    opening      BIGINT NOT NULL,
    writes       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
);
