//! The ordinary way of messages, there and back.

use std::collections::HashMap;
use std::time::Duration;

use partyline::event_kind::Kind;
use partyline::message::Status;
use partyline::transports::sandbox::Sandbox;
use transport::{Address, Event, Receipt, ReceiptStatus};

use crate::line::{Line, Rig};
use crate::{ANYBODY, ECHO, NEVER_READS, NOT_ON_WHATSAPP, OFFLINE, SLOW_READER, THROTTLED};

const ALL_STATUSES: [Status; 5] = [Status::Pending, Status::Sending, Status::Sent, Status::Delivered, Status::Read];

crate::on_every_rig!(
    a_message_goes_through_every_status_once_and_an_answer_comes_back,
    doubled_late_and_unknown_receipts_change_nothing,
    a_receipt_that_overtakes_the_answer_loses_no_status,
    many_chats_keep_their_orders,
    a_refused_message_fails_and_gives_its_credit_back,
    a_throttled_message_goes_later_and_holds_only_its_own_chat,
    the_log_has_no_gap_and_tells_each_status_once,
    numbers_are_told_apart,
);

async fn a_message_goes_through_every_status_once_and_an_answer_comes_back(mut line: Line) {
    let uid = line.kit.accept(ECHO, "hello").await;
    assert_eq!(line.kit.statuses(uid).await, [Status::Pending]);
    line.settle().await;
    assert_eq!(line.kit.statuses(uid).await, ALL_STATUSES[..3]);
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.statuses(uid).await, ALL_STATUSES);
    assert_eq!(line.texts_at(ECHO).await, ["hello"]);
    let chat = line.kit.message(uid).await.message.chat;
    assert_eq!(line.kit.incoming_texts(chat).await, ["hello"]);
    assert!(line.kit.outbox(chat).await.is_empty());
}

async fn doubled_late_and_unknown_receipts_change_nothing(mut line: Line) {
    let uid = line.kit.accept(ECHO, "hello").await;
    line.run_for(Duration::from_secs(2)).await;
    let before = line.kit.events().await;
    let wamid = line.kit.message(uid).await.message.wamid;
    let at_ms = line.kit.now().ms();
    let late = ReceiptStatus::Failed { code: None, title: "Late".into(), details: String::new() };
    for wamid in [wamid.as_str(), "3EB0UNKNOWN"] {
        for status in [ReceiptStatus::Read, ReceiptStatus::Delivered, ReceiptStatus::Sent, late.clone()] {
            let receipt = Receipt { wamid: wamid.to_owned(), participant: None, status, at_ms };
            line.ear.hear(vec![Event::Receipt(receipt.clone()), Event::Receipt(receipt)]).await.expect("stored");
        }
    }
    line.settle().await;
    assert_eq!(line.kit.statuses(uid).await, ALL_STATUSES);
    assert_eq!(line.kit.events().await, before);
}

async fn a_receipt_that_overtakes_the_answer_loses_no_status(mut line: Line) {
    if !line.has_fixed_ids() {
        // Nobody can name the message before its id is known.
        return;
    }
    let uid = line.kit.accept(ANYBODY, "hello").await;
    let wamid = line.kit.message(uid).await.message.wamid;
    line.worker.turn().await.expect("handed over");
    let receipt = Receipt { wamid, participant: None, status: ReceiptStatus::Read, at_ms: line.kit.now().ms() };
    line.ear.hear(vec![Event::Receipt(receipt)]).await.expect("stored");
    line.settle().await;
    let expected = [Status::Pending, Status::Sending, Status::Sent, Status::Read];
    assert_eq!(line.kit.statuses(uid).await, expected);
    assert!(line.kit.outbox(line.kit.message(uid).await.message.chat).await.is_empty());
}

async fn many_chats_keep_their_orders(mut line: Line) {
    let phones = [ECHO, ANYBODY, THROTTLED, NEVER_READS];
    let mut expected: HashMap<&str, Vec<String>> = HashMap::new();
    for number in 0..40 {
        let phone = phones[number % phones.len()];
        line.kit.accept(phone, &format!("message {number}")).await;
        expected.entry(phone).or_default().push(format!("message {number}"));
    }
    let echo_chat = line.kit.message(line.kit.accept(ECHO, "last").await).await.message.chat;
    expected.entry(ECHO).or_default().push("last".into());
    line.run_for(Duration::from_secs(30)).await;
    for phone in phones {
        assert_eq!(line.texts_at(phone).await, expected[phone], "{phone}");
    }
    assert_eq!(line.kit.incoming_texts(echo_chat).await, expected[ECHO]);
}

