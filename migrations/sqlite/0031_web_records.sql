-- Numbers that are linked as a phone's device: their keys, and how far these have come.

-- A number's keys. The values are sealed, each for its place. at_s: what it expires by, in seconds since 1970; 0 for never.
CREATE TABLE web_records (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    kind         TEXT    NOT NULL,
    record_key   BLOB    NOT NULL,
    value        BLOB    NOT NULL,
    at_s         INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, account_id, kind, record_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX web_records_by_time ON web_records (workspace_id, account_id, kind, at_s) WHERE at_s > 0;

-- opening: which of those who opened the keys may write them: the last one. writes only grows, also when the number is
-- linked anew; beside the database it is remembered as well, so keys that went back in time are known.
CREATE TABLE web_openings (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    opening      INTEGER NOT NULL,
    writes       INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('web_records', 'web_records', '1000000 50000 10000 1000 1'),
    ('web_records', 'web_records_by_time', '100000 5000 1000 500 1'),
    ('web_openings', 'web_openings', '100 10 1');
