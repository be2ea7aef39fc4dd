//! A template of WhatsApp's in the body of a send.

use crate::error::Error;
use crate::http::fields::{Fields, repeating};
use crate::inbox::content::WhatsAppTemplate;
use crate::inbox::values::MessageText;

/// Places of one template.
const VARIABLES_MAX: usize = 50;
const NAME_CHARS_MAX: usize = 512;
const LANGUAGE_CHARS_MAX: usize = 16;
const VARIABLES: &str = "whatsapp_template_variables";

/// WhatsApp's names of templates are letters, digits and underscores; its languages as `pt_BR`.
pub fn read_whatsapp_template(fields: &mut Fields) -> Option<WhatsAppTemplate> {
    let word = |field: &'static str, chars_max: usize| {
        move |given: &str| {
            let is_word = (1..=chars_max).contains(&given.len())
                && given.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let rule = format!("{field} has 1 to {chars_max} letters, digits and underscores, as WhatsApp shows it");
            if is_word { Ok(given.to_owned()) } else { Err(Error::invalid(field, rule)) }
        }
    };
    let name = fields.parsed("whatsapp_template", word("whatsapp_template", NAME_CHARS_MAX));
    let language = fields.parsed("whatsapp_template_language", word("whatsapp_template_language", LANGUAGE_CHARS_MAX));
    let texts = fields.texts(VARIABLES).unwrap_or_default();
    let field = VARIABLES;
    if texts.len() > VARIABLES_MAX {
        fields
            .fault(field, format!("{field} has {} texts; a template has at most {VARIABLES_MAX} places", texts.len()));
    }
    for text in &texts {
        if let Err(error) = MessageText::parse(field, text) {
            fields.fault(field, repeating(error, field, text).message);
        } else if text.trim().is_empty() {
            fields.fault(field, format!("{field} holds an empty text, which WhatsApp takes for none"));
        }
    }
    if name.is_none() && (language.is_some() || !texts.is_empty()) && !fields.has_fault("whatsapp_template") {
        fields.fault("whatsapp_template", "whatsapp_template is missing; name the template that is meant".into());
    }
    let variables = texts.into_iter().enumerate().map(|(at, text)| ((at + 1).to_string(), text)).collect();
    Some(WhatsAppTemplate { name: name?, language: language.unwrap_or_else(|| "en_US".to_owned()), variables })
}
