//! The page WhatsApp accounts: health in words with its next step, a new number, name, pace, unlinking.

use axum::http::StatusCode;
use partyline::accounts::Linker;
use partyline::accounts::health::{Health, set_health};
use partyline::accounts::linking::{Stage, record_step};
use partyline::clock::Time;
use partyline::id::AccountId;
use partyline::store::account_cares::account_standing;
use partyline::store::account_linkings::linking_find;
use transport::LinkStep;

use crate::kit::{Actor, Answer, Engine, START, TestApp};
use crate::owner;

async fn page(ana: &Actor) -> String {
    let answer = ana.get("//accounts").await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text()
}

fn place(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    format!("/{}", answer.header("location"))
}

async fn becomes(app: &TestApp, health: Health, reason: &'static str, until: Time) {
    let account = app.account;
    app.write(app.workspace, move |write| set_health(write, account, health, reason, until)).await;
}

#[tokio::test]
async fn each_health_is_told_in_words_with_its_next_step() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let well = page(&ana).await;
    assert!(well.contains("Connected") && well.contains("Demo phone") && well.contains("+12025550198"), "{well}");
    let later = START + std::time::Duration::from_secs(3_600);
    for (health, until, words, step) in [
        (Health::Held, later, "asked this number to stop", ""),
        (Health::LoggedOut, Time::NEVER, "Messages wait until it is linked again", "Link again"),
        (Health::TokenInvalid, Time::NEVER, "token", "Try again"),
        (Health::Down, Time::NEVER, "needs somebody to look", "Try again"),
        (Health::Reconnecting, Time::NEVER, "tried again by itself", "somebody is asked to look"),
        (Health::Limited, later, "Messages to people who never wrote wait", ""),
    ] {
        becomes(&app, health, "<b>the line says so</b>", until).await;
        let told = page(&ana).await;
        assert!(told.contains(words) && told.contains(step), "{health:?}: {told}");
        assert!(told.contains("&lt;b&gt;the line says so"), "{health:?}: its reason is text");
        assert_eq!(told.contains("It ends by itself on"), !until.is_never(), "{health:?}");
        becomes(&app, Health::Down, "", Time::NEVER).await;
    }
    let again = ana.post_form("//accounts/1/again", "").await;
    assert!(page(&ana).await.contains("Connected"), "{}", again.text());
}

