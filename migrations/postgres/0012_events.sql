-- Who caused an event, and how far those who read the log have come.

-- `id * 4 + kind`: kind 1 is a token, 2 a teammate, 3 the operator; 0 is what came from outside.
ALTER TABLE events ADD COLUMN cause BIGINT NOT NULL DEFAULT 0;

-- A few rows per workspace; a consumer that is no more is deleted with its code.
CREATE TABLE event_cursors (
    workspace_id BIGINT NOT NULL,
    consumer     TEXT   NOT NULL,
    seq          BIGINT NOT NULL,
    moved_at_ms  BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, consumer)
);

-- What happened to a message on its way that its statuses don't say: tries that failed, holds, lost answers. Most messages
-- have none. Deleted with the events, by age: a uid begins with its time.
CREATE TABLE send_steps (
    workspace_id BIGINT NOT NULL,
    uid          BYTEA  NOT NULL,
    step         BIGINT NOT NULL,
    kind         BIGINT NOT NULL,
    at_ms        BIGINT NOT NULL,
    until_ms     BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    reason       TEXT   NOT NULL,
    PRIMARY KEY (workspace_id, uid, step)
);
