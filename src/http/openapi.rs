//! The public document: OpenAPI 3.1 made from the code. What stands in it is a promise.

mod keys;
mod nulls;

use std::time::Duration;

use axum::Router;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{OpenApi, Server};
use utoipa::{Modify, OpenApi as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::files::sniff::DOCUMENT_BYTES_MAX;
use crate::http::call::PublicState;
use crate::http::error::{Failure, FailureField};
use crate::http::layers::AllowBody;
use crate::http::public::{
    accounts, attachments, chat_messages, chats, events, explain, file_fetch, file_messages, files, invitations,
    labels, marks, message_changes, messages, notes, preview, reactions, sandbox, sandbox_calls, sandbox_graph,
    sandbox_inbound, scheduled, search, sending, teammates, templates, templates_v2, uncertain, waba,
    webhook_deliveries, webhook_requests, webhooks, workspace,
};

/// What a form has beside its file.
const FORM_BYTES_MAX: u64 = 1024 * 1024;
const UPLOAD_TIME_MAX: Duration = Duration::from_secs(1800);

/// Where the public API begins.
pub const BASE_PATH: &str = "/integrations/api";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Partyline Public API",
        description = "Send and read WhatsApp messages from your own systems. Authorize with a token from \
                       Integrations > Public API, or from `partyline token create`. At most 50 requests a minute; every \
                       call counts towards the workspace's monthly quota.\n\n**Try it out is real.** \
                       A message is really sent, calls are counted and credits are taken. To try things out, use a \
                       sandbox account and write to +1 202 555 0100, who answers.",
        license(name = "AGPL-3.0-or-later"),
    ),
    // What every operation may answer is referred to; nothing else would bring it here. The same goes for a body that may
    // be left out.
    components(schemas(Failure, FailureField, templates::TemplateUse, sandbox::WhichSandbox, sandbox::NewClock, sandbox_graph::NewSandboxGraph)),
    modifiers(&BearerToken),
    security(("token" = [])),
)]
struct Document;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// The operations of the public API with their document.
pub fn operations() -> (Router<PublicState>, OpenApi) {
    let routes = OpenApiRouter::new()
        .routes(routes!(sending::send_message))
        .routes(routes!(sending::send_message_v2))
        .routes(routes!(sending::send_message_to_jid))
        .routes(routes!(sending::send_message_to_chat_name))
        .routes(routes!(messages::get_message, message_changes::edit_message, message_changes::delete_message))
        .routes(routes!(messages::get_status_history))
        .routes(routes!(reactions::get_reactions, reactions::set_reaction, reactions::put_reaction))
        .routes(routes!(chats::list_chats))
        .routes(routes!(chats::list_chats_v2))
        .routes(routes!(chats::get_chat, chats::update_chat))
        .routes(routes!(labels::list_chat_labels, labels::replace_chat_labels, labels::add_chat_labels))
        .routes(routes!(chat_messages::list_chat_messages, sending::send_chat_message))
        .routes(routes!(chat_messages::list_chat_messages_v2, sending::send_chat_message_v2))
        .routes(routes!(notes::create_note, notes::list_notes))
        .routes(routes!(accounts::list_accounts))
        .routes(routes!(accounts::list_accounts_v2))
        .routes(routes!(workspace::get_workspace))
        .routes(routes!(workspace::get_workspace_quotas))
        .routes(routes!(workspace::get_quotas));
    let routes = routes.merge(beyond_the_contract());
    let routes = routes.merge(people()).merge(stored_files()).merge(uploads()).merge(log()).merge(sandbox_control());
    let routes = routes.merge(official());
    OpenApiRouter::with_openapi(Document::openapi()).nest(BASE_PATH, routes).split_for_parts()
}

/// What happened: Partyline's own.
fn log() -> OpenApiRouter<PublicState> {
    OpenApiRouter::new()
        .routes(routes!(explain::explain_message))
        .routes(routes!(events::list_events))
        .routes(routes!(events::stream_events))
}

/// Numbers of Meta's Cloud API.
fn official() -> OpenApiRouter<PublicState> {
    OpenApiRouter::new()
        .routes(routes!(waba::chats::list_waba_chats))
        .routes(routes!(waba::chats::get_waba_chat, waba::chats::update_waba_chat))
        .routes(routes!(
            waba::labels::list_waba_chat_labels,
            waba::labels::replace_waba_chat_labels,
            waba::labels::add_waba_chat_labels
        ))
        .routes(routes!(waba::accounts::list_waba_accounts, waba::accounts::add_waba_account))
        .routes(routes!(waba::accounts::get_waba_account))
        .routes(routes!(waba::analytics::create_waba_analytics))
        .routes(routes!(waba::analytics::get_waba_analytics))
        .routes(routes!(waba::messages::get_waba_message))
        .routes(routes!(waba::messages::get_waba_status_history))
        .routes(routes!(waba::messages::get_waba_reactions, waba::messages::set_waba_reaction))
        .routes(routes!(waba::templates::list_waba_templates))
        .routes(routes!(waba::templates::get_waba_template))
}

