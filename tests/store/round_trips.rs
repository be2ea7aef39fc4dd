//! What is stored is read back as it was, on both engines: workspaces, tokens, accounts and what a workspace keeps of itself.

use std::time::Duration;

use partyline::clock::Time;
use partyline::event_kind::{Cause, Kind};
use partyline::id::{AccountId, ChatId, TeammateId, TokenId, WorkspaceId};
use partyline::store::accounts::{
    AccountRow, account_all_linked, account_find, account_insert, account_list, account_set_health,
};
use partyline::store::api_calls::{
    ApiCallRow, api_call_counts, api_call_insert, api_call_list, api_call_page, api_call_times,
};
use partyline::store::counters::{Counters, counters_find, counters_insert};
use partyline::store::events::{EventRow, NewEvent, event_after, event_append, event_prune};
use partyline::store::health::{database_now, integrity, schema_version};
use partyline::store::idempotency::{
    ClaimId, IDEMPOTENCY_KEPT, IdempotencyKey, KeptAnswer, idempotency_claim, idempotency_claim_release,
    idempotency_claim_renew, idempotency_find, idempotency_insert, idempotency_prune,
};
use partyline::store::setup_links::{setup_link_find, setup_link_insert, setup_link_use};
use partyline::store::tokens::{TokenRow, token_by_hash, token_insert, token_list, token_revoke, token_used};
use partyline::store::workspaces::{Workspace, workspace_insert, workspace_list, workspace_next_id, workspace_update};
use transport::Kind as TransportKind;

use crate::kit::{START, TestApp};
use crate::support::both_engines;

/// Text that finds out whoever cuts, folds or counts bytes.
pub const ODD: &str = "ÅÉ ß 😀 '\"\\ %_$1 \r\n\u{200d}";

/// What `look` finds in one snapshot.
pub async fn seen<T: Send + 'static>(
    stage: &TestApp,
    look: impl Fn(&mut database::Snapshot<'_>) -> Result<T, database::Error> + Send + 'static,
) -> T {
    stage.app.read(move |tx| Ok(look(tx)?)).await.expect("a read")
}

#[tokio::test]
async fn a_workspace_and_its_counters() {
    both_engines(|stage| async move {
        let made = Workspace {
            id: WorkspaceId(2),
            name: ODD.into(),
            zone: "Pacific/Apia".into(),
            anchor: Time::from_ms(-1),
            created_at: START,
            rate_per_minute: 1,
            calls_per_cycle: i64::MAX,
            credits_per_cycle: 0,
            pacing_ms: 7,
            kept_days: 8,
        };
        let given = made.clone();
        stage
            .write(stage.workspace, move |write| {
                assert_eq!(workspace_next_id(write.tx)?, WorkspaceId(2));
                workspace_insert(write.tx, &given)?;
                Ok(counters_insert(write.tx, given.id, START, START + Duration::from_secs(9_000_000))?)
            })
            .await;
        assert_eq!(seen(&stage, |tx| workspace_list(tx)).await[1], made);
        let changed =
            Workspace { name: "Other".into(), pacing_ms: 0, kept_days: 400, rate_per_minute: 9, ..made.clone() };
        let given = changed.clone();
        let numbers = stage
            .write(made.id, move |write| {
                workspace_update(write.tx, &given)?;
                let Counters { cycle_starts_at, cycle_ends_at, .. } = write.counters;
                write.counters = Counters {
                    account_last: 1,
                    token_last: 2,
                    contact_last: 3,
                    chat_last: 4,
                    outbox_last: 5,
                    event_last: 6,
                    call_last: 7,
                    rate_last: i64::MAX,
                    cycle_starts_at,
                    cycle_ends_at,
                    calls_used: 8,
                    credits_used: 9,
                    topped_up: 10,
                    topped_up_at: START,
                };
                Ok(write.counters.clone())
            })
            .await;
        let id = made.id;
        assert_eq!(seen(&stage, move |tx| counters_find(tx, id)).await, Some((changed, numbers)));
        assert_eq!(seen(&stage, |tx| counters_find(tx, WorkspaceId(3))).await, None);
    })
    .await;
}

