-- Webhooks that deliver: what they sign with, how they fare, and each delivery with its attempts.

-- Sealed with the key file. Empty where the webhook is older than secrets; it signs nothing until it is given one.
ALTER TABLE webhooks ADD COLUMN secret BYTEA NOT NULL DEFAULT '';
-- The secret before that, good until then.
ALTER TABLE webhooks ADD COLUMN secret_before BYTEA NOT NULL DEFAULT '';
ALTER TABLE webhooks ADD COLUMN secret_before_until_ms BIGINT NOT NULL DEFAULT 0;
-- The ids of its deliveries begin with it: random, so that another server's are never taken for repeats of these.
ALTER TABLE webhooks ADD COLUMN id_prefix TEXT NOT NULL DEFAULT '';
-- It hears events behind this one.
ALTER TABLE webhooks ADD COLUMN since_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE webhooks ADD COLUMN failing_since_ms BIGINT NOT NULL DEFAULT 0;
-- Why the server switched it off; empty where it didn't.
ALTER TABLE webhooks ADD COLUMN disabled_reason TEXT NOT NULL DEFAULT '';
-- Events still to be delivered again, both included; none where the first is behind the last.
ALTER TABLE webhooks ADD COLUMN replay_next_seq BIGINT NOT NULL DEFAULT 1;
ALTER TABLE webhooks ADD COLUMN replay_last_seq BIGINT NOT NULL DEFAULT 0;
UPDATE webhooks SET id_prefix = substr(md5(random()::text || clock_timestamp()::text || webhook_id::text), 1, 16),
    since_seq = (SELECT c.event_last FROM workspace_counters c WHERE c.workspace_id = webhooks.workspace_id);

-- How far a workspace's events have become deliveries. A row for each workspace that ever had a webhook.
CREATE TABLE webhook_fanouts (
    workspace_id BIGINT NOT NULL PRIMARY KEY,
    seq          BIGINT NOT NULL
);
INSERT INTO webhook_fanouts (workspace_id, seq)
SELECT workspace_id, event_last FROM workspace_counters
WHERE workspace_id IN (SELECT workspace_id FROM webhooks);

-- One event to one webhook. event_seq below 0: an example. state: 1 waiting, 2 delivered, 3 given up. `tries` counts since it
-- was made or asked for again, `attempts` all there ever were. The body is empty until the first attempt freezes it. While
-- somebody tries it, next_at_ms is when that counts as lost. Kept for 30 days.
CREATE TABLE webhook_deliveries (
    workspace_id  BIGINT NOT NULL,
    webhook_id    BIGINT NOT NULL,
    event_seq     BIGINT NOT NULL,
    event_type    TEXT COLLATE "C" NOT NULL,
    state         BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    tries         BIGINT NOT NULL,
    next_at_ms    BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    body          TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id, event_seq)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (workspace_id, webhook_id, next_at_ms, event_seq)
    WHERE state = 1;

-- One try. status 0: no answer, and the error says why.
CREATE TABLE webhook_attempts (
    workspace_id BIGINT NOT NULL,
    webhook_id   BIGINT NOT NULL,
    event_seq    BIGINT NOT NULL,
    number       BIGINT NOT NULL,
    at_ms        BIGINT NOT NULL,
    duration_ms  BIGINT NOT NULL,
    status       BIGINT NOT NULL,
    error        TEXT    NOT NULL,
    answer       TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id, event_seq, number)
);
