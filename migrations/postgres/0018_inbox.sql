-- The shared inbox: what is put off, who waits, what can be undone, and what each teammate keeps for themselves.

-- 0: not snoozed. An inbound message ends it with the update that it makes anyway.
ALTER TABLE chats ADD COLUMN snoozed_until_ms BIGINT NOT NULL DEFAULT 0;
-- Since when the contact waits for us; it means something only while the chat is unattended, so that a send need not touch it.
ALTER TABLE chats ADD COLUMN waiting_since_ms BIGINT NOT NULL DEFAULT 0;
UPDATE chats SET waiting_since_ms = last_inbound_at_ms WHERE unattended = TRUE;
CREATE INDEX chats_waiting ON chats (workspace_id, waiting_since_ms, chat_id) WHERE unattended = TRUE;
CREATE INDEX chats_snoozed ON chats (workspace_id, snoozed_until_ms, chat_id) WHERE snoozed_until_ms > 0;
CREATE INDEX chats_snooze_due ON chats (snoozed_until_ms, workspace_id) WHERE snoozed_until_ms > 0;

-- The teammate who said it by hand; 0 for everything else.
ALTER TABLE message_details ADD COLUMN teammate_id BIGINT NOT NULL DEFAULT 0;

-- What a teammate did last to chats, as JSON, for as long as it can be undone. One row each.
CREATE TABLE inbox_undos (
    workspace_id BIGINT NOT NULL,
    teammate_id  BIGINT NOT NULL,
    undo_id      BIGINT NOT NULL,
    at_ms        BIGINT NOT NULL,
    deed         TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, teammate_id)
);

-- Filters that a teammate saved, as the query of the inbox's address.
CREATE TABLE inbox_views (
    workspace_id BIGINT NOT NULL,
    teammate_id  BIGINT NOT NULL,
    view_id      BIGINT NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    query        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, teammate_id, view_id)
);

-- How a teammate wants to hear of news, as JSON.
CREATE TABLE inbox_habits (
    workspace_id BIGINT NOT NULL,
    teammate_id  BIGINT NOT NULL,
    habits       TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (workspace_id, teammate_id)
);

-- Never, or since when a contact wants no mass messages.
ALTER TABLE contacts ADD COLUMN opted_out_at_ms BIGINT NOT NULL DEFAULT 0;
-- As it is searched.
ALTER TABLE contacts ADD COLUMN name_folded TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE contacts SET name_folded = lower(name);
CREATE INDEX contact_addresses_by_contact ON contact_addresses (workspace_id, contact_id);
