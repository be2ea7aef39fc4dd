-- What few messages have: notes, edits and deletions, reactions.

-- Beside the message and not in it, so that the many without pay nothing for it.
CREATE TABLE message_details (
    workspace_id  BIGINT NOT NULL,
    uid           BYTEA    NOT NULL,
    is_private    BOOLEAN NOT NULL,
    edited_at_ms  BIGINT NOT NULL,
    deleted_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, uid)
);

-- Who reacted to a message, and with what; an empty reactor_jid is the account itself. A reaction taken back stays with an
-- empty emoji: what is told late must not bring it again. told_emoji is what WhatsApp has of ours, and send_uid the last of
-- ours that is on its way.
CREATE TABLE reactions (
    workspace_id BIGINT NOT NULL,
    chat_id      BIGINT NOT NULL,
    uid          BYTEA    NOT NULL,
    reactor_jid  TEXT COLLATE "C" NOT NULL,
    reactor_name TEXT    NOT NULL,
    emoji        TEXT    NOT NULL,
    told_emoji   TEXT    NOT NULL,
    send_uid     BYTEA,
    at_ms        BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, chat_id, uid, reactor_jid)
);

-- Our reactions on their way out: the outbox's row bears the same uid. Gone once WhatsApp has it or won't.
CREATE TABLE reaction_sends (
    workspace_id BIGINT NOT NULL,
    uid          BYTEA    NOT NULL,
    chat_id      BIGINT NOT NULL,
    message_uid  BYTEA    NOT NULL,
    wamid        TEXT    NOT NULL,
    emoji        TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, uid)
);

-- A send may name its chat, whatever the case.
CREATE INDEX chats_by_folded_name ON chats (workspace_id, name_folded);
