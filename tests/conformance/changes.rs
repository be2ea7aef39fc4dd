//! What isn't text, and what changes what was said: files, replies, reactions, edits, revokes, groups.

use partyline::accounts::Fetcher;
use partyline::event_kind::Kind;
use partyline::id::MessageUid;
use partyline::message::FileState;
use partyline::store::message_files::{MessageFile, message_file_find};
use partyline::store::messages::MessageView;
use transport::{
    Address, Event, FileKind, Incoming, IncomingBody, IncomingEdit, IncomingFile, IncomingReaction, IncomingRevoke,
    Sender,
};

use crate::ANYBODY;
use crate::far::incoming;
use crate::line::Line;

crate::on_every_rig!(
    a_file_that_arrives_is_there_soon_and_told,
    a_file_that_is_gone_is_told_once,
    a_file_is_what_its_bytes_are_whatever_its_sender_says,
    an_answer_names_what_it_answers,
    a_reaction_is_kept_and_taken_back,
    an_edit_and_a_revoke_change_what_was_said,
    messages_of_a_group_keep_their_senders,
);

const GROUP: &str = "120363021234567890@g.us";

impl Line {
    /// Somebody says something; its uid.
    async fn hears(&self, said: Incoming) -> MessageUid {
        let before = self.kit.events().await.len();
        self.ear.hear(vec![Event::Message(said)]).await.expect("stored");
        let events = self.kit.events().await;
        let news = events[before..].iter().find(|event| event.kind == Kind::MessageReceived);
        news.expect("it was told").message.expect("a message")
    }

    pub async fn fetches(&self) {
        let transport = self.rig.transport();
        let fetcher = Fetcher::new(self.kit.app.clone(), self.kit.workspace, self.kit.account, transport);
        while fetcher.turn().await.expect("a turn") > 0 {}
    }

    pub async fn file_of(&self, uid: MessageUid) -> Option<MessageFile> {
        self.kit.read(move |snapshot, workspace, _| message_file_find(snapshot, workspace, uid)).await
    }

    pub async fn events_of(&self, kind: Kind) -> usize {
        self.kit.events().await.iter().filter(|event| event.kind == kind).count()
    }
}

fn said(wamid: &str, body: IncomingBody, line: &Line) -> Incoming {
    let body = match body {
        IncomingBody::File(file) => IncomingBody::File(IncomingFile { source: line.source(&file.source), ..file }),
        body => body,
    };
    Incoming { body, ..incoming(&Address::from_phone(ANYBODY), wamid, "", line.kit.now()) }
}

fn file(source: &str) -> IncomingBody {
    IncomingBody::File(IncomingFile {
        kind: FileKind::Document,
        mimetype: "application/pdf".into(),
        filename: "prices\0.pdf".into(),
        size_bytes: 0,
        caption: "Our prices".into(),
        source: source.into(),
    })
}

fn somebody() -> (Address, Sender) {
    let address = Address::from_phone(ANYBODY);
    (address.clone(), Sender { address, name: "Somebody".into() })
}

async fn a_file_that_arrives_is_there_soon_and_told(line: Line) {
    let uid = line.hears(said("3A01", file("asset:prices.pdf"), &line)).await;
    // The message is there before its file.
    assert_eq!(line.kit.message(uid).await.message.text, "Our prices");
    let waiting = line.file_of(uid).await.expect("an attachment");
    assert_eq!((waiting.state, waiting.filename.as_str()), (FileState::Fetching, "prices.pdf"));
    line.fetches().await;
    let ready = line.file_of(uid).await.expect("an attachment");
    assert_eq!(ready.state, FileState::Ready, "{}", ready.reason);
    let bytes = line.kit.app.blobs.read(&ready.sha256.expect("a blob"), 10_000).await.expect("read").expect("there");
    assert!(bytes.starts_with(b"%PDF-1.4") && bytes.len() as i64 == ready.size_bytes);
    assert_eq!(line.events_of(Kind::AttachmentReady).await, 1);
}

async fn a_file_is_what_its_bytes_are_whatever_its_sender_says(line: Line) {
    let told = |kind: FileKind, mimetype: &str, source: &str| {
        IncomingBody::File(IncomingFile {
            kind,
            mimetype: mimetype.into(),
            filename: String::new(),
            size_bytes: 0,
            caption: String::new(),
            source: source.into(),
        })
    };
    let cases = [
        // As it is: measured, with a small picture.
        (FileKind::Image, "image/jpeg", "asset:photo.jpg", FileKind::Image, "image/jpeg", true),
        (FileKind::Image, "image/png", "asset:photo.jpg", FileKind::Image, "image/jpeg", true),
        (FileKind::Voice, "audio/ogg; codecs=opus", "asset:voice.ogg", FileKind::Voice, "audio/ogg", false),
        // Meant to be a document, it stays one.
        (FileKind::Document, "image/jpeg", "asset:photo.jpg", FileKind::Document, "image/jpeg", false),
        // Not what it claims to be.
        (FileKind::Image, "image/jpeg", "asset:prices.pdf", FileKind::Document, "application/pdf", false),
        (FileKind::Video, "video/mp4", "asset:voice.ogg", FileKind::Document, "audio/ogg", false),
    ];
    for (at, (said_kind, said_type, source, kind, mimetype, is_shown)) in cases.into_iter().enumerate() {
        let uid = line.hears(said(&format!("3A5{at}"), told(said_kind, said_type, source), &line)).await;
        line.fetches().await;
        let ready = line.file_of(uid).await.expect("an attachment");
        assert_eq!((ready.kind, ready.mimetype.as_str()), (kind, mimetype), "{said_kind:?} {said_type} {source}");
        assert_eq!(ready.thumbnail.is_some() && ready.width > 0 && ready.height > 0, is_shown, "{source}");
        if let Some(small) = ready.thumbnail {
            let bytes = line.kit.app.blobs.read(&small, 100_000).await.expect("read").expect("there");
            assert!(bytes.starts_with(&[0xff, 0xd8, 0xff]), "a JPEG");
        }
    }
}