#[tokio::test]
async fn an_account() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let made = AccountRow {
            workspace,
            id: AccountId(2),
            transport: TransportKind::Sandbox,
            jid: "351912345678@s.whatsapp.net".into(),
            phone: "+351912345678".into(),
            name: ODD.into(),
            owner: TeammateId(3),
            linked_at: START,
            unlinked_at: Time::NEVER,
            health: "connected".into(),
            health_reason: String::new(),
            health_until: Time::NEVER,
        };
        let given = made.clone();
        stage.write(workspace, move |write| Ok(account_insert(write, &given)?)).await;
        assert_eq!(seen(&stage, move |tx| account_find(tx, workspace, AccountId(2))).await, Some(made.clone()));
        assert_eq!(seen(&stage, move |tx| account_find(tx, WorkspaceId(2), AccountId(2))).await, None);
        stage.write(workspace, |write| Ok(account_set_health(write, AccountId(2), "held", ODD, START)?)).await;
        let held = AccountRow { health: "held".into(), health_reason: ODD.into(), health_until: START, ..made };
        assert_eq!(seen(&stage, move |tx| account_list(tx, workspace)).await[1], held);
        assert_eq!(seen(&stage, |tx| account_all_linked(tx)).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_token() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let made = TokenRow {
            workspace,
            id: TokenId(5),
            name: ODD.into(),
            scope: "read".into(),
            sandbox_only: true,
            teammate: TeammateId(3),
            hint: "pl_live_abcd".into(),
            created_at: START,
            revoked_at: Time::NEVER,
            last_used_at: Time::NEVER,
            accounts: "+12025550100,+12025550101".into(),
            networks: "203.0.113.0/24".into(),
            expires_at: START + Duration::from_secs(9),
            collapses: true,
        };
        let given = made.clone();
        stage.write(workspace, move |write| token_insert(write, &given, [7; 32])).await;
        assert_eq!(seen(&stage, |tx| token_by_hash(tx, &[7; 32])).await, Some(made.clone()));
        assert_eq!(seen(&stage, |tx| token_by_hash(tx, &[8; 32])).await, None);
        let later = START + Duration::from_secs(1);
        stage
            .write(workspace, move |write| {
                token_used(write, TokenId(5), later)?;
                token_used(write, TokenId(5), START)?;
                assert!(token_revoke(write, TokenId(5))? && !token_revoke(write, TokenId(5))?);
                Ok(())
            })
            .await;
        let ended = TokenRow { revoked_at: START, last_used_at: later, ..made };
        assert_eq!(seen(&stage, move |tx| token_list(tx, workspace)).await, [ended]);
    })
    .await;
}

#[tokio::test]
async fn events_and_what_is_forgotten_of_them() {
    both_engines(|stage| async move {
        let (workspace, uid) = (stage.workspace, stage.app.ids.message_uid(START));
        let event = NewEvent { kind: Kind::MessageStatus, chat: ChatId(7), message: Some(uid), detail: ODD.into() };
        let seq = stage.write(workspace, move |write| event_append(write, event.clone())).await;
        let all = seen(&stage, move |tx| event_after(tx, workspace, seq - 1, 10)).await;
        let stored = EventRow {
            seq,
            kind: Kind::MessageStatus,
            at: START,
            chat: ChatId(7),
            message: Some(uid),
            detail: ODD.into(),
            cause: Cause::Outside,
        };
        assert_eq!(all, [stored]);
        stage.advance(Duration::from_secs(1));
        let event = NewEvent { kind: Kind::QuotaUsed, chat: ChatId(0), message: None, detail: String::new() };
        stage.write(workspace, move |write| event_append(write, event.clone())).await;
        let gone = stage.write(workspace, |write| Ok(event_prune(write, START + Duration::from_millis(1), 100)?)).await;
        let left = seen(&stage, move |tx| event_after(tx, workspace, 0, 10)).await;
        assert_eq!((gone, left.iter().map(|event| event.seq).collect::<Vec<_>>()), (2, vec![seq + 1]));
    })
    .await;
}

