//! Templates of WhatsApp's as Meta told of them: which places one has, whether it may be sent, and what it says then.

use std::collections::{BTreeMap, BTreeSet};

use database::Read;
use serde_json::Value;

use crate::error::{Code, Error};
use crate::id::WorkspaceId;
use crate::inbox::content::WhatsAppTemplate;
use crate::store::waba_templates::{WabaTemplateRow, waba_template_named};

/// Meta's word for a template that may be sent.
pub const APPROVED: &str = "APPROVED";
/// Ours, in Meta's style, for one that Meta has no more.
pub const DELETED: &str = "DELETED";

/// Keys that one refusal names.
const NAMED_MAX: usize = 10;

/// The texts of a template that have places in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    header: String,
    /// image, video or document, where the header is a file.
    header_file: Option<String>,
    body: String,
    /// The addresses of its buttons, by their place among the buttons.
    buttons: BTreeMap<usize, String>,
}

impl Places {
    /// From Meta's JSON; a component that isn't understood has none.
    pub fn of(components: &str) -> Places {
        let mut places = Places::default();
        let all: Value = serde_json::from_str(components).unwrap_or_default();
        for component in all.as_array().into_iter().flatten() {
            let text = component["text"].as_str().unwrap_or_default().to_owned();
            let word = |name: &str| component[name].as_str().unwrap_or_default().to_ascii_lowercase();
            match word("type").as_str() {
                "body" => places.body = text,
                "header" => match word("format").as_str() {
                    file @ ("image" | "video" | "document") => places.header_file = Some(file.to_owned()),
                    _ => places.header = text,
                },
                "buttons" => {
                    let buttons = component["buttons"].as_array().into_iter().flatten().enumerate();
                    let addresses = buttons.filter_map(|(at, button)| Some((at, button["url"].as_str()?.to_owned())));
                    places.buttons.extend(addresses.filter(|(_, url)| !names_in(url).is_empty()));
                }
                _ => {}
            }
        }
        places
    }

    /// The variables that it takes: a place of the body by its number or name, one of the header as `header.1`, the file of
    /// a header as `header.image`, the end of a button's address as `button.0`.
    pub fn keys(&self) -> BTreeSet<String> {
        let mut keys: BTreeSet<String> = names_in(&self.body).into_iter().collect();
        keys.extend(names_in(&self.header).into_iter().map(|name| format!("header.{name}")));
        keys.extend(self.header_file.iter().map(|kind| format!("header.{kind}")));
        keys.extend(self.buttons.keys().map(|at| format!("button.{at}")));
        keys
    }

    /// What its contact reads: header and body, filled in.
    pub fn filled(&self, variables: &BTreeMap<String, String>) -> String {
        let header = fill(&self.header, |name| variables.get(&format!("header.{name}")).cloned());
        let body = fill(&self.body, |name| variables.get(name).cloned());
        let said: Vec<String> = [header, body].into_iter().filter(|text| !text.is_empty()).collect();
        said.join("\n")
    }
}

/// The names between double braces, in their order, each once.
fn names_in(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for rest in text.split("{{").skip(1) {
        let Some((name, _)) = rest.split_once("}}") else { continue };
        let name = name.trim().to_owned();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::new();
    let mut parts = text.split("{{");
    filled.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match part.split_once("}}") {
            Some((name, rest)) => {
                filled.push_str(&value(name.trim()).unwrap_or_else(|| format!("{{{{{name}}}}}")));
                filled.push_str(rest);
            }
            None => {
                filled.push_str("{{");
                filled.push_str(part);
            }
        }
    }
    filled
}

/// Judges a template that a business account is to send, and tells what it says filled in.
///
/// # Errors
/// `validation_error` for one that nobody knows, `template_wrong_waba` for another business account's,
/// `template_not_approved`, `template_variables_mismatch`.
pub fn judge_template(
    tx: &mut impl Read,
    workspace: WorkspaceId,
    business_id: &str,
    template: &WhatsAppTemplate,
) -> Result<String, Error> {
    let WhatsAppTemplate { name, language, variables } = template;
    let all = waba_template_named(tx, workspace, name, language)?;
    let known: Vec<&WabaTemplateRow> = all.iter().filter(|row| row.status != DELETED).collect();
    let Some(own) = known.iter().find(|row| row.business_id == business_id) else {
        return Err(match known.first() {
            Some(_) => Error::new(
                Code::TemplateWrongWaba,
                format!(
                    "Template {name} in {language} belongs to another business account than the number it is to go from; use \
                     one of its own, or send from another account"
                ),
            ),
            None => Error::invalid(
                "template",
                format!("There is no template {name} in {language}; GET /waba/templates lists those there are"),
            ),
        });
    };
    if own.status != APPROVED {
        let rule = format!("Template {name} in {language} is {} at Meta, not {APPROVED}", own.status);
        return Err(Error::new(Code::TemplateNotApproved, format!("{rule}; wait, or use another one")));
    }
    let places = Places::of(&own.components);
    ensure_fits(template, &places.keys())?;
    Ok(places.filled(variables))
}

fn ensure_fits(template: &WhatsAppTemplate, wanted: &BTreeSet<String>) -> Result<(), Error> {
    let given: BTreeSet<String> = template.variables.keys().cloned().collect();
    if given == *wanted {
        return Ok(());
    }
    let list = |names: Vec<&String>| -> String {
        let shown: Vec<String> = names.iter().take(NAMED_MAX).map(|name| name.chars().take(64).collect()).collect();
        if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
    };
    let rule = format!("Template {} takes the variables {}", template.name, list(wanted.iter().collect()));
    let missing = list(wanted.difference(&given).collect());
    let beyond = list(given.difference(wanted).collect());
    let message = format!("{rule}; missing: {missing}; not asked for: {beyond}; give each of them and no others");
    Err(Error::new(Code::TemplateVariablesMismatch, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPONENTS: &str = r#"[{"type":"HEADER","format":"TEXT","text":"Bike {{1}}"},
        {"type":"BODY","text":"Hello {{1}}, {{2}} and {{1}}: {{ 3 }}"},{"type":"FOOTER","text":"bye"},
        {"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Yes"},{"type":"URL","url":"https://a.example/{{1}}"}]}]"#;

    #[test]
    fn every_place_has_a_key() {
        let keys: Vec<String> = Places::of(COMPONENTS).keys().into_iter().collect();
        assert_eq!(keys, ["1", "2", "3", "button.1", "header.1"]);
        let picture = r#"[{"type":"HEADER","format":"IMAGE"},{"type":"BODY","text":"{{name}}"}]"#;
        let keys: Vec<String> = Places::of(picture).keys().into_iter().collect();
        assert_eq!(keys, ["header.image", "name"]);
        for strange in ["", "{}", "[7]", r#"[{"type":"BODY"}]"#, r#"[{"type":"BODY","text":"{{}} {{ and }}"}]"#] {
            assert_eq!(Places::of(strange).keys().len(), usize::from(strange.contains("and")), "{strange}");
        }
    }

    #[test]
    fn a_template_says_what_its_contact_reads() {
        let variables = [("1", "Ines"), ("2", "Rui"), ("3", "{{1}}"), ("header.1", "A7")];
        let variables = variables.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        assert_eq!(Places::of(COMPONENTS).filled(&variables), "Bike A7\nHello Ines, Rui and Ines: {{1}}");
        assert_eq!(Places::default().filled(&variables), "");
    }
}
