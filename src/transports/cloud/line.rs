//! The way to one number at the Graph: address, ids and token, and the requests that all others are made of.

use std::time::Duration;

use bytes::Bytes;
use database::Snapshot;
use serde_json::Value;
use transport::{AccountState, Reach, SendError, Verdict};

use crate::error::Error;
use crate::id::{AccountId, WorkspaceId};
use crate::outbound::{Answered, Ask, AskBody, AskLimits, Outbound};
use crate::sealing::SealingKey;
use crate::store::cloud_accounts::{CloudAccount, cloud_account_find};
use crate::transports::cloud::errors::{broken, refused, unheard};
use crate::transports::cloud::limits::{reach_field, reach_of_number, speed_of};
use crate::transports::cloud::quality_of;
use crate::transports::net::{Net, SANDBOX_GRAPH_PATH};
use crate::transports::sandbox::World;

/// For a request that moves no file; a worker gives up behind it.
const LIMITS: AskLimits = AskLimits {
    connect_max: Duration::from_secs(10),
    answer_max: Duration::from_secs(30),
    answer_bytes_max: 256 * 1024,
};

/// Of the Graph, where it is asked for a field that it doesn't know.
const BAD_PARAMETER: i64 = 100;

/// Which of an account's secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsAt {
    AccessToken,
    AppSecret,
    VerifyToken,
}

fn place(at: SecretsAt, callback_id: &str) -> String {
    let what = match at {
        SecretsAt::AccessToken => "access token",
        SecretsAt::AppSecret => "app secret",
        SecretsAt::VerifyToken => "verify token",
    };
    format!("cloud {what} of {callback_id}")
}

/// Seals a secret of the account that bears this callback id. Draws randomness, so call it before a write begins.
///
/// # Errors
/// As [`SealingKey::seal`].
pub fn seal_secret(key: &SealingKey, at: SecretsAt, callback_id: &str, secret: &str) -> Result<Vec<u8>, Error> {
    key.seal(&place(at, callback_id), secret.as_bytes())
}

/// A secret as it was sealed; `None` where the key file is another one.
pub fn open_secret(key: &SealingKey, at: SecretsAt, row: &CloudAccount) -> Option<String> {
    let sealed = match at {
        SecretsAt::AccessToken => &row.access_token,
        SecretsAt::AppSecret => &row.app_secret,
        SecretsAt::VerifyToken => &row.verify_token,
    };
    String::from_utf8(key.open(&place(at, &row.callback_id), sealed)?).ok()
}

/// What the Graph says of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// In E.164 form with `+`.
    pub phone: String,
    /// As the business chose it; may be empty.
    pub name: String,
    /// As `GREEN`; empty where it isn't told.
    pub quality: String,
    /// How many people it may write to first, where that is told.
    pub reach: Option<Reach>,
    /// Messages in a second, where that is told.
    pub per_second: Option<u32>,
}

impl Number {
    /// All that is told of it beside its name, as a transport tells it.
    pub fn states(&self) -> impl Iterator<Item = AccountState> + use<> {
        let quality = quality_of(&self.quality).map(AccountState::Quality);
        let reach = self.reach.map(AccountState::Reach);
        let speed = self.per_second.map(|per_second| AccountState::Speed { per_second });
        [quality, reach, speed].into_iter().flatten()
    }
}

/// The way to one number.
pub struct Line {
    pub workspace: WorkspaceId,
    pub phone_number_id: String,
    pub outbound: Outbound,
    net: Net,
    /// With its version, without a slash at the end.
    base: String,
    reach_field: &'static str,
    token: String,
}

impl Line {
    /// The way of a number that has no row yet.
    ///
    /// # Errors
    /// `Retry` where the server doesn't listen yet.
    pub fn new(
        net: &Net,
        workspace: WorkspaceId,
        phone_number_id: &str,
        in_sandbox: bool,
        token: &str,
    ) -> Result<Line, SendError> {
        let version = &net.graph.version;
        let base = if in_sandbox {
            let own = net.own_url(&format!("{SANDBOX_GRAPH_PATH}/{version}"));
            own.ok_or_else(|| broken("Sandbox not reached", "This server doesn't listen yet."))?
        } else {
            format!("{}/{version}", net.graph.url)
        };
        let (phone_number_id, token) = (phone_number_id.to_owned(), token.to_owned());
        let (outbound, net) = (net.outbound.for_configured(), net.clone());
        let reach_field = reach_field(version);
        Ok(Line { workspace, phone_number_id, outbound, net, base, reach_field, token })
    }

