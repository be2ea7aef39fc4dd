//! What only the Cloud API has: answers that are lost for good, windows, templates, tokens that end, and all that contacts do
//! as the Graph tells it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use database::Priority;
use partyline::accounts::cloud::renew_cloud_token;
use partyline::accounts::sandbox::{Inbound, Player, play};
use partyline::clock::Time;
use partyline::event_kind::{Cause, Kind};
use partyline::id::MessageUid;
use partyline::inbox::content::{Content, Recipient, WhatsAppTemplate};
use partyline::inbox::send::{SendMessage, queue_message};
use partyline::inbox::values::Phone;
use partyline::message::{FileState, Origin, Status};
use partyline::store::Write;
use partyline::store::message_prices::message_price_find;
use partyline::store::outbox::Stage;
use partyline::store::sandbox::SandboxOf;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use transport::{AccountState, Address, ContactCard, Event, IncomingBody, Mark, Reach, ReadMessage, Typing, Verdict};

use crate::cloud_rig::CloudRig;
use crate::far::incoming;
use crate::line::{Line, Rig};
use crate::{ANYBODY, ECHO, NEVER_READS};

crate::on_rigs!(
    cloud,
    Cloud,
    a_lost_answer_is_settled_by_the_news_of_the_message,
    a_lost_answer_without_news_stays_uncertain,
    nobody_is_written_to_outside_of_their_window_but_by_template,
    a_token_that_ends_stops_the_account_until_there_is_a_new_one,
    the_account_waits_as_the_graph_says,
    all_that_contacts_do_arrives,
    somebody_without_a_phone_is_answered,
    marks_reach_the_contact,
    prices_are_kept,
    who_corrects_and_takes_back_is_heard,
    more_people_than_meta_allows_wait_for_a_day_with_room,
    no_second_has_more_than_meta_allows
);

const EDITOR: &str = "+12025550110";
const SILENT: &str = "+12025550199";
const WINDOW_CLOSED: &str = "+12025550147";
const PAUSED: &str = "+12025550148";
const TOKEN_ENDS: &str = "+12025550190";

fn rig(line: &Line) -> CloudRig {
    let Rig::Cloud(rig) = &line.rig else { unreachable!("its own scenarios") };
    rig.clone()
}

/// A line that carries requests there, and no answers back while it is cut.
async fn deaf_line(to: SocketAddr) -> (SocketAddr, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let is_cut = Arc::new(AtomicBool::new(true));
    let cut = Arc::clone(&is_cut);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(carry(near, to, Arc::clone(&cut)));
        }
    });
    (address, is_cut)
}

async fn carry(near: TcpStream, to: SocketAddr, is_cut: Arc<AtomicBool>) -> std::io::Result<()> {
    let far = TcpStream::connect(to).await?;
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.into_split(), far.into_split());
    let there = tokio::spawn(async move { tokio::io::copy(&mut near_in, &mut far_out).await });
    let mut piece = vec![0; 64 * 1024];
    loop {
        let count = far_in.read(&mut piece).await?;
        // An answer has come; whether it goes on is the question.
        if is_cut.load(Ordering::SeqCst) || count == 0 {
            there.abort();
            return Ok(());
        }
        near_out.write_all(&piece[..count]).await?;
    }
}

/// The worker speaks through a line that loses answers.
async fn made_deaf(line: &mut Line) -> Arc<AtomicBool> {
    let (address, is_cut) = deaf_line(rig(line).address).await;
    let mut world = partyline::accounts::world(&line.kit.app);
    let own = OnceLock::new();
    own.set(address).expect("new");
    world.net.own = Arc::new(own);
    let (workspace, account) = (line.kit.workspace, line.kit.account);
    line.through(|_| Arc::new(partyline::transports::cloud::Cloud::new(world, workspace, account))).await;
    is_cut
}

