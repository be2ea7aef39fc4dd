//! Does what a command asks, in a server or in a process of its own: here is no difference.

use std::path::{Path, PathBuf};
use std::time::Duration;

use database::{Engine, Priority};
use tokio::time::timeout;

use super::view::{ApiCallView, DatabaseView, MessageView, TokenView, WorkspaceView};
use super::{API_LOG_ROWS_MAX, Command, EVENTS_MAX, EVENTS_WAIT_MS_MAX, Limits, Output, accounts};
use crate::accounts::adding::{AddedCloud, add_cloud, add_sandbox_cloud};
use crate::accounts::cloud::{NewCloud, renew_cloud_token};
use crate::accounts::link_sandbox;
use crate::accounts::trigger::{ECHO, Ids, Plan, fire, lacks_chat, plan};
use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::{Cause, Kind};
use crate::events::live::Next;
use crate::id::{AccountId, MessageUid, TeammateId, TokenId, WorkspaceId, random_bytes};
use crate::inbox::content::{Content, Recipient};
use crate::inbox::send::{SendMessage, queue_message};
use crate::inbox::values::{MessageText, Phone};
use crate::message::Origin;
use crate::store::Write;
use crate::store::accounts::account_list;
use crate::store::api_calls::api_call_page;
use crate::store::counters::counters_find;
use crate::store::health::{database_now, integrity, schema_version};
use crate::store::messages::{history_list, message_find};
use crate::store::tokens::token_list;
use crate::store::web_records::LEFT_OUT_OF_COPIES;
use crate::store::workspaces::{Workspace, workspace_list};
use crate::webhooks::EventType;
use crate::workspace::settings::{LimitChange, create_workspace, set_limits};
use crate::workspace::setup::{SANDBOX_ACCOUNT, SETUP_LINK_LIVES, SetupSecret, is_constraint, renew_setup_link};
use crate::workspace::token_care::{generate_token, retire_token};
use crate::workspace::token_limits::TokenLimits;
use crate::workspace::tokens::{Caller, NewToken, Scope, TokenSecret};
use crate::workspace::zone::{api_time, stored_zone};

/// How often making a workspace is tried when others make some at the same moment.
const CREATE_ATTEMPTS_MAX: usize = 5;

/// Does what `command` asks and says what came of it.
///
/// # Errors
/// Refusals say what to change; faults carry their cause.
pub async fn run(app: &App, command: Command) -> Result<Output, Error> {
    match command {
        Command::TokenCreate { workspace, name, scope, limits } => {
            token_create(app, workspace, name, &scope, limits).await
        }
        Command::TokenList { workspace } => {
            let workspace = choose(app, workspace).await?;
            let (id, now) = (workspace.id, app.clock.now());
            let tokens = app.read(move |snapshot| Ok(token_list(snapshot, id)?)).await?;
            Ok(Output::Tokens(tokens.iter().map(|token| TokenView::new(token, &workspace.zone, now)).collect()))
        }
        Command::TokenRevoke { workspace, id } => {
            token_revoke(app, choose(app, workspace).await?.id, TokenId(id)).await
        }
        Command::WorkspaceCreate { name, zone } => workspace_create(app, name, zone).await,
        Command::WorkspaceList => Ok(Output::Workspaces(workspaces(app).await?)),
        Command::WorkspaceSetLimits { workspace, limits } => {
            workspace_set_limits(app, choose(app, workspace).await?.id, limits).await
        }
        Command::Send { workspace, to, text, from } => {
            let workspace = choose(app, workspace).await?.id;
            send(app, workspace, &to, &text, from.as_deref()).await
        }
        Command::MessageFind { workspace, uid } => {
            let workspace = choose(app, workspace).await?;
            message(app, workspace, &uid).await
        }
        Command::AccountAddCloud { workspace, name, link } => {
            let workspace = choose(app, workspace).await?.id;
            account_add_cloud(app, workspace, name, link).await
        }
        Command::AccountRenewToken { workspace, phone, access_token } => {
            let workspace = choose(app, workspace).await?.id;
            let account = account_by_phone(app, workspace, &phone).await?;
            renew_cloud_token(app, workspace, Cause::Operator, account, &access_token.0).await?;
            Ok(Output::Done)
        }
        Command::ApiLog { workspace, before, rows } => api_log(app, workspace, before, rows).await,
        Command::Events { workspace, after, wait_ms } => {
            let workspace = choose(app, workspace).await?.id;
            events(app, workspace, after, Duration::from_millis(wait_ms.min(EVENTS_WAIT_MS_MAX))).await
        }
        Command::Trigger { workspace, event } => {
            let workspace = choose(app, workspace).await?.id;
            trigger(app, workspace, &event).await
        }
        Command::AccountList { workspace } => accounts::list(app, choose(app, workspace).await?).await,
        Command::AccountLink { workspace, link } => accounts::link(app, choose(app, workspace).await?.id, link).await,
        Command::AccountLinking { workspace, account, deed } => {
            accounts::linking(app, choose(app, workspace).await?.id, AccountId(account), deed).await
        }
        Command::AccountUnlink { workspace, phone } => {
            accounts::unlink(app, choose(app, workspace).await?.id, &phone).await
        }
        Command::AccountRename { workspace, phone, name } => {
            accounts::rename(app, choose(app, workspace).await?.id, &phone, &name).await
        }
        Command::SetupLink { workspace } => setup_link(app, workspace).await,
        Command::Backup { path } => backup(app, PathBuf::from(path)).await,
        Command::DatabaseCheck => database_check(app).await,
        Command::Ping => Ok(Output::Server {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            address: app.settings.public_url.clone(),
        }),
    }
}

