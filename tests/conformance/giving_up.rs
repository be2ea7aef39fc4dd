//! Giving an account up, in whatever state it is and whatever its worker does meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use database::Priority;
use partyline::accounts::Supervisor;
use partyline::accounts::adding::{AddedCloud, add_cloud};
use partyline::accounts::cloud::NewCloud;
use partyline::accounts::health::{Health, set_health};
use partyline::accounts::manage::unlink_account;
use partyline::app::GraphPlace;
use partyline::clock::{Clock, Time};
use partyline::event_kind::Cause;
use partyline::id::MessageUid;
use partyline::message::Status;
use partyline::store::Write;
use partyline::store::accounts::account_link;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::engine::{Engine, Stage};
use crate::kit::Kit;
use crate::line::Line;
use crate::{ANYBODY, ECHO};

crate::on_rigs!(fixed, Fixed, a_number_is_given_up_at_once_in_every_state);

/// What unlinking may take.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

async fn write(kit: &Kit, work: impl Fn(&mut Write<'_, '_>) -> Result<(), partyline::error::Error> + Send + 'static) {
    kit.app.write(kit.workspace, Priority::Foreground, work).await.expect("written");
}

async fn a_number_is_given_up_at_once_in_every_state(mut line: Line) {
    let account = line.kit.account;
    let uid = line.kit.accept(ECHO, "hello").await;
    for health in Health::ALL.into_iter().filter(|health| *health != Health::Unlinked) {
        let until = if health.ends_by_itself() { line.kit.now() + Duration::from_secs(3_600) } else { Time::NEVER };
        let becomes = move |write: &mut Write<'_, '_>| set_health(write, account, health, "as rehearsed", until);
        write(&line.kit, becomes).await;
        assert_eq!(line.kit.account_row().await.health, health.as_str());
        write(&line.kit, move |write| unlink_account(write, account)).await;
        assert_eq!(line.kit.account_row().await.health, "unlinked", "{health:?}");
        line.run_for(FIVE_SECONDS).await;
        assert!(line.received().await.is_empty(), "{health:?}");
        assert_eq!(line.kit.status(uid).await, Status::Pending, "it waits");
        write(&line.kit, move |write| Ok(account_link(write, account, Health::Connected.as_str())?)).await;
    }
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.texts_at(ECHO).await, ["hello"]);
}

/// Which requests a Graph leaves without an answer, while it hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hangs {
    /// By which a worker starts.
    Questions,
    Sends,
}

/// A Graph that takes requests and, while it hangs, says nothing to some.
struct Graph {
    hangs: Hangs,
    is_hanging: AtomicBool,
    /// Requests that hang now.
    hanging: AtomicUsize,
    changed: Notify,
    sends: AtomicUsize,
    url: String,
}

