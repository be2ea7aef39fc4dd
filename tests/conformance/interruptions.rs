//! What happens when somebody dies in the middle: nothing is lost, and nothing reaches a phone twice.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use partyline::message::Status;
use partyline::store::outbox::Stage;
use tokio::sync::Notify;
use transport::{Address, Event};

use crate::far::incoming;
use crate::line::{Cut, Forgetful, Line, Severed};
use crate::{ANYBODY, ECHO};

crate::on_every_rig!(
    killed_after_the_wire_a_phone_has_the_message_once,
    killed_before_the_wire_the_message_is_not_lost,
    killed_with_messages_waiting_they_go_in_order,
    an_event_told_again_is_stored_once,
    a_contact_writes_first_in_a_burst_with_doubles,
);

/// Accepts two messages of one chat and kills the server at the cut, with the first in between.
async fn killed(line: &mut Line, cut: Cut) -> [partyline::id::MessageUid; 2] {
    let uids = [line.kit.accept(ECHO, "one").await, line.kit.accept(ECHO, "two").await];
    let reached = Arc::new(Notify::new());
    let told = Arc::clone(&reached);
    line.through(|inner| Arc::new(Severed { inner, cut, reached: told })).await;
    line.worker.turn().await.expect("handed over");
    reached.notified().await;
    assert_eq!(line.kit.status(uids[0]).await, Status::Sending);
    uids
}

async fn killed_after_the_wire_a_phone_has_the_message_once(mut line: Line) {
    let uids = killed(&mut line, Cut::AfterTheWire).await;
    let mut line = line.restarted().await;
    line.run_for(Duration::from_secs(3)).await;
    assert_eq!(line.texts_at(ECHO).await, ["one", "two"]);
    assert_eq!(line.kit.status(uids[1]).await, Status::Read);
    // Where our id comes back with its news, these settle what nobody knew.
    if line.has_fixed_ids() || line.hears_own_ids() {
        assert_eq!(line.kit.status(uids[0]).await, Status::Read);
        assert!(line.kit.outbox(line.kit.message(uids[0]).await.message.chat).await.is_empty());
        return;
    }
    stays_uncertain(&mut line, uids[0]).await;
}

async fn killed_before_the_wire_the_message_is_not_lost(mut line: Line) {
    let uids = killed(&mut line, Cut::BeforeTheWire).await;
    let mut line = line.restarted().await;
    line.run_for(Duration::from_secs(3)).await;
    assert_eq!(line.kit.status(uids[1]).await, Status::Read);
    if line.has_fixed_ids() {
        assert_eq!(line.texts_at(ECHO).await, ["one", "two"]);
        assert_eq!(line.kit.status(uids[0]).await, Status::Read);
        return;
    }
    assert_eq!(line.texts_at(ECHO).await, ["two"]);
    stays_uncertain(&mut line, uids[0]).await;
}

/// Nobody can know whether it went: it is flagged, costs its credit, and nothing repeats it.
async fn stays_uncertain(line: &mut Line, uid: partyline::id::MessageUid) {
    line.run_for(Duration::from_secs(5)).await;
    let message = line.kit.message(uid).await.message;
    assert_eq!(message.status, Status::Sending);
    let rows = line.kit.outbox(message.chat).await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].message, rows[0].stage), (uid, Stage::Uncertain));
    assert!(!rows[0].reason.is_empty());
    assert_eq!(line.kit.credits_used().await, 2);
}

async fn killed_with_messages_waiting_they_go_in_order(mut line: Line) {
    let mut expected = Vec::new();
    for number in 0..30 {
        line.kit.accept(ECHO, &format!("message {number}")).await;
        expected.push(format!("message {number}"));
    }
    for _ in 0..5 {
        line.worker.turn().await.expect("a turn");
        line.worker.run_until_idle().await.expect("turns");
        line = line.restarted().await;
    }
    line.run_for(Duration::from_secs(3)).await;
    assert_eq!(line.texts_at(ECHO).await, expected);
}

async fn an_event_told_again_is_stored_once(mut line: Line) {
    let uid = line.kit.accept(ECHO, "hello").await;
    line.ear = Arc::new(Forgetful { inner: Arc::clone(&line.ear), times: AtomicUsize::new(4) });
    line.run_for(Duration::from_secs(10)).await;
    assert_eq!(line.kit.statuses(uid).await.len(), 5);
    let chat = line.kit.message(uid).await.message.chat;
    assert_eq!(line.kit.incoming_texts(chat).await, ["hello"]);
}

async fn a_contact_writes_first_in_a_burst_with_doubles(mut line: Line) {
    let from = Address::from_phone(ANYBODY);
    let at = line.kit.now();
    let messages =
        (0..60).map(|number| incoming(&from, &format!("3A{}", number % 50), &format!("{}", number % 50), at));
    line.ear.hear(messages.map(Event::Message).collect()).await.expect("stored");
    let uid = line.kit.accept(ANYBODY, "hello").await;
    line.settle().await;
    let chat = line.kit.message(uid).await.message.chat;
    let expected: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    assert_eq!(line.kit.incoming_texts(chat).await, expected);
    let unread =
        line.kit.read(move |snapshot, workspace, _| partyline::store::chats::chat_find(snapshot, workspace, chat));
    assert_eq!(unread.await.expect("the chat").unread, 50);
}
