//! Values of templates, parsed once at the edge.

use super::values::{bounded, named};
use crate::error::Error;

pub const TEMPLATE_NAME_CHARS_MAX: usize = 160;
pub const TEMPLATE_TEXT_CHARS_MAX: usize = 4_096;
pub const ORIGIN_CHARS_MAX: usize = 64;

/// A template's name: 1 to [`TEMPLATE_NAME_CHARS_MAX`] characters. Two templates may have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateName(String);

impl TemplateName {
    /// # Errors
    /// `validation_error` for one that is blank, too long or holds a NUL.
    pub fn parse(field: &str, given: &str) -> Result<TemplateName, Error> {
        named(field, given, TEMPLATE_NAME_CHARS_MAX).map(TemplateName)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A template's text: 1 to [`TEMPLATE_TEXT_CHARS_MAX`] characters, kept as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateText(String);

impl TemplateText {
    /// # Errors
    /// `validation_error` for one that is empty, too long or holds a NUL.
    pub fn parse(field: &str, given: &str) -> Result<TemplateText, Error> {
        if given.is_empty() {
            let rule = format!("{field} is empty; a template has 1 to {TEMPLATE_TEXT_CHARS_MAX} characters");
            return Err(Error::invalid(field, rule));
        }
        bounded(field, given, TEMPLATE_TEXT_CHARS_MAX).map(TemplateText)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a template was used, in the caller's own words; perhaps not told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UseOrigin(String);

impl UseOrigin {
    /// # Errors
    /// `validation_error` for one that is longer than [`ORIGIN_CHARS_MAX`] or holds a NUL.
    pub fn parse(field: &str, given: &str) -> Result<UseOrigin, Error> {
        bounded(field, given.trim(), ORIGIN_CHARS_MAX).map(UseOrigin)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