async fn token_revoke(app: &App, workspace: WorkspaceId, token: TokenId) -> Result<Output, Error> {
    let revoke = move |write: &mut Write<'_, '_>| {
        write.cause = Cause::Operator;
        retire_token(write, token)
    };
    app.write(workspace, Priority::Foreground, revoke).await?;
    Ok(Output::Done)
}

async fn workspace_set_limits(app: &App, workspace: WorkspaceId, limits: Limits) -> Result<Output, Error> {
    let change = change_of(limits);
    let set = move |write: &mut Write<'_, '_>| {
        write.cause = Cause::Operator;
        set_limits(write, &change)?;
        Ok(write.workspace.clone())
    };
    let changed = app.write(workspace, Priority::Foreground, set).await?;
    app.limits.changed(&changed);
    show(app, workspace).await
}

/// The workspace that is meant: by id or name, or the only one.
async fn choose(app: &App, wanted: Option<String>) -> Result<Workspace, Error> {
    let all = app.read(|snapshot| Ok::<_, Error>(workspace_list(snapshot)?)).await?;
    let names = || all.iter().map(|one| format!("  {}  {}", one.id, one.name)).collect::<Vec<_>>().join("\n");
    let Some(wanted) = wanted else {
        return match all.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(Error::not_found(
                "There is no workspace yet; start `partyline` once, or run `partyline workspace create`",
            )),
            _ => {
                let rule = format!("There are several workspaces; say which with --workspace ID:\n{}", names());
                Err(Error::invalid("workspace", rule))
            }
        };
    };
    let by_id = wanted.parse::<i64>().ok().and_then(|id| all.iter().find(|one| one.id == WorkspaceId(id)));
    let found = by_id.or_else(|| all.iter().find(|one| one.name == wanted));
    found
        .cloned()
        .ok_or_else(|| Error::not_found(format!("There is no workspace \"{wanted}\"; those there are:\n{}", names())))
}

async fn account_add_cloud(
    app: &App,
    workspace: WorkspaceId,
    name: String,
    link: super::CloudLink,
) -> Result<Output, Error> {
    let added = match link {
        super::CloudLink::Meta { phone_number_id, business_id, access_token, app_secret } => {
            let (access_token, app_secret) = (access_token.0, app_secret.0);
            let new = NewCloud { name, phone_number_id, business_id, access_token, app_secret };
            add_cloud(app, workspace, Cause::Operator, new).await?
        }
        super::CloudLink::Sandbox { phone } => add_sandbox_cloud(app, workspace, Cause::Operator, phone, &name).await?,
    };
    let AddedCloud { phone, name, callback_url, verify_token, .. } = added;
    Ok(Output::CloudAdded { phone, name, callback_url, verify_token })
}

async fn account_by_phone(app: &App, workspace: WorkspaceId, phone: &str) -> Result<AccountId, Error> {
    let wanted = Phone::parse("account", phone)?;
    let all = app.read(move |snapshot| Ok::<_, Error>(account_list(snapshot, workspace)?)).await?;
    let found = all.into_iter().find(|row| row.phone == wanted.as_str());
    found.map(|row| row.id).ok_or_else(|| Error::not_found(format!("There is no account {phone} in this workspace")))
}

async fn token_create(
    app: &App,
    workspace: Option<String>,
    name: String,
    scope: &str,
    limits: super::TokenLimits,
) -> Result<Output, Error> {
    let scope = Scope::parse(scope)
        .ok_or_else(|| Error::invalid("scope", format!("There is no scope \"{scope}\"; use read, send or full")))?;
    let workspace = choose(app, workspace).await?;
    let limits = limits_of(limits, app.clock.now(), &workspace.zone)?;
    let token = NewToken { name, scope, sandbox_only: false, teammate: TeammateId::OWNER, limits };
    let secret = TokenSecret::generate();
    let text = secret.reveal().to_owned();
    let create = move |write: &mut Write<'_, '_>| {
        write.cause = Cause::Operator;
        generate_token(write, &token, &secret)
    };
    app.write(workspace.id, Priority::Foreground, create).await?;
    Ok(Output::Token(text))
}

