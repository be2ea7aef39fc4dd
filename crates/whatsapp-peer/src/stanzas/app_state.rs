//! The settings that devices of one account share. Nobody has changed any.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use crate::nodes::{attr, children, find};

/// Each collection that is asked for, with nothing new in it.
pub fn collections(node: &Node) -> Vec<Node> {
    let asked = find(node, &["sync"]).map(children).unwrap_or_default();
    let collections = asked
        .iter()
        .filter(|child| child.tag == "collection")
        .map(|child| NodeBuilder::new("collection").attr("name", attr(child, "name")).attr("version", "1").build());
    vec![NodeBuilder::new("sync").children(collections).build()]
}
