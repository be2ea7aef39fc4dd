-- Lists that are as quick where little fits as where much does, and pages far into a chat's messages.

-- What rarely changes of a chat, for filters that few chats fit. None of these hold when the last message was, so a send
-- changes nothing in them.
CREATE INDEX chats_by_account ON chats (workspace_id, account_id, chat_id);
CREATE INDEX chats_groups ON chats (workspace_id, chat_id) WHERE is_group = TRUE;
CREATE INDEX chats_open ON chats (workspace_id, chat_id) WHERE closed = FALSE;
CREATE INDEX chats_autoresponse ON chats (workspace_id, chat_id) WHERE autoresponse = TRUE;

-- A part of a chat's name or phone is looked for by runs of three letters; they come ready from the server.
CREATE VIRTUAL TABLE chat_words USING fts5(
    words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
-- The chats up to this number are in there.
CREATE TABLE chat_words_states (
    workspace_id INTEGER NOT NULL PRIMARY KEY,
    chat_id      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Chats that got another name or phone since; a server that runs empties it within seconds.
CREATE TABLE chat_words_stale (
    workspace_id INTEGER NOT NULL,
    chat_id      INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, chat_id)
) STRICT, WITHOUT ROWID;

-- Lists of one direction walk it alone, lists of both walk the two side by side.
DROP INDEX messages_by_chat;
CREATE INDEX messages_by_chat ON messages (workspace_id, chat_id, from_me, uid);

DELETE FROM sqlite_stat1 WHERE idx = 'messages_by_chat';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('chats', 'chats_by_account', '100000 10000 1000 1'),
    ('chats', 'chats_groups', '5000 500 1'),
    ('chats', 'chats_open', '80000 8000 1'),
    ('chats', 'chats_autoresponse', '1000 100 1'),
    ('chat_words_states', 'chat_words_states', '100 1'),
    ('chat_words_stale', 'chat_words_stale', '100 10 1'),
    ('messages', 'messages_by_chat', '1000000 100000 100 50 1');
