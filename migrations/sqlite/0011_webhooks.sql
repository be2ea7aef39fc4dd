-- Webhooks that deliver: what they sign with, how they fare, and each delivery with its attempts.

-- Sealed with the key file. Empty where the webhook is older than secrets; it signs nothing until it is given one.
ALTER TABLE webhooks ADD COLUMN secret BLOB NOT NULL DEFAULT x'';
-- The secret before that, good until then.
ALTER TABLE webhooks ADD COLUMN secret_before BLOB NOT NULL DEFAULT x'';
ALTER TABLE webhooks ADD COLUMN secret_before_until_ms INTEGER NOT NULL DEFAULT 0;
-- The ids of its deliveries begin with it: random, so that another server's are never taken for repeats of these.
ALTER TABLE webhooks ADD COLUMN id_prefix TEXT NOT NULL DEFAULT '';
-- It hears events behind this one.
ALTER TABLE webhooks ADD COLUMN since_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN failing_since_ms INTEGER NOT NULL DEFAULT 0;
-- Why the server switched it off; empty where it didn't.
ALTER TABLE webhooks ADD COLUMN disabled_reason TEXT NOT NULL DEFAULT '';
-- Events still to be delivered again, both included; none where the first is behind the last.
ALTER TABLE webhooks ADD COLUMN replay_next_seq INTEGER NOT NULL DEFAULT 1;
ALTER TABLE webhooks ADD COLUMN replay_last_seq INTEGER NOT NULL DEFAULT 0;
UPDATE webhooks SET id_prefix = lower(hex(randomblob(8))),
    since_seq = (SELECT c.event_last FROM workspace_counters c WHERE c.workspace_id = webhooks.workspace_id);

-- How far a workspace's events have become deliveries. A row for each workspace that ever had a webhook.
CREATE TABLE webhook_fanouts (
    workspace_id INTEGER NOT NULL PRIMARY KEY,
    seq          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO webhook_fanouts (workspace_id, seq)
SELECT workspace_id, event_last FROM workspace_counters
WHERE workspace_id IN (SELECT workspace_id FROM webhooks);

-- One event to one webhook. event_seq below 0: an example. state: 1 waiting, 2 delivered, 3 given up. `tries` counts since it
-- was made or asked for again, `attempts` all there ever were. The body is empty until the first attempt freezes it. While
-- somebody tries it, next_at_ms is when that counts as lost. Kept for 30 days.
CREATE TABLE webhook_deliveries (
    workspace_id  INTEGER NOT NULL,
    webhook_id    INTEGER NOT NULL,
    event_seq     INTEGER NOT NULL,
    event_type    TEXT    NOT NULL,
    state         INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    tries         INTEGER NOT NULL,
    next_at_ms    INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    body          TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id, event_seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (workspace_id, webhook_id, next_at_ms, event_seq)
    WHERE state = 1;

-- One try. status 0: no answer, and the error says why.
CREATE TABLE webhook_attempts (
    workspace_id INTEGER NOT NULL,
    webhook_id   INTEGER NOT NULL,
    event_seq    INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    duration_ms  INTEGER NOT NULL,
    status       INTEGER NOT NULL,
    error        TEXT    NOT NULL,
    answer       TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id, event_seq, number)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('webhook_fanouts', 'webhook_fanouts', '1000 1'),
    ('webhook_deliveries', 'webhook_deliveries', '1000000 100000 10000 1'),
    ('webhook_deliveries', 'webhook_deliveries_due', '10000 1000 100 2 1'),
    ('webhook_attempts', 'webhook_attempts', '1000000 100000 10000 2 1');
