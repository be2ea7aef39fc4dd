//! Groups (`w:g2`): who is in them, what they are called.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Server};

use crate::nodes::{address, answer, refusal};
use crate::numbers::{Device, hidden_id};
use crate::server::now_s;
use crate::stanzas::Session;

/// A group. The first member made it.
#[derive(Clone, Debug)]
pub struct Group {
    pub id: String,
    pub subject: String,
    members: Vec<String>,
}

impl Group {
    pub fn new(id: String, subject: &str, members: Vec<String>) -> Group {
        Group { id, subject: subject.to_owned(), members }
    }

    /// The digits of everybody in it.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(String::as_str)
    }

    pub fn add(&mut self, digits: &str) {
        if !self.members.iter().any(|member| member == digits) {
            self.members.push(digits.to_owned());
        }
    }

    pub fn remove(&mut self, digits: &str) {
        self.members.retain(|member| member != digits);
    }
}

pub fn handle(session: &Session, device: &Device, node: &Node) -> Node {
    let world = session.server.world();
    let inside = match address(node, "to") {
        Some(group) if group.server == Server::Group => match world.groups.get(group.user.as_str()) {
            Some(group) if group.members().any(|member| member == device.digits) => vec![described(group)],
            Some(_) => return refusal(node, 403, "forbidden"),
            None => return refusal(node, 404, "item-not-found"),
        },
        _ => {
            let own = world.groups.values().filter(|group| group.members().any(|member| member == device.digits));
            vec![NodeBuilder::new("groups").children(own.map(described)).build()]
        }
    };
    answer(node, inside)
}

fn described(group: &Group) -> Node {
    let creator = group.members.first().map(|digits| Jid::lid(hidden_id(digits))).unwrap_or_default();
    let participants = group.members.iter().enumerate().map(|(place, digits)| {
        let member = NodeBuilder::new("participant")
            .attr("jid", Jid::lid(hidden_id(digits)))
            .attr("phone_number", Jid::pn(digits.as_str()));
        if place == 0 { member.attr("type", "superadmin").build() } else { member.build() }
    });
    NodeBuilder::new("group")
        .attr("id", group.id.clone())
        .attr("subject", group.subject.clone())
        .attr("creation", now_s().to_string())
        .attr("creator", creator)
        .attr("s_t", now_s().to_string())
        .attr("addressing_mode", "lid")
        .children(participants)
        .build()
}

/// What the members hear of a change. `inside` says what changed.
pub fn change(id: &str, group: &Group, by: &str, inside: Node) -> Node {
    NodeBuilder::new("notification")
        .attr("from", Jid::group(group.id.as_str()))
        .attr("id", id.to_owned())
        .attr("type", "w:gp2")
        .attr("participant", Jid::lid(hidden_id(by)))
        .attr("participant_pn", Jid::pn(by))
        .attr("addressing_mode", "lid")
        .attr("t", now_s().to_string())
        .children([inside])
        .build()
}

/// A list of people who came or went.
pub fn people(tag: &'static str, digits: &[&str]) -> Node {
    let people = digits.iter().map(|digits| {
        NodeBuilder::new("participant")
            .attr("jid", Jid::lid(hidden_id(digits)))
            .attr("phone_number", Jid::pn(*digits))
            .build()
    });
    NodeBuilder::new(tag).children(people).build()
}

/// A new name.
pub fn renamed(subject: &str, by: &str) -> Node {
    NodeBuilder::new("subject")
        .attr("subject", subject.to_owned())
        .attr("s_o", Jid::lid(hidden_id(by)))
        .attr("s_t", now_s().to_string())
        .build()
}
