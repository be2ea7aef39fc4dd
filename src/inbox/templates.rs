//! Templates: texts that a team keeps for sending again and again. Who may see and change one is decided here.

use database::Read;

use crate::error::{Code, Error};
use crate::event_kind::Kind;
use crate::id::{ChatId, FileUid, TeamId, TemplateId};
use crate::inbox::reach::reached_file;
use crate::inbox::template_values::{TemplateName, TemplateText};
use crate::store::Write;
use crate::store::events::{NewEvent, event_append};
use crate::store::numbers::template_next;
use crate::store::routes::FoundTemplate;
use crate::store::teammates::{TeammateRow, team_by_title};
use crate::store::templates::{
    TemplateRow, TemplateView, template_count, template_delete, template_find, template_insert, template_list,
    template_update, template_use, template_use_list,
};
use crate::workspace::people::TeamTitle;
use crate::workspace::teammates::{Role, teammate_left, teammate_of};
use crate::workspace::tokens::Caller;

/// Templates of a workspace. They are answered as a whole list.
pub const TEMPLATES_MAX: i64 = 500;
/// Origins that are told apart for one template; the uses of what comes beyond are counted together.
const ORIGINS_MAX: usize = 32;
const OTHER_ORIGINS: &str = "other";

/// Who sees a template and who may change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody sees and changes it.
    #[default]
    Public,
    /// Only who made it.
    Private,
    /// Everybody sees it; who made it, owners and admins change it.
    ReadOnly,
}

impl Visibility {
    pub const ALL: [Visibility; 3] = [Visibility::Public, Visibility::Private, Visibility::ReadOnly];

    pub const fn as_str(self) -> &'static str {
        match self {
            Visibility::Public => "public",
            Visibility::Private => "private",
            Visibility::ReadOnly => "read-only",
        }
    }

    pub fn parse(text: &str) -> Option<Visibility> {
        Visibility::ALL.into_iter().find(|visibility| visibility.as_str() == text)
    }
}

/// A template to be made.
#[derive(Clone, Debug)]
pub struct NewTemplate {
    pub name: TemplateName,
    pub text: TemplateText,
    pub visibility: Visibility,
    /// `None` for all teams.
    pub team: Option<TeamTitle>,
    pub file: Option<FileUid>,
}

/// What to change of a template; an outer `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct TemplateChange {
    pub name: Option<TemplateName>,
    pub text: Option<TemplateText>,
    pub visibility: Option<Visibility>,
    pub team: Option<Option<TeamTitle>>,
    pub file: Option<Option<FileUid>>,
}

/// A template as a certain teammate finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenTemplate {
    pub view: TemplateView,
    /// Whether that teammate may change and delete it.
    pub is_editable: bool,
}

/// The templates that the caller's teammate sees, oldest first.
///
/// # Errors
/// `member_not_found` if the teammate has left.
pub fn templates_of(tx: &mut impl Read, caller: &Caller) -> Result<Vec<SeenTemplate>, Error> {
    let teammate = teammate_of(tx, caller)?;
    let all = template_list(tx, caller.workspace)?;
    Ok(all.into_iter().filter_map(|view| as_seen_by(&teammate, view)).collect())
}

/// One template, if the caller's teammate sees it.
///
/// # Errors
/// `not_found` also for one that the teammate doesn't see; `member_not_found` if the teammate has left.
pub fn seen_template(tx: &mut impl Read, caller: &Caller, id: TemplateId) -> Result<SeenTemplate, Error> {
    let teammate = teammate_of(tx, caller)?;
    let view = template_find(tx, caller.workspace, id)?;
    view.and_then(|view| as_seen_by(&teammate, view)).ok_or_else(unknown_template)
}

/// Makes a template of the caller's teammate.
///
/// # Errors
/// `validation_error` for an unknown team or file, or where the workspace has [`TEMPLATES_MAX`].
pub fn make_template(write: &mut Write<'_, '_>, caller: &Caller, new: &NewTemplate) -> Result<TemplateView, Error> {
    let teammate = teammate_of(write.tx, caller)?;
    if template_count(write.tx, write.workspace.id)? >= TEMPLATES_MAX {
        let rule = format!("A workspace has at most {TEMPLATES_MAX} templates; delete one that isn't used any more");
        return Err(Error::invalid("name", rule));
    }
    let team = team_of(write, new.team.as_ref())?;
    check_file(write, caller, new.file)?;
    let row = TemplateRow {
        id: template_next(write)?,
        name: new.name.as_str().to_owned(),
        text: new.text.as_str().to_owned(),
        visibility: new.visibility.as_str().to_owned(),
        team,
        file: new.file,
        created_by: teammate.id,
        created_at: write.now,
        updated_by: teammate.id,
        updated_at: write.now,
    };
    template_insert(write, &row)?;
    note(write, Kind::TemplateMade, row.id)?;
    template_find(write.tx, write.workspace.id, row.id)?.ok_or_else(unknown_template)
}

