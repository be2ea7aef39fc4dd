//! Contacts that do more than one thing: the editor, the burst, and the group that wakes up.

use transport::{
    Address, GroupChange, GroupMember, GroupRole, Incoming, IncomingBody, IncomingEdit, IncomingReaction,
    IncomingRevoke,
};

use crate::clock::Time;
use crate::transports::sandbox::act::{Act, said_by, sender, wamid_of};
use crate::transports::sandbox::contacts::{GROUP, GROUP_NAME, contact_at};
use crate::transports::sandbox::plan::Plan;

/// Messages of a burst, and the time over which they were written.
pub const BURST: usize = 50;
const BURST_STEP_MS: u64 = 100;
/// So many are told at once, the last one first; the first of them once more behind that.
const BURST_HEAP: usize = 5;

const CHATTER: &str = "+12025550109";
const ANA: &str = "+12025550160";
const BEN: &str = "+12025550161";
const CHIARA: &str = "+12025550162";

/// Where the bikes are.
pub fn place() -> IncomingBody {
    IncomingBody::Location {
        latitude: 38.707_5,
        longitude: -9.136_5,
        name: "Harbour Bikes".to_owned(),
        address: "Cais 4, Lisbon".to_owned(),
    }
}

/// Reacts to what it got, says something and corrects it, says something else and takes it back.
pub fn edits(plan: &mut Plan<'_>, after_ms: u64) {
    let (first, second) = (wamid_of(&plan.message.wamid, 1), wamid_of(&plan.message.wamid, 2));
    let who = plan.from.clone();
    plan.act(
        after_ms,
        &Act::React(IncomingReaction {
            chat: who.clone(),
            sender: sender(&who),
            wamid: plan.message.wamid.clone(),
            to_sender: None,
            emoji: "\u{1f44d}".to_owned(),
            at_ms: 0,
        }),
    );
    say(plan, after_ms + 100, &who, first.clone(), "I come on Thusday");
    say(plan, after_ms + 200, &who, second.clone(), "Wrong chat, sorry");
    let text = "I come on Thursday".to_owned();
    let edit = IncomingEdit { chat: who.clone(), sender: sender(&who), wamid: first, text, at_ms: 0 };
    plan.act(after_ms + 3_100, &Act::Edit(edit));
    let revoke = IncomingRevoke { chat: who.clone(), sender: sender(&who), wamid: second, at_ms: 0 };
    plan.act(after_ms + 5_200, &Act::Revoke(revoke));
}

/// Fifty messages in five seconds. They come in heaps, each from its end to its beginning, and its first one twice.
pub fn burst(plan: &mut Plan<'_>, after_ms: u64) {
    let who = plan.from.clone();
    let written = |nth: usize| after_ms + BURST_STEP_MS * nth as u64;
    for heap in 0..BURST / BURST_HEAP {
        let first = heap * BURST_HEAP;
        let last = first + BURST_HEAP - 1;
        for nth in (first..=last).rev().chain([first]) {
            let said = said_by(&who, IncomingBody::Text(format!("Burst {}", nth + 1)));
            let wamid = wamid_of(&plan.message.wamid, nth + 1);
            let at_ms = plan.due(written(nth)).ms();
            plan.act(written(last), &Act::Say(Incoming { wamid, at_ms, ..said }));
        }
    }
}

/// The chatter's group: several write in it, it gets another name, one leaves and one joins.
pub fn group_talk(plan: &mut Plan<'_>, after_ms: u64) {
    let [chatter, ana, ben, chiara] = [CHATTER, ANA, BEN, CHIARA].map(Address::from_phone);
    let all = everybody(&plan.crowd.own);
    let named = |name: &str| GroupChange { name: Some(name.to_owned()), ..change() };
    plan.act(after_ms, &Act::Group(GroupChange { members: Some(all), ..named(GROUP_NAME) }));
    say_in_group(plan, after_ms + 200, &ana, 1, "Good morning! Is the market open today?");
    say_in_group(plan, after_ms + 500, &chatter, 2, "It is, until six.");
    say_in_group(plan, after_ms + 800, &ben, 3, "Then I bring the tandem.");
    plan.act(after_ms + 1_100, &Act::Group(named("Harbour Market on Saturday")));
    plan.act(after_ms + 1_400, &Act::Group(GroupChange { left: vec![ben], ..change() }));
    let joined = vec![person(&chiara, GroupRole::Ordinary)];
    plan.act(after_ms + 1_700, &Act::Group(GroupChange { joined, ..change() }));
    say_in_group(plan, after_ms + 2_000, &chiara, 4, "Hello everybody");
}

/// Tells who is in the group, which our side writes to before it ever heard of it.
pub fn who_is_there(plan: &mut Plan<'_>) {
    let all = everybody(&plan.crowd.own);
    plan.at_once(&Act::Group(GroupChange { members: Some(all), ..change() }));
}

/// Who is in the group before anybody came or left, beside the account itself.
pub fn first_others() -> Vec<Address> {
    [CHATTER, ANA, BEN].map(Address::from_phone).to_vec()
}

fn everybody(own: &Address) -> Vec<GroupMember> {
    let roles = [GroupRole::Owner, GroupRole::Admin, GroupRole::Ordinary];
    let others = first_others().into_iter().zip(roles).map(|(address, role)| person(&address, role));
    let ours = GroupMember { address: own.clone(), name: String::new(), role: GroupRole::Ordinary };
    others.chain([ours]).collect()
}

/// One of the group answers a message to it.
pub fn nod(plan: &mut Plan<'_>, after_ms: u64) {
    let chatter = Address::from_phone(CHATTER);
    let said = group_said(plan, &chatter, 1, "Got it");
    plan.act(after_ms, &Act::Say(Incoming { reply_to: Some(plan.message.wamid.clone()), ..said }));
}

fn say(plan: &mut Plan<'_>, after_ms: u64, who: &Address, wamid: String, text: &str) {
    let said = said_by(who, IncomingBody::Text(text.to_owned()));
    plan.act(after_ms, &Act::Say(Incoming { wamid, ..said }));
}

fn say_in_group(plan: &mut Plan<'_>, after_ms: u64, who: &Address, nth: usize, text: &str) {
    let said = group_said(plan, who, nth, text);
    plan.act(after_ms, &Act::Say(said));
}

fn group_said(plan: &Plan<'_>, who: &Address, nth: usize, text: &str) -> Incoming {
    Incoming {
        chat: Address::from_jid(GROUP),
        chat_name: GROUP_NAME.to_owned(),
        wamid: wamid_of(&plan.message.wamid, nth),
        ..said_by(who, IncomingBody::Text(text.to_owned()))
    }
}

fn person(address: &Address, role: GroupRole) -> GroupMember {
    GroupMember { address: address.clone(), name: contact_at(address).0.to_owned(), role }
}

fn change() -> GroupChange {
    GroupChange {
        chat: Address::from_jid(GROUP),
        name: None,
        members: None,
        joined: Vec::new(),
        left: Vec::new(),
        at_ms: Time::NEVER.ms(),
    }
}
