-- What the planner is told of the tables' sizes. Without it SQLite guesses ten rows per workspace and walks through a whole
-- workspace rather than use a second index (tried: a receipt looked at every message, 10,000 echoes took ten times as long).
-- Written by hand and never gathered, so that the same statement takes the same way on every server, at every age.
-- The numbers: rows of the table, then how many rows share the index's first column, its first two, and so on.

ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('tokens', 'tokens', '1000 10 1'),
    ('tokens', 'tokens_by_hash', '1000 1'),
    ('accounts', 'accounts', '1000 10 1'),
    ('accounts', 'accounts_by_phone', '1000 10 1'),
    ('contacts', 'contacts', '100000 10000 1'),
    ('contact_addresses', 'contact_addresses', '100000 10000 1'),
    ('chats', 'chats', '100000 10000 1'),
    ('chats', 'chats_by_jid', '100000 10000 2 1'),
    ('chats', 'chats_by_name', '100000 10000 1'),
    ('chats', 'chats_by_news', '100000 10000 2 1 1'),
    ('chat_labels', 'chat_labels', '100000 10000 2 1'),
    ('chat_labels', 'chat_labels_by_label', '100000 10000 1000 1'),
    ('messages', 'messages', '1000000 100000 1'),
    ('messages', 'messages_by_chat', '1000000 100000 100 1'),
    ('messages', 'messages_by_wamid', '1000000 100000 50000 1'),
    ('status_history', 'status_history', '4000000 400000 4 1'),
    ('outbox', 'outbox', '100000 10000 5000 1'),
    ('outbox', 'outbox_by_stage', '100000 10000 5000 1000 500 10 1'),
    ('outbox', 'outbox_by_chat', '100000 10000 5000 10 1'),
    ('events', 'events', '5000000 500000 1'),
    ('api_calls', 'api_calls', '100000 10000 1'),
    ('rate_slots', 'rate_slots', '10000 1000 1'),
    ('idempotency', 'idempotency', '100000 10000 1 1 1'),
    ('idempotency', 'idempotency_by_age', '100000 2'),
    ('sandbox_messages', 'sandbox_messages', '100000 10000 5000 1'),
    ('sandbox_steps', 'sandbox_steps', '10000 1000 500 2 1'),
    ('sandbox_contacts', 'sandbox_contacts', '1000 100 50 1');
