-- Messages that wait for a time, what we change of those that went, what we tell of chats, and the search.

-- Never, or when a scheduled message was to go.
ALTER TABLE message_details ADD COLUMN scheduled_at_ms BIGINT NOT NULL DEFAULT 0;

-- Accepted, paid, and not in the outbox before their time. Gone once they are there, or cancelled.
CREATE TABLE scheduled_sends (
    workspace_id BIGINT NOT NULL,
    uid          BYTEA    NOT NULL,
    account_id   BIGINT NOT NULL,
    chat_id      BIGINT NOT NULL,
    send_at_ms   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, uid)
);
CREATE INDEX scheduled_sends_by_time ON scheduled_sends (workspace_id, send_at_ms, uid);
CREATE INDEX scheduled_sends_due ON scheduled_sends (send_at_ms, workspace_id);

-- Our edits (kind 1) and deletions (kind 2) on their way out: the outbox's row bears the same uid. until_ms is when WhatsApp
-- won't have it any more, 0 where that isn't known yet. Gone once WhatsApp has it or won't.
CREATE TABLE message_changes (
    workspace_id BIGINT NOT NULL,
    uid          BYTEA    NOT NULL,
    chat_id      BIGINT NOT NULL,
    message_uid  BYTEA    NOT NULL,
    wamid        TEXT COLLATE "C" NOT NULL,
    kind         BIGINT NOT NULL,
    text         TEXT    NOT NULL,
    until_ms     BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, uid)
);

-- What a contact is to see of us beside messages: that we have read (kind 1) up to a message, that we write (kind 2). Told
-- once, by until_ms or not at all.
CREATE TABLE chat_marks (
    workspace_id BIGINT NOT NULL,
    account_id   BIGINT NOT NULL,
    chat_id      BIGINT NOT NULL,
    kind         BIGINT NOT NULL,
    detail       TEXT    NOT NULL,
    message_uid  BYTEA,
    messages     BIGINT NOT NULL,
    until_ms     BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, account_id, chat_id, kind)
);

ALTER TABLE sandbox_messages ADD COLUMN read_at_ms BIGINT NOT NULL DEFAULT 0;
-- Until when our account shows the contact that it writes, and how: typing or recording.
ALTER TABLE sandbox_contacts ADD COLUMN typing TEXT NOT NULL DEFAULT '';
ALTER TABLE sandbox_contacts ADD COLUMN typing_until_ms BIGINT NOT NULL DEFAULT 0;

-- How far a workspace's search has read the log. While it is being built, built_to is the last message it has.
CREATE TABLE search_cursors (
    workspace_id BIGINT PRIMARY KEY,
    event_seq    BIGINT NOT NULL,
    doc_last     BIGINT NOT NULL,
    is_building  BOOLEAN NOT NULL,
    built_to     BYTEA    NOT NULL
);

-- Messages the search knows. A doc_id holds the workspace in its upper bits, so that one index serves all, and grows with
-- the messages of a workspace.
CREATE TABLE search_documents (
    workspace_id BIGINT NOT NULL,
    uid          BYTEA    NOT NULL,
    doc_id       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, uid)
);
CREATE UNIQUE INDEX search_documents_by_doc ON search_documents (doc_id, workspace_id, uid);

-- The words come ready from the server: lower case, split. The workspace is among them.
CREATE TABLE search_words (
    doc_id BIGINT PRIMARY KEY,
    words  TSVECTOR NOT NULL
);
CREATE INDEX search_words_by_word ON search_words USING GIN (words);
