-- Chats: who answers for them, lists by every filter, and the members of groups.

-- 0: nobody.
ALTER TABLE chats ADD COLUMN responsible_id INTEGER NOT NULL DEFAULT 0;

-- Lists go from the newest message to the oldest, then by name. Each list walks an index in that order, and each index holds
-- what any filter asks for, so that chats which don't fit are passed over without being fetched. A send changes the entries
-- of its chat in these indices, which is why only chats that are unread, closed or somebody's stand in further ones.
DROP INDEX chats_by_news;
CREATE INDEX chats_by_news ON chats (workspace_id, last_message_at_ms DESC, name_folded, chat_id, phone, is_group, closed,
    unread, autoresponse, account_id, created_at_ms, responsible_id);
CREATE INDEX chats_unread ON chats (workspace_id, last_message_at_ms DESC, name_folded, chat_id, phone, is_group, closed,
    unread, autoresponse, account_id, created_at_ms, responsible_id)
    WHERE unread > 0;
CREATE INDEX chats_closed ON chats (workspace_id, last_message_at_ms DESC, name_folded, chat_id, phone, is_group, closed,
    unread, autoresponse, account_id, created_at_ms, responsible_id)
    WHERE closed = TRUE;
CREATE INDEX chats_by_responsible ON chats (workspace_id, responsible_id, last_message_at_ms DESC, name_folded, chat_id,
    phone, is_group, closed, unread, autoresponse, account_id, created_at_ms)
    WHERE responsible_id > 0;

-- A label keeps its chats in the order of the lists as well.
ALTER TABLE chat_labels ADD COLUMN last_message_at_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE chat_labels ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
UPDATE chat_labels SET
    last_message_at_ms = COALESCE((SELECT c.last_message_at_ms FROM chats c
        WHERE c.workspace_id = chat_labels.workspace_id AND c.chat_id = chat_labels.chat_id), 0),
    name_folded = COALESCE((SELECT c.name_folded FROM chats c
        WHERE c.workspace_id = chat_labels.workspace_id AND c.chat_id = chat_labels.chat_id), '');
DROP INDEX chat_labels_by_label;
CREATE INDEX chat_labels_by_label ON chat_labels (workspace_id, label, last_message_at_ms DESC, name_folded, chat_id);

-- What WhatsApp said of a group: its name as last told, and since when we are out of it (0: we are in it).
CREATE TABLE chat_groups (
    workspace_id INTEGER NOT NULL,
    chat_id      INTEGER NOT NULL,
    told_name    TEXT    NOT NULL,
    left_at_ms   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, chat_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE chat_members (
    workspace_id INTEGER NOT NULL,
    chat_id      INTEGER NOT NULL,
    jid          TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    role         TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, chat_id, jid)
) STRICT, WITHOUT ROWID;

DELETE FROM sqlite_stat1 WHERE idx IN ('chats_by_news', 'chat_labels_by_label');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('chats', 'chats_by_news', '100000 10000 2 1 1'),
    ('chats', 'chats_unread', '5000 500 2 1 1'),
    ('chats', 'chats_closed', '20000 2000 2 1 1'),
    ('chats', 'chats_by_responsible', '50000 5000 500 2 1 1'),
    ('chat_labels', 'chat_labels_by_label', '100000 10000 1000 2 1 1'),
    ('chat_groups', 'chat_groups', '10000 1000 1'),
    ('chat_members', 'chat_members', '100000 10000 50 1');
