-- Lists that are as quick where little fits as where much does, and pages far into a chat's messages.

-- What rarely changes of a chat, for filters that few chats fit.
CREATE INDEX chats_by_account ON chats (workspace_id, account_id, chat_id);
CREATE INDEX chats_groups ON chats (workspace_id, chat_id) WHERE is_group = TRUE;
CREATE INDEX chats_open ON chats (workspace_id, chat_id) WHERE closed = FALSE;
CREATE INDEX chats_autoresponse ON chats (workspace_id, chat_id) WHERE autoresponse = TRUE;

-- A part of a chat's name or phone is looked for by runs of three letters; they come ready from the server.
CREATE TABLE chat_words (
    doc_id BIGINT PRIMARY KEY,
    words  TSVECTOR NOT NULL
);
CREATE INDEX chat_words_by_word ON chat_words USING GIN (words);
-- The chats up to this number are in there.
CREATE TABLE chat_words_states (
    workspace_id BIGINT NOT NULL PRIMARY KEY,
    chat_id      BIGINT NOT NULL
);
-- Chats that got another name or phone since; a server that runs empties it within seconds.
CREATE TABLE chat_words_stale (
    workspace_id BIGINT NOT NULL,
    chat_id      BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, chat_id)
);

-- Lists of one direction walk it alone, lists of both walk the two side by side.
DROP INDEX messages_by_chat;
CREATE INDEX messages_by_chat ON messages (workspace_id, chat_id, from_me, uid);
