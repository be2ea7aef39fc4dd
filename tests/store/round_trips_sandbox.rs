//! What the sandbox remembers is read back as it was, on both engines.

use std::time::Duration;

use partyline::clock::Time;
use partyline::store::sandbox::*;
use partyline::store::sandbox_contacts::*;
use uuid::Uuid;

use crate::kit::{START, TestApp};
use crate::round_trips::{ODD, seen};
use crate::support::both_engines;

fn message(wamid: &str, number: u8) -> SandboxMessage {
    SandboxMessage {
        wamid: wamid.into(),
        jid: "1@x".into(),
        sender_jid: "1@x".into(),
        text: ODD.into(),
        body: "{}".into(),
        reply_to: String::new(),
        reactions: String::new(),
        at: START,
        edited_at: Time::NEVER,
        deleted_at: Time::NEVER,
        read_at: Time::NEVER,
        arrival_id: Uuid::from_bytes([number; 16]),
    }
}

fn step(number: u8, due: Time, kind: StepKind) -> SandboxStep {
    let is_reply = kind == StepKind::Reply;
    SandboxStep {
        due,
        id: Uuid::from_bytes([number; 16]),
        kind,
        jid: "1@x".into(),
        wamid: "W".into(),
        text: if is_reply { ODD.into() } else { String::new() },
        body: if is_reply { "{}".into() } else { String::new() },
        act: if kind == StepKind::Act { ODD.into() } else { String::new() },
    }
}

fn of(stage: &TestApp) -> SandboxOf {
    SandboxOf { workspace: stage.workspace, account: stage.account }
}

#[tokio::test]
async fn what_the_phones_show() {
    both_engines(|stage| async move {
        let of = of(&stage);
        let (one, two) = (message("W", 7), message("V", 8));
        let (first, second) = (one.clone(), two.clone());
        stage
            .write(stage.workspace, move |write| {
                assert!(
                    sandbox_message_insert(write.tx, of, &first)? && !sandbox_message_insert(write.tx, of, &first)?
                );
                Ok(sandbox_message_insert_later(write.tx, of, &second)?)
            })
            .await;
        assert_eq!(seen(&stage, move |tx| sandbox_message_list(tx, of, 10)).await, [one.clone(), two.clone()]);
        assert_eq!(seen(&stage, move |tx| sandbox_message_of_chat(tx, of, "1@x", 1)).await, [two]);
        assert_eq!(seen(&stage, move |tx| sandbox_message_at(tx, of, "W")).await, Some(START));
        stage
            .write(stage.workspace, move |write| {
                sandbox_message_set_reactions(write.tx, of, "W", ODD)?;
                sandbox_message_edit(write.tx, of, "W", "other", START)?;
                sandbox_message_revoke(write.tx, of, "V", START)?;
                // Gone is gone.
                Ok(sandbox_message_edit(write.tx, of, "V", "other", START)?)
            })
            .await;
        let edited = SandboxMessage { text: "other".into(), edited_at: START, reactions: ODD.into(), ..one };
        assert_eq!(seen(&stage, move |tx| sandbox_message_find(tx, of, "W")).await, Some(edited));
        let gone = seen(&stage, move |tx| sandbox_message_find(tx, of, "V")).await.expect("it is there");
        assert_eq!(
            (gone.text, gone.body, gone.deleted_at, gone.edited_at),
            (String::new(), String::new(), START, Time::NEVER)
        );
    })
    .await;
}

