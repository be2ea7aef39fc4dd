//! Hears a transport's events and stores them before it says that it has heard: messages at the pace of what people wait
//! for, statuses behind that.

use std::sync::Arc;

use database::{Priority, Snapshot};
use futures_util::FutureExt;
use transport::{
    AccountState, ContactTyping, Ear, Event, Incoming, IncomingBody, LinkStep, NotStored, Pending, Receipt,
    ReceiptStatus, SameContact, Synced,
};

use crate::accounts::health::record_state;
use crate::accounts::linking::record_step;
use crate::accounts::presence::{leave, sit};
use crate::app::App;
use crate::clock::Time;
use crate::error::Error;
use crate::id::{AccountId, MessageUid, TeammateId, WorkspaceId};
use crate::inbox::calls::record_call;
use crate::inbox::changes::{record_edit, record_revoke};
use crate::inbox::contacts::{are_joined, join_addresses};
use crate::inbox::groups::apply_group_change;
use crate::inbox::reactions::record_reaction;
use crate::inbox::receipts::record_participant_receipt;
use crate::inbox::receive::receive_message;
use crate::inbox::status::{News, record_news};
use crate::inbox::synced::record_synced;
use crate::message::{Failure, Status};
use crate::store::Write;
use crate::store::chats::chat_by_jid;
use crate::store::message_prices::MessagePrice;

/// Receipts stored in one write. Each is quick, and a write that is too long makes everybody wait.
const RECEIPTS_MAX: usize = 100;
/// Messages on their way into the database at once.
const MESSAGES_MAX: usize = 100;

/// Of a price's category and model.
const WORD_CHARS_MAX: usize = 64;

/// The ear of one account.
pub struct AccountEar {
    app: App,
    workspace: WorkspaceId,
    account: AccountId,
}

impl AccountEar {
    pub fn new(app: App, workspace: WorkspaceId, account: AccountId) -> AccountEar {
        AccountEar { app, workspace, account }
    }

    async fn store(&self, events: Vec<Event>) -> Result<(), Error> {
        let (mut receipts, mut messages) = (Vec::new(), Vec::new());
        for event in events {
            match event {
                Event::Message(message) => messages.push(message),
                Event::Receipt(receipt) => receipts.push(receipt),
                Event::Account(state) => self.store_state(state).await?,
                Event::Link(step) => self.store_step(step).await?,
                Event::Typing(typing) => self.notice(typing).await?,
                Event::Synced(synced) => {
                    self.store_both(std::mem::take(&mut receipts), std::mem::take(&mut messages)).await?;
                    self.store_synced(synced).await?;
                }
                // Some tell it with every message.
                Event::SameContact(same) if self.knows(&same).await? => {}
                // It may be about a message that was told just before.
                change => {
                    self.store_both(std::mem::take(&mut receipts), std::mem::take(&mut messages)).await?;
                    self.store_change(change).await?;
                }
            }
        }
        self.store_both(receipts, messages).await
    }

    async fn knows(&self, same: &SameContact) -> Result<bool, Error> {
        let (workspace, same) = (self.workspace, same.clone());
        self.app.read(move |tx| are_joined(tx, workspace, &same)).await
    }

    async fn store_both(&self, receipts: Vec<Receipt>, messages: Vec<Incoming>) -> Result<(), Error> {
        let (receipts, messages) = tokio::join!(self.store_receipts(receipts), self.store_messages(messages));
        receipts.and(messages)
    }

    /// What changes a message or a group that is there, and a call.
    async fn store_change(&self, change: Event) -> Result<(), Error> {
        let account = self.account;
        let uid = self.app.ids.message_uid(self.app.clock.now());
        let work = move |write: &mut Write<'_, '_>| match &change {
            Event::Call(call) => record_call(write, account, uid, call).map(drop),
            Event::Reaction(reaction) => record_reaction(write, account, reaction).map(drop),
            Event::Edit(edit) => record_edit(write, account, edit).map(drop),
            Event::Revoke(revoke) => record_revoke(write, account, revoke).map(drop),
            Event::Group(change) => apply_group_change(write, account, change),
            Event::SameContact(same) => join_addresses(write, same),
            Event::Account(_)
            | Event::Link(_)
            | Event::Message(_)
            | Event::Synced(_)
            | Event::Receipt(_)
            | Event::Typing(_) => Ok(()),
        };
        self.app.write(self.workspace, Priority::Foreground, work).await
    }

    /// A past message gets a uid of its own time, so that it stands where it belongs; behind it nobody waits.
    async fn store_synced(&self, synced: Synced) -> Result<(), Error> {
        let (account, now) = (self.account, self.app.clock.now());
        let (uid, priority) = match synced.is_past {
            true => (self.app.ids.past_message_uid(Time::from_ms(synced.said.at_ms), now), Priority::Background),
            false => (self.app.ids.message_uid(now), Priority::Foreground),
        };
        let with_file = matches!(synced.said.body, IncomingBody::File(_));
        let work = move |write: &mut Write<'_, '_>| record_synced(write, account, uid, &synced).map(drop);
        self.app.write(self.workspace, priority, work).await?;
        if with_file {
            self.app.fetch_bells.of((self.workspace, self.account)).notify_one();
        }
        Ok(())
    }