#[tokio::test]
async fn an_api_call() {
    both_engines(|stage| async move {
        let (workspace, uid) = (stage.workspace, stage.app.ids.message_uid(START));
        let made = ApiCallRow {
            seq: 1,
            at: START,
            request: "req-1".into(),
            token: TokenId(3),
            method: "POST".into(),
            path: ODD.into(),
            status: 200,
            outcome: 1,
            reason: ODD.into(),
            ignored: "a,b".into(),
            duration_us: i64::MAX,
            repeats: 4,
            message: Some(uid),
            body: ODD.into(),
        };
        let (given, refused) = (made.clone(), ApiCallRow { outcome: 6, message: None, ..made.clone() });
        stage
            .write(workspace, move |write| {
                api_call_insert(write, &given).and_then(|()| api_call_insert(write, &refused))
            })
            .await;
        let all = seen(&stage, move |tx| api_call_list(tx, workspace, 10)).await;
        assert_eq!((all[0].seq, all[0].outcome, all[0].message, &all[1]), (2, 6, None, &made));
        let older = seen(&stage, move |tx| api_call_page(tx, workspace, 2, 10)).await;
        assert_eq!(older, std::slice::from_ref(&made));
        let before = START - Duration::from_secs(1);
        assert_eq!(seen(&stage, move |tx| api_call_times(tx, workspace, before, [6, 4])).await, [(START, 4)]);
        assert_eq!(seen(&stage, move |tx| api_call_times(tx, workspace, START, [6, 4])).await, []);
        let counts = |seq, since| seen(&stage, move |tx| api_call_counts(tx, workspace, seq, since, [6, 7, 4]));
        assert_eq!(counts(0, START).await, [(TokenId(3), 4)]);
        assert_eq!((counts(1, START).await, counts(0, START + Duration::from_secs(1)).await), (vec![], vec![]));

        // Around the end of the ring.
        stage
            .write(workspace, move |write| {
                write.counters.call_last = 9_997;
                (0..6).try_for_each(|_| api_call_insert(write, &made))
            })
            .await;
        let all = seen(&stage, move |tx| api_call_list(tx, workspace, 10)).await;
        let seqs: Vec<i64> = all.iter().map(|call| call.seq).collect();
        assert_eq!(seqs, [10_003, 10_002, 10_001, 10_000, 9_999, 9_998]);
        let page = seen(&stage, move |tx| api_call_page(tx, workspace, 10_002, 3)).await;
        assert_eq!(page.iter().map(|call| call.seq).collect::<Vec<_>>(), [10_001, 10_000, 9_999]);
    })
    .await;
}

#[tokio::test]
async fn a_kept_answer_until_its_time_is_over() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let key = IdempotencyKey { key: ODD.into(), method: "POST".into(), path: "/x".into(), fingerprint: [9; 32] };
        let given = key.clone();
        stage.write(workspace, move |write| idempotency_insert(write, &given, 422, ODD)).await;
        let find = |key: IdempotencyKey, workspace, now| {
            move |tx: &mut database::Snapshot<'_>| idempotency_find(tx, workspace, &key, now)
        };
        let kept = Some(KeptAnswer { fingerprint: [9; 32], status: 422, body: ODD.into(), at: START });
        assert_eq!(seen(&stage, find(key.clone(), workspace, START)).await, kept);
        assert_eq!(seen(&stage, find(key.clone(), WorkspaceId(2), START)).await, None);
        for other in [
            IdempotencyKey { method: "PUT".into(), ..key.clone() },
            IdempotencyKey { path: "/y".into(), ..key.clone() },
        ] {
            assert_eq!(seen(&stage, find(other, workspace, START)).await, None);
        }
        let over = START + IDEMPOTENCY_KEPT;
        assert_eq!(seen(&stage, find(key.clone(), workspace, over - Duration::from_millis(1))).await, kept);
        assert_eq!(seen(&stage, find(key.clone(), workspace, over)).await, None);
        let pruned = |now| stage.write(workspace, move |write| Ok(idempotency_prune(write.tx, now, 10)?));
        assert_eq!((pruned(over - Duration::from_millis(1)).await, pruned(over).await, pruned(over).await), (0, 1, 0));
    })
    .await;
}

