-- The frame: workspaces, tokens, accounts, chats, messages, and what every write leaves beside its fact.
-- Times are ms since 1970 UTC; 0 stands for "not yet" wherever a column is sorted or compared.

CREATE TABLE workspaces (
    workspace_id      BIGINT PRIMARY KEY,
    name              TEXT COLLATE "C" NOT NULL,
    zone              TEXT    NOT NULL,
    anchor_ms         BIGINT NOT NULL,
    created_at_ms     BIGINT NOT NULL,
    rate_per_minute   BIGINT NOT NULL,
    calls_per_cycle   BIGINT NOT NULL,
    credits_per_cycle BIGINT NOT NULL,
    pacing_ms         BIGINT NOT NULL
);

-- What changes with nearly every write, in its own small row; every write locks it first.
CREATE TABLE workspace_counters (
    workspace_id    BIGINT PRIMARY KEY,
    account_last    BIGINT NOT NULL,
    token_last      BIGINT NOT NULL,
    contact_last    BIGINT NOT NULL,
    chat_last       BIGINT NOT NULL,
    outbox_last     BIGINT NOT NULL,
    event_last      BIGINT NOT NULL,
    call_last       BIGINT NOT NULL,
    rate_last       BIGINT NOT NULL,
    cycle_starts_ms BIGINT NOT NULL,
    cycle_ends_ms   BIGINT NOT NULL,
    calls_used      BIGINT NOT NULL,
    credits_used    BIGINT NOT NULL,
    topped_up       BIGINT NOT NULL,
    topped_up_at_ms BIGINT NOT NULL
) WITH (fillfactor = 50);

-- The last takes of the rate limit, as a ring; used where several nodes share the database.
CREATE TABLE rate_slots (
    workspace_id BIGINT NOT NULL,
    slot         BIGINT NOT NULL,
    at_ms        BIGINT NOT NULL,
    taken        BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, slot)
);

CREATE TABLE tokens (
    workspace_id    BIGINT NOT NULL,
    token_id        BIGINT NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    scope           TEXT    NOT NULL,
    sandbox_only    BOOLEAN NOT NULL,
    hint            TEXT    NOT NULL,
    hash            BYTEA    NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    revoked_at_ms   BIGINT NOT NULL,
    last_used_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, token_id)
);
CREATE UNIQUE INDEX tokens_by_hash ON tokens (hash);

CREATE TABLE accounts (
    workspace_id    BIGINT NOT NULL,
    account_id      BIGINT NOT NULL,
    transport       TEXT    NOT NULL,
    jid             TEXT COLLATE "C" NOT NULL,
    phone           TEXT COLLATE "C" NOT NULL,
    name            TEXT COLLATE "C" NOT NULL,
    owner_name      TEXT    NOT NULL,
    owner_email     TEXT    NOT NULL,
    linked_at_ms    BIGINT NOT NULL,
    unlinked_at_ms  BIGINT NOT NULL,
    health          TEXT    NOT NULL,
    health_reason   TEXT    NOT NULL,
    health_until_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
);
CREATE UNIQUE INDEX accounts_by_phone ON accounts (workspace_id, phone);

CREATE TABLE contacts (
    workspace_id  BIGINT NOT NULL,
    contact_id    BIGINT NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, contact_id)
);

-- One contact may be known by a phone, a LID, a business-scoped id; none of them is required.
CREATE TABLE contact_addresses (
    workspace_id BIGINT NOT NULL,
    jid          TEXT COLLATE "C" NOT NULL,
    contact_id   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, jid)
);

CREATE TABLE chats (
    workspace_id         BIGINT NOT NULL,
    chat_id              BIGINT NOT NULL,
    account_id           BIGINT NOT NULL,
    contact_id           BIGINT NOT NULL,
    jid                  TEXT COLLATE "C" NOT NULL,
    phone                TEXT COLLATE "C" NOT NULL,
    name                 TEXT COLLATE "C" NOT NULL,
    name_folded          TEXT COLLATE "C" NOT NULL,
    is_group             BOOLEAN NOT NULL,
    closed               BOOLEAN NOT NULL,
    unattended           BOOLEAN NOT NULL,
    autoresponse         BOOLEAN NOT NULL,
    unread               BIGINT NOT NULL,
    created_at_ms        BIGINT NOT NULL,
    last_message_uid     BYTEA,
    last_message_at_ms   BIGINT NOT NULL,
    last_inbound_at_ms   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, chat_id)
);
CREATE UNIQUE INDEX chats_by_jid ON chats (workspace_id, jid, account_id);
CREATE UNIQUE INDEX chats_by_name ON chats (workspace_id, name);
CREATE INDEX chats_by_news ON chats (workspace_id, last_message_at_ms, name, chat_id);

