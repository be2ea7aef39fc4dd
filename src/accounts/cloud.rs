//! Accounts that are reached through Meta's Cloud API: giving one another token, and the callbacks by which it is told what
//! happened. They are added in `adding.rs`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use database::{Priority, Snapshot};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};
use transport::{Ear, SendError};

use crate::accounts::AccountEar;
use crate::accounts::business::hear_news;
use crate::accounts::health::bring_back;
use crate::accounts::manage::account_of;
use crate::accounts::world;
use crate::app::App;
use crate::error::Error;
use crate::event_kind::Cause;
use crate::id::{AccountId, WorkspaceId, random_bytes};
use crate::store::Write;
use crate::store::accounts::account_find;
use crate::store::cloud_accounts::{
    CloudAccount, cloud_account_by_callback, cloud_account_find, cloud_account_list, cloud_account_set_token,
};
use crate::transports::cloud::callback::{Told, read};
use crate::transports::cloud::{Line, Number, SecretsAt, open_secret, seal_secret};
use crate::workspace::audit::{Action, record};

const SECRET_BYTES: usize = 24;
const NAME_CHARS_MAX: usize = 100;
const ID_CHARS_MAX: usize = 32;
const TOKEN_CHARS_MAX: usize = 1_000;

/// A number of the Cloud API, as somebody adds it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewCloud {
    /// For people; empty: as Meta knows the number.
    pub name: String,
    pub phone_number_id: String,
    pub business_id: String,
    pub access_token: String,
    /// What Meta signs its callbacks with.
    pub app_secret: String,
}

impl std::fmt::Debug for NewCloud {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "NewCloud({}, {})", self.name, self.phone_number_id)
    }
}

/// Gives an account another token, once the Graph has said that it is good, and brings the account back.
///
/// # Errors
/// `not_found` for an account of another kind; else as [`super::adding::add_cloud`].
pub async fn renew_cloud_token(
    app: &App,
    workspace: WorkspaceId,
    cause: Cause,
    account: AccountId,
    access_token: &str,
) -> Result<(), Error> {
    let row = app.read(move |tx| Ok::<_, Error>(cloud_account_find(tx, workspace, account)?)).await?;
    let row = row.ok_or_else(|| Error::not_found("There is no account of kind cloud with this number"))?;
    let access_token = token("access_token", access_token)?;
    let line = Line::new(&world(app).net, workspace, &row.phone_number_id, row.in_sandbox, &access_token);
    number_of(line).await?;
    let sealed = seal_secret(app.sealing_key()?, SecretsAt::AccessToken, &row.callback_id, &access_token)?;
    let work = move |write: &mut Write<'_, '_>| {
        write.cause = cause;
        cloud_account_set_token(write, account, &sealed)?;
        let (known, _) = account_of(write, account)?;
        record(write, Action::AccountToken, &known.name, "", &known.phone)?;
        bring_back(write, account)
    };
    app.write(workspace, Priority::Foreground, work).await
}

pub(super) async fn number_of(line: Result<Line, SendError>) -> Result<Number, Error> {
    let number = match line {
        Ok(line) => line.number().await,
        Err(error) => Err(error),
    };
    let number = number.map_err(|error| match error.code {
        Some(0 | 190) => refused("access_token", &error, "make a new one in the app's settings"),
        Some(_) => refused("phone_number_id", &error, "check the id, and that the token may use this number"),
        None => Error::busy(error),
    })?;
    let digits = number.phone.len() - 1;
    if !(5..=20).contains(&digits) {
        return Err(Error::invalid("phone_number_id", "WhatsApp tells no phone number for this id; check it"));
    }
    Ok(number)
}

fn refused(field: &str, error: &SendError, fix: &str) -> Error {
    Error::invalid(field, format!("WhatsApp refuses: {error}; {fix}"))
}

