-- Meta's Cloud API: accounts that speak it, what their messages cost, and the sandbox's side of it.

-- How an account is reached. The secrets are sealed; callback_id is the secret part of the address at which WhatsApp tells
-- what happened. in_sandbox: its far side is the sandbox of this server.
CREATE TABLE cloud_accounts (
    workspace_id    BIGINT NOT NULL,
    account_id      BIGINT NOT NULL,
    callback_id     TEXT    NOT NULL,
    phone_number_id TEXT    NOT NULL,
    business_id     TEXT    NOT NULL,
    in_sandbox      BOOLEAN NOT NULL,
    access_token    BYTEA    NOT NULL,
    app_secret      BYTEA    NOT NULL,
    verify_token    BYTEA    NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
);
CREATE UNIQUE INDEX cloud_accounts_by_callback ON cloud_accounts (callback_id);

-- What WhatsApp charges for a message, as it says with the statuses.
CREATE TABLE message_prices (
    workspace_id BIGINT NOT NULL,
    uid          BYTEA    NOT NULL,
    category     TEXT    NOT NULL,
    model        TEXT    NOT NULL,
    is_billable  BOOLEAN NOT NULL,
    PRIMARY KEY (workspace_id, uid)
);

-- A message that is a template of WhatsApp's: its name, language and variables, these as JSON.
CREATE TABLE template_sends (
    workspace_id BIGINT NOT NULL,
    uid          BYTEA    NOT NULL,
    name         TEXT    NOT NULL,
    language     TEXT    NOT NULL,
    variables    TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, uid)
);

-- A sandbox account that is spoken to as Meta's Graph: with which token (its hash), and where it tells what happens; the
-- secrets are sealed. An empty address: nowhere.
CREATE TABLE sandbox_graphs (
    workspace_id BIGINT NOT NULL,
    account_id   BIGINT NOT NULL,
    token_hash   BYTEA    NOT NULL,
    callback_url TEXT    NOT NULL,
    app_secret   BYTEA    NOT NULL,
    PRIMARY KEY (workspace_id, account_id)
);
CREATE UNIQUE INDEX sandbox_graphs_by_token ON sandbox_graphs (token_hash);

-- What such an account still has to tell, as it will be posted.
CREATE TABLE sandbox_callbacks (
    workspace_id BIGINT NOT NULL,
    account_id   BIGINT NOT NULL,
    callback_id  BYTEA    NOT NULL,
    body         TEXT    NOT NULL,
    attempts     BIGINT NOT NULL,
    due_ms       BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, account_id, callback_id)
);
CREATE INDEX sandbox_callbacks_by_time ON sandbox_callbacks (workspace_id, account_id, due_ms, callback_id);
