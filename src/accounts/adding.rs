//! Adding a number of Meta's Cloud API: checked with the Graph and its secrets sealed before anything is stored; the rest is
//! one write.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use database::{Priority, Snapshot};
use transport::{Address, Kind};

use crate::accounts::cloud::{NewCloud, checked, number_of, secret};
use crate::accounts::graph::{Face, NewGraph, sealed_graph};
use crate::accounts::health::{Health, bring_back};
use crate::accounts::sandbox::sandbox_of;
use crate::accounts::world;
use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::{Cause, Kind as EventKind};
use crate::id::{AccountId, ChatId, TeammateId, WorkspaceId, random_bytes};
use crate::store::Write;
use crate::store::accounts::{AccountRow, account_find, account_insert, account_link, account_list};
use crate::store::cloud_accounts::{CloudAccount, cloud_account_insert, cloud_account_list, cloud_account_set_secrets};
use crate::store::events::{NewEvent, event_append};
use crate::store::sandbox_graphs::{SandboxGraph, sandbox_graph_set};
use crate::store::waba_profiles::waba_profile_want;
use crate::transports::cloud::{Line, Number, SecretsAt, open_secret, seal_secret};
use crate::transports::net::CALLBACK_PATH;
use crate::workspace::audit::{Action, record};

const CALLBACK_ID_BYTES: usize = 18;

/// An account that was added, and what Meta's app has to be told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedCloud {
    pub account: AccountId,
    pub phone: String,
    pub name: String,
    /// For "Callback URL" in the app's settings. Secret: whoever knows it can ask for its verification.
    pub callback_url: String,
    /// For "Verify token" there.
    pub verify_token: String,
}

/// What becomes of a number that is in the workspace and linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    Refused,
    /// It gets these secrets, and is brought back.
    Renewed,
}

/// A number that may be added: it was checked, nothing is stored yet.
pub struct ReadyCloud {
    row: CloudAccount,
    phone: String,
    name: String,
    callback_url: String,
    verify_token: String,
    /// The sandbox's side, where that is the far one.
    graph: Option<SandboxGraph>,
}

/// Checks a number with the Graph.
///
/// # Errors
/// `validation_error` naming the field: a bad id or token, the Graph's refusal; busy where the Graph can't be reached.
pub async fn ready_cloud(app: &App, workspace: WorkspaceId, new: NewCloud) -> Result<ReadyCloud, Error> {
    let new = checked(new)?;
    let line = Line::new(&world(app).net, workspace, &new.phone_number_id, false, &new.access_token);
    let number = number_of(line).await?;
    ready(app, workspace, new, number, false).await
}

/// The same for a number whose far side is a sandbox account of the workspace: `wished` by its phone or JID, else the one
/// that was linked last.
///
/// # Errors
/// `validation_error` where there is no such sandbox account.
pub async fn ready_sandbox_cloud(
    app: &App,
    workspace: WorkspaceId,
    wished: Option<String>,
    name: &str,
) -> Result<ReadyCloud, Error> {
    let look = move |tx: &mut Snapshot<'_>| {
        let of = sandbox_of(tx, workspace, wished.as_deref())?;
        Ok::<_, Error>((of, account_find(tx, workspace, of.account)?))
    };
    let (of, row) = app.read(look).await?;
    let face = Face::of(&row.ok_or_else(|| Error::not_found("There is no such account in this workspace"))?);
    let (phone, said_name) = (face.phone.clone(), face.name.clone());
    let number = Number { phone, name: said_name, quality: "GREEN".to_owned(), reach: None, per_second: None };
    let new = NewCloud {
        name: name.to_owned(),
        phone_number_id: face.phone_number_id,
        business_id: face.business_id,
        access_token: secret(),
        app_secret: secret(),
    };
    let (access_token, app_secret) = (new.access_token.clone(), new.app_secret.clone());
    let ready = ready(app, workspace, checked(new)?, number, true).await?;
    let callback_url = ready.callback_url.clone();
    let graph = sealed_graph(app, of, &NewGraph { callback_url, access_token, app_secret })?;
    Ok(ReadyCloud { graph: Some(graph), ..ready })
}

/// A number that is known keeps its callback address and verify token, so that nothing must be entered anew at Meta.
async fn ready(
    app: &App,
    workspace: WorkspaceId,
    new: NewCloud,
    number: Number,
    in_sandbox: bool,
) -> Result<ReadyCloud, Error> {
    let key = app.sealing_key()?;
    let id = new.phone_number_id.clone();
    let look = move |tx: &mut Snapshot<'_>| {
        let all = cloud_account_list(tx, workspace)?;
        Ok::<_, Error>(all.into_iter().find(|row| row.phone_number_id == id && row.in_sandbox == in_sandbox))
    };
    let known = app.read(look).await?;
    let kept = known.and_then(|row| Some((open_secret(key, SecretsAt::VerifyToken, &row)?, row.callback_id)));
    let drawn = || (secret(), URL_SAFE_NO_PAD.encode(random_bytes::<CALLBACK_ID_BYTES>()));
    let (verify_token, callback_id) = kept.unwrap_or_else(drawn);
    let name = [&new.name, &number.name, &number.phone].into_iter().find(|name| !name.is_empty());
    let row = CloudAccount {
        workspace,
        account: AccountId(0),
        access_token: seal_secret(key, SecretsAt::AccessToken, &callback_id, &new.access_token)?,
        app_secret: seal_secret(key, SecretsAt::AppSecret, &callback_id, &new.app_secret)?,
        verify_token: seal_secret(key, SecretsAt::VerifyToken, &callback_id, &verify_token)?,
        callback_id: callback_id.clone(),
        phone_number_id: new.phone_number_id,
        business_id: new.business_id,
        in_sandbox,
    };
    Ok(ReadyCloud {
        row,
        name: name.cloned().unwrap_or_default().replace('\0', ""),
        phone: number.phone,
        callback_url: format!("{}{CALLBACK_PATH}/{callback_id}", app.settings.public_url),
        verify_token,
        graph: None,
    })
}

