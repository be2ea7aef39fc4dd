//! How long each list takes, asked for as a client does, in a database of its own with as many messages as one likes:
//! the first page, a page further on by key, and page 1000 (or the last one) by number. Of several sizes, each in a database
//! of its own, the table says how many times longer the largest takes than the smallest.
//!
//! `cargo bench --bench lists -- --rows 10000,10000000`. One chat per hundred messages, seven of ten in the workspace that is
//! asked; a tenth of them closed, a fifth unread, a quarter somebody's, a tenth labelled `vip`; a tenth of the messages in one
//! chat, the others in bursts of sixteen to a chat. Of three accounts one has nine tenths of the chats, one a tenth, one each
//! thousandth; a token that is limited to some of them asks as well.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "../tests/kit/mod.rs"]
mod kit;
mod seeded;

use std::time::{Duration, Instant};

use kit::{Actor, Engine, TestApp};
use partyline::accounts::link_sandbox;
use partyline::id::TeammateId;
use partyline::store::accounts::account_list;
use partyline::workspace::settings::{LimitChange, set_limits};
use partyline::workspace::token_limits::TokenLimits;
use partyline::workspace::tokens::{NewToken, Scope, TokenSecret, create_limited_token};
use seeded::{MESSAGES_PER_CHAT, fill, rows_wanted};

const ROWS: &str = "10000,100000";
const PAGE_ROWS: i64 = 50;
/// How often each list is asked for; the median counts.
const TRIES: usize = 41;
/// Accounts of the workspace that is asked; the chats know them by these numbers.
const ACCOUNTS: [&str; 3] = ["Most", "A tenth", "A thousandth"];

/// A list: who asks, for what, the key of its pages, and one row in how many of the workspace's fits.
struct List {
    /// The account that a limited token may reach; 0 for a token without a limit.
    account: usize,
    path: &'static str,
    key: &'static str,
    of: Share,
}

#[derive(Clone, Copy)]
enum Share {
    /// One chat in so many.
    Chats(i64),
    /// So many chats.
    Few(i64),
    /// The messages of the largest chat, one in so many; 0 for none of them.
    Messages(i64),
}

const fn chats(path: &'static str, of: Share) -> List {
    List { account: 0, path, key: "after_chat", of }
}

const fn messages(path: &'static str, of: i64) -> List {
    List { account: 0, path, key: "before_message", of: Share::Messages(of) }
}

const fn limited(account: usize, path: &'static str, of: i64) -> List {
    List { account, path, key: "after_chat", of: Share::Chats(of) }
}

const LISTS: [List; 27] = [
    chats("/chats?", Share::Chats(1)),
    chats("/chats?closed=true", Share::Chats(10)),
    chats("/chats?closed=false", Share::Chats(1)),
    chats("/chats?read=false", Share::Chats(5)),
    chats("/chats?read=true", Share::Chats(1)),
    chats("/chats?responsible=", Share::Chats(2)),
    chats("/chats?label=vip", Share::Chats(10)),
    chats("/chats?label=vip&closed=false", Share::Chats(11)),
    chats("/chats?name=customer%201", Share::Chats(9)),
    chats("/chats?name=nobody", Share::Few(0)),
    chats("/chats?name=customer%206999", Share::Few(11)),
    chats("/chats?phone=120200", Share::Chats(1)),
    chats("/chats?phone=999999", Share::Few(0)),
    chats("/chats?group=true", Share::Few(0)),
    chats("/chats?chatgpt_autoresponse_enabled=true", Share::Few(0)),
    chats("/chats?label=vip&name=nobody", Share::Few(0)),
    chats("/chats?phone=%2B12020000007", Share::Few(1)),
    limited(1, "/chats?", 1),
    limited(2, "/chats?", 10),
    limited(3, "/chats?", 1_000),
    limited(2, "/chats?label=vip", 100),
    messages("/chats/1/messages?", 1),
    messages("/chats/1/messages?from_me=false", 1),
    messages("/chats/1/messages?from_me=true", 0),
    // In the middle of ten million; page numbers go through such a span row by row.
    messages("/chats/1/messages?before=2026-01-15T09:58:00Z", 1_000),
    messages("/chats/1/messages?after=2026-01-15T09:58:00Z&before=2026-01-15T09:58:05Z", 0),
    List { account: 0, path: "/chats/1/messages?sorting_order=asc", key: "after_message", of: Share::Messages(1) },
];

/// What one size took: of each list the three pages, in ms, and the last page's number.
type Table = Vec<([f64; 3], i64)>;

