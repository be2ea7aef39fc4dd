//! Bytes that a message costs on SQLite: accepted through the public API with an `Idempotency-Key`, sent by the worker,
//! delivered and read; with its history, events, log row and kept answer. Told per table, of pages as they lie in the file.
//!
//! `cargo bench --bench sizes -- [messages] [contacts]`.

#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]

#[path = "../tests/kit/mod.rs"]
mod kit;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use database::{Read, Sql, params};
use kit::{Actor, Engine, START, TestApp};
use partyline::accounts::Worker;
use partyline::http::client_address::TrustedProxies;
use partyline::http::layers::layered;
use partyline::http::router::router;
use partyline::http::server::ServerOptions;
use partyline::id::MessageUid;
use partyline::inbox::status::record_receipt;
use partyline::message::Status;
use partyline::store::Write;
use partyline::store::accounts::account_find;
use partyline::store::messages::message_find;
use partyline::workspace::settings::{LimitChange, set_limits};
use tokio_util::sync::CancellationToken;
use transport::{Accepted, Address, Capabilities, Ear, FileBytes, Kind, Outgoing, Pending, SendError, Transport};

// Of each table and index: its table, and how many bytes of its pages are in use and in the file.
const SIZES: Sql = Sql::both(
    "SELECT name, CAST(SUM(payload) AS BIGINT), CAST(SUM(pgsize) AS BIGINT) FROM dbstat GROUP BY name ORDER BY name",
);

const GOAL: f64 = 1_000.0;
const TEXT: &str = "Hello from Harbour Bikes, your bike is ready to be picked up!";

/// Takes everything, at once.
struct Willing;

impl Transport for Willing {
    fn kind(&self) -> Kind {
        Kind::Sandbox
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::of(Kind::Sandbox)
    }

    fn start(&self, _: Arc<dyn Ear>) -> Pending<'_, Result<(), SendError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn stop(&self) -> Pending<'_, ()> {
        Box::pin(std::future::ready(()))
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> Pending<'a, Result<Accepted, SendError>> {
        let accepted = Accepted { wamid: message.wamid.clone(), at_ms: START.ms() };
        Box::pin(std::future::ready(Ok(accepted)))
    }

    fn fetch_file<'a>(&'a self, _: &'a str) -> Pending<'a, Result<FileBytes, SendError>> {
        Box::pin(std::future::pending())
    }

    fn mark<'a>(&'a self, _: &'a Address, _: &'a transport::Mark) -> Pending<'a, Result<(), SendError>> {
        Box::pin(async { Ok(()) })
    }

    fn check_number<'a>(&'a self, _: &'a Address) -> Pending<'a, Result<bool, SendError>> {
        Box::pin(std::future::ready(Ok(true)))
    }
}

#[tokio::main]
async fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let messages = numbers.first().copied().unwrap_or(5_000);
    let contacts = numbers.get(1).copied().unwrap_or(100);
    let stage = TestApp::on(Engine::Sqlite).await;
    raise_limits(&stage).await;
    let options = ServerOptions::default();
    let layers = layered(router(stage.app.clone()), &options, TrustedProxies::default(), CancellationToken::new());
    let token = stage.token().await.talking_to(layers);
    // The chats are there already: they are not what is measured.
    let mut number = 0;
    let before = loop {
        if number == contacts {
            break sizes(&stage).await;
        }
        send(&stage, &token, number, contacts).await;
        number += 1;
    };
    for round in (0..messages).step_by(200) {
        let sent: Vec<String> = {
            let mut uids = Vec::new();
            for number in round..(round + 200).min(messages) {
                uids.push(send(&stage, &token, number + contacts, contacts).await);
            }
            uids
        };
        deliver(&stage, &sent).await;
        stage.advance(Duration::from_secs(5));
    }
    report(&before, &sizes(&stage).await, messages);
}

async fn send(stage: &TestApp, token: &Actor, number: usize, contacts: usize) -> String {
    stage.advance(Duration::from_millis(20));
    let phone = format!("+1212555{:04}", number % contacts);
    token.with_header("idempotency-key", &format!("order-{number:08}")).send(&phone, TEXT).await
}

/// Lets the worker send what waits, and the contacts receive and read it.
async fn deliver(stage: &TestApp, uids: &[String]) {
    let (workspace, account) = (stage.workspace, stage.account);
    let row = stage.app.read(move |tx| Ok(account_find(tx, workspace, account)?)).await.expect("a read");
    let mut worker = Worker::new(stage.app.clone(), &row.expect("an account"), Arc::new(Willing));
    worker.run_until_idle().await.expect("all is sent");
    for status in [Status::Delivered, Status::Read] {
        for uid in uids {
            let uid = MessageUid(uid.parse().expect("a uid"));
            stage.advance(Duration::from_millis(1));
            let at = stage.clock.now();
            let news = move |write: &mut Write<'_, '_>| {
                let view = message_find(write.tx, workspace, uid)?.expect("a message");
                record_receipt(write, account, &view.message.wamid, status, None, at)
            };
            assert!(stage.write(workspace, news).await, "it moves");
        }
    }
}

async fn raise_limits(stage: &TestApp) {
    let change = LimitChange {
        rate_per_minute: Some(1_000_000),
        calls_per_cycle: Some(1_000_000_000),
        credits_per_cycle: Some(1_000_000_000),
        top_up: None,
    };
    stage.write(stage.workspace, move |write| set_limits(write, &change)).await;
}

type Sizes = BTreeMap<String, (i64, i64)>;

async fn sizes(stage: &TestApp) -> Sizes {
    stage.flush().await;
    let look = |tx: &mut database::Snapshot<'_>| {
        Ok(tx.query(&SIZES, params![], |row| Ok((row.get::<String>(0)?, (row.get(1)?, row.get(2)?))))?)
    };
    stage.app.read(look).await.expect("a read").into_iter().collect()
}

fn report(before: &Sizes, after: &Sizes, messages: usize) {
    println!("{:<28} {:>10} {:>10}   bytes a message over {messages}", "table or index", "in use", "in file");
    let (mut used_all, mut file_all) = (0.0, 0.0);
    for (name, (used, file)) in after {
        let (used_before, file_before) = before.get(name).copied().unwrap_or_default();
        let each = |grown: i64| grown as f64 / messages as f64;
        let (used, file) = (each(used - used_before), each(file - file_before));
        if file > 0.0 || used > 0.0 {
            println!("{name:<28} {used:>10.1} {file:>10.1}");
        }
        used_all += used;
        file_all += file;
    }
    println!("{:<28} {used_all:>10.1} {file_all:>10.1}   goal {GOAL}; its text {} bytes", "all", TEXT.len());
}
