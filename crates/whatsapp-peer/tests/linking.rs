//! The ways to link a device, and to lose it.

mod kit;

use std::sync::Arc;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use kit::{LIMIT, Linked};
use wacore::pair_code::PairCodeOptions;
use whatsapp_peer::{Peer, Refusal};
use whatsapp_rust::passkey::Assertion;

const SHOP: &str = "+12025550100";

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_linked_by_the_code_typed_on_the_phone() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let device = Linked::new(&peer).await;
    device.wait_for("qr ").await;
    let options = PairCodeOptions { phone_number: shop.digits().to_owned(), ..PairCodeOptions::default() };
    let code = device.client.pair_with_code(options).await.expect("a code");
    shop.type_code(&code).expect("a device waits");
    device.wait_for("connected").await;
    assert_eq!(peer.connected(SHOP), 1);
    device.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_code_links_nothing() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    assert!(shop.type_code("ABCD-1234").is_err(), "nobody waits for a code");
    let device = Linked::new(&peer).await;
    device.wait_for("qr ").await;
    let options = PairCodeOptions {
        phone_number: shop.digits().to_owned(),
        custom_code: Some("ABCDEFGH".to_owned()),
        ..PairCodeOptions::default()
    };
    device.client.pair_with_code(options).await.expect("a code");
    shop.type_code("ABCDEFGJ").expect("a device waits");
    assert_eq!(peer.linked(SHOP), 0);
    device.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_a_passkey_links_after_both_show_the_same_code() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    shop.wants_passkey(true);
    let device = Linked::new(&peer).await;
    shop.scan(&device.wait_for("qr ").await).expect("the phone takes the code");
    let options: serde_json::Value =
        serde_json::from_str(&device.wait_for("passkey ").await).expect("options are JSON");
    let client_data = serde_json::json!({
        "type": "webauthn.get", "challenge": options["challenge"], "origin": "https://web.whatsapp.com",
    });
    let id = options["allowCredentials"][0]["id"].as_str().expect("an id").to_owned();
    let assertion = serde_json::json!({
        "id": id, "rawId": id, "type": "public-key",
        "response": { "clientDataJSON": BASE64_URL_SAFE_NO_PAD.encode(client_data.to_string()) },
    });
    let credential_id = BASE64_URL_SAFE_NO_PAD.decode(&id).expect("base64");
    let assertion = Assertion { credential_id, assertion_json: assertion.to_string().into_bytes() };
    device.client.send_passkey_response(assertion).await.expect("the passkey is right");
    let shown = device.wait_for("passkey-code ").await;
    assert_eq!(shop.passkey_code().as_deref(), Some(shown.as_str()));
    device.client.send_passkey_confirmation().await.expect("confirmed");
    device.wait_for("connected").await;
    device.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_be_turned_away_is_told_as_what_it_is() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let cases = [
        (Refusal::Failure(401), "LoggedOut"),
        (Refusal::Failure(403), "LoggedOut"),
        (Refusal::Failure(405), "ClientOutdated"),
        (Refusal::Failure(503), "ConnectFailure"),
        (Refusal::Banned { code: 102, seconds: 3_600 }, "TemporaryBan"),
        (Refusal::Stream(516), "LoggedOut"),
        (Refusal::Replaced, "StreamReplaced"),
        (Refusal::Silence, "Disconnected"),
    ];
    let device = Linked::of(&peer, &shop).await;
    let backend = Arc::clone(&device.backend);
    device.stop().await;
    for (refusal, told) in cases {
        peer.turn_away(SHOP, refusal.clone()).expect("known");
        let device = Linked::with(&peer, Arc::clone(&backend)).await;
        device.wait_for(told).await;
        device.stop().await;
    }
    let device = Linked::with(&peer, Arc::clone(&backend)).await;
    peer.wait(LIMIT, |peer| peer.connected(SHOP) == 1).await.expect("connected");
    assert_eq!(peer.cut(SHOP, &Refusal::Removed), 1);
    device.wait_for("LoggedOut").await;
    assert_eq!(peer.linked(SHOP), 0);
    device.stop().await;
    peer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_connects_later_takes_the_place() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("the shop's phone");
    let first = Linked::of(&peer, &shop).await;
    let second = Linked::with(&peer, Arc::clone(&first.backend)).await;
    first.wait_for("StreamReplaced").await;
    peer.wait(LIMIT, |peer| peer.connected(SHOP) == 1).await.expect("connected");
    first.stop().await;
    second.stop().await;
    peer.stop().await;
}
