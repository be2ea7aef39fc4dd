//! How fast events become recorded attempts at one quick receiver, beside a bare hyper client that posts the same bytes to
//! the same receiver in the same run, first over connections that it keeps, then over one for each. And how long after its
//! commit an event reaches healthy receivers that have fifty bad ones beside them: dead, slow, hanging, redirecting and huge,
//! nine in each workspace with a healthy one.
//!
//! `cargo bench --bench webhooks -- [events]`. Every write is durable; the receivers are in this process.

// A bench talks to the person at the terminal.
#![allow(clippy::print_stdout)]

#[path = "../tests/conformance/kit.rs"]
#[allow(dead_code)]
mod kit;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use database::{Config, Database, Location, Priority};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use kit::Kit;
use partyline::accounts::link_sandbox;
use partyline::app::App;
use partyline::clock::Clock;
use partyline::courier::Couriers;
use partyline::event_kind::Kind;
use partyline::id::{ChatId, WorkspaceId};
use partyline::message::Origin;
use partyline::outbound::Policy;
use partyline::sealing::SealingKey;
use partyline::store::MIGRATIONS;
use partyline::store::events::{NewEvent, event_append};
use partyline::webhooks::{EventType, NewSecret, WebhookUrl, make_webhook};
use partyline::workspace::settings::create_workspace;
use partyline::workspace::tokens::Caller;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Posts of the bare client at once: what a webhook's window comes to.
const AT_ONCE: usize = 32;
/// Events of one write that commits them.
const EVENTS_OF_A_WRITE: usize = 20;
/// Workspaces of the second part, and the bad receivers in each; with a healthy one that is all a workspace may have.
const WORKSPACES: usize = 6;
const BAD_OF_A_WORKSPACE: usize = 9;
/// Events of each workspace in the second part, and the pause between two of them.
const EVENTS_BESIDE: usize = 300;
const BEAT: Duration = Duration::from_millis(100);
/// How long the last events may take before the bench gives up on them.
const PATIENCE: Duration = Duration::from_secs(60);
const KEY: SealingKey = SealingKey::new([7; 32]);

#[tokio::main]
async fn main() {
    let wished = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(20_000_usize);
    let events = wished.max(AT_ONCE).next_multiple_of(AT_ONCE * EVENTS_OF_A_WRITE);
    let (address, heard) = receiver().await;
    let kept = bare(&address, events, true).await;
    let single = bare(&address, events, false).await;
    let ours = ours(&address, &heard, events).await;
    println!("bare hyper client, connections kept: {kept:.0} posts/s");
    println!("bare hyper client, one connection each: {single:.0} posts/s");
    println!("events to recorded attempts: {ours:.0} a second");
    println!("of the bare client: {:.3} (kept), {:.3} (one each)", ours / kept, ours / single);
    beside().await;
}

/// Answers 200 to everything; where it listens, and how much it heard.
async fn receiver() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let heard = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            let service = service_fn(move |request: Request<Incoming>| {
                let counted = Arc::clone(&counted);
                async move {
                    request.into_body().collect().await?;
                    counted.fetch_add(1, Ordering::Relaxed);
                    Ok::<_, hyper::Error>(Response::new(Full::<Bytes>::default()))
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, heard)
}

async fn connect(address: &str) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (sender, connection) = handshake(TokioIo::new(stream)).await.expect("it speaks");
    tokio::spawn(connection);
    sender
}