async fn a_lost_answer_is_settled_by_the_news_of_the_message(mut line: Line) {
    made_deaf(&mut line).await.store(true, Ordering::SeqCst);
    let uid = line.kit.accept(NEVER_READS, "hello").await;
    line.worker.run_until_idle().await.expect("turns");
    let message = line.kit.message(uid).await.message;
    let row = line.kit.outbox(message.chat).await.remove(0);
    assert_eq!((message.status, row.stage), (Status::Sending, Stage::Uncertain), "{}", row.reason);
    assert_eq!(line.events_of(Kind::MessageUncertain).await, 1);
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.statuses(uid).await, [Status::Pending, Status::Sending, Status::Sent, Status::Delivered]);
    let settled = line.kit.message(uid).await.message;
    assert!(settled.wamid.starts_with("wamid."), "{}", settled.wamid);
    assert!(line.kit.outbox(settled.chat).await.is_empty());
    assert_eq!(line.texts_at(NEVER_READS).await, ["hello"], "and nothing repeated it");
    assert_eq!(line.kit.credits_used().await, 1);
}

async fn a_lost_answer_without_news_stays_uncertain(mut line: Line) {
    let is_cut = made_deaf(&mut line).await;
    let uid = line.kit.accept(SILENT, "hello").await;
    line.worker.run_until_idle().await.expect("turns");
    is_cut.store(false, Ordering::SeqCst);
    let next = line.kit.accept(SILENT, "next").await;
    line.run_for(Duration::from_secs(60)).await;
    assert_eq!(line.texts_at(SILENT).await, ["hello", "next"]);
    assert_eq!((line.kit.status(uid).await, line.kit.status(next).await), (Status::Sending, Status::Sent));
    let row = line.kit.outbox(line.kit.message(uid).await.message.chat).await.remove(0);
    assert_eq!((row.message, row.stage), (uid, Stage::Uncertain));
}

async fn nobody_is_written_to_outside_of_their_window_but_by_template(mut line: Line) {
    let refusal = line.kit.try_accept_unopened(ANYBODY, "hello", Origin::PublicApi).await.expect_err("refused");
    assert!(refusal.message.contains("nothing but templates"), "{}", refusal.message);
    assert_eq!(refusal.faults[0].fields, ["text"]);
    assert_eq!(line.kit.credits_used().await, 0);
    let ready = [("1", "Ines"), ("2", "tandem")];
    let uid = template(&line, WINDOW_CLOSED, "bike_ready", &ready).await;
    let broken = template(&line, ANYBODY, "bike_ready", &ready[..1]).await;
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.kit.status(uid).await, Status::Delivered);
    let expected = "Hello Ines, your tandem is ready. Come by when it suits you.";
    assert_eq!(line.texts_at(WINDOW_CLOSED).await, [expected]);
    let failure = line.kit.message(broken).await.message.failure.expect("a reason");
    assert_eq!(failure.code, Some(132_000));
    // They write, and for a day anything may be said.
    plays(&line, ANYBODY, Inbound::Text { text: "Hi".into(), reply_to: None }).await;
    line.run_for(Duration::from_secs(1)).await;
    line.kit.advance(Duration::from_secs(24 * 3_600 - 60));
    line.kit.try_accept_unopened(ANYBODY, "hello", Origin::PublicApi).await.expect("accepted");
    line.kit.advance(Duration::from_secs(120));
    line.kit.try_accept_unopened(ANYBODY, "hello", Origin::PublicApi).await.expect_err("refused");
    // What the Graph itself refuses fails with its words, and the credit comes back.
    let used = line.kit.credits_used().await;
    let said = incoming(&Address::from_phone(WINDOW_CLOSED), "3AFF", "As far as we know", line.kit.now());
    line.ear.hear(vec![Event::Message(said)]).await.expect("stored");
    let late = line.kit.accept(WINDOW_CLOSED, "hello").await;
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.kit.message(late).await.message.failure.expect("a reason").code, Some(131_047));
    assert_eq!(line.kit.credits_used().await, used);
}