fn limits_of(limits: super::TokenLimits, now: Time, zone: &str) -> Result<TokenLimits, Error> {
    let phone = |text: &String| Phone::parse("account", text).map(|phone| phone.as_str().to_owned());
    let expires = limits.expires.map(|text| TokenLimits::parse_expiry(&text, now, zone)).transpose()?;
    Ok(TokenLimits {
        accounts: limits.accounts.iter().map(phone).collect::<Result<_, _>>()?,
        networks: limits.networks.iter().map(|text| TokenLimits::parse_network(text)).collect::<Result<_, _>>()?,
        expires_at: expires.unwrap_or(Time::NEVER),
        collapses: limits.collapse_duplicates,
    })
}

async fn api_log(app: &App, workspace: Option<String>, before: Option<i64>, rows: i64) -> Result<Output, Error> {
    let workspace = choose(app, workspace).await?;
    // What was answered within the last 200 ms is on its way into the log.
    if let Err(error) = app.ledger.flush(&app.database, app.clock.now(), false).await {
        tracing::warn!(%error, "api calls could not be logged yet; they wait");
    }
    let (id, before, rows) = (workspace.id, before.unwrap_or(i64::MAX), rows.clamp(1, API_LOG_ROWS_MAX));
    let look = move |tx: &mut database::Snapshot<'_>| {
        Ok::<_, Error>((token_list(tx, id)?, api_call_page(tx, id, before, rows)?))
    };
    let (tokens, calls) = app.read(look).await?;
    Ok(Output::ApiLog(calls.into_iter().map(|call| ApiCallView::new(call, &tokens, &workspace.zone)).collect()))
}

async fn setup_link(app: &App, workspace: Option<String>) -> Result<Output, Error> {
    let workspace = choose(app, workspace).await?;
    let (secret, expires_at) = (SetupSecret::generate(), app.clock.now() + SETUP_LINK_LIVES);
    let url = format!("{}/setup/{}", app.settings.public_url, secret.reveal());
    let renew = move |write: &mut Write<'_, '_>| {
        write.cause = Cause::Operator;
        renew_setup_link(write, &secret)
    };
    app.write(workspace.id, Priority::Foreground, renew).await?;
    Ok(Output::SetupLink { url, expires_at: api_time(expires_at, &stored_zone(&workspace.zone)) })
}

async fn workspace_create(app: &App, name: String, zone: String) -> Result<Output, Error> {
    let now = app.clock.now();
    let mut attempts = 0;
    let id = loop {
        attempts += 1;
        let (name, zone) = (name.clone(), zone.clone());
        let made = app.database.write(0, Priority::Foreground, move |tx| {
            let id = create_workspace(tx, now, &name, &zone)?;
            if let Some(mut write) = Write::open(tx, id, now)? {
                link_sandbox(&mut write, SANDBOX_ACCOUNT)?;
                write.close()?;
            }
            Ok(id)
        });
        match made.await {
            Ok(id) => break id,
            // Somebody else took the id at the same moment.
            Err(error) if is_constraint(&error) && attempts < CREATE_ATTEMPTS_MAX => {}
            Err(error) => return Err(error),
        }
    };
    show(app, id).await
}

async fn workspaces(app: &App) -> Result<Vec<WorkspaceView>, Error> {
    app.read(|snapshot| {
        let mut views = Vec::new();
        for workspace in workspace_list(snapshot)? {
            if let Some((workspace, counters)) = counters_find(snapshot, workspace.id)? {
                views.push(WorkspaceView::new(&workspace, &counters));
            }
        }
        Ok(views)
    })
    .await
}

async fn show(app: &App, workspace: WorkspaceId) -> Result<Output, Error> {
    let found = app.read(move |snapshot| Ok::<_, Error>(counters_find(snapshot, workspace)?)).await?;
    let (workspace, counters) = found.ok_or_else(|| Error::not_found("The workspace is gone"))?;
    Ok(Output::Workspace(WorkspaceView::new(&workspace, &counters)))
}

fn change_of(limits: Limits) -> LimitChange {
    let Limits { rate_per_minute, calls_per_cycle, credits_per_cycle, top_up } = limits;
    LimitChange { rate_per_minute, calls_per_cycle, credits_per_cycle, top_up }
}

