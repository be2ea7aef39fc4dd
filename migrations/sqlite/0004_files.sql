-- Files that were uploaded, and attachments of messages. Both only name bytes: what lies in the folder of blobs under its
-- SHA-256. Whatever names a blob keeps it from being swept.

CREATE TABLE files (
    workspace_id      INTEGER NOT NULL,
    uid               BLOB    NOT NULL,
    sha256            BLOB    NOT NULL,
    filename          TEXT    NOT NULL,
    filename_folded   TEXT    NOT NULL,
    mimetype          TEXT    NOT NULL,
    size_bytes        INTEGER NOT NULL,
    kind              TEXT    NOT NULL,
    width             INTEGER NOT NULL,
    height            INTEGER NOT NULL,
    thumbnail         BLOB,
    token_id          INTEGER NOT NULL,
    uploaded_by_email TEXT    NOT NULL,
    uploaded_at_ms    INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX files_by_blob ON files (sha256);
CREATE INDEX files_by_thumbnail ON files (thumbnail) WHERE thumbnail IS NOT NULL;

-- At most one attachment per message. State 1 is ready, 2 waits to be fetched from WhatsApp, 3 will never be there.
CREATE TABLE message_files (
    workspace_id INTEGER NOT NULL,
    message_uid  BLOB    NOT NULL,
    account_id   INTEGER NOT NULL,
    file_uid     BLOB,
    sha256       BLOB,
    kind         TEXT    NOT NULL,
    mimetype     TEXT    NOT NULL,
    filename     TEXT    NOT NULL,
    size_bytes   INTEGER NOT NULL,
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    thumbnail    BLOB,
    state        INTEGER NOT NULL,
    source       TEXT    NOT NULL,
    attempts     INTEGER NOT NULL,
    next_try_ms  INTEGER NOT NULL,
    reason       TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, message_uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_files_by_blob ON message_files (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX message_files_by_thumbnail ON message_files (thumbnail) WHERE thumbnail IS NOT NULL;
CREATE INDEX message_files_to_fetch ON message_files (workspace_id, account_id, next_try_ms, message_uid) WHERE state = 2;

-- What temporary links are signed with. Here and not in the key file, so that all nodes on one database agree, and links
-- outlive a restored backup. It opens nothing that the database itself doesn't.
CREATE TABLE link_keys (
    key_id INTEGER PRIMARY KEY,
    secret BLOB    NOT NULL
) STRICT;
INSERT INTO link_keys (key_id, secret) VALUES (1, randomblob(32));

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('files', 'files', '100000 10000 1'),
    ('files', 'files_by_blob', '100000 2'),
    ('files', 'files_by_thumbnail', '50000 2'),
    ('message_files', 'message_files', '100000 10000 1'),
    ('message_files', 'message_files_by_blob', '100000 2'),
    ('message_files', 'message_files_by_thumbnail', '50000 2'),
    ('message_files', 'message_files_to_fetch', '1000 100 50 1 1'),
    ('link_keys', NULL, '1');
