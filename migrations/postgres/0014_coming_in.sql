-- Coming in by the dashboard: passwords, sessions, links that work once. And what its screens show of the use of tokens and
-- quotas, gathered from the log beside the hot path: a send writes none of this.

-- hash: argon2id in its PHC form.
CREATE TABLE passwords (
    workspace_id  BIGINT NOT NULL,
    user_id       BIGINT NOT NULL,
    hash          TEXT    NOT NULL,
    changed_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);

-- A login names no workspace.
CREATE INDEX teammates_by_login ON teammates (email_folded) WHERE ended_at_ms = 0;

-- hash: SHA-256 of what the browser holds.
CREATE TABLE sessions (
    workspace_id  BIGINT NOT NULL,
    session_id    BIGINT NOT NULL,
    user_id       BIGINT NOT NULL,
    hash          BYTEA    NOT NULL,
    address       TEXT    NOT NULL,
    browser       TEXT    NOT NULL,
    created_at_ms BIGINT NOT NULL,
    seen_at_ms    BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, session_id)
);
CREATE UNIQUE INDEX sessions_by_hash ON sessions (hash);

-- purpose: invitation or reset. hash: SHA-256 of the link's secret.
CREATE TABLE entry_links (
    hash          BYTEA    PRIMARY KEY,
    workspace_id  BIGINT NOT NULL,
    user_id       BIGINT NOT NULL,
    purpose       TEXT    NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX entry_links_by_teammate ON entry_links (workspace_id, user_id);

-- Calls and credits by day; day is yyyymmdd in the workspace's zone.
CREATE TABLE usage_days (
    workspace_id BIGINT NOT NULL,
    day          BIGINT NOT NULL,
    calls        BIGINT NOT NULL,
    credits      BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, day)
);

-- How far the counters and the log have been gathered.
CREATE TABLE usage_marks (
    workspace_id    BIGINT NOT NULL PRIMARY KEY,
    cycle_starts_ms BIGINT NOT NULL,
    calls           BIGINT NOT NULL,
    credits         BIGINT NOT NULL,
    call_seq        BIGINT NOT NULL
);

-- Calls of a token in the cycle that begins at cycle_starts_ms.
CREATE TABLE token_calls (
    workspace_id    BIGINT NOT NULL,
    token_id        BIGINT NOT NULL,
    cycle_starts_ms BIGINT NOT NULL,
    calls           BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, token_id)
);

ALTER TABLE workspace_counters ADD COLUMN session_last BIGINT NOT NULL DEFAULT 0;
