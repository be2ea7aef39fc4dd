//! What is kept of the Cloud API and of the sandbox's Graph is read back as it was, on both engines.

use std::time::Duration;

use partyline::id::{AnalysisHandle, MessageUid, WabaTemplateId};
use partyline::store::Write;
use partyline::store::cloud_accounts::*;
use partyline::store::message_prices::*;
use partyline::store::sandbox::SandboxOf;
use partyline::store::sandbox_graphs::*;
use partyline::store::template_sends::*;
use partyline::store::waba_analyses::*;
use partyline::store::waba_profiles::*;
use partyline::store::waba_templates::*;
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

#[tokio::test]
async fn what_meta_tells_of_templates() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let template = |meta_id: &str, business_id: &str| WabaTemplateRow {
            id: WabaTemplateId(0),
            business_id: business_id.into(),
            meta_id: meta_id.into(),
            name: "ready".into(),
            language: "pt_PT".into(),
            status: "APPROVED".into(),
            category: "UTILITY".into(),
            parameter_format: "POSITIONAL".into(),
            components: ODD.into(),
            read_at: START,
        };
        let (one, other) = (template("7", "102"), template("7", "103"));
        let stored = [one.clone(), other.clone()];
        let ids = stage
            .write(workspace, move |write| {
                stored.iter().map(|row| Ok(waba_template_insert(write, row)?)).collect::<Result<Vec<_>, _>>()
            })
            .await;
        assert_eq!(ids, [WabaTemplateId(1), WabaTemplateId(2)]);
        let (one, other) = (WabaTemplateRow { id: ids[0], ..one }, WabaTemplateRow { id: ids[1], ..other });
        let paused = WabaTemplateRow { status: "PAUSED".into(), name: "waiting".into(), ..one.clone() };
        let found = seen(&stage, move |tx| waba_template_find(tx, workspace, WabaTemplateId(1))).await;
        assert_eq!(found, Some(one.clone()));
        let both = seen(&stage, move |tx| waba_template_named(tx, workspace, "ready", "pt_PT")).await;
        assert_eq!(both, [one.clone(), other.clone()]);
        let changed = paused.clone();
        stage.write(workspace, move |write| Ok(waba_template_update(write, &changed)?)).await;
        let by_meta = seen(&stage, move |tx| waba_template_by_meta(tx, workspace, "102", "7")).await;
        assert_eq!(by_meta, Some(paused.clone()));
        assert_eq!(
            seen(&stage, move |tx| waba_template_of(tx, workspace, "103", 10)).await,
            std::slice::from_ref(&other)
        );
        let behind = seen(&stage, move |tx| waba_template_list(tx, workspace, WabaTemplateId(1), 10)).await;
        assert_eq!(behind, [other]);
    })
    .await;
}

#[tokio::test]
async fn a_business_account_is_looked_at_by_one_when_it_is_due() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        stage.write(workspace, |write| Ok(waba_profile_want(write, "102")?)).await;
        let due = seen(&stage, |tx| waba_profile_due(tx, START, 10)).await;
        let [profile] = due.as_slice() else { panic!("{due:?}") };
        let until = START + Duration::from_secs(60);
        for taken in [true, false] {
            let profile = profile.clone();
            let claim = move |write: &mut Write<'_, '_>| Ok(waba_profile_claim(write, &profile, until)?);
            assert_eq!(stage.write(workspace, claim).await, taken);
        }
        assert!(seen(&stage, |tx| waba_profile_due(tx, START, 10)).await.is_empty());
        let after =
            WabaProfile { name: ODD.into(), read_at: START, attempts: 2, problem: "no".into(), ..profile.clone() };
        let noted = after.clone();
        stage.write(workspace, move |write| Ok(waba_profile_note(write, &noted)?)).await;
        assert_eq!(seen(&stage, move |tx| waba_profile_find(tx, workspace, "102")).await, Some(after));
        stage.write(workspace, |write| Ok(waba_profile_want(write, "102")?)).await;
        let wanted = seen(&stage, move |tx| waba_profile_find(tx, workspace, "102")).await.expect("it is known");
        assert_eq!((wanted.due, wanted.attempts, wanted.name.as_str()), (START, 0, ODD));
    })
    .await;
}

#[tokio::test]
async fn a_question_to_meta_is_asked_by_one_and_forgotten_in_time() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let question = Analysis {
            workspace,
            handle: AnalysisHandle(Uuid::from_bytes([9; 16])),
            account: stage.account,
            start_s: 1,
            end_s: 2,
            dimensions: "COUNTRY".into(),
            state: AnalysisState::Pending,
            result: String::new(),
            error_code: 0,
            error: String::new(),
            asked_at: START,
            due: START,
            attempts: 0,
        };
        let handle = question.handle;
        let stored = question.clone();
        stage.write(workspace, move |write| Ok(analysis_insert(write, &stored)?)).await;
        assert_eq!(seen(&stage, |tx| analysis_due(tx, START, 10)).await, std::slice::from_ref(&question));
        assert_eq!(seen(&stage, move |tx| analysis_pending(tx, workspace, 10)).await, 1);
        let until = START + Duration::from_secs(60);
        for taken in [true, false] {
            let question = question.clone();
            let claim = move |write: &mut Write<'_, '_>| Ok(analysis_claim(write, &question, until)?);
            assert_eq!(stage.write(workspace, claim).await, taken);
        }
        let answered =
            Analysis { state: AnalysisState::Ready, result: ODD.into(), due: START, attempts: 1, ..question.clone() };
        let noted = answered.clone();
        stage.write(workspace, move |write| Ok(analysis_note(write, &noted)?)).await;
        assert_eq!(seen(&stage, move |tx| analysis_find(tx, workspace, handle)).await, Some(answered));
        assert_eq!(stage.write(workspace, |write| Ok(analysis_prune(write, 10)?)).await, 1);
        assert_eq!(seen(&stage, move |tx| analysis_find(tx, workspace, handle)).await, None);
    })
    .await;
}
