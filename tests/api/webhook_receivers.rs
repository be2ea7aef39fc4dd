//! Receivers of all kinds: their connections are kept and replaced, and the bad ones are never in the way of the good.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use partyline::courier::Couriers;
use partyline::id::{AccountId, WorkspaceId};
use partyline::inbox::receive::receive_message;
use partyline::workspace::tokens::Scope;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use transport::{Address, Incoming, IncomingBody, Sender};

use crate::kit::{ECHO, Engine, Receiver, TestApp};
use crate::webhook_deliveries::{deliver, deliveries, listen_to, webhook};

/// How late a slow receiver answers, and still in time.
const LATE: Duration = Duration::from_millis(4_000);

/// Answers so many posts on each connection, and hangs up when the next one has come. Where it listens, how many connections
/// it had, and the ids of what it answered.
async fn impatient_receiver(posts_max: usize) -> (String, Arc<AtomicUsize>, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let (connections, answered) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let (counted, noted) = (Arc::clone(&connections), Arc::clone(&answered));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let noted = Arc::clone(&noted);
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                for number in 0.. {
                    let id = whole_post(&mut stream).await?;
                    if number == posts_max {
                        break;
                    }
                    noted.lock().expect("no panic").push(id);
                    stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await?;
                }
                std::io::Result::Ok(())
            });
        }
    });
    (url, connections, answered)
}

/// Reads one post; its `webhook-id`.
async fn whole_post(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name {
            "webhook-id" => value.clone_into(&mut id),
            "content-length" => length = value.parse().expect("a number"),
            _ => {}
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    Ok(id)
}

#[tokio::test]
async fn deliveries_share_a_connection_and_one_that_was_closed_is_no_failure() {
    for engine in Engine::all() {
        let stage = TestApp::on(engine).await;
        let (owner, (url, connections, answered)) = (stage.token().await, impatient_receiver(2).await);
        let (id, _) = listen_to(&owner, "message:sent:new", &url).await;
        for number in 0..5 {
            owner.send(ECHO, &format!("{number}")).await;
            deliver(&stage).await;
        }
        assert_eq!(connections.load(Ordering::SeqCst), 3, "two posts each, and the closed ones replaced");
        let mut ids = answered.lock().expect("no panic").clone();
        ids.dedup();
        assert_eq!(ids.len(), 5);
        assert_eq!(webhook(&owner, id).await["errors_counter"], 0);
        for one in deliveries(&owner, id).await {
            assert_eq!((&one["state"], &one["attempts"]), (&json!("delivered"), &json!(1)), "nobody hears of it");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_hangs_does_not_hold_up_the_others_of_its_workspace() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
    listen_to(&owner, "message:new", &bad_receiver("", false).await).await;
    listen_to(&owner, "message:new", &url).await;
    // More than either may have under way.
    let messages = 120;
    for number in 0..messages {
        hear(&stage, stage.workspace, stage.account, number).await;
    }
    let (stop, began) = (CancellationToken::new(), Instant::now());
    let couriers = Couriers::start(stage.app.clone(), stop.clone());
    while receiver.heard().len() < messages {
        assert!(began.elapsed() < Duration::from_secs(4), "{} came", receiver.heard().len());
        tokio::task::yield_now().await;
    }
    stop.cancel();
    couriers.finished().await;
    assert_eq!(receiver.heard().len(), messages, "each once");
}

/// Listens and says nothing, or answers with this, for ever; what begins with a blank line is said late.
async fn bad_receiver(answer: &'static str, ever: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            if answer.is_empty() {
                held.push(stream);
                continue;
            }
            tokio::spawn(async move {
                if answer.starts_with("\r\n") {
                    tokio::time::sleep(LATE).await;
                }
                let mut said = stream.write_all(answer.trim_start().as_bytes()).await;
                while ever && said.is_ok() {
                    said = stream.write_all(&[b'x'; 65_536]).await;
                }
            });
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_bad_receivers_do_not_slow_a_good_one() {
    let stage = TestApp::on(Engine::Sqlite).await;
    let dead = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let bad = [
        format!("http://{dead}/"),
        bad_receiver("", false).await,
        bad_receiver("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n", false).await,
        bad_receiver("HTTP/1.1 200 OK\r\n\r\n", true).await,
        bad_receiver("nonsense\r\n\r\n", false).await,
        bad_receiver("\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", false).await,
    ];
    let mut victims = Vec::new();
    for _ in 0..5 {
        let (workspace, account) = stage.other_workspace().await;
        let owner = stage.token_of(workspace, Scope::Full, false).await;
        for number in 0..10 {
            listen_to(&owner, "message:new", &format!("{}{number}", bad[number % bad.len()])).await;
        }
        victims.push((workspace, account));
    }
    let (owner, (receiver, url)) = (stage.token().await, Receiver::listen().await);
    listen_to(&owner, "message:new", &url).await;
    let stop = CancellationToken::new();
    let couriers = Couriers::start(stage.app.clone(), stop.clone());
    let mut slowest = Duration::ZERO;
    for round in 0..30 {
        for (workspace, account) in &victims {
            hear(&stage, *workspace, *account, round).await;
        }
        hear(&stage, stage.workspace, stage.account, round).await;
        let committed = Instant::now();
        while receiver.heard().len() <= round {
            assert!(committed.elapsed() < Duration::from_secs(10), "the good one waits");
            tokio::task::yield_now().await;
        }
        slowest = slowest.max(committed.elapsed());
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?} from the commit to the good receiver");
    stop.cancel();
    couriers.finished().await;
}

async fn hear(stage: &TestApp, workspace: WorkspaceId, account: AccountId, number: usize) {
    let address = Address::from_phone("+12025550171");
    let incoming = Incoming {
        chat: address.clone(),
        chat_name: String::new(),
        sender: Sender { address, name: "Maria".into() },
        wamid: format!("W{number}"),
        at_ms: stage.clock.now().ms(),
        body: IncomingBody::Text("hello".into()),
        reply_to: None,
    };
    let uid = stage.app.ids.message_uid(stage.clock.now());
    stage.write(workspace, move |write| receive_message(write, account, uid, &incoming)).await;
}
