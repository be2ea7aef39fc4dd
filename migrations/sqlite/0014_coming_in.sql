-- Coming in by the dashboard: passwords, sessions, links that work once. And what its screens show of the use of tokens and
-- quotas, gathered from the log beside the hot path: a send writes none of this.

-- hash: argon2id in its PHC form.
CREATE TABLE passwords (
    workspace_id  INTEGER NOT NULL,
    user_id       INTEGER NOT NULL,
    hash          TEXT    NOT NULL,
    changed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
) STRICT, WITHOUT ROWID;

-- A login names no workspace.
CREATE INDEX teammates_by_login ON teammates (email_folded) WHERE ended_at_ms = 0;

-- hash: SHA-256 of what the browser holds.
CREATE TABLE sessions (
    workspace_id  INTEGER NOT NULL,
    session_id    INTEGER NOT NULL,
    user_id       INTEGER NOT NULL,
    hash          BLOB    NOT NULL,
    address       TEXT    NOT NULL,
    browser       TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    seen_at_ms    INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, session_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sessions_by_hash ON sessions (hash);

-- purpose: invitation or reset. hash: SHA-256 of the link's secret.
CREATE TABLE entry_links (
    hash          BLOB    PRIMARY KEY,
    workspace_id  INTEGER NOT NULL,
    user_id       INTEGER NOT NULL,
    purpose       TEXT    NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_links_by_teammate ON entry_links (workspace_id, user_id);

-- Calls and credits by day; day is yyyymmdd in the workspace's zone.
CREATE TABLE usage_days (
    workspace_id INTEGER NOT NULL,
    day          INTEGER NOT NULL,
    calls        INTEGER NOT NULL,
    credits      INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, day)
) STRICT, WITHOUT ROWID;

-- How far the counters and the log have been gathered.
CREATE TABLE usage_marks (
    workspace_id    INTEGER NOT NULL PRIMARY KEY,
    cycle_starts_ms INTEGER NOT NULL,
    calls           INTEGER NOT NULL,
    credits         INTEGER NOT NULL,
    call_seq        INTEGER NOT NULL
) STRICT;

-- Calls of a token in the cycle that begins at cycle_starts_ms.
CREATE TABLE token_calls (
    workspace_id    INTEGER NOT NULL,
    token_id        INTEGER NOT NULL,
    cycle_starts_ms INTEGER NOT NULL,
    calls           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, token_id)
) STRICT, WITHOUT ROWID;

ALTER TABLE workspace_counters ADD COLUMN session_last INTEGER NOT NULL DEFAULT 0;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('passwords', 'passwords', '1000 20 1'),
    ('teammates', 'teammates_by_login', '1000 1'),
    ('sessions', 'sessions', '5000 100 1'),
    ('sessions', 'sessions_by_hash', '5000 1'),
    ('entry_links', 'entry_links', '1000 1'),
    ('entry_links', 'entry_links_by_teammate', '1000 20 1'),
    ('usage_days', 'usage_days', '20000 400 1'),
    ('usage_marks', NULL, '50'),
    ('token_calls', 'token_calls', '1000 20 1');
