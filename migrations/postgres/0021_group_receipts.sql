-- Who of a group has a message, and who has read it.

-- When somebody joined, where that was told while we knew the group: a message from before never came to them. 0: earlier.
ALTER TABLE chat_members ADD COLUMN joined_at_ms BIGINT NOT NULL DEFAULT 0;

-- Whether WhatsApp ever told all who are in it; until then nobody can say that everybody has something.
ALTER TABLE chat_groups ADD COLUMN is_whole BOOLEAN NOT NULL DEFAULT FALSE;

-- Of our messages to groups only. 0: not told. Forgotten with the events, by age: a uid begins with its time.
CREATE TABLE message_receipts (
    workspace_id    BIGINT  NOT NULL,
    uid             BYTEA   NOT NULL,
    jid             TEXT COLLATE "C" NOT NULL,
    delivered_at_ms BIGINT  NOT NULL,
    read_at_ms      BIGINT  NOT NULL,
    PRIMARY KEY (workspace_id, uid, jid)
);

-- The far side's own: who is in a group of the sandbox, our account among them.
CREATE TABLE sandbox_members (
    workspace_id BIGINT  NOT NULL,
    account_id   BIGINT  NOT NULL,
    group_jid    TEXT COLLATE "C" NOT NULL,
    jid          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, account_id, group_jid, jid)
);