#[tokio::test]
async fn a_claim_ends_by_its_own_id_and_never_takes_an_answer_with_it() {
    both_engines(|stage| async move {
        let workspace = stage.workspace;
        let key = IdempotencyKey { key: "k".into(), method: "POST".into(), path: "/x".into(), fingerprint: [9; 32] };
        let (ours, theirs) = (ClaimId::generate(), ClaimId::generate());
        let found = || {
            let key = key.clone();
            seen(&stage, move |tx| idempotency_find(tx, workspace, &key, START))
        };
        let claimed = (key.clone(), ours.clone());
        stage.write(workspace, move |write| idempotency_claim(write, &claimed.0, &claimed.1)).await;
        assert_eq!(found().await.expect("a claim").claim(), Some(ours.as_str()));
        let other = (key.clone(), theirs);
        let end =
            |(key, claim)| stage.write(workspace, move |write| Ok(idempotency_claim_release(write, &key, &claim)?));
        end(other).await;
        stage.advance(Duration::from_secs(5));
        let renewed = (key.clone(), ours.clone());
        stage.write(workspace, move |write| Ok(idempotency_claim_renew(write, &renewed.0, &renewed.1)?)).await;
        assert_eq!(found().await.expect("still there").at, START + Duration::from_secs(5));
        end((key.clone(), ours.clone())).await;
        assert_eq!(found().await, None);
        let answered = key.clone();
        stage.write(workspace, move |write| idempotency_insert(write, &answered, 200, ours.as_str())).await;
        let ours = found().await.expect("an answer");
        assert_eq!(ours.claim(), None);
    })
    .await;
}

#[tokio::test]
async fn a_setup_link_is_used_once() {
    both_engines(|stage| async move {
        let (workspace, ends) = (stage.workspace, START + Duration::from_secs(60));
        stage.write(workspace, move |write| Ok(setup_link_insert(write.tx, [3; 32], workspace, ends)?)).await;
        assert_eq!(seen(&stage, |tx| setup_link_find(tx, [3; 32], START)).await, Some(workspace));
        assert_eq!(seen(&stage, move |tx| setup_link_find(tx, [3; 32], ends)).await, None);
        let used = |hash| stage.write(workspace, move |write| Ok(setup_link_use(write.tx, hash, START)?));
        assert_eq!((used([4; 32]).await, used([3; 32]).await, used([3; 32]).await), (false, true, false));
        assert_eq!(seen(&stage, |tx| setup_link_find(tx, [3; 32], START)).await, None);
    })
    .await;
}

#[tokio::test]
async fn what_the_database_says_of_itself() {
    both_engines(|stage| async move {
        let newest = partyline::store::MIGRATIONS.last().expect("migrations").version;
        assert_eq!(seen(&stage, |tx| schema_version(tx)).await, newest);
        assert_eq!(seen(&stage, |tx| integrity(tx)).await, "ok");
        let (told, ours) = (seen(&stage, |tx| database_now(tx)).await, partyline::clock::Clock::system().now());
        assert!((told.ms() - ours.ms()).abs() < 60_000, "{told:?} and {ours:?}");
    })
    .await;
}
