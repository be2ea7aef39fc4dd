-- What few messages have: notes, edits and deletions, reactions.

-- Beside the message and not in it, so that the many without pay nothing for it.
CREATE TABLE message_details (
    workspace_id  INTEGER NOT NULL,
    uid           BLOB    NOT NULL,
    is_private    INTEGER NOT NULL,
    edited_at_ms  INTEGER NOT NULL,
    deleted_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, uid)
) STRICT, WITHOUT ROWID;

-- Who reacted to a message, and with what; an empty reactor_jid is the account itself. A reaction taken back stays with an
-- empty emoji: what is told late must not bring it again. told_emoji is what WhatsApp has of ours, and send_uid the last of
-- ours that is on its way.
CREATE TABLE reactions (
    workspace_id INTEGER NOT NULL,
    chat_id      INTEGER NOT NULL,
    uid          BLOB    NOT NULL,
    reactor_jid  TEXT    NOT NULL,
    reactor_name TEXT    NOT NULL,
    emoji        TEXT    NOT NULL,
    told_emoji   TEXT    NOT NULL,
    send_uid     BLOB,
    at_ms        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, chat_id, uid, reactor_jid)
) STRICT, WITHOUT ROWID;

-- Our reactions on their way out: the outbox's row bears the same uid. Gone once WhatsApp has it or won't.
CREATE TABLE reaction_sends (
    workspace_id INTEGER NOT NULL,
    uid          BLOB    NOT NULL,
    chat_id      INTEGER NOT NULL,
    message_uid  BLOB    NOT NULL,
    wamid        TEXT    NOT NULL,
    emoji        TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, uid)
) STRICT, WITHOUT ROWID;

-- A send may name its chat, whatever the case.
CREATE INDEX chats_by_folded_name ON chats (workspace_id, name_folded);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('message_details', 'message_details', '10000 1000 1'),
    ('reactions', 'reactions', '100000 10000 10 2 1'),
    ('reaction_sends', 'reaction_sends', '1000 100 1'),
    ('chats', 'chats_by_folded_name', '100000 10000 2');