#[tokio::main]
async fn main() {
    let mut tables: Vec<(i64, Table)> = Vec::new();
    for rows in rows_wanted(ROWS) {
        tables.push((rows, measured(rows).await));
    }
    for (rows, table) in &tables {
        println!("\n{rows} messages; median ms{:<24} {:>9} {:>9} {:>9}  page", "", "first", "by key", "by number");
        for (list, ([first, by_key, by_number], page)) in LISTS.iter().zip(table) {
            println!("{:<50} {first:>9.3} {by_key:>9.3} {by_number:>9.3}  {page}", list.name());
        }
    }
    let (Some((least, small)), Some((most, large))) = (tables.first(), tables.last()) else { return };
    if least < most {
        println!("\ntimes longer at {most} than at {least:<24} {:>9} {:>9}", "first", "by key");
        for ((list, (small, _)), (large, _)) in LISTS.iter().zip(small).zip(large) {
            println!("{:<50} {:>9.2} {:>9.2}", list.name(), large[0] / small[0], large[1] / small[1]);
        }
    }
}

impl List {
    fn name(&self) -> String {
        match self.account {
            0 => self.path.trim_end_matches('?').to_owned(),
            number => format!("{} (account: {})", self.path.trim_end_matches('?'), ACCOUNTS[number - 1].to_lowercase()),
        }
    }

    /// How many rows it has where the workspace has so many messages.
    fn rows(&self, messages: i64) -> i64 {
        match self.of {
            Share::Chats(of) => messages / MESSAGES_PER_CHAT / of,
            Share::Few(rows) => rows,
            Share::Messages(0) => 0,
            Share::Messages(of) => messages / 10 / of,
        }
    }
}

/// Makes a database of this size and asks for every list.
async fn measured(rows: i64) -> Table {
    let stage = TestApp::on(Engine::Sqlite).await;
    let tokens = tokens(&stage).await;
    let began = Instant::now();
    let (other, _) = stage.other_workspace().await;
    for (workspace, share) in [(stage.workspace, 7), (other, 3)] {
        fill(&stage, workspace, rows * share / 10).await;
    }
    partyline::indexer::catch_up_chats(&stage.app).await.expect("the chats' words are read");
    let took = began.elapsed();
    let per_second = rows as f64 / took.as_secs_f64();
    println!("{rows} messages in {} chats, made in {took:.0?}, {per_second:.0}/s", rows / MESSAGES_PER_CHAT);
    let mut table = Table::new();
    for list in &LISTS {
        table.push(measure(&tokens[list.account], list, list.rows(rows * 7 / 10)).await);
    }
    table
}

/// A token without a limit, and one for each account.
async fn tokens(stage: &TestApp) -> Vec<Actor> {
    let mut tokens = vec![stage.token().await];
    let change = LimitChange { rate_per_minute: Some(1_000_000), ..LimitChange::default() };
    stage.write(stage.workspace, move |write| set_limits(write, &change)).await;
    for name in &ACCOUNTS[1..] {
        stage.write(stage.workspace, move |write| link_sandbox(write, name)).await;
    }
    let workspace = stage.workspace;
    let accounts = stage.app.read(move |tx| Ok(account_list(tx, workspace)?)).await.expect("the accounts");
    assert_eq!(accounts.len(), ACCOUNTS.len());
    for row in accounts {
        let accounts = vec![row.phone];
        let (secret, limits) = (TokenSecret::generate(), TokenLimits { accounts, ..TokenLimits::default() });
        let text = secret.reveal().to_owned();
        let (name, teammate) = ("limited".to_owned(), TeammateId::OWNER);
        let new = NewToken { name, scope: Scope::Read, sandbox_only: false, teammate, limits };
        stage.write(stage.workspace, move |write| create_limited_token(write, &new, &secret)).await;
        tokens.push(stage.somebody(&text));
    }
    tokens
}

async fn measure(token: &Actor, list: &List, rows: i64) -> ([f64; 3], i64) {
    let List { path, key, .. } = list;
    let last = (rows / PAGE_ROWS).clamp(1, 1_000);
    let page = |number: i64| format!("{path}&page={number}");
    // The row in the middle of those that page numbers reach, or the first one's last.
    let middle = token.get(&page((last / 2).max(1))).await.body();
    let shown = middle["data"]["chats"].as_array().or(middle["data"]["messages"].as_array()).expect("rows");
    let from = shown.last().map(|row| row["uid"].as_str().map_or(row["id"].to_string(), str::to_owned));
    let further = from.map_or_else(|| page(1), |from| format!("{path}&{key}={from}"));
    let times = [median(token, &page(1)).await, median(token, &further).await, median(token, &page(last)).await];
    (times.map(|time| time.as_secs_f64() * 1_000.0), last)
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
