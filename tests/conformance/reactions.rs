//! Our reactions on their way: in the chat's order, through a restart, and as WhatsApp has them in the end.

use std::time::Duration;

use partyline::message::Status;
use partyline::store::reactions::reaction_find;
use transport::Verdict;

use crate::far::failure;
use crate::line::{Cut, Line, Severed};
use crate::{NEVER_READS, THROTTLED};

crate::on_every_rig!(
    a_reaction_goes_behind_its_message_and_is_known_to_be_told,
    a_reaction_whose_answer_is_lost_goes_again,
    a_reaction_survives_a_restart,
    a_refused_reaction_shows_as_whatsapp_has_it,
);

/// What ours is, and what WhatsApp has of it.
async fn ours(line: &Line, message: partyline::id::MessageUid) -> (String, String) {
    let chat = line.kit.message(message).await.message.chat;
    let found = line.kit.read(move |tx, workspace, _| reaction_find(tx, workspace, chat, message, "")).await;
    let found = found.expect("a reaction");
    (found.emoji, found.told_emoji)
}

fn both(emoji: &str) -> (String, String) {
    (emoji.to_owned(), emoji.to_owned())
}

async fn a_reaction_goes_behind_its_message_and_is_known_to_be_told(mut line: Line) {
    let message = line.kit.accept(NEVER_READS, "Shall we meet?").await;
    line.kit.react(message, "👍").await;
    line.kit.react(message, "❤️").await;
    assert_eq!(ours(&line, message).await, ("❤️".into(), String::new()), "it shows before it went");
    let chat = line.kit.message(message).await.message.chat;
    assert_eq!(line.kit.outbox(chat).await.len(), 3);
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(ours(&line, message).await, both("❤️"));
    assert!(line.kit.outbox(chat).await.is_empty());
    assert_eq!(line.kit.status(message).await, Status::Delivered, "a reaction moves no status");
    assert_eq!(line.kit.credits_used().await, 1);
    if line.scripted().is_some() {
        assert_eq!(line.texts_at(NEVER_READS).await, ["Shall we meet?", "👍", "❤️"]);
    }
    line.kit.react(message, "").await;
    line.settle().await;
    assert_eq!(ours(&line, message).await, both(""));
}

async fn a_reaction_whose_answer_is_lost_goes_again(mut line: Line) {
    let message = line.kit.accept(NEVER_READS, "Shall we meet?").await;
    line.settle().await;
    let Some(scripted) = line.scripted() else { return };
    scripted.far().answers_are_lost = true;
    line.kit.react(message, "👍").await;
    line.settle().await;
    assert_eq!(ours(&line, message).await, ("👍".into(), String::new()));
    line.scripted().expect("a script").far().answers_are_lost = false;
    line.run_for(Duration::from_secs(30)).await;
    assert_eq!(ours(&line, message).await, both("👍"), "setting it twice is setting it once");
}

async fn a_reaction_survives_a_restart(mut line: Line) {
    let message = line.kit.accept(NEVER_READS, "Shall we meet?").await;
    line.settle().await;
    let reached = std::sync::Arc::default();
    let there = std::sync::Arc::clone(&reached);
    line.through(|inner| std::sync::Arc::new(Severed { inner, cut: Cut::AfterTheWire, reached: there })).await;
    line.kit.react(message, "👍").await;
    line.worker.turn().await.expect("a turn");
    reached.notified().await;
    let mut line = line.restarted().await;
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(ours(&line, message).await, both("👍"));
}

async fn a_refused_reaction_shows_as_whatsapp_has_it(mut line: Line) {
    let message = line.kit.accept(THROTTLED, "Shall we meet?").await;
    line.settle().await;
    line.kit.react(message, "👍").await;
    line.settle().await;
    let Some(scripted) = line.scripted() else { return };
    scripted.far().answers.push(failure(Verdict::Permanent, Some(131_000)));
    line.kit.react(message, "❤️").await;
    line.settle().await;
    assert_eq!(ours(&line, message).await, both("👍"));
    let chat = line.kit.message(message).await.message.chat;
    assert!(line.kit.outbox(chat).await.is_empty());
}
