-- Meta's Cloud API: accounts that speak it, what their messages cost, and the sandbox's side of it.

-- How an account is reached. The secrets are sealed; callback_id is the secret part of the address at which WhatsApp tells
-- what happened. in_sandbox: its far side is the sandbox of this server.
CREATE TABLE cloud_accounts (
    workspace_id    INTEGER NOT NULL,
    account_id      INTEGER NOT NULL,
    callback_id     TEXT    NOT NULL,
    phone_number_id TEXT    NOT NULL,
    business_id     TEXT    NOT NULL,
    in_sandbox      INTEGER NOT NULL,
    access_token    BLOB    NOT NULL,
    app_secret      BLOB    NOT NULL,
    verify_token    BLOB    NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX cloud_accounts_by_callback ON cloud_accounts (callback_id);

-- What WhatsApp charges for a message, as it says with the statuses.
CREATE TABLE message_prices (
    workspace_id INTEGER NOT NULL,
    uid          BLOB    NOT NULL,
    category     TEXT    NOT NULL,
    model        TEXT    NOT NULL,
    is_billable  INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, uid)
) STRICT, WITHOUT ROWID;

-- A message that is a template of WhatsApp's: its name, language and variables, these as JSON.
CREATE TABLE template_sends (
    workspace_id INTEGER NOT NULL,
    uid          BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    language     TEXT    NOT NULL,
    variables    TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, uid)
) STRICT, WITHOUT ROWID;

-- A sandbox account that is spoken to as Meta's Graph: with which token (its hash), and where it tells what happens; the
-- secrets are sealed. An empty address: nowhere.
CREATE TABLE sandbox_graphs (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    token_hash   BLOB    NOT NULL,
    callback_url TEXT    NOT NULL,
    app_secret   BLOB    NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sandbox_graphs_by_token ON sandbox_graphs (token_hash);

-- What such an account still has to tell, as it will be posted.
CREATE TABLE sandbox_callbacks (
    workspace_id INTEGER NOT NULL,
    account_id   INTEGER NOT NULL,
    callback_id  BLOB    NOT NULL,
    body         TEXT    NOT NULL,
    attempts     INTEGER NOT NULL,
    due_ms       INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, account_id, callback_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sandbox_callbacks_by_time ON sandbox_callbacks (workspace_id, account_id, due_ms, callback_id);

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('cloud_accounts', 'cloud_accounts', '100 2 1'),
    ('cloud_accounts', 'cloud_accounts_by_callback', '100 1'),
    ('message_prices', 'message_prices', '1000000 100000 1'),
    ('template_sends', 'template_sends', '100000 10000 1'),
    ('sandbox_graphs', 'sandbox_graphs', '100 2 1'),
    ('sandbox_graphs', 'sandbox_graphs_by_token', '100 1'),
    ('sandbox_callbacks', 'sandbox_callbacks', '1000 100 50 1'),
    ('sandbox_callbacks', 'sandbox_callbacks_by_time', '1000 100 50 1 1');
