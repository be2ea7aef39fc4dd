//! Files on their way out, and what the sandbox's contacts make of them.

use std::time::Duration;

use partyline::accounts::sandbox::{Inbound, Player, play};
use partyline::event_kind::Kind;
use partyline::id::MessageUid;
use partyline::message::{FileState, Status};
use partyline::store::sandbox::SandboxOf;
use transport::{Address, FileKind};

use crate::line::Line;
use crate::{ANYBODY, ECHO, NEVER_READS};

crate::on_every_rig!(
    a_file_goes_out_with_its_words_and_in_its_turn,
    a_file_without_words_goes_out_as_it_is,
    a_file_that_is_gone_fails_and_holds_nobody_up,
);
crate::on_rigs!(
    contacts,
    Sandbox,
    the_echo_sends_the_same_file_back,
    a_file_that_cannot_be_uploaded_has_its_code,
    a_closed_window_opens_when_they_write
);

const PHOTO: &[u8] = include_bytes!("../../src/transports/sandbox/assets/photo.jpg");
const NOT_FOR_FILES: &str = "+12025550153";
const WINDOW_CLOSED: &str = "+12025550147";

async fn a_file_goes_out_with_its_words_and_in_its_turn(mut line: Line) {
    let first = line.kit.accept(NEVER_READS, "Look at this").await;
    let file = line.kit.accept_file(NEVER_READS, "The harbour", "harbour.jpg", PHOTO).await;
    let last = line.kit.accept(NEVER_READS, "Nice, isn't it?").await;
    line.run_for(Duration::from_secs(1)).await;
    for uid in [first, file, last] {
        assert_eq!(line.kit.status(uid).await, Status::Delivered);
    }
    assert_eq!(line.texts_at(NEVER_READS).await, ["Look at this", "The harbour", "Nice, isn't it?"]);
    assert_eq!(line.kit.credits_used().await, 4, "one for each text, two for text and file");
    if line.scripted().is_some() {
        let received = line.received().await;
        let sent = received[1].file.as_ref().expect("a file");
        assert_eq!((sent.kind, sent.mimetype.as_str()), (FileKind::Image, "image/jpeg"));
        assert_eq!((sent.size_bytes, sent.filename.as_str()), (PHOTO.len() as u64, "harbour.jpg"));
        let bytes = line.kit.app.blobs.read(&sent.sha256, 1_000_000).await.expect("read").expect("there");
        assert_eq!(bytes, PHOTO);
    }
}

async fn a_file_without_words_goes_out_as_it_is(mut line: Line) {
    let file = line.kit.accept_file(NEVER_READS, "", "notes.txt", b"bikes").await;
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.kit.status(file).await, Status::Delivered);
    assert_eq!((line.texts_at(NEVER_READS).await, line.kit.credits_used().await), (vec![String::new()], 1));
}

async fn a_file_that_is_gone_fails_and_holds_nobody_up(mut line: Line) {
    let file = line.kit.accept_file(NOT_FOR_FILES, "", "notes.txt", b"bikes").await;
    let words = line.kit.accept(NOT_FOR_FILES, "hello").await;
    if let Some(scripted) = line.scripted() {
        let refused = crate::far::failure(transport::Verdict::Permanent, Some(131_053));
        scripted.far().answers.push(refused);
    }
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(file).await, Status::Failed);
    assert_eq!(line.kit.status(words).await, Status::Delivered);
    assert_eq!(line.kit.credits_used().await, 1, "the file's credit is given back");
}

impl Line {
    /// What came in, in the order of the events.
    async fn heard(&self) -> Vec<MessageUid> {
        let events = self.kit.events().await.into_iter();
        events.filter(|event| event.kind == Kind::MessageReceived).filter_map(|event| event.message).collect()
    }
}

async fn the_echo_sends_the_same_file_back(mut line: Line) {
    line.kit.accept_file(ECHO, "The harbour", "harbour.jpg", PHOTO).await;
    line.kit.accept_file(ECHO, "", "notes.txt", b"bikes").await;
    line.run_for(Duration::from_secs(3)).await;
    line.fetches().await;
    let heard = line.heard().await;
    assert_eq!(heard.len(), 2);
    let expected: [(&str, FileKind, &str, &[u8]); 2] =
        [("The harbour", FileKind::Image, "", PHOTO), ("", FileKind::Document, "notes.txt", b"bikes")];
    for (uid, (text, kind, filename, bytes)) in heard.into_iter().zip(expected) {
        assert_eq!(line.kit.message(uid).await.message.text, text);
        let file = line.file_of(uid).await.expect("an attachment");
        assert_eq!(
            (file.state, file.kind, file.filename.as_str()),
            (FileState::Ready, kind, filename),
            "{}",
            file.reason
        );
        let blob = file.sha256.expect("its bytes");
        assert_eq!(line.kit.app.blobs.read(&blob, 1_000_000).await.expect("read").expect("there"), bytes);
    }
}

async fn a_file_that_cannot_be_uploaded_has_its_code(mut line: Line) {
    let file = line.kit.accept_file(NOT_FOR_FILES, "The harbour", "harbour.jpg", PHOTO).await;
    line.run_for(Duration::from_secs(2)).await;
    let failure = line.kit.message(file).await.message.failure.expect("a reason");
    assert_eq!(failure.code, Some(131_053));
    assert_eq!(line.kit.credits_used().await, 0);
    let other = line.kit.accept_file(ANYBODY, "", "harbour.jpg", PHOTO).await;
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(other).await, Status::Delivered, "elsewhere it goes");
}

async fn a_closed_window_opens_when_they_write(mut line: Line) {
    let refused = line.kit.accept(WINDOW_CLOSED, "Still interested?").await;
    line.run_for(Duration::from_secs(2)).await;
    let failure = line.kit.message(refused).await.message.failure.expect("a reason");
    assert_eq!(failure.code, Some(131_047));
    let of = SandboxOf { workspace: line.kit.workspace, account: line.kit.account };
    let sender = Address::from_phone(WINDOW_CLOSED);
    let player = Player { chat: sender.clone(), chat_name: String::new(), sender, name: String::new(), lid: None };
    let id = line.kit.app.ids.message_uid(line.kit.now()).0;
    let said = Inbound::Text { text: "Yes, I am".into(), reply_to: None };
    let write = move |write: &mut partyline::store::Write<'_, '_>| play(write, of, &player, &said, id).map(drop);
    line.kit.app.write(of.workspace, database::Priority::Foreground, write).await.expect("said");
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.heard().await.len(), 1);
    for hours in [0, 22] {
        line.run_for_hours(hours).await;
        let goes = line.kit.accept(WINDOW_CLOSED, "Come at six").await;
        line.run_for(Duration::from_secs(2)).await;
        assert_eq!(line.kit.status(goes).await, Status::Delivered, "{hours} h later");
    }
    line.run_for_hours(2).await;
    let late = line.kit.accept(WINDOW_CLOSED, "Are you there?").await;
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(late).await, Status::Failed, "a day is over");
}

impl Line {
    /// Hours in which nothing happens.
    async fn run_for_hours(&mut self, hours: u64) {
        self.kit.advance(Duration::from_secs(hours * 3_600));
        self.settle().await;
    }
}
