//! Names to addresses.

use std::future::Future;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};

/// Lookups at once. Each takes a thread of its own, so that names whose servers don't answer hold up each other and
/// nothing else; the runtime's threads for blocking work are few.
const LOOKUPS_MAX: usize = 32;
const STACK_BYTES: usize = 256 * 1024;

/// Addresses to come.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a host name. Whoever asks sets the time.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of the name, in the order in which they should be tried; none is as good as an error.
    fn resolve(&self, host: &str) -> Resolving;
}

/// The machine's own resolver, with its hosts file and search domains.
pub struct SystemResolver {
    room: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> SystemResolver {
        SystemResolver { room: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let (room, host) = (Arc::clone(&self.room), host.to_owned());
        Box::pin(async move {
            let permit = room.acquire_owned().await.map_err(io::Error::other)?;
            let (tell, told) = oneshot::channel();
            let look = move || {
                let found = (host.as_str(), 0).to_socket_addrs();
                // Nobody may wait for it any more.
                let _ = tell.send(found.map(|found| found.map(|address| address.ip()).collect()));
                // Only now: a lookup that outlives its request still takes its room.
                drop(permit);
            };
            std::thread::Builder::new().name("lookup".to_owned()).stack_size(STACK_BYTES).spawn(look)?;
            told.await.map_err(io::Error::other)?
        })
    }
}
