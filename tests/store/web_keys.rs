//! The keys of linked numbers in our tables: they answer as whatsapp-rust's own storage does, on both engines; only the last
//! to open them may write; and keys that went back in time are refused.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use database::{Config, Database, Location, Priority};
use partyline::accounts::manage::unlink_account;
use partyline::accounts::world;
use partyline::app::App;
use partyline::clock::Clock;
use partyline::id::{AccountId, WorkspaceId};
use partyline::store::web_records::*;
use partyline::transports::sandbox::World;
use partyline::transports::web::records::{NotOpened, Refusal, WebRecords};
use transport_web::keys;
use transport_web::records::{Change, RecordKind, Records};
use wacore::store::InMemoryBackend;

use crate::keys_story as story;
use crate::kit::{KEY, START, TestApp};
use crate::round_trips::seen;
use crate::support::both_engines;

const NUMBER: AccountId = AccountId(70);

fn put(kind: RecordKind, key: &[u8], value: &'static [u8]) -> Change {
    Change::Put { kind, key: key.to_vec(), value: Bytes::from_static(value), at_s: 0 }
}

/// Begins a number's keys as linking does.
async fn linked(world: &World, workspace: WorkspaceId, account: AccountId) -> Arc<WebRecords> {
    let records = WebRecords::begin(world, workspace, account).await.expect("begun");
    records.write(vec![put(RecordKind::Device, &[], b"a number's own keys")]).await.expect("written");
    records
}

async fn refusal(world: &World, workspace: WorkspaceId, account: AccountId) -> Option<Refusal> {
    match WebRecords::open(world, workspace, account).await {
        Ok(_) => None,
        Err(NotOpened::Refused(refusal)) => Some(refusal),
        Err(NotOpened::Failed(error)) => panic!("{error}"),
    }
}

