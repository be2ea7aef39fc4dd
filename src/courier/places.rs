//! Room for attempts, so that receivers that don't answer hold none of it for long: an attempt that takes more than a moment
//! leaves the places of the quick ones, and whoever failed last begins among the slow.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use url::Url;

/// Attempts under way that began a moment ago, of all workspaces.
const QUICK_MAX: usize = 256;
/// Attempts that take longer, and those of webhooks that failed last.
const SLOW_MAX: usize = 512;
/// Attempts at one receiver.
const RECEIVER_MAX: usize = 64;
/// How long an attempt is quick.
pub(super) const MOMENT: Duration = Duration::from_millis(500);
/// How long an attempt waits for a place, and before that for its turn; fractions of what it is claimed for.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(3);

pub(super) struct Places {
    quick: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    receivers: Mutex<HashMap<String, usize>>,
}

impl Default for Places {
    fn default() -> Places {
        let (quick, slow) = (Arc::new(Semaphore::new(QUICK_MAX)), Arc::new(Semaphore::new(SLOW_MAX)));
        Places { quick, slow, receivers: Mutex::default() }
    }
}

/// A place, given back when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    permit: OwnedSemaphorePermit,
    receiver: String,
}

impl Places {
    /// How many more attempts at the receiver of this address may begin.
    pub fn room_at(&self, url: &str) -> usize {
        let receivers = self.receivers.lock().unwrap_or_else(PoisonError::into_inner);
        RECEIVER_MAX.saturating_sub(receivers.get(&receiver(url)).copied().unwrap_or_default())
    }

    /// Takes a place, waiting a little for one; `None` if there is none.
    pub async fn enter(self: Arc<Self>, url: &str, failed_last: bool) -> Option<Place> {
        let permit = if failed_last {
            Arc::clone(&self.slow).try_acquire_owned().ok()?
        } else {
            timeout(WAIT_MAX, Arc::clone(&self.quick).acquire_owned()).await.ok()?.ok()?
        };
        let receiver = receiver(url);
        let mut receivers = self.receivers.lock().unwrap_or_else(PoisonError::into_inner);
        *receivers.entry(receiver.clone()).or_default() += 1;
        drop(receivers);
        Some(Place { places: self, permit, receiver })
    }
}

impl Place {
    /// Makes room for the quick, where there is any among the slow.
    pub fn become_slow(&mut self) {
        if let Ok(permit) = Arc::clone(&self.places.slow).try_acquire_owned() {
            self.permit = permit;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut receivers = self.places.receivers.lock().unwrap_or_else(PoisonError::into_inner);
        match receivers.get_mut(&self.receiver) {
            Some(inside) if *inside > 1 => *inside -= 1,
            _ => drop(receivers.remove(&self.receiver)),
        }
    }
}

/// Host and port; what is no address is a receiver of its own.
fn receiver(url: &str) -> String {
    let parsed = Url::parse(url).ok();
    let place = parsed.as_ref().and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
    place.unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn whoever_hangs_leaves_room_for_others() {
        let places = Arc::new(Places::default());
        let mut held = Vec::new();
        for number in 0..QUICK_MAX {
            let url = format!("http://dead{number}.example/");
            held.push(Arc::clone(&places).enter(&url, false).await.expect("a place"));
        }
        assert!(Arc::clone(&places).enter("http://well.example/", false).now_or_never().is_none(), "it would wait");
        held.iter_mut().for_each(Place::become_slow);
        assert!(Arc::clone(&places).enter("http://well.example/", false).await.is_some());
        assert!(Arc::clone(&places).enter("http://dead1.example/", true).await.is_some(), "slow ones have their own");
    }

    #[tokio::test]
    async fn a_receiver_is_its_host_and_port() {
        let places = Arc::new(Places::default());
        let place = Arc::clone(&places).enter("https://crm.example/one", false).await.expect("a place");
        assert_eq!(places.room_at("https://crm.example:443/two"), RECEIVER_MAX - 1);
        assert_eq!(places.room_at("https://crm.example:8443/"), RECEIVER_MAX);
        drop(place);
        assert_eq!(places.room_at("https://crm.example/"), RECEIVER_MAX);
    }
}
