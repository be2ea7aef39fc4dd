//! Who is asking, and for what that isn't there: on every operation, made from the document. A token acts as a teammate, so what
//! the teammate may not do is refused to it, and somebody who has left does nothing that asks who did it.

use axum::body::Body;
use axum::http::Method;
use partyline::id::{TeamId, TeammateId};
use partyline::store::teammates::{TeammateRow, teammate_insert};
use partyline::workspace::teammates::{Role, first_owner};
use partyline::workspace::token_limits::TokenLimits;
use partyline::workspace::tokens::{NewToken, Scope, TokenSecret, create_limited_token};

use crate::catalogue;
use crate::dump::{changes, dump};
use crate::errors::LOGS;
use crate::isolation::nobodys;
use crate::kit::{Actor, Engine, START, TestApp};
use crate::operations::Half;
use crate::refusals::{Findings, Wanted};
use crate::scene::Scene;

const AGENT: TeammateId = TeammateId(70);
/// Nobody of this number is in the workspace.
const GONE: TeammateId = TeammateId(71);

/// Somebody with a token that may do all that this teammate may.
async fn token_of(stage: &TestApp, scene: &Scene, teammate: TeammateId) -> Actor {
    let secret = TokenSecret::generate();
    let text = secret.reveal().to_owned();
    let limits = TokenLimits::default();
    let new = NewToken { name: "theirs".into(), scope: Scope::Full, sandbox_only: false, teammate, limits };
    stage.write(scene.workspace, move |write| create_limited_token(write, &new, &secret)).await;
    stage.somebody(&text)
}

async fn agent(stage: &TestApp, scene: &Scene) -> Actor {
    let workspace = scene.workspace;
    let row = TeammateRow {
        id: AGENT,
        display_name: "Agent".into(),
        email: "agent@harbour.example".into(),
        role: Role::AgentRole.as_str().to_owned(),
        team: TeamId::NONE,
        ..first_owner(START)
    };
    stage.write(workspace, move |write| Ok(teammate_insert(write.tx, workspace, &row)?)).await;
    token_of(stage, scene, AGENT).await
}

/// Asks for every operation as somebody, what ends something last; those that are refused with 403, each judged.
async fn refused(scene: &Scene, actor: &Actor, code: &'static str) -> String {
    let (ending, others): (Vec<_>, Vec<_>) = scene.operations().partition(|operation| operation.method == "DELETE");
    let (mut found, mut names) = (Findings::default(), Vec::new());
    for operation in others.into_iter().chain(ending) {
        let answer = catalogue::send(actor, operation, &scene.path(operation), scene.content(operation)).await;
        if answer.status == 403 {
            found.judge(operation, code, &answer, &Wanted::code(403, code));
            names.push(operation.name.as_str());
        }
    }
    found.are_none();
    names.sort_unstable();
    names.join("\n")
}

#[tokio::test]
async fn what_a_teammate_may_not_do_their_token_may_not() {
    for half in Half::BOTH {
        let stage = TestApp::on(Engine::Sqlite).await;
        let scene = Scene::second_of(&stage, half).await;
        let agent = agent(&stage, &scene).await;
        let names = refused(&scene, &agent, "permission_denied").await;
        insta::assert_snapshot!(format!("permission_denied_{half:?}"), names);
    }
}

#[tokio::test]
async fn somebody_who_has_left_does_nothing_that_asks_who_did_it() {
    for half in Half::BOTH {
        let stage = TestApp::on(Engine::Sqlite).await;
        let scene = Scene::second_of(&stage, half).await;
        let gone = token_of(&stage, &scene, GONE).await;
        let names = refused(&scene, &gone, "member_not_found").await;
        insta::assert_snapshot!(format!("member_not_found_{half:?}"), names);
    }
}

#[tokio::test]
async fn what_is_not_there_is_named_on_every_operation() {
    for half in Half::BOTH {
        let stage = TestApp::on(Engine::Sqlite).await;
        let scene = Scene::second_of(&stage, half).await;
        let before = dump(&stage, scene.workspace).await;
        let mut found = Findings::default();
        for operation in half.operations() {
            for (name, unknown) in operation.path_parameters().filter_map(|name| Some((name, nobodys(&scene, name)?))) {
                let fill = |other: &str| if other == name { unknown.clone() } else { scene.ids[other].clone() };
                let path = catalogue::path(operation, fill);
                let answer = catalogue::send(&scene.token, operation, &path, scene.content(operation)).await;
                found.judge(operation, &path, &answer, &Wanted::unknown(name, &unknown));
            }
        }
        found.are_none();
        let changed = changes(&before, &dump(&stage, scene.workspace).await, &LOGS);
        assert!(changed.is_empty(), "{changed:#?}");
    }
}

/// The methods that an address may be asked with.
const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

#[tokio::test]
async fn every_address_says_how_it_may_be_asked() {
    let stage = TestApp::on(Engine::Sqlite).await;
    for half in Half::BOTH {
        let scene = Scene::second_of(&stage, half).await;
        for operation in half.operations() {
            let same = half.operations().filter(|other| other.path == operation.path);
            let served: Vec<&str> = same.map(|other| other.method.as_str()).collect();
            for method in METHODS.iter().filter(|method| !served.contains(&method.as_str())) {
                let at = format!("{method} {}", operation.path);
                let answer = scene.token.ask(method.clone(), &scene.path(operation), Body::empty()).await;
                assert_eq!(
                    (answer.status.as_u16(), &answer.body()["error_code"]),
                    (405, &"not_supported".into()),
                    "{at}"
                );
                let allowed = answer.header("allow");
                assert!(served.iter().all(|method| allowed.contains(method)), "{at}: {allowed}");
                let message = answer.body()["message"].to_string();
                assert!(message.contains(method.as_str()) && message.contains("Allow"), "{at}: {message}");
            }
        }
    }
}