CREATE TABLE chat_labels (
    workspace_id BIGINT NOT NULL,
    chat_id      BIGINT NOT NULL,
    label        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, chat_id, label)
);
CREATE INDEX chat_labels_by_label ON chat_labels (workspace_id, label, chat_id);

-- Sorted by uid (a UUIDv7) a chat reads in the order of its messages.
CREATE TABLE messages (
    workspace_id      BIGINT NOT NULL,
    uid               BYTEA    NOT NULL,
    chat_id           BIGINT NOT NULL,
    account_id        BIGINT NOT NULL,
    from_me           BOOLEAN NOT NULL,
    status            BIGINT NOT NULL,
    kind              BIGINT NOT NULL,
    origin            BIGINT NOT NULL,
    token_id          BIGINT NOT NULL,
    text              TEXT    NOT NULL,
    wamid             TEXT COLLATE "C" NOT NULL,
    reply_to          BYTEA,
    sender_jid        TEXT    NOT NULL,
    sender_name       TEXT    NOT NULL,
    at_ms             BIGINT NOT NULL,
    received_at_ms    BIGINT NOT NULL,
    credits_recurring BIGINT NOT NULL,
    credits_topped_up BIGINT NOT NULL,
    failure_code      BIGINT ,
    failure_title     TEXT,
    failure_details   TEXT,
    PRIMARY KEY (workspace_id, uid)
);
CREATE INDEX messages_by_chat ON messages (workspace_id, chat_id, uid);
CREATE INDEX messages_by_wamid ON messages (workspace_id, account_id, wamid);

CREATE TABLE status_history (
    workspace_id BIGINT NOT NULL,
    uid          BYTEA    NOT NULL,
    status       BIGINT NOT NULL,
    at_ms        BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, uid, status)
);

-- Messages accepted and not yet handed to a transport. `stage` says where in its chat's row a message stands: 0 behind
-- another one, 1 first and ready, 2 first and waiting until not_before_ms, 3 being handed over, 4 uncertain. Only first ones
-- may go, so the index gives them at once, however many wait behind them.
CREATE TABLE outbox (
    workspace_id   BIGINT NOT NULL,
    account_id     BIGINT NOT NULL,
    seq            BIGINT NOT NULL,
    uid            BYTEA NOT NULL,
    chat_id        BIGINT NOT NULL,
    class          BIGINT NOT NULL,
    stage          BIGINT NOT NULL,
    accepted_at_ms BIGINT NOT NULL,
    not_before_ms  BIGINT NOT NULL,
    attempts       BIGINT NOT NULL,
    reason         TEXT NOT NULL,
    PRIMARY KEY (workspace_id, account_id, seq)
);
CREATE INDEX outbox_by_stage ON outbox (workspace_id, account_id, stage, class, not_before_ms, seq);
CREATE INDEX outbox_by_chat ON outbox (workspace_id, account_id, chat_id, seq);

CREATE TABLE events (
    workspace_id BIGINT NOT NULL,
    seq          BIGINT NOT NULL,
    kind         BIGINT NOT NULL,
    at_ms        BIGINT NOT NULL,
    chat_id      BIGINT NOT NULL,
    uid          BYTEA,
    detail       TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, seq)
);

-- The API log: a bounded ring per workspace.
CREATE TABLE api_calls (
    workspace_id BIGINT NOT NULL,
    slot         BIGINT NOT NULL,
    seq          BIGINT NOT NULL,
    at_ms        BIGINT NOT NULL,
    request_id   TEXT    NOT NULL,
    token_id     BIGINT NOT NULL,
    method       TEXT COLLATE "C" NOT NULL,
    path         TEXT COLLATE "C" NOT NULL,
    status       BIGINT NOT NULL,
    outcome      BIGINT NOT NULL,
    reason       TEXT    NOT NULL,
    ignored      TEXT    NOT NULL,
    duration_us  BIGINT NOT NULL,
    repeats      BIGINT NOT NULL,
    message_uid  BYTEA,
    PRIMARY KEY (workspace_id, slot)
);

CREATE TABLE idempotency (
    workspace_id  BIGINT NOT NULL,
    idempotency_key TEXT COLLATE "C" NOT NULL,
    method        TEXT COLLATE "C" NOT NULL,
    path          TEXT COLLATE "C" NOT NULL,
    fingerprint   BYTEA    NOT NULL,
    status        BIGINT NOT NULL,
    body          TEXT    NOT NULL,
    created_at_ms BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, idempotency_key, method, path)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at_ms);

-- The one-time link of the first start; of the server, not of a workspace.
CREATE TABLE setup_links (
    hash          BYTEA    PRIMARY KEY,
    workspace_id  BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    used_at_ms    BIGINT NOT NULL
);
