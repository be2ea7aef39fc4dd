//! How an account is, over time: limits to strangers, daily caps, deadlines, giving a number up, linking it step by step.

use std::time::Duration;

use database::Priority;
use partyline::accounts::linking::{
    Stage, Way, answer_passkey, begin_linking, begin_linking_again, cancel_linking, confirm_passkey,
};
use partyline::accounts::manage::{AccountName, Manner, set_manner, unlink_account};
use partyline::accounts::rehearse::{Scene, rehearse};
use partyline::accounts::{Linker, Supervisor};
use partyline::clock::Time;
use partyline::error::Error;
use partyline::event_kind::Kind;
use partyline::id::{AccountId, TeammateId};
use partyline::message::Status;
use partyline::store::Write;
use partyline::store::account_cares::account_standing;
use partyline::store::account_linkings::{LinkingRow, linking_find};
use partyline::store::accounts::account_list;
use tokio_util::sync::CancellationToken;
use transport::{AccountState, Event, Incoming, IncomingBody, Quality, Sender, Verdict};

use crate::far::failure;
use crate::kit::Kit;
use crate::line::Line;
use crate::{ANYBODY, ECHO, NEVER_READS};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

crate::on_rigs!(
    fixed,
    Fixed,
    who_never_wrote_waits_for_the_limit_and_replies_go,
    a_daily_cap_holds_what_is_above_it_until_a_day_with_room,
    what_does_not_come_back_is_somebodys_to_look_at,
    a_ban_ends_when_it_was_said_to,
    an_account_that_was_given_up_sends_nothing_and_keeps_what_waits
);
crate::on_rigs!(
    sandbox,
    Sandbox,
    a_number_is_linked_by_codes_that_follow_one_another,
    a_passkey_stands_between_code_and_number,
    an_account_that_was_logged_out_is_linked_again_and_sends_what_waited,
    a_linking_that_nobody_finishes_ends
);

async fn write<T: Send + 'static>(
    kit: &Kit,
    work: impl Fn(&mut Write<'_, '_>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    kit.app.write(kit.workspace, Priority::Foreground, work).await
}

async fn count(kit: &Kit, kind: Kind) -> usize {
    kit.events().await.iter().filter(|event| event.kind == kind).count()
}

async fn waits_until(kit: &Kit, chat: i64) -> (Time, String) {
    let rows = kit.outbox(partyline::id::ChatId(chat)).await;
    (rows[0].not_before, rows[0].reason.clone())
}

fn said_by(phone: &str, wamid: &str, at: Time) -> Event {
    let address = transport::Address::from_phone(phone);
    Event::Message(Incoming {
        chat: address.clone(),
        chat_name: String::new(),
        sender: Sender { address, name: "Maria".into() },
        wamid: wamid.to_owned(),
        at_ms: at.ms(),
        body: IncomingBody::Text("Who is this?".into()),
        reply_to: None,
    })
}

async fn who_never_wrote_waits_for_the_limit_and_replies_go(mut line: Line) {
    line.kit.accept(ECHO, "hello").await;
    line.run_for(Duration::from_secs(2)).await;
    let script = line.scripted().expect("a scripted far side");
    script.far().answers = vec![failure(Verdict::AccountLimited { for_: HOUR }, Some(463))];
    let cold = line.kit.accept(ANYBODY, "cold").await;
    line.settle().await;
    let account = line.kit.account_row().await;
    let until = line.kit.now() + HOUR;
    assert_eq!((account.health.as_str(), account.health_until), ("limited", until));
    let later = line.kit.accept(NEVER_READS, "cold as well").await;
    let reply = line.kit.accept(ECHO, "reply").await;
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(reply).await, Status::Read, "replies go on");
    assert_eq!(line.kit.status(later).await, Status::Pending);
    assert_eq!(waits_until(&line.kit, 3).await.0, until);
    assert!(waits_until(&line.kit, 3).await.1.contains("463"));
    // Whoever writes is no stranger any more.
    line.ear.hear(vec![said_by(NEVER_READS, "IN1", line.kit.now())]).await.expect("stored");
    line.run_for(Duration::from_secs(2)).await;
    assert!(line.kit.status(later).await >= Status::Sent);
    assert_eq!(line.kit.status(cold).await, Status::Sending);
    line.kit.advance(HOUR);
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.account_row().await.health, "connected");
    assert_eq!(line.texts_at(ANYBODY).await, ["cold"]);
    assert_eq!(count(&line.kit, Kind::AccountHealth).await, 2, "limited, and free again");
}

