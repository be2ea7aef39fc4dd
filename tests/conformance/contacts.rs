//! The sandbox's contacts, each doing what the table says.

use std::time::Duration;

use partyline::accounts::health::bring_back;
use partyline::event_kind::Kind;
use partyline::id::MessageUid;
use partyline::message::{FileState, Status};
use transport::FileKind;

use crate::line::{Line, Rig};
use crate::{ANYBODY, GROUP};

crate::on_rigs!(
    sandbox,
    Sandbox,
    the_bot_answers_words,
    a_voice_note_a_photo_and_a_pdf_come_back,
    a_shy_photo_comes_at_the_second_try,
    the_editor_corrects_and_takes_back,
    a_burst_is_stored_once_each,
    a_group_wakes_up,
    a_group_tells_its_receipts_one_by_one,
    failures_have_their_codes,
    silence_stays_sent,
    the_account_waits_and_comes_back,
    a_pair_waits_alone,
    time_can_be_moved
);

impl Line {
    async fn answer_of(&mut self, phone: &str, text: &str) -> Vec<String> {
        let uid = self.kit.accept(phone, text).await;
        self.run_for(Duration::from_secs(8)).await;
        let chat = self.kit.message(uid).await.message.chat;
        self.kit.incoming_texts(chat).await
    }

    /// The messages that came in, in the order of their events.
    async fn received_uids(&self) -> Vec<MessageUid> {
        let events = self.kit.events().await.into_iter();
        events.filter(|event| event.kind == Kind::MessageReceived).filter_map(|event| event.message).collect()
    }
}

async fn the_bot_answers_words(mut line: Line) {
    assert!(line.answer_of("+12025550101", "What are your PRICES?").await[0].contains("18.00"));
}

async fn a_voice_note_a_photo_and_a_pdf_come_back(mut line: Line) {
    for phone in ["+12025550105", "+12025550106", "+12025550107"] {
        line.kit.accept(phone, "Send it").await;
    }
    line.run_for(Duration::from_secs(2)).await;
    line.fetches().await;
    let mut found = Vec::new();
    for uid in line.received_uids().await {
        let file = line.file_of(uid).await.expect("an attachment");
        assert_eq!(file.state, FileState::Ready, "{}", file.reason);
        found.push((file.kind.as_str(), file.mimetype));
    }
    found.sort_unstable();
    let expected = [("document", "application/pdf"), ("image", "image/jpeg"), ("voice", "audio/ogg")];
    assert_eq!(found, expected.map(|(kind, mimetype)| (kind, mimetype.to_owned())));
}

async fn a_shy_photo_comes_at_the_second_try(mut line: Line) {
    line.kit.accept("+12025550152", "Send it").await;
    line.run_for(Duration::from_secs(2)).await;
    let [uid] = line.received_uids().await.try_into().expect("one photo");
    line.fetches().await;
    let file = line.file_of(uid).await.expect("an attachment");
    assert_eq!((file.state, file.kind, file.attempts), (FileState::Fetching, FileKind::Image, 1));
    line.kit.advance(Duration::from_secs(5));
    line.fetches().await;
    assert_eq!(line.file_of(uid).await.expect("an attachment").state, FileState::Ready);
}

async fn the_editor_corrects_and_takes_back(mut line: Line) {
    assert_eq!(line.answer_of("+12025550110", "When do you come?").await, ["I come on Thursday", ""]);
    for kind in [Kind::MessageReaction, Kind::MessageEdited, Kind::MessageDeleted] {
        assert_eq!(line.events_of(kind).await, 1, "{kind:?}");
    }
}

async fn a_burst_is_stored_once_each(mut line: Line) {
    let mut texts = line.answer_of("+12025550111", "Go").await;
    assert_eq!(texts.len(), 50);
    assert_ne!(texts[0], "Burst 1", "they come out of order");
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), 50);
}

async fn a_group_wakes_up(mut line: Line) {
    line.kit.accept("+12025550109", "Anybody there?").await;
    line.run_for(Duration::from_secs(5)).await;
    let (mut senders, mut names) = (Vec::new(), Vec::new());
    for uid in line.received_uids().await {
        let view = line.kit.message(uid).await;
        senders.push(view.message.sender_name);
        names.push(view.chat_name);
    }
    assert_eq!(names[3], "Harbour Market on Saturday");
    assert_eq!(senders, ["Ana", "Group chatter", "Ben", "Chiara"]);
}

