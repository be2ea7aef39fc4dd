//! Our edits and deletions on their way: in the chat's order, through a restart, and shown once WhatsApp has them.

use std::time::Duration;

use partyline::event_kind::Kind;
use partyline::inbox::own_changes::EDIT_WITHIN;
use partyline::store::sandbox::sandbox_message_list;
use transport::Verdict;

use crate::NEVER_READS;
use crate::far::failure;
use crate::line::{Cut, Line, Rig, Severed};

crate::on_rigs!(
    sandbox,
    Sandbox,
    an_edit_goes_behind_its_message_and_shows_when_whatsapp_has_it,
    a_deletion_empties_the_message_when_whatsapp_has_it,
    a_change_survives_a_restart
);
crate::on_rigs!(
    fixed,
    Fixed,
    an_edit_goes_behind_its_message_and_shows_when_whatsapp_has_it,
    a_deletion_empties_the_message_when_whatsapp_has_it,
    a_change_survives_a_restart,
    a_refused_change_leaves_the_message_and_is_told,
    an_edit_that_waited_too_long_does_not_go,
    a_change_of_a_message_that_failed_does_not_go
);

impl Line {
    async fn text(&self, uid: partyline::id::MessageUid) -> String {
        self.kit.message(uid).await.message.text
    }

    /// What the sandbox's phone shows of our first message: its text, whether it was edited, whether it is gone.
    async fn on_the_phone(&self) -> Option<(String, bool, bool)> {
        let Rig::Sandbox(_) = self.rig else { return None };
        let of = partyline::store::sandbox::SandboxOf { workspace: self.kit.workspace, account: self.kit.account };
        let rows = self.kit.read(move |tx, _, _| sandbox_message_list(tx, of, 10)).await;
        let first = rows.into_iter().next().expect("it was received");
        Some((first.text, !first.edited_at.is_never(), !first.deleted_at.is_never()))
    }
}

async fn an_edit_goes_behind_its_message_and_shows_when_whatsapp_has_it(mut line: Line) {
    let uid = line.kit.accept(NEVER_READS, "Thusday").await;
    line.kit.change(uid, Some("Thursday")).await;
    line.kit.change(uid, Some("Friday")).await;
    assert_eq!(line.text(uid).await, "Thusday");
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.text(uid).await, "Friday");
    assert!(!line.kit.message(uid).await.details.edited_at.is_never());
    assert_eq!(line.events_of(Kind::MessageEdited).await, 2);
    let chat = line.kit.message(uid).await.message.chat;
    assert!(line.kit.outbox(chat).await.is_empty());
    if line.scripted().is_some() {
        assert_eq!(line.texts_at(NEVER_READS).await, ["Thusday", "Thursday", "Friday"]);
    }
    if let Some(shown) = line.on_the_phone().await {
        assert_eq!(shown, ("Friday".to_owned(), true, false));
    }
}

async fn a_deletion_empties_the_message_when_whatsapp_has_it(mut line: Line) {
    let uid = line.kit.accept(NEVER_READS, "to the wrong chat").await;
    line.settle().await;
    line.kit.change(uid, None).await;
    assert_eq!(line.text(uid).await, "to the wrong chat");
    line.settle().await;
    assert_eq!(line.text(uid).await, "");
    assert!(!line.kit.message(uid).await.details.deleted_at.is_never());
    assert_eq!(line.events_of(Kind::MessageDeleted).await, 1);
    assert_eq!(line.kit.credits_used().await, 1, "it was sent all the same");
    if let Some(shown) = line.on_the_phone().await {
        assert_eq!((shown.0.as_str(), shown.2), ("", true));
    }
}

async fn a_change_survives_a_restart(mut line: Line) {
    let uid = line.kit.accept(NEVER_READS, "Thusday").await;
    line.settle().await;
    let reached = std::sync::Arc::default();
    let there = std::sync::Arc::clone(&reached);
    line.through(|inner| std::sync::Arc::new(Severed { inner, cut: Cut::AfterTheWire, reached: there })).await;
    line.kit.change(uid, Some("Thursday")).await;
    line.worker.turn().await.expect("a turn");
    reached.notified().await;
    let mut line = line.restarted().await;
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.text(uid).await, "Thursday");
    assert_eq!(line.events_of(Kind::MessageEdited).await, 1);
}

async fn a_refused_change_leaves_the_message_and_is_told(mut line: Line) {
    let uid = line.kit.accept(NEVER_READS, "Thusday").await;
    line.settle().await;
    let scripted = line.scripted().expect("a script");
    scripted.far().answers.push(failure(Verdict::Permanent, Some(131_000)));
    line.kit.change(uid, Some("Thursday")).await;
    line.settle().await;
    assert_eq!(line.text(uid).await, "Thusday");
    let told = line.kit.events().await.into_iter().find(|event| event.kind == Kind::MessageChangeFailed);
    let detail = told.expect("it was told").detail;
    assert!(detail.starts_with(r#"{"action":"edit","reason":""#), "{detail}");
    let chat = line.kit.message(uid).await.message.chat;
    assert!(line.kit.outbox(chat).await.is_empty());
}

async fn an_edit_that_waited_too_long_does_not_go(mut line: Line) {
    let uid = line.kit.accept(NEVER_READS, "Thusday").await;
    line.settle().await;
    line.kit.change(uid, Some("Thursday")).await;
    line.kit.advance(EDIT_WITHIN + Duration::from_secs(1));
    line.settle().await;
    assert_eq!(line.text(uid).await, "Thusday");
    assert_eq!(line.events_of(Kind::MessageChangeFailed).await, 1);
    assert_eq!(line.texts_at(NEVER_READS).await, ["Thusday"]);
}

async fn a_change_of_a_message_that_failed_does_not_go(mut line: Line) {
    let scripted = line.scripted().expect("a script");
    scripted.far().answers.push(failure(Verdict::Permanent, Some(131_026)));
    let uid = line.kit.accept(NEVER_READS, "Thusday").await;
    line.kit.change(uid, Some("Thursday")).await;
    line.settle().await;
    assert_eq!(line.events_of(Kind::MessageChangeFailed).await, 1);
    assert!(line.texts_at(NEVER_READS).await.is_empty());
}
