//! What can go wrong with a message, and that the phone shows it once all the same.

mod kit;

use kit::{LIMIT, Linked};
use wacore_binary::Jid;
use whatsapp_peer::{Peer, Trouble};
use whatsapp_rust::send::SendOptions;

const SHOP: &str = "+12025550100";
const ANNA: &str = "+12025550101";

fn text(words: &str) -> waproto::whatsapp::Message {
    waproto::whatsapp::Message { conversation: Some(words.to_owned()), ..Default::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_is_told_with_its_code_and_never_arrives() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let anna = peer.phone(ANNA).await.expect("Anna's phone");
    let device = Linked::of(&peer, &shop).await;
    for code in [463, 479] {
        peer.trouble(SHOP, Trouble::Refused(code)).expect("known");
        let sent = device.client.send_text(Jid::pn(anna.digits()), "Offer!").await.expect("handed over").message_id;
        let told = device.wait_for(&format!("ack {sent} ")).await;
        assert!(told.contains(&code.to_string()), "{told}");
    }
    device.client.send_text(Jid::pn(anna.digits()), "Hello").await.expect("sent");
    anna.wait(LIMIT, |phone| phone.texts_from(SHOP) == ["Hello"]).await.expect("only the last");
    device.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sent_again_under_its_id_is_shown_once() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let anna = peer.phone(ANNA).await.expect("Anna's phone");
    let device = Linked::of(&peer, &shop).await;
    let to = Jid::pn(anna.digits());
    for (trouble, id) in
        [(Trouble::LostBefore, "3EB0000000000000000001"), (Trouble::LostAfter, "3EB0000000000000000002")]
    {
        let before = peer.connections(SHOP);
        peer.trouble(SHOP, trouble).expect("known");
        let options = SendOptions::default().with_message_id(id);
        // Whether the first try hears of its end doesn't matter; the second always does.
        let _ = device.client.send_message_with_options(to.clone(), text(id), options.clone()).await;
        peer.wait(LIMIT, |peer| peer.connections(SHOP) > before).await.expect("connected again");
        device.client.wait_for_connected(LIMIT).await.expect("ready again");
        device.client.send_message_with_options(to.clone(), text(id), options).await.expect("sent again");
        device.wait_for(&format!("ack {id} None")).await;
    }
    anna.wait(LIMIT, |phone| phone.arrivals("3EB0000000000000000002") == 2).await.expect("both came");
    assert_eq!(anna.texts_from(SHOP), ["3EB0000000000000000001", "3EB0000000000000000002"]);
    device.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doubled_and_overtaken_messages_can_all_be_read() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let anna = peer.phone(ANNA).await.expect("Anna's phone");
    let device = Linked::of(&peer, &shop).await;
    let to = Jid::pn(anna.digits());
    for (trouble, words) in [(Trouble::Doubled, "one"), (Trouble::Overtaken, "three"), (Trouble::Doubled, "two")] {
        peer.trouble(SHOP, trouble).expect("known");
        device.client.send_text(to.clone(), words).await.expect("sent");
    }
    anna.wait(LIMIT, |phone| phone.texts_from(SHOP).len() == 3).await.expect("all three");
    assert_eq!(anna.texts_from(SHOP), ["one", "two", "three"]);
    assert_eq!(anna.unreadable(), 0);
    device.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_lost_its_sessions_asks_again_and_gets_the_message() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let anna = peer.phone(ANNA).await.expect("Anna's phone");
    let device = Linked::of(&peer, &shop).await;
    let to = Jid::pn(anna.digits());
    device.client.send_text(to.clone(), "Hello").await.expect("sent");
    anna.write(SHOP, "Hello yourself").await.expect("written");
    device.wait_for("theirs in 12025550101@s.whatsapp.net: Hello yourself").await;
    anna.forget_sessions(SHOP).await.expect("forgotten");
    device.client.send_text(to, "Can you read this?").await.expect("sent");
    anna.wait(LIMIT, |phone| phone.texts_from(SHOP) == ["Hello", "Can you read this?"])
        .await
        .expect("shown in the end");
    device.stop().await;
    peer.stop().await;
}