async fn template(line: &Line, to: &str, name: &str, variables: &[(&str, &str)]) -> MessageUid {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let template = WhatsAppTemplate { name: name.to_owned(), language: "en_US".to_owned(), variables };
    let uid = line.kit.app.ids.message_uid(line.kit.now());
    let request = SendMessage {
        uid,
        wamid: line.kit.app.ids.wamid(),
        to: Recipient::phone(&Phone::parse("phone", to).expect("a phone")),
        account: None,
        content: Content::of_template(template).expect("content"),
        reply_to: None,
        label: None,
        chat_name: None,
        origin: Origin::PublicApi,
        send_at: None,
    };
    let caller = line.kit.caller();
    let work = move |write: &mut Write<'_, '_>| queue_message(write, &caller, &request);
    line.kit.app.write(line.kit.workspace, Priority::Foreground, work).await.expect("accepted")
}

/// A contact does something at their phone.
async fn plays(line: &Line, from: &str, what: Inbound) {
    let sender = match from.strip_prefix('+') {
        Some(_) => Address::from_phone(from),
        None => Address::from_jid(from),
    };
    let player = Player { chat: sender.clone(), chat_name: String::new(), sender, lid: None, name: "Ines".into() };
    let of = SandboxOf { workspace: line.kit.workspace, account: rig(line).far };
    let id = line.kit.app.ids.message_uid(line.kit.now()).0;
    let work = move |write: &mut Write<'_, '_>| play(write, of, &player, &what, id).map(drop);
    line.kit.app.write(of.workspace, Priority::Foreground, work).await.expect("played");
}

async fn a_token_that_ends_stops_the_account_until_there_is_a_new_one(mut line: Line) {
    let first = line.kit.accept(TOKEN_ENDS, "one").await;
    line.run_for(Duration::from_secs(60)).await;
    let account = line.kit.account_row().await;
    assert_eq!((account.health.as_str(), line.kit.status(first).await), ("token_invalid", Status::Sending));
    let (app, workspace, id) = (line.kit.app.clone(), line.kit.workspace, line.kit.account);
    let bad = renew_cloud_token(&app, workspace, Cause::Operator, id, "nobody-gave-this").await.expect_err("refused");
    assert_eq!(bad.faults[0].fields, ["access_token"]);
    assert_eq!(line.kit.account_row().await.health, "token_invalid");
    let bring = move |write: &mut Write<'_, '_>| partyline::accounts::health::bring_back(write, id);
    app.write(workspace, Priority::Foreground, bring).await.expect("brought back");
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(first).await, Status::Delivered);
    assert_eq!(line.texts_at(TOKEN_ENDS).await, ["one"]);
}

async fn the_account_waits_as_the_graph_says(mut line: Line) {
    let uid = line.kit.accept(PAUSED, "one").await;
    line.settle().await;
    let account = line.kit.account_row().await;
    let until = line.kit.now() + Duration::from_secs(30);
    assert_eq!((account.health.as_str(), account.health_until), ("held", until));
    line.kit.advance(Duration::from_secs(30));
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.kit.status(uid).await, Status::Delivered);
}

async fn all_that_contacts_do_arrives(mut line: Line) {
    let of_text = |text: &str| Inbound::Text { text: text.to_owned(), reply_to: None };
    plays(&line, ANYBODY, of_text("Olá 👍")).await;
    let card = ContactCard { name: "Rui".into(), phones: vec!["+1 202 555 0166".into()] };
    for body in [IncomingBody::Contacts(vec![card]), IncomingBody::Unsupported("poll".into())] {
        plays(&line, ANYBODY, Inbound::Body { body, reply_to: None }).await;
    }
    line.run_for(Duration::from_secs(1)).await;
    let first = heard(&line).await.remove(0);
    let chat = line.kit.message(first).await.message.chat;
    let texts = line.kit.incoming_texts(chat).await;
    assert_eq!(texts, ["Olá 👍", "Rui: +1 202 555 0166", "[a message: open WhatsApp on the phone to see it]"]);
    // To ours and to theirs, and taken back; an answer that names what it answers.
    let ours = line.kit.accept(ANYBODY, "Shall we meet?").await;
    line.run_for(Duration::from_secs(1)).await;
    let far_ours = line.kit.message(ours).await.message.wamid;
    let of = SandboxOf { workspace: line.kit.workspace, account: rig(&line).far };
    for (wamid, emoji) in
        [(far_ours.clone(), "❤️"), (line.kit.message(first).await.message.wamid, "👍"), (far_ours, "")]
    {
        react_at_the_phone(&line, of, &wamid, emoji).await;
        line.run_for(Duration::from_secs(1)).await;
    }
    assert_eq!(line.events_of(Kind::MessageReaction).await, 3);
    for phone in ["+12025550105", "+12025550106", "+12025550107", "+12025550108", "+12025550152"] {
        line.kit.accept(phone, "Send it").await;
    }
    line.run_for(Duration::from_secs(3)).await;
    line.fetches().await;
    line.kit.advance(Duration::from_secs(5));
    line.fetches().await;
    let mut kinds = Vec::new();
    for uid in heard(&line).await {
        if let Some(file) = line.file_of(uid).await {
            assert_eq!(file.state, FileState::Ready, "{}", file.reason);
            kinds.push(file.kind.as_str());
        }
    }
    kinds.sort_unstable();
    assert_eq!(kinds, ["document", "image", "image", "voice"]);
}

