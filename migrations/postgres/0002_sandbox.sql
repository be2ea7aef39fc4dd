-- The sandbox: a little WhatsApp of its own. What its contacts will do are rows, not timers.

-- What the contacts' phones have received, each message once; sorted by arrival_id in the order in which they came.
CREATE TABLE sandbox_messages (
    workspace_id BIGINT NOT NULL,
    account_id   BIGINT NOT NULL,
    wamid        TEXT COLLATE "C" NOT NULL,
    jid          TEXT COLLATE "C" NOT NULL,
    text         TEXT NOT NULL,
    reply_to     TEXT NOT NULL,
    at_ms        BIGINT NOT NULL,
    arrival_id   BYTEA NOT NULL,
    PRIMARY KEY (workspace_id, account_id, wamid)
);

-- A contact's next acts, in the order in which they are due; kind 1 is delivered, 2 read, 3 a reply. Those of a phone that is
-- off are due at the end of time.
CREATE TABLE sandbox_steps (
    workspace_id BIGINT NOT NULL,
    account_id   BIGINT NOT NULL,
    due_ms       BIGINT NOT NULL,
    step_id      BYTEA NOT NULL,
    kind         BIGINT NOT NULL,
    jid          TEXT COLLATE "C" NOT NULL,
    wamid        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, account_id, due_ms, step_id)
);

-- Contacts that remember something: whether their phone is on, and how often they were sent to.
CREATE TABLE sandbox_contacts (
    workspace_id BIGINT NOT NULL,
    account_id   BIGINT NOT NULL,
    jid          TEXT COLLATE "C" NOT NULL,
    online       BOOLEAN NOT NULL,
    sends        BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, account_id, jid)
);
