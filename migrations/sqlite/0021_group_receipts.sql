-- Who of a group has a message, and who has read it.

-- When somebody joined, where that was told while we knew the group: a message from before never came to them. 0: earlier.
ALTER TABLE chat_members ADD COLUMN joined_at_ms INTEGER NOT NULL DEFAULT 0;

-- Whether WhatsApp ever told all who are in it; until then nobody can say that everybody has something.
ALTER TABLE chat_groups ADD COLUMN is_whole INTEGER NOT NULL DEFAULT 0;

-- Of our messages to groups only. 0: not told. Forgotten with the events, by age: a uid begins with its time.
CREATE TABLE message_receipts (
    workspace_id    INTEGER NOT NULL,
    uid             BLOB    NOT NULL,
    jid             TEXT    NOT NULL,
    delivered_at_ms INTEGER NOT NULL,
    read_at_ms      INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, uid, jid)
) STRICT, WITHOUT ROWID;

-- The far side's own: who is in a group of the sandbox, our account among them.
CREATE TABLE sandbox_members (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    group_jid    TEXT    NOT NULL,
    jid          TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, account_id, group_jid, jid)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('message_receipts', 'message_receipts', '1000000 100000 20 1'),
    ('sandbox_members', 'sandbox_members', '40 4 4 1');
