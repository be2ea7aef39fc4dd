//! What a contact will do with a message that it receives, as steps. A plain function of the message, the contact and how
//! things stand with it; nothing here reads or writes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use transport::{Address, IncomingBody};
use uuid::Uuid;

use crate::clock::Time;
use crate::store::sandbox::{SandboxMessage, SandboxStep, StepKind, WHEN_ONLINE};
use crate::store::sandbox_contacts::SandboxStanding;
use crate::transports::sandbox::act::{Act, said_by, wamid_of};
use crate::transports::sandbox::contacts::{Answer, Behaviour, contact_at};
use crate::transports::sandbox::files::{PDF, PHOTO, VOICE};
use crate::transports::sandbox::graph::is_of_linked_device;
use crate::transports::sandbox::refusals::{LATER_MS, Refusal, WINDOW, meaning};
use crate::transports::sandbox::stories;

/// When WhatsApp tells that it has a message.
const SENT_AFTER_MS: u64 = 100;

/// What a test told a number to do instead of what its contact does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Says this to whatever it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
    /// Every send fails with this code of WhatsApp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails_with: Option<i64>,
    /// Everything it does comes this much later, in the sandbox's time.
    #[serde(default)]
    pub delay_ms: u64,
}

/// A contact as it stands at the moment.
pub struct Standing {
    pub behaviour: Behaviour,
    pub rule: Rule,
    pub online: bool,
    pub window_open: bool,
    /// The sandbox's time.
    pub now: Time,
    /// How many times faster than real it acts; 0 means at once.
    pub speed: f64,
}

impl Standing {
    /// `now` and `speed` are the server's; the sandbox may have its own.
    pub fn of(address: &Address, row: &SandboxStanding, now: Time, speed: f64) -> Standing {
        let (_, behaviour) = contact_at(address);
        let now = ahead(now, row.ahead_ms);
        Standing {
            behaviour,
            rule: serde_json::from_str(&row.rule).unwrap_or_default(),
            online: row.online.unwrap_or(!behaviour.starts_offline),
            window_open: !row.wrote_at.is_never() && now.since(row.wrote_at) < WINDOW,
            now,
            speed: speed_of(row.speed_milli, speed),
        }
    }
}

/// The sandbox's time.
pub fn ahead(now: Time, ahead_ms: i64) -> Time {
    now + Duration::from_millis(u64::try_from(ahead_ms).unwrap_or(0))
}

/// The sandbox's speed, or else the server's.
pub fn speed_of(speed_milli: Option<i64>, server: f64) -> f64 {
    speed_milli.map_or(server, |milli| milli as f64 / 1_000.0)
}

/// How long something takes at a speed; 0 means at once.
pub fn scaled(after_ms: u64, speed: f64) -> Duration {
    let real = Duration::from_millis(after_ms);
    if speed > 0.0 { Duration::try_from_secs_f64(real.as_secs_f64() / speed).unwrap_or(real) } else { Duration::ZERO }
}

/// Who is in the group that a message goes to; nobody where it goes to a contact, or nothing was ever told of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// The account that sent the message, where anybody has a use for it.
    pub own: Address,
    /// Everybody else.
    pub others: Vec<Address>,
    /// Whether our side is still to be told who they are.
    pub is_untold: bool,
}

impl Crowd {
    /// A contact alone.
    pub fn nobody() -> Crowd {
        Crowd { own: Address::from_jid(""), others: Vec::new(), is_untold: false }
    }
}

/// Collects the steps that follow a message.
pub struct Plan<'a> {
    pub message: &'a SandboxMessage,
    pub from: Address,
    pub crowd: &'a Crowd,
    standing: &'a Standing,
    steps: Vec<SandboxStep>,
}

