//! A person with a number: the phone they hold.
//!
//! The phone is the account's first device. It encrypts and decrypts with a client of its own, so what it shows went through
//! the same cryptography as on a real one; what it vouches for (linked devices) is signed with its own identity.

mod acts;
mod greeting;
mod memory;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use buffa::Message;
use wacore::libsignal::protocol::KeyPair;
use wacore::store::traits::DeviceStore;
use wacore::store::{Device as Stored, InMemoryBackend};
use wacore::types::events::Event;
use wacore_binary::Jid;
use waproto::whatsapp as wa;
use whatsapp_rust::bot::{BotHandle, EventDelivery};
use whatsapp_rust::client::Client;
use whatsapp_rust::prelude::Bot;
use whatsapp_rust::transport::TokioWebSocketTransportFactory;

pub use greeting::greet;
pub use memory::{Shown, Told};

use crate::linking::{self, Scanned};
use crate::media::FileClient;
use crate::numbers::{Device, hidden_id};
use crate::server::Server;
use memory::Memory;

/// The version that the phones announce; asking for a current one would leave the machine.
const VERSION: (u32, u32, u32) = (2, 3000, 1_030_000_000);

/// Keys for one use that a phone uploads: for so many first contacts.
const KEYS_FOR_ONE_USE: usize = 64;

/// Events that may wait to be remembered; they are remembered in their order.
const EVENTS_MAX: usize = 20_000;

/// How long a phone may take to be connected.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// A phone. Clones are the same phone.
#[derive(Clone)]
pub struct Phone(Arc<Inside>);

struct Inside {
    digits: String,
    server: Server,
    client: Arc<Client>,
    handle: std::sync::Mutex<Option<BotHandle>>,
    memory: Memory,
}

impl Phone {
    /// Buys a number and a phone, and connects it.
    pub(crate) async fn start(server: &Server, url: &str, digits: &str, name: &str) -> Result<Phone> {
        let device = Device::phone(digits);
        let mut stored = Stored::new();
        stored.pn = Some(device.by_number());
        stored.lid = Some(Jid::lid(hidden_id(digits)));
        stored.push_name = name.to_owned();
        server.world().add(
            digits,
            name,
            KeyPair::new(stored.identity_key.public_key, stored.identity_key.private_key.clone()),
        );
        stored.account = Some(Arc::new(vouched_for_itself(&stored.identity_key)?));
        let backend = InMemoryBackend::new();
        backend.save(&stored).await?;

        let memory = Memory::new();
        let remembering = memory.clone();
        let bot = Bot::builder()
            .with_backend(backend)
            .with_transport_factory(TokioWebSocketTransportFactory::new().with_url(url))
            .with_http_client(FileClient)
            .with_version(VERSION)
            .with_wanted_pre_key_count(KEYS_FOR_ONE_USE)
            .with_event_delivery(EventDelivery::Ordered { capacity: EVENTS_MAX })
            .on_event(move |event: Arc<Event>, client: Arc<Client>| {
                let memory = remembering.clone();
                async move { memory.hear(&event, &client).await }
            })
            .build()
            .await?;
        let client = bot.client();
        client.set_force_active_delivery_receipts(true);
        let handle = bot.spawn();
        client.wait_for_connected(CONNECT_TIMEOUT).await.context("the phone didn't connect")?;
        let inside = Inside {
            digits: digits.to_owned(),
            server: server.clone(),
            client,
            handle: std::sync::Mutex::new(Some(handle)),
            memory,
        };
        let phone = Phone(Arc::new(inside));
        server.keep(digits, &phone);
        Ok(phone)
    }

