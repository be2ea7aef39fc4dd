//! What is stored of files and attachments is read back as it was, on both engines.

use std::time::Duration;

use partyline::clock::Time;
use partyline::files::FileUid;
use partyline::files::link::{Target, open_link};
use partyline::id::{AccountId, TokenId, WorkspaceId};
use partyline::message::FileState;
use partyline::store::files::{FileRow, blob_is_used, file_delete, file_find, file_insert, file_list};
use partyline::store::message_files::{
    FetchedFile, FileToFetch, MessageFile, NewMessageFile, message_file_due, message_file_find, message_file_insert,
    message_file_ready, message_file_retry, message_file_unavailable,
};
use partyline::store::sandbox::{SandboxOf, sandbox_message_insert, sandbox_message_revoke};
use transport::FileKind;

use crate::kit::{START, TestApp};
use crate::round_trips::{ODD, seen};
use crate::support::both_engines;

pub fn file(stage: &TestApp, filename: &str, blob: u8) -> FileRow {
    FileRow {
        uid: stage.app.ids.file_uid(START),
        sha256: [blob; 32],
        filename: filename.to_owned(),
        mimetype: "image/png".into(),
        size_bytes: i64::MAX,
        kind: FileKind::Image,
        width: 640,
        height: 480,
        thumbnail: Some([blob + 100; 32]),
        token: TokenId(3),
        uploaded_by_email: "ana@example.com".into(),
        uploaded_at: START,
    }
}

async fn used(stage: &TestApp, blob: u8) -> bool {
    seen(stage, move |tx| blob_is_used(tx, &[blob; 32])).await
}

#[tokio::test]
async fn a_file_and_what_finds_it() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let (odd, plain) = (file(&stage, ODD, 1), file(&stage, "50%_Off.PNG", 2));
        let (first, second) = (odd.clone(), plain.clone());
        stage
            .write(workspace, move |write| file_insert(write, &first).and_then(|()| file_insert(write, &second)))
            .await;
        let uid = odd.uid;
        assert_eq!(seen(&stage, move |tx| file_find(tx, workspace, uid)).await, Some(odd.clone()));
        assert_eq!(seen(&stage, move |tx| file_find(tx, WorkspaceId(9), uid)).await, None);
        let named = |part: Option<&'static str>| seen(&stage, move |tx| file_list(tx, workspace, part, None, 10));
        assert_eq!(named(None).await, [plain.clone(), odd.clone()]);
        let one = [plain];
        assert_eq!(named(Some("%_oFF.p")).await, one);
        assert_eq!(named(Some("50__")).await, []);
        assert_eq!(seen(&stage, move |tx| file_list(tx, workspace, None, None, 1)).await, one);
        assert_eq!(seen(&stage, move |tx| file_list(tx, WorkspaceId(9), None, None, 10)).await, []);
        let (other, _) = stage.other_workspace().await;
        let deleted = |from| stage.write(from, move |write| Ok(file_delete(write, uid)?));
        assert_eq!((deleted(other).await, deleted(workspace).await, deleted(workspace).await), (false, true, false));
        assert_eq!(seen(&stage, move |tx| file_find(tx, workspace, uid)).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_blob_is_used_while_any_row_names_it() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let (row, message) = (file(&stage, "a.png", 1), stage.app.ids.message_uid(START));
        let (uid, attachment) = (row.uid, NewMessageFile::sent(AccountId(1), &row));
        assert_eq!((used(&stage, 1).await, used(&stage, 101).await), (false, false));
        stage.write(workspace, move |write| file_insert(write, &row)).await;
        assert_eq!((used(&stage, 1).await, used(&stage, 101).await, used(&stage, 2).await), (true, true, false));
        stage.write(workspace, move |write| message_file_insert(write, message, &attachment)).await;
        stage.write(workspace, move |write| Ok(file_delete(write, uid)?)).await;
        assert_eq!((used(&stage, 1).await, used(&stage, 101).await), (true, true), "a message has it");
        let of = SandboxOf { workspace, account: AccountId(1) };
        let shown = crate::round_trips_sandbox::message("3EB0", 3);
        stage.write(workspace, move |write| Ok(sandbox_message_insert(write.tx, of, &shown)?)).await;
        assert!(used(&stage, 3).await, "a phone of the sandbox shows it");
        stage.write(workspace, move |write| Ok(sandbox_message_revoke(write.tx, of, "3EB0", START)?)).await;
        assert!(!used(&stage, 3).await);
    })
    .await;
}

