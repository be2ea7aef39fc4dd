//! Receipts: they tell the server that a device has a message, and its sender how far the message came.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, Server};

use crate::nodes::{address, attr, children};
use crate::numbers::Device;
use crate::server::now_s;
use crate::stanzas::Session;
use crate::world::World;

pub fn handle(session: &Session, node: &Node) {
    let Some(from) = &session.device else { return };
    let Some(to) = address(node, "to") else { return };
    let kind = attr(node, "type");
    let ack = NodeBuilder::new("ack").attr("class", "receipt").attr("id", attr(node, "id")).attr("from", to.clone());
    let ack = if kind.is_empty() { ack } else { ack.attr("type", kind.clone()) };
    session.wire.send(ack.build());
    let mut world = session.server.world();
    world.settle_messages(from, node);
    match kind.as_str() {
        // Between the devices of one account and its phone.
        "sender" | "peer_msg" | "hist_sync" | "read-self" | "played-self" => {}
        "retry" => pass_to_device(&mut world, from, &to, node),
        _ => pass_to_all(&mut world, from, &to, node),
    }
}

/// Asking for a message again concerns the device that sent it.
fn pass_to_device(world: &mut World, from: &Device, to: &Jid, node: &Node) {
    let sender = if to.server == Server::Group { address(node, "participant") } else { Some(to.clone()) };
    if let Some(device) = sender.and_then(|jid| world.device(&jid)) {
        let parcel = envelope(from, to, node, true);
        world.deliver(&device, parcel);
    }
}

fn pass_to_all(world: &mut World, from: &Device, to: &Jid, node: &Node) {
    let sender = if to.server == Server::Group { address(node, "participant") } else { Some(to.clone()) };
    let Some(sender) = sender.and_then(|jid| world.device(&jid)) else { return };
    if sender.digits == from.digits {
        return;
    }
    for device in world.devices(&sender.digits) {
        let parcel = envelope(from, to, node, false);
        world.deliver(&device, parcel);
    }
}

/// As the sender of the message hears it.
fn envelope(from: &Device, to: &Jid, node: &Node, whole: bool) -> Node {
    let mut out = NodeBuilder::new("receipt").attr("id", attr(node, "id")).attr("t", now_s().to_string());
    let kind = attr(node, "type");
    if !kind.is_empty() {
        out = out.attr("type", kind);
    }
    if to.server == Server::Group {
        let participant = address(node, "participant").unwrap_or_default();
        out = out.attr("from", to.clone()).attr("participant", from.like(&participant));
        if participant.server == Server::Lid {
            out = out.attr("participant_pn", from.by_number().to_non_ad());
        }
    } else {
        out = out.attr("from", from.like(to));
    }
    let kept = |child: &&Node| whole || child.tag == "list";
    let inside: Vec<Node> = children(node).iter().filter(kept).cloned().collect();
    if inside.is_empty() { out.build() } else { out.children(inside).build() }
}
