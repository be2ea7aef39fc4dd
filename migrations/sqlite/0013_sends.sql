-- Messages that wait for a time, what we change of those that went, what we tell of chats, and the search.

-- Never, or when a scheduled message was to go.
ALTER TABLE message_details ADD COLUMN scheduled_at_ms INTEGER NOT NULL DEFAULT 0;

-- Accepted, paid, and not in the outbox before their time. Gone once they are there, or cancelled.
CREATE TABLE scheduled_sends (
    workspace_id INTEGER NOT NULL,
    uid          BLOB    NOT NULL,
    account_id   INTEGER NOT NULL,
    chat_id      INTEGER NOT NULL,
    send_at_ms   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX scheduled_sends_by_time ON scheduled_sends (workspace_id, send_at_ms, uid);
CREATE INDEX scheduled_sends_due ON scheduled_sends (send_at_ms, workspace_id);

-- Our edits (kind 1) and deletions (kind 2) on their way out: the outbox's row bears the same uid. until_ms is when WhatsApp
-- won't have it any more, 0 where that isn't known yet. Gone once WhatsApp has it or won't.
CREATE TABLE message_changes (
    workspace_id INTEGER NOT NULL,
    uid          BLOB    NOT NULL,
    chat_id      INTEGER NOT NULL,
    message_uid  BLOB    NOT NULL,
    wamid        TEXT    NOT NULL,
    kind         INTEGER NOT NULL,
    text         TEXT    NOT NULL,
    until_ms     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, uid)
) STRICT, WITHOUT ROWID;

-- What a contact is to see of us beside messages: that we have read (kind 1) up to a message, that we write (kind 2). Told
-- once, by until_ms or not at all.
CREATE TABLE chat_marks (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    chat_id      INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    detail       TEXT    NOT NULL,
    message_uid  BLOB,
    messages     INTEGER NOT NULL,
    until_ms     INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, account_id, chat_id, kind)
) STRICT, WITHOUT ROWID;

ALTER TABLE sandbox_messages ADD COLUMN read_at_ms INTEGER NOT NULL DEFAULT 0;
-- Until when our account shows the contact that it writes, and how: typing or recording.
ALTER TABLE sandbox_contacts ADD COLUMN typing TEXT NOT NULL DEFAULT '';
ALTER TABLE sandbox_contacts ADD COLUMN typing_until_ms INTEGER NOT NULL DEFAULT 0;

-- How far a workspace's search has read the log. While it is being built, built_to is the last message it has.
CREATE TABLE search_cursors (
    workspace_id INTEGER PRIMARY KEY,
    event_seq    INTEGER NOT NULL,
    doc_last     INTEGER NOT NULL,
    is_building  INTEGER NOT NULL,
    built_to     BLOB    NOT NULL
) STRICT;

-- Messages the search knows. A doc_id holds the workspace in its upper bits, so that one index serves all, and grows with
-- the messages of a workspace.
CREATE TABLE search_documents (
    workspace_id INTEGER NOT NULL,
    uid          BLOB    NOT NULL,
    doc_id       INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, uid)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX search_documents_by_doc ON search_documents (doc_id, workspace_id, uid);

-- The words come ready from the server: lower case, split, so that this tokenizer only has to cut at blanks.
CREATE VIRTUAL TABLE search_words USING fts5(
    words, content = '', contentless_delete = 1, detail = none, prefix = '2 3', tokenize = 'ascii'
);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('scheduled_sends', 'scheduled_sends', '10000 1000 1'),
    ('scheduled_sends', 'scheduled_sends_by_time', '10000 1000 2 1'),
    ('scheduled_sends', 'scheduled_sends_due', '10000 5 1'),
    ('message_changes', 'message_changes', '1000 100 1'),
    ('chat_marks', 'chat_marks', '1000 100 50 1 1'),
    ('search_documents', 'search_documents', '1000000 100000 1'),
    ('search_documents', 'search_documents_by_doc', '1000000 1 1 1');
