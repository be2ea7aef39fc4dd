//! Bytes that no row names any more, or never did, since a process was killed between storing them and writing the row.

use std::time::Duration;

use crate::app::App;
use crate::error::Error;
use crate::store::files::blob_is_used;

/// The folder of blobs has 256 parts; so many are looked through in one sweep, all of them within a quarter of an hour.
const PARTS: u8 = 16;
/// Of one part in one sweep.
const BLOBS_MAX: usize = 10_000;
/// Blobs asked for in one look at the database.
const LOOK_BLOBS: usize = 100;

/// Removes what nobody needs from the parts whose turn it is; returns how many blobs went.
pub(super) async fn sweep(app: &App, every: Duration) -> Result<u64, Error> {
    let turn = app.clock.now().ms() / i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
    let first = u8::try_from(turn.rem_euclid(256 / i64::from(PARTS))).unwrap_or(0) * PARTS;
    let mut gone = 0;
    for part in first..=first + (PARTS - 1) {
        gone += sweep_part(app, part).await?;
    }
    Ok(gone)
}

pub(super) async fn sweep_part(app: &App, part: u8) -> Result<u64, Error> {
    let now = app.clock.now();
    let mut gone = 0;
    for ids in app.blobs.old(part, now, BLOBS_MAX).await?.chunks(LOOK_BLOBS) {
        let ids = ids.to_vec();
        // Looked at after they were found old: a row that is written from now on comes with a blob that is young again.
        let look = move |tx: &mut database::Snapshot<'_>| {
            let unused = ids.iter().map(|id| Ok((!blob_is_used(tx, id)?).then_some(*id)));
            unused.collect::<Result<Vec<_>, Error>>()
        };
        for id in app.read(look).await?.into_iter().flatten() {
            gone += u64::from(app.blobs.sweep(&id, now).await?);
        }
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::Path;

    use database::{Config, Database, Location};

    use super::*;
    use crate::app::Settings;
    use crate::clock::{Clock, Time};
    use crate::files::blob::UNSWEPT;
    use crate::id::{TokenId, WorkspaceId};
    use crate::store::MIGRATIONS;
    use crate::store::files::{FileRow, file_delete, file_insert};
    use crate::workspace::settings::create_workspace;

    /// What the disk's clock may be ahead of the test's.
    const MINUTE: Duration = Duration::from_secs(60);

    fn app_in(folder: &Path) -> App {
        let database = Database::open(Config::new(Location::File(folder.join("a.db")))).expect("opens");
        database.migrate(MIGRATIONS).expect("migrates");
        // What was written a moment ago is as old as this clock says.
        let clock = Clock::mock(Clock::system().now());
        let (files_folder, outbound) = (folder.join("files"), crate::outbound::Policy::default());
        let settings = Settings {
            public_url: String::new(),
            sandbox_speed: 1.0,
            support_contact: String::new(),
            files_folder,
            outbound,
        };
        App::new(database, clock, settings)
    }

    async fn new_workspace(app: &App) -> WorkspaceId {
        let now = app.clock.now();
        let make = move |tx: &mut database::Tx<'_>| create_workspace(tx, now, "Harbour", "UTC");
        app.database.write(1, database::Priority::Foreground, make).await.expect("made")
    }

    fn row(app: &App, blob: [u8; 32], thumbnail: Option<[u8; 32]>) -> FileRow {
        FileRow {
            uid: app.ids.file_uid(app.clock.now()),
            sha256: blob,
            filename: "a.txt".into(),
            mimetype: "text/plain".into(),
            size_bytes: 1,
            kind: transport::FileKind::Document,
            width: 0,
            height: 0,
            thumbnail,
            token: TokenId(1),
            uploaded_by_email: String::new(),
            uploaded_at: Time::NEVER,
        }
    }

    async fn sweep_all(app: &App) -> u64 {
        let mut gone = 0;
        for _ in 0..256 / i64::from(PARTS) {
            gone += sweep(app, Duration::from_secs(60)).await.expect("swept");
            app.clock.advance(Duration::from_secs(60));
        }
        gone
    }

    #[tokio::test]
    async fn an_orphan_goes_after_an_hour_and_what_a_row_names_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let app = app_in(folder.path());
        let workspace = new_workspace(&app).await;
        let [orphan, named, small] = [b"orphan", b"named.", b"small."];
        let orphan = app.blobs.put(orphan).await.expect("stored").id;
        let (named, small) =
            (app.blobs.put(named).await.expect("stored").id, app.blobs.put(small).await.expect("stored").id);
        let file = row(&app, named, Some(small));
        let uid = file.uid;
        let write = |app: &App, file: FileRow| {
            let app = app.clone();
            async move {
                let insert = move |write: &mut crate::store::Write<'_, '_>| file_insert(write, &file);
                app.write(workspace, database::Priority::Foreground, insert).await.expect("written");
            }
        };
        write(&app, file).await;
        assert_eq!(sweep_all(&app).await, 0, "too young");
        app.clock.advance(UNSWEPT);
        assert_eq!(sweep_all(&app).await, 1);
        assert!(app.blobs.open(&orphan).await.expect("looked").is_none());
        assert!(app.blobs.open(&named).await.expect("looked").is_some());
        assert_eq!(app.blobs.read(&small, 6).await.expect("read").as_deref(), Some(b"small.".as_slice()));
        assert_eq!(app.blobs.read(&small, 5).await.expect("read"), None, "larger than wanted");

        let forget = move |write: &mut crate::store::Write<'_, '_>| Ok(file_delete(write, uid)?);
        assert!(app.write(workspace, database::Priority::Foreground, forget).await.expect("written"));
        assert_eq!(sweep_all(&app).await, 2);
    }

    #[tokio::test]
    async fn a_blob_that_is_put_again_is_young_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let app = app_in(folder.path());
        let id = app.blobs.put(b"twice").await.expect("stored").id;
        app.clock.advance(UNSWEPT + MINUTE);
        let now = app.clock.now();
        assert_eq!(app.blobs.old(id[0], now, 10).await.expect("looked"), [id]);
        app.blobs.put(b"twice").await.expect("stored");
        let path =
            folder.path().join("files").join(crate::files::link::hex(&id[..1])).join(crate::files::link::hex(&id));
        let since = std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.ms()).expect("a time"));
        File::options().write(true).open(path).and_then(|file| file.set_modified(since)).expect("touched");
        assert!(!app.blobs.sweep(&id, now).await.expect("swept"), "found old, and young by now");
    }

    #[tokio::test]
    async fn what_a_killed_process_left_unfinished_goes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let app = app_in(folder.path());
        let mut unfinished = app.blobs.begin().await.expect("begun");
        unfinished.write(b"half").await.expect("written");
        // As if the process had been killed: nothing cleans up behind it.
        std::mem::forget(unfinished);
        let new = folder.path().join("files/new");
        assert_eq!(fs::read_dir(&new).expect("there").count(), 1);
        sweep_part(&app, 0).await.expect("swept");
        assert_eq!(fs::read_dir(&new).expect("there").count(), 1, "somebody may still be writing it");
        app.clock.advance(UNSWEPT + MINUTE);
        sweep_part(&app, 0).await.expect("swept");
        assert_eq!(fs::read_dir(&new).expect("there").count(), 0);
        assert_eq!(fs::read_dir(folder.path().join("files")).expect("there").count(), 1, "no blob came of it");
    }
}
