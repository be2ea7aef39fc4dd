//! Requests (`iq`), by their namespace.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::linking;
use crate::nodes::{answer, attr, has, refusal};
use crate::stanzas::{Session, app_state, groups, keys, usync};

pub fn handle(session: &mut Session, node: &Node) {
    match attr(node, "type").as_str() {
        "result" | "error" => linking::answered(session, node),
        _ => {
            let reply = asked(session, node);
            session.wire.send(reply);
            if attr(node, "xmlns") == "passive" {
                catch_up(session);
            }
        }
    }
}

fn asked(session: &Session, node: &Node) -> Node {
    let space = attr(node, "xmlns");
    if space == "md" {
        return linking::asked(session, node);
    }
    let Some(device) = &session.device else { return refusal(node, 401, "not-authorized") };
    match space.as_str() {
        "encrypt" => keys::handle(session, device, node),
        "usync" => answer(node, vec![usync::answer(&session.server.world(), node)]),
        "w:sync:app:state" => answer(node, app_state::collections(node)),
        "w:g2" => groups::handle(session, device, node),
        "privacy" => answer(node, vec![privacy()]),
        "w:m" if has(node, "media_conn") => answer(node, vec![media_connection(session)]),
        _ => answer(node, Vec::new()),
    }
}

/// Everybody may know everything, whether a message was read above all.
fn privacy() -> Node {
    let categories = ["readreceipts", "profile", "status", "online", "last", "groupadd", "calladd"];
    let categories =
        categories.map(|name| NodeBuilder::new("category").attr("name", name).attr("value", "all").build());
    NodeBuilder::new("privacy").children(categories).build()
}

/// Where files go to and come from.
fn media_connection(session: &Session) -> Node {
    let host = NodeBuilder::new("host")
        .attr("hostname", session.server.media_host().to_owned())
        .attr("type", "primary")
        .children([NodeBuilder::new("upload").build(), NodeBuilder::new("download").build()]);
    NodeBuilder::new("media_conn")
        .attr("auth", "peer")
        .attr("ttl", "3600")
        .attr("max_buckets", "12")
        .children([host.build()])
        .build()
}

/// Everything that came while the device was away, in the order in which it came.
fn catch_up(session: &Session) {
    let Some(device) = &session.device else { return };
    let waiting = session.server.world().waiting(device);
    let count = waiting.len().to_string();
    session.wire.send(
        NodeBuilder::new("ib")
            .children([NodeBuilder::new("offline_preview")
                .attr("count", count.clone())
                .attr("message", count.clone())
                .attr("receipt", "0")
                .attr("notification", "0")
                .attr("appdata", "0")
                .build()])
            .build(),
    );
    for mut node in waiting {
        node.attrs.insert("offline", "1");
        session.wire.send(node);
    }
    session
        .wire
        .send(NodeBuilder::new("ib").children([NodeBuilder::new("offline").attr("count", count).build()]).build());
}
