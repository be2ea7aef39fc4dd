-- What people do about the workspace itself: requests for higher limits, and a log of who changed what.

-- A webhook's last attempts, by time: its page says how many failed, and how the last one went.
CREATE INDEX webhook_attempts_by_time ON webhook_attempts (workspace_id, webhook_id, at_ms, status);

-- What a workspace asks of the operator. 0: nothing asked of that limit. state: 1 open, 2 granted, 3 declined.
-- The newest 50 of a workspace are kept.
CREATE TABLE limit_requests (
    workspace_id      BIGINT NOT NULL,
    request_id        BIGINT NOT NULL,
    user_id           BIGINT NOT NULL,
    asked_at_ms       BIGINT NOT NULL,
    rate_per_minute   BIGINT NOT NULL,
    calls_per_cycle   BIGINT NOT NULL,
    credits_per_cycle BIGINT NOT NULL,
    reason            TEXT   NOT NULL,
    state             BIGINT NOT NULL,
    answer            TEXT   NOT NULL,
    answered_at_ms    BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, request_id)
);

-- Who changed what, from what into what. Append-only and never pruned: only people and tokens that may manage the workspace
-- make a row. `cause` is an event's.
CREATE TABLE audit_log (
    workspace_id      BIGINT NOT NULL,
    seq               BIGINT NOT NULL,
    at_ms             BIGINT NOT NULL,
    cause             BIGINT NOT NULL,
    action            TEXT   NOT NULL,
    subject           TEXT   NOT NULL,
    old_value         TEXT   NOT NULL,
    new_value         TEXT   NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);