async fn a_daily_cap_holds_what_is_above_it_until_a_day_with_room(mut line: Line) {
    let account = line.kit.account;
    let manner = Manner { cold_per_day: Some(2), warm_up_days: Some(0), ..Manner::default() };
    write(&line.kit, move |write| set_manner(write, account, manner)).await.expect("set");
    for number in 0..5 {
        line.kit.accept(&format!("+121255501{number:02}"), "hello").await;
    }
    line.kit.accept("+12125550100", "once more").await;
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.received().await.len(), 2);
    let midnight = Time::from_ms((line.kit.now().ms() / 86_400_000 + 1) * 86_400_000);
    assert_eq!(waits_until(&line.kit, 3).await.0, midnight);
    assert_eq!(waits_until(&line.kit, 4).await.0, midnight);
    assert_eq!(waits_until(&line.kit, 5).await.0, midnight + DAY, "tomorrow is full");
    assert!(waits_until(&line.kit, 5).await.1.contains("Today's 2 messages"));
    assert_eq!(count(&line.kit, Kind::MessageHeld).await, 4);
    // A reply needs no room.
    line.ear.hear(vec![said_by("+12125550104", "IN1", line.kit.now())]).await.expect("stored");
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.received().await.len(), 3);
    line.kit.advance(midnight.since(line.kit.now()));
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.received().await.len(), 5);
    // More room lets all go at once.
    write(&line.kit, move |write| set_manner(write, account, Manner { cold_per_day: Some(0), ..manner }))
        .await
        .expect("set");
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.received().await.len(), 6);
}

async fn what_does_not_come_back_is_somebodys_to_look_at(mut line: Line) {
    let lost = || Event::Account(AccountState::Disconnected { reason: "the line was cut".into() });
    line.ear.hear(vec![lost()]).await.expect("stored");
    line.kit.advance(HOUR / 2);
    line.ear.hear(vec![lost(), Event::Account(AccountState::Quality(Quality::Low))]).await.expect("stored");
    line.settle().await;
    assert_eq!(line.kit.account_row().await.health, "reconnecting");
    let uid = line.kit.accept(ECHO, "hello").await;
    line.kit.advance(HOUR / 2);
    line.settle().await;
    let account = line.kit.account_row().await;
    assert_eq!((account.health.as_str(), account.health_until), ("down", line.kit.now() + DAY));
    assert!(account.health_reason.contains("the line was cut"), "{}", account.health_reason);
    let told = count(&line.kit, Kind::AccountHealth).await;
    line.kit.advance(DAY);
    line.settle().await;
    assert_eq!(count(&line.kit, Kind::AccountHealth).await, told + 1, "told once more each day");
    assert_eq!(line.kit.account_row().await.health_until, line.kit.now() + DAY);
    line.ear.hear(vec![Event::Account(AccountState::Connected)]).await.expect("stored");
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(uid).await, Status::Read);
    let (_, care) = line
        .kit
        .read(|snapshot, workspace, account| account_standing(snapshot, workspace, account))
        .await
        .expect("the account");
    assert_eq!(care.quality, "low");
}

async fn a_ban_ends_when_it_was_said_to(mut line: Line) {
    let until = line.kit.now() + DAY;
    let ban = AccountState::BannedUntil { until_ms: until.ms(), reason: "too many strangers".into() };
    line.ear.hear(vec![Event::Account(ban)]).await.expect("stored");
    let uid = line.kit.accept(ECHO, "hello").await;
    line.run_for(Duration::from_secs(2)).await;
    let account = line.kit.account_row().await;
    assert_eq!((account.health.as_str(), account.health_until), ("held", until));
    assert!(account.health_reason.contains("banned"), "{}", account.health_reason);
    assert_eq!(line.kit.status(uid).await, Status::Pending);
    line.kit.advance(DAY);
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(uid).await, Status::Read);
}

