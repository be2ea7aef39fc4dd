//! The reference: every operation of the OpenAPI document, by its tag.

use maud::{Markup, html};
use serde_json::Value;

use super::DOCS;
use super::examples::curl;
use super::fields::{Field, fields, kind};
use super::markdown::Words;
use crate::http::dashboard::code;
use crate::http::openapi::BASE_PATH;

/// Looking comes before making, and ending last.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The day of the last change to what the OpenAPI document says.
pub const DATED: &str = "2026-11-23";

pub struct Reference {
    pub sections: Vec<Section>,
}

/// The operations of one tag.
pub struct Section {
    pub name: String,
    /// As in its address.
    pub slug: String,
    pub operations: Vec<Operation>,
}

pub struct Operation {
    /// As the document calls it; its place on the page.
    pub id: String,
    pub method: String,
    /// Below the base.
    pub path: String,
    pub summary: String,
    pub description: String,
    pub path_parameters: Vec<String>,
    parameters: Vec<Field>,
    /// By content type.
    bodies: Vec<(String, Vec<Field>)>,
    answer: Vec<Field>,
    refusals: Vec<(String, String)>,
}

impl Reference {
    /// Sections in the order in which their tags first come, operations by path.
    pub fn of(document: &Value) -> Reference {
        let mut sections: Vec<Section> = Vec::new();
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            for (method, given) in item.as_object().into_iter().flatten() {
                let tag = given["tags"][0].as_str().unwrap_or("Other");
                let operation = Operation::of(path, method, given, document);
                match sections.iter_mut().find(|section| section.name == tag) {
                    Some(section) => section.operations.push(operation),
                    None => sections.push(Section::new(tag, operation)),
                }
            }
        }
        for section in &mut sections {
            section.operations.sort_by_key(|operation| METHODS.iter().position(|it| *it == operation.method));
            section.operations.sort_by(|one, other| one.path.cmp(&other.path));
        }
        Reference { sections }
    }

    pub fn section(&self, slug: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.slug == slug)
    }

    /// All operations, each a line that leads to it.
    pub fn overview(&self) -> Markup {
        html! {
            @for section in &self.sections {
                section.stack.tight {
                    h2 id=(section.slug) { a href=(section.href()) { (section.name) } }
                    ul.docs-operations {
                        @for operation in &section.operations {
                            li {
                                a href={ (section.href()) "#" (operation.id) } {
                                    span.verb { (operation.method) } code { (operation.path) }
                                }
                                span.muted { (operation.summary) }
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Section {
    fn new(tag: &str, first: Operation) -> Section {
        Section { name: tag.to_owned(), slug: tag.to_lowercase().replace(' ', "-"), operations: vec![first] }
    }

    pub fn href(&self) -> String {
        format!("{BASE_PATH}{DOCS}/reference/{}", self.slug)
    }

    pub fn rendered(&self, base: &str) -> Markup {
        html! {
            h1 { (self.name) }
            @for operation in &self.operations { (operation.rendered(base)) }
        }
    }
}

impl Operation {
    fn of(path: &str, method: &str, given: &Value, document: &Value) -> Operation {
        let text = |name: &str| given[name].as_str().unwrap_or_default().to_owned();
        let parameters = || given["parameters"].as_array().into_iter().flatten();
        let bodies = given["requestBody"]["content"].as_object().into_iter().flatten();
        let answers = given["responses"].as_object().into_iter().flatten();
        let in_path = parameters().filter(|parameter| parameter["in"] == "path");
        Operation {
            id: text("operationId"),
            method: method.to_uppercase(),
            path: path.strip_prefix(BASE_PATH).unwrap_or(path).to_owned(),
            summary: text("summary"),
            description: text("description"),
            path_parameters: in_path.filter_map(|parameter| parameter["name"].as_str()).map(str::to_owned).collect(),
            parameters: parameters().map(|parameter| parameter_of(parameter, document)).collect(),
            bodies: bodies.map(|(kind, body)| (kind.clone(), fields(&body["schema"], document))).collect(),
            answer: fields(&given["responses"]["200"]["content"]["application/json"]["schema"], document),
            refusals: answers
                .filter(|(status, _)| !status.starts_with('2'))
                .map(|(status, told)| (status.clone(), told["description"].as_str().unwrap_or_default().to_owned()))
                .collect(),
        }
    }

    fn rendered(&self, base: &str) -> Markup {
        html! {
            section.card id=(self.id) aria-label=(self.summary) {
                div.card-body.stack {
                    div.stack.tight {
                        h2 { a.docs-anchor href={ "#" (self.id) } { (self.summary) } }
                        p { span.verb { (self.method) } " " code { (self.path) } }
                        @if !self.description.is_empty() { div.prose { (Words(&self.description)) } }
                    }
                    (listed("Parameters", &self.parameters, "required"))
                    @for (kind, fields) in &self.bodies { (listed(&format!("Body: {kind}"), fields, "required")) }
                    (code("In a terminal", &curl(self, base)))
                    details { summary { "Answer" } (listed("", &self.answer, "always there")) }
                    details {
                        summary { "Refusals" }
                        dl.facts { @for (status, about) in &self.refusals { dt { (status) } dd { (about) } } }
                    }
                }
            }
        }
    }
}

fn parameter_of(given: &Value, document: &Value) -> Field {
    let text = |name: &str| given[name].as_str().unwrap_or_default();
    Field {
        name: text("name").to_owned(),
        kind: format!("{}, in the {}", kind(&given["schema"], document), text("in")),
        required: given["required"] == true,
        about: text("description").to_owned(),
    }
}

/// Fields, those that must or will be there marked with a word.
fn listed(title: &str, fields: &[Field], mark: &str) -> Markup {
    html! {
        @if !fields.is_empty() {
            div.stack.tight {
                @if !title.is_empty() { h3 { (title) } }
                dl.docs-fields {
                    @for field in fields {
                        dt {
                            code { (field.name) }
                            span.meta { (field.kind) @if field.required { ", " strong { (mark) } } }
                        }
                        dd { (Words(&field.about)) }
                    }
                }
            }
        }
    }
}
