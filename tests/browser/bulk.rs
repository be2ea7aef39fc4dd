//! Rows by the thousand, put into a stopped server's database.

use std::path::Path;

use database::{Config, Database, Error, Location, Priority, Sql, Tx};

/// Chats beside the first one, each with one message.
pub const CHATS: u32 = 10_000;
/// Messages of the first chat.
pub const MESSAGES: u32 = 100_000;

const CONTACTS: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) \
     INSERT INTO contacts (workspace_id, contact_id, name, created_at_ms, name_folded) \
     SELECT 1, i, 'Contact ' || i, 1790000000000, 'contact ' || i FROM n",
);

const ADDRESSES: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) \
     INSERT INTO contact_addresses (workspace_id, jid, contact_id) \
     SELECT 1, '4915' || (10000000 + i) || '@s.whatsapp.net', i FROM n",
);

const CHAT_ROWS: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) \
     INSERT INTO chats (workspace_id, chat_id, account_id, contact_id, jid, phone, name, name_folded, is_group, closed, \
     unattended, autoresponse, unread, created_at_ms, last_message_uid, last_message_at_ms, last_inbound_at_ms) \
     SELECT 1, i, 1, i, '4915' || (10000000 + i) || '@s.whatsapp.net', '+4915' || (10000000 + i), 'Contact ' || i, \
     'contact ' || i, 0, 0, 0, 0, i % 5 = 0, 1780000000000, \
     unhex(printf('%012x7%03x8%015x', 1780000000000 + i * 1000, 1, i)), 1780000000000 + i * 1000, 0 FROM n",
);

const MESSAGE_PER_CHAT: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 11000) \
     INSERT INTO messages (workspace_id, uid, chat_id, account_id, from_me, status, kind, origin, token_id, text, wamid, \
     sender_jid, sender_name, at_ms, received_at_ms, credits_recurring, credits_topped_up) \
     SELECT 1, unhex(printf('%012x7%03x8%015x', 1780000000000 + i * 1000, 1, i)), i, 1, 1, 4, 1, \
     (SELECT origin FROM messages WHERE workspace_id = 1 AND from_me = 1 LIMIT 1), 0, \
     'Your order ' || i || ' is on its way, and this line is as long as such lines are.', 'B' || i, '', '', \
     1780000000000 + i * 1000, 1780000000000 + i * 1000, 0, 0 FROM n",
);

const LONG_CHAT: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
     INSERT INTO messages (workspace_id, uid, chat_id, account_id, from_me, status, kind, origin, token_id, text, wamid, \
     sender_jid, sender_name, at_ms, received_at_ms, credits_recurring, credits_topped_up) \
     SELECT 1, unhex(printf('%012x7%03x8%015x', 1700000000000 + i * 60000, 2, i)), 1, 1, i % 3 > 0, 4, 1, \
     (SELECT origin FROM messages WHERE workspace_id = 1 AND from_me = 1 LIMIT 1), 0, \
     'Line ' || i || ' of a long talk about bicycles, ferries and the weather over the harbour.', 'L' || i, \
     CASE i % 3 WHEN 0 THEN '12025550100@s.whatsapp.net' ELSE '' END, CASE i % 3 WHEN 0 THEN 'Echo' ELSE '' END, \
     1700000000000 + i * 60000, 1700000000000 + i * 60000, 0, 0 FROM n",
);

const COUNTED: Sql =
    Sql::both("UPDATE workspace_counters SET chat_last = 20000, contact_last = 20000 WHERE workspace_id = 1");

/// Fills the first workspace, which has a chat already.
pub fn fill(file: &Path) {
    let database = Database::open(Config::new(Location::File(file.to_path_buf()))).expect("the database opens");
    let work = |tx: &mut Tx<'_>| -> Result<(), Error> {
        for sql in [&CONTACTS, &ADDRESSES, &CHAT_ROWS, &MESSAGE_PER_CHAT, &LONG_CHAT, &COUNTED] {
            tx.execute(sql, Vec::new())?;
        }
        Ok(())
    };
    let done = database.write(1, Priority::Foreground, work);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(done)
        .expect("rows");
    database.close();
}
