//! How fast messages go out through the Cloud API to a Graph that answers at once: as fast as Meta lets a new number send, as
//! fast as it lets a busy one, and without any limit; and how punctual what was held goes. The Graph runs in this process and
//! shares its cores; every write is durable.
//!
//! `cargo bench --bench cloud -- [seconds of sending at Meta's pace] [accounts] [held accounts] [messages without a limit]`

// A bench talks to the person at the terminal.
#![allow(clippy::print_stdout)]

#[path = "../tests/conformance/kit.rs"]
#[allow(dead_code)]
mod kit;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use database::{Config, Database, Location, Priority};
use kit::Kit;
use partyline::accounts::Supervisor;
use partyline::accounts::adding::add_cloud;
use partyline::accounts::cloud::NewCloud;
use partyline::accounts::health::record_state;
use partyline::app::{App, GraphPlace};
use partyline::clock::{Clock, Time};
use partyline::event_kind::Cause;
use partyline::id::AccountId;
use partyline::inbox::content::{Content, Recipient};
use partyline::inbox::receive::receive_message;
use partyline::inbox::send::{SendMessage, queue_message};
use partyline::inbox::values::{MessageText, Phone};
use partyline::message::Origin;
use partyline::store::MIGRATIONS;
use partyline::store::Write;
use partyline::store::accounts::account_list;
use partyline::store::outbox::outbox_count;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use transport::{AccountState, Address, Incoming, IncomingBody, Sender};

/// Contacts of an account: a chat goes in order, so one contact would measure the way there and back.
const CONTACTS: usize = 50;
/// Meta's ids of the numbers that are held once.
const HELD_FROM: usize = 9_000;

/// Meta, reduced to its answers.
#[derive(Default)]
struct Graph {
    sent: AtomicU64,
    connections: AtomicU64,
    /// When a held number was told so, and when it asked again.
    held: Mutex<HashMap<String, (Time, Option<Time>)>>,
    clock: Option<Clock>,
}

impl Graph {
    fn now(&self) -> Time {
        self.clock.as_ref().map_or(Time::NEVER, Clock::now)
    }
}

async fn number(Path((_, id)): Path<(String, String)>) -> Json<Value> {
    let number: usize = id.parse().unwrap_or(0);
    let phone = format!("1212666{number:04}");
    Json(json!({"id": id, "display_phone_number": phone, "verified_name": "Bench", "quality_rating": "GREEN"}))
}

async fn message(
    State(graph): State<Arc<Graph>>,
    Path((_, id)): Path<(String, String)>,
    Json(_): Json<Value>,
) -> Response {
    let number: usize = id.parse().unwrap_or(0);
    if number >= HELD_FROM {
        let mut held = graph.held.lock().expect("no panic");
        match held.get_mut(&id) {
            None => {
                held.insert(id, (graph.now(), None));
                let wait = 2 + number % 19;
                let error = json!({"error": {"code": 131_048, "message": "Spam rate limit hit"}});
                return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, wait.to_string())], Json(error))
                    .into_response();
            }
            Some((_, again)) => *again = again.or(Some(graph.now())),
        }
    }
    let wamid = format!("wamid.{}", graph.sent.fetch_add(1, Ordering::Relaxed));
    Json(json!({"messaging_product": "whatsapp", "messages": [{"id": wamid}]})).into_response()
}

async fn serve(graph: Arc<Graph>) -> String {
    let counted = Arc::clone(&graph);
    let routes = Router::new()
        .route("/{version}/{id}", get(number))
        .route("/{version}/{id}/messages", post(message))
        .with_state(graph);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let listener = listener.tap_io(move |_| {
        counted.connections.fetch_add(1, Ordering::Relaxed);
    });
    tokio::spawn(async move { axum::serve(listener, routes).await });
    url
}

#[tokio::main]
async fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let number = |at: usize, usual: usize| numbers.get(at).copied().unwrap_or(usual);
    let (seconds, accounts, held, messages) = (number(0, 5), number(1, 8), number(2, 40), number(3, 3_000));
    let graph = Arc::new(Graph { clock: Some(Clock::system()), ..Graph::default() });
    let url = serve(Arc::clone(&graph)).await;
    for (what, per_second, messages) in [
        ("a new number's 80 a second", 80, 80 * seconds),
        ("a busy number's 1,000 a second", 1_000, messages),
        ("no limit", u32::MAX, messages),
    ] {
        for accounts in [1, accounts] {
            flow(&graph, &url, (what, per_second), messages, accounts).await;
        }
    }
    println!("{held} accounts, each held once");
    punctuality(&graph, &url, held).await;
}

struct Bench {
    kit: Kit,
    _folder: tempfile::TempDir,
}

async fn bench(url: &str) -> Bench {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(Config::new(Location::File(folder.path().join("partyline.db")))).expect("a database");
    database.migrate(MIGRATIONS).expect("the schema");
    let kit = Kit::new(database, Clock::system(), 0.0).await;
    let place = GraphPlace { url: url.to_owned(), version: "v25.0".to_owned() };
    let app: App = kit.app.clone().with_graph(place);
    Bench { kit: Kit { app, ..kit }, _folder: folder }
}

