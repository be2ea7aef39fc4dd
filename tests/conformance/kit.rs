//! What the suite needs of a server: a workspace with one account on a database of its own, a way to accept messages, and
//! to read what became of them. No server, no network.

use std::sync::Arc;
use std::time::Duration;

use database::{Database, Priority, Snapshot, Tx};
use partyline::accounts::link_sandbox;
use partyline::app::{App, Settings};
use partyline::clock::{Clock, Time};
use partyline::error::Error;
use partyline::files::intake::{Filename, Intake, Purpose, Said};
use partyline::id::{AccountId, ChatId, MessageUid, TokenId, WorkspaceId};
use partyline::inbox::content::{Attachment, Content, Recipient};
use partyline::inbox::own_changes::{Change, ChangeMessage, change_message};
use partyline::inbox::reactions::{SendReaction, react};
use partyline::inbox::receive::receive_message;
use partyline::inbox::send::{SendMessage, queue_message};
use partyline::inbox::values::{Emoji, MessageText, Phone};
use partyline::message::{Origin, Status};
use partyline::outbound::Policy;
use partyline::sealing::SealingKey;
use partyline::store::Write;
use partyline::store::accounts::{AccountRow, account_find};
use partyline::store::chats::chat_by_jid;
use partyline::store::counters::counters_find;
use partyline::store::events::{EventRow, event_after};
use partyline::store::files::file_insert;
use partyline::store::messages::{MessageFilter, MessageView, history_list, message_find, message_list};
use partyline::store::outbox::{OutboxRow, outbox_of_chat};
use partyline::store::workspaces::workspace_update;
use partyline::workspace::settings::create_workspace;
use partyline::workspace::tokens::Caller;
use tempfile::TempDir;
use transport::{Address, Capabilities, Incoming, IncomingBody, Sender};

const CREDITS: i64 = 1_000_000;
const KEY: SealingKey = SealingKey::new([7; 32]);
/// What a contact says before they are written to, where nothing may be said to them otherwise; not among what came in.
const OPENER: &str = "Hello? (opens the window)";

/// One workspace with one account.
pub struct Kit {
    pub app: App,
    pub workspace: WorkspaceId,
    pub account: AccountId,
    /// Where the files' bytes lie; goes with the test.
    pub files: Arc<TempDir>,
}

impl Kit {
    pub async fn new(database: Database, clock: Clock, sandbox_speed: f64) -> Kit {
        Kit::speaking_to(database, clock, sandbox_speed, Policy::default()).await
    }

    /// One whose server may speak to what `outbound` allows.
    pub async fn speaking_to(database: Database, clock: Clock, sandbox_speed: f64, outbound: Policy) -> Kit {
        let files = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let files_folder = files.path().to_owned();
        let settings = Settings {
            public_url: "http://localhost".into(),
            sandbox_speed,
            support_contact: String::new(),
            files_folder,
            outbound,
        };
        let app = App::new(database, clock, settings).sealing_with(KEY);
        let now = app.clock.now();
        let make = move |tx: &mut Tx<'_>| create_workspace(tx, now, "Tests", "UTC");
        let workspace = app.database.write(0, Priority::Foreground, make).await.expect("a workspace");
        let link = |write: &mut Write<'_, '_>| {
            write.workspace.credits_per_cycle = CREDITS;
            workspace_update(write.tx, &write.workspace)?;
            link_sandbox(write, "Demo phone")
        };
        let account = app.write(workspace, Priority::Foreground, link).await.expect("an account");
        Kit { app, workspace, account, files }
    }

    /// The same data under a server that was started anew.
    pub fn restarted(&self, database: Database) -> Kit {
        let app = App::new(database, self.app.clock.clone(), self.app.settings.clone()).sealing_with(KEY);
        Kit { app, workspace: self.workspace, account: self.account, files: Arc::clone(&self.files) }
    }

    /// Accepts a message as the public API would.
    pub async fn accept(&self, to: &str, text: &str) -> MessageUid {
        self.try_accept(to, text, Origin::PublicApi).await.expect("accepted")
    }

    /// Accepts a file with its caption, as an upload that is sent at once.
    pub async fn accept_file(&self, to: &str, caption: &str, filename: &str, bytes: &[u8]) -> MessageUid {
        let mut intake = Intake::begin(&self.app.blobs, Purpose::Any).await.expect("room");
        intake.write(bytes).await.expect("room");
        let filename = Filename::parse("filename", filename).expect("a name");
        self.open_window(to).await;
        let stored = intake.finish(&self.app.blobs, Said { filename, content_type: None }).await.expect("a file");
        let (uid, caller, at) = (self.app.ids.message_uid(self.now()), self.caller(), self.now());
        let file = stored.row(self.app.ids.file_uid(at), TokenId(0), at);
        let caption = (!caption.is_empty()).then(|| MessageText::parse("caption", caption).expect("a caption"));
        let request = SendMessage {
            uid,
            wamid: self.app.ids.wamid(),
            to: Recipient::phone(&Phone::parse("phone", to).expect("a phone")),
            account: None,
            content: Content::new(caption, Some(Attachment::Fresh(Box::new(file.clone())))).expect("content"),
            reply_to: None,
            label: None,
            chat_name: None,
            origin: Origin::PublicApi,
            send_at: None,
        };
        let work = move |write: &mut Write<'_, '_>| {
            queue_message(write, &caller, &request)?;
            file_insert(write, &file)
        };
        self.app.write(self.workspace, Priority::Foreground, work).await.expect("accepted");
        uid
    }

