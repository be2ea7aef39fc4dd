//! How fast messages flow from the outbox through the sandbox to Read, echo included, every write durable.
//!
//! `cargo bench --bench flow -- [messages] [contacts] [until]`: one contact is the hardest case, since a chat goes strictly in
//! order. With `until` it stops once so many have gone, which with many waiting is quick.

// A bench talks to the person at the terminal.
#![allow(clippy::print_stdout)]

#[path = "../tests/conformance/kit.rs"]
#[allow(dead_code)]
mod kit;

use std::time::{Duration, Instant};

use database::{Config, Database, Location};
use kit::Kit;
use partyline::accounts::Supervisor;
use partyline::clock::Clock;
use partyline::message::{Origin, Status};
use partyline::store::MIGRATIONS;
use partyline::store::outbox::outbox_count;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let messages = numbers.first().copied().unwrap_or(10_000);
    let contacts = numbers.get(1).copied().unwrap_or(1);
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(Config::new(Location::File(folder.path().join("partyline.db")))).expect("a database");
    database.migrate(MIGRATIONS).expect("the schema");
    let until = numbers.get(2).copied().unwrap_or(messages).min(messages);
    let kit = Kit::new(database, Clock::system(), 0.0).await;
    let began = Instant::now();
    let mut last = None;
    for number in 0..messages {
        let to = if contacts == 1 { "+12025550100".into() } else { format!("+1212555{:04}", number % contacts) };
        last = Some(kit.try_accept(&to, &format!("message {number}"), Origin::PublicApi).await.expect("accepted"));
    }
    report("accepted", messages, began.elapsed());
    let statistics = kit.app.database.statistics();
    let shutdown = CancellationToken::new();
    let began = Instant::now();
    let supervisor = Supervisor::start(kit.app.clone(), shutdown.clone());
    let goal = if contacts == 1 { Status::Read } else { Status::Delivered };
    let mut first = None;
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let workspace = kit.workspace;
        let waiting = kit.app.read(move |snapshot| Ok(outbox_count(snapshot, workspace)?)).await.expect("a count");
        if first.is_none() && waiting < i64::try_from(messages).unwrap_or(0) {
            first = Some(began.elapsed());
        }
        if until < messages && waiting <= i64::try_from(messages - until).unwrap_or(0) {
            break;
        }
        if waiting == 0 && kit.status(last.expect("a message")).await >= goal {
            break;
        }
    }
    report("through to the end", until, began.elapsed());
    println!("first gone after {first:?}");
    let after = kit.app.database.statistics();
    println!(
        "{:.1} writes, {:.1} statements, {:.2} commits a message",
        (after.writes - statistics.writes) as f64 / messages as f64,
        (after.statements - statistics.statements) as f64 / messages as f64,
        (after.batches - statistics.batches) as f64 / messages as f64,
    );
    shutdown.cancel();
    let began = Instant::now();
    supervisor.finished().await;
    println!("stopped in {:?}", began.elapsed());
}

fn report(what: &str, messages: usize, took: Duration) {
    println!("{what}: {messages} in {took:.2?}, {:.0} messages/s", messages as f64 / took.as_secs_f64());
}
