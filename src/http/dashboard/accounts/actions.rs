//! What somebody does with an account on the page.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use crate::accounts::health::bring_back;
use crate::accounts::manage::{self, AccountName, Manner, account_of, rename_account, unlink_account};
use crate::accounts::rehearse::{Scene, rehearse};
use crate::error::Error;
use crate::http::dashboard::doors::Desk;
use crate::http::dashboard::form::Sent;
use crate::http::dashboard::frame::{ACCOUNTS_PATH, done};
use crate::http::dashboard::path::Path;
use crate::http::dashboard::session::{Refusal, Shown, Signed};
use crate::http::dashboard::words::accounts as w;
use crate::id::AccountId;
use crate::store::Write;
use crate::workspace::permissions::Right;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Said {
    name: String,
    pacing_ms: String,
    cold_per_day: String,
    warm_up_days: String,
    scene: String,
}

pub async fn rename(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(said): Sent<Said>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let name = AccountName::parse("name", &said.name)?;
    let work = move |write: &mut Write<'_, '_>| rename_account(write, AccountId(id), &name);
    desk.act(&signed.who, work).await?;
    Ok(Redirect::to(&done(ACCOUNTS_PATH, "account-renamed")).into_response())
}

pub async fn set_manner(
    State(desk): State<Desk>,
    signed: Signed,
    Path(id): Path<i64>,
    Sent(said): Sent<Said>,
) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let manner = Manner {
        pacing_ms: number("pacing_ms", &said.pacing_ms)?,
        cold_per_day: number("cold_per_day", &said.cold_per_day)?,
        warm_up_days: number("warm_up_days", &said.warm_up_days)?,
    };
    let manner = manner.check()?;
    let work = move |write: &mut Write<'_, '_>| manage::set_manner(write, AccountId(id), manner);
    desk.act(&signed.who, work).await?;
    Ok(Redirect::to(&done(ACCOUNTS_PATH, "account-manner")).into_response())
}

fn number(field: &str, given: &str) -> Result<Option<i64>, Error> {
    match given.trim() {
        "" => Ok(None),
        text => {
            let fault = || Error::invalid(field, w::no_whole_number(text));
            text.parse().map(Some).map_err(|_| fault())
        }
    }
}

pub async fn try_again(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(_): Sent<Said>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let work = move |write: &mut Write<'_, '_>| {
        account_of(write, AccountId(id))?;
        bring_back(write, AccountId(id))
    };
    desk.act(&signed.who, work).await?;
    Ok(Redirect::to(&done(ACCOUNTS_PATH, "account-again")).into_response())
}

pub async fn unlink(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(_): Sent<Said>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let work = move |write: &mut Write<'_, '_>| unlink_account(write, AccountId(id));
    desk.act(&signed.who, work).await?;
    Ok(Redirect::to(&done(ACCOUNTS_PATH, "account-unlinked")).into_response())
}

pub async fn play(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(said): Sent<Said>) -> Shown {
    signed.ensure(Right::ManageAccounts)?;
    let unknown = || Error::invalid("scene", w::CHOOSE_ONE_OF_THE);
    let scene = Scene::parse(&said.scene, None).filter(|scene| matches!(scene, Scene::Line(_))).ok_or_else(unknown)?;
    play_scene(&desk, &signed, AccountId(id), scene).await?;
    Ok(Redirect::to(&done(ACCOUNTS_PATH, "account-scene")).into_response())
}

/// Has something befall a sandbox account, or the phone that links one, and wakes who plays it.
pub(super) async fn play_scene(desk: &Desk, signed: &Signed, account: AccountId, scene: Scene) -> Result<(), Refusal> {
    let row_id = desk.app.ids.message_uid(desk.app.clock.now()).0;
    let work = move |write: &mut Write<'_, '_>| {
        if matches!(scene, Scene::Line(_)) {
            manage::sandbox_account(write, account)?;
        }
        rehearse(write, account, scene, row_id)
    };
    let of = desk.act(&signed.who, work).await?;
    desk.app.sandbox_bells.of(of).notify_one();
    Ok(())
}