async fn react_at_the_phone(line: &Line, of: SandboxOf, wamid: &str, emoji: &str) {
    use partyline::transports::sandbox::control::{Play, play};
    let sender = Address::from_phone(ANYBODY);
    let player = Player { chat: sender.clone(), chat_name: String::new(), sender, lid: None, name: String::new() };
    let what = Play::React { wamid: wamid.to_owned(), to_sender: None, emoji: emoji.to_owned() };
    let (id, now) = (line.kit.app.ids.message_uid(line.kit.now()).0, line.kit.now());
    let work = move |write: &mut Write<'_, '_>| Ok(play(write.tx, of, &player, &what, &id.to_string(), id, now)?);
    line.kit.app.write(of.workspace, Priority::Foreground, work).await.expect("played");
}

/// What came in, in the order of the events.
async fn heard(line: &Line) -> Vec<MessageUid> {
    let events = line.kit.events().await.into_iter();
    events.filter(|event| event.kind == Kind::MessageReceived).filter_map(|event| event.message).collect()
}

async fn somebody_without_a_phone_is_answered(mut line: Line) {
    plays(&line, "123456@lid", Inbound::Text { text: "No phone here".into(), reply_to: None }).await;
    line.run_for(Duration::from_secs(1)).await;
    let message = line.kit.message(heard(&line).await.remove(0)).await.message;
    assert_eq!((message.text.as_str(), message.sender_jid.as_str()), ("No phone here", "US.123456@bsuid"));
    let (uid, caller) = (line.kit.app.ids.message_uid(line.kit.now()), line.kit.caller());
    let text = partyline::inbox::values::MessageText::parse("text", "Welcome").expect("a text");
    let request = SendMessage {
        uid,
        wamid: line.kit.app.ids.wamid(),
        to: Recipient::Chat(message.chat),
        account: None,
        content: Content::new(Some(text), None).expect("content"),
        reply_to: None,
        label: None,
        chat_name: None,
        origin: Origin::PublicApi,
        send_at: None,
    };
    let work = move |write: &mut Write<'_, '_>| queue_message(write, &caller, &request);
    line.kit.app.write(line.kit.workspace, Priority::Foreground, work).await.expect("accepted");
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.kit.status(uid).await, Status::Delivered);
}

async fn marks_reach_the_contact(mut line: Line) {
    plays(&line, ANYBODY, Inbound::Text { text: "Hi".into(), reply_to: None }).await;
    line.run_for(Duration::from_secs(1)).await;
    let wamid = line.kit.message(heard(&line).await.remove(0)).await.message.wamid;
    let (transport, chat) = (line.rig.transport(), Address::from_phone(ANYBODY));
    let of = SandboxOf { workspace: line.kit.workspace, account: rig(&line).far };
    let now = line.kit.now();
    transport.mark(&chat, &Mark::Typing(Typing::Typing)).await.expect("shown");
    let address = chat.clone();
    let typing = line.kit.read(move |tx, _, _| partyline::accounts::sandbox::typing(tx, of, &address, now)).await;
    assert_eq!(typing.as_deref(), Some("typing"));
    transport.mark(&chat, &Mark::Read(vec![ReadMessage { wamid, sender: chat.clone() }])).await.expect("read");
    let address = chat.clone();
    let seen =
        line.kit.read(move |tx, _, _| partyline::transports::sandbox::control::shown(tx, of, &address, 10)).await;
    assert!(seen[0].is_read);
    let error = transport.check_number(&chat).await.expect_err("nobody tells");
    assert_eq!(error.verdict, Verdict::Permanent);
}