    /// Lets those who look at a chat see that its contact writes. Somebody without a chat is seen by nobody.
    async fn notice(&self, typing: ContactTyping) -> Result<(), Error> {
        let (workspace, account) = (self.workspace, self.account);
        let look = move |tx: &mut Snapshot<'_>| Ok::<_, Error>(chat_by_jid(tx, workspace, account, typing.chat.jid())?);
        let Some(chat) = self.app.read(look).await? else { return Ok(()) };
        let room = (workspace, chat.id);
        match typing.is_writing {
            true => sit(&self.app, room, TeammateId::NOBODY, &chat.name, true).await,
            false => leave(&self.app, room, TeammateId::NOBODY).await,
        }
        Ok(())
    }

    async fn store_state(&self, state: AccountState) -> Result<(), Error> {
        let account = self.account;
        let work = move |write: &mut Write<'_, '_>| record_state(write, account, &state);
        self.app.write(self.workspace, Priority::Foreground, work).await
    }

    async fn store_step(&self, step: LinkStep) -> Result<(), Error> {
        let account = self.account;
        let work = move |write: &mut Write<'_, '_>| record_step(write, account, &step);
        self.app.write(self.workspace, Priority::Foreground, work).await
    }

    async fn store_receipts(&self, receipts: Vec<Receipt>) -> Result<(), Error> {
        let account = self.account;
        for some in receipts.chunks(RECEIPTS_MAX) {
            let some: Arc<[Receipt]> = some.into();
            let work = move |write: &mut Write<'_, '_>| {
                some.iter().try_for_each(|receipt| store_receipt(write, account, receipt))
            };
            self.app.write(self.workspace, Priority::Background, work).await?;
        }
        Ok(())
    }

    /// Each in a write of its own, since a write doesn't see the chat or the message that it is itself about to insert;
    /// the database commits them together all the same. All are queued, in their order, before the first is waited for.
    async fn store_messages(&self, messages: Vec<Incoming>) -> Result<(), Error> {
        let writers = match self.app.rooms.hears_contacts(self.workspace) {
            true => messages.iter().map(|message| message.chat.clone()).collect(),
            false => Vec::new(),
        };
        let with_files = messages.iter().any(|message| matches!(message.body, IncomingBody::File(_)));
        let mut messages = messages.into_iter().peekable();
        while messages.peek().is_some() {
            let mut waiting = Vec::new();
            for message in messages.by_ref().take(MESSAGES_MAX) {
                let account = self.account;
                let uid = self.app.ids.message_uid(self.app.clock.now());
                let work = move |write: &mut Write<'_, '_>| receive_message(write, account, uid, &message).map(drop);
                let mut stored = Box::pin(self.app.write(self.workspace, Priority::Foreground, work));
                match stored.as_mut().now_or_never() {
                    Some(answer) => answer?,
                    None => waiting.push(stored),
                }
            }
            for stored in waiting {
                stored.await?;
            }
        }
        // Whoever has said it has stopped writing it.
        for chat in writers {
            self.notice(ContactTyping { chat, is_writing: false }).await?;
        }
        if with_files {
            self.app.fetch_bells.of((self.workspace, self.account)).notify_one();
        }
        Ok(())
    }
}

impl Ear for AccountEar {
    fn hear(&self, events: Vec<Event>) -> Pending<'_, Result<(), NotStored>> {
        Box::pin(async move { self.store(events).await.map_err(|error| NotStored(error.to_string())) })
    }
}

fn store_receipt(write: &mut Write<'_, '_>, account: AccountId, receipt: &Receipt) -> Result<(), Error> {
    let (status, failure) = match &receipt.status {
        ReceiptStatus::Sent => (Status::Sent, None),
        ReceiptStatus::Delivered => (Status::Delivered, None),
        ReceiptStatus::Read => (Status::Read, None),
        ReceiptStatus::Failed { code, title, details } => {
            let (title, details) = (title.replace('\0', ""), details.replace('\0', ""));
            (Status::Failed, Some(Failure { code: *code, title, details }))
        }
    };
    let price = receipt.price.as_ref().map(|price| MessagePrice {
        category: short(&price.category),
        model: short(&price.model),
        is_billable: price.is_billable,
    });
    let (wamid, uid, at) = (receipt.wamid.clone(), receipt.uid.map(MessageUid), Time::from_ms(receipt.at_ms));
    if let Some(participant) = &receipt.participant {
        return record_participant_receipt(write, account, &wamid, participant, status, at).map(drop);
    }
    record_news(write, account, &News { wamid, uid, status, failure, price, at }).map(drop)
}

/// WhatsApp's word, as it is stored.
fn short(word: &str) -> String {
    word.chars().filter(|letter| *letter != '\0').take(WORD_CHARS_MAX).collect()
}