#[tokio::test]
async fn what_the_contacts_will_do() {
    both_engines(|stage| async move {
        let of = of(&stage);
        let steps = [
            step(1, START, StepKind::Delivered),
            step(2, START, StepKind::Reply),
            step(3, START, StepKind::Act),
            step(4, WHEN_ONLINE, StepKind::Read),
        ];
        let given = steps.clone();
        stage
            .write(stage.workspace, move |write| {
                sandbox_message_insert(write.tx, of, &message("W", 7))?;
                Ok(given.iter().try_for_each(|step| sandbox_step_insert(write.tx, of, step))?)
            })
            .await;
        assert_eq!(seen(&stage, move |tx| sandbox_step_due(tx, of, START, 10)).await, steps[..3]);
        assert_eq!(seen(&stage, move |tx| sandbox_step_next(tx, of)).await, Some(START));
        let parked = seen(&stage, move |tx| sandbox_step_parked(tx, of, "1@x", 10)).await;
        assert_eq!(parked, [(steps[3].id, StepKind::Read)]);
        let (done, later) = (steps[..3].to_vec(), START + Duration::from_secs(1));
        stage
            .write(stage.workspace, move |write| {
                sandbox_step_delete(write.tx, of, &done)?;
                Ok(sandbox_step_unpark(write.tx, of, parked[0].0, later)?)
            })
            .await;
        assert_eq!(seen(&stage, move |tx| sandbox_step_next(tx, of)).await, Some(later));
    })
    .await;
}

#[tokio::test]
async fn what_the_contacts_remember_and_how_time_goes() {
    both_engines(|stage| async move {
        let of = of(&stage);
        assert_eq!(seen(&stage, move |tx| sandbox_standing(tx, of, "1@x")).await, SandboxStanding::default());
        stage
            .write(stage.workspace, move |write| {
                sandbox_contact_set_online(write.tx, of, "1@x", false)?;
                let counts = ["1@x", "1@x", "2@x"].map(|jid| sandbox_contact_count(write.tx, of, jid, true));
                assert!(counts.into_iter().map(|count| count.expect("counted")).eq([1, 2, 1]));
                sandbox_contact_wrote(write.tx, of, "1@x", true, START)?;
                sandbox_contact_set_rule(write.tx, of, "1@x", true, ODD)?;
                Ok(sandbox_clock_set(write.tx, of, 5_000, Some(2_000))?)
            })
            .await;
        let standing = SandboxStanding {
            ahead_ms: 5_000,
            speed_milli: Some(2_000),
            online: Some(false),
            wrote_at: START,
            rule: ODD.into(),
        };
        assert_eq!(seen(&stage, move |tx| sandbox_standing(tx, of, "1@x")).await, standing);
        assert_eq!(seen(&stage, move |tx| sandbox_contact_rules(tx, of)).await, 1);
        stage.write(stage.workspace, move |write| Ok(sandbox_clock_set(write.tx, of, 6_000, None)?)).await;
        assert_eq!(seen(&stage, move |tx| sandbox_clock_find(tx, of)).await, (6_000, None));
    })
    .await;
}

#[tokio::test]
async fn a_sandbox_forgets_its_own_and_nobody_elses() {
    both_engines(|stage| async move {
        let own = of(&stage);
        let (workspace, account) = stage.other_workspace().await;
        let theirs = SandboxOf { workspace, account };
        for of in [own, theirs] {
            stage
                .write(of.workspace, move |write| {
                    for (wamid, number) in [("U", 1), ("V", 2), ("W", 3)] {
                        sandbox_message_insert(write.tx, of, &message(wamid, number))?;
                        let due = START + Duration::from_secs(number.into());
                        sandbox_step_insert(write.tx, of, &step(number, due, StepKind::Delivered))?;
                    }
                    sandbox_contact_set_online(write.tx, of, "1@x", false)?;
                    Ok(sandbox_clock_set(write.tx, of, 5_000, None)?)
                })
                .await;
        }
        stage
            .write(own.workspace, move |write| {
                assert_eq!((sandbox_message_forget(write.tx, own, 2)?, sandbox_step_forget(write.tx, own, 2)?), (2, 2));
                assert_eq!((sandbox_message_forget(write.tx, own, 2)?, sandbox_step_forget(write.tx, own, 2)?), (1, 1));
                Ok(sandbox_contact_forget(write.tx, own)?)
            })
            .await;
        assert_eq!(seen(&stage, move |tx| sandbox_standing(tx, own, "1@x")).await, SandboxStanding::default());
        assert_eq!(seen(&stage, move |tx| sandbox_message_list(tx, theirs, 10)).await.len(), 3);
        assert_eq!(seen(&stage, move |tx| sandbox_standing(tx, theirs, "1@x")).await.ahead_ms, 5_000);
    })
    .await;
}
