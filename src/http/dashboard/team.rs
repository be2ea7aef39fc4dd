//! Team: who works here, invitations, roles, ways to a new password.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::doors::Desk;
use super::form::{Faults, Line, Sent, about};
use super::frame::{Done, Here, Page, TEAM_PATH, done, head};
use super::page::icon;
use super::path::Path;
use super::secret::secret_field;
use super::session::{Shown, Signed};
use super::words::TEAM;
use super::words::team as w;
use crate::error::{Error, FieldFault};
use crate::id::TeammateId;
use crate::store::Write;
use crate::store::teammates::{TeamRow, TeammateRow, team_list, teammate_list};
use crate::workspace::entry::{Purpose, make_entry_link};
use crate::workspace::invitations::{Invitation, invite_teammate, withdraw_invitation};
use crate::workspace::people::{Email, PersonName, TeamTitle};
use crate::workspace::permissions::Right;
use crate::workspace::secret::Secret;
use crate::workspace::team::{change_role, change_team, remove_teammate};
use crate::workspace::teammates::{Role, Standing};

/// An invitation's form, as it was filled in.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    email: String,
    team: String,
    role: String,
}

/// A link that was just made: for whom, what for, and where it leads.
struct Fresh {
    teammate: TeammateRow,
    purpose: Purpose,
    url: String,
}

/// What the page shows beside the list.
#[derive(Default)]
struct Beside<'b> {
    fresh: Option<Fresh>,
    given: Given,
    faults: &'b [FieldFault],
}

pub async fn show(State(desk): State<Desk>, signed: Signed, done: Done) -> Shown {
    signed.ensure(Right::ReadTeam)?;
    shown(&desk, &signed, Page::new(Here::Team, TEAM).with(&done), &Beside::default()).await
}

async fn shown(desk: &Desk, signed: &Signed, page: Page<'_>, beside: &Beside<'_>) -> Shown {
    let workspace = signed.who.workspace.id;
    let look = move |tx: &mut database::Snapshot<'_>| {
        Ok::<_, Error>((teammate_list(tx, workspace)?, team_list(tx, workspace)?))
    };
    let (people, teams) = desk.app.read(look).await?;
    let may_manage = signed.may(Right::ManageTeam);
    let faults = Faults(beside.faults);
    let content = html! {
        (head(TEAM, w::WHO_WORKS_HERE_AND, &html! {}))
        @if let Some(fresh) = &beside.fresh { (fresh_card(fresh)) }
        @if may_manage { (invite_card(&beside.given, &teams, faults)) }
        section.card aria-labelledby="people" {
            header { h2 #people { (w::TEAMMATES) } span.meta { (people.len()) } }
            table.table role="table" aria-labelledby="people" {
                thead role="rowgroup" { tr role="row" {
                    @for name in [w::NAME, w::EMAIL, w::ROLE, w::TEAM] { th scope="col" role="columnheader" { (name) } }
                    @if may_manage { th scope="col" role="columnheader" { span.hidden-text { (w::ACTIONS) } } }
                } }
                tbody role="rowgroup" {
                    @for person in &people { (row(person, &teams, signed, may_manage)) }
                }
            }
        }
    };
    Ok(Page { status: faults.status(), ..page }.show(signed, &content))
}

fn row(person: &TeammateRow, teams: &[TeamRow], signed: &Signed, may_manage: bool) -> Markup {
    let role = Role::parse(&person.role);
    let is_invited = person.status == Standing::Invited.status();
    let is_self = person.id == signed.who.teammate.id;
    let team = teams.iter().find(|team| team.id == person.team);
    html! {
        tr role="row" {
            td role="cell" data-label=(w::NAME) {
                bdi { strong { (person.display_name) } } " "
                @if is_invited { span.badge data-tone="warning" { (w::INVITED) } }
                @if is_self { span.badge data-tone="accent" { (w::YOU) } }
            }
            td role="cell" data-label=(w::EMAIL) { @if person.email.is_empty() { span.muted { (w::NONE_YET) } } @else { (person.email) } }
            td role="cell" data-label=(w::ROLE) { (role.map_or("", Role::title)) }
            td role="cell" data-label=(w::TEAM) { @if let Some(team) = team { bdi { (team.title) } } @else { span.muted { (w::NONE) } } }
            @if may_manage {
                td.end role="cell" data-label="" {
                    (actions(person, role, team, role != Some(Role::Owner) && !is_self))
                }
            }
        }
    }
}

