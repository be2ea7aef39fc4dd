//! What is kept of the Cloud API and of the sandbox's Graph is read back as it was, on both engines.

use partyline::id::MessageUid;
use partyline::store::cloud_accounts::*;
use partyline::store::message_prices::*;
use partyline::store::sandbox::SandboxOf;
use partyline::store::sandbox_graphs::*;
use partyline::store::template_sends::*;
use uuid::Uuid;

use crate::kit::START;
use crate::round_trips::{ODD, seen};
use crate::support::both_engines;

#[tokio::test]
async fn how_an_account_is_reached() {
    both_engines(|stage| async move {
        let row = CloudAccount {
            workspace: stage.workspace,
            account: stage.account,
            callback_id: "told-here".into(),
            phone_number_id: "106".into(),
            business_id: "102".into(),
            in_sandbox: true,
            access_token: vec![1, 2, 3],
            app_secret: vec![4],
            verify_token: vec![0, 255],
        };
        let (account, stored) = (stage.account, row.clone());
        stage.write(stage.workspace, move |write| cloud_account_insert(write, &stored)).await;
        let workspace = stage.workspace;
        assert_eq!(seen(&stage, move |tx| cloud_account_find(tx, workspace, account)).await, Some(row.clone()));
        assert_eq!(seen(&stage, move |tx| cloud_account_list(tx, workspace)).await, std::slice::from_ref(&row));
        assert_eq!(seen(&stage, |tx| cloud_account_by_callback(tx, "told-here")).await, Some(row.clone()));
        assert_eq!(seen(&stage, |tx| cloud_account_by_callback(tx, "elsewhere")).await, None);
        let set = stage.write(workspace, move |write| Ok(cloud_account_set_token(write, account, &[9])?)).await;
        assert!(set);
        let renewed = CloudAccount { access_token: vec![9], ..row };
        assert_eq!(seen(&stage, move |tx| cloud_account_find(tx, workspace, account)).await, Some(renewed));
    })
    .await;
}

#[tokio::test]
async fn what_a_message_costs_and_which_template_it_is() {
    both_engines(|stage| async move {
        let (workspace, uid) = (stage.workspace, MessageUid(Uuid::from_bytes([7; 16])));
        let price =
            |category: &str, is_billable| MessagePrice { category: category.into(), model: ODD.into(), is_billable };
        let template = TemplateSend { name: "ready".into(), language: "pt_PT".into(), variables: ODD.into() };
        let stored = template.clone();
        stage
            .write(workspace, move |write| {
                message_price_set(write, uid, &price("service", true))?;
                message_price_set(write, uid, &price("utility", false))?;
                template_send_insert(write, uid, &stored)
            })
            .await;
        let last = seen(&stage, move |tx| message_price_find(tx, workspace, uid)).await;
        assert_eq!(last, Some(price("utility", false)), "what was said last counts");
        assert_eq!(seen(&stage, move |tx| template_send_find(tx, workspace, uid)).await, Some(template));
    })
    .await;
}

#[tokio::test]
async fn what_the_graph_has_to_tell() {
    both_engines(|stage| async move {
        let of = SandboxOf { workspace: stage.workspace, account: stage.account };
        let graph = move |token: u8, url: &str| SandboxGraph {
            of,
            token_hash: [token; 32],
            callback_url: url.into(),
            app_secret: vec![token],
        };
        let id = |number: u8| Uuid::from_bytes([number; 16]);
        stage
            .write(stage.workspace, move |write| {
                sandbox_graph_set(write.tx, &graph(1, ""))?;
                sandbox_graph_set(write.tx, &graph(2, "https://bikes.example/"))?;
                for number in [2, 1] {
                    sandbox_callback_insert(write.tx, of, id(number), ODD, START)?;
                }
                Ok(())
            })
            .await;
        let opened = graph(2, "https://bikes.example/");
        assert_eq!(seen(&stage, move |tx| sandbox_graph_find(tx, of)).await, Some(opened.clone()));
        assert_eq!(seen(&stage, |tx| sandbox_graph_by_token(tx, &[2; 32])).await, Some(opened));
        assert_eq!(seen(&stage, |tx| sandbox_graph_by_token(tx, &[1; 32])).await, None, "the token before has ended");
        let due = move |at| move |tx: &mut database::Snapshot<'_>| sandbox_callback_due(tx, of, at, 10);
        let told = SandboxCallback { id: id(1), body: ODD.into(), attempts: 0, due: START };
        let found = seen(&stage, due(START)).await;
        assert_eq!((found.len(), &found[0]), (2, &told));
        let later = START + std::time::Duration::from_secs(5);
        stage
            .write(stage.workspace, move |write| {
                sandbox_callback_wait(write.tx, of, id(1), later)?;
                Ok(sandbox_callback_delete(write.tx, of, id(2))?)
            })
            .await;
        assert!(seen(&stage, due(START)).await.is_empty());
        assert_eq!(seen(&stage, due(later)).await, [SandboxCallback { attempts: 1, due: later, ..told }]);
        let gone = stage.write(stage.workspace, move |write| Ok(sandbox_callback_forget(write.tx, of, 10)?)).await;
        assert_eq!(gone, 1);
    })
    .await;
}
