//! What is kept beside accounts is read back as it was, on both engines.

use partyline::clock::Time;
use partyline::id::{AccountId, TeammateId};
use partyline::store::account_cares::*;
use partyline::store::account_linkings::*;
use partyline::store::accounts::*;
use transport::Kind;

use crate::kit::START;
use crate::round_trips::{ODD, seen};
use crate::support::both_engines;

#[tokio::test]
async fn the_care_of_an_account() {
    both_engines(|stage| async move {
        let (workspace, account) = (stage.workspace, stage.account);
        let found = seen(&stage, move |tx| account_standing(tx, workspace, account)).await.expect("the account");
        assert_eq!(found.1, CareRow::default());
        let care = CareRow {
            since: START,
            quality: "low".into(),
            quality_at: START,
            pacing_ms: Some(0),
            cold_per_day: Some(50),
            warm_up_days: None,
            cold_day: START,
            cold_sent: 7,
            reach: Some(250),
            per_second: Some(80),
        };
        for kept in [CareRow { cold_sent: 6, ..care.clone() }, care.clone()] {
            stage.write(workspace, move |write| Ok(care_save(write, account, &kept)?)).await;
        }
        let found = seen(&stage, move |tx| account_standing(tx, workspace, account)).await.expect("the account");
        assert_eq!(found.1, care);
        assert_eq!(seen(&stage, move |tx| care_list(tx, workspace)).await, [(account, care)]);
        assert_eq!(seen(&stage, move |tx| waiting_count(tx, workspace)).await, []);
    })
    .await;
}

#[tokio::test]
async fn an_account_that_is_given_up_and_linked_again() {
    both_engines(|stage| async move {
        let (workspace, account) = (stage.workspace, stage.account);
        assert!(stage.write(workspace, move |write| Ok(account_unlink(write, account, "unlinked")?)).await);
        assert!(!stage.write(workspace, move |write| Ok(account_unlink(write, account, "unlinked")?)).await);
        assert_eq!(seen(&stage, |tx| account_all_linked(tx)).await, []);
        stage.write(workspace, move |write| Ok(account_link(write, account, "connected")?)).await;
        stage.write(workspace, move |write| Ok(account_rename(write, account, ODD)?)).await;
        let row = seen(&stage, move |tx| account_find(tx, workspace, account)).await.expect("the account");
        assert_eq!((row.name.as_str(), row.unlinked_at, row.linked_at), (ODD, Time::NEVER, START));
    })
    .await;
}

#[tokio::test]
async fn a_linking() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let row = LinkingRow {
            workspace,
            account: AccountId(9),
            transport: Kind::Sandbox,
            way: "qr".into(),
            phone: "+12125550198".into(),
            name: ODD.into(),
            owner: TeammateId(1),
            stage: "qr".into(),
            shown: ODD.into(),
            round: 2,
            rounds: 6,
            until: START,
            answer: String::new(),
            reason: String::new(),
            begun_at: START,
            ends_at: START,
        };
        for kept in [LinkingRow { round: 1, ..row.clone() }, row.clone()] {
            stage.write(workspace, move |write| Ok(linking_save(write, &kept)?)).await;
        }
        assert_eq!(seen(&stage, move |tx| linking_find(tx, workspace, AccountId(9))).await, Some(row.clone()));
        assert_eq!(seen(&stage, |tx| linking_all(tx)).await, std::slice::from_ref(&row));
        let over = LinkingRow { stage: "ended".into(), reason: ODD.into(), ..row };
        let kept = over.clone();
        stage.write(workspace, move |write| Ok(linking_save(write, &kept)?)).await;
        assert_eq!(seen(&stage, |tx| linking_all(tx)).await, []);
        assert_eq!(seen(&stage, move |tx| linking_list(tx, workspace)).await, [over]);
        stage.write(workspace, |write| Ok(linking_forget(write)?)).await;
        assert_eq!(seen(&stage, move |tx| linking_list(tx, workspace)).await, []);
    })
    .await;
}