fn actions(person: &TeammateRow, role: Option<Role>, team: Option<&TeamRow>, is_other: bool) -> Markup {
    let (id, is_invited) = (person.id, person.status == Standing::Invited.status());
    let (field, team_field) = (format!("role-{id}"), format!("team-{id}"));
    html! {
        details.more {
            summary.btn.btn-small { (w::CHANGE) span.hidden-text { " " (person.display_name) } }
            div.more-body.stack.tight {
                form.line-up method="post" action={ (TEAM_PATH) "/" (id) "/team" } {
                    label.meta for=(team_field) { (w::TEAM) }
                    input.small-field id=(team_field) name="team" type="text" value=(team.map_or("", |team| team.title.as_str())) dir="auto"
                        list="teams" autocomplete="off";
                    button.btn.btn-small { (w::SET) span.hidden-text { (w::THE_TEAM) } }
                }
                @if is_other && is_invited {
                    (link_form(id, w::MAKE_A_NEW_INVITATION))
                    form.line-up method="post" action={ (TEAM_PATH) "/" (id) "/withdraw" } {
                        button.btn.btn-small.danger { (w::WITHDRAW_THE_INVITATION) }
                    }
                } @else if is_other {
                    form.line-up method="post" action={ (TEAM_PATH) "/" (id) "/role" } {
                        label.meta for=(field) { (w::ROLE) }
                        select.small-field id=(field) name="role" { (roles(role)) }
                        button.btn.btn-small { (w::SET) span.hidden-text { (w::THE_ROLE) } }
                    }
                    (link_form(id, w::MAKE_A_LINK_TO))
                    form.line-up method="post" action={ (TEAM_PATH) "/" (id) "/remove" } {
                        button.btn.btn-small.danger { (w::REMOVE_FROM_THE_WORKSPACE) }
                    }
                }
            }
        }
    }
}

fn link_form(id: TeammateId, words: &str) -> Markup {
    html! { form.line-up method="post" action={ (TEAM_PATH) "/" (id) "/link" } { button.btn.btn-small { (words) } } }
}

fn roles(chosen: Option<Role>) -> Markup {
    html! {
        @for role in Role::INVITED { option value=(role.as_str()) selected[Some(role) == chosen] { (role.title()) } }
    }
}