    /// Its number, digits only.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0.digits
    }

    /// Its hidden id, the digits before `@lid`.
    #[must_use]
    pub fn hidden_id(&self) -> String {
        hidden_id(&self.0.digits)
    }

    /// Scans the QR that a new device shows, and links the device, or asks it for the account's passkey first.
    ///
    /// # Errors
    /// When the code is no QR of WhatsApp's, or nobody shows it any more.
    pub fn scan(&self, code: &str) -> Result<()> {
        let (server, digits) = (&self.0.server, &self.0.digits);
        let scanned = Scanned::parse(code)?;
        if server.world().accounts.get(digits).is_some_and(|account| account.wants_passkey) {
            return linking::passkey::begin(server, digits, &scanned);
        }
        linking::link(server, digits, &scanned).map(drop)
    }

    /// Types the eight letters that a new device shows. A wrong code shows only in that the device is never linked.
    ///
    /// # Errors
    /// When no device waits for a code of this number.
    pub fn type_code(&self, code: &str) -> Result<()> {
        linking::code::typed(&self.0.server, &self.0.digits, code)
    }

    /// Whether a device must show the account's passkey before it is linked. Nobody wants it until told so.
    pub fn wants_passkey(&self, wants: bool) {
        if let Some(account) = self.0.server.world().accounts.get_mut(&self.0.digits) {
            account.wants_passkey = wants;
        }
    }

    /// The code that the phone shows in the passkey step; the device must show the same.
    #[must_use]
    pub fn passkey_code(&self) -> Option<String> {
        self.0.server.world().codes.passkeys.code(&self.0.digits)
    }

    /// How many of the number's linked devices can be written to: those that have uploaded their keys. Before, others leave them
    /// out, as they do on WhatsApp.
    #[must_use]
    pub fn reachable(&self) -> usize {
        let world = self.0.server.world();
        let linked = world.devices(&self.0.digits).into_iter().filter(|device| device.number > 0);
        linked.filter(|device| world.seat(device).is_some_and(|seat| seat.keys.is_some())).count()
    }

    /// Everything the phone shows, oldest first, each message once however often it came.
    #[must_use]
    pub fn shown(&self) -> Vec<Shown> {
        self.0.memory.shown()
    }

    /// The texts it shows in the chat with a number.
    #[must_use]
    pub fn texts_from(&self, number: &str) -> Vec<String> {
        let digits = crate::numbers::digits(number);
        self.shown()
            .into_iter()
            .filter(|shown| shown.from == digits && shown.group.is_none())
            .map(|shown| shown.text)
            .collect()
    }

    /// How often a message arrived and could be read, repeats included.
    #[must_use]
    pub fn arrivals(&self, id: &str) -> usize {
        self.0.memory.arrivals(id)
    }

    /// What the phone was told of the messages that its person wrote.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        self.0.memory.told()
    }

    /// Messages that arrived and could never be read.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.0.memory.unreadable()
    }

    /// Whether its person reads what comes, at once. They do until told otherwise.
    pub fn reads(&self, reads: bool) {
        self.0.memory.set_reads(reads);
    }

    /// Waits until the phone has seen enough.
    ///
    /// # Errors
    /// When that takes longer than `limit`.
    pub async fn wait(&self, limit: Duration, enough: impl Fn(&Phone) -> bool) -> Result<()> {
        let waited = tokio::time::timeout(limit, async {
            loop {
                let changed = self.0.memory.changed();
                if enough(self) {
                    return;
                }
                changed.await;
            }
        });
        waited.await.with_context(|| {
            format!("the phone of {} waited {limit:?} in vain; it shows {:?}", self.0.digits, self.shown())
        })
    }

    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.0.client
    }

    pub(crate) async fn stop(&self) {
        let handle = self.0.handle.lock().ok().and_then(|mut handle| handle.take());
        if let Some(handle) = handle {
            handle.shutdown().await;
        }
    }
}

/// A phone's identity in the form that linked devices have. Nobody checks a phone's, but without one it couldn't ask for a
/// message again.
fn vouched_for_itself(key: &KeyPair) -> Result<wa::ADVSignedDeviceIdentity> {
    let details = wa::ADVDeviceIdentity { raw_id: Some(1), key_index: Some(0), ..Default::default() }.encode_to_vec();
    let signature =
        key.calculate_signature(&details, &mut rand::rng()).map_err(|error| anyhow!("signing: {error}"))?.to_vec();
    Ok(wa::ADVSignedDeviceIdentity {
        details: Some(details),
        account_signature_key: Some(crate::noise::public(key).to_vec()),
        account_signature: Some(signature.clone()),
        device_signature: Some(signature),
    })
}