impl Bench {
    async fn add(&self, number: usize) -> (AccountId, Phone) {
        let new = NewCloud {
            name: String::new(),
            phone_number_id: number.to_string(),
            business_id: "1".to_owned(),
            access_token: "a-token-of-the-bench".to_owned(),
            app_secret: "a-secret-of-the-bench".to_owned(),
        };
        let added = add_cloud(&self.kit.app, self.kit.workspace, Cause::Operator, new).await.expect("added");
        (added.account, Phone::parse("phone", &added.phone).expect("a phone"))
    }

    /// Meta says how fast it may send.
    async fn allow(&self, account: AccountId, per_second: u32) {
        let speed = AccountState::Speed { per_second };
        let work = move |write: &mut Write<'_, '_>| record_state(write, account, &speed);
        self.kit.app.write(self.kit.workspace, Priority::Foreground, work).await.expect("noted");
    }

    /// The contact writes, so that anything may be said to them.
    async fn open(&self, account: AccountId, phone: &str) {
        let app = &self.kit.app;
        let address = Address::from_phone(phone);
        let said = Incoming {
            chat: address.clone(),
            chat_name: String::new(),
            sender: Sender { address, name: String::new() },
            wamid: format!("opener of {phone}"),
            at_ms: app.clock.now().ms(),
            body: IncomingBody::Text("Hello?".to_owned()),
            reply_to: None,
        };
        let uid = app.ids.message_uid(app.clock.now());
        let work = move |write: &mut Write<'_, '_>| receive_message(write, account, uid, &said).map(drop);
        app.write(self.kit.workspace, Priority::Foreground, work).await.expect("received");
    }

    async fn accept(&self, from: &Phone, to: &str, text: &str) {
        let app = &self.kit.app;
        let request = SendMessage {
            uid: app.ids.message_uid(app.clock.now()),
            wamid: app.ids.wamid(),
            to: Recipient::phone(&Phone::parse("phone", to).expect("a phone")),
            account: Some(from.clone()),
            content: Content::new(Some(MessageText::parse("text", text).expect("a text")), None).expect("content"),
            reply_to: None,
            label: None,
            chat_name: None,
            origin: Origin::PublicApi,
            send_at: None,
        };
        let caller = self.kit.caller();
        let work = move |write: &mut Write<'_, '_>| queue_message(write, &caller, &request);
        app.write(self.kit.workspace, Priority::Foreground, work).await.expect("accepted");
    }

    async fn waiting(&self) -> i64 {
        let workspace = self.kit.workspace;
        self.kit.app.read(move |snapshot| Ok(outbox_count(snapshot, workspace)?)).await.expect("a count")
    }
}

async fn flow(graph: &Graph, url: &str, (what, per_second): (&str, u32), messages: usize, accounts: usize) {
    let bench = bench(url).await;
    for number in 1..=accounts {
        let (account, phone) = bench.add(number).await;
        bench.allow(account, per_second).await;
        for contact in 0..CONTACTS {
            bench.open(account, &format!("+1212555{contact:04}")).await;
        }
        for sent in 0..messages {
            bench.accept(&phone, &format!("+1212555{:04}", sent % CONTACTS), &format!("message {sent}")).await;
        }
    }
    let all = messages * accounts;
    let (before, began) = (graph.sent.load(Ordering::Relaxed), Instant::now());
    let shutdown = CancellationToken::new();
    let supervisor = Supervisor::start(bench.kit.app.clone(), shutdown.clone());
    while bench.waiting().await > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (took, sent) = (began.elapsed(), graph.sent.load(Ordering::Relaxed) - before);
    let each = all as f64 / took.as_secs_f64() / accounts as f64;
    println!(
        "{what}, {accounts} account(s): {all} in {took:.2?}: {:.0} sends/s, {each:.0} for each account; the Graph got {sent} \
         on {} connections",
        each * accounts as f64,
        graph.connections.swap(0, Ordering::Relaxed)
    );
    assert_eq!(sent, all as u64, "each once");
    shutdown.cancel();
    supervisor.finished().await;
}

async fn punctuality(graph: &Graph, url: &str, held: usize) {
    let bench = bench(url).await;
    for number in HELD_FROM..HELD_FROM + held {
        let (account, phone) = bench.add(number).await;
        bench.open(account, "+12125550000").await;
        bench.accept(&phone, "+12125550000", "held").await;
    }
    let shutdown = CancellationToken::new();
    let supervisor = Supervisor::start(bench.kit.app.clone(), shutdown.clone());
    let mut shown: HashMap<String, Time> = HashMap::new();
    while bench.waiting().await > 0 {
        let workspace = bench.kit.workspace;
        let rows = bench.kit.app.read(move |tx| Ok(account_list(tx, workspace)?)).await.expect("a read");
        for row in rows.into_iter().filter(|row| row.health == "held") {
            shown.insert(row.phone, row.health_until);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let told = graph.held.lock().expect("no panic").clone();
    let mut late: Vec<i64> = Vec::new();
    for (id, (_, again)) in &told {
        let number: usize = id.parse().expect("a number");
        let until = shown.get(&format!("+1212666{number:04}")).copied().expect("it was shown");
        late.push(again.expect("it went").ms() - until.ms());
    }
    late.sort_unstable();
    let at = |part: usize| late[(late.len() * part / 100).min(late.len() - 1)];
    println!(
        "  went after the time that was shown, ms: p50 {}, p95 {}, latest {}, earliest {}",
        at(50),
        at(95),
        at(100),
        late[0]
    );
    shutdown.cancel();
    supervisor.finished().await;
}