/// Adds a number that is ready. One that was removed is linked again, with its chats.
///
/// # Errors
/// `validation_error` where the number is in the workspace as another account, or `known` says so.
pub fn add_ready(write: &mut Write<'_, '_>, ready: &ReadyCloud, known: Known) -> Result<AddedCloud, Error> {
    let workspace = write.workspace.id;
    let before = account_list(write.tx, workspace)?.into_iter().find(|other| other.phone == ready.phone);
    let account = match before {
        None => insert(write, ready)?,
        Some(before) => return_to(write, ready, &before, known)?,
    };
    if let Some(graph) = &ready.graph {
        sandbox_graph_set(write.tx, graph)?;
    }
    waba_profile_want(write, &ready.row.business_id)?;
    record(write, Action::AccountLinked, &ready.name, "", &ready.phone)?;
    let ReadyCloud { phone, name, callback_url, verify_token, .. } = ready;
    let (phone, name) = (phone.clone(), name.clone());
    let (callback_url, verify_token) = (callback_url.clone(), verify_token.clone());
    Ok(AddedCloud { account, phone, name, callback_url, verify_token })
}

fn insert(write: &mut Write<'_, '_>, ready: &ReadyCloud) -> Result<AccountId, Error> {
    let id = write.next_account_id();
    let account = AccountRow {
        workspace: write.workspace.id,
        id,
        transport: Kind::Cloud,
        jid: Address::from_phone(&ready.phone).jid().to_owned(),
        phone: ready.phone.clone(),
        name: ready.name.clone(),
        owner: TeammateId::OWNER,
        linked_at: write.now,
        unlinked_at: Time::NEVER,
        health: Health::Connected.as_str().to_owned(),
        health_reason: String::new(),
        health_until: Time::NEVER,
    };
    account_insert(write, &account)?;
    cloud_account_insert(write, &CloudAccount { account: id, ..ready.row.clone() })?;
    tell_connected(write, id)?;
    Ok(id)
}

/// A number that the workspace knows gets its secrets, and is linked again where it was removed.
fn return_to(
    write: &mut Write<'_, '_>,
    ready: &ReadyCloud,
    before: &AccountRow,
    known: Known,
) -> Result<AccountId, Error> {
    let all = cloud_account_list(write.tx, write.workspace.id)?;
    let own = all.into_iter().find(|row| row.account == before.id && row.callback_id == ready.row.callback_id);
    let is_removed = !before.unlinked_at.is_never();
    if own.is_none() || (known == Known::Refused && !is_removed) {
        let rule = format!("WhatsApp account {} is in this workspace already", ready.phone);
        return Err(Error::invalid("phone_number_id", format!("{rule}; GET /whatsapp_accounts lists all")));
    }
    cloud_account_set_secrets(write, before.id, &ready.row.access_token, &ready.row.app_secret)?;
    if is_removed {
        account_link(write, before.id, Health::Connected.as_str())?;
        tell_connected(write, before.id)?;
    } else {
        bring_back(write, before.id)?;
    }
    Ok(before.id)
}

fn tell_connected(write: &mut Write<'_, '_>, account: AccountId) -> Result<(), Error> {
    let (kind, detail) = (EventKind::AccountConnected, account.to_string());
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail }).map(drop)
}

/// Adds a number of the Cloud API, once the Graph has said that the token is good for it.
///
/// # Errors
/// As [`ready_cloud`], and `validation_error` for a number that is in the workspace already.
pub async fn add_cloud(app: &App, workspace: WorkspaceId, cause: Cause, new: NewCloud) -> Result<AddedCloud, Error> {
    let ready = ready_cloud(app, workspace, new).await?;
    commit(app, workspace, cause, ready).await
}

/// Adds a number whose far side is a sandbox account of the same workspace: everything as with Meta, offline.
///
/// # Errors
/// As [`ready_sandbox_cloud`], and `validation_error` where its number was added already.
pub async fn add_sandbox_cloud(
    app: &App,
    workspace: WorkspaceId,
    cause: Cause,
    wished: Option<String>,
    name: &str,
) -> Result<AddedCloud, Error> {
    let ready = ready_sandbox_cloud(app, workspace, wished, name).await?;
    commit(app, workspace, cause, ready).await
}

async fn commit(app: &App, workspace: WorkspaceId, cause: Cause, ready: ReadyCloud) -> Result<AddedCloud, Error> {
    let bell = app.clerk_bell.clone();
    let work = move |write: &mut Write<'_, '_>| {
        write.cause = cause;
        write.tx.wake(&bell);
        add_ready(write, &ready, Known::Refused)
    };
    app.write(workspace, Priority::Foreground, work).await
}
