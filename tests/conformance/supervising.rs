//! The workers as the server runs them: on their own, under the supervisor. The clock is still the test's; what is waited
//! for is a bell, never a span of time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use database::Priority;
use partyline::accounts::{Supervisor, link_sandbox};
use partyline::id::MessageUid;
use partyline::message::Status;
use tokio_util::sync::CancellationToken;
use transport::{Accepted, Address, Capabilities, Ear, FileBytes, Kind, Outgoing, Pending, SendError, Transport};

use crate::ECHO;
use crate::line::Line;

crate::on_rigs!(sandbox, Sandbox, a_server_carries_what_waits_and_new_accounts_too);
crate::on_rigs!(fixed, Fixed, a_transport_that_panics_over_a_message_is_asked_again);

async fn a_server_carries_what_waits_and_new_accounts_too(line: Line) {
    let waiting = line.kit.accept(ECHO, "one").await;
    let shutdown = CancellationToken::new();
    let supervisor = Supervisor::start(line.kit.app.clone(), shutdown.clone());
    comes_to_be_read(&line, waiting).await;
    line.kit.advance(Duration::from_secs(1));
    let link = |write: &mut partyline::store::Write<'_, '_>| link_sandbox(write, "Second phone");
    let second = line.kit.app.write(line.kit.workspace, Priority::Foreground, link).await.expect("linked");
    // The most recently linked account is the one that sends.
    let uid = line.kit.accept(ECHO, "two").await;
    assert_eq!(line.kit.message(uid).await.message.account, second);
    comes_to_be_read(&line, uid).await;
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(5), supervisor.finished()).await.expect("stopped in time");
}

async fn comes_to_be_read(line: &Line, uid: MessageUid) {
    let bell = line.kit.app.wakes.of(line.kit.workspace);
    for _ in 0..2_000 {
        let rung = bell.notified();
        if line.kit.status(uid).await == Status::Read {
            assert_eq!(line.kit.statuses(uid).await.len(), 5);
            return;
        }
        line.kit.advance(Duration::from_millis(20));
        // A hint only, as everywhere: acts of the sandbox ring no bell when they fall due.
        let _ = tokio::time::timeout(Duration::from_millis(20), rung).await;
    }
    panic!("never read: {:?}", line.kit.statuses(uid).await);
}

/// Panics over the first message.
struct Bomb {
    inner: Arc<dyn Transport>,
    burnt: AtomicBool,
}

impl Transport for Bomb {
    fn kind(&self) -> Kind {
        self.inner.kind()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn start(&self, ear: Arc<dyn Ear>) -> Pending<'_, Result<(), SendError>> {
        self.inner.start(ear)
    }

    fn stop(&self) -> Pending<'_, ()> {
        self.inner.stop()
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> Pending<'a, Result<Accepted, SendError>> {
        Box::pin(async move {
            assert!(self.burnt.swap(true, Ordering::SeqCst), "planted");
            self.inner.send(message).await
        })
    }

    fn fetch_file<'a>(&'a self, source: &'a str) -> Pending<'a, Result<FileBytes, SendError>> {
        self.inner.fetch_file(source)
    }

    fn mark<'a>(&'a self, _: &'a Address, _: &'a transport::Mark) -> Pending<'a, Result<(), SendError>> {
        Box::pin(async { Ok(()) })
    }

    fn check_number<'a>(&'a self, address: &'a Address) -> Pending<'a, Result<bool, SendError>> {
        self.inner.check_number(address)
    }
}

async fn a_transport_that_panics_over_a_message_is_asked_again(mut line: Line) {
    let uids = [line.kit.accept(ECHO, "one").await, line.kit.accept(ECHO, "two").await];
    line.through(|inner| Arc::new(Bomb { inner, burnt: AtomicBool::new(false) })).await;
    line.run_for(Duration::from_secs(5)).await;
    assert_eq!(line.texts_at(ECHO).await, ["one", "two"]);
    for uid in uids {
        assert_eq!(line.kit.status(uid).await, Status::Read);
    }
}
