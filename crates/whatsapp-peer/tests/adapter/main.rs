//! The adapter for linked devices against the fake WhatsApp: linking, both directions, receipts, and what goes wrong.

mod rig;
mod shapes;

use std::time::Duration;

use rig::{LONG, Number, outgoing, text};
use transport::{
    AccountState, Body, Event, IncomingBody, LinkBy, LinkEnd, LinkStep, ReceiptStatus, Transport, Verdict,
};
use whatsapp_peer::{Peer, Refusal, Trouble};

pub const SHOP: &str = "+12025550198";
pub const ROSA: &str = "+12025550100";

async fn receipt(number: &Number, wamid: &str, status: ReceiptStatus) {
    let what = format!("{status:?} of {wamid}");
    let find = |event: &Event| match event {
        Event::Receipt(receipt) if receipt.wamid == wamid && receipt.status == status => Some(()),
        _ => None,
    };
    number.heard.until(&what, find).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_is_linked_and_talks_both_ways_with_receipts() {
    let peer = Peer::start().await.expect("a peer");
    let (shop, rosa) = (peer.phone(SHOP).await.expect("a phone"), peer.phone(ROSA).await.expect("a phone"));
    let number = Number::new(&peer);
    number.link_with(&shop).await;
    let accepted = number.send(&text("3EB0AA01", ROSA, "Hello Rosa")).await.expect("sent");
    assert_eq!(accepted.wamid, "3EB0AA01");
    rosa.wait(LONG, |rosa| rosa.texts_from(SHOP) == ["Hello Rosa"]).await.expect("she sees it");
    receipt(&number, "3EB0AA01", ReceiptStatus::Delivered).await;
    receipt(&number, "3EB0AA01", ReceiptStatus::Read).await;
    let id = rosa.write(SHOP, "Hello shop").await.expect("written");
    let said = number
        .heard
        .until("her answer", |event| match event {
            Event::Message(said) => Some(said.clone()),
            _ => None,
        })
        .await;
    assert_eq!((said.wamid, said.body), (id.clone(), IncomingBody::Text("Hello shop".into())));
    assert_eq!(said.chat.phone().as_deref(), Some(ROSA));
    rosa.wait(LONG, |rosa| rosa.told().iter().any(|told| told.id == id && told.kind == "delivered"))
        .await
        .expect("told");
    // What is typed on the phone is mirrored.
    shop.write(ROSA, "From the phone").await.expect("written");
    let synced = number
        .heard
        .until("the phone's own", |event| match event {
            Event::Synced(synced) if !synced.is_past => Some(synced.clone()),
            _ => None,
        })
        .await;
    assert!(synced.from_me);
    assert_eq!(synced.said.body, IncomingBody::Text("From the phone".into()));
    assert_eq!(synced.said.chat.phone().as_deref(), Some(ROSA));
    number.web.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_answer_is_lost_goes_again_and_shows_once() {
    let peer = Peer::start().await.expect("a peer");
    let (shop, rosa) = (peer.phone(SHOP).await.expect("a phone"), peer.phone(ROSA).await.expect("a phone"));
    let number = Number::new(&peer);
    number.link_with(&shop).await;
    peer.trouble(SHOP, Trouble::LostAfter).expect("planned");
    let message = text("3EB0AA02", ROSA, "Once");
    let lost = number.send(&message).await.expect_err("no answer");
    assert!(lost.maybe_accepted, "{lost:?}");
    let number = number.restarted().await;
    number.heard.state("connected", |state| *state == AccountState::Connected).await;
    number.send(&message).await.expect("sent");
    number.send(&text("3EB0AA03", ROSA, "After")).await.expect("sent");
    rosa.wait(LONG, |rosa| rosa.texts_from(SHOP).len() == 2).await.expect("she sees both");
    assert_eq!(rosa.texts_from(SHOP), ["Once", "After"]);
    number.web.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_told_by_their_numbers() {
    let peer = Peer::start().await.expect("a peer");
    let (shop, _rosa) = (peer.phone(SHOP).await.expect("a phone"), peer.phone(ROSA).await.expect("a phone"));
    let number = Number::new(&peer);
    number.link_with(&shop).await;
    peer.trouble(SHOP, Trouble::Refused(463)).expect("planned");
    let error = number.send(&text("3EB0AA04", ROSA, "Hello")).await.expect_err("refused");
    assert!(matches!(error.verdict, Verdict::AccountLimited { .. }) && error.code == Some(463), "{error:?}");
    peer.trouble(SHOP, Trouble::Refused(479)).expect("planned");
    let error = number.send(&text("3EB0AA05", ROSA, "Hello")).await.expect_err("refused");
    assert_eq!((error.verdict, error.code), (Verdict::Permanent, Some(479)));
    let to = "12025550142";
    let error = number.send(&outgoing("3EB0AA06", to, Body::Revoke { to_wamid: "3EB0AA04".into() })).await;
    assert!(error.is_err(), "nobody is there");
    number.web.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_a_connection_is_told_with_its_next_step() {
    let peer = Peer::start().await.expect("a peer");
    let shop = peer.phone(SHOP).await.expect("a phone");
    let number = Number::new(&peer);
    number.link_with(&shop).await;
    assert_eq!(peer.cut(SHOP, &Refusal::Banned { code: 101, seconds: 3_600 }), 1);
    number.heard.state("the ban", |state| matches!(state, AccountState::BannedUntil { .. })).await;
    let number = number.restarted().await;
    number.heard.state("connected", |state| *state == AccountState::Connected).await;
    peer.cut(SHOP, &Refusal::Replaced);
    number.heard.state("replaced", |state| matches!(state, AccountState::Unusable { .. })).await;
    let number = number.restarted().await;
    number.heard.state("connected", |state| *state == AccountState::Connected).await;
    peer.cut(SHOP, &Refusal::Silence);
    number.heard.state("gone", |state| matches!(state, AccountState::Disconnected { .. })).await;
    peer.wait(LONG, |peer| peer.connected(SHOP) == 1).await.expect("it comes back");
    peer.cut(SHOP, &Refusal::Removed);
    number.heard.state("logged out", |state| matches!(state, AccountState::LoggedOut { .. })).await;
    let error = number.send(&text("3EB0AA07", ROSA, "Hello")).await.expect_err("no line");
    assert!(!error.maybe_accepted);
    number.web.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_stored_is_not_acknowledged() {
    let peer = Peer::start().await.expect("a peer");
    let (shop, rosa) = (peer.phone(SHOP).await.expect("a phone"), peer.phone(ROSA).await.expect("a phone"));
    let number = Number::new(&peer);
    number.link_with(&shop).await;
    number.heard.store_nothing(true);
    let id = rosa.write(SHOP, "Keep this").await.expect("written");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!number.heard.all().iter().any(|event| matches!(event, Event::Message(_))));
    number.heard.store_nothing(false);
    let number = number.restarted().await;
    let said = number
        .heard
        .until("what was kept", |event| match event {
            Event::Message(said) => Some(said.wamid.clone()),
            _ => None,
        })
        .await;
    assert_eq!(said, id);
    number.web.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_answers_that_is_told() {
    let peer = Peer::start().await.expect("a peer");
    let number = Number::new(&peer);
    peer.stop().await;
    number.begin(LinkBy::Qr).await;
    let (end, reason) = number
        .step("the end", |step| match step {
            LinkStep::Ended { end, reason } => Some((*end, reason.clone())),
            _ => None,
        })
        .await;
    assert_eq!(end, LinkEnd::Failed);
    assert!(reason.contains("can't be reached"), "{reason}");
    number.web.stop().await;
}