async fn prices_are_kept(mut line: Line) {
    let uid = line.kit.accept(ECHO, "hello").await;
    line.run_for(Duration::from_secs(2)).await;
    let price = line.kit.read(move |tx, workspace, _| message_price_find(tx, workspace, uid)).await;
    let price = price.expect("a price");
    assert_eq!((price.category.as_str(), price.model.as_str(), price.is_billable), ("service", "PMP", true));
}

async fn who_corrects_and_takes_back_is_heard(mut line: Line) {
    let uid = line.kit.accept(EDITOR, "When do you come?").await;
    line.run_for(Duration::from_secs(8)).await;
    let chat = line.kit.message(uid).await.message.chat;
    assert_eq!(line.kit.incoming_texts(chat).await, ["I come on Thursday", ""]);
    for kind in [Kind::MessageReaction, Kind::MessageEdited, Kind::MessageDeleted] {
        assert_eq!(line.events_of(kind).await, 1, "{kind:?}");
    }
}

async fn more_people_than_meta_allows_wait_for_a_day_with_room(mut line: Line) {
    let tell = |reach| vec![Event::Account(AccountState::Reach(reach))];
    line.ear.hear(tell(Reach::PerDay(2))).await.expect("stored");
    let mut uids = Vec::new();
    for number in 0..4 {
        uids.push(template(&line, &format!("+121255501{number:02}"), "hello_world", &[]).await);
    }
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.received().await.len(), 2);
    let midnight = Time::from_ms((line.kit.now().ms() / 86_400_000 + 1) * 86_400_000);
    let chat = line.kit.message(uids[2]).await.message.chat;
    let held = line.kit.outbox(chat).await.remove(0);
    assert_eq!((held.not_before, held.reason.contains("WhatsApp allows")), (midnight, true), "{}", held.reason);
    assert_eq!(line.events_of(Kind::MessageHeld).await, 2);
    // Answers count nowhere.
    plays(&line, ANYBODY, Inbound::Text { text: "Hi".into(), reply_to: None }).await;
    line.run_for(Duration::from_secs(1)).await;
    let reply = line.kit.accept(ANYBODY, "Hello").await;
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.kit.status(reply).await, Status::Delivered);
    // One more goes at once when Meta allows one more, and the last on the day that it was shown.
    line.ear.hear(tell(Reach::PerDay(3))).await.expect("stored");
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.kit.status(uids[2]).await, Status::Delivered);
    assert_eq!(line.kit.status(uids[3]).await, Status::Pending);
    line.kit.advance(midnight.since(line.kit.now()));
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.kit.status(uids[3]).await, Status::Delivered);
    line.ear.hear(tell(Reach::Any)).await.expect("stored");
    for number in 20..30 {
        template(&line, &format!("+121255501{number:02}"), "hello_world", &[]).await;
    }
    line.run_for(Duration::from_secs(1)).await;
    assert_eq!(line.received().await.len(), 15);
}

async fn no_second_has_more_than_meta_allows(mut line: Line) {
    line.ear.hear(vec![Event::Account(AccountState::Speed { per_second: 40 })]).await.expect("stored");
    // It counts from the next message on.
    line.kit.accept(ECHO, "first").await;
    line.run_for(Duration::from_secs(2)).await;
    for number in 0..90 {
        line.kit.accept(&format!("+121255501{number:02}"), "hello").await;
    }
    let (mut seconds, mut before) = (Vec::new(), line.received().await.len());
    while seconds.len() < 3 {
        line.run_for(Duration::from_secs(1)).await;
        let now = line.received().await.len();
        seconds.push(now - before);
        before = now;
    }
    assert_eq!(seconds.iter().sum::<usize>(), 90, "{seconds:?}");
    assert!(seconds.iter().all(|count| *count <= 40) && seconds[0] >= 36, "{seconds:?}");
}
