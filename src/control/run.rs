//! Does what a command asks, in a server or in a process of its own: here is no difference.

use std::path::{Path, PathBuf};

use database::{Engine, Priority};

use super::view::{DatabaseView, MessageView, TokenView, WorkspaceView};
use super::{Command, Limits, Output};
use crate::accounts::link_sandbox;
use crate::app::App;
use crate::error::Error;
use crate::id::{MessageUid, TeammateId, TokenId, WorkspaceId};
use crate::inbox::content::{Content, Recipient};
use crate::inbox::send::{SendMessage, queue_message};
use crate::inbox::values::{MessageText, Phone};
use crate::message::Origin;
use crate::store::Write;
use crate::store::counters::counters_find;
use crate::store::health::{database_now, integrity, schema_version};
use crate::store::messages::{history_list, message_find};
use crate::store::tokens::token_list;
use crate::store::workspaces::{Workspace, workspace_list};
use crate::workspace::settings::{LimitChange, create_workspace, set_limits};
use crate::workspace::setup::{SANDBOX_ACCOUNT, is_constraint};
use crate::workspace::tokens::{Caller, Scope, TokenSecret, create_token, revoke_token};
use crate::workspace::zone::{api_time, stored_zone};

/// How often making a workspace is tried when others make some at the same moment.
const CREATE_ATTEMPTS_MAX: usize = 5;

/// Does what `command` asks and says what came of it.
///
/// # Errors
/// Refusals say what to change; faults carry their cause.
pub async fn run(app: &App, command: Command) -> Result<Output, Error> {
    match command {
        Command::TokenCreate { workspace, name, scope } => token_create(app, workspace, name, &scope).await,
        Command::TokenList { workspace } => {
            let workspace = choose(app, workspace).await?;
            let id = workspace.id;
            let tokens = app.read(move |snapshot| Ok(token_list(snapshot, id)?)).await?;
            Ok(Output::Tokens(tokens.iter().map(|token| TokenView::new(token, &workspace.zone)).collect()))
        }
        Command::TokenRevoke { workspace, id } => {
            let workspace = choose(app, workspace).await?.id;
            app.write(workspace, Priority::Foreground, move |write| revoke_token(write, TokenId(id))).await?;
            Ok(Output::Done)
        }
        Command::WorkspaceCreate { name, zone } => workspace_create(app, name, zone).await,
        Command::WorkspaceList => Ok(Output::Workspaces(workspaces(app).await?)),
        Command::WorkspaceSetLimits { workspace, limits } => {
            let workspace = choose(app, workspace).await?.id;
            let change = change_of(limits);
            let set = move |write: &mut Write<'_, '_>| {
                set_limits(write, &change)?;
                Ok(write.workspace.clone())
            };
            let changed = app.write(workspace, Priority::Foreground, set).await?;
            app.limits.changed(&changed);
            show(app, workspace).await
        }
        Command::Send { workspace, to, text, from } => {
            let workspace = choose(app, workspace).await?.id;
            send(app, workspace, &to, &text, from.as_deref()).await
        }
        Command::MessageFind { workspace, uid } => {
            let workspace = choose(app, workspace).await?;
            message(app, workspace, &uid).await
        }
        Command::Backup { path } => backup(app, PathBuf::from(path)).await,
        Command::DatabaseCheck => database_check(app).await,
        Command::Ping => Ok(Output::Server {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            address: app.settings.public_url.clone(),
        }),
    }
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

async fn token_create(app: &App, workspace: Option<String>, name: String, scope: &str) -> Result<Output, Error> {
    let scope = Scope::parse(scope)
        .ok_or_else(|| Error::invalid("scope", format!("There is no scope \"{scope}\"; use read, send or full")))?;
    let workspace = choose(app, workspace).await?.id;
    let secret = TokenSecret::generate();
    let text = secret.reveal().to_owned();
    app.write(workspace, Priority::Foreground, move |write| create_token(write, &name, scope, false, &secret)).await?;
    Ok(Output::Token(text))
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
    };
    // The operator, who needs no token: whoever may open the data folder may do anything.
    let operator = Caller {
        workspace,
        token: TokenId(0),
        token_name: String::new(),
        scope: Scope::Full,
        sandbox_only: false,
        teammate: TeammateId::OWNER,
    };
    let queue = move |write: &mut Write<'_, '_>| queue_message(write, &operator, &request);
    let uid = app.write(workspace, Priority::Foreground, queue).await?;
    Ok(Output::Queued { uid: uid.to_string() })
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
    let copied = tokio::task::spawn_blocking(move || database.backup_to(&target)).await;
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
