//! Templates: texts that the team keeps. Who sees and changes which is the rules' to say; the page asks them as the API does.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use database::Read;
use maud::{Markup, html};
use serde::Deserialize;

use super::doors::Desk;
use super::form::{Faults, Line, Sent, about};
use super::frame::{Done, Here, Page, TEMPLATES_PATH, done, head};
use super::page::icon;
use super::session::{Shown, Signed};
use super::time::{ago, grouped};
use super::words::TEMPLATES;
use crate::clock::Time;
use crate::error::{Error, FieldFault};
use crate::http::dashboard::path::Path;
use crate::http::dashboard::words::templates as w;
use crate::id::TemplateId;
use crate::inbox::template_values::{TEMPLATE_TEXT_CHARS_MAX, TemplateName, TemplateText};
use crate::inbox::template_words::{Piece, pieces};
use crate::inbox::templates::{
    NewTemplate, SeenTemplate, TemplateChange, Visibility, change_template, delete_template, make_template,
    templates_of,
};
use crate::store::Write;
use crate::store::teammates::{TeamRow, team_list};
use crate::store::templates::template_use_totals;
use crate::workspace::people::TeamTitle;
use crate::workspace::permissions::Right;
use crate::workspace::tokens::Caller;

pub fn routes() -> Router<Desk> {
    Router::new()
        .route("/templates", get(show).post(make))
        .route("/templates/{id}", post(change))
        .route("/templates/{id}/delete", post(delete))
}

/// A template's form, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    name: String,
    text: String,
    visibility: String,
    team: String,
}

/// A template with how often it was used and when last.
struct Entry {
    seen: SeenTemplate,
    uses: i64,
    used_at: Time,
}

/// A form that was refused: of which template, or of a new one.
struct Refused<'r> {
    of: Option<TemplateId>,
    given: Given,
    faults: &'r [FieldFault],
}

async fn show(State(desk): State<Desk>, signed: Signed, done: Done) -> Shown {
    signed.ensure(Right::SendMessages)?;
    shown(&desk, &signed, Page::new(Here::Templates, TEMPLATES).with(&done), None).await
}

