-- A span of time in a chat is found by the uids of its messages, which begin with the time. These are the few whose own time is
-- another: told late by WhatsApp, or scheduled. A plain send adds nothing here.
CREATE TABLE message_times (
    workspace_id BIGINT  NOT NULL,
    uid          BYTEA   NOT NULL,
    chat_id      BIGINT  NOT NULL,
    from_me      BOOLEAN NOT NULL,
    at_ms        BIGINT  NOT NULL,
    PRIMARY KEY (workspace_id, uid)
);
CREATE INDEX message_times_by_chat ON message_times (workspace_id, chat_id, at_ms, uid, from_me);

-- More than are needed, since a uid is made a little before its message is stored: that does no harm.
INSERT INTO message_times (workspace_id, uid, chat_id, from_me, at_ms)
SELECT workspace_id, uid, chat_id, from_me, at_ms FROM messages WHERE ABS(received_at_ms - at_ms) > 20000;

-- A label's list of chats looks each of them up by its place in the other lists, so both are the same from here on.
UPDATE chat_labels SET (last_message_at_ms, name_folded) = (SELECT c.last_message_at_ms, c.name_folded FROM chats c
    WHERE c.workspace_id = chat_labels.workspace_id AND c.chat_id = chat_labels.chat_id)
WHERE EXISTS (SELECT 1 FROM chats c WHERE c.workspace_id = chat_labels.workspace_id AND c.chat_id = chat_labels.chat_id
    AND (c.last_message_at_ms <> chat_labels.last_message_at_ms OR c.name_folded <> chat_labels.name_folded));