#[tokio::test]
async fn they_answer_as_the_storage_that_comes_with_the_protocol() {
    both_engines(|stage| async move {
        let stage = &stage;
        let world = world(&stage.app);
        let records = WebRecords::begin(&world, stage.workspace, NUMBER).await.expect("begun");
        // Another number's keys beside them, which nothing of it touches.
        let other = linked(&world, stage.workspace, AccountId(71)).await;
        story::tell(keys::open(records).as_ref(), &InMemoryBackend::new(), &story::whole()).await;
        let mut seed: u64 = 7;
        let mut number = |below: u8| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u8::try_from((seed >> 40) % u64::from(below)).expect("small")
        };
        let steps: Vec<story::Step> =
            (0..600).map(|_| (number(story::DEEDS), number(8), number(8), number(16))).collect();
        let records = WebRecords::begin(&world, stage.workspace, NUMBER).await.expect("begun anew, so empty");
        story::tell(keys::open(records).as_ref(), &InMemoryBackend::new(), &steps).await;
        assert_eq!(other.list(RecordKind::Device, Vec::new()).await.expect("read").len(), 1);
        assert_eq!(refusal(&world, stage.workspace, AccountId(71)).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_long_list_is_read_whole_and_in_order() {
    both_engines(|stage| async move {
        // All of it, or what is left of it ends here.
        let stage = &stage;
        let records = linked(&world(&stage.app), stage.workspace, NUMBER).await;
        let keys: Vec<Vec<u8>> = (0..2_500_u32).map(|n| n.to_be_bytes().to_vec()).collect();
        let puts = keys.iter().map(|key| put(RecordKind::PreKey, key, b"key"));
        assert_eq!(records.write(puts.collect()).await.expect("written"), 0);
        let found = records.list(RecordKind::PreKey, Vec::new()).await.expect("read");
        assert_eq!(found.into_iter().map(|record| record.key).collect::<Vec<_>>(), keys);
        let some = records.get(RecordKind::PreKey, keys[100..140].to_vec()).await.expect("read");
        assert_eq!(some.len(), 40);
        let gone = keys.iter().map(|key| Change::Delete { kind: RecordKind::PreKey, key: key.clone() });
        assert_eq!(records.write(gone.collect()).await.expect("written"), 2_500);
        assert_eq!(records.list(RecordKind::PreKey, Vec::new()).await.expect("read"), []);
    })
    .await;
}

#[tokio::test]
async fn they_are_sealed_for_their_place() {
    both_engines(|stage| async move {
        let (workspace, world) = (stage.workspace, world(&stage.app));
        let records = linked(&world, workspace, NUMBER).await;
        let of = WebAccount { workspace, account: NUMBER };
        let stored = seen(&stage, move |tx| web_record_get(tx, of, "device", &[Vec::new()])).await;
        assert!(!stored[0].value.windows(8).any(|some| some == b"a number"));
        let moved = stored[0].value.clone();
        let change = move || WebChange::Put { kind: "session", key: Vec::new(), value: moved.clone(), at_s: 0 };
        stage.write(workspace, move |write| Ok(web_records_change(write.tx, of, &[change()])?)).await;
        let error = records.get(RecordKind::Session, vec![Vec::new()]).await.expect_err("from another place");
        assert!(error.to_string().contains("key file"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn only_the_last_to_open_them_writes_and_after_unlinking_nobody() {
    both_engines(|stage| async move {
        let (workspace, account, world) = (stage.workspace, stage.account, world(&stage.app));
        let first = linked(&world, workspace, account).await;
        let second = WebRecords::open(&world, workspace, account).await.expect("opened");
        let news = || vec![put(RecordKind::Session, b"one", b"news")];
        let error = first.write(news()).await.expect_err("somebody else has them open");
        assert!(error.to_string().contains("somebody else"), "{error}");
        second.write(news()).await.expect("written");
        let of = WebAccount { workspace, account };
        assert_eq!(seen(&stage, move |tx| web_record_count(tx, of)).await, 2);
        stage.write(workspace, move |write| web_records_forget_of(write, account).map_err(Into::into)).await;
        second.write(news()).await.expect_err("unlinked");
        assert_eq!(seen(&stage, move |tx| web_record_count(tx, of)).await, 0);
        assert_eq!(refusal(&world, workspace, account).await, Some(Refusal::Missing));
        // An account of another kind has none, and unlinking it asks for none.
        stage.write(workspace, move |write| unlink_account(write, account)).await;
    })
    .await;
}

#[tokio::test]
async fn keys_that_went_back_are_refused_until_the_number_is_linked_again() {
    both_engines(|stage| async move {
        let (workspace, world) = (stage.workspace, world(&stage.app));
        let records = linked(&world, workspace, NUMBER).await;
        let other = linked(&world, workspace, AccountId(71)).await;
        let of = WebAccount { workspace, account: NUMBER };
        let before = seen(&stage, move |tx| web_opening_find(tx, of)).await.expect("opened");
        records.write(vec![put(RecordKind::Session, b"one", b"further")]).await.expect("written");
        stage.write(workspace, move |write| Ok(web_opening_save(write.tx, of, before)?)).await;
        assert_eq!(refusal(&world, workspace, NUMBER).await, Some(Refusal::WentBack));
        assert_eq!(refusal(&world, workspace, NUMBER).await, Some(Refusal::WentBack), "however often it is tried");
        drop(other);
        assert_eq!(refusal(&world, workspace, AccountId(71)).await, None, "others go on");
        linked(&world, workspace, NUMBER).await;
        assert_eq!(refusal(&world, workspace, NUMBER).await, None);
    })
    .await;
}

/// A server on a folder: its database, and its marks beside it.
fn server(folder: &Path, stage: &TestApp) -> App {
    let database = Database::open(Config::new(Location::File(folder.join("partyline.db")))).expect("opens");
    database.migrate(partyline::store::MIGRATIONS).expect("migrates");
    let app = App::new(database, Clock::mock(START), stage.app.settings.clone()).sealing_with(KEY);
    app.key_marks.keep_in(folder.join("key-marks")).expect("read");
    app
}

fn stop(app: &App) {
    app.database.close();
    app.key_marks.save().expect("saved");
}

/// A backup is made, the server goes on, the backup is put in the database's place, the server starts.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_refuses_its_numbers_with_a_next_step() {
    let stage = TestApp::on(crate::kit::Engine::Sqlite).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (file, backup, copy) =
        (folder.path().join("partyline.db"), folder.path().join("backup.db"), folder.path().join("copy.db"));
    let workspace = WorkspaceId(1);
    let restore = |from: &Path| {
        for ending in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("partyline.db{ending}")));
        }
        std::fs::copy(from, &file).expect("copied");
    };

    let app = server(folder.path(), &stage);
    let records = linked(&world(&app), workspace, NUMBER).await;
    app.database.backup_to(&backup, &[LEFT_OUT_OF_COPIES]).expect("copied");
    app.database.backup_to(&copy, &[]).expect("copied");
    records.write(vec![put(RecordKind::Session, b"one", b"further")]).await.expect("written");
    stop(&app);

    restore(&backup);
    let app = server(folder.path(), &stage);
    let told = refusal(&world(&app), workspace, NUMBER).await;
    assert_eq!(told, Some(Refusal::Missing), "our own backups leave keys out");
    assert!(Refusal::Missing.reason().contains("Link the number again"));
    stop(&app);

    // A copy that somebody else made has them.
    restore(&copy);
    let app = server(folder.path(), &stage);
    let told = refusal(&world(&app), workspace, NUMBER).await;
    assert_eq!(told, Some(Refusal::WentBack));
    assert!(Refusal::WentBack.reason().contains("Link the number again"));
    linked(&world(&app), workspace, AccountId(71)).await;
    assert_eq!(refusal(&world(&app), workspace, AccountId(71)).await, None, "others are linked and work");
    stop(&app);

    // Put back as it was, nothing is refused: the marks are the database's own.
    let app = server(folder.path(), &stage);
    assert_eq!(refusal(&world(&app), workspace, NUMBER).await, Some(Refusal::WentBack));
    linked(&world(&app), workspace, NUMBER).await;
    stop(&app);
    let app = server(folder.path(), &stage);
    assert_eq!(refusal(&world(&app), workspace, NUMBER).await, None, "linked again, and started again");
    app.database.write(1, Priority::Foreground, |_| Ok::<_, database::Error>(())).await.expect("open");
}
