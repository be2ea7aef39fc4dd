//! Messages: kept for each device they were encrypted to, and passed on.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, Server};

use crate::faults::Trouble;
use crate::nodes::{address, attr, children, find};
use crate::numbers::Device;
use crate::server::now_s;
use crate::stanzas::Session;
use crate::world::World;

/// What goes along with the ciphertext, as it is.
const PASSED_ON: [&str; 2] = ["meta", "reporting"];

pub fn handle(session: &Session, node: &Node) {
    let Some(from) = &session.device else { return };
    let Some(to) = address(node, "to") else { return };
    let mut world = session.server.world();
    let peer = attr(node, "category") == "peer";
    let trouble = world
        .accounts
        .get_mut(&from.digits)
        .filter(|_| from.number > 0 && !peer)
        .and_then(|account| account.faults.next_send());
    match trouble {
        Some(Trouble::LostBefore) => return session.wire.end(),
        Some(Trouble::Refused(code)) => {
            return session.wire.send(acknowledged(node, &to).attr("error", code.to_string()).build());
        }
        _ => {}
    }
    let parcels = if to.server == Server::Group {
        to_group(&mut world, from, &to, node)
    } else {
        to_people(&world, from, &to, node)
    };
    let held =
        world.accounts.get_mut(&from.digits).map(|account| std::mem::take(&mut account.overtaken)).unwrap_or_default();
    if trouble == Some(Trouble::Overtaken) {
        if let Some(account) = world.accounts.get_mut(&from.digits) {
            account.overtaken = parcels;
        }
    } else {
        for (device, parcel) in &parcels {
            world.deliver(device, parcel.clone());
            if trouble == Some(Trouble::Doubled) {
                world.deliver(device, parcel.clone());
            }
        }
    }
    for (device, parcel) in held {
        world.deliver(&device, parcel);
    }
    if trouble == Some(Trouble::LostAfter) {
        return session.wire.end();
    }
    session.wire.send(acknowledged(node, &to).attr("t", now_s().to_string()).build());
}

fn acknowledged(node: &Node, to: &Jid) -> NodeBuilder {
    NodeBuilder::new("ack").attr("class", "message").attr("id", attr(node, "id")).attr("from", to.clone())
}

/// The ciphertexts of a message by the device they are for.
fn sealed_for(world: &World, node: &Node) -> Vec<(Device, Node)> {
    let fanned = find(node, &["participants"]).map(children).unwrap_or_default();
    fanned
        .iter()
        .filter_map(|to| Some((world.device(&address(to, "jid")?)?, to.get_optional_child("enc")?.clone())))
        .collect()
}

fn to_people(world: &World, from: &Device, to: &Jid, node: &Node) -> Vec<(Device, Node)> {
    let mut sealed = sealed_for(world, node);
    if let (Some(device), Some(enc)) = (world.device(to), node.get_optional_child("enc")) {
        sealed.push((device, enc.clone()));
    }
    let parcel = |(device, enc): (Device, Node)| {
        let mut out = envelope(world, from, node).attr("from", from.like(to));
        if device.digits == from.digits {
            // A copy for the sender's other devices says whom it went to.
            let recipient = address(node, "recipient").unwrap_or_else(|| to.to_non_ad());
            out = out.attr("recipient", recipient);
        } else if to.server == Server::Lid {
            out = out.attr("sender_pn", from.by_number().to_non_ad());
        } else {
            out = out.attr("sender_lid", from.by_hidden_id().to_non_ad());
        }
        (device, out.children(inside(node, vec![enc])).build())
    };
    sealed.into_iter().map(parcel).collect()
}

fn to_group(world: &mut World, from: &Device, to: &Jid, node: &Node) -> Vec<(Device, Node)> {
    let Some(group) = world.groups.get(to.user.as_str()) else { return Vec::new() };
    let members: Vec<String> = group.members().map(str::to_owned).collect();
    let hidden = attr(node, "addressing_mode") == "lid";
    let sealed = sealed_for(world, node);
    let for_all = node.get_optional_child("enc");
    // A resend goes to the one device that asked for it.
    let only = address(node, "participant").and_then(|jid| world.device(&jid));
    let mut parcels = Vec::new();
    for device in members.iter().flat_map(|member| world.devices(member)) {
        if device == *from || only.as_ref().is_some_and(|only| *only != device) {
            continue;
        }
        let mut parts: Vec<Node> =
            sealed.iter().filter(|(for_device, _)| *for_device == device).map(|(_, enc)| enc.clone()).collect();
        parts.extend(for_all.cloned());
        if parts.is_empty() {
            continue;
        }
        let (participant, other) = if hidden {
            (from.by_hidden_id(), ("participant_pn", from.by_number()))
        } else {
            (from.by_number(), ("participant_lid", from.by_hidden_id()))
        };
        let out = envelope(world, from, node)
            .attr("from", to.clone())
            .attr("participant", participant)
            .attr("addressing_mode", if hidden { "lid" } else { "pn" })
            .attr(other.0, other.1.to_non_ad());
        parcels.push((device, out.children(inside(node, parts)).build()));
    }
    parcels
}

fn envelope(world: &World, from: &Device, node: &Node) -> NodeBuilder {
    let name = world.accounts.get(&from.digits).map(|account| account.name.clone()).unwrap_or_default();
    let mut out = NodeBuilder::new("message")
        .attr("id", attr(node, "id"))
        .attr("type", attr(node, "type"))
        .attr("t", now_s().to_string())
        .attr("notify", name);
    for (key, value) in [("edit", attr(node, "edit")), ("category", attr(node, "category"))] {
        if !value.is_empty() {
            out = out.attr(key, value);
        }
    }
    out
}

fn inside(node: &Node, mut parts: Vec<Node>) -> Vec<Node> {
    let first_contact = parts.iter().any(|enc| attr(enc, "type") == "pkmsg");
    if first_contact {
        parts.extend(node.get_optional_child("device-identity").cloned());
    }
    parts.extend(PASSED_ON.iter().filter_map(|tag| node.get_optional_child(tag).cloned()));
    parts
}