fn fresh_card(fresh: &Fresh) -> Markup {
    let title = match fresh.purpose {
        Purpose::Invitation => w::INVITATION_LINK,
        Purpose::Reset => w::LINK_TO_A_NEW,
    };
    let days = fresh.purpose.lives().as_secs() / 86_400;
    html! {
        section.card aria-labelledby="fresh" {
            header { span.badge data-tone="accent" { (w::NEW) } h2 #fresh { (title) } span.meta.push { (w::FOR_WORD) bdi { (fresh.teammate.display_name) } } }
            div.card-body.stack.tight {
                (secret_field("link", w::THE_LINK, &fresh.url))
                p.small {
                    strong { (w::THIS_IS_THE_ONLY) } " "
                    span.muted {
                        (w::give_it_to_them(&days)) @if days == 1 { (w::DAY) } @else { (w::DAYS) }
                        (w::AND_REPLACES_ANY_OLDER)
                    }
                }
            }
        }
    }
}

fn invite_card(given: &Given, teams: &[TeamRow], faults: Faults<'_>) -> Markup {
    let line = |name, label, kind, value: &str, purpose| {
        Line { name, label, kind, value, autocomplete: "off", purpose, is_focused: faults.of(name).is_some() }
            .show(faults)
    };
    html! {
        section.card aria-labelledby="invite" {
            header { h2 #invite { (w::INVITE_SOMEBODY) } }
            form.card-body.stack method="post" action={ (TEAM_PATH) "/invite" } {
                div.fields {
                    (line("email", w::EMAIL, "email", &given.email, w::THEY_LOG_IN_WITH))
                    div.field {
                        label for="role" { (w::ROLE) }
                        select #role name="role" aria-describedby="role-about" { (roles(Some(Role::parse(&given.role).unwrap_or_default()))) }
                        (about("role-about", faults.of("role"), w::ADMINS_MANAGE_COLLABORATORS_ONLY))
                    }
                    div.field {
                        label for="team" { (w::TEAM) }
                        input #team name="team" type="text" value=(given.team) dir="auto" list="teams" autocomplete="off"
                            aria-describedby="team-about" aria-invalid=[faults.of("team").map(|_| "true")];
                        datalist #teams { @for team in teams { option value=(team.title) {} } }
                        (about("team-about", faults.of("team"), w::MAY_BE_LEFT_EMPTY))
                    }
                }
                div.line-up { button.btn.push data-kind="primary" { (icon("plus")) (w::MAKE_AN_INVITATION_LINK) } }
            }
        }
    }
}

pub async fn invite(State(desk): State<Desk>, signed: Signed, Sent(given): Sent<Given>) -> Shown {
    signed.ensure(Right::ManageTeam)?;
    let (caller, secret) = (signed.who.caller(), Secret::generate());
    let (kept, asked) = (secret.clone(), given.clone());
    let made = match parse(&asked) {
        Ok(invitation) => {
            let invite = move |write: &mut Write<'_, '_>| {
                let teammate = invite_teammate(write, &caller, &invitation)?;
                make_entry_link(write, &caller, teammate.id, &kept)
            };
            desk.act(&signed.who, invite).await
        }
        Err(error) => Err(error),
    };
    match made {
        Ok(made) => with_link(&desk, &signed, made, &secret).await,
        Err(error) if !error.faults.is_empty() => {
            let beside = Beside { given, faults: &error.faults, fresh: None };
            shown(&desk, &signed, Page::new(Here::Team, TEAM), &beside).await
        }
        Err(error) => Err(error.into()),
    }
}

fn parse(given: &Given) -> Result<Invitation, Error> {
    let unknown = || Error::invalid("role", w::CHOOSE_ONE_OF_THE);
    let role = Role::parse(&given.role).filter(|role| Role::INVITED.contains(role)).ok_or_else(unknown);
    let (email, team) = (Email::parse("email", &given.email), TeamTitle::parse("team", &given.team));
    match (email, team, role) {
        (Ok(email), Ok(team), Ok(role)) => {
            Ok(Invitation { email, first_name: PersonName::default(), last_name: PersonName::default(), team, role })
        }
        (email, team, role) => {
            let errors = [email.err(), team.err(), role.err()];
            Err(Error::invalid_fields(errors.into_iter().flatten().flat_map(|error| error.faults).collect()))
        }
    }
}

async fn with_link(desk: &Desk, signed: &Signed, made: (TeammateRow, Purpose), secret: &Secret) -> Shown {
    let (teammate, purpose) = made;
    let url = format!("{}/{}/{}", desk.app.settings.public_url, purpose.as_str(), secret.reveal());
    let beside = Beside { fresh: Some(Fresh { teammate, purpose, url }), ..Beside::default() };
    shown(desk, signed, Page::new(Here::Team, TEAM), &beside).await
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Chosen {
    role: String,
}

pub async fn make_link(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(_): Sent<Chosen>) -> Shown {
    signed.ensure(Right::ManageTeam)?;
    let (caller, secret) = (signed.who.caller(), Secret::generate());
    let kept = secret.clone();
    let make = move |write: &mut Write<'_, '_>| make_entry_link(write, &caller, TeammateId(id), &kept);
    let made = desk.act(&signed.who, make).await?;
    with_link(&desk, &signed, made, &secret).await
}

pub async fn set_role(
    State(desk): State<Desk>,
    signed: Signed,
    Path(id): Path<i64>,
    Sent(chosen): Sent<Chosen>,
) -> Shown {
    signed.ensure(Right::ManageTeam)?;
    let role = Role::parse(&chosen.role).ok_or_else(|| Error::invalid("role", w::CHOOSE_ONE_OF_THE))?;
    let caller = signed.who.caller();
    let change = move |write: &mut Write<'_, '_>| change_role(write, &caller, TeammateId(id), role);
    desk.act(&signed.who, change).await?;
    Ok(to_team("role"))
}

pub async fn remove(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(_): Sent<Chosen>) -> Shown {
    signed.ensure(Right::ManageTeam)?;
    let caller = signed.who.caller();
    let remove = move |write: &mut Write<'_, '_>| remove_teammate(write, &caller, TeammateId(id));
    desk.act(&signed.who, remove).await?;
    Ok(to_team("removed"))
}

pub async fn withdraw(State(desk): State<Desk>, signed: Signed, Path(id): Path<i64>, Sent(_): Sent<Chosen>) -> Shown {
    signed.ensure(Right::ManageTeam)?;
    let caller = signed.who.caller();
    let withdraw = move |write: &mut Write<'_, '_>| withdraw_invitation(write, &caller, TeammateId(id));
    desk.act(&signed.who, withdraw).await?;
    Ok(to_team("withdrawn"))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Placed {
    team: String,
}

pub async fn set_team(
    State(desk): State<Desk>,
    signed: Signed,
    Path(id): Path<i64>,
    Sent(placed): Sent<Placed>,
) -> Shown {
    signed.ensure(Right::ManageTeam)?;
    let (caller, title) = (signed.who.caller(), TeamTitle::parse("team", &placed.team)?);
    let change = move |write: &mut Write<'_, '_>| change_team(write, &caller, TeammateId(id), title.as_ref());
    desk.act(&signed.who, change).await?;
    Ok(to_team("team"))
}

fn to_team(word: &str) -> Response {
    Redirect::to(&done(TEAM_PATH, word)).into_response()
}
