//! Our storage of keys answers as the one that comes with whatsapp-rust, over records in memory here; over the tables of
//! both engines in the application's own tests.

mod story;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use transport::Pending;
use transport_web::keys;
use transport_web::records::{Change, Record, RecordKind, Records, RecordsError};
use wacore::store::InMemoryBackend;
use wacore::store::traits::MsgSecretEntry;

type Rows = BTreeMap<(RecordKind, Vec<u8>), (Bytes, i64)>;

#[derive(Default)]
struct Memory {
    rows: Mutex<Rows>,
    writes: Mutex<usize>,
    is_broken: bool,
}

impl Records for Memory {
    fn get(&self, kind: RecordKind, keys: Vec<Vec<u8>>) -> Pending<'_, Result<Vec<Record>, RecordsError>> {
        let rows = self.rows.lock().expect("rows");
        let found = keys.into_iter().filter_map(|key| {
            let (value, _) = rows.get(&(kind, key.clone()))?.clone();
            Some(Record { key, value })
        });
        let found = found.collect();
        Box::pin(async { Ok(found) })
    }

    fn list(&self, kind: RecordKind, prefix: Vec<u8>) -> Pending<'_, Result<Vec<Record>, RecordsError>> {
        let rows = self.rows.lock().expect("rows");
        let of_kind = rows.iter().filter(|((of, key), _)| *of == kind && key.starts_with(&prefix));
        let found = of_kind.map(|((_, key), (value, _))| Record { key: key.clone(), value: value.clone() }).collect();
        Box::pin(async { Ok(found) })
    }

    fn write(&self, changes: Vec<Change>) -> Pending<'_, Result<u64, RecordsError>> {
        if self.is_broken {
            return Box::pin(async { Err(RecordsError("the disk is full".to_owned())) });
        }
        *self.writes.lock().expect("a count") += 1;
        let mut rows = self.rows.lock().expect("rows");
        let before = rows.len();
        for change in &changes {
            match change {
                Change::Put { .. } => {}
                Change::Delete { kind, key } => drop(rows.remove(&(*kind, key.clone()))),
                Change::DeletePrefix { kind, prefix } => {
                    rows.retain(|(of, key), _| of != kind || !key.starts_with(prefix));
                }
                Change::DeleteBefore { kind, at_s } => {
                    rows.retain(|(of, _), (_, at)| of != kind || *at == 0 || *at >= *at_s);
                }
            }
        }
        let deleted = before - rows.len();
        for change in changes {
            if let Change::Put { kind, key, value, at_s } = change {
                rows.insert((kind, key), (value, at_s));
            }
        }
        Box::pin(async move { Ok(deleted as u64) })
    }
}

#[tokio::test]
async fn the_whole_story_is_answered_alike() {
    let ours = keys::open(Arc::new(Memory::default()));
    story::tell(ours.as_ref(), &InMemoryBackend::new(), &story::whole()).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn generated_stories_are_answered_alike(steps in vec((0..story::DEEDS, 0..8_u8, 0..8_u8, 0..16_u8), 1..150)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let ours = keys::open(Arc::new(Memory::default()));
            story::tell(ours.as_ref(), &InMemoryBackend::new(), &steps).await;
        });
    }
}

#[tokio::test]
async fn a_batch_is_one_write_and_a_long_one_a_few() {
    let memory = Arc::new(Memory::default());
    let ours = keys::open(Arc::clone(&memory) as Arc<dyn Records>);
    let prekeys: Vec<(u32, Bytes)> = (0..812).map(|id| (id, Bytes::from_static(b"key"))).collect();
    ours.store_prekeys_batch(&prekeys, false).await.expect("stored");
    assert_eq!(*memory.writes.lock().expect("a count"), 1);
    let secret = |n: usize| MsgSecretEntry {
        chat: "1@lid".into(),
        sender: "1@lid".into(),
        msg_id: n.to_string().into(),
        secret: [1; 32],
        expires_at: 0,
        message_ts: 0,
    };
    assert_eq!(ours.put_msg_secrets((0..5_000).map(secret).collect()).await.expect("stored"), 5_000);
    assert_eq!(*memory.writes.lock().expect("a count"), 4, "a phone's history doesn't hold up the others");
    ours.put_sessions_batch(&[]).await.expect("nothing to do");
    assert_eq!(*memory.writes.lock().expect("a count"), 4);
}

#[tokio::test]
async fn a_failed_write_is_told() {
    let ours = keys::open(Arc::new(Memory { is_broken: true, ..Memory::default() }));
    let error = ours.put_session("1@lid", b"session").await.expect_err("the disk is full");
    assert!(std::error::Error::source(&error).expect("a cause").to_string().contains("the disk is full"));
}

#[tokio::test]
async fn what_another_version_wrote_is_refused_and_never_shown() {
    let memory = Arc::new(Memory::default());
    let ours = keys::open(Arc::clone(&memory) as Arc<dyn Records>);
    ours.put_session("1@lid", b"a secret").await.expect("stored");
    for (value, _) in memory.rows.lock().expect("rows").values_mut() {
        *value = Bytes::from_static(b"\x09a secret");
    }
    let error = ours.get_session("1@lid").await.expect_err("unknown");
    assert!(error.to_string().contains("another version"), "{error}");
    assert!(!error.to_string().contains("a secret"), "{error}");
}
