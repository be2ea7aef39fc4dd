//! The server, shared by its connections and by whoever tests with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::media::Files;
use crate::noise::Identity;
use crate::phone::Phone;
use crate::world::World;

#[derive(Clone)]
pub struct Server(Arc<Inside>);

struct Inside {
    identity: Identity,
    world: Mutex<World>,
    phones: Mutex<HashMap<String, Phone>>,
    files: Files,
    /// Where files are stored, as `host:port`.
    media_host: String,
}

impl Server {
    pub fn new(media_host: String) -> Server {
        Server(Arc::new(Inside {
            identity: Identity::generate(),
            world: Mutex::default(),
            phones: Mutex::default(),
            files: Files::default(),
            media_host,
        }))
    }

    pub fn identity(&self) -> &Identity {
        &self.0.identity
    }

    /// The world, for as long as the guard lives; never across a wait.
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().expect("nobody panics with the world in hand")
    }

    pub fn files(&self) -> &Files {
        &self.0.files
    }

    pub fn media_host(&self) -> &str {
        &self.0.media_host
    }

    pub fn phone(&self, digits: &str) -> Option<Phone> {
        self.0.phones.lock().expect("nobody panics with the phones in hand").get(digits).cloned()
    }

    pub fn keep(&self, digits: &str, phone: &Phone) {
        self.0.phones.lock().expect("nobody panics with the phones in hand").insert(digits.to_owned(), phone.clone());
    }

    /// Lets go of the phones, which hold on to the server.
    pub fn forget_phones(&self) -> Vec<Phone> {
        self.0.phones.lock().expect("nobody panics with the phones in hand").drain().map(|(_, phone)| phone).collect()
    }
}

/// Seconds since 1970.
pub fn now_s() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs().cast_signed())
}
