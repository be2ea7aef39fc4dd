//! Groups and files.

mod kit;

use kit::{LIMIT, Linked};
use wacore_binary::Jid;
use whatsapp_peer::Peer;
use whatsapp_rust::download::MediaType;
use whatsapp_rust::media::{ImageOptions, image_message};
use whatsapp_rust::upload::UploadOptions;

const SHOP: &str = "+12025550100";
const ANNA: &str = "+12025550101";
const BERT: &str = "+12025550102";

#[tokio::test(flavor = "multi_thread")]
async fn a_group_hears_everybody_in_it_and_nobody_who_left() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let anna = peer.phone(ANNA).await.expect("Anna's phone");
    let bert = peer.phone(BERT).await.expect("Bert's phone");
    let device = Linked::of(&peer, &shop).await;
    let group = peer.group("Neighbours", &[ANNA, BERT, SHOP]);
    let jid: Jid = group.parse().expect("an address");

    let first = device.client.send_text(jid.clone(), "Fresh bread at six.").await.expect("sent").message_id;
    for phone in [&anna, &bert] {
        phone
            .wait(LIMIT, |phone| phone.shown().iter().any(|shown| shown.text == "Fresh bread at six."))
            .await
            .expect("shown");
        assert_eq!(phone.shown()[0].group.as_deref(), Some(group.as_str()));
    }
    device.wait_for(&format!("Read {first}")).await;

    anna.write(&group, "Keep me two.").await.expect("written");
    device.wait_for(&format!("theirs in {group}: Keep me two.")).await;
    bert.wait(LIMIT, |phone| phone.shown().len() == 2).await.expect("shown");

    peer.leave(&group, BERT);
    peer.rename(&group, ANNA, "Good neighbours");
    device.wait_for("GroupUpdate").await;
    device.client.send_text(jid, "All gone.").await.expect("sent");
    anna.wait(LIMIT, |phone| phone.shown().iter().any(|shown| shown.text == "All gone.")).await.expect("shown");
    assert_eq!(bert.shown().len(), 2);
    assert_eq!(anna.unreadable() + bert.unreadable() + shop.unreadable(), 0);
    device.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_travels_encrypted_and_can_be_lost() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let anna = peer.phone(ANNA).await.expect("Anna's phone");
    let device = Linked::of(&peer, &shop).await;
    let picture = b"not really a picture".repeat(1_000);
    let upload =
        device.client.upload(picture.clone(), MediaType::Image, UploadOptions::default()).await.expect("uploaded");
    let message =
        image_message(upload, ImageOptions { caption: Some("The menu".to_owned()), ..ImageOptions::default() });
    device.client.send_message(Jid::pn(anna.digits()), message).await.expect("sent");
    anna.wait(LIMIT, |phone| phone.texts_from(SHOP) == ["The menu"]).await.expect("shown");
    assert_eq!(anna.open_file(&anna.shown()[0]).await.expect("downloaded"), picture);
    peer.lose_files(100);
    assert!(anna.open_file(&anna.shown()[0]).await.is_err());
    device.stop().await;
    peer.stop().await;
}
