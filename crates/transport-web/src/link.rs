//! Linking a number: codes that follow one another, or one to type; perhaps a passkey; then the number. The connection is
//! closed before the number is told as linked, so that its keys are whole when somebody else opens them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use transport::{Address, Ear, Event, LinkBy, LinkEnd, LinkStep, SendError};
use wacore::types::events::{Event as Told, EventHandler, EventInterest, EventKind, PairingCodeError};
use whatsapp_rust::Client;
use whatsapp_rust::bot::BotHandle;
use whatsapp_rust::pair_code::{PairCodeOptions, PairCodeRejection};
use whatsapp_rust::passkey::Assertion;

use crate::errors::{again, never, short};
use crate::session::{prepared, version};
use crate::socket::{Silence, Watcher};
use crate::states::state_of;
use crate::{Turn, WebParts};

/// WhatsApp shows one code for a minute and five more for 20 seconds each.
const ROUNDS: u32 = 6;
/// How long an earlier connection of the number may take to end.
const TURN_MAX: Duration = Duration::from_secs(10);
/// Behind the end of a code's time: who typed it in the last moment is still let in.
const CODE_GRACE: Duration = Duration::from_secs(30);
/// How long a passkey is waited for, where WhatsApp says nothing else.
const PASSKEY_MAX: Duration = Duration::from_secs(5 * 60);
/// Between the number's being linked and WhatsApp's closing the connection.
const CLOSING_MAX: Duration = Duration::from_secs(10);
/// Attempts to reach WhatsApp.
const ATTEMPTS_MAX: u32 = 4;
const TELL_AGAIN: Duration = Duration::from_millis(500);
const TELLS_MAX: u32 = 20;

enum Heard {
    Told(Arc<Told>),
    Unreachable(String),
    /// WhatsApp has closed the connection over which the number was linked.
    Closed,
}

/// A linking that goes on. Dropping it breaks it off.
pub struct Linking {
    client: Arc<Client>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Linking {
    /// Begins: forgets the number's earlier keys and connects.
    ///
    /// # Errors
    /// The number is still connected, or its keys can't be kept.
    pub async fn begin(parts: &Arc<WebParts>, by: &LinkBy, ear: Arc<dyn Ear>) -> Result<Linking, SendError> {
        let turn = turn(&parts.turn).await?;
        let failed = |why: String| again("Linking failed", &format!("WhatsApp can't be reached: {why}"));
        let version = version(parts).await.map_err(failed)?;
        let records = parts.keyring.begin().await.map_err(|why| again("Linking failed", &why))?;
        let (tx, heard) = mpsc::channel(64);
        let watch = Arc::new(Watch { heard: tx, is_linked: AtomicBool::new(false) });
        let silence = Silence::default();
        let builder = prepared(parts, records, Arc::clone(&watch), silence.clone());
        let builder = builder.with_event_handler(Tap { watch: Arc::clone(&watch), silence }).with_version(version);
        let bot = builder.build().await.map_err(|error| again("Linking failed", &error.to_string()))?;
        let client = bot.client();
        let (stop, stopped) = watch::channel(false);
        let way = Walk {
            client: Arc::clone(&client),
            ear,
            by: by.clone(),
            watch,
            round: 0,
            asked_code: false,
            attempts: 0,
            until: None,
            linked: None,
        };
        let task = tokio::spawn(way.run(bot.spawn(), heard, stopped, turn));
        Ok(Linking { client, stop, task })
    }

    /// Breaks it off, and waits until nothing more is told.
    pub async fn end(mut self) {
        self.stop.send_replace(true);
        if (&mut self.task).await.is_err() {
            tracing::error!("a linking broke");
        }
    }

    pub async fn answer_passkey(&self, assertion: &str) -> Result<(), SendError> {
        let assertion = parsed(assertion)?;
        let answered = self.client.send_passkey_response(assertion).await;
        answered.map_err(|error| never("Passkey refused", &error.to_string()))
    }

    pub async fn confirm_passkey(&self) -> Result<(), SendError> {
        let confirmed = self.client.send_passkey_confirmation().await;
        confirmed.map_err(|error| never("Not confirmed", &error.to_string()))
    }
}

/// Waits until the number has no other connection here.
pub async fn turn(turn: &Turn) -> Result<OwnedMutexGuard<()>, SendError> {
    let waited = tokio::time::timeout(TURN_MAX, Mutex::lock_owned(Arc::clone(turn))).await;
    waited.map_err(|_| again("Still connected", "An earlier connection of this number hasn't ended yet."))
}

/// What a browser said to the passkey's request, as WhatsApp wants it.
fn parsed(assertion: &str) -> Result<Assertion, SendError> {
    let refused = |why: &str| never("Not a passkey's answer", why);
    let value: Value = serde_json::from_str(assertion).map_err(|_| refused("It isn't JSON."))?;
    let id = value["rawId"].as_str().or_else(|| value["id"].as_str());
    let id = id.ok_or_else(|| refused("It has no rawId: paste all that the browser gave."))?;
    let standard = id.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let passkey = BASE64_URL_SAFE_NO_PAD.decode(standard).map_err(|_| refused("Its rawId isn't base64url."))?;
    let has_all =
        ["clientDataJSON", "authenticatorData", "signature"].iter().all(|part| value["response"][part].is_string());
    if !has_all {
        return Err(refused("Its response lacks clientDataJSON, authenticatorData or signature."));
    }
    Ok(Assertion { assertion_json: value.to_string().into_bytes(), credential_id: passkey })
}

impl Drop for Linking {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

struct Watch {
    heard: mpsc::Sender<Heard>,
    is_linked: AtomicBool,
}

impl Watch {
    fn tell(&self, heard: Heard) {
        if self.heard.try_send(heard).is_err() {
            tracing::debug!("a linking that is over still hears");
        }
    }
}

impl Watcher for Watch {
    /// Once linked, the number connects by its session, not here.
    fn may_connect(&self) -> bool {
        let is_linked = self.is_linked.load(Ordering::Relaxed);
        if is_linked {
            self.tell(Heard::Closed);
        }
        !is_linked
    }

