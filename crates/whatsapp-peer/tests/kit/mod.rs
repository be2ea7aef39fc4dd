//! A linked device of the library itself, for the tests of the peer alone.

// Each test target uses its own part of the kit.
#![allow(dead_code)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use wacore::proto_helpers::MessageExt;
use wacore::store::InMemoryBackend;
use wacore::types::events::Event;
use whatsapp_peer::{FileClient, Peer, Phone};
use whatsapp_rust::bot::{BotHandle, EventDelivery};
use whatsapp_rust::client::Client;
use whatsapp_rust::prelude::Bot;
use whatsapp_rust::transport::TokioWebSocketTransportFactory;

/// How long anything of a test may take.
pub const LIMIT: Duration = Duration::from_secs(20);

/// A device that is linked to somebody's phone, and what it heard, as sentences.
pub struct Linked {
    pub client: Arc<Client>,
    pub backend: Arc<InMemoryBackend>,
    handle: BotHandle,
    heard: Arc<Heard>,
}

#[derive(Default)]
struct Heard {
    lines: Mutex<Vec<String>>,
    changed: Notify,
}

impl Linked {
    /// A device that nobody has linked yet.
    pub async fn new(peer: &Peer) -> Linked {
        Linked::with(peer, Arc::new(InMemoryBackend::new())).await
    }

    pub async fn with(peer: &Peer, backend: Arc<InMemoryBackend>) -> Linked {
        let heard = Arc::new(Heard::default());
        let hearing = Arc::clone(&heard);
        let bot = Bot::builder()
            .with_backend_arc(Arc::<InMemoryBackend>::clone(&backend))
            .with_transport_factory(TokioWebSocketTransportFactory::new().with_url(peer.url()))
            .with_http_client(FileClient)
            .with_version((2, 3000, 1_030_000_000))
            .with_wanted_pre_key_count(16)
            .with_push_name("Shop")
            .with_event_delivery(EventDelivery::Ordered { capacity: 1_000 })
            .on_event(move |event: Arc<Event>, _| {
                let hearing = Arc::clone(&hearing);
                async move { hearing.note(&event) }
            })
            .build()
            .await
            .expect("a client");
        let client = bot.client();
        client.set_force_active_delivery_receipts(true);
        Linked { client, backend, handle: bot.spawn(), heard }
    }

    /// A device that the phone has linked, and that is connected.
    pub async fn of(peer: &Peer, phone: &Phone) -> Linked {
        let linked = Linked::new(peer).await;
        phone.scan(&linked.wait_for("qr ").await).expect("the phone takes the code");
        linked.wait_for("connected").await;
        linked
    }

    /// The rest of the first line that begins so.
    pub async fn wait_for(&self, beginning: &str) -> String {
        let waited = tokio::time::timeout(LIMIT, async {
            loop {
                let changed = self.heard.changed.notified();
                if let Some(line) = self.lines().iter().find_map(|line| line.strip_prefix(beginning)) {
                    return line.to_owned();
                }
                changed.await;
            }
        });
        waited.await.unwrap_or_else(|_| panic!("nothing begins with {beginning:?} in {:#?}", self.lines()))
    }

    pub fn lines(&self) -> Vec<String> {
        self.heard.lines.lock().expect("lines").clone()
    }

    pub async fn stop(self) {
        self.handle.shutdown().await;
    }
}

impl Heard {
    fn note(&self, event: &Event) {
        let mut lines = self.lines.lock().expect("lines");
        match event {
            Event::PairingQrCode(code) => lines.push(format!("qr {}", code.code)),
            Event::PairPasskeyRequest(asked) => lines.push(format!("passkey {}", asked.request_options_json)),
            Event::PairPasskeyConfirmation(shown) => lines.push(format!("passkey-code {}", shown.code)),
            Event::Connected(_) => lines.push("connected".to_owned()),
            Event::Messages(batch) => {
                for message in batch {
                    let source = &message.info.source;
                    let way = if source.is_from_me { "mine" } else { "theirs" };
                    let text = message.message.text_content().unwrap_or_default();
                    lines.push(format!("{way} in {}: {text}", source.chat));
                }
            }
            Event::Receipt(receipt) => {
                lines.extend(receipt.message_ids.iter().map(|id| format!("{:?} {id}", receipt.r#type)));
            }
            Event::ServerAck(ack) if ack.class.as_deref() == Some("message") => {
                lines.push(format!("ack {} {:?}", ack.id, ack.error));
            }
            other => lines.push(format!("{:?}", other.kind())),
        }
        drop(lines);
        self.changed.notify_waiters();
    }
}