#[tokio::test]
async fn an_account_is_named_paced_and_given_up() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    place(&ana.post_form("//accounts/1/rename", "name=Lisbon+%3Cshop%3E").await);
    place(&ana.post_form("//accounts/1/manner", "pacing_ms=1500&cold_per_day=40&warm_up_days=").await);
    let told = page(&ana).await;
    assert!(told.contains("Lisbon &lt;shop&gt;") && told.contains("1.5 s on average"), "{told}");
    assert!(told.contains("0 of 2 today") && told.contains("warming up to 40"), "{told}");
    let (workspace, account) = (app.workspace, app.account);
    let look = move |tx: &mut database::Snapshot<'_>| Ok(account_standing(tx, workspace, account)?);
    let (_, care) = app.app.read(look).await.expect("a read").expect("the account");
    assert_eq!((care.pacing_ms, care.cold_per_day, care.warm_up_days), (Some(1_500), Some(40), None));
    for (form, path) in [
        ("pacing_ms=soon", "//accounts/1/manner"),
        ("cold_per_day=-1", "//accounts/1/manner"),
        ("name=+", "//accounts/1/rename"),
        ("scene=scan", "//accounts/1/play"),
    ] {
        assert_eq!(ana.post_form(path, form).await.status, StatusCode::BAD_REQUEST, "{form}");
    }
    place(&ana.post_form("//accounts/1/unlink", "").await);
    let told = page(&ana).await;
    assert!(told.contains("Unlinked") && told.contains("Link again"), "{told}");
    assert_eq!(ana.post_form("//accounts/1/unlink", "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(ana.post_form("//accounts/1/play", "scene=held").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_number_is_linked_step_by_step() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let refused = ana.post_form("//accounts/link", "name=+&way=qr").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("name is blank"), "{}", refused.text());
    place(&ana.post_form("//accounts/link", "name=Second&way=at_once").await);
    assert!(page(&ana).await.contains("Second"));

    let path = place(&ana.post_form("//accounts/link", "name=Shop&way=qr").await);
    assert!(ana.get(&path).await.text().contains("Asking for a code"));
    assert!(
        page(&ana).await.contains("Shop is being linked") || page(&ana).await.contains("Shop</bdi> is being linked")
    );
    let account = AccountId(path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("a number"));
    let mut linker = Linker::new(app.app.clone());
    linker.turn().await.expect("begun");
    let workspace = app.workspace;
    for _ in 0..1_000 {
        let look = move |tx: &mut database::Snapshot<'_>| Ok(linking_find(tx, workspace, account)?);
        let row = app.app.read(look).await.expect("a read").expect("a linking");
        if Stage::of(&row) == Stage::Qr {
            break;
        }
        let _ = tokio::time::timeout(std::time::Duration::from_millis(5), app.app.wakes.of(workspace).notified()).await;
    }
    let shown = ana.get(&path).await.text();
    assert!(
        shown.contains("Code 1 of 6") && shown.contains("class=\"qr\"") && shown.contains("data-left=\"60\""),
        "{shown}"
    );
    assert_eq!(
        ana.post_form(&format!("{path}/confirm"), "").await.status,
        StatusCode::BAD_REQUEST,
        "nothing to compare"
    );

    let ask = |step: LinkStep| async { app.write(workspace, move |write| record_step(write, account, &step)).await };
    let until_ms = START.ms() + 60_000;
    ask(LinkStep::PasskeyAsked { request: "{\"challenge\":\"<x>\"}".into(), until_ms }).await;
    let asked = ana.get(&path).await.text();
    assert!(asked.contains("asks for the passkey") && asked.contains("&lt;x&gt;"), "{asked}");
    assert_eq!(ana.post_form(&format!("{path}/passkey"), "assertion=yes").await.status, StatusCode::BAD_REQUEST);
    place(&ana.post_form(&format!("{path}/passkey"), "assertion=%7B%22id%22%3A1%7D").await);
    assert!(ana.get(&path).await.text().contains("Handed in"));
    ask(LinkStep::PasskeyCode { code: "AB12-CD34".into(), until_ms }).await;
    assert!(ana.get(&path).await.text().contains("AB12-CD34"));
    place(&ana.post_form(&format!("{path}/cancel"), "").await);
    assert!(ana.get(&path).await.text().contains("It was cancelled"));
    assert_eq!(ana.post_form(&format!("{path}/cancel"), "").await.status, StatusCode::NOT_FOUND);
    linker.turn().await.expect("closed");
}

#[tokio::test]
async fn accounts_of_others_are_not_there() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    let (other, _) = app.other_workspace().await;
    app.write(other, |write| partyline::accounts::link_sandbox(write, "Their second")).await;
    assert!(!page(&ana).await.contains("Their second"));
    for path in ["//accounts/2/rename", "//accounts/2/unlink", "//accounts/2/again", "//accounts/2/link"] {
        assert_eq!(ana.post_form(path, "name=Mine").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(ana.get("//accounts/linking/2").await.status, StatusCode::NOT_FOUND);
}

/// A phone's own number, with what WhatsApp would tell; nothing here speaks to it.
#[cfg(feature = "web")]
#[tokio::test]
async fn a_phone_is_linked_step_by_step_and_the_passkey_says_how() {
    let app = TestApp::on(Engine::Sqlite).await;
    let ana = owner(&app).await;
    for (form, why) in [
        ("name=+&way=qr", "name is blank"),
        ("name=Shop&way=code&phone=", "phone"),
        ("name=Shop&way=code&phone=%2B1+202+555+0198", "link that one again"),
    ] {
        let refused = ana.post_form("//accounts/phone", form).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{form}");
        assert!(refused.text().contains(why), "{form}: {}", refused.text());
    }
    let path = place(&ana.post_form("//accounts/phone", "name=Shop&way=qr&phone=").await);
    assert!(ana.get(&path).await.text().contains("Its number comes from the phone"));
    let account = AccountId(path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("a number"));
    let step = async |step: LinkStep| {
        app.write(app.workspace, move |write| record_step(write, account, &step)).await;
        ana.get(&path).await.text()
    };
    let until_ms = (START + std::time::Duration::from_secs(60)).ms();
    let told = step(LinkStep::Qr { payload: "2@one,two".into(), round: 1, rounds: 6, until_ms }).await;
    assert!(told.contains("<svg class=\"qr\"") && told.contains("60"), "{told}");
    assert!(!told.contains("Take the code"), "only a sandbox's phone is played");
    let request = "{\"challenge\": \"abc\", \"rpId\": \"whatsapp.com\"}".to_owned();
    let told = step(LinkStep::PasskeyAsked { request, until_ms }).await;
    assert!(told.contains("https://web.whatsapp.com") && told.contains("navigator.credentials.get"), "{told}");
    assert!(!told.contains("rehearsal"), "{told}");
    let refused = ana.post_form(&format!("{path}/passkey"), "assertion=no").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    place(&ana.post_form(&format!("{path}/passkey"), "assertion=%7B%22id%22%3A%221%22%7D").await);
    assert!(ana.get(&path).await.text().contains("Handed in"));
    let told = step(LinkStep::PasskeyCode { code: "K7QP".into(), until_ms }).await;
    assert!(told.contains("K7QP") && told.contains("Does the phone show the same code?"), "{told}");
    place(&ana.post_form(&format!("{path}/confirm"), "").await);
    let told =
        step(LinkStep::Linked { address: transport::Address::from_phone("+351912345678"), name: "Rui".into() }).await;
    assert!(told.contains("+351912345678") && told.contains("Linked"), "{told}");
    let told = page(&ana).await;
    assert!(told.contains("Linked device") && told.contains("+351912345678"), "{told}");
    place(&ana.post_form(&format!("//accounts/{account}/unlink"), "").await);
    place(&ana.post_form(&format!("//accounts/{account}/link"), "").await);
    place(&ana.post_form(&format!("//accounts/linking/{account}/cancel"), "").await);
    assert!(page(&ana).await.contains("Link again"));
}