    fn failed(&self, why: String) {
        self.tell(Heard::Unreachable(why));
    }
}

struct Tap {
    watch: Arc<Watch>,
    silence: Silence,
}

impl EventHandler for Tap {
    fn interest(&self) -> EventInterest {
        EventInterest::of(&[
            EventKind::PairingQrCode,
            EventKind::PairingQrCodesExhausted,
            EventKind::PairingCode,
            EventKind::PairingCodeRefresh,
            EventKind::PairingCodeError,
            EventKind::PairPasskeyRequest,
            EventKind::PairPasskeyConfirmation,
            EventKind::PairPasskeyError,
            EventKind::PairSuccess,
            EventKind::PairError,
            EventKind::QrScannedWithoutMultidevice,
            EventKind::ClientOutdated,
            EventKind::ConnectFailure,
            EventKind::TemporaryBan,
            EventKind::LoggedOut,
        ])
    }

    fn handle_event(&self, event: Arc<Told>) {
        self.silence.broken();
        if matches!(&*event, Told::PairSuccess(_)) {
            self.watch.is_linked.store(true, Ordering::Relaxed);
        }
        self.watch.tell(Heard::Told(event));
    }
}

/// How far a linking is.
struct Walk {
    client: Arc<Client>,
    ear: Arc<dyn Ear>,
    by: LinkBy,
    watch: Arc<Watch>,
    round: u32,
    asked_code: bool,
    attempts: u32,
    /// When it is over if nothing happens.
    until: Option<Instant>,
    linked: Option<LinkStep>,
}

impl Walk {
    async fn run(
        mut self,
        mut handle: BotHandle,
        mut heard: mpsc::Receiver<Heard>,
        mut stopped: watch::Receiver<bool>,
        turn: OwnedMutexGuard<()>,
    ) {
        let mut is_running = true;
        let last = loop {
            let until = self.until;
            let next = tokio::select! {
                Some(next) = heard.recv() => Some(next),
                () = async { sleep_until(until.unwrap_or_else(Instant::now)).await }, if until.is_some() => None,
                () = &mut handle, if is_running => {
                    is_running = false;
                    // What it told before it ended is still to be heard.
                    self.until.get_or_insert_with(|| Instant::now() + TELL_AGAIN);
                    continue;
                }
                _ = stopped.wait_for(|stop| *stop) => break None,
            };
            let step = match next {
                Some(Heard::Closed) => break self.linked.take(),
                Some(Heard::Unreachable(why)) => self.unreachable(&why),
                Some(Heard::Told(told)) => self.step(&told).await,
                None => match self.linked.take() {
                    Some(linked) => break Some(linked),
                    None if is_running => Some(ended(LinkEnd::Expired, "")),
                    None => Some(ended(LinkEnd::Failed, "the connection to WhatsApp ended")),
                },
            };
            match step {
                Some(last @ LinkStep::Ended { .. }) => break Some(last),
                Some(step) => self.tell(step).await,
                None => {}
            }
        };
        if is_running {
            handle.shutdown().await;
        }
        drop(turn);
        if let Some(last) = last {
            self.tell(last).await;
        }
    }