async fn a_file_that_is_gone_is_told_once(line: Line) {
    let uid = line.hears(said("3A01", file("nowhere"), &line)).await;
    line.fetches().await;
    line.fetches().await;
    let gone = line.file_of(uid).await.expect("an attachment");
    assert_eq!(gone.state, FileState::Unavailable);
    assert!(gone.reason.contains("131052"), "{}", gone.reason);
    assert_eq!(line.events_of(Kind::AttachmentUnavailable).await, 1);
}

async fn an_answer_names_what_it_answers(mut line: Line) {
    let question = line.kit.accept(ANYBODY, "Which one?").await;
    line.settle().await;
    let wamid = line.kit.message(question).await.message.wamid;
    let answer = Incoming { reply_to: Some(wamid), ..said("3A02", IncomingBody::Text("That one".into()), &line) };
    let uid = line.hears(answer).await;
    assert_eq!(line.kit.message(uid).await.message.reply_to, Some(question));
    // Theirs can be answered as well, by themselves or by somebody else in their group.
    let again = Incoming { reply_to: Some("3A02".into()), ..said("3A03", IncomingBody::Text("Yes".into()), &line) };
    let second = line.hears(again).await;
    assert_eq!(line.kit.message(second).await.message.reply_to, Some(uid));
    let elsewhere = Incoming {
        chat: Address::from_jid(GROUP),
        reply_to: Some("3A02".into()),
        ..said("3A04", IncomingBody::Text("What?".into()), &line)
    };
    let third = line.hears(elsewhere).await;
    assert_eq!(line.kit.message(third).await.message.reply_to, None, "what a contact said stays in its chat");
}

async fn a_reaction_is_kept_and_taken_back(mut line: Line) {
    let uid = line.kit.accept(ANYBODY, "hello").await;
    line.settle().await;
    let wamid = line.kit.message(uid).await.message.wamid;
    let (chat, sender) = somebody();
    let react = |emoji: &str, seconds: i64| {
        let at_ms = line.kit.now().ms() + 1_000 * seconds;
        let (chat, sender, wamid, emoji) = (chat.clone(), sender.clone(), wamid.clone(), emoji.to_owned());
        Event::Reaction(IncomingReaction { chat, sender, wamid, to_sender: None, emoji, at_ms })
    };
    for event in [react("👍", 1), react("👍", 1), react("", 2)] {
        line.ear.hear(vec![event]).await.expect("stored");
    }
    assert_eq!(line.events_of(Kind::MessageReaction).await, 2, "told again it is no news");
}

async fn an_edit_and_a_revoke_change_what_was_said(line: Line) {
    let uid = line.hears(said("3A03", IncomingBody::Text("Thusday".into()), &line)).await;
    let (chat, sender) = somebody();
    let at_ms = line.kit.now().ms() + 1_000;
    let text = "Thursday".to_owned();
    let edit = IncomingEdit { chat: chat.clone(), sender: sender.clone(), wamid: "3A03".into(), text, at_ms };
    line.ear.hear(vec![Event::Edit(edit.clone()), Event::Edit(edit)]).await.expect("stored");
    assert_eq!(line.kit.message(uid).await.message.text, "Thursday");
    assert_eq!(line.events_of(Kind::MessageEdited).await, 1);
    let revoke = IncomingRevoke { chat, sender, wamid: "3A03".into(), at_ms: at_ms + 1_000 };
    line.ear.hear(vec![Event::Revoke(revoke.clone()), Event::Revoke(revoke)]).await.expect("stored");
    let MessageView { message, .. } = line.kit.message(uid).await;
    assert_eq!(message.text, "");
    assert_eq!(line.events_of(Kind::MessageDeleted).await, 1);
}

async fn messages_of_a_group_keep_their_senders(line: Line) {
    let mut uids = Vec::new();
    for phone in ["+12025550160", "+12025550161"] {
        let in_group = Incoming {
            chat: Address::from_jid(GROUP),
            chat_name: "Harbour Market".into(),
            // Ids are one sender's own: two may choose the same.
            ..incoming(&Address::from_phone(phone), "3A04", "hello", line.kit.now())
        };
        uids.push(line.hears(in_group).await);
    }
    let [one, two] = [line.kit.message(uids[0]).await, line.kit.message(uids[1]).await];
    assert_eq!((one.message.chat, one.chat_name.as_str()), (two.message.chat, "Harbour Market"));
    assert_ne!(one.message.sender_jid, two.message.sender_jid);
}