pub(super) fn checked(new: NewCloud) -> Result<NewCloud, Error> {
    let name = new.name.trim().to_owned();
    if name.chars().count() > NAME_CHARS_MAX || name.contains('\0') {
        return Err(Error::invalid("name", format!("name has more than {NAME_CHARS_MAX} characters, or a NUL")));
    }
    let id = |field: &str, given: &str| {
        let given = given.trim();
        let is_id = (1..=ID_CHARS_MAX).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_digit());
        let rule = format!("{field} is made of digits; it stands in the app's settings under WhatsApp, API Setup");
        if is_id { Ok(given.to_owned()) } else { Err(Error::invalid(field, rule)) }
    };
    Ok(NewCloud {
        name,
        phone_number_id: id("phone_number_id", &new.phone_number_id)?,
        business_id: id("business_id", &new.business_id)?,
        access_token: token("access_token", &new.access_token)?,
        app_secret: token("app_secret", &new.app_secret)?,
    })
}

fn token(field: &str, given: &str) -> Result<String, Error> {
    let given = given.trim();
    let is_token = (8..=TOKEN_CHARS_MAX).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_graphic());
    let rule = format!("{field} has 8 to {TOKEN_CHARS_MAX} letters, digits and signs, and no blanks; copy it whole");
    if is_token { Ok(given.to_owned()) } else { Err(Error::invalid(field, rule)) }
}

pub(super) fn secret() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<SECRET_BYTES>())
}

/// The account that is told at an address of ours.
///
/// # Errors
/// `not_found` for an address that nobody has.
pub async fn account_told_at(app: &App, callback_id: &str) -> Result<CloudAccount, Error> {
    let wanted = callback_id.to_owned();
    let look = move |tx: &mut Snapshot<'_>| {
        let Some(row) = cloud_account_by_callback(tx, &wanted)? else { return Ok(None) };
        let account = account_find(tx, row.workspace, row.account)?;
        Ok::<_, Error>(account.filter(|account| account.unlinked_at.is_never()).map(|_| row))
    };
    let found = app.read(look).await?;
    found.ok_or_else(|| Error::not_found("Nothing is told here; check the callback address of the account"))
}

/// Whether the one who asks to verify the address knows its token.
///
/// # Errors
/// A fault where the server has no key file.
pub fn knows_verify_token(app: &App, row: &CloudAccount, given: &str) -> Result<bool, Error> {
    let known = open_secret(app.sealing_key()?, SecretsAt::VerifyToken, row);
    // Hashes are compared, so that the time it takes tells nothing of the token.
    let hash = |text: &str| Sha256::digest(text.as_bytes());
    Ok(known.is_some_and(|known| hash(&known) == hash(given)))
}

/// Whether a callback's body was signed by whom it is said to come from: `sha256=` and an HMAC over the bytes as they came.
///
/// # Errors
/// A fault where the server has no key file.
pub fn is_signed(app: &App, row: &CloudAccount, signature: &str, body: &[u8]) -> Result<bool, Error> {
    let Some(app_secret) = open_secret(app.sealing_key()?, SecretsAt::AppSecret, row) else { return Ok(false) };
    let Some(given) = signature.strip_prefix("sha256=").and_then(bytes_of_hex) else { return Ok(false) };
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).expect("an HMAC takes a key of any length");
    mac.update(body);
    Ok(mac.verify_slice(&given).is_ok())
}

fn bytes_of_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()).collect()
}

/// Stores what a signed callback tells, for this account and others of its workspace that Meta tells at the same address.
///
/// # Errors
/// Not all was stored: it is to be told again.
pub async fn hear_callback(app: &App, row: &CloudAccount, body: &Value) -> Result<(), Error> {
    for Told { phone_number_id, events } in read(body, app.clock.now()) {
        let account = match phone_number_id == row.phone_number_id {
            true => Some(row.account),
            false => other_account(app, row.workspace, phone_number_id).await?,
        };
        let Some(account) = account else {
            tracing::info!(account = %row.account, "a callback about a number that isn't here was passed over");
            continue;
        };
        let ear = AccountEar::new(app.clone(), row.workspace, account);
        ear.hear(events).await.map_err(Error::busy)?;
    }
    hear_news(app, row, body).await
}

async fn other_account(app: &App, workspace: WorkspaceId, phone_number_id: String) -> Result<Option<AccountId>, Error> {
    let look = move |tx: &mut Snapshot<'_>| {
        let all = cloud_account_list(tx, workspace)?;
        Ok::<_, Error>(all.into_iter().find(|row| row.phone_number_id == phone_number_id).map(|row| row.account))
    };
    app.read(look).await
}
