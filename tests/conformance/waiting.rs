//! Why messages wait, and who goes first: holds, accounts that are down, lost answers, urgency, many thousands.

use std::time::Duration;

use partyline::message::{Origin, Status};
use transport::{AccountState, Event, SendError, Verdict};

use crate::far::{Scripted, failure};
use crate::line::Line;
use crate::{ANYBODY, ECHO, NEVER_READS};

crate::on_rigs!(
    fixed,
    Fixed,
    a_held_account_waits_and_says_until_when,
    an_account_that_is_down_keeps_its_messages,
    a_lost_answer_is_asked_for_again_under_the_same_id,
    tries_come_to_an_end
);
crate::on_rigs!(assigned, Assigned, a_lost_answer_is_never_repeated, a_held_account_waits_and_says_until_when);
crate::on_rigs!(sandbox, Sandbox, replies_go_first, a_claim_costs_the_same_however_many_wait);

fn script(line: &Line) -> &Scripted {
    line.scripted().expect("a scripted far side")
}

async fn a_held_account_waits_and_says_until_when(mut line: Line) {
    let for_ = Duration::from_secs(600);
    script(&line).far().answers = vec![failure(Verdict::AccountHeld { for_ }, Some(131_048))];
    let tried = line.kit.accept(ECHO, "one").await;
    line.settle().await;
    let untried = line.kit.accept(ANYBODY, "two").await;
    let until = line.kit.now() + for_;
    line.run_for(Duration::from_secs(30)).await;
    let account = line.kit.account_row().await;
    assert_eq!((account.health.as_str(), account.health_until), ("held", until));
    assert!(account.health_reason.contains("131048"), "{}", account.health_reason);
    assert_eq!(line.kit.status(tried).await, Status::Sending);
    assert_eq!(line.kit.status(untried).await, Status::Pending);
    // The line coming and going doesn't shorten the hold.
    line.ear.hear(vec![Event::Account(AccountState::Connected)]).await.expect("stored");
    line.settle().await;
    assert!(line.received().await.is_empty());
    line.kit.advance(for_);
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.account_row().await.health, "connected");
    assert_eq!(line.kit.status(tried).await, Status::Read);
    assert_eq!(line.received().await.len(), 2);
}

async fn an_account_that_is_down_keeps_its_messages(mut line: Line) {
    script(&line).far().answers = vec![failure(Verdict::AccountDown, Some(190))];
    let first = line.kit.accept(ECHO, "one").await;
    line.settle().await;
    let second = line.kit.accept(ECHO, "two").await;
    line.run_for(Duration::from_secs(60)).await;
    assert_eq!(line.kit.account_row().await.health, "token_invalid");
    assert_eq!(line.kit.status(first).await, Status::Sending);
    assert_eq!(line.kit.status(second).await, Status::Pending);
    line.ear.hear(vec![Event::Account(AccountState::Connected)]).await.expect("stored");
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.texts_at(ECHO).await, ["one", "two"]);
}

async fn a_lost_answer_is_asked_for_again_under_the_same_id(mut line: Line) {
    script(&line).far().answers_are_lost = true;
    let uid = line.kit.accept(ECHO, "hello").await;
    line.settle().await;
    assert_eq!(line.kit.status(uid).await, Status::Sending);
    script(&line).far().answers_are_lost = false;
    line.run_for(Duration::from_secs(5)).await;
    assert_eq!(line.kit.statuses(uid).await.len(), 5);
    assert_eq!(line.texts_at(ECHO).await, ["hello"]);
}

async fn a_lost_answer_is_never_repeated(mut line: Line) {
    script(&line).far().answers_are_lost = true;
    let uid = line.kit.accept(ECHO, "hello").await;
    let next = line.kit.accept(ECHO, "next").await;
    line.worker.turn().await.expect("handed over");
    tokio::task::yield_now().await;
    script(&line).far().answers_are_lost = false;
    line.run_for(Duration::from_secs(3600)).await;
    assert_eq!(line.texts_at(ECHO).await, ["hello", "next"]);
    assert_eq!(line.kit.status(uid).await, Status::Sending);
    assert_eq!(line.kit.status(next).await, Status::Read);
}

async fn tries_come_to_an_end(mut line: Line) {
    let refusal: SendError = failure(Verdict::Retry { after: Duration::ZERO }, Some(131_000));
    script(&line).far().answers = vec![refusal; 100];
    let uid = line.kit.accept(ECHO, "hello").await;
    for _ in 0..200 {
        line.settle().await;
        line.kit.advance(Duration::from_secs(60));
    }
    assert_eq!(line.kit.statuses(uid).await, [Status::Pending, Status::Sending, Status::Failed]);
    let failure = line.kit.message(uid).await.message.failure.expect("a reason");
    assert!(failure.details.contains("20 tries"), "{}", failure.details);
    assert_eq!(line.kit.credits_used().await, 0);
}

async fn replies_go_first(mut line: Line) {
    // Echo has written before, so it gets a reply; the others are cold or mass.
    line.kit.accept(ECHO, "hello").await;
    line.run_for(Duration::from_secs(2)).await;
    line.kit.try_accept(ANYBODY, "mass", Origin::MassMessaging).await.expect("accepted");
    line.kit.accept(NEVER_READS, "cold").await;
    line.kit.accept(ECHO, "reply").await;
    let order = {
        let look = |snapshot: &mut database::Snapshot<'_>, workspace, account| {
            partyline::store::outbox::outbox_ready(snapshot, workspace, account, 10)
        };
        let rows = line.kit.read(look).await;
        let none = std::collections::HashSet::new();
        let choice = partyline::accounts::choice::choose(rows, &none, line.kit.now(), 10, Default::default());
        choice.rows.into_iter().map(|row| row.class).collect::<Vec<_>>()
    };
    assert_eq!(order, [0, 2, 3]);
    line.settle().await;
    assert_eq!(line.received().await.len(), 4);
}

/// Counted in statements, not in seconds; `benches/flow.rs` takes the time with a hundred thousand.
async fn a_claim_costs_the_same_however_many_wait(mut line: Line) {
    for number in 0..300 {
        line.kit.accept(ANYBODY, &format!("message {number}")).await;
    }
    let before = line.kit.app.database.statistics();
    let turn = line.worker.turn().await.expect("a turn");
    assert_eq!(turn.handed_over, 1);
    let statements = line.kit.app.database.statistics().statements - before.statements;
    assert!(statements < 30, "{statements} statements for one claim");
}
