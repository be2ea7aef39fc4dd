//! A number's connection, kept: made, made again where the library gives up, and ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use transport::AccountState;
use whatsapp_rust::bot::{Bot, BotBuilderError};

use crate::http;
use crate::pump::Receiver;
use crate::records::Records;
use crate::shared::{Shared, Tap};
use crate::socket::{Silence, Socket, Version, Watcher};
use crate::states::Ending;
use crate::{NotOpened, WebParts, keys};

/// After an ending that nobody has words for, and where the keys can't be read just now.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

const NO_KEYS: &str = "The keys of this number aren't here; link it again";

/// Where WhatsApp takes the current version no more; by then it names a newer one.
const OUTDATED_AFTER: Duration = Duration::from_secs(10 * 60);

/// Keeps the connection until the session is to stop. The number's turn is held only while there is one: who links it
/// anew needs it then.
pub async fn keep(shared: Arc<Shared>) {
    while !*shared.stop.borrow() {
        let turn = tokio::select! {
            turn = Mutex::lock_owned(Arc::clone(&shared.parts.turn)) => turn,
            () = shared.stopped() => return,
        };
        let ending = connect(&shared).await;
        drop(turn);
        let wait = match ending {
            Some(Ending::Never) => None,
            Some(Ending::Outdated) if shared.parts.options.version.is_some() => None,
            Some(Ending::Outdated) => {
                shared.parts.way.forget_version().await;
                Some(OUTDATED_AFTER)
            }
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
    let version = match version(&shared.parts).await {
        Ok(version) => version,
        Err(why) => {
            shared.failed(why);
            return None;
        }
    };
    let opened = match shared.parts.keyring.open().await {
        Ok(records) => bot(shared, records, version).await.map_err(|error| NotOpened::Failed(error.to_string())),
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

async fn bot(shared: &Arc<Shared>, records: Arc<dyn Records>, version: Version) -> Result<Bot, BotBuilderError> {
    let builder = prepared(&shared.parts, records, Arc::clone(shared), shared.silence.clone());
    let builder =
        builder.with_inbound_durability_hook(Receiver(Arc::clone(shared))).with_event_handler(Tap(Arc::clone(shared)));
    builder.with_version(version).build().await
}

/// The version to be taken for.
///
/// # Errors
/// In words: WhatsApp doesn't name one.
pub async fn version(parts: &WebParts) -> Result<Version, String> {
    match parts.options.version {
        Some(version) => Ok(version),
        None => {
            let found = parts.way.version(http::Client::new(Arc::clone(&parts.http))).await;
            found.map_err(|why| format!("its current version can't be read ({why}); --web-version sets one"))
        }
    }
}

type Ready = whatsapp_rust::bot::BotBuilder<
    whatsapp_rust::bot::Provided,
    whatsapp_rust::bot::Provided,
    whatsapp_rust::bot::Provided,
    whatsapp_rust::bot::Provided,
>;

/// What linking and talking have in common.
pub fn prepared<W: Watcher + 'static>(
    parts: &WebParts,
    records: Arc<dyn Records>,
    watcher: Arc<W>,
    silence: Silence,
) -> Ready {
    let props = wacore::store::device::DevicePropsOverride::new().with_os(parts.options.device_name.clone());
    Bot::builder()
        .with_backend_arc(keys::open(records))
        .with_transport_factory(Socket { way: parts.way.clone(), watcher, silence })
        .with_http_client(http::Client::new(Arc::clone(&parts.http)))
        .with_device_props(props)
}
