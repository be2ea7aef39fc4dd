-- What people do about the workspace itself: requests for higher limits, and a log of who changed what.

-- A webhook's last attempts, by time: its page says how many failed, and how the last one went.
CREATE INDEX webhook_attempts_by_time ON webhook_attempts (workspace_id, webhook_id, at_ms, status);

-- What a workspace asks of the operator. 0: nothing asked of that limit. state: 1 open, 2 granted, 3 declined.
-- The newest 50 of a workspace are kept.
CREATE TABLE limit_requests (
    workspace_id      INTEGER NOT NULL,
    request_id        INTEGER NOT NULL,
    user_id           INTEGER NOT NULL,
    asked_at_ms       INTEGER NOT NULL,
    rate_per_minute   INTEGER NOT NULL,
    calls_per_cycle   INTEGER NOT NULL,
    credits_per_cycle INTEGER NOT NULL,
    reason            TEXT    NOT NULL,
    state             INTEGER NOT NULL,
    answer            TEXT    NOT NULL,
    answered_at_ms    INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, request_id)
) STRICT, WITHOUT ROWID;

-- Who changed what, from what into what. Append-only and never pruned: only people and tokens that may manage the workspace
-- make a row. `cause` is an event's.
CREATE TABLE audit_log (
    workspace_id INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    cause        INTEGER NOT NULL,
    action       TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    old_value    TEXT    NOT NULL,
    new_value    TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('webhook_attempts', 'webhook_attempts_by_time', '1000000 100000 10000 2 1'),
    ('limit_requests', 'limit_requests', '1000 20 1'),
    ('audit_log', 'audit_log', '100000 2000 1');