/// The steps that follow a message, in their order.
pub fn plan(message: &SandboxMessage, standing: &Standing, crowd: &Crowd) -> Vec<SandboxStep> {
    let from = Address::from_jid(message.jid.clone());
    let mut plan = Plan { message, from, crowd, standing, steps: Vec::new() };
    let Behaviour { delivered_after_ms, read_after_ms, answers, refusal, .. } = standing.behaviour;
    if !is_of_linked_device(&message.wamid) && (delivered_after_ms.is_some() || refusal.is_some()) {
        plan.sent();
    }
    let later = standing.rule.fails_with.filter(|code| meaning(*code).later);
    if let Some(code) = later.or((refusal == Some(Refusal::WithheldLater)).then_some(131_049)) {
        plan.act(LATER_MS, &Act::Fail(code));
        return plan.steps;
    }
    if crowd.is_untold {
        stories::who_is_there(&mut plan);
    }
    if let Some(after_ms) = delivered_after_ms {
        plan.receipts(after_ms, StepKind::Delivered);
    }
    match &standing.rule.answers {
        Some(text) => {
            plan.receipts(900, StepKind::Read);
            plan.says(1_200, IncomingBody::Text(text.clone()));
        }
        None => {
            if let Some(after_ms) = read_after_ms {
                plan.receipts(after_ms, StepKind::Read);
            }
            if let Some((after_ms, answer)) = answers {
                plan.answer(after_ms, answer);
            }
        }
    }
    plan.steps
}

impl Plan<'_> {
    /// Delivered or read by everybody: in a group one after the other, the last of them `after_ms` after the message.
    fn receipts(&mut self, after_ms: u64, kind: StepKind) {
        let others = &self.crowd.others;
        if others.is_empty() {
            return self.step(after_ms, kind, String::new());
        }
        for (nth, participant) in others.iter().enumerate() {
            let after_ms = after_ms * (nth as u64 + 1) / others.len() as u64;
            let is_read = kind == StepKind::Read;
            self.act(after_ms, &Act::Receipt { participant: participant.clone(), is_read });
        }
    }

    fn answer(&mut self, after_ms: u64, answer: Answer) {
        match answer {
            Answer::Echo => self.step(after_ms, StepKind::Reply, String::new()),
            Answer::Faq => self.says(after_ms, IncomingBody::Text(faq(&self.message.text).to_owned())),
            Answer::Voice => self.says(after_ms, VOICE.body("", None)),
            Answer::Photo => self.says(after_ms, PHOTO.body("The harbour this morning", None)),
            Answer::ShyPhoto => {
                let wamid = wamid_of(&self.message.wamid, 0);
                self.says(after_ms, PHOTO.body("The harbour this morning", Some(&wamid)));
            }
            Answer::Pdf => self.says(after_ms, PDF.body("Our prices", None)),
            Answer::Place => self.says(after_ms, stories::place()),
            Answer::GroupTalk => stories::group_talk(self, after_ms),
            Answer::Edits => stories::edits(self, after_ms),
            Answer::Burst => stories::burst(self, after_ms),
            Answer::Nod => stories::nod(self, after_ms),
        }
    }

    /// The contact says something in its own chat.
    fn says(&mut self, after_ms: u64, body: IncomingBody) {
        let said = said_by(&self.from, body);
        self.act(after_ms, &Act::Say(transport::Incoming { wamid: wamid_of(&self.message.wamid, 0), ..said }));
    }

    /// That WhatsApp has it doesn't wait for a phone.
    fn sent(&mut self) {
        self.act(SENT_AFTER_MS, &Act::Sent);
        let due = self.due(SENT_AFTER_MS);
        if let Some(step) = self.steps.last_mut() {
            step.due = due;
        }
    }

    pub fn act(&mut self, after_ms: u64, act: &Act) {
        self.step(after_ms, StepKind::Act, act.to_json());
    }

    /// What was so before the message came, whatever a rule delays and whether or not a phone is on.
    pub fn at_once(&mut self, act: &Act) {
        self.act(0, act);
        if let Some(step) = self.steps.last_mut() {
            step.due = self.standing.now;
        }
    }

    /// When something happens that comes this long after the message.
    pub fn due(&self, after_ms: u64) -> Time {
        self.standing.now + scaled(after_ms.saturating_add(self.standing.rule.delay_ms), self.standing.speed)
    }

    fn step(&mut self, after_ms: u64, kind: StepKind, act: String) {
        self.steps.push(SandboxStep {
            due: if self.standing.online { self.due(after_ms) } else { WHEN_ONLINE },
            id: nth_id(self.message.arrival_id, self.steps.len()),
            kind,
            jid: self.message.jid.clone(),
            wamid: self.message.wamid.clone(),
            text: String::new(),
            body: String::new(),
            act,
        });
    }
}

