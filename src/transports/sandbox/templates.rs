//! The templates that the sandbox's WhatsApp has approved, for every account.

use std::collections::BTreeMap;

use transport::OutgoingTemplate;

/// A template of the sandbox's WhatsApp.
pub struct Template {
    pub name: &'static str,
    pub language: &'static str,
    pub category: &'static str,
    /// `{{1}}` is the place of the first variable.
    pub body: &'static str,
    pub variables: usize,
}

pub const TEMPLATES: [Template; 3] = [
    Template {
        name: "hello_world",
        language: "en_US",
        category: "UTILITY",
        body: "Welcome and congratulations! This message shows that templates arrive.",
        variables: 0,
    },
    Template {
        name: "bike_ready",
        language: "en_US",
        category: "UTILITY",
        body: "Hello {{1}}, your {{2}} is ready. Come by when it suits you.",
        variables: 2,
    },
    Template {
        name: "bike_ready",
        language: "pt_PT",
        category: "UTILITY",
        body: "Olá {{1}}, a sua {{2}} está pronta.",
        variables: 2,
    },
];

/// Why a template can't be sent: WhatsApp's code and words.
pub type Unfit = (i64, &'static str, String);

/// The template that is meant, if it can be filled in so.
pub fn find(template: &OutgoingTemplate) -> Result<&'static Template, Unfit> {
    let OutgoingTemplate { name, language, variables } = template;
    let found = TEMPLATES.iter().find(|known| known.name == name && known.language == language);
    let found = found.ok_or_else(|| {
        let details = format!("template name ({name}) does not exist in {language}");
        (132_001, "Template name does not exist in the translation", details)
    })?;
    if variables.len() != found.variables {
        let (given, wanted) = (variables.len(), found.variables);
        let details = format!(
            "body: number of localizable_params ({given}) does not match the expected number of params ({wanted})"
        );
        return Err((132_000, "Number of parameters does not match the expected number of params", details));
    }
    Ok(found)
}

/// What its recipient reads.
pub fn filled_in(template: &OutgoingTemplate) -> String {
    let Ok(found) = find(template) else { return template.name.clone() };
    fill(found.body, &template.variables)
}

/// In one pass, so that what stands in a variable is no place for another.
fn fill(body: &str, variables: &BTreeMap<String, String>) -> String {
    let (mut text, mut rest) = (String::new(), body);
    while let Some((before, behind)) = rest.split_once("{{") {
        text += before;
        let Some((name, after)) = behind.split_once("}}") else { break };
        text += variables.get(name).map_or("", String::as_str);
        rest = after;
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(name: &str, variables: &[(&str, &str)]) -> OutgoingTemplate {
        let variables = variables.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        OutgoingTemplate { name: name.to_owned(), language: "en_US".to_owned(), variables }
    }

    #[test]
    fn a_template_is_filled_in_or_refused_with_its_code() {
        let ready = template("bike_ready", &[("1", "Ines {{2}}"), ("2", "tandem")]);
        assert_eq!(filled_in(&ready), "Hello Ines {{2}}, your tandem is ready. Come by when it suits you.");
        assert_eq!(find(&template("bike_ready", &[])).err().map(|unfit| unfit.0), Some(132_000));
        assert_eq!(find(&template("nothing", &[])).err().map(|unfit| unfit.0), Some(132_001));
        assert!(find(&template("hello_world", &[])).is_ok());
    }
}