async fn shown(desk: &Desk, signed: &Signed, page: Page<'_>, refused: Option<&Refused<'_>>) -> Shown {
    let (caller, now) = (signed.who.caller(), desk.app.clock.now());
    let (entries, teams) = desk.app.read(move |tx| seen(tx, &caller)).await?;
    let purpose = w::TEXTS_THAT_YOUR_TEAM;
    let action = html! { a.btn data-kind="primary" href="#new" { (icon("plus")) (w::NEW_TEMPLATE) } };
    let faults = Faults(refused.map_or(&[], |refused| refused.faults));
    let new = refused.filter(|refused| refused.of.is_none());
    let content = html! {
        (head(TEMPLATES, purpose, &action))
        section.card aria-labelledby="templates" {
            header { h2 #templates { (w::TEMPLATES) } span.meta { (entries.len()) } }
            @if entries.is_empty() {
                div.empty {
                    (icon("template")) strong { (w::NO_TEMPLATE_YET) }
                    p { (w::WRITE_ONE_BELOW_AN) }
                }
            } @else {
                @for entry in &entries { (row(entry, &teams, refused, now)) }
            }
        }
        section.card #new aria-labelledby="new-title" {
            header { h2 #new-title { (w::NEW_TEMPLATE) } }
            form.card-body.stack method="post" action=(TEMPLATES_PATH) {
                (fields("new", &new.map(|refused| refused.given.clone()).unwrap_or_default(), &teams, if new.is_some() { faults } else { Faults::default() }))
                div.line-up { button.btn.push data-kind="primary" { (icon("plus")) (w::KEEP_IT) } }
            }
        }
    };
    Ok(Page { status: faults.status(), ..page }.show(signed, &content))
}

fn seen(tx: &mut impl Read, caller: &Caller) -> Result<(Vec<Entry>, Vec<TeamRow>), Error> {
    let uses = template_use_totals(tx, caller.workspace)?;
    let entries = templates_of(tx, caller)?.into_iter().map(|seen| {
        let of = uses.iter().find(|(id, ..)| *id == seen.view.template.id);
        Entry { uses: of.map_or(0, |of| of.1), used_at: of.map_or(Time::NEVER, |of| of.2), seen }
    });
    Ok((entries.collect(), team_list(tx, caller.workspace)?))
}

fn row(entry: &Entry, teams: &[TeamRow], refused: Option<&Refused<'_>>, now: Time) -> Markup {
    let view = &entry.seen.view;
    let template = &view.template;
    let title = format!("template-{}", template.id);
    let refused = refused.filter(|refused| refused.of == Some(template.id));
    html! {
        article.template aria-labelledby=(title) {
            div.line-up {
                h3 id=(title) { bdi { (template.name) } }
                @if let Some((tone, word)) = visibility_badge(&template.visibility) { span.badge data-tone=(tone) { (word) } }
                @if !view.team_title.is_empty() { span.badge { bdi { (view.team_title) } } }
                span.meta.push {
                    @if entry.uses == 0 { (w::NOT_USED_YET) }
                    @else { (w::used(&grouped(entry.uses))) @if entry.uses == 1 { (w::TIME) } @else { (w::TIMES_LAST) } (ago(entry.used_at, now)) }
                }
            }
            p.template-text dir="auto" { (text(&template.text)) }
            @if let Some((filename, _)) = &view.attachment { p.meta { (icon("file")) " " bdi { (filename) } } }
            div.line-up {
                span.meta { (w::BY) bdi { (view.created_by_name) } (w::changed(&ago(template.updated_at, now))) }
                @if entry.seen.is_editable { (changing(entry, teams, refused)) } @else { span.meta.push { (w::READ_ONLY) } }
            }
        }
    }
}

/// A text with the places marked that differ from message to message.
fn text(text: &str) -> Markup {
    html! {
        @for piece in pieces(text) {
            @match piece { Piece::Text(text) => (text), Piece::Variable(name) => mark { "{" (name) "}" } }
        }
    }
}

fn visibility_badge(stored: &str) -> Option<(&'static str, &'static str)> {
    match Visibility::parse(stored) {
        Some(Visibility::Private) => Some(("info", w::ONLY_YOU)),
        Some(Visibility::ReadOnly) => Some(("warning", "Read-only")),
        Some(Visibility::Public) | None => None,
    }
}

fn changing(entry: &Entry, teams: &[TeamRow], refused: Option<&Refused<'_>>) -> Markup {
    let view = &entry.seen.view;
    let template = &view.template;
    let given = refused.map(|refused| refused.given.clone()).unwrap_or_else(|| Given {
        name: template.name.clone(),
        text: template.text.clone(),
        visibility: template.visibility.clone(),
        team: view.team_title.clone(),
    });
    let faults = Faults(refused.map_or(&[], |refused| refused.faults));
    let path = format!("{TEMPLATES_PATH}/{}", template.id);
    html! {
        details.limits.push open[refused.is_some()] {
            summary { (w::CHANGE) span.hidden-text { " " (template.name) } }
            form.stack method="post" action=(path) {
                (fields(&format!("t{}", template.id), &given, teams, faults))
                div.line-up { button.btn.btn-small.push data-kind="primary" { (w::SAVE) } }
            }
            form.line-up method="post" action={ (path) "/delete" } {
                span.small.muted { (w::MESSAGES_THAT_WERE_MADE) }
                button.btn.btn-small.danger.push { (w::DELETE) span.hidden-text { " " (template.name) } }
            }
        }
    }
}

/// The fields of a form; `id` tells several forms of a page apart.
fn fields(id: &str, given: &Given, teams: &[TeamRow], faults: Faults<'_>) -> Markup {
    let chosen = Visibility::parse(&given.visibility).unwrap_or_default();
    let text_fault = faults.of("text");
    let name = Line {
        name: "name",
        label: w::NAME,
        kind: "text",
        value: &given.name,
        autocomplete: "off",
        purpose: w::TO_FIND_IT_BY,
        is_focused: faults.of("name").is_some(),
    };
    let seen_by = [
        (Visibility::Public, w::EVERYBODY_SEES_AND_CHANGES),
        (Visibility::ReadOnly, w::EVERYBODY_SEES_IT_YOU),
        (Visibility::Private, w::ONLY_YOU_SEE_IT),
    ];
    let field = |name: &str| format!("{id}-{name}");
    html! {
        (name.show_as(&field("name"), faults))
        div.field {
            label for=(field("text")) { (w::TEXT) }
            textarea id=(field("text")) name="text" rows="4" dir="auto" required maxlength=(TEMPLATE_TEXT_CHARS_MAX)
                aria-describedby=(field("text-about")) aria-invalid=[text_fault.map(|_| "true")] { (given.text) }
            (about(&field("text-about"), text_fault, w::WHAT_STANDS_IN_BRACES))
        }
        div.fields {
            div.field {
                label for=(field("visibility")) { (w::WHO_SEES_IT) }
                select id=(field("visibility")) name="visibility" {
                    @for (one, label) in seen_by { option value=(one.as_str()) selected[one == chosen] { (label) } }
                }
            }
            div.field {
                label for=(field("team")) { (w::TEAM) }
                select id=(field("team")) name="team" aria-describedby=(field("team-about")) {
                    option value="" { (w::ALL_TEAMS) }
                    @for team in teams { option value=(team.title) selected[team.title == given.team] { (team.title) } }
                }
                (about(&field("team-about"), faults.of("team_title"), w::OWNERS_AND_ADMINS_SEE))
            }
        }
    }
}

fn parse(given: &Given) -> Result<NewTemplate, Error> {
    let (name, text) = (TemplateName::parse("name", &given.name), TemplateText::parse("text", &given.text));
    let team = TeamTitle::parse("team_title", &given.team);
    let unknown = || Error::invalid("visibility", w::CHOOSE_ONE_OF_THE);
    let visibility = Visibility::parse(&given.visibility).ok_or_else(unknown);
    match (name, text, team, visibility) {
        (Ok(name), Ok(text), Ok(team), Ok(visibility)) => Ok(NewTemplate { name, text, visibility, team, file: None }),
        (name, text, team, visibility) => {
            let errors = [name.err(), text.err(), team.err(), visibility.err()];
            Err(Error::invalid_fields(errors.into_iter().flatten().flat_map(|error| error.faults).collect()))
        }
    }
}

async fn make(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let caller = signed.who.caller();
    let made = match parse(&given) {
        Ok(new) => {
            let work = move |write: &mut Write<'_, '_>| make_template(write, &caller, &new).map(drop);
            desk.act(&signed.who, work).await
        }
        Err(error) => Err(error),
    };
    answered(&desk, &signed, made, "template-made", None, given).await
}

async fn change(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let (caller, id) = (signed.who.caller(), TemplateId(id));
    let changed = match parse(&given) {
        Ok(new) => {
            let NewTemplate { name, text, visibility, team, .. } = new;
            let change = TemplateChange {
                name: Some(name),
                text: Some(text),
                visibility: Some(visibility),
                team: Some(team),
                file: None,
            };
            let work = move |write: &mut Write<'_, '_>| change_template(write, &caller, id, &change).map(drop);
            desk.act(&signed.who, work).await
        }
        Err(error) => Err(error),
    };
    answered(&desk, &signed, changed, "template-changed", Some(id), given).await
}

async fn delete(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(_): Sent<Given>) -> Shown {
    signed.ensure(Right::SendMessages)?;
    let caller = signed.who.caller();
    let work = move |write: &mut Write<'_, '_>| delete_template(write, &caller, TemplateId(id));
    desk.act(&signed.who, work).await?;
    Ok(to_templates("template-deleted"))
}

async fn answered(
    desk: &Desk,
    signed: &Signed,
    outcome: Result<(), Error>,
    word: &str,
    of: Option<TemplateId>,
    given: Given,
) -> Shown {
    match outcome {
        Ok(()) => Ok(to_templates(word)),
        Err(error) if !error.faults.is_empty() => {
            let refused = Refused { of, given, faults: &error.faults };
            shown(desk, signed, Page::new(Here::Templates, TEMPLATES), Some(&refused)).await
        }
        Err(error) => Err(error.into()),
    }
}

fn to_templates(word: &str) -> Response {
    Redirect::to(&done(TEMPLATES_PATH, word)).into_response()
}