/// Ids that sort in their order behind those of earlier messages: the end of the message's own is random, and counts here.
pub fn nth_id(first: Uuid, nth: usize) -> Uuid {
    let mut bytes = *first.as_bytes();
    let [.., high, low] = &mut bytes;
    [*high, *low] = u16::try_from(nth).unwrap_or(u16::MAX).to_be_bytes();
    Uuid::from_bytes(bytes)
}

fn faq(text: &str) -> &'static str {
    let text = text.to_lowercase();
    let answers = [
        ("hour", "We are open Monday to Saturday, 9:00 to 18:00."),
        ("price", "A city bike is 18.00 a day, a tandem 30.00."),
        ("agent", "One moment please, somebody will write to you here."),
    ];
    let known = answers.into_iter().find(|(word, _)| text.contains(word));
    known.map_or("I know three words: hours, price and agent. Which is it?", |(_, answer)| answer)
}

/// What a number that was told to fail now answers, if it isn't told later.
pub fn fails_now(rule: &Rule) -> Option<i64> {
    rule.fails_with.filter(|code| !meaning(*code).later)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transports::sandbox::contacts::CONTACTS;

    fn message(jid: &str) -> SandboxMessage {
        SandboxMessage {
            wamid: "3EB0AA".into(),
            jid: jid.into(),
            sender_jid: String::new(),
            text: "What are your PRICES?".into(),
            body: String::new(),
            blob: None,
            reply_to: String::new(),
            reactions: String::new(),
            at: Time::from_ms(1_000),
            edited_at: Time::NEVER,
            deleted_at: Time::NEVER,
            read_at: Time::NEVER,
            arrival_id: Uuid::from_bytes([9; 16]),
        }
    }

    fn planned(phone: &str, row: &SandboxStanding, speed: f64) -> Vec<SandboxStep> {
        let address = Address::from_phone(phone);
        let standing = Standing::of(&address, row, Time::from_ms(1_000), speed);
        let crowd = Crowd { own: Address::from_phone("+12025550198"), ..Crowd::nobody() };
        plan(&message(address.jid()), &standing, &crowd)
    }

    #[test]
    fn speed_shortens_and_nothing_is_at_once() {
        assert_eq!(scaled(900, 1.0), Duration::from_millis(900));
        assert_eq!(scaled(900, 10.0), Duration::from_millis(90));
        assert_eq!(scaled(900, 0.0), Duration::ZERO);
    }

    #[test]
    fn steps_keep_their_order_at_every_speed() {
        for contact in CONTACTS {
            let phone = contact.address().phone().unwrap_or_default();
            for speed in [0.0, 1.0, 50.0] {
                let steps = planned(&phone, &SandboxStanding::default(), speed);
                assert!(steps.windows(2).all(|pair| pair[0].id < pair[1].id), "{phone}");
            }
        }
    }

    #[test]
    fn a_rule_goes_before_what_the_contact_does() {
        let rule = |rule: Rule| SandboxStanding {
            rule: serde_json::to_string(&rule).expect("JSON"),
            ..SandboxStanding::default()
        };
        let answers = Rule { answers: Some("Tomorrow".into()), delay_ms: 10_000, ..Rule::default() };
        let steps = planned("+12025550103", &rule(answers), 1.0);
        assert_eq!(steps.iter().map(|step| step.kind as i64).collect::<Vec<_>>(), [1, 2, 4]);
        assert_eq!(steps[0].due, Time::from_ms(11_400));
        assert!(steps[2].act.contains("Tomorrow"));
        let later = Rule { fails_with: Some(131_049), ..Rule::default() };
        assert_eq!(fails_now(&later), None);
        let steps = planned("+12025550100", &rule(later), 1.0);
        assert_eq!(steps.len(), 1);
    }

    #[test]
    fn the_sandbox_may_be_ahead_and_faster() {
        let row = SandboxStanding { ahead_ms: 60_000, speed_milli: Some(2_000), ..SandboxStanding::default() };
        assert_eq!(planned("+12025550103", &row, 1.0)[0].due, Time::from_ms(61_200));
    }

    #[test]
    fn the_bot_knows_three_words() {
        assert!(faq("What are your PRICES?").contains("18.00"));
        assert!(faq("hello").contains("three words"));
    }
}
