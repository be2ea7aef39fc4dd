//! What WhatsApp tells of groups: names, who is in them, and whether we still are.

use transport::{Address, GroupChange, GroupMember};

use crate::clock::Time;
use crate::error::Error;
use crate::event_kind::Kind;
use crate::id::{AccountId, ChatId};
use crate::inbox::chat::{free_name, open_group};
use crate::inbox::receipts::settle_group;
use crate::store::Write;
use crate::store::accounts::account_find;
use crate::store::chats::{ChatRow, chat_by_jid, chat_rename};
use crate::store::events::{NewEvent, event_append};
use crate::store::group_members::{
    GroupMemberRow, GroupRow, group_find, group_member_count, group_member_delete, group_member_save, group_members_of,
    group_save,
};

/// Members kept of a group; WhatsApp itself allows no more. Those told beyond it are left out.
pub const GROUP_MEMBERS_MAX: usize = 1_024;
const GROUP_MEMBER_NAME_CHARS_MAX: usize = 200;

/// Stores news of a group. Told again, nothing changes. A group that we hear of for the first time gets its chat, unless the
/// news is only that somebody is gone.
///
/// A name that WhatsApp tells becomes the chat's name; one that was told before doesn't, so that a chat renamed by people
/// stays as they named it.
pub fn apply_group_change(write: &mut Write<'_, '_>, account: AccountId, change: &GroupChange) -> Result<(), Error> {
    if !change.chat.is_group() {
        return Ok(());
    }
    let workspace = write.workspace.id;
    let own = account_find(write.tx, workspace, account)?.map(|account| account.jid).unwrap_or_default();
    let Some((chat, is_new)) = find_or_open(write, account, change)? else { return Ok(()) };
    let known = group_find(write.tx, workspace, chat.id)?;
    let unknown = GroupRow { chat: chat.id, told_name: String::new(), left_at: Time::NEVER, is_whole: false };
    let before = known.unwrap_or(unknown);
    let told_name = change.name.as_deref().map_or_else(|| before.told_name.clone(), plain);
    if !is_new && told_name != before.told_name && told_name != chat.name {
        rename(write, &chat, &told_name, &change.chat)?;
    }
    let is_whole = before.is_whole || change.members.is_some();
    let after = GroupRow { told_name, left_at: left_at(&before, change, &own), is_whole, ..before.clone() };
    if after != before {
        group_save(write, &after)?;
    }
    let moved = store_members(write, &before, change)?;
    if moved && !(change.left.is_empty() && change.members.is_none()) || is_whole != before.is_whole {
        settle_group(write, account, chat.id)?;
    }
    if moved || after.left_at.is_never() != before.left_at.is_never() {
        let event = NewEvent { kind: Kind::ChatMembers, chat: chat.id, message: None, detail: String::new() };
        event_append(write, event)?;
    }
    Ok(())
}

/// The group's chat, and whether it was made just now.
fn find_or_open(
    write: &mut Write<'_, '_>,
    account: AccountId,
    change: &GroupChange,
) -> Result<Option<(ChatRow, bool)>, Error> {
    if let Some(chat) = chat_by_jid(write.tx, write.workspace.id, account, change.chat.jid())? {
        return Ok(Some((chat, false)));
    }
    let is_somebody_there = !change.joined.is_empty() || change.members.as_ref().is_some_and(|all| !all.is_empty());
    if !is_somebody_there && change.name.is_none() {
        return Ok(None);
    }
    let name = free_name(write, &change.name.as_deref().map(plain).unwrap_or_default(), &change.chat)?;
    Ok(Some((open_group(write, account, &change.chat, &name)?, true)))
}

fn rename(write: &mut Write<'_, '_>, chat: &ChatRow, told: &str, address: &Address) -> Result<(), Error> {
    let name = free_name(write, told, address)?;
    chat_rename(write, chat.id, &name)?;
    event_append(write, NewEvent { kind: Kind::ChatRenamed, chat: chat.id, message: None, detail: name }).map(drop)
}

/// Since when we are out of the group. Only our own going says that we are: a list of members may know us by another address.
fn left_at(before: &GroupRow, change: &GroupChange, own: &str) -> Time {
    let is_us = |address: &Address| address.jid() == own;
    if change.left.iter().any(is_us) {
        return if before.left_at.is_never() { Time::from_ms(change.at_ms.max(1)) } else { before.left_at };
    }
    let told = change.members.iter().flatten().chain(&change.joined);
    if told.map(|member| &member.address).any(is_us) { Time::NEVER } else { before.left_at }
}

/// Returns whether somebody came, went or changed.
fn store_members(write: &mut Write<'_, '_>, before: &GroupRow, change: &GroupChange) -> Result<bool, Error> {
    let (chat, mut is_changed) = (before.chat, false);
    let stored = group_members_of(write.tx, write.workspace.id, &[chat])?;
    if let Some(all) = &change.members {
        for gone in stored.iter().filter(|row| all.iter().all(|member| member.address.jid() != row.jid)) {
            is_changed |= group_member_delete(write, chat, &gone.jid)?;
        }
    }
    for gone in &change.left {
        is_changed |= group_member_delete(write, chat, gone.jid())?;
    }
    let mut room =
        GROUP_MEMBERS_MAX - usize::try_from(group_member_count(write.tx, write.workspace.id, chat)?).unwrap_or(0);
    let is_there = |member: &GroupMember| !change.left.contains(&member.address);
    // Who is on the first list of all was there before; who is new on a later one joined in between.
    let (at, listed_at) = (Time::from_ms(change.at_ms), if before.is_whole { change.at_ms } else { 0 });
    let listed = change.members.iter().flatten().map(|member| (member, Time::from_ms(listed_at)));
    let joined = change.joined.iter().map(|member| (member, at));
    for (member, joined_at) in listed.chain(joined).filter(|(member, _)| is_there(member)) {
        let row = group_member_row(chat, member, joined_at);
        let known = stored.iter().find(|known| known.jid == row.jid);
        let is_same =
            known.is_some_and(|known| known.role == row.role && (row.name.is_empty() || known.name == row.name));
        if is_same || known.is_none() && room == 0 {
            continue;
        }
        group_member_save(write, &row)?;
        room = room.saturating_sub(usize::from(known.is_none()));
        is_changed = true;
    }
    Ok(is_changed)
}

fn group_member_row(chat: ChatId, somebody: &GroupMember, joined_at: Time) -> GroupMemberRow {
    GroupMemberRow {
        chat,
        jid: somebody.address.jid().to_owned(),
        name: plain(&somebody.name).chars().take(GROUP_MEMBER_NAME_CHARS_MAX).collect(),
        role: somebody.role.as_str().to_owned(),
        joined_at,
    }
}

/// PostgreSQL's text holds no NUL.
fn plain(text: &str) -> String {
    text.replace('\0', "")
}