impl Graph {
    async fn serve(hangs: Hangs) -> Arc<Graph> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let graph = Arc::new(Graph {
            hangs,
            is_hanging: AtomicBool::new(false),
            hanging: AtomicUsize::new(0),
            changed: Notify::new(),
            sends: AtomicUsize::new(0),
            url: format!("http://{}", listener.local_addr().expect("an address")),
        });
        let own = Arc::clone(&graph);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let graph = Arc::clone(&own);
                tokio::spawn(async move { graph.answer(stream).await });
            }
        });
        graph
    }

    async fn answer(&self, mut stream: TcpStream) {
        let (mut asked, mut piece) = (Vec::new(), [0; 4_096]);
        while !asked.windows(4).any(|part| part == b"\r\n\r\n") {
            match stream.read(&mut piece).await {
                Ok(count) if count > 0 => asked.extend_from_slice(&piece[..count]),
                _ => return,
            }
        }
        let is_send = asked.starts_with(b"POST");
        let hangs = if is_send { Hangs::Sends } else { Hangs::Questions };
        if self.hangs == hangs && self.is_hanging.load(Ordering::SeqCst) {
            self.hanging.fetch_add(1, Ordering::SeqCst);
            self.changed.notify_waiters();
            // Nothing is said, until the other side goes.
            while matches!(stream.read(&mut piece).await, Ok(1..)) {}
            self.hanging.fetch_sub(1, Ordering::SeqCst);
            self.changed.notify_waiters();
            return;
        }
        let body = match is_send {
            true => format!(r#"{{"messages":[{{"id":"wamid.{}"}}]}}"#, self.sends.fetch_add(1, Ordering::SeqCst)),
            false => r#"{"id":"106","display_phone_number":"1 919 555 0147","verified_name":"Shop","data":[]}"#.into(),
        };
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
        let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    /// Waits until so many requests hang.
    async fn has_hanging(&self, wanted: usize) -> bool {
        for _ in 0..400 {
            let changed = self.changed.notified();
            if self.hanging.load(Ordering::SeqCst) == wanted {
                return true;
            }
            let _ = tokio::time::timeout(Duration::from_millis(50), changed).await;
        }
        false
    }
}

async fn added(kit: &Kit) -> AddedCloud {
    let new = NewCloud {
        name: "Shop".into(),
        phone_number_id: "106".into(),
        business_id: "102".into(),
        access_token: "a-token-of-Metas".into(),
        app_secret: "a-secret-of-Metas".into(),
    };
    add_cloud(&kit.app, kit.workspace, Cause::Operator, new).await.expect("added")
}

/// Lets time pass for a server that runs, which looks at its rows many times a step.
async fn passes(kit: &Kit, span: Duration) {
    for _ in 0..10 {
        kit.advance(span / 10);
        let bell = kit.app.wakes.of(kit.workspace);
        let _ = tokio::time::timeout(Duration::from_millis(50), bell.notified()).await;
    }
}

async fn becomes_sent(kit: &Kit, uid: MessageUid) {
    for _ in 0..400 {
        if kit.status(uid).await >= Status::Sent {
            return;
        }
        passes(kit, Duration::from_millis(200)).await;
    }
    panic!("never sent: {:?}", kit.statuses(uid).await);
}

async fn is_given_up_though_it_hangs(hangs: Hangs) {
    let stage = Stage::set(Engine::Sqlite);
    let kit = Kit::new(stage.open(), Clock::mock(Time::from_ms(1_790_000_000_000)), 1.0).await;
    let graph = Graph::serve(hangs).await;
    let app = kit.app.clone().with_graph(GraphPlace { url: graph.url.clone(), version: "v25.0".into() });
    let mut kit = Kit { app, ..kit };
    let account = added(&kit).await.account;
    kit.account = account;
    graph.is_hanging.store(true, Ordering::SeqCst);
    let uid = kit.accept(ANYBODY, "hello").await;
    let shutdown = CancellationToken::new();
    let supervisor = Supervisor::start(kit.app.clone(), shutdown.clone());
    assert!(graph.has_hanging(1).await, "the worker is held up");
    write(&kit, move |write| unlink_account(write, account)).await;
    passes(&kit, FIVE_SECONDS).await;
    assert!(graph.has_hanging(0).await, "nobody waits for it any more");
    assert_eq!(kit.account_row().await.health, "unlinked");
    graph.is_hanging.store(false, Ordering::SeqCst);
    passes(&kit, FIVE_SECONDS).await;
    assert_eq!(graph.sends.load(Ordering::SeqCst), 0, "what was given up sends nothing");
    // Linked again it has a worker that works, and what waited goes; what may have gone doesn't go twice.
    assert_eq!(added(&kit).await.account, account);
    let next = kit.accept(ECHO, "next").await;
    becomes_sent(&kit, next).await;
    match hangs {
        Hangs::Questions => becomes_sent(&kit, uid).await,
        Hangs::Sends => assert_eq!(kit.status(uid).await, Status::Sending),
    }
    shutdown.cancel();
    supervisor.finished().await;
}

#[tokio::test]
async fn a_number_whose_worker_cannot_start_is_given_up_within_five_seconds() {
    is_given_up_though_it_hangs(Hangs::Questions).await;
}

#[tokio::test]
async fn a_number_whose_send_hangs_is_given_up_within_five_seconds() {
    is_given_up_though_it_hangs(Hangs::Sends).await;
}
