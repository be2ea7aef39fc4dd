//! How long each list takes, asked for as a client does, in a database of its own with as many messages as one likes:
//! the first page, a page further on by key, and page 1000 (or the last one) by number.
//!
//! `cargo bench --bench lists -- --rows 10000`, and again with 10000000. One chat per hundred messages, seven of ten in the
//! workspace that is asked; a tenth of them closed, a fifth unread, a quarter somebody's, a tenth labelled `vip`.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "../tests/kit/mod.rs"]
mod kit;

use std::time::{Duration, Instant};

use database::{Priority, Sql, Value};
use kit::{Actor, Engine, TestApp};
use partyline::id::WorkspaceId;
use partyline::workspace::settings::{LimitChange, set_limits};

const ROWS: i64 = 10_000;
const MESSAGES_PER_CHAT: i64 = 100;
const PAGE_ROWS: i64 = 50;
/// Rows made in one write.
const BATCH: i64 = 50_000;
/// How often each list is asked for; the median counts.
const TRIES: usize = 41;

// $1 the workspace, $2 and $3 the first and the last number, $4 how many chats there are, $5 the first moment.
const CHATS: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO chats (workspace_id, chat_id, account_id, contact_id, jid, phone, name, name_folded, is_group, closed, \
     unattended, autoresponse, unread, created_at_ms, last_message_uid, last_message_at_ms, last_inbound_at_ms, \
     responsible_id) \
     SELECT $1, i, 1, i, (12020000000 + i) || '@s.whatsapp.net', '+' || (12020000000 + i), 'Customer ' || i, \
     'customer ' || i, 0, i % 10 = 3, 0, i % 7 = 0, i % 5 = 2, $5 + i, \
     unhex(printf('%032x', i * $4)), $5 + (i * 7919 % $4) * 1000, 0, CASE WHEN i % 4 = 1 THEN 1 ELSE 0 END FROM n",
);

const LABELS: Sql = Sql::both(
    "INSERT INTO chat_labels (workspace_id, chat_id, label, last_message_at_ms, name_folded) \
     SELECT c.workspace_id, c.chat_id, 'vip', c.last_message_at_ms, c.name_folded FROM chats c \
     WHERE c.workspace_id = $1 AND c.chat_id % 10 = 7",
);

const MESSAGES: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO messages (workspace_id, uid, chat_id, account_id, from_me, status, kind, origin, token_id, text, wamid, \
     reply_to, sender_jid, sender_name, at_ms, received_at_ms, credits_recurring, credits_topped_up) \
     SELECT $1, unhex(printf('%032x', i)), CASE WHEN i % 10 = 0 THEN 1 ELSE 1 + (i * 7919) % $4 END, 1, i % 2, 4, 1, 1, \
     0, 'Message number ' || i || ' says that the bike is ready', '3EB0' || printf('%018X', i), NULL, '', '', $5 + i, \
     $5 + i, 1, 0 FROM n",
);

#[tokio::main]
async fn main() {
    let rows = rows_wanted();
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let change = LimitChange { rate_per_minute: Some(1_000_000), ..LimitChange::default() };
    stage.write(stage.workspace, move |write| set_limits(write, &change)).await;
    let began = Instant::now();
    let (other, _) = stage.other_workspace().await;
    for (workspace, share) in [(stage.workspace, 7), (other, 3)] {
        fill(&stage, workspace, rows * share / 10).await;
    }
    println!("{rows} messages in {} chats, made in {:.0?}", rows / MESSAGES_PER_CHAT, began.elapsed());
    println!("{:<36} {:>9} {:>9} {:>9}  page", "list, median in ms", "first", "by key", "by number");
    let mine = rows * 7 / 10 / MESSAGES_PER_CHAT;
    for (list, of) in [
        ("", 1),
        ("closed=true", 10),
        ("closed=false", 1),
        ("read=false", 5),
        ("read=true", 1),
        ("responsible=", 1),
        ("label=vip", 10),
        ("label=vip&closed=false", 10),
        ("name=customer%201", 1),
        ("name=nobody", 1),
        ("phone=120200", 1),
        ("phone=%2B12020000007", mine),
    ] {
        measure(&token, &format!("/chats?{list}"), "after_chat", mine / of.max(1)).await;
    }
    measure(&token, "/chats/1/messages?", "before_message", rows * 7 / 100).await;
}

/// The number behind `--rows`.
fn rows_wanted() -> i64 {
    let words: Vec<String> = std::env::args().collect();
    let given = words.iter().position(|word| word == "--rows").and_then(|at| words.get(at + 1));
    given.map_or(ROWS, |number| number.replace('_', "").parse().expect("--rows wants a number")).max(1_000)
}

async fn fill(stage: &TestApp, workspace: WorkspaceId, messages: i64) {
    let chats = (messages / MESSAGES_PER_CHAT).max(1);
    for (sql, count) in [(&CHATS, chats), (&MESSAGES, messages)] {
        for first in (1..=count).step_by(BATCH as usize) {
            let last = (first + BATCH - 1).min(count);
            let numbers = [workspace.0, first, last, chats, kit::START.ms()];
            run(stage, sql, numbers.map(Value::Int).to_vec()).await;
        }
    }
    run(stage, &LABELS, vec![Value::Int(workspace.0)]).await;
}

async fn run(stage: &TestApp, sql: &'static Sql, values: Vec<Value<'static>>) {
    let work = move |tx: &mut database::Tx<'_>| tx.execute(sql, &values);
    stage.app.database.write(0, Priority::Background, work).await.expect("the rows are made");
}

async fn measure(token: &Actor, list: &str, key: &str, rows: i64) {
    let last = (rows / PAGE_ROWS).clamp(1, 1_000);
    let page = |number: i64| format!("{list}&page={number}");
    // The row in the middle of those that page numbers reach, or the first one's last.
    let middle = token.get(&page((last / 2).max(1))).await.body();
    let shown = middle["data"]["chats"].as_array().or(middle["data"]["messages"].as_array()).expect("rows");
    let from = shown.last().map(|row| row["uid"].as_str().map_or(row["id"].to_string(), str::to_owned));
    let further = from.map_or_else(|| page(1), |from| format!("{list}&{key}={from}"));
    let times = [median(token, &page(1)).await, median(token, &further).await, median(token, &page(last)).await];
    let [first, by_key, by_number] = times.map(|time| time.as_secs_f64() * 1_000.0);
    println!("{list:<36} {first:>9.3} {by_key:>9.3} {by_number:>9.3}  {last}");
}

async fn median(token: &Actor, path: &str) -> Duration {
    let mut times = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        let began = Instant::now();
        let answer = token.get(path).await;
        times.push(began.elapsed());
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
    times.sort_unstable();
    times[TRIES / 2]
}
