//! Who has WhatsApp, on which devices, under which hidden id.

use buffa::Message;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Server};
use waproto::whatsapp as wa;

use crate::nodes::{address, attr, bytes, children, find};
use crate::numbers::{digits, hidden_id};
use crate::server::now_s;
use crate::world::{Account, World};

/// Written before a list of key indices when it is signed.
const SIGNED_LIST: [u8; 2] = [6, 2];

pub fn answer(world: &World, node: &Node) -> Node {
    let asked = find(node, &["usync", "query"]).map(children).unwrap_or_default();
    let users = find(node, &["usync", "list"]).map(children).unwrap_or_default();
    let users: Vec<Node> = users.iter().filter_map(|user| about(world, asked, user)).collect();
    NodeBuilder::new("usync")
        .attr("sid", find(node, &["usync"]).map(|usync| attr(usync, "sid")).unwrap_or_default())
        .attr("mode", "query")
        .children([NodeBuilder::new("result").build(), NodeBuilder::new("list").children(users).build()])
        .build()
}

/// One user by address, or by number where a contact is looked up.
fn about(world: &World, asked: &[Node], user: &Node) -> Option<Node> {
    let by_number =
        user.get_optional_child("contact").and_then(bytes).map(|number| digits(&String::from_utf8_lossy(number)));
    let jid = match (address(user, "jid"), by_number) {
        (Some(jid), _) => jid,
        (None, Some(number)) => Jid::pn(number),
        (None, None) => return None,
    };
    let account = world.device(&jid).and_then(|device| world.accounts.get(&device.digits));
    let mut out = NodeBuilder::new("user").attr("jid", jid.to_non_ad());
    if jid.server == Server::Lid
        && let Some(account) = account
    {
        out = out.attr("pn_jid", Jid::pn(account.digits.as_str()));
    }
    let mut parts = Vec::new();
    for protocol in asked {
        match (protocol.tag.as_ref(), account) {
            ("contact", Some(_)) => parts.push(NodeBuilder::new("contact").attr("type", "in").build()),
            ("contact", None) => parts.push(NodeBuilder::new("contact").attr("type", "out").build()),
            ("devices", Some(account)) => {
                parts.push(devices(account));
                parts.push(hidden(account));
            }
            ("lid", Some(account)) => parts.push(hidden(account)),
            ("status", Some(_)) => parts.push(NodeBuilder::new("status").build()),
            _ => {}
        }
    }
    (account.is_some() || !parts.is_empty()).then(|| out.children(parts).build())
}

fn hidden(account: &Account) -> Node {
    NodeBuilder::new("lid").attr("val", Jid::lid(hidden_id(&account.digits))).build()
}

fn devices(account: &Account) -> Node {
    let devices = account.devices.iter().map(|(number, seat)| {
        let device = NodeBuilder::new("device").attr("id", number.to_string());
        if *number == 0 { device.build() } else { device.attr("key-index", seat.key_index.to_string()).build() }
    });
    let mut parts = vec![NodeBuilder::new("device-list").attr("hash", "2:peer").children(devices).build()];
    if account.devices.len() > 1 {
        let list = NodeBuilder::new("key-index-list").attr("ts", now_s().to_string()).bytes(signed_list(account));
        parts.push(list.build());
    }
    NodeBuilder::new("devices").children(parts).build()
}

/// The linked devices that the phone vouches for.
pub fn signed_list(account: &Account) -> Vec<u8> {
    let indices: Vec<u32> = account.devices.values().map(|seat| seat.key_index).collect();
    let details = wa::ADVKeyIndexList {
        raw_id: Some(1),
        timestamp: Some(now_s().cast_unsigned()),
        current_index: indices.iter().max().copied(),
        valid_indexes: indices,
        ..Default::default()
    }
    .encode_to_vec();
    let signed = [&SIGNED_LIST[..], &details].concat();
    let signature = account.key.calculate_signature(&signed, &mut rand::rng()).expect("a phone can sign");
    wa::ADVSignedKeyIndexList {
        details: Some(details),
        account_signature: Some(signature.to_vec()),
        account_signature_key: Some(crate::noise::public(&account.key).to_vec()),
    }
    .encode_to_vec()
}
