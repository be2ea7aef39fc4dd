//! What the server does with each stanza of a client.

pub mod app_state;
pub mod door;
pub mod groups;
mod keys;
mod receipts;
mod relay;
mod requests;
mod usync;

use wacore_binary::Node;

use crate::nodes::attr;
use crate::numbers::Device;
use crate::server::Server;
use crate::world::Wire;

/// One connection after its handshake.
pub struct Session {
    pub server: Server,
    pub wire: Wire,
    /// Who it is, once linked.
    pub device: Option<Device>,
}

impl Session {
    pub fn handle(&mut self, node: Node) {
        tracing::trace!(device = ?self.device, stanza = %node.tag, kind = %attr(&node, "type"), space = %attr(&node, "xmlns"), "heard");
        match node.tag.as_ref() {
            "iq" => requests::handle(self, &node),
            "message" => relay::handle(self, &node),
            "receipt" => receipts::handle(self, &node),
            "ack" => {
                if let Some(device) = &self.device {
                    self.server.world().settle(device, &attr(&node, "class"), &attr(&node, "id"));
                }
            }
            // Presence, typing and the like concern nobody here.
            _ => {}
        }
    }

    pub fn leave(&self) {
        let mut world = self.server.world();
        if let Some(device) = &self.device {
            world.disconnect(device, &self.wire);
        }
        world.codes.forget(&self.wire);
    }
}