    /// The way of an account, by its row.
    ///
    /// # Errors
    /// `Retry` where the row can't be read, `AccountDown` where it isn't there or its token doesn't open.
    pub async fn of_account(world: &World, workspace: WorkspaceId, account: AccountId) -> Result<Line, SendError> {
        let look = move |tx: &mut Snapshot<'_>| cloud_account_find(tx, workspace, account);
        let row = world.database.read(look).await;
        let row = row.map_err(|error: database::Error| broken("Not read", &error.to_string()))?;
        let down = |details: &str| SendError { verdict: Verdict::AccountDown, ..broken("No way", details) };
        let row = row.ok_or_else(|| down("The account has no Cloud API settings; add it anew."))?;
        let token = world.net.sealing.as_ref().and_then(|key| open_secret(key, SecretsAt::AccessToken, &row));
        let token =
            token.ok_or_else(|| down("The token was sealed with another key file; give the account a new one."))?;
        Line::new(&world.net, workspace, &row.phone_number_id, row.in_sandbox, &token)
    }

    /// What the Graph says of the number: also how its token is checked.
    ///
    /// # Errors
    /// As the Graph refuses, or nobody answered.
    pub async fn number(&self) -> Result<Number, SendError> {
        let fields = "fields=display_phone_number,verified_name,quality_rating";
        let path = format!("{}?{fields}", self.phone_number_id);
        let told = match self.read(&format!("{path},throughput,{}", self.reach_field)).await {
            // Versions rename what tells the limits; without them a number is as good.
            Err(error) if error.code == Some(BAD_PARAMETER) => self.read(&path).await?,
            told => told?,
        };
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        let digits: String = text("display_phone_number").chars().filter(char::is_ascii_digit).collect();
        Ok(Number {
            phone: format!("+{digits}"),
            name: text("verified_name"),
            quality: text("quality_rating"),
            reach: reach_of_number(&told),
            per_second: speed_of(&told["throughput"]["level"]),
        })
    }

    /// Reads something below the version.
    pub async fn read(&self, path: &str) -> Result<Value, SendError> {
        self.ask(path, Vec::new(), AskBody::Nothing, &LIMITS).await
    }

    /// Posts JSON to the number.
    pub async fn post(&self, what: &str, body: &Value) -> Result<Value, SendError> {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let body = AskBody::Whole(Bytes::from(body.to_string()));
        self.ask(&format!("{}/{what}", self.phone_number_id), headers, body, &LIMITS).await
    }

    pub async fn ask(
        &self,
        path: &str,
        mut headers: Vec<(String, String)>,
        body: AskBody,
        limits: &AskLimits,
    ) -> Result<Value, SendError> {
        headers.push(self.authorization());
        let ask = Ask { url: format!("{}/{path}", self.base), headers, body };
        let answer = self.outbound.ask(self.workspace, ask, limits).await.map_err(|error| unheard(&error))?;
        match answer {
            Answered { status: 200..=299, ref body, .. } => serde_json::from_slice(body).map_err(|_| SendError {
                maybe_accepted: true,
                ..broken("Answer not understood", "WhatsApp's servers answered yes, and nothing more.")
            }),
            other => Err(refused(&other)),
        }
    }

    pub fn authorization(&self) -> (String, String) {
        ("authorization".to_owned(), format!("Bearer {}", self.token))
    }

    /// The way to an address that the Graph named: where it is the Graph's own server, which the operator configured, it
    /// may be on a private network; elsewhere it is judged as any address.
    pub fn way_to(&self, url: &str) -> (Outbound, String) {
        if let Some(own) = self.net.as_own(url) {
            return (self.outbound.clone(), own);
        }
        let host = |url: &str| url.split('/').take(3).collect::<Vec<_>>().join("/").to_ascii_lowercase();
        let is_home = host(url) == host(&self.base);
        (if is_home { self.outbound.clone() } else { self.net.outbound.clone() }, url.to_owned())
    }
}