    /// What the client told, as the next step; nothing where nobody need see it.
    async fn step(&mut self, told: &Told) -> Option<LinkStep> {
        match (told, &self.by) {
            (Told::PairingQrCode(code), LinkBy::Qr) => {
                self.attempts = 0;
                self.round += 1;
                let until_ms = in_ms(code.timeout);
                Some(LinkStep::Qr { payload: code.code.clone(), round: self.round, rounds: ROUNDS, until_ms })
            }
            (Told::PairingQrCode(_), LinkBy::PhoneCode { .. }) => {
                if !std::mem::replace(&mut self.asked_code, true) {
                    self.ask_code();
                }
                None
            }
            (Told::PairingCode(code), _) => {
                self.until = Some(Instant::now() + code.timeout + CODE_GRACE);
                Some(LinkStep::PhoneCode { code: code.code.clone(), until_ms: in_ms(code.timeout) })
            }
            (Told::PairingCodeRefresh(_), LinkBy::PhoneCode { .. }) => {
                self.client.cancel_pair_code().await;
                self.ask_code();
                None
            }
            (Told::PairingCodeError(error), _) => Some(code_refused(error)),
            (Told::PairingQrCodesExhausted(over), _) => over.disconnected.then(|| ended(LinkEnd::Expired, "")),
            (Told::PairPasskeyRequest(asked), _) => {
                let wait = passkey_wait(&asked.request_options_json);
                self.until = Some(Instant::now() + wait);
                let request = asked.request_options_json.clone();
                Some(LinkStep::PasskeyAsked { request, until_ms: in_ms(wait) })
            }
            (Told::PairPasskeyConfirmation(shown), _) if shown.skip_handoff_ux => {
                let confirmed = self.client.send_passkey_confirmation().await;
                confirmed.err().map(|error| ended(LinkEnd::Failed, &error.to_string()))
            }
            (Told::PairPasskeyConfirmation(shown), _) => {
                self.until = Some(Instant::now() + PASSKEY_MAX);
                Some(LinkStep::PasskeyCode { code: shown.code.clone(), until_ms: in_ms(PASSKEY_MAX) })
            }
            (Told::PairPasskeyError(error), _) => Some(ended(LinkEnd::Refused, &error.error)),
            (Told::PairSuccess(linked), _) => {
                let address = Address::from_phone(linked.id.user_base());
                self.linked = Some(LinkStep::Linked { address, name: linked.business_name.clone() });
                self.until = Some(Instant::now() + CLOSING_MAX);
                None
            }
            (Told::PairError(error), _) => Some(ended(LinkEnd::Failed, &error.error)),
            (Told::QrScannedWithoutMultidevice(_), _) => {
                Some(ended(LinkEnd::Failed, "the WhatsApp on the phone is too old to link devices"))
            }
            (told, _) if self.linked.is_none() => {
                match state_of(told, wacore::time::now_millis())? {
                    // It is tried again.
                    (state, None) => self.unreachable(&words(&state)),
                    (state, Some(_)) => Some(ended(LinkEnd::Failed, &words(&state))),
                }
            }
            _ => None,
        }
    }

