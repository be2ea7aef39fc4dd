-- The sandbox: a little WhatsApp of its own. What its contacts will do are rows, not timers.

-- What the contacts' phones have received, each message once; sorted by arrival_id in the order in which they came.
CREATE TABLE sandbox_messages (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    wamid        TEXT NOT NULL,
    jid          TEXT NOT NULL,
    text         TEXT NOT NULL,
    reply_to     TEXT NOT NULL,
    at_ms        INTEGER NOT NULL,
    arrival_id   BLOB NOT NULL,
    PRIMARY KEY (workspace_id, account_id, wamid)
) STRICT, WITHOUT ROWID;

-- A contact's next acts, in the order in which they are due; kind 1 is delivered, 2 read, 3 a reply. Those of a phone that is
-- off are due at the end of time.
CREATE TABLE sandbox_steps (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    due_ms       INTEGER NOT NULL,
    step_id      BLOB NOT NULL,
    kind         INTEGER NOT NULL,
    jid          TEXT NOT NULL,
    wamid        TEXT NOT NULL,
    PRIMARY KEY (workspace_id, account_id, due_ms, step_id)
) STRICT, WITHOUT ROWID;

-- Contacts that remember something: whether their phone is on, and how often they were sent to.
CREATE TABLE sandbox_contacts (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    jid          TEXT NOT NULL,
    online       INTEGER NOT NULL,
    sends        INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, account_id, jid)
) STRICT, WITHOUT ROWID;
