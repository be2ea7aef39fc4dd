-- Who caused an event, and how far those who read the log have come.

-- `id * 4 + kind`: kind 1 is a token, 2 a teammate, 3 the operator; 0 is what came from outside.
ALTER TABLE events ADD COLUMN cause INTEGER NOT NULL DEFAULT 0;

-- A few rows per workspace; a consumer that is no more is deleted with its code.
CREATE TABLE event_cursors (
    workspace_id INTEGER NOT NULL,
    consumer     TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    moved_at_ms  INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, consumer)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('event_cursors', 'event_cursors', '100 4 1');

-- What happened to a message on its way that its statuses don't say: tries that failed, holds, lost answers. Most messages
-- have none. Deleted with the events, by age: a uid begins with its time.
CREATE TABLE send_steps (
    workspace_id INTEGER NOT NULL,
    uid          BLOB    NOT NULL,
    step         INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    until_ms     INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    reason       TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, uid, step)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('send_steps', 'send_steps', '100000 10000 2 1');
