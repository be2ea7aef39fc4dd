//! A linked number as the product has it, over records and files in memory.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use transport::{
    AccountState, Address, Body, Ear, Event, FileBytes, FileSource, LinkBy, LinkStep, NotStored, Outgoing, Pending,
    SendError, Transport,
};
use transport_web::records::{Change, Record, RecordKind, Records, RecordsError};
use transport_web::{Answer, Http, Keyring, NotOpened, Request, RequestBody, Turn, Way, Web, WebOptions, WebParts};
use uuid::Uuid;
use whatsapp_peer::Peer;

pub const LONG: Duration = Duration::from_secs(20);

type Rows = BTreeMap<(RecordKind, Vec<u8>), (Bytes, i64)>;

/// Records in memory, which outlive whoever opens them.
#[derive(Default)]
pub struct Memory {
    rows: Mutex<Rows>,
}

impl Records for Memory {
    fn get(&self, kind: RecordKind, keys: Vec<Vec<u8>>) -> Pending<'_, Result<Vec<Record>, RecordsError>> {
        let rows = self.rows.lock().expect("unharmed");
        let found = keys.into_iter().filter_map(|key| {
            let (value, _) = rows.get(&(kind, key.clone()))?.clone();
            Some(Record { key, value })
        });
        let found = found.collect();
        Box::pin(async { Ok(found) })
    }

    fn list(&self, kind: RecordKind, prefix: Vec<u8>) -> Pending<'_, Result<Vec<Record>, RecordsError>> {
        let rows = self.rows.lock().expect("unharmed");
        let fit = rows.iter().filter(|((of, key), _)| *of == kind && key.starts_with(&prefix));
        let found = fit.map(|((_, key), (value, _))| Record { key: key.clone(), value: value.clone() }).collect();
        Box::pin(async { Ok(found) })
    }

    fn write(&self, changes: Vec<Change>) -> Pending<'_, Result<u64, RecordsError>> {
        let mut rows = self.rows.lock().expect("unharmed");
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
        let deleted = (before - rows.len()) as u64;
        for change in changes {
            if let Change::Put { kind, key, value, at_s } = change {
                rows.insert((kind, key), (value, at_s));
            }
        }
        Box::pin(async move { Ok(deleted) })
    }
}

/// The keys of one number.
#[derive(Clone, Default)]
pub struct Ring(Arc<Memory>);

impl Keyring for Ring {
    fn open(&self) -> Pending<'_, Result<Arc<dyn Records>, NotOpened>> {
        Box::pin(async { Ok(Arc::clone(&self.0) as Arc<dyn Records>) })
    }

    fn begin(&self) -> Pending<'_, Result<Arc<dyn Records>, String>> {
        self.0.rows.lock().expect("unharmed").clear();
        Box::pin(async { Ok(Arc::clone(&self.0) as Arc<dyn Records>) })
    }
}

/// Hears everything; can be told to store nothing.
#[derive(Default)]
pub struct Heard {
    events: Mutex<Vec<Event>>,
    deaf: Mutex<bool>,
}

impl Ear for Heard {
    fn hear(&self, events: Vec<Event>) -> Pending<'_, Result<(), NotStored>> {
        Box::pin(async move {
            if *self.deaf.lock().expect("unharmed") {
                return Err(NotStored("the disk is full".into()));
            }
            self.events.lock().expect("unharmed").extend(events);
            Ok(())
        })
    }
}

impl Heard {
    pub fn all(&self) -> Vec<Event> {
        self.events.lock().expect("unharmed").clone()
    }

    pub fn store_nothing(&self, is_deaf: bool) {
        *self.deaf.lock().expect("unharmed") = is_deaf;
    }

