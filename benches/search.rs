//! What the search costs: how long it takes to take a message in, how large that makes the database, and how long it takes
//! to find the newest 50, in a database of its own with as many messages as one likes.
//!
//! `cargo bench --bench search -- --rows 100000`, and again with 1000000. The words of the messages are as unequal as those of
//! a language: the most frequent stands in nearly every message, most stand in few.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "../tests/kit/mod.rs"]
mod kit;

use std::time::{Duration, Instant};

use database::{Priority, Sql, Value};
use kit::{Actor, Engine, TestApp};
use partyline::id::WorkspaceId;
use partyline::indexer::catch_up;
use partyline::workspace::settings::{LimitChange, set_limits};

const ROWS: i64 = 100_000;
const MESSAGES_PER_CHAT: i64 = 100;
/// Rows made in one write.
const BATCH: i64 = 10_000;
const WORDS: u64 = 50_000;
const WORDS_PER_MESSAGE: u64 = 10;
/// How often each question is asked.
const TRIES: usize = 200;

const CHAT: Sql = Sql::both(
    "INSERT INTO chats (workspace_id, chat_id, account_id, contact_id, jid, phone, name, name_folded, is_group, closed, \
     unattended, autoresponse, unread, created_at_ms, last_message_uid, last_message_at_ms, last_inbound_at_ms, \
     responsible_id) VALUES ($1, $2, 1, $2, (12020000000 + $2) || '@s.whatsapp.net', '+' || (12020000000 + $2), \
     'Customer ' || $2, 'customer ' || $2, 0, 0, 0, 0, 0, $3, NULL, $3, 0, 0)",
);

const MESSAGE: Sql = Sql::both(
    "INSERT INTO messages (workspace_id, uid, chat_id, account_id, from_me, status, kind, origin, token_id, text, wamid, \
     reply_to, sender_jid, sender_name, at_ms, received_at_ms, credits_recurring, credits_topped_up) \
     VALUES ($1, unhex(printf('%032x', $2)), $3, 1, $2 % 2, 4, 1, 1, 0, $4, '3EB0' || printf('%018X', $2), NULL, '', '', \
     $5 + $2, $5 + $2, 1, 0)",
);

const PAGES: Sql = Sql::both("PRAGMA page_count");

#[tokio::main]
async fn main() {
    let rows = rows_wanted();
    let stage = TestApp::on(Engine::Sqlite).await;
    let token = stage.token().await;
    let change = LimitChange { rate_per_minute: Some(1_000_000), ..LimitChange::default() };
    stage.write(stage.workspace, move |write| set_limits(write, &change)).await;
    fill(&stage, stage.workspace, rows).await;
    let before = pages(&stage).await;
    let began = Instant::now();
    catch_up(&stage.app).await.expect("taken in");
    let took = began.elapsed();
    let bytes = (pages(&stage).await - before) * 4_096;
    println!("{rows} messages of {WORDS_PER_MESSAGE} words, taken in in {took:.1?}");
    println!("a message: {:.1} us of the writer, {} bytes", took.as_secs_f64() * 1e6 / rows as f64, bytes / rows);
    println!("{:<44} {:>8} {:>8} {:>8}", "the newest 50, in ms", "median", "p99", "found");
    for (what, query) in [
        ("the most frequent word", word(1)),
        ("a frequent one", word(30)),
        ("a rare one", word(20_000)),
        ("two frequent ones", format!("{} {}", word(3), word(9))),
        ("a frequent and a rare one", format!("{} {}", word(2), word(10_000))),
        ("three, the last begun", format!("{} {} {}", word(2), word(40), &word(50)[..3])),
        ("two letters", word(1)[..2].to_owned()),
        ("five letters", word(300)[..5].to_owned()),
        ("a frequent one, begun", word(30)[..5].to_owned()),
        ("nothing found", "qqqq".to_owned()),
    ] {
        // A blank says that a word is whole.
        let end = if what.contains("begun") || what.contains("letters") { "" } else { "%20" };
        measure(&token, what, &format!("q={}{end}", query.replace(' ', "%20"))).await;
    }
    measure(&token, "a frequent word of one chat", &format!("chat_id=7&q={}%20", word(2))).await;
    measure(&token, "a frequent word, ours only", &format!("from_me=true&q={}%20", word(2))).await;
    measure(&token, "a frequent word, in nobody's chats", &format!("label=none&q={}%20", word(2))).await;
    measure(&token, "no word at all", "limit=50").await;
}

/// The number behind `--rows`.
fn rows_wanted() -> i64 {
    let words: Vec<String> = std::env::args().collect();
    let given = words.iter().position(|word| word == "--rows").and_then(|at| words.get(at + 1));
    given.map_or(ROWS, |number| number.replace('_', "").parse().expect("--rows wants a number")).max(1_000)
}

/// The word of this rank: of two to eight letters, the frequent ones short.
fn word(rank: u64) -> String {
    let mut seed = rank.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letters = 2 + rank.ilog2().min(6) as usize;
    let letter = |at: usize| {
        seed = seed.wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(23);
        let of = if at.is_multiple_of(2) { &b"bcdfghjklmnprstvwz"[..] } else { &b"aeiou"[..] };
        char::from(of[(seed >> 33) as usize % of.len()])
    };
    (0..letters).map(letter).collect()
}

/// Ten words, each rank as likely as it is small.
fn text(number: u64) -> String {
    let mut seed = number.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1;
    let mut words = Vec::new();
    for _ in 0..WORDS_PER_MESSAGE {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let even = (seed >> 11) as f64 / (1_u64 << 53) as f64;
        words.push(word((WORDS as f64).powf(even) as u64));
    }
    words.join(" ")
}

async fn fill(stage: &TestApp, workspace: WorkspaceId, messages: i64) {
    let chats = (messages / MESSAGES_PER_CHAT).max(1);
    for first in (1..=messages).step_by(BATCH as usize) {
        let last = (first + BATCH - 1).min(messages);
        let work = move |tx: &mut database::Tx<'_>| {
            for number in first..=last {
                let ints = |values: &[i64]| values.iter().map(|value| Value::Int(*value)).collect::<Vec<_>>();
                if number <= chats {
                    tx.execute(&CHAT, ints(&[workspace.0, number, kit::START.ms()]))?;
                }
                let chat = 1 + (number * 7_919) % chats;
                let mut values = ints(&[workspace.0, number, chat]);
                values.push(Value::Text(text(number.unsigned_abs()).into()));
                values.push(Value::Int(kit::START.ms()));
                tx.execute(&MESSAGE, values)?;
            }
            Ok::<_, database::Error>(())
        };
        stage.app.database.write(0, Priority::Background, work).await.expect("the rows are made");
    }
}

async fn pages(stage: &TestApp) -> i64 {
    use database::Read;
    let look =
        |tx: &mut database::Snapshot<'_>| Ok(tx.query_row(&PAGES, vec![], |row| row.get::<i64>(0))?.unwrap_or(0));
    stage.app.read(look).await.expect("counted")
}

async fn measure(token: &Actor, what: &str, query: &str) {
    let mut times = Vec::with_capacity(TRIES);
    let mut found = 0;
    for _ in 0..TRIES {
        let began = Instant::now();
        let answer = token.get(&format!("/messages/search?{query}")).await;
        times.push(began.elapsed());
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        found = answer.body()["data"]["results"].as_array().map_or(0, Vec::len);
    }
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!("{what:<44} {:>8.3} {:>8.3} {found:>8}", ms(times[TRIES / 2]), ms(times[TRIES * 99 / 100]));
}