#[tokio::test]
async fn an_attachment_that_was_sent() {
    both_engines(|stage| async move {
        let (workspace, message) = (stage.workspace, stage.app.ids.message_uid(START));
        let row = file(&stage, ODD, 1);
        let made = NewMessageFile::sent(AccountId(1), &row);
        let given = made.clone();
        stage.write(workspace, move |write| message_file_insert(write, message, &given)).await;
        let found = seen(&stage, move |tx| message_file_find(tx, workspace, message)).await;
        assert_eq!(found, Some(made.attachment.clone()));
        assert_eq!((made.attachment.file, made.attachment.state), (Some(row.uid), FileState::Ready));
        assert_eq!(seen(&stage, move |tx| message_file_find(tx, WorkspaceId(9), message)).await, None);
        let due = seen(&stage, move |tx| message_file_due(tx, workspace, AccountId(1), START, 10)).await;
        assert_eq!(due, []);
    })
    .await;
}

#[tokio::test]
async fn an_attachment_that_is_fetched() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let [first, second] = [(); 2].map(|()| stage.app.ids.message_uid(START));
        let made =
            NewMessageFile::to_fetch(AccountId(7), FileKind::Voice, "audio/ogg".into(), ODD.into(), 9, "src".into());
        for message in [first, second] {
            let made = made.clone();
            stage.write(workspace, move |write| message_file_insert(write, message, &made)).await;
        }
        let due = |account, now| seen(&stage, move |tx| message_file_due(tx, workspace, AccountId(account), now, 10));
        let waiting = |message| FileToFetch { message, attachment: made.attachment.clone() };
        assert_eq!(due(7, START).await, [waiting(first), waiting(second)]);
        assert_eq!(due(8, START).await, []);

        let later = START + Duration::from_secs(30);
        assert!(stage.write(workspace, move |write| Ok(message_file_retry(write, first, later, ODD)?)).await);
        assert_eq!(due(7, later - Duration::from_millis(1)).await, [waiting(second)]);
        let retried = MessageFile { attempts: 1, next_try_at: later, reason: ODD.into(), ..made.attachment.clone() };
        assert_eq!(due(7, later).await[1], FileToFetch { message: first, attachment: retried.clone() });

        let fetched = FetchedFile {
            sha256: [5; 32],
            kind: FileKind::Audio,
            mimetype: "audio/mpeg".into(),
            size_bytes: 10,
            width: 1,
            height: 2,
            thumbnail: None,
        };
        let ready = || {
            let fetched = fetched.clone();
            stage.write(workspace, move |write| Ok(message_file_ready(write, first, &fetched)?))
        };
        assert!(ready().await && !ready().await);
        let found = seen(&stage, move |tx| message_file_find(tx, workspace, first)).await;
        let stored = MessageFile {
            state: FileState::Ready,
            sha256: Some([5; 32]),
            kind: FileKind::Audio,
            mimetype: "audio/mpeg".into(),
            size_bytes: 10,
            width: 1,
            height: 2,
            reason: String::new(),
            ..retried
        };
        assert_eq!(found, Some(stored));

        assert!(stage.write(workspace, move |write| Ok(message_file_unavailable(write, second, ODD)?)).await);
        let gone = seen(&stage, move |tx| message_file_find(tx, workspace, second)).await.expect("a row");
        assert_eq!((gone.state, gone.reason.as_str(), gone.sha256), (FileState::Unavailable, ODD, None));
        assert_eq!(due(7, Time::from_ms(i64::MAX)).await, []);
    })
    .await;
}

#[tokio::test]
async fn links_are_signed_alike_on_every_node() {
    both_engines(|stage| async move {
        let (workspace, uid) = (stage.workspace, FileUid(stage.app.ids.file_uid(START).0));
        let (app, actor) = (stage.app.clone(), stage.stranger());
        let link = stage.app.read(move |tx| Ok(app.links(tx, workspace)?.file(uid))).await.expect("a link");
        let (other, _) = stage.other_node(&actor);
        let read = other.clone();
        let key = other.read(move |tx| read.link_key(tx)).await.expect("a key");
        let token = link.strip_prefix("https://line.example/files/").expect("a link");
        assert_eq!(open_link(&key, token, START).expect("its own").target, Target::File(uid));
    })
    .await;
}
