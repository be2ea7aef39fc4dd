//! A device links to a phone, and messages go both ways.

mod kit;

use kit::{LIMIT, Linked};
use whatsapp_peer::Peer;

const SHOP: &str = "+12025550100";
const CUSTOMER: &str = "+12025550101";

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_device_and_a_contact_write_to_each_other() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let customer = peer.phone(CUSTOMER).await.expect("the customer's phone");
    let device = Linked::of(&peer, &shop).await;

    let to = wacore_binary::Jid::pn(customer.digits());
    let sent = device.client.send_text(to, "We open at nine.").await.expect("sent");
    device.wait_for(&format!("ack {} None", sent.message_id)).await;
    device.wait_for(&format!("Delivered {}", sent.message_id)).await;
    device.wait_for(&format!("Read {}", sent.message_id)).await;
    assert_eq!(customer.texts_from(SHOP), ["We open at nine."]);
    assert_eq!(customer.arrivals(&sent.message_id), 1);
    // The shop's own phone shows what was written on its linked device.
    shop.wait(LIMIT, |phone| phone.texts_from(SHOP) == ["We open at nine."]).await.expect("mirrored");

    let id = customer.write(SHOP, "And on Sunday?").await.expect("written");
    device.wait_for("theirs in 12025550101@s.whatsapp.net: And on Sunday?").await;
    customer
        .wait(LIMIT, |phone| phone.told().iter().any(|told| told.id == id && told.kind == "delivered"))
        .await
        .expect("delivered");

    shop.write(CUSTOMER, "Closed.").await.expect("written on the phone");
    device.wait_for("mine in 12025550101@s.whatsapp.net: Closed.").await;
    device.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_a_device_is_away_waits_for_it() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let customer = peer.phone(CUSTOMER).await.expect("the customer's phone");
    let device = Linked::of(&peer, &shop).await;
    peer.wait(LIMIT, |peer| peer.waiting(SHOP).is_empty()).await.expect("everything confirmed");
    let backend = std::sync::Arc::clone(&device.backend);
    device.stop().await;

    for number in 1..=3 {
        customer.write(SHOP, &format!("Are you there? {number}")).await.expect("written");
    }
    assert_eq!(peer.waiting(SHOP).len(), 3);

    let device = Linked::with(&peer, backend).await;
    device.wait_for("theirs in 12025550101@s.whatsapp.net: Are you there? 3").await;
    let texts: Vec<String> = device.lines().into_iter().filter(|line| line.starts_with("theirs")).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    customer
        .wait(LIMIT, |phone| phone.told().iter().filter(|told| told.kind == "delivered").count() == 3)
        .await
        .expect("delivered");
    peer.wait(LIMIT, |peer| peer.waiting(SHOP).is_empty()).await.expect("everything confirmed");
    device.stop().await;
    peer.stop().await;
}
