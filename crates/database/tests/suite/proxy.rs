//! A wire between the database and a PostgreSQL server that can be cut at the worst moments.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Where to cut, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// COMMIT never reaches the server, which sees the connection end.
    BeforeServer,
    /// COMMIT never reaches the server, which sees nothing at all.
    BeforeServerUnseen,
    /// The server commits and answers; the answer never arrives.
    AfterServer,
}

#[derive(Default)]
struct State {
    armed: Mutex<Option<Cut>>,
    refusing: AtomicBool,
    /// Server sides of unseen cuts, kept open.
    held: Mutex<Vec<TcpStream>>,
}

pub struct Proxy {
    state: Arc<State>,
    port: u16,
}

/// The simple query COMMIT, as it stands on the wire.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

impl Proxy {
    pub fn to(address: &str) -> Proxy {
        let server = host_and_port(address);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if !shared.refusing.load(Ordering::SeqCst) {
                    carry(&shared, client, TcpStream::connect(&server).unwrap());
                }
            }
        });
        Proxy { state, port }
    }

    /// `address` led through this proxy.
    pub fn address(&self, address: &str) -> String {
        let config: postgres::Config = address.parse().unwrap();
        let password = config.get_password().map(|p| format!("password='{}'", String::from_utf8_lossy(p)));
        let name = config.get_dbname().map(|name| format!("dbname={name}"));
        format!(
            "host=127.0.0.1 port={} user={} {} {} options='{}'",
            self.port,
            config.get_user().unwrap_or("postgres"),
            password.unwrap_or_default(),
            name.unwrap_or_default(),
            config.get_options().unwrap_or_default(),
        )
    }

    /// Cuts the next connection that sends COMMIT.
    pub fn arm(&self, cut: Cut) {
        *self.state.armed.lock().unwrap() = Some(cut);
    }

    pub fn has_cut(&self) -> bool {
        self.state.armed.lock().unwrap().is_none()
    }

    /// From now on new connections are dropped, or let through again.
    pub fn refuse(&self, refuse: bool) {
        self.state.refusing.store(refuse, Ordering::SeqCst);
    }
}

fn host_and_port(address: &str) -> String {
    let config: postgres::Config = address.parse().unwrap();
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts().first() {
        Some(postgres::config::Host::Tcp(host)) => format!("{host}:{port}"),
        other => panic!("PARTYLINE_TEST_POSTGRES must be reached over TCP, not {other:?}"),
    }
}

fn carry(state: &Arc<State>, client: TcpStream, server: TcpStream) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let swallow = Arc::new(AtomicBool::new(false));
    let (state, swallows) = (state.clone(), swallow.clone());
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || {
        pump(&mut from_client, |client, bytes| {
            let commits = bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
            match state.armed.lock().unwrap().take_if(|_| commits) {
                Some(Cut::BeforeServer) => false,
                Some(Cut::BeforeServerUnseen) => {
                    state.held.lock().unwrap().push(to_server.try_clone().unwrap());
                    let _ = client.shutdown(Shutdown::Both);
                    false
                }
                Some(Cut::AfterServer) => {
                    swallows.store(true, Ordering::SeqCst);
                    to_server.write_all(bytes).is_ok()
                }
                None => to_server.write_all(bytes).is_ok(),
            }
        });
        if state.held.lock().unwrap().iter().all(|held| held.local_addr().ok() != to_server.local_addr().ok()) {
            let _ = to_server.shutdown(Shutdown::Both);
        }
        let _ = from_client.shutdown(Shutdown::Both);
    });
    let (mut from_server, mut to_client) = (server, client);
    std::thread::spawn(move || {
        pump(&mut from_server, |_, bytes| !swallow.load(Ordering::SeqCst) && to_client.write_all(bytes).is_ok());
        let _ = to_client.shutdown(Shutdown::Both);
    });
}

/// Hands on what arrives until `hand_on` says `false` or nothing more comes.
fn pump(from: &mut TcpStream, mut hand_on: impl FnMut(&TcpStream, &[u8]) -> bool) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if !hand_on(from, &buffer[..read]) {
            return;
        }
    }
}
