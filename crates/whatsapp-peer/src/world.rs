//! What the server knows: accounts, their devices, who is connected, what waits for whom.

use std::collections::{BTreeMap, HashMap, VecDeque};

use tokio::sync::mpsc::{Receiver, Sender, channel};
use wacore::libsignal::protocol::KeyPair;
use wacore_binary::{Jid, Node, Server};

use crate::faults::Faults;
use crate::linking::Codes;
use crate::nodes::{attr, children};
use crate::numbers::{Device, hidden_id};
use crate::stanzas::groups::Group;

/// Stanzas that may wait for one connection; a client that is further behind is lost.
const OUTGOING_MAX: usize = 20_000;

/// What goes out on a connection.
pub enum Out {
    Node(Box<Node>),
    /// The connection ends, abruptly.
    End,
}

/// The sending half of a connection.
#[derive(Clone)]
pub struct Wire {
    pub id: u64,
    out: Sender<Out>,
}

impl Wire {
    /// A wire, and what is to go out on it.
    pub fn new(id: u64) -> (Wire, Receiver<Out>) {
        let (out, outgoing) = channel(OUTGOING_MAX);
        (Wire { id, out }, outgoing)
    }

    /// Sends; a connection that has ended takes nothing, and one that doesn't keep up misses it.
    pub fn send(&self, node: Node) {
        let _ = self.out.try_send(Out::Node(Box::new(node)));
    }

    pub fn end(&self) {
        let _ = self.out.try_send(Out::End);
    }
}

/// A number that has WhatsApp.
pub struct Account {
    pub digits: String,
    pub name: String,
    /// The phone's identity, which signs those of its linked devices.
    pub key: KeyPair,
    pub devices: BTreeMap<u16, Seat>,
    pub faults: Faults,
    /// Connections of its linked devices so far.
    pub connections: usize,
    /// Whether a device must show the passkey before it is linked.
    pub wants_passkey: bool,
    /// A message that the next one overtakes.
    pub overtaken: Vec<(Device, Node)>,
}

/// One device of an account as the server sees it.
#[derive(Default)]
pub struct Seat {
    /// Its identity as the phone and then the device itself signed it; empty for the phone.
    pub signed_identity: Vec<u8>,
    pub key_index: u32,
    pub keys: Option<Keys>,
    /// Whether the phone has shared its keys and history with it.
    pub greeted: bool,
    wire: Option<Wire>,
    waiting: VecDeque<Node>,
}

impl Seat {
    pub fn linked(key_index: u32) -> Seat {
        Seat { key_index, ..Seat::default() }
    }
}

/// What others need to write to a device first.
pub struct Keys {
    /// `registration`, `type`, `identity`, `skey` as uploaded.
    pub fixed: Vec<Node>,
    pub once: VecDeque<Node>,
}

#[derive(Default)]
pub struct World {
    pub accounts: HashMap<String, Account>,
    pub groups: HashMap<String, Group>,
    pub codes: Codes,
    by_hidden_id: HashMap<String, String>,
    count: u64,
}

impl World {
    pub fn add(&mut self, digits: &str, name: &str, key: KeyPair) {
        self.by_hidden_id.insert(hidden_id(digits), digits.to_owned());
        let phone = Seat { greeted: true, ..Seat::default() };
        let account = Account {
            digits: digits.to_owned(),
            name: name.to_owned(),
            key,
            devices: BTreeMap::from([(0, phone)]),
            faults: Faults::default(),
            connections: 0,
            wants_passkey: false,
            overtaken: Vec::new(),
        };
        self.accounts.insert(digits.to_owned(), account);
    }

    /// The next of the server's own numbers.
    pub fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// The device that an address means; one without a device means the phone.
    pub fn device(&self, jid: &Jid) -> Option<Device> {
        let digits = match jid.server {
            Server::Lid => self.by_hidden_id.get(jid.user.as_str())?.clone(),
            Server::Pn => jid.user.to_string(),
            _ => return None,
        };
        self.accounts.contains_key(&digits).then_some(Device { digits, number: jid.device })
    }

    pub fn seat(&self, device: &Device) -> Option<&Seat> {
        self.accounts.get(&device.digits)?.devices.get(&device.number)
    }

    pub fn seat_mut(&mut self, device: &Device) -> Option<&mut Seat> {
        self.accounts.get_mut(&device.digits)?.devices.get_mut(&device.number)
    }

    /// All devices of a number.
    pub fn devices(&self, digits: &str) -> Vec<Device> {
        let numbers = self.accounts.get(digits).into_iter().flat_map(|account| account.devices.keys());
        numbers.map(|number| Device { digits: digits.to_owned(), number: *number }).collect()
    }

    /// Keeps a stanza until the device says that it has it, and sends it when it is connected.
    pub fn deliver(&mut self, device: &Device, node: Node) {
        if let Some(seat) = self.seat_mut(device) {
            if let Some(wire) = &seat.wire {
                wire.send(node.clone());
            }
            seat.waiting.push_back(node);
        }
    }

    /// The device has said that it has a stanza.
    pub fn settle(&mut self, device: &Device, class: &str, id: &str) {
        if let Some(seat) = self.seat_mut(device)
            && let Some(place) = seat.waiting.iter().position(|node| node.tag == class && attr(node, "id") == id)
        {
            seat.waiting.remove(place);
        }
    }

    /// The device has said that it has a message, and those named in the list with it.
    pub fn settle_messages(&mut self, device: &Device, receipt: &Node) {
        self.settle(device, "message", &attr(receipt, "id"));
        let listed = children(receipt).iter().filter(|child| child.tag == "list").flat_map(children);
        for id in listed.map(|item| attr(item, "id")).collect::<Vec<_>>() {
            self.settle(device, "message", &id);
        }
    }

    /// What a device has not confirmed yet, oldest first.
    pub fn waiting(&self, device: &Device) -> Vec<Node> {
        self.seat(device).map(|seat| seat.waiting.iter().cloned().collect()).unwrap_or_default()
    }

    /// Puts a device on a connection. Whoever held its place is told that it was replaced.
    pub fn connect(&mut self, device: &Device, wire: &Wire) -> bool {
        let Some(seat) = self.seat_mut(device) else { return false };
        if let Some(before) = seat.wire.replace(wire.clone()) {
            before.send(crate::stanzas::door::replaced());
            before.end();
        }
        if let Some(account) = self.accounts.get_mut(&device.digits).filter(|_| device.number > 0) {
            account.connections += 1;
        }
        true
    }

    pub fn disconnect(&mut self, device: &Device, wire: &Wire) {
        if let Some(seat) = self.seat_mut(device)
            && seat.wire.as_ref().is_some_and(|current| current.id == wire.id)
        {
            seat.wire = None;
        }
    }

    pub fn wire(&self, device: &Device) -> Option<&Wire> {
        self.seat(device)?.wire.as_ref()
    }
}
