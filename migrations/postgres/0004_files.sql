-- Files that were uploaded, and attachments of messages. Both only name bytes: what lies in the folder of blobs under its
-- SHA-256. Whatever names a blob keeps it from being swept.

CREATE TABLE files (
    workspace_id      BIGINT NOT NULL,
    uid               BYTEA NOT NULL,
    sha256            BYTEA NOT NULL,
    filename          TEXT NOT NULL,
    filename_folded   TEXT COLLATE "C" NOT NULL,
    mimetype          TEXT NOT NULL,
    size_bytes        BIGINT NOT NULL,
    kind              TEXT NOT NULL,
    width             BIGINT NOT NULL,
    height            BIGINT NOT NULL,
    thumbnail         BYTEA,
    token_id          BIGINT NOT NULL,
    uploaded_by_email TEXT NOT NULL,
    uploaded_at_ms    BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, uid)
);
CREATE INDEX files_by_blob ON files (sha256);
CREATE INDEX files_by_thumbnail ON files (thumbnail) WHERE thumbnail IS NOT NULL;

-- At most one attachment per message. State 1 is ready, 2 waits to be fetched from WhatsApp, 3 will never be there.
CREATE TABLE message_files (
    workspace_id BIGINT NOT NULL,
    message_uid  BYTEA NOT NULL,
    account_id   BIGINT NOT NULL,
    file_uid     BYTEA,
    sha256       BYTEA,
    kind         TEXT NOT NULL,
    mimetype     TEXT NOT NULL,
    filename     TEXT NOT NULL,
    size_bytes   BIGINT NOT NULL,
    width        BIGINT NOT NULL,
    height       BIGINT NOT NULL,
    thumbnail    BYTEA,
    state        BIGINT NOT NULL,
    source       TEXT NOT NULL,
    attempts     BIGINT NOT NULL,
    next_try_ms  BIGINT NOT NULL,
    reason       TEXT NOT NULL,
    PRIMARY KEY (workspace_id, message_uid)
);
CREATE INDEX message_files_by_blob ON message_files (sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX message_files_by_thumbnail ON message_files (thumbnail) WHERE thumbnail IS NOT NULL;
CREATE INDEX message_files_to_fetch ON message_files (workspace_id, account_id, next_try_ms, message_uid) WHERE state = 2;

-- What temporary links are signed with. Here and not in the key file, so that all nodes on one database agree, and links
-- outlive a restored backup. It opens nothing that the database itself doesn't. The bytes are the server's strong random.
CREATE TABLE link_keys (
    key_id BIGINT PRIMARY KEY,
    secret BYTEA NOT NULL
);
INSERT INTO link_keys (key_id, secret) VALUES
    (1, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
