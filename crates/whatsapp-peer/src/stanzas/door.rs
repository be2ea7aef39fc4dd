//! The first words on a connection: a known device is let in, an unknown one gets what its QR is made of.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use waproto::whatsapp as wa;

use crate::faults::Refusal;
use crate::linking;
use crate::numbers::Device;
use crate::server::{Server, now_s};
use crate::stanzas::Session;
use crate::world::Wire;

/// Lets a client in, or turns it away.
pub fn enter(server: &Server, wire: Wire, payload: &wa::ClientPayload) -> Option<Session> {
    let Some(username) = payload.username else {
        let session = Session { server: server.clone(), wire, device: None };
        linking::offer(&session);
        return Some(session);
    };
    let device = Device { digits: username.to_string(), number: u16::try_from(payload.device.unwrap_or(0)).ok()? };
    let mut world = server.world();
    if let Some(refusal) = world
        .accounts
        .get_mut(&device.digits)
        .filter(|_| device.number > 0)
        .and_then(|account| account.faults.next_door())
    {
        drop(world);
        turn_away(&wire, &refusal);
        return None;
    }
    if !world.connect(&device, &wire) {
        drop(world);
        turn_away(&wire, &Refusal::Failure(401));
        return None;
    }
    drop(world);
    wire.send(
        NodeBuilder::new("success")
            .attr("t", now_s().to_string())
            .attr("lid", device.by_hidden_id())
            .attr("location", "lla")
            .build(),
    );
    Some(Session { server: server.clone(), wire, device: Some(device) })
}

/// Says why and ends the connection.
pub fn turn_away(wire: &Wire, refusal: &Refusal) {
    match refusal {
        Refusal::Failure(reason) => {
            wire.send(NodeBuilder::new("failure").attr("reason", reason.to_string()).attr("location", "lla").build());
        }
        Refusal::Banned { code, seconds } => wire.send(
            NodeBuilder::new("failure")
                .attr("reason", "402")
                .attr("code", code.to_string())
                .attr("expire", seconds.to_string())
                .build(),
        ),
        Refusal::Stream(code) => wire.send(stream_error(*code)),
        Refusal::Replaced => wire.send(replaced()),
        Refusal::Removed => wire.send(conflict("device_removed")),
        Refusal::Silence => {}
    }
    wire.end();
}

pub fn stream_error(code: u16) -> Node {
    NodeBuilder::new("stream:error").attr("code", code.to_string()).build()
}

/// Another connection took the place.
pub fn replaced() -> Node {
    conflict("replaced")
}

fn conflict(kind: &str) -> Node {
    NodeBuilder::new("stream:error")
        .children([NodeBuilder::new("conflict").attr("type", kind.to_owned()).build()])
        .build()
}
