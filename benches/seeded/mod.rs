//! Rows by the million for benches, made in the database itself.

#![allow(dead_code, reason = "each bench uses its part")]

use database::{Priority, Sql, Value};
use partyline::id::WorkspaceId;

use crate::kit::{START, TestApp};

pub const MESSAGES_PER_CHAT: i64 = 100;
/// Rows made in one write.
const BATCH: i64 = 100_000;

// $1 the workspace, $2 and $3 the first and the last number, $4 how many chats there are, $5 the first moment.
const CHATS: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO chats (workspace_id, chat_id, account_id, contact_id, jid, phone, name, name_folded, is_group, closed, \
     unattended, autoresponse, unread, created_at_ms, last_message_uid, last_message_at_ms, last_inbound_at_ms, \
     responsible_id) \
     SELECT $1, i, CASE WHEN i % 1000 = 999 THEN 3 WHEN i % 10 = 7 OR i % 100 = 5 THEN 2 ELSE 1 END, i, \
     (12020000000 + i) || '@s.whatsapp.net', '+' || (12020000000 + i), 'Customer ' || i, \
     'customer ' || i, 0, i % 10 = 3, 0, i % 7 = 0, i % 5 = 2, $5 + i, \
     unhex(printf('%032x', i * $4)), $5 + (i * 7919 % $4) * 1000, 0, CASE WHEN i % 4 = 1 THEN 1 ELSE 0 END FROM n",
);

const LABELS: Sql = Sql::both(
    "INSERT INTO chat_labels (workspace_id, chat_id, label, last_message_at_ms, name_folded) \
     SELECT c.workspace_id, c.chat_id, 'vip', c.last_message_at_ms, c.name_folded FROM chats c \
     WHERE c.workspace_id = $1 AND c.chat_id % 10 = 7",
);

// A uid begins with the time of its message, as the server makes them.
const MESSAGES: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO messages (workspace_id, uid, chat_id, account_id, from_me, status, kind, origin, token_id, text, wamid, \
     reply_to, sender_jid, sender_name, at_ms, received_at_ms, credits_recurring, credits_topped_up) \
     SELECT $1, unhex(printf('%012x%020x', $5 + i, i)), CASE WHEN i % 10 = 0 THEN 1 ELSE 1 + (i / 16 * 7919) % $4 END, 1, i % 2, 4, 1, 1, \
     0, 'Message number ' || i || ' says that the bike is ready', '3EB0' || printf('%018X', i), NULL, '', '', $5 + i, \
     $5 + i, 1, 0 FROM n",
);

const CHAT_LAST: Sql = Sql::both("UPDATE workspace_counters SET chat_last = $2 WHERE workspace_id = $1");

/// The numbers behind `--rows`, between commas, the smallest first.
pub fn rows_wanted(usual: &str) -> Vec<i64> {
    let words: Vec<String> = std::env::args().collect();
    let given = words.iter().position(|word| word == "--rows").and_then(|at| words.get(at + 1));
    let given = given.map_or(usual, String::as_str).replace('_', "");
    let mut all: Vec<i64> = given.split(',').map(|text| text.parse().expect("--rows wants numbers")).collect();
    all.iter_mut().for_each(|rows| *rows = (*rows).max(10_000));
    all.sort_unstable();
    all
}

/// Makes so many messages, and a chat for every hundred of them.
pub async fn fill(stage: &TestApp, workspace: WorkspaceId, messages: i64) {
    let chats = (messages / MESSAGES_PER_CHAT).max(1);
    for (sql, count) in [(&CHATS, chats), (&MESSAGES, messages)] {
        fill_with(stage, workspace, sql, (1, count), chats).await;
    }
    run(stage, &LABELS, vec![Value::Int(workspace.0)]).await;
    run(stage, &CHAT_LAST, vec![Value::Int(workspace.0), Value::Int(chats)]).await;
}

/// Makes the rows of these numbers, the first and the last of them included, in writes that aren't too long.
pub async fn fill_with(
    stage: &TestApp,
    workspace: WorkspaceId,
    sql: &'static Sql,
    (first, count): (i64, i64),
    chats: i64,
) {
    for first in (first..=count).step_by(BATCH as usize) {
        let last = (first + BATCH - 1).min(count);
        let numbers = [workspace.0, first, last, chats, START.ms()];
        run(stage, sql, numbers.map(Value::Int).to_vec()).await;
    }
}

pub async fn run(stage: &TestApp, sql: &'static Sql, values: Vec<Value<'static>>) {
    let work = move |tx: &mut database::Tx<'_>| tx.execute(sql, &values);
    stage.app.database.write(0, Priority::Background, work).await.expect("the rows are made");
}