    /// Sets the account's own reaction, as the public API would.
    pub async fn react(&self, message: MessageUid, emoji: &str) {
        let request = SendReaction {
            uid: self.app.ids.message_uid(self.app.clock.now()),
            wamid: self.app.ids.wamid(),
            message,
            emoji: Emoji::parse("reaction", emoji).expect("an emoji"),
        };
        let caller = self.caller();
        let work = move |write: &mut Write<'_, '_>| react(write, &caller, &request).map(drop);
        self.app.write(self.workspace, Priority::Foreground, work).await.expect("accepted");
    }

    /// Edits a message, or deletes it for everyone where `text` is `None`, as the public API would.
    pub async fn change(&self, message: MessageUid, text: Option<&str>) {
        let change = match text {
            Some(text) => Change::Edit(MessageText::parse("text", text).expect("a text")),
            None => Change::Delete,
        };
        let (uid, wamid) = (self.app.ids.message_uid(self.app.clock.now()), self.app.ids.wamid());
        let request = ChangeMessage { uid, wamid, message, change };
        let caller = self.caller();
        let work = move |write: &mut Write<'_, '_>| change_message(write, &caller, &request).map(drop);
        self.app.write(self.workspace, Priority::Foreground, work).await.expect("accepted");
    }

    pub async fn try_accept(&self, to: &str, text: &str, origin: Origin) -> Result<MessageUid, Error> {
        self.open_window(to).await;
        self.try_accept_unopened(to, text, origin).await
    }

    /// Accepts, whether anything may be said or not.
    pub async fn try_accept_unopened(&self, to: &str, text: &str, origin: Origin) -> Result<MessageUid, Error> {
        let uid = self.app.ids.message_uid(self.app.clock.now());
        let request = SendMessage {
            uid,
            wamid: self.app.ids.wamid(),
            to: match to.contains('@') {
                true => Recipient::Address(Address::from_jid(to)),
                false => Recipient::phone(&Phone::parse("phone", to)?),
            },
            account: None,
            content: Content::new(Some(MessageText::parse("text", text)?), None)?,
            reply_to: None,
            label: None,
            chat_name: None,
            origin,
            send_at: None,
        };
        let caller = self.caller();
        let work = move |write: &mut Write<'_, '_>| queue_message(write, &caller, &request);
        self.app.write(self.workspace, Priority::Foreground, work).await
    }

    /// Lets a contact write first, where that is needed and nobody has written in the chat.
    async fn open_window(&self, to: &str) {
        let from = Address::from_phone(to);
        let jid = from.jid().to_owned();
        let chat = self.read(move |tx, workspace, account| chat_by_jid(tx, workspace, account, &jid)).await;
        let has_window = Capabilities::of(self.account_row().await.transport).service_window_hours.is_some();
        if chat.is_some() || !has_window {
            return;
        }
        let (account, uid) = (self.account, self.app.ids.message_uid(self.now()));
        let said = Incoming {
            chat: from.clone(),
            chat_name: String::new(),
            sender: Sender { address: from, name: String::new() },
            wamid: format!("opener of {to}"),
            at_ms: self.now().ms(),
            body: IncomingBody::Text(OPENER.to_owned()),
            reply_to: None,
        };
        let work = move |write: &mut Write<'_, '_>| receive_message(write, account, uid, &said).map(drop);
        self.app.write(self.workspace, Priority::Foreground, work).await.expect("received");
    }

    pub fn caller(&self) -> Caller {
        Caller::operator(self.workspace)
    }

    pub async fn read<T: Send + 'static>(
        &self,
        look: impl Fn(&mut Snapshot<'_>, WorkspaceId, AccountId) -> Result<T, database::Error> + Send + 'static,
    ) -> T {
        let (workspace, account) = (self.workspace, self.account);
        self.app.read(move |snapshot| Ok(look(snapshot, workspace, account)?)).await.expect("a read")
    }

    pub async fn account_row(&self) -> AccountRow {
        self.read(|snapshot, workspace, account| account_find(snapshot, workspace, account)).await.expect("the account")
    }

    pub async fn message(&self, uid: MessageUid) -> MessageView {
        let found = self.read(move |snapshot, workspace, _| message_find(snapshot, workspace, uid)).await;
        found.expect("the message")
    }

    pub async fn status(&self, uid: MessageUid) -> Status {
        self.message(uid).await.message.status
    }

    /// The statuses a message went through, in order.
    pub async fn statuses(&self, uid: MessageUid) -> Vec<Status> {
        let history = self.read(move |snapshot, workspace, _| history_list(snapshot, workspace, uid)).await;
        history.into_iter().map(|row| row.status).collect()
    }

    /// The texts that came in, in the order in which they were stored.
    pub async fn incoming_texts(&self, chat: ChatId) -> Vec<String> {
        let filter = MessageFilter { from_me: Some(false), ..MessageFilter::default() };
        let list = self.read(move |snapshot, workspace, _| message_list(snapshot, workspace, chat, &filter, 10_000, 0));
        list.await.into_iter().map(|view| view.message.text).filter(|text| text != OPENER).collect()
    }

    pub async fn outbox(&self, chat: ChatId) -> Vec<OutboxRow> {
        self.read(move |snapshot, workspace, account| outbox_of_chat(snapshot, workspace, account, chat, 10_000)).await
    }

    pub async fn events(&self) -> Vec<EventRow> {
        self.read(|snapshot, workspace, _| event_after(snapshot, workspace, 0, 100_000)).await
    }

    pub async fn credits_used(&self) -> i64 {
        let counters = self.read(|snapshot, workspace, _| counters_find(snapshot, workspace)).await;
        counters.expect("the workspace").1.credits_used
    }

    pub fn now(&self) -> Time {
        self.app.clock.now()
    }

    pub fn advance(&self, span: Duration) {
        self.app.clock.advance(span);
    }
}
