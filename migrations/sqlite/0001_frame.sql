-- The frame: workspaces, tokens, accounts, chats, messages, and what every write leaves beside its fact.
-- Times are ms since 1970 UTC; 0 stands for "not yet" wherever a column is sorted or compared.

CREATE TABLE workspaces (
    workspace_id      INTEGER PRIMARY KEY,
    name              TEXT    NOT NULL,
    zone              TEXT    NOT NULL,
    anchor_ms         INTEGER NOT NULL,
    created_at_ms     INTEGER NOT NULL,
    rate_per_minute   INTEGER NOT NULL,
    calls_per_cycle   INTEGER NOT NULL,
    credits_per_cycle INTEGER NOT NULL,
    pacing_ms         INTEGER NOT NULL
) STRICT;

-- What changes with nearly every write, in its own small row; every write locks it first.
CREATE TABLE workspace_counters (
    workspace_id    INTEGER PRIMARY KEY,
    account_last    INTEGER NOT NULL,
    token_last      INTEGER NOT NULL,
    contact_last    INTEGER NOT NULL,
    chat_last       INTEGER NOT NULL,
    outbox_last     INTEGER NOT NULL,
    event_last      INTEGER NOT NULL,
    call_last       INTEGER NOT NULL,
    rate_last       INTEGER NOT NULL,
    cycle_starts_ms INTEGER NOT NULL,
    cycle_ends_ms   INTEGER NOT NULL,
    calls_used      INTEGER NOT NULL,
    credits_used    INTEGER NOT NULL,
    topped_up       INTEGER NOT NULL,
    topped_up_at_ms INTEGER NOT NULL
) STRICT;

-- The last takes of the rate limit, as a ring; used where several nodes share the database.
CREATE TABLE rate_slots (
    workspace_id INTEGER NOT NULL,
    slot         INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    taken        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    workspace_id    INTEGER NOT NULL,
    token_id        INTEGER NOT NULL,
    name            TEXT    NOT NULL,
    scope           TEXT    NOT NULL,
    sandbox_only    INTEGER NOT NULL,
    hint            TEXT    NOT NULL,
    hash            BLOB    NOT NULL,
    created_at_ms   INTEGER NOT NULL,
    revoked_at_ms   INTEGER NOT NULL,
    last_used_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, token_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tokens_by_hash ON tokens (hash);

CREATE TABLE accounts (
    workspace_id    INTEGER NOT NULL,
    account_id      INTEGER NOT NULL,
    transport       TEXT    NOT NULL,
    jid             TEXT    NOT NULL,
    phone           TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    owner_name      TEXT    NOT NULL,
    owner_email     TEXT    NOT NULL,
    linked_at_ms    INTEGER NOT NULL,
    unlinked_at_ms  INTEGER NOT NULL,
    health          TEXT    NOT NULL,
    health_reason   TEXT    NOT NULL,
    health_until_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX accounts_by_phone ON accounts (workspace_id, phone);

CREATE TABLE contacts (
    workspace_id  INTEGER NOT NULL,
    contact_id    INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, contact_id)
) STRICT, WITHOUT ROWID;

-- One contact may be known by a phone, a LID, a business-scoped id; none of them is required.
CREATE TABLE contact_addresses (
    workspace_id INTEGER NOT NULL,
    jid          TEXT    NOT NULL,
    contact_id   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, jid)
) STRICT, WITHOUT ROWID;

CREATE TABLE chats (
    workspace_id         INTEGER NOT NULL,
    chat_id              INTEGER NOT NULL,
    account_id           INTEGER NOT NULL,
    contact_id           INTEGER NOT NULL,
    jid                  TEXT    NOT NULL,
    phone                TEXT    NOT NULL,
    name                 TEXT    NOT NULL,
    name_folded          TEXT    NOT NULL,
    is_group             INTEGER NOT NULL,
    closed               INTEGER NOT NULL,
    unattended           INTEGER NOT NULL,
    autoresponse         INTEGER NOT NULL,
    unread               INTEGER NOT NULL,
    created_at_ms        INTEGER NOT NULL,
    last_message_uid     BLOB,
    last_message_at_ms   INTEGER NOT NULL,
    last_inbound_at_ms   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, chat_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX chats_by_jid ON chats (workspace_id, jid, account_id);
CREATE UNIQUE INDEX chats_by_name ON chats (workspace_id, name);
CREATE INDEX chats_by_news ON chats (workspace_id, last_message_at_ms, name, chat_id);

CREATE TABLE chat_labels (
    workspace_id INTEGER NOT NULL,
    chat_id      INTEGER NOT NULL,
    label        TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, chat_id, label)
) STRICT, WITHOUT ROWID;
CREATE INDEX chat_labels_by_label ON chat_labels (workspace_id, label, chat_id);