/// What other people's tests do on the far side of a sandbox: Partyline's own.
fn sandbox_control() -> OpenApiRouter<PublicState> {
    OpenApiRouter::new()
        .routes(routes!(sandbox_inbound::inbound))
        .routes(routes!(sandbox_calls::call))
        .routes(routes!(sandbox_graph::open))
        .routes(routes!(sandbox::push))
        .routes(routes!(sandbox::rule))
        .routes(routes!(sandbox::clock))
        .routes(routes!(sandbox::reset_sandbox))
        .routes(routes!(sandbox::reconnect_account))
        .routes(routes!(sandbox::rehearse_scene))
        .routes(routes!(sandbox::switch_phone))
        .routes(routes!(sandbox::phone_messages))
}

/// Partyline's own: what can be done with messages beside sending them.
fn beyond_the_contract() -> OpenApiRouter<PublicState> {
    OpenApiRouter::new()
        .routes(routes!(preview::preview_message))
        .routes(routes!(search::search_messages))
        .routes(routes!(marks::mark_chat_read))
        .routes(routes!(marks::mark_chat_typing))
        .routes(routes!(uncertain::resend_message))
        .routes(routes!(uncertain::mark_sent))
        .routes(routes!(attachments::fetch_attachment))
        .routes(routes!(scheduled::list_scheduled))
        .routes(routes!(scheduled::cancel_message))
        .routes(routes!(notes::get_note, notes::remove_note))
}

/// Teammates, and what they share.
fn people() -> OpenApiRouter<PublicState> {
    OpenApiRouter::new()
        .routes(routes!(teammates::list_teammates))
        .routes(routes!(teammates::get_me))
        .routes(routes!(invitations::create_invitation))
        .routes(routes!(invitations::delete_invitation))
        .routes(routes!(templates::list_templates, templates::create_template))
        .routes(routes!(templates::get_template, templates::update_template, templates::remove_template))
        .routes(routes!(templates::track_template_usage))
        .routes(routes!(templates_v2::list_templates_v2, templates_v2::track_template_usage_v2))
        .routes(routes!(webhooks::list_webhooks, webhooks::create_webhook))
        .routes(routes!(webhooks::get_webhook, webhooks::update_webhook, webhooks::remove_webhook))
        .routes(routes!(webhook_deliveries::list_webhook_deliveries))
        .routes(routes!(webhook_deliveries::get_webhook_delivery))
        .routes(routes!(webhook_requests::resend_webhook_delivery))
        .routes(routes!(webhook_requests::replay_webhook))
        .routes(routes!(webhook_requests::send_webhook_example))
        .routes(routes!(webhook_requests::rotate_webhook_secret))
}

/// Files that are here, or that are fetched.
fn stored_files() -> OpenApiRouter<PublicState> {
    OpenApiRouter::new()
        .routes(routes!(files::list_files, file_fetch::fetch_file))
        .routes(routes!(files::get_file, files::delete_file))
}

/// Operations whose bodies are files: as large as the largest one and what a form adds, and as slow as a bad line.
fn uploads() -> OpenApiRouter<PublicState> {
    let allowed = AllowBody { bytes_max: DOCUMENT_BYTES_MAX + FORM_BYTES_MAX, timeout: UPLOAD_TIME_MAX };
    OpenApiRouter::new()
        .routes(routes!(files::upload_file))
        .routes(routes!(file_messages::send_file_message))
        .routes(routes!(file_messages::send_voice_message))
        .routes(routes!(waba::messages::list_waba_chat_messages, waba::sends::send_waba_chat_message))
        .routes(routes!(waba::sends::send_waba_message))
        .layer(allowed)
}

/// The document of a server that is reached at `public_url`; relative where it is `None`, as it is committed.
pub fn document(public_url: Option<&str>) -> OpenApi {
    let (_, mut document) = operations();
    nulls::allow_null(&mut document);
    keys::name_key(&mut document);
    document.servers = Some(vec![Server::new(public_url.unwrap_or("/"))]);
    document
}

/// The document as it is committed: pretty JSON with a line feed at its end.
pub fn document_text() -> String {
    let mut text = document(None).to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