/// Posts a second of a client that does nothing else.
async fn bare(address: &str, posts: usize, keeps: bool) -> f64 {
    let body = Bytes::from("x".repeat(900));
    let began = Instant::now();
    let clients = (0..AT_ONCE).map(|_| {
        let (address, body) = (address.to_owned(), body.clone());
        tokio::spawn(async move {
            let mut sender = connect(&address).await;
            for _ in 0..posts / AT_ONCE {
                if !keeps {
                    sender = connect(&address).await;
                }
                let request = Request::post("/").header("host", &address).body(Full::new(body.clone()));
                let answer = sender.send_request(request.expect("a request")).await.expect("an answer");
                answer.into_body().collect().await.expect("its body");
                sender.ready().await.ok();
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.expect("it ends");
    }
    posts as f64 / began.elapsed().as_secs_f64()
}

/// Events a second from their commit to the record of their attempt.
async fn ours(address: &str, heard: &AtomicUsize, events: usize) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(Config::new(Location::File(folder.path().join("partyline.db")))).expect("a database");
    database.migrate(MIGRATIONS).expect("the schema");
    let policy = Policy::allowing(vec!["127.0.0.1/32".parse().expect("a network")]);
    let kit = Kit::speaking_to(database, Clock::system(), 0.0, policy.clone()).await;
    let app = kit.app.clone().sealing_with(KEY);
    let (workspace, new) = (kit.workspace, NewSecret::generate(&KEY, kit.workspace).expect("a secret"));
    let url = WebhookUrl::parse("url", &format!("http://{address}/"), &policy).expect("an address");
    let uid = kit.try_accept("+12025550100", "Your bike is ready", Origin::PublicApi).await.expect("accepted");
    let make = move |write: &mut partyline::store::Write<'_, '_>| {
        let caller = Caller::operator(workspace);
        let sent = EventType::parse("message:sent:new").expect("known");
        make_webhook(write, &caller, sent, &url, true, &new).map(drop)
    };
    app.write(workspace, Priority::Foreground, make).await.expect("a webhook");
    let before = heard.load(Ordering::Relaxed);
    let stop = CancellationToken::new();
    let couriers = Couriers::start(app.clone(), stop.clone());
    let began = Instant::now();
    for _ in 0..events / EVENTS_OF_A_WRITE {
        let happen = move |write: &mut partyline::store::Write<'_, '_>| {
            for _ in 0..EVENTS_OF_A_WRITE {
                let (chat, message) = (ChatId(1), Some(uid));
                event_append(write, NewEvent { kind: Kind::MessageSent, chat, message, detail: String::new() })?;
            }
            Ok(())
        };
        app.write(workspace, Priority::Foreground, happen).await.expect("written");
    }
    let deadline = Instant::now() + PATIENCE + Duration::from_millis(events as u64);
    while heard.load(Ordering::Relaxed) - before < events {
        assert!(Instant::now() < deadline, "only {} of {events} arrived", heard.load(Ordering::Relaxed) - before);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    stop.cancel();
    // Ends when the last attempt is recorded.
    couriers.finished().await;
    events as f64 / began.elapsed().as_secs_f64()
}

/// When which event of a workspace arrived first, by the workspace's place in the list and the event's seq.
type Arrived = Arc<Mutex<HashMap<(usize, i64), Instant>>>;

/// How a receiver is bad.
#[derive(Clone, Copy)]
enum Bad {
    Dead,
    Slow,
    Hanging,
    Redirecting,
    Huge,
}

const BAD: [Bad; 5] = [Bad::Dead, Bad::Slow, Bad::Hanging, Bad::Redirecting, Bad::Huge];

/// A bad receiver of its own; its address.
async fn bad(how: Bad) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    if matches!(how, Bad::Dead) {
        return url;
    }
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // However it ends, it is the other side that is measured.
            tokio::spawn(async move { misbehave(stream, how).await.ok() });
        }
    });
    url
}

async fn misbehave(mut stream: TcpStream, how: Bad) -> std::io::Result<()> {
    let mut request = vec![0; 16 * 1024];
    let _ = stream.read(&mut request).await?;
    let empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    match how {
        Bad::Dead => {}
        Bad::Slow => {
            tokio::time::sleep(Duration::from_millis(4_500)).await;
            stream.write_all(empty.as_bytes()).await?;
        }
        Bad::Hanging => drop(stream.read_to_end(&mut request).await?),
        Bad::Redirecting => {
            let elsewhere = empty.replace("200 OK", "302 Found\r\nLocation: http://127.0.0.1:9/");
            stream.write_all(elsewhere.as_bytes()).await?;
        }
        Bad::Huge => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000000\r\n\r\n").await?;
            loop {
                stream.write_all(&request).await?;
            }
        }
    }
    Ok(())
}

