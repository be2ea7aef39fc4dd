//! How long the server takes for the first view of each page of the dashboard, and how much of it travels, in a workspace with
//! as many messages as one likes, a full log of calls, and as many events and deliveries as messages.
//!
//! `cargo bench --bench pages -- --rows 1000000`. One chat per hundred messages; one webhook heard every tenth event; a hundred
//! thousand changes in the audit log.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "../tests/kit/mod.rs"]
mod kit;
mod seeded;

use std::time::{Duration, Instant};

use database::{Sql, Value};
use kit::pages::PAGES;
use kit::{Actor, Engine, TestApp};
use partyline::workspace::setup::{SETUP_LINK_LIVES, SetupSecret};

const ROWS: &str = "1000000";
/// How often each page is asked for; the median counts, and the slowest is told.
const TRIES: usize = 21;
/// Pages that are there once there is a chat, a webhook, a call.
const MORE: [&str; 6] = [
    "/inbox/1",
    "/inbox/1/history",
    "/integrations/webhooks/1",
    "/integrations/public-api?status=4&text=bike",
    "/integrations/public-api?call=5000",
    "/audit-log?about=exports",
];

// $1 the workspace, $2 and $3 the first and the last number, $5 the first moment; $4 is for others.
const CALLS: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO api_calls (workspace_id, slot, seq, at_ms, request_id, token_id, method, path, status, outcome, reason, ignored, \
     duration_us, repeats, message_uid, body) \
     SELECT $1, i % 10000, i, $5 + i * 50 + 0 * $4, 'req_' || i, 1, CASE WHEN i % 3 = 0 THEN 'POST' ELSE 'GET' END, \
     '/integrations/api/chats/' || i, CASE WHEN i % 20 = 0 THEN 404 ELSE 200 END, CASE WHEN i % 20 = 0 THEN 4 ELSE 1 END, \
     '', '', 900, 1, NULL, '' FROM n",
);

const EVENTS: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO events (workspace_id, seq, kind, at_ms, chat_id, uid, detail, cause) \
     SELECT $1, i, 1 + i % 3, $5 + i * 50, 1 + i % $4, NULL, '', 0 FROM n",
);

const DELIVERIES: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO webhook_deliveries (workspace_id, webhook_id, event_seq, event_type, state, attempts, tries, next_at_ms, \
     created_at_ms, body) \
     SELECT $1, 1, i, 'message:new', CASE WHEN i % 50 = 0 THEN 3 ELSE 2 END, 1, 1, 0, $5 + i * 500 + 0 * $4, '{}' FROM n",
);

const CHANGES: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO audit_log (workspace_id, seq, at_ms, cause, action, subject, old_value, new_value) \
     SELECT $1, i + 1000, $5 + i + 0 * $4, 0, 'team:role', 'Joe Reyes', 'Agent', 'Admin' FROM n",
);

const CONTACTS: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO contacts (workspace_id, contact_id, name, created_at_ms, name_folded) \
     SELECT $1, i, 'Customer ' || i, $5 + 0 * $4, 'customer ' || i FROM n",
);

const ADDRESSES: Sql = Sql::both(
    "WITH RECURSIVE n(i) AS (SELECT $2 UNION ALL SELECT i + 1 FROM n WHERE i < $3) \
     INSERT INTO contact_addresses (workspace_id, jid, contact_id) \
     SELECT $1, (12020000000 + i) || '@s.whatsapp.net', i FROM n WHERE $5 > 0 * $4",
);

const COUNTED: Sql =
    Sql::both("UPDATE workspace_counters SET call_last = $2, event_last = $3, chat_last = $4 WHERE workspace_id = $1");

#[tokio::main]
async fn main() {
    let rows = seeded::rows_wanted(ROWS)[0];
    let stage = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&stage).await;
    let token = stage.token().await;
    let hook = serde_json::json!({"event_type": "message:new", "url": "https://crm.example.com/hear"});
    assert_eq!(token.post("/webhooks", hook).await.status, 200);
    stage.flush().await;
    let began = Instant::now();
    seeded::fill(&stage, stage.workspace, rows).await;
    let chats = rows / seeded::MESSAGES_PER_CHAT;
    for (sql, first, last) in [
        (&CONTACTS, 1, chats),
        (&ADDRESSES, 1, chats),
        (&EVENTS, 1_000, rows),
        (&DELIVERIES, 1_000, rows / 10),
        (&CHANGES, 1, 100_000),
        (&CALLS, 100, 10_000),
    ] {
        seeded::fill_with(&stage, stage.workspace, sql, (first, last), chats).await;
    }
    let counts = [stage.workspace.0, 10_000, rows, chats].map(Value::Int).to_vec();
    seeded::run(&stage, &COUNTED, counts).await;
    println!("{rows} messages in {chats} chats and all beside them, made in {:.0?}\n", began.elapsed());
    println!("{:<50} {:>9} {:>9} {:>9}", "page", "median ms", "worst ms", "KiB");
    for path in PAGES.iter().map(|page| page.0).chain(MORE).filter(|path| !matches!(*path, "/phone" | "/styleguide")) {
        let (median, worst, bytes) = measured(&ana, path).await;
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        println!("{path:<50} {:>9.2} {:>9.2} {:>9.1}", ms(median), ms(worst), bytes as f64 / 1_024.0);
    }
}

/// Somebody who has set the server up, so that every page is theirs.
async fn owner(stage: &TestApp) -> Actor {
    let secret = SetupSecret::generate();
    let hash = secret.hash();
    let insert = move |write: &mut partyline::store::Write<'_, '_>| {
        let (workspace, expires_at) = (write.workspace_id(), write.now + SETUP_LINK_LIVES);
        Ok(partyline::store::setup_links::setup_link_insert(write.tx, hash, workspace, expires_at)?)
    };
    stage.write(stage.workspace, insert).await;
    let form = "name=Ana+Martins&email=ana%40northpier.example&password=salt+wind+over+the+pier\
                &workspace=North+Pier+Books&zone=America%2FNew_York";
    let answer = stage.stranger().post_form(&format!("//setup/{}", secret.reveal()), form).await;
    let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
    stage.stranger().with_header("cookie", &cookie).with_header("accept-encoding", "br")
}

async fn measured(ana: &Actor, path: &str) -> (Duration, Duration, usize) {
    let (mut times, mut bytes) = (Vec::with_capacity(TRIES), 0);
    for _ in 0..TRIES {
        let began = Instant::now();
        let answer = ana.get(&format!("/{path}")).await;
        times.push(began.elapsed());
        assert_eq!(answer.status, 200, "{path}");
        bytes = answer.bytes.len();
    }
    times.sort_unstable();
    (times[TRIES / 2], times[TRIES - 1], bytes)
}
