//! Reading and making the stanzas that travel between a client and the server.

use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node, NodeContent};

/// An attribute as text; empty where it is missing.
pub fn attr(node: &Node, name: &str) -> String {
    node.attrs.get(name).map(|value| value.as_str().into_owned()).unwrap_or_default()
}

/// An attribute that names an address.
pub fn address(node: &Node, name: &str) -> Option<Jid> {
    node.attrs.get(name).and_then(|value| value.to_jid())
}

pub fn bytes(node: &Node) -> Option<&[u8]> {
    match &node.content {
        Some(NodeContent::Bytes(bytes)) => Some(bytes),
        Some(NodeContent::String(text)) => Some(text.as_bytes()),
        Some(NodeContent::Nodes(_)) | None => None,
    }
}

pub fn children(node: &Node) -> &[Node] {
    node.children().unwrap_or_default()
}

pub fn has(node: &Node, tag: &str) -> bool {
    node.get_optional_child(tag).is_some()
}

/// Walks down by tags.
pub fn find<'a>(node: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(node, |node, tag| node.get_optional_child(tag))
}

/// The answer to a request.
pub fn answer(request: &Node, inside: Vec<Node>) -> Node {
    let node = NodeBuilder::new("iq")
        .attr("from", Jid::new("", wacore_binary::Server::Pn))
        .attr("type", "result")
        .attr("id", attr(request, "id"));
    if inside.is_empty() { node.build() } else { node.children(inside).build() }
}

/// The refusal of a request.
pub fn refusal(request: &Node, code: u16, text: &str) -> Node {
    NodeBuilder::new("iq")
        .attr("from", Jid::new("", wacore_binary::Server::Pn))
        .attr("type", "error")
        .attr("id", attr(request, "id"))
        .children([error(code, text)])
        .build()
}

pub fn error(code: u16, text: &str) -> Node {
    NodeBuilder::new("error").attr("code", code.to_string()).attr("text", text.to_owned()).build()
}

/// A request of the server's own.
pub fn request(id: &str, inside: Node) -> Node {
    NodeBuilder::new("iq")
        .attr("from", Jid::new("", wacore_binary::Server::Pn))
        .attr("type", "set")
        .attr("id", id.to_owned())
        .attr("xmlns", "md")
        .children([inside])
        .build()
}
