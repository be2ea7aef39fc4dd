-- One way to keep a place in the log; both addresses of a contact; a message finds its deliveries, and a chat its notes.

-- Whoever reads the log keeps its place in one table.
INSERT INTO event_cursors (workspace_id, consumer, seq, moved_at_ms)
SELECT workspace_id, 'webhooks', seq, 0 FROM webhook_fanouts;
DROP TABLE webhook_fanouts;
INSERT INTO event_cursors (workspace_id, consumer, seq, moved_at_ms)
SELECT workspace_id, 'search', event_seq, 0 FROM search_cursors;
ALTER TABLE search_cursors DROP COLUMN event_seq;
ALTER TABLE search_cursors RENAME TO search_states;

-- The message that a delivery tells of, so that a message can be asked who was told. Paid by deliveries alone.
ALTER TABLE webhook_deliveries ADD COLUMN message_uid BYTEA;
UPDATE webhook_deliveries SET message_uid = (SELECT e.uid FROM events e
    WHERE e.workspace_id = webhook_deliveries.workspace_id AND e.seq = webhook_deliveries.event_seq);
CREATE INDEX webhook_deliveries_by_message ON webhook_deliveries (workspace_id, message_uid, event_seq)
    WHERE message_uid IS NOT NULL;

-- The notes of a chat, which few messages are: a send puts nothing into it.
CREATE INDEX notes_by_chat ON messages (workspace_id, chat_id, uid) WHERE kind = 2;

-- A contact may be known by a phone and by the id under which WhatsApp hides it. Each of both rows names the other one.
ALTER TABLE contact_addresses ADD COLUMN other_jid TEXT NOT NULL DEFAULT '';
-- `<digits>@lid`; empty where it isn't known, and for groups.
ALTER TABLE chats ADD COLUMN lid TEXT NOT NULL DEFAULT '';
UPDATE chats SET lid = jid WHERE jid LIKE '%@lid';