async fn send(app: &App, workspace: WorkspaceId, to: &str, text: &str, from: Option<&str>) -> Result<Output, Error> {
    if text.is_empty() {
        return Err(Error::invalid("text", "The text is empty; write something after --text"));
    }
    let request = SendMessage {
        uid: app.ids.message_uid(app.clock.now()),
        wamid: app.ids.wamid(),
        to: Recipient::phone(&Phone::parse("to", to)?),
        account: from.map(|phone| Phone::parse("from", phone)).transpose()?,
        content: Content::new(Some(MessageText::parse("text", text)?), None)?,
        reply_to: None,
        label: None,
        chat_name: None,
        origin: Origin::PublicApi,
        send_at: None,
    };
    let operator = Caller::operator(workspace);
    let queue = move |write: &mut Write<'_, '_>| {
        write.cause = operator.cause();
        queue_message(write, &operator, &request)
    };
    let uid = app.write(workspace, Priority::Foreground, queue).await?;
    Ok(Output::Queued { uid: uid.to_string() })
}

/// What comes behind `after` until it is quiet again.
async fn events(app: &App, workspace: WorkspaceId, after: Option<i64>, wait: Duration) -> Result<Output, Error> {
    let mut listener = app.listen(workspace, after).await?;
    let (mut events, mut reset) = (Vec::new(), false);
    while events.len() < EVENTS_MAX {
        let heard = match listener.ready() {
            Some(heard) => heard,
            None if !events.is_empty() => break,
            None => match timeout(wait, listener.next()).await {
                Err(_) => break,
                Ok(next) => match next? {
                    Next::Event(heard) => heard,
                    Next::Reset { .. } => {
                        reset = true;
                        continue;
                    }
                },
            },
        };
        events.push(serde_json::to_value(&heard.event).map_err(Error::internal)?);
    }
    Ok(Output::Events { events, after: listener.at(), reset })
}

async fn trigger(app: &App, workspace: WorkspaceId, event: &str) -> Result<Output, Error> {
    let is_known = Kind::from_name(event).is_some() || EventType::parse(event).is_some();
    let plan = plan(event, is_known)?;
    let lacks = app.write(workspace, Priority::Foreground, move |write| lacks_chat(write, plan)).await?;
    let (mut what, steps) = (String::new(), if lacks { vec![Plan::Send(ECHO), plan] } else { vec![plan] });
    for step in steps {
        let digits = u16::from_be_bytes(random_bytes());
        let ids = Ids { uid: app.ids.message_uid(app.clock.now()), wamid: app.ids.wamid(), digits };
        let work = move |write: &mut Write<'_, '_>| {
            write.cause = Cause::Operator;
            fire(write, step, &ids)
        };
        let (of, done) = app.write(workspace, Priority::Foreground, work).await?;
        app.sandbox_bells.of(of).notify_one();
        what = done;
    }
    Ok(Output::Triggered { what })
}

async fn message(app: &App, workspace: Workspace, uid: &str) -> Result<Output, Error> {
    let missing = || Error::not_found("There is no such message");
    let uid = MessageUid(uid.parse().map_err(|_| missing())?);
    let id = workspace.id;
    let found = app
        .read(move |snapshot| Ok::<_, Error>((message_find(snapshot, id, uid)?, history_list(snapshot, id, uid)?)))
        .await?;
    let (Some(view), history) = found else { return Err(missing()) };
    let zone = stored_zone(&workspace.zone);
    Ok(Output::Message(MessageView {
        history: history.iter().map(|step| (step.status.as_str().to_owned(), api_time(step.at, &zone))).collect(),
        status: view.message.status.as_str().to_owned(),
        failure: view.message.failure.map(|failure| format!("{}: {}", failure.title, failure.details)),
    }))
}

async fn backup(app: &App, path: PathBuf) -> Result<Output, Error> {
    let database = app.database.clone();
    let target = path.clone();
    let copied = tokio::task::spawn_blocking(move || database.backup_to(&target, &[LEFT_OUT_OF_COPIES])).await;
    copied.map_err(Error::internal)?.map_err(|error| backup_refused(&path, error))?;
    let bytes = std::fs::metadata(&path).map(|found| found.len()).unwrap_or(0);
    Ok(Output::Copied { bytes })
}

fn backup_refused(path: &Path, error: database::Error) -> Error {
    match error {
        database::Error::Misuse(why) => Error::invalid("path", format!("The backup was not made: {why}")),
        error => Error::internal(format!("the backup to {} failed: {error}", path.display())),
    }
}

async fn database_check(app: &App) -> Result<Output, Error> {
    let engine = match app.database.engine() {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    app.read(move |snapshot| {
        Ok(Output::Database(DatabaseView {
            engine: engine.to_owned(),
            schema_version: schema_version(snapshot)?,
            integrity: integrity(snapshot)?,
            now_ms: database_now(snapshot)?.ms(),
        }))
    })
    .await
}
