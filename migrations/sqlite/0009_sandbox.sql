-- The sandbox whole: phones show what was said on both sides, and what a contact will do may be more than a receipt.

-- Who said it; empty if our account did. The body is JSON where it isn't text alone, the reactions are JSON as well.
ALTER TABLE sandbox_messages ADD COLUMN sender_jid TEXT NOT NULL DEFAULT '';
ALTER TABLE sandbox_messages ADD COLUMN body TEXT NOT NULL DEFAULT '';
ALTER TABLE sandbox_messages ADD COLUMN reactions TEXT NOT NULL DEFAULT '';
ALTER TABLE sandbox_messages ADD COLUMN edited_at_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sandbox_messages ADD COLUMN deleted_at_ms INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sandbox_messages_by_chat ON sandbox_messages (workspace_id, account_id, jid, arrival_id);

-- Kind 4: what is told, as JSON.
ALTER TABLE sandbox_steps ADD COLUMN act TEXT NOT NULL DEFAULT '';

-- When the contact last wrote, and what a test told its number to do instead, as JSON. A file that is refused at first is
-- kept here too, under its source.
ALTER TABLE sandbox_contacts ADD COLUMN wrote_at_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sandbox_contacts ADD COLUMN rule TEXT NOT NULL DEFAULT '';

-- How far a sandbox's time is ahead of the server's, and how fast its contacts act: in thousandths of real, below 0 as the
-- server was told.
CREATE TABLE sandbox_clocks (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    ahead_ms     INTEGER NOT NULL,
    speed_milli  INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
) STRICT, WITHOUT ROWID;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('sandbox_messages', 'sandbox_messages_by_chat', '100000 10000 5000 100 1'),
    ('sandbox_clocks', 'sandbox_clocks', '100 10 1');