/// Changes a template. One that stays as it was keeps its time and leaves no event.
///
/// # Errors
/// `not_found`, `permission_denied` where the teammate only may see it, `validation_error` for an unknown team or file.
pub fn change_template(
    write: &mut Write<'_, '_>,
    caller: &Caller,
    id: TemplateId,
    change: &TemplateChange,
) -> Result<TemplateView, Error> {
    let seen = editable_template(write, caller, id)?;
    let before = seen.view.template.clone();
    let mut row = before.clone();
    if let Some(team) = &change.team {
        row.team = team_of(write, team.as_ref())?;
    }
    if let Some(file) = change.file {
        check_file(write, caller, file)?;
        row.file = file;
    }
    if let Some(name) = &change.name {
        name.as_str().clone_into(&mut row.name);
    }
    if let Some(text) = &change.text {
        text.as_str().clone_into(&mut row.text);
    }
    if let Some(visibility) = change.visibility {
        visibility.as_str().clone_into(&mut row.visibility);
    }
    if row == before {
        return Ok(seen.view);
    }
    (row.updated_by, row.updated_at) = (caller.teammate, write.now);
    template_update(write, &row)?;
    note(write, Kind::TemplateChanged, id)?;
    template_find(write.tx, write.workspace.id, id)?.ok_or_else(unknown_template)
}

/// Deletes a template; messages that were made with it stay as they are.
///
/// # Errors
/// As [`change_template`].
pub fn delete_template(write: &mut Write<'_, '_>, caller: &Caller, id: TemplateId) -> Result<(), Error> {
    editable_template(write, caller, id)?;
    template_delete(write, id)?;
    note(write, Kind::TemplateDeleted, id)
}

/// Counts one use of a template. That is a number and no event: nobody acts on it.
///
/// # Errors
/// `not_found`.
pub fn use_template(write: &mut Write<'_, '_>, caller: &Caller, id: TemplateId, origin: &str) -> Result<(), Error> {
    seen_template(write.tx, caller, id)?;
    let known = template_use_list(write.tx, write.workspace.id, id)?;
    let is_told_apart = known.len() < ORIGINS_MAX || known.iter().any(|(one, ..)| one == origin);
    template_use(write, id, if is_told_apart { origin } else { OTHER_ORIGINS })?;
    Ok(())
}

/// What is answered for a template that isn't there, or not for this teammate.
pub fn unknown_template() -> Error {
    Error::not_found("There is no such template in this workspace; GET /templates lists those there are")
}

fn editable_template(write: &mut Write<'_, '_>, caller: &Caller, id: TemplateId) -> Result<SeenTemplate, Error> {
    let seen = seen_template(write.tx, caller, id)?;
    if seen.is_editable {
        return Ok(seen);
    }
    let maker = &seen.view.created_by_name;
    let rule = format!("Template {id} is read-only: who made it ({maker}), owners and admins change or delete it");
    Err(Error::new(Code::PermissionDenied, rule))
}

/// `None` where the teammate doesn't see the template. Owners and admins see every team's; a private one is its maker's
/// alone.
fn as_seen_by(teammate: &TeammateRow, view: TemplateView) -> Option<SeenTemplate> {
    let TemplateRow { created_by, team, visibility, .. } = &view.template;
    let visibility = Visibility::parse(visibility).unwrap_or(Visibility::Private);
    let manages = Role::parse(&teammate.role).is_some_and(Role::may_manage);
    let who = Viewer { is_maker: *created_by == teammate.id, manages, team: teammate.team };
    let is_editable = visibility != Visibility::ReadOnly || who.is_maker || manages;
    is_visible(visibility, *team, &who).then_some(SeenTemplate { view, is_editable })
}

/// Whether the caller's teammate sees a template whose file a send wants; what is not seen is not there.
///
/// # Errors
/// `member_not_found` if the teammate has left.
pub fn is_seen_by(caller: &Caller, found: &FoundTemplate) -> Result<bool, Error> {
    let (role, team) = found.teammate.as_ref().ok_or_else(teammate_left)?;
    let visibility = Visibility::parse(&found.visibility).unwrap_or(Visibility::Private);
    let manages = Role::parse(role).is_some_and(Role::may_manage);
    let who = Viewer { is_maker: found.created_by == caller.teammate, manages, team: *team };
    Ok(is_visible(visibility, found.team, &who))
}

/// Who looks at a template.
struct Viewer {
    is_maker: bool,
    manages: bool,
    team: TeamId,
}

fn is_visible(visibility: Visibility, team: TeamId, who: &Viewer) -> bool {
    match visibility {
        Visibility::Private => who.is_maker,
        Visibility::Public | Visibility::ReadOnly => {
            who.is_maker || who.manages || team == TeamId::NONE || team == who.team
        }
    }
}

fn team_of(write: &mut Write<'_, '_>, title: Option<&TeamTitle>) -> Result<TeamId, Error> {
    let Some(title) = title else { return Ok(TeamId::NONE) };
    let found = team_by_title(write.tx, write.workspace.id, title.as_str())?;
    found.map(|team| team.id).ok_or_else(|| {
        let rule = format!(
            "There is no team \"{}\"; GET /workspace/teammates lists those there are, null means all",
            title.as_str()
        );
        Error::invalid("team_title", rule)
    })
}

fn check_file(write: &mut Write<'_, '_>, caller: &Caller, file: Option<FileUid>) -> Result<(), Error> {
    let Some(uid) = file else { return Ok(()) };
    match reached_file(write.tx, caller, uid)? {
        Some(_) => Ok(()),
        None => {
            let rule = format!("There is no file {uid}; upload one first and give its uid");
            Err(Error::invalid("file_uid", rule))
        }
    }
}

fn note(write: &mut Write<'_, '_>, kind: Kind, template: TemplateId) -> Result<(), Error> {
    event_append(write, NewEvent { kind, chat: ChatId(0), message: None, detail: template.to_string() }).map(drop)
}
