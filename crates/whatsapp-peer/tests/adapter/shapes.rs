//! All that is said besides words, both ways, to people and in groups.

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use transport::{Address, Body, Event, FileKind, IncomingBody, OutgoingFile, Quoted, ReceiptStatus, Transport as _};
use waproto::whatsapp as wa;
use whatsapp_peer::Peer;

use crate::rig::{LONG, Number, outgoing, text};
use crate::{ROSA, SHOP};

const BEN: &str = "+12025550101";

fn file(number: &Number, kind: FileKind, bytes: &'static [u8], caption: &str) -> Body {
    let sha256: [u8; 32] = Sha256::digest(bytes).into();
    number.files.put(sha256, Bytes::from_static(bytes));
    Body::File(OutgoingFile {
        kind,
        mimetype: "application/pdf".into(),
        filename: "prices.pdf".into(),
        size_bytes: bytes.len() as u64,
        caption: caption.into(),
        sha256,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_and_voice_notes_pass_both_ways() {
    let peer = Peer::start().await.expect("a peer");
    let (shop, rosa) = (peer.phone(SHOP).await.expect("a phone"), peer.phone(ROSA).await.expect("a phone"));
    let number = Number::new(&peer);
    number.link_with(&shop).await;
    let document = file(&number, FileKind::Document, b"all prices", "Our prices");
    number.send(&outgoing("3EB0F001", ROSA, document)).await.expect("sent");
    let voice = file(&number, FileKind::Voice, b"OggS a voice", "");
    number.send(&outgoing("3EB0F002", ROSA, voice)).await.expect("sent");
    rosa.wait(LONG, |rosa| rosa.shown().len() == 2).await.expect("she sees both");
    let [document, voice] = rosa.shown().try_into().expect("two");
    let shown = document.message.document_message.as_option().expect("a document");
    assert_eq!((shown.file_name.as_deref(), document.text.as_str()), (Some("prices.pdf"), "Our prices"));
    assert_eq!(voice.message.audio_message.as_option().and_then(|audio| audio.ptt), Some(true));
    // She hands the document back: its bytes are fetched by what was told with it.
    rosa.say(SHOP, (*document.message).clone()).await.expect("said");
    let back = number
        .heard
        .until("the document", |event| match event {
            Event::Message(said) => match &said.body {
                IncomingBody::File(file) => Some(file.clone()),
                _ => None,
            },
            _ => None,
        })
        .await;
    assert_eq!(
        (back.kind, back.filename.as_str(), back.caption.as_str()),
        (FileKind::Document, "prices.pdf", "Our prices")
    );
    let number = number.restarted().await;
    number.heard.state("connected", |state| *state == transport::AccountState::Connected).await;
    let bytes: Vec<Bytes> =
        number.web.fetch_file(&back.source).await.expect("there").try_collect().await.expect("whole");
    assert_eq!(bytes.concat(), b"all prices");
    number.web.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_reactions_edits_and_revokes_name_their_message() {
    let peer = Peer::start().await.expect("a peer");
    let (shop, rosa) = (peer.phone(SHOP).await.expect("a phone"), peer.phone(ROSA).await.expect("a phone"));
    let number = Number::new(&peer);
    number.link_with(&shop).await;
    let asked = rosa.write(SHOP, "How many?").await.expect("written");
    number.heard.until("the question", |event| matches!(event, Event::Message(_)).then_some(())).await;
    let mut answer = text("3EB0E001", ROSA, "Ten");
    answer.reply_to = Some(asked.clone());
    answer.quoted = Some(Quoted { sender: Some(Address::from_phone(ROSA)), text: "How many?".into() });
    number.send(&answer).await.expect("sent");
    let reaction =
        Body::Reaction { to_wamid: asked.clone(), to_sender: Some(Address::from_phone(ROSA)), emoji: "🚲".into() };
    number.send(&outgoing("3EB0E002", ROSA, reaction)).await.expect("sent");
    let edit = Body::Edit { to_wamid: "3EB0E001".into(), text: "Nine".into() };
    number.send(&outgoing("3EB0E003", ROSA, edit)).await.expect("sent");
    number.send(&outgoing("3EB0E004", ROSA, Body::Revoke { to_wamid: "3EB0E001".into() })).await.expect("sent");
    for wamid in ["3EB0E001", "3EB0E002", "3EB0E003", "3EB0E004"] {
        rosa.wait(LONG, |rosa| rosa.arrivals(wamid) == 1).await.expect(wamid);
    }
    rosa.react(SHOP, "3EB0E001", "👍").await.expect("reacted");
    let (wamid, to_sender) = number
        .heard
        .until("her reaction", |event| match event {
            Event::Reaction(reaction) => Some((reaction.wamid.clone(), reaction.to_sender.clone())),
            _ => None,
        })
        .await;
    assert_eq!((wamid.as_str(), to_sender), ("3EB0E001", None));
    rosa.edit(SHOP, &asked, "How many bikes?").await.expect("edited");
    let edited = number
        .heard
        .until("her edit", |event| match event {
            Event::Edit(edit) => Some((edit.wamid.clone(), edit.text.clone())),
            _ => None,
        })
        .await;
    assert_eq!(edited, (asked.clone(), "How many bikes?".to_owned()));
    rosa.revoke(SHOP, &asked).await.expect("revoked");
    let revoked = number
        .heard
        .until("her revoke", |event| match event {
            Event::Revoke(revoke) => Some((revoke.wamid.clone(), revoke.sender.address.phone())),
            _ => None,
        })
        .await;
    assert_eq!(revoked, (asked, Some(ROSA.to_owned())));
    number.web.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_has_its_name_its_members_and_a_receipt_of_each() {
    let peer = Peer::start().await.expect("a peer");
    let (shop, rosa) = (peer.phone(SHOP).await.expect("a phone"), peer.phone(ROSA).await.expect("a phone"));
    let ben = peer.phone(BEN).await.expect("a phone");
    let group = peer.group("Riders", &[ROSA, BEN, SHOP]);
    let number = Number::new(&peer);
    number.link_with(&shop).await;
    rosa.write(&group, "Sunday?").await.expect("written");
    let said = number
        .heard
        .until("the question", |event| match event {
            Event::Message(said) => Some(said.clone()),
            _ => None,
        })
        .await;
    assert_eq!((said.chat.jid(), said.sender.address.phone().as_deref()), (group.as_str(), Some(ROSA)));
    let (name, members) = number
        .heard
        .until("the group", |event| match event {
            Event::Group(change) => change.members.clone().map(|members| (change.name.clone(), members)),
            _ => None,
        })
        .await;
    assert_eq!((name.as_deref(), members.len()), (Some("Riders"), 3));
    assert!(members.iter().all(|member| member.address.phone().is_some()), "{members:?}");
    number.send(&text("3EB0D001", &group, "Yes, at nine")).await.expect("sent");
    for phone in [&rosa, &ben] {
        phone.wait(LONG, |phone| phone.arrivals("3EB0D001") == 1).await.expect("in the group");
    }
    for phone in [ROSA, BEN] {
        number
            .heard
            .until(phone, |event| match event {
                Event::Receipt(receipt) if receipt.status == ReceiptStatus::Delivered => {
                    let by = receipt.participant.as_ref().and_then(Address::phone);
                    (receipt.wamid == "3EB0D001" && by.as_deref() == Some(phone)).then_some(())
                }
                _ => None,
            })
            .await;
    }
    peer.rename(&group, ROSA, "Sunday riders");
    number
        .heard
        .until("the new name", |event| match event {
            Event::Group(change) => (change.name.as_deref() == Some("Sunday riders")).then_some(()),
            _ => None,
        })
        .await;
    peer.leave(&group, BEN);
    number
        .heard
        .until("who left", |event| match event {
            Event::Group(change) => change.left.first().and_then(Address::phone).filter(|phone| phone == BEN),
            _ => None,
        })
        .await;
    number.web.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_and_cards_come_in_and_a_number_can_be_asked_for() {
    let peer = Peer::start().await.expect("a peer");
    let (shop, rosa) = (peer.phone(SHOP).await.expect("a phone"), peer.phone(ROSA).await.expect("a phone"));
    let number = Number::new(&peer);
    number.link_with(&shop).await;
    let place = wa::message::LocationMessage {
        degrees_latitude: Some(38.7),
        degrees_longitude: Some(-9.1),
        name: Some("Shop".into()),
        ..Default::default()
    };
    let place = wa::Message { location_message: buffa::MessageField::some(place), ..Default::default() };
    rosa.say(SHOP, place).await.expect("said");
    number
        .heard
        .until("the place", |event| match event {
            Event::Message(said) => {
                matches!(&said.body, IncomingBody::Location { name, .. } if name == "Shop").then_some(())
            }
            _ => None,
        })
        .await;
    assert_eq!(number.web.check_number(&Address::from_phone(ROSA)).await, Ok(true));
    let read = transport::Mark::Typing(transport::Typing::Typing);
    number.web.mark(&Address::from_phone(ROSA), &read).await.expect("shown");
    number.web.stop().await;
}