async fn an_account_that_was_given_up_sends_nothing_and_keeps_what_waits(mut line: Line) {
    let account = line.kit.account;
    let uid = line.kit.accept(ECHO, "hello").await;
    write(&line.kit, move |write| unlink_account(write, account)).await.expect("unlinked");
    line.run_for(Duration::from_secs(2)).await;
    assert!(line.received().await.is_empty());
    assert_eq!(line.kit.status(uid).await, Status::Pending);
    // What its transport still tells changes nothing.
    line.ear.hear(vec![Event::Account(AccountState::Connected)]).await.expect("stored");
    assert_eq!(line.kit.account_row().await.health, "unlinked");
    let again = write(&line.kit, move |write| unlink_account(write, account)).await;
    assert!(again.expect_err("refused").message.contains("unlinked already"));
}

/// What the server does for a linking, and the row of it.
struct Linking<'l> {
    line: &'l Line,
    linker: Linker,
    account: AccountId,
}

impl<'l> Linking<'l> {
    async fn begin(line: &'l Line, way: Way) -> Linking<'l> {
        let name = AccountName::parse("name", "Shop phone").expect("a name");
        let begin = move |write: &mut Write<'_, '_>| begin_linking(write, &name, way, TeammateId::OWNER);
        let account = write(&line.kit, begin).await.expect("begun");
        Linking { line, linker: Linker::new(line.kit.app.clone()), account }
    }

    async fn row(&self) -> LinkingRow {
        let account = self.account;
        let find =
            move |snapshot: &mut database::Snapshot<'_>, workspace, _| linking_find(snapshot, workspace, account);
        self.line.kit.read(find).await.expect("a linking")
    }

    /// Turns until the row is as awaited. The sandbox acts beside, without a bell that tells when it has.
    async fn until(&mut self, what: &str, test: impl Fn(&LinkingRow) -> bool) -> LinkingRow {
        for _ in 0..1_000 {
            self.linker.turn().await.expect("a turn");
            let row = self.row().await;
            if test(&row) {
                return row;
            }
            let bell = self.line.kit.app.wakes.of(self.line.kit.workspace);
            let _ = tokio::time::timeout(Duration::from_millis(5), bell.notified()).await;
        }
        panic!("never {what}: {:?}", self.row().await);
    }

    async fn stage(&mut self, stage: Stage) -> LinkingRow {
        self.until(stage.as_str(), |row| Stage::of(row) == stage).await
    }

    async fn play(&self, word: &str) {
        let (account, scene) = (self.account, Scene::parse(word, None).expect("a scene"));
        let id = self.line.kit.app.ids.message_uid(self.line.kit.now()).0;
        write(&self.line.kit, move |write| rehearse(write, account, scene, id)).await.expect("played");
    }

    async fn say(&self, work: impl Fn(&mut Write<'_, '_>, AccountId) -> Result<(), Error> + Send + 'static) {
        let account = self.account;
        write(&self.line.kit, move |write| work(write, account)).await.expect("said");
    }
}

async fn a_number_is_linked_by_codes_that_follow_one_another(line: Line) {
    let mut linking = Linking::begin(&line, Way::Qr).await;
    let first = linking.stage(Stage::Qr).await;
    assert_eq!((first.round, first.rounds), (1, 6));
    assert_eq!(first.until, line.kit.now() + Duration::from_secs(60));
    line.kit.advance(Duration::from_secs(60));
    let second = linking.until("the second code", |row| row.round == 2).await;
    assert_ne!(second.shown, first.shown);
    assert_eq!(second.until, line.kit.now() + Duration::from_secs(20));
    linking.play("scan").await;
    let done = linking.stage(Stage::Linked).await;
    assert_eq!(done.shown, "");
    let accounts = line.kit.read(|snapshot, workspace, _| account_list(snapshot, workspace)).await;
    let made = accounts.iter().find(|row| row.id == linking.account).expect("an account");
    assert_eq!(
        (made.name.as_str(), made.phone.as_str(), made.health.as_str()),
        ("Shop phone", done.phone.as_str(), "connected")
    );
    assert_eq!(count(&line.kit, Kind::AccountConnected).await, 2);
    linking.linker.turn().await.expect("closed");
}

async fn a_passkey_stands_between_code_and_number(line: Line) {
    let mut linking = Linking::begin(&line, Way::Code).await;
    let code = linking.stage(Stage::Code).await;
    assert_eq!(code.shown.len(), 9, "{}", code.shown);
    linking.play("scan_with_passkey").await;
    let asked = linking.stage(Stage::Passkey).await;
    assert!(asked.shown.contains("challenge"), "{}", asked.shown);
    let account = linking.account;
    let wrong = write(&line.kit, move |write| answer_passkey(write, account, "yes")).await;
    assert!(wrong.expect_err("refused").message.contains("no passkey answer"));
    linking.say(|write, account| answer_passkey(write, account, "{\"id\": \"AQ\", \"response\": {}}")).await;
    let shown = linking.stage(Stage::Confirm).await;
    assert_eq!(shown.shown.len(), 9);
    linking.say(confirm_passkey).await;
    linking.stage(Stage::Linked).await;
}

async fn an_account_that_was_logged_out_is_linked_again_and_sends_what_waited(mut line: Line) {
    let account = line.kit.account;
    let scene = Scene::parse("logged_out", None).expect("a scene");
    let id = line.kit.app.ids.message_uid(line.kit.now()).0;
    write(&line.kit, move |write| rehearse(write, account, scene, id)).await.expect("played");
    line.settle().await;
    assert_eq!(line.kit.account_row().await.health, "logged_out");
    let uid = line.kit.accept(ECHO, "hello").await;
    line.run_for(Duration::from_secs(2)).await;
    assert_eq!(line.kit.status(uid).await, Status::Pending);
    write(&line.kit, move |write| begin_linking_again(write, account, Way::Qr)).await.expect("begun");
    assert_eq!(line.kit.account_row().await.health, "linking");
    let mut linking = Linking { line: &line, linker: Linker::new(line.kit.app.clone()), account };
    linking.stage(Stage::Qr).await;
    linking.play("scan").await;
    linking.stage(Stage::Linked).await;
    assert_eq!(line.kit.account_row().await.health, "connected");
    let shutdown = CancellationToken::new();
    let supervisor = Supervisor::start(line.kit.app.clone(), shutdown.clone());
    let bell = line.kit.app.wakes.of(line.kit.workspace);
    for _ in 0..1_000 {
        if line.kit.status(uid).await >= Status::Sent {
            break;
        }
        line.kit.advance(Duration::from_millis(20));
        let _ = tokio::time::timeout(Duration::from_millis(5), bell.notified()).await;
    }
    assert!(line.kit.status(uid).await >= Status::Sent);
    shutdown.cancel();
    supervisor.finished().await;
}

async fn a_linking_that_nobody_finishes_ends(line: Line) {
    let mut linking = Linking::begin(&line, Way::Qr).await;
    linking.stage(Stage::Qr).await;
    line.kit.advance(Duration::from_secs(160));
    let over = linking.stage(Stage::Ended).await;
    assert!(over.reason.contains("in time"), "{}", over.reason);
    let mut refused = Linking::begin(&line, Way::Qr).await;
    refused.stage(Stage::Qr).await;
    refused.play("refuse").await;
    assert!(refused.stage(Stage::Ended).await.reason.contains("refused"));
    let mut given_up = Linking::begin(&line, Way::Code).await;
    given_up.stage(Stage::Code).await;
    given_up.say(cancel_linking).await;
    assert_eq!(given_up.stage(Stage::Ended).await.reason, "It was cancelled");
    let accounts = line.kit.read(|snapshot, workspace, _| account_list(snapshot, workspace)).await;
    assert_eq!(accounts.len(), 1, "nothing came of them");
}