    fn ask_code(&self) {
        let LinkBy::PhoneCode { phone } = &self.by else { return };
        let phone_number = phone.trim_start_matches('+').to_owned();
        let client = Arc::clone(&self.client);
        tokio::spawn(async move {
            // Its refusal is told as an event.
            let options = PairCodeOptions { phone_number, ..PairCodeOptions::default() };
            if let Err(error) = client.pair_with_code(options).await {
                tracing::debug!(%error, "no code to type");
            }
        });
    }

    fn unreachable(&mut self, why: &str) -> Option<LinkStep> {
        self.attempts += 1;
        (self.attempts >= ATTEMPTS_MAX).then(|| ended(LinkEnd::Failed, &format!("WhatsApp can't be reached: {why}")))
    }

    async fn tell(&self, step: LinkStep) {
        for _ in 0..TELLS_MAX {
            let Err(error) = self.ear.hear(vec![Event::Link(step.clone())]).await else { return };
            tracing::warn!(%error, "a step of a linking waits to be stored");
            tokio::time::sleep(TELL_AGAIN).await;
        }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        // Whatever still runs must not connect again.
        self.watch.is_linked.store(true, Ordering::Relaxed);
    }
}

fn ended(end: LinkEnd, reason: &str) -> LinkStep {
    LinkStep::Ended { end, reason: short(reason) }
}

fn code_refused(error: &PairingCodeError) -> LinkStep {
    let reason = match error.rejection {
        Some(rejection) if rejection.is_throttled() => {
            "WhatsApp gives this number no more codes for now; try again later"
        }
        Some(PairCodeRejection::Forbidden) => "WhatsApp gives this number no code; scan the QR code instead",
        _ => &error.error,
    };
    ended(LinkEnd::Failed, reason)
}

/// How long WhatsApp waits for a passkey.
fn passkey_wait(request: &str) -> Duration {
    let request: Option<Value> = serde_json::from_str(request).ok();
    let told = request.and_then(|request| request["timeout"].as_u64()).map(Duration::from_millis);
    told.filter(|told| *told >= Duration::from_secs(10)).unwrap_or(PASSKEY_MAX).min(PASSKEY_MAX)
}

fn in_ms(wait: Duration) -> i64 {
    wacore::time::now_millis().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
}

fn words(state: &transport::AccountState) -> String {
    use transport::AccountState as State;
    match state {
        State::Disconnected { reason }
        | State::Unusable { reason }
        | State::LoggedOut { reason }
        | State::BannedUntil { reason, .. } => reason.clone(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browsers_answer_is_taken_whole_and_what_isnt_one_is_refused() {
        let answer = r#"{"id":"AQID","rawId":"AQID","type":"public-key","response":
            {"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}"#;
        let assertion = parsed(answer).expect("an assertion");
        assert_eq!(assertion.credential_id, [1, 2, 3]);
        for (wrong, why) in [
            ("hello", "JSON"),
            ("{}", "rawId"),
            (r#"{"rawId":"?"}"#, "base64url"),
            (r#"{"rawId":"AQID","response":{"signature":"AA"}}"#, "clientDataJSON"),
        ] {
            assert!(parsed(wrong).is_err_and(|error| error.details.contains(why)), "{wrong}");
        }
    }

    #[test]
    fn a_passkey_is_waited_for_as_long_as_whatsapp_does() {
        assert_eq!(passkey_wait(r#"{"timeout":60000}"#), Duration::from_secs(60));
        for odd in ["", "{}", r#"{"timeout":1}"#, r#"{"timeout":99999999}"#] {
            assert_eq!(passkey_wait(odd), PASSKEY_MAX, "{odd}");
        }
    }

    #[test]
    fn a_number_that_asked_too_often_is_told_so() {
        let error = PairingCodeError::builder()
            .maybe_rejection(Some(PairCodeRejection::RateOverlimit))
            .error("429".to_owned())
            .build();
        assert!(matches!(code_refused(&error), LinkStep::Ended { reason, .. } if reason.contains("try again later")));
    }
}
