//! Key bundles: what a device uploads so that others can write to it first.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::nodes::{address, answer, children, error, has};
use crate::numbers::Device;
use crate::phone;
use crate::stanzas::Session;
use crate::world::{Keys, World};

/// The parts of a bundle that stay the same.
const FIXED: [&str; 4] = ["registration", "type", "identity", "skey"];

pub fn handle(session: &Session, device: &Device, node: &Node) -> Node {
    let mut world = session.server.world();
    if has(node, "count") {
        let count = world.seat(device).and_then(|seat| seat.keys.as_ref()).map_or(0, |keys| keys.once.len());
        return answer(node, vec![NodeBuilder::new("count").attr("value", count.to_string()).build()]);
    }
    if has(node, "digest") {
        return digest(&world, device, node);
    }
    if let Some(wanted) = node.get_optional_child("key") {
        let users = children(wanted)
            .iter()
            .filter(|child| child.tag == "user")
            .map(|user| bundle(&mut world, user))
            .collect::<Vec<_>>();
        return answer(node, vec![NodeBuilder::new("list").children(users).build()]);
    }
    upload(&mut world, device, node);
    drop(world);
    phone::greet(&session.server, device);
    answer(node, Vec::new())
}

fn upload(world: &mut World, device: &Device, node: &Node) {
    let Some(seat) = world.seat_mut(device) else { return };
    let once = node.get_optional_child("list").map(|list| children(list).to_vec()).unwrap_or_default();
    let fixed: Vec<Node> = FIXED.iter().filter_map(|tag| node.get_optional_child(tag).cloned()).collect();
    match &mut seat.keys {
        Some(keys) => {
            // A rotation uploads the signed key alone.
            for part in fixed {
                keys.fixed.retain(|kept| kept.tag != part.tag);
                keys.fixed.push(part);
            }
            keys.once.extend(once);
        }
        keys => *keys = Some(Keys { fixed, once: once.into() }),
    }
}

/// The bundle of one device, or that there is none. A key for one use is given away once.
fn bundle(world: &mut World, user: &Node) -> Node {
    let Some(jid) = address(user, "jid") else { return NodeBuilder::new("user").build() };
    let found = world.device(&jid);
    let seat = found.as_ref().and_then(|device| world.seat_mut(device));
    let out = NodeBuilder::new("user").attr("jid", jid);
    let Some((seat, keys)) = seat.and_then(|seat| seat.keys.take().map(|keys| (seat, keys))) else {
        return out.children([error(404, "item-not-found")]).build();
    };
    let mut keys = keys;
    let mut parts = keys.fixed.clone();
    parts.extend(keys.once.pop_front());
    if !seat.signed_identity.is_empty() {
        parts.push(NodeBuilder::new("device-identity").bytes(seat.signed_identity.clone()).build());
    }
    seat.keys = Some(keys);
    out.children(parts).build()
}

/// A client asks whether we have what it uploaded. Without a digest it doesn't upload again.
fn digest(world: &World, device: &Device, node: &Node) -> Node {
    match world.seat(device).and_then(|seat| seat.keys.as_ref()) {
        Some(_) => crate::nodes::refusal(node, 503, "service-unavailable"),
        None => crate::nodes::refusal(node, 404, "item-not-found"),
    }
}