    /// Waits for an event of which something is made.
    pub async fn until<T>(&self, what: &str, pick: impl Fn(&Event) -> Option<T>) -> T {
        let waited = tokio::time::timeout(LONG, async {
            loop {
                if let Some(found) = self.all().iter().find_map(&pick) {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        waited.await.unwrap_or_else(|_| panic!("{what} was never told; there is {:#?}", self.all()))
    }

    pub async fn state(&self, what: &str, fits: impl Fn(&AccountState) -> bool) -> AccountState {
        self.until(what, |event| match event {
            Event::Account(state) if fits(state) => Some(state.clone()),
            _ => None,
        })
        .await
    }
}

/// The bytes of files by their hash.
#[derive(Clone, Default)]
pub struct Files(Arc<Mutex<HashMap<[u8; 32], Bytes>>>);

impl Files {
    pub fn put(&self, sha256: [u8; 32], bytes: Bytes) {
        self.0.lock().expect("unharmed").insert(sha256, bytes);
    }
}

impl FileSource for Files {
    fn open(&self, sha256: [u8; 32]) -> Pending<'_, Result<FileBytes, SendError>> {
        let bytes = self.0.lock().expect("unharmed").get(&sha256).cloned().unwrap_or_default();
        Box::pin(async move { Ok(one(bytes)) })
    }
}

fn one(bytes: Bytes) -> FileBytes {
    Box::pin(futures_util::stream::iter([Ok::<_, io::Error>(bytes)]))
}

/// Plain HTTP to the peer's store.
pub struct Plain;

impl Http for Plain {
    fn ask(&self, request: Request) -> Pending<'_, Result<Answer, String>> {
        Box::pin(async move {
            use futures_util::TryStreamExt as _;
            let body = match request.body {
                RequestBody::Nothing => None,
                RequestBody::Whole(bytes) => Some(bytes),
                RequestBody::Pieces(_, pieces) => {
                    let all: Vec<Bytes> = pieces.try_collect().await.map_err(|error| error.to_string())?;
                    Some(Bytes::from(all.concat()))
                }
            };
            let method = if request.is_post { "POST" } else { "GET" };
            let asked = whatsapp_rust::http::HttpRequest {
                url: request.url,
                method: method.into(),
                headers: HashMap::default(),
                body,
            };
            let answer = whatsapp_rust::http::HttpClient::execute(&whatsapp_peer::FileClient, asked).await;
            let answer = answer.map_err(|error| error.to_string())?;
            Ok(Answer { status: answer.status_code, body: one(Bytes::from(answer.body)) })
        })
    }
}

/// A number, and what it is made of, so that it can be made anew.
pub struct Number {
    pub web: Web,
    pub heard: Arc<Heard>,
    pub files: Files,
    ring: Ring,
    url: String,
    turn: Turn,
}

impl Number {
    pub fn new(peer: &Peer) -> Number {
        Number::of(peer.url(), Ring::default(), Files::default())
    }

    fn of(url: String, ring: Ring, files: Files) -> Number {
        let turn = Turn::default();
        let web = Web::new(WebParts {
            options: WebOptions { version: Some((2, 3_000, 1_030_000_000)), device_name: "Partyline".into() },
            way: Way::to(&url),
            keyring: Arc::new(ring.clone()),
            http: Arc::new(Plain),
            files: Arc::new(files.clone()),
            scratch: std::env::temp_dir(),
            turn: Arc::clone(&turn),
        });
        Number { web, heard: Arc::default(), files, ring, url, turn }
    }

    /// Stopped and made anew over the same keys, as after a restart.
    pub async fn restarted(self) -> Number {
        self.web.stop().await;
        let _ended = self.turn.lock().await;
        let anew = Number::of(self.url.clone(), self.ring.clone(), self.files.clone());
        anew.start().await;
        anew
    }

    pub fn ear(&self) -> Arc<dyn Ear> {
        Arc::clone(&self.heard) as Arc<dyn Ear>
    }

    pub async fn begin(&self, by: LinkBy) {
        self.web.link(&by, self.ear()).await.expect("a linking begins");
    }

    /// A step of the linking.
    pub async fn step<T>(&self, what: &str, pick: impl Fn(&LinkStep) -> Option<T>) -> T {
        self.heard
            .until(what, |event| match event {
                Event::Link(step) => pick(step),
                _ => None,
            })
            .await
    }

    pub async fn qr(&self) -> String {
        self.step("a QR", |step| match step {
            LinkStep::Qr { payload, .. } => Some(payload.clone()),
            _ => None,
        })
        .await
    }

    pub async fn linked(&self) -> Address {
        self.step("the number", |step| match step {
            LinkStep::Linked { address, .. } => Some(address.clone()),
            _ => None,
        })
        .await
    }

    /// Links by QR and connects.
    pub async fn link_with(&self, phone: &whatsapp_peer::Phone) {
        self.begin(LinkBy::Qr).await;
        phone.scan(&self.qr().await).expect("scanned");
        self.linked().await;
        self.start().await;
        self.heard.state("connected", |state| *state == AccountState::Connected).await;
        phone.wait(LONG, |phone| phone.reachable() > 0).await.expect("others can write to it");
    }

    pub async fn start(&self) {
        self.web.start(self.ear()).await.expect("it starts");
    }

    pub async fn send(&self, message: &Outgoing) -> Result<transport::Accepted, SendError> {
        self.web.send(message).await
    }
}

/// A message with a chosen id.
pub fn outgoing(wamid: &str, to: &str, body: Body) -> Outgoing {
    let to = if to.contains('@') { Address::from_jid(to) } else { Address::from_phone(to) };
    Outgoing { uid: Uuid::now_v7(), wamid: wamid.into(), to, body, reply_to: None, quoted: None }
}

pub fn text(wamid: &str, to: &str, text: &str) -> Outgoing {
    outgoing(wamid, to, Body::Text(text.into()))
}
