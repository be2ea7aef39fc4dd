//! A number's connection, kept: made, made again where the library gives up, and ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use transport::AccountState;
use whatsapp_rust::bot::{Bot, BotBuilderError};

use crate::http;
use crate::pump::Hook;
use crate::records::Records;
use crate::shared::{Shared, Tap};
use crate::socket::{Socket, Watcher};
use crate::states::Ending;
use crate::{NotOpened, WebParts, keys};

/// After an ending that nobody has words for, and where the keys can't be read just now.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

const NO_KEYS: &str = "The keys of this number aren't here; link it again";

/// Keeps the connection until the session is to stop. `_turn` is held for as long.
pub async fn keep(shared: Arc<Shared>, _turn: OwnedMutexGuard<()>) {
    while !*shared.stop.borrow() {
        let ending = connect(&shared).await;
        let wait = match ending {
            Some(Ending::Never) => None,
            Some(Ending::At(at_ms)) => {
                Some(Duration::from_millis(u64::try_from(at_ms - wacore::time::now_millis()).unwrap_or(0)))
            }
            None => Some(AGAIN_AFTER),
        };
        tokio::select! {
            () = shared.stopped() => {}
            () = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            } => {}
        }
    }
}

/// One connection and those that the library makes after it by itself.
async fn connect(shared: &Arc<Shared>) -> Option<Ending> {
    let opened = match shared.parts.keyring.open().await {
        Ok(records) => bot(shared, records).await.map_err(|error| NotOpened::Failed(error.to_string())),
        Err(error) => Err(error),
    };
    let bot = match opened {
        Ok(bot) => bot,
        Err(NotOpened::Refused(reason)) => {
            shared.tell_state(AccountState::LoggedOut { reason });
            return Some(Ending::Never);
        }
        Err(NotOpened::Failed(why)) => {
            let reason = format!("The keys of this number can't be read: {why}");
            shared.tell_state(AccountState::Disconnected { reason });
            return None;
        }
    };
    let client = bot.client();
    if client.pn().is_none() {
        shared.tell_state(AccountState::LoggedOut { reason: NO_KEYS.into() });
        return Some(Ending::Never);
    }
    // What is stored was delivered, whether or not somebody looks at it.
    client.set_force_active_delivery_receipts(true);
    shared.set_client(Some(Arc::clone(&client)));
    let mut handle = bot.spawn();
    let is_over = tokio::select! {
        () = &mut handle => true,
        () = shared.stopped() => false,
    };
    if !is_over {
        handle.shutdown().await;
    }
    shared.set_client(None);
    shared.take_ending()
}

async fn bot(shared: &Arc<Shared>, records: Arc<dyn Records>) -> Result<Bot, BotBuilderError> {
    let builder = prepared(&shared.parts, records, Arc::clone(shared))
        .with_inbound_durability_hook(Hook(Arc::clone(shared)))
        .with_event_handler(Tap(Arc::clone(shared)));
    match shared.parts.options.version {
        Some(version) => builder.with_version(version).build().await,
        None => builder.build().await,
    }
}

type Ready = whatsapp_rust::bot::BotBuilder<
    whatsapp_rust::bot::Provided,
    whatsapp_rust::bot::Provided,
    whatsapp_rust::bot::Provided,
    whatsapp_rust::bot::Provided,
>;

/// What linking and talking have in common.
pub fn prepared<W: Watcher + 'static>(parts: &WebParts, records: Arc<dyn Records>, watcher: Arc<W>) -> Ready {
    let props = wacore::store::device::DevicePropsOverride::new().with_os(parts.options.device_name.clone());
    Bot::builder()
        .with_backend_arc(keys::open(records))
        .with_transport_factory(Socket { way: parts.way.clone(), watcher })
        .with_http_client(http::Client::new(Arc::clone(&parts.http)))
        .with_device_props(props)
}