async fn a_refused_message_fails_and_gives_its_credit_back(mut line: Line) {
    let refused = line.kit.accept(NOT_ON_WHATSAPP, "hello").await;
    let behind = line.kit.accept(NOT_ON_WHATSAPP, "again").await;
    line.kit.accept(ANYBODY, "hello").await;
    assert_eq!(line.kit.credits_used().await, 3);
    line.run_for(Duration::from_secs(1)).await;
    for uid in [refused, behind] {
        assert_eq!(line.kit.statuses(uid).await, [Status::Pending, Status::Sending, Status::Failed]);
        let failure = line.kit.message(uid).await.message.failure.expect("a reason");
        assert_eq!(failure.code, Some(131_026));
    }
    assert_eq!(line.kit.credits_used().await, 1);
    assert!(line.texts_at(NOT_ON_WHATSAPP).await.is_empty());
}

async fn a_throttled_message_goes_later_and_holds_only_its_own_chat(mut line: Line) {
    let mut uids = Vec::new();
    for number in 1..=4 {
        uids.push(line.kit.accept(THROTTLED, &format!("message {number}")).await);
    }
    let other = line.kit.accept(ANYBODY, "hello").await;
    line.settle().await;
    // Refused on the third send: to readers it stays where it was, and its row says why.
    assert_eq!(line.kit.status(uids[2]).await, Status::Sending);
    assert_eq!(line.kit.status(uids[3]).await, Status::Pending);
    assert_eq!(line.kit.status(other).await, Status::Sent);
    let chat = line.kit.message(uids[2]).await.message.chat;
    let row = line.kit.outbox(chat).await.remove(0);
    assert!(row.reason.contains("130429"), "{}", row.reason);
    assert_eq!(row.not_before, line.kit.now() + Duration::from_secs(2));
    line.run_for(Duration::from_secs(3)).await;
    assert_eq!(line.kit.statuses(uids[2]).await, ALL_STATUSES[..4]);
    assert_eq!(line.texts_at(THROTTLED).await, ["message 1", "message 2", "message 3", "message 4"]);
}

async fn the_log_has_no_gap_and_tells_each_status_once(mut line: Line) {
    let uid = line.kit.accept(ECHO, "hello").await;
    line.kit.accept(NOT_ON_WHATSAPP, "hello").await;
    line.run_for(Duration::from_secs(2)).await;
    let events = line.kit.events().await;
    let seqs: Vec<i64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=i64::try_from(events.len()).expect("few")).collect::<Vec<_>>());
    let of_message = events.iter().filter(|event| event.message == Some(uid) && event.kind == Kind::MessageStatus);
    let told: Vec<&str> = of_message.map(|event| event.detail.as_str()).collect();
    assert_eq!(told, ["Sending", "Sent", "Delivered", "Read"]);
}

async fn numbers_are_told_apart(line: Line) {
    let transport = line.rig.transport();
    for (phone, expected) in [(ECHO, true), (ANYBODY, true), (NOT_ON_WHATSAPP, false)] {
        let known = transport.check_number(&Address::from_phone(phone)).await.expect("an answer");
        assert_eq!(known, expected, "{phone}");
    }
}

crate::on_rigs!(sandbox_only, Sandbox, contacts_take_their_time, a_phone_that_is_off_gets_it_all_when_it_is_on);

async fn contacts_take_their_time(mut line: Line) {
    let slow = line.kit.accept(SLOW_READER, "hello").await;
    let never = line.kit.accept(NEVER_READS, "hello").await;
    line.run_for(Duration::from_millis(1_900)).await;
    assert_eq!(line.kit.status(slow).await, Status::Sent);
    line.run_for(Duration::from_secs(50)).await;
    assert_eq!(line.kit.status(slow).await, Status::Delivered);
    line.run_for(Duration::from_secs(10)).await;
    assert_eq!(line.kit.status(slow).await, Status::Read);
    assert_eq!(line.kit.status(never).await, Status::Delivered);
}

async fn a_phone_that_is_off_gets_it_all_when_it_is_on(mut line: Line) {
    let first = line.kit.accept(OFFLINE, "one").await;
    line.run_for(Duration::from_secs(30)).await;
    assert_eq!(line.kit.status(first).await, Status::Sent);
    let Rig::Sandbox(sandbox) = line.rig.clone() else { unreachable!("the sandbox's own scenario") };
    let address = Address::from_phone(OFFLINE);
    Sandbox::set_online(&sandbox, &address, true).await.expect("switched on");
    let second = line.kit.accept(OFFLINE, "two").await;
    line.run_for(Duration::from_secs(2)).await;
    for uid in [first, second] {
        assert_eq!(line.kit.statuses(uid).await, ALL_STATUSES);
    }
    sandbox.set_online(&address, false).await.expect("switched off");
    let third = line.kit.accept(OFFLINE, "three").await;
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(third).await, Status::Sent);
}
