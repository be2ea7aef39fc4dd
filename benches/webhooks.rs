//! How fast events become recorded attempts at one quick receiver, beside a bare hyper client that posts the same bytes to
//! the same receiver in the same run, first over connections that it keeps, then over one for each.
//!
//! `cargo bench --bench webhooks -- [events]`. Every write is durable; the receiver is in this process.

// A bench talks to the person at the terminal.
#![allow(clippy::print_stdout)]

#[path = "../tests/conformance/kit.rs"]
#[allow(dead_code)]
mod kit;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
use partyline::clock::Clock;
use partyline::courier::Couriers;
use partyline::event_kind::Kind;
use partyline::id::ChatId;
use partyline::message::Origin;
use partyline::outbound::Policy;
use partyline::sealing::SealingKey;
use partyline::store::MIGRATIONS;
use partyline::store::events::{NewEvent, event_append};
use partyline::webhooks::{EventType, NewSecret, WebhookUrl, make_webhook};
use partyline::workspace::tokens::Caller;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Posts of the bare client at once: what a webhook's window comes to.
const AT_ONCE: usize = 32;
/// Events of one write that commits them.
const EVENTS_OF_A_WRITE: usize = 20;
const KEY: SealingKey = SealingKey::new([7; 32]);

#[tokio::main]
async fn main() {
    let events = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(20_000_usize);
    let (address, heard) = receiver().await;
    let kept = bare(&address, events, true).await;
    let single = bare(&address, events, false).await;
    let ours = ours(&address, &heard, events).await;
    println!("bare hyper client, connections kept: {kept:.0} posts/s");
    println!("bare hyper client, one connection each: {single:.0} posts/s");
    println!("events to recorded attempts: {ours:.0} a second");
    println!("of the bare client: {:.3} (kept), {:.3} (one each)", ours / kept, ours / single);
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
    while heard.load(Ordering::Relaxed) - before < events {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    stop.cancel();
    // Ends when the last attempt is recorded.
    couriers.finished().await;
    events as f64 / began.elapsed().as_secs_f64()
}