async fn a_group_tells_its_receipts_one_by_one(mut line: Line) {
    let uid = line.kit.accept(GROUP, "Is the market open?").await;
    line.run_for(Duration::from_millis(600)).await;
    assert_eq!(line.kit.status(uid).await, Status::Sent, "two have it, the third doesn't");
    line.run_for(Duration::from_millis(400)).await;
    assert_eq!(line.kit.status(uid).await, Status::Delivered);
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(uid).await, Status::Read);
    let events = line.kit.events().await;
    let told = events.iter().filter(|event| event.kind == Kind::MessageReceipt && event.message == Some(uid));
    let told: Vec<&str> = told.map(|event| event.detail.as_str()).collect();
    assert_eq!(told.len(), 6, "{told:?}");
    // One leaves and one joins: the next message goes to those who are there then.
    line.kit.accept("+12025550109", "Wake up").await;
    line.run_for(Duration::from_secs(6)).await;
    let next = line.kit.accept(GROUP, "And now?").await;
    line.run_for(Duration::from_secs(4)).await;
    assert_eq!(line.kit.status(next).await, Status::Read);
    let events = line.kit.events().await;
    let told = events.iter().filter(|event| event.kind == Kind::MessageReceipt && event.message == Some(next));
    let told: Vec<&str> = told.map(|event| event.detail.as_str()).filter(|told| told.starts_with("Read")).collect();
    let who = ["12025550109", "12025550160", "12025550162"].map(|who| format!("Read {who}@s.whatsapp.net"));
    assert_eq!(told, who);
}

async fn failures_have_their_codes(mut line: Line) {
    for (phone, code, steps) in [("+12025550147", 131_047, 3), ("+12025550149", 131_049, 4)] {
        let uid = line.kit.accept(phone, "hello").await;
        line.run_for(Duration::from_secs(2)).await;
        let failure = line.kit.message(uid).await.message.failure.expect("a reason");
        assert_eq!((failure.code, line.kit.statuses(uid).await.len()), (Some(code), steps), "{phone}");
    }
    assert_eq!(line.kit.credits_used().await, 0);
    // Text goes where only files fail.
    let uid = line.kit.accept("+12025550153", "hello").await;
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(uid).await, Status::Delivered);
}

async fn silence_stays_sent(mut line: Line) {
    let uid = line.kit.accept("+12025550199", "hello").await;
    line.run_for(Duration::from_secs(120)).await;
    assert_eq!(line.kit.status(uid).await, Status::Sent);
}

async fn the_account_waits_and_comes_back(mut line: Line) {
    let paused = line.kit.accept("+12025550148", "hello").await;
    line.settle().await;
    assert_eq!(line.kit.account_row().await.health, "held");
    let other = line.kit.accept(ANYBODY, "hello").await;
    line.run_for(Duration::from_secs(29)).await;
    assert_eq!(line.kit.status(other).await, Status::Pending);
    line.run_for(Duration::from_secs(3)).await;
    for uid in [paused, other] {
        assert_eq!(line.kit.status(uid).await, Status::Delivered);
    }
    let invalid = line.kit.accept("+12025550190", "hello").await;
    line.run_for(Duration::from_secs(60)).await;
    assert_eq!(line.kit.account_row().await.health, "token_invalid");
    let account = line.kit.account;
    let back = move |write: &mut partyline::store::Write<'_, '_>| bring_back(write, account);
    line.kit.app.write(line.kit.workspace, database::Priority::Foreground, back).await.expect("brought back");
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(invalid).await, Status::Delivered);
}

async fn a_pair_waits_alone(mut line: Line) {
    let (first, second) = (line.kit.accept("+12025550156", "1").await, line.kit.accept("+12025550156", "2").await);
    let other = line.kit.accept(ANYBODY, "hello").await;
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(first).await, Status::Delivered);
    assert_eq!(line.kit.status(other).await, Status::Delivered);
    assert_eq!(line.kit.status(second).await, Status::Sending);
    line.run_for(Duration::from_secs(10)).await;
    assert_eq!(line.kit.status(second).await, Status::Delivered);
}

async fn time_can_be_moved(mut line: Line) {
    let slow = line.kit.accept("+12025550102", "hello").await;
    line.settle().await;
    let of = partyline::store::sandbox::SandboxOf { workspace: line.kit.workspace, account: line.kit.account };
    let forward = move |write: &mut partyline::store::Write<'_, '_>| {
        Ok(partyline::store::sandbox_contacts::sandbox_clock_set(write.tx, of, 61_000, None)?)
    };
    line.kit.app.write(of.workspace, database::Priority::Foreground, forward).await.expect("moved");
    line.settle().await;
    assert_eq!(line.kit.status(slow).await, Status::Read);
    let Rig::Sandbox(sandbox) = &line.rig else { unreachable!("the sandbox's own scenario") };
    assert_eq!(sandbox.act(&line.ear).await.expect("a look").next_at, None);
}