/// A receiver that answers at once and notes when each event came to it.
async fn healthy(workspace: usize, arrived: Arrived) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let arrived = Arc::clone(&arrived);
            let service = service_fn(move |request: Request<Incoming>| {
                let (at, id) =
                    (Instant::now(), request.headers()["webhook-id"].to_str().unwrap_or_default().to_owned());
                let seq = id.rsplit('_').next().and_then(|seq| seq.parse().ok()).unwrap_or(0);
                arrived.lock().expect("no panic").entry((workspace, seq)).or_insert(at);
                async move {
                    request.into_body().collect().await?;
                    Ok::<_, hyper::Error>(Response::new(Full::<Bytes>::default()))
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    url
}

async fn hear(app: &App, workspace: WorkspaceId, url: &str, policy: &Policy) {
    let url = WebhookUrl::parse("url", url, policy).expect("an address");
    let new = NewSecret::generate(&KEY, workspace).expect("a secret");
    let make = move |write: &mut partyline::store::Write<'_, '_>| {
        let changed = EventType::parse("workspace:changed").expect("known");
        make_webhook(write, &Caller::operator(workspace), changed, &url, true, &new).map(drop)
    };
    app.write(workspace, Priority::Foreground, make).await.expect("a webhook");
}

/// How long after its commit an event reaches the healthy receivers.
async fn beside() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = Database::open(Config::new(Location::File(folder.path().join("partyline.db")))).expect("a database");
    database.migrate(MIGRATIONS).expect("the schema");
    let policy = Policy::allowing(vec!["127.0.0.1/32".parse().expect("a network")]);
    let kit = Kit::speaking_to(database, Clock::system(), 0.0, policy.clone()).await;
    let app = kit.app.clone().sealing_with(KEY);
    let (arrived, mut workspaces) = (Arrived::default(), Vec::new());
    for number in 0..WORKSPACES {
        let now = app.clock.now();
        let make = move |tx: &mut database::Tx<'_>| create_workspace(tx, now, "Bench", "UTC");
        let workspace = app.database.write(0, Priority::Foreground, make).await.expect("a workspace");
        let link = |write: &mut partyline::store::Write<'_, '_>| link_sandbox(write, "Demo phone");
        app.write(workspace, Priority::Foreground, link).await.expect("an account");
        hear(&app, workspace, &healthy(number, Arc::clone(&arrived)).await, &policy).await;
        for at in 0..BAD_OF_A_WORKSPACE {
            let url = bad(BAD[(number * BAD_OF_A_WORKSPACE + at) % BAD.len()]).await;
            hear(&app, workspace, &url, &policy).await;
        }
        workspaces.push(workspace);
    }
    let stop = CancellationToken::new();
    let couriers = Couriers::start(app.clone(), stop.clone());
    let mut committed: HashMap<(usize, i64), Instant> = HashMap::new();
    let mut beat = tokio::time::interval(BEAT);
    for _ in 0..EVENTS_BESIDE {
        beat.tick().await;
        for (number, workspace) in workspaces.iter().enumerate() {
            let happen = |write: &mut partyline::store::Write<'_, '_>| {
                let (chat, detail) = (ChatId(0), String::new());
                event_append(write, NewEvent { kind: Kind::WorkspaceChanged, chat, message: None, detail })
            };
            let seq = app.write(*workspace, Priority::Foreground, happen).await.expect("written");
            committed.insert((number, seq), Instant::now());
        }
    }
    let deadline = Instant::now() + PATIENCE;
    while arrived.lock().expect("no panic").len() < committed.len() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    couriers.finished().await;
    let arrived = arrived.lock().expect("no panic").clone();
    let late = committed.iter().filter_map(|(event, at)| Some(arrived.get(event)?.saturating_duration_since(*at)));
    let mut late: Vec<Duration> = late.collect();
    late.sort_unstable();
    let part = |percent: usize| late[(late.len() - 1) * percent / 100];
    println!("beside {} bad receivers, from the commit to {WORKSPACES} healthy ones:", WORKSPACES * BAD_OF_A_WORKSPACE);
    println!("    {} of {} arrived", late.len(), committed.len());
    println!("    p50 {:.1?}, p95 {:.1?}, p99 {:.1?}, longest {:.1?}", part(50), part(95), part(99), part(100));
}