-- Sorted by uid (a UUIDv7) a chat reads in the order of its messages.
CREATE TABLE messages (
    workspace_id      INTEGER NOT NULL,
    uid               BLOB    NOT NULL,
    chat_id           INTEGER NOT NULL,
    account_id        INTEGER NOT NULL,
    from_me           INTEGER NOT NULL,
    status            INTEGER NOT NULL,
    kind              INTEGER NOT NULL,
    origin            INTEGER NOT NULL,
    token_id          INTEGER NOT NULL,
    text              TEXT    NOT NULL,
    wamid             TEXT    NOT NULL,
    reply_to          BLOB,
    sender_jid        TEXT    NOT NULL,
    sender_name       TEXT    NOT NULL,
    at_ms             INTEGER NOT NULL,
    received_at_ms    INTEGER NOT NULL,
    credits_recurring INTEGER NOT NULL,
    credits_topped_up INTEGER NOT NULL,
    failure_code      INTEGER,
    failure_title     TEXT,
    failure_details   TEXT,
    PRIMARY KEY (workspace_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_chat ON messages (workspace_id, chat_id, uid);
CREATE INDEX messages_by_wamid ON messages (workspace_id, account_id, wamid);

CREATE TABLE status_history (
    workspace_id INTEGER NOT NULL,
    uid          BLOB    NOT NULL,
    status       INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, uid, status)
) STRICT, WITHOUT ROWID;

-- Messages accepted and not yet handed to a transport. `stage` says where in its chat's row a message stands: 0 behind
-- another one, 1 first and ready, 2 first and waiting until not_before_ms, 3 being handed over, 4 uncertain. Only first ones
-- may go, so the index gives them at once, however many wait behind them.
CREATE TABLE outbox (
    workspace_id   INTEGER NOT NULL,
    account_id     INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    uid            BLOB NOT NULL,
    chat_id        INTEGER NOT NULL,
    class          INTEGER NOT NULL,
    stage          INTEGER NOT NULL,
    accepted_at_ms INTEGER NOT NULL,
    not_before_ms  INTEGER NOT NULL,
    attempts       INTEGER NOT NULL,
    reason         TEXT NOT NULL,
    PRIMARY KEY (workspace_id, account_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_by_stage ON outbox (workspace_id, account_id, stage, class, not_before_ms, seq);
CREATE INDEX outbox_by_chat ON outbox (workspace_id, account_id, chat_id, seq);

CREATE TABLE events (
    workspace_id INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    kind         INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    chat_id      INTEGER NOT NULL,
    uid          BLOB,
    detail       TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, seq)
) STRICT, WITHOUT ROWID;

-- The API log: a bounded ring per workspace.
CREATE TABLE api_calls (
    workspace_id INTEGER NOT NULL,
    slot         INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    request_id   TEXT    NOT NULL,
    token_id     INTEGER NOT NULL,
    method       TEXT    NOT NULL,
    path         TEXT    NOT NULL,
    status       INTEGER NOT NULL,
    outcome      INTEGER NOT NULL,
    reason       TEXT    NOT NULL,
    ignored      TEXT    NOT NULL,
    duration_us  INTEGER NOT NULL,
    repeats      INTEGER NOT NULL,
    message_uid  BLOB,
    PRIMARY KEY (workspace_id, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
    workspace_id  INTEGER NOT NULL,
    idempotency_key TEXT  NOT NULL,
    method        TEXT    NOT NULL,
    path          TEXT    NOT NULL,
    fingerprint   BLOB    NOT NULL,
    status        INTEGER NOT NULL,
    body          TEXT    NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, idempotency_key, method, path)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at_ms);

-- The one-time link of the first start; of the server, not of a workspace.
CREATE TABLE setup_links (
    hash          BLOB    PRIMARY KEY,
    workspace_id  INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    used_at_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
