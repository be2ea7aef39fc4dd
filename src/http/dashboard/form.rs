//! Forms: read only when they come from a page of ours.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequest, Request};
use axum::http::StatusCode;
use maud::{Markup, html};
use serde::de::DeserializeOwned;

use super::doors::Desk;
use super::origin::is_foreign;
use super::page::{icon, told};
use super::session::Refusal;
use super::words::shared as w;
use crate::error::FieldFault;
use crate::http::multipart::UploadBody;

/// A form that a page of ours has sent.
pub struct Sent<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Desk> for Sent<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, desk: &Desk) -> Result<Sent<T>, Refusal> {
        ensure_ours(&request, desk)?;
        Form::<T>::from_request(request, desk).await.map(|Form(form)| Sent(form)).map_err(|fault| unreadable(&fault))
    }
}

/// A form with a file in it that a page of ours has sent; nothing of it is read yet.
pub struct SentFile(pub UploadBody);

impl FromRequest<Desk> for SentFile {
    type Rejection = Refusal;

    async fn from_request(request: Request, desk: &Desk) -> Result<SentFile, Refusal> {
        ensure_ours(&request, desk)?;
        let Ok(body) = UploadBody::from_request(request, desk).await;
        Ok(SentFile(body))
    }
}

fn ensure_ours(request: &Request, desk: &Desk) -> Result<(), Refusal> {
    if is_foreign(request.headers(), &desk.app.settings.public_url) {
        let words = html! { p { (w::OPEN_THE_PAGE_ITSELF) } };
        let page = told(StatusCode::FORBIDDEN, w::THIS_FORM_WAS_SENT, &words);
        return Err(Refusal::page(page));
    }
    Ok(())
}

fn unreadable(rejection: &FormRejection) -> Refusal {
    let words = html! { p { (w::OPEN_THE_PAGE_AGAIN) } };
    Refusal::page(told(rejection.status(), w::THIS_FORM_CANT_BE, &words))
}

/// What is wrong with a form, by field.
#[derive(Clone, Copy, Default)]
pub struct Faults<'f>(pub &'f [FieldFault]);

impl<'f> Faults<'f> {
    pub fn of(self, field: &str) -> Option<&'f str> {
        let named = |fault: &&FieldFault| fault.fields.iter().any(|name| name == field);
        self.0.iter().find(named).map(|fault| fault.message.as_str())
    }

    /// Whether this field is the first of `order` with a fault; the cursor goes there.
    pub fn begins_at(self, field: &str, order: &[&str]) -> bool {
        order.iter().find(|name| self.of(name).is_some()) == Some(&field)
    }

    pub fn status(self) -> StatusCode {
        if self.0.is_empty() { StatusCode::OK } else { StatusCode::BAD_REQUEST }
    }
}

/// A field of one line: its label, the input, and what it is for or what is wrong with it.
pub struct Line<'l> {
    pub name: &'l str,
    pub label: &'l str,
    pub kind: &'l str,
    pub value: &'l str,
    pub autocomplete: &'l str,
    pub purpose: &'l str,
    pub is_focused: bool,
}

impl Line<'_> {
    pub fn show(&self, faults: Faults<'_>) -> Markup {
        self.show_as(self.name, faults)
    }

    /// With an id of its own, where a page has several of this name.
    pub fn show_as(&self, id: &str, faults: Faults<'_>) -> Markup {
        let fault = faults.of(self.name);
        let about_id = format!("{id}-about");
        // What people are called and write goes in their own direction; an address or a password doesn't.
        let direction = (self.kind == "text").then_some("auto");
        html! {
            div.field {
                label for=(id) { (self.label) }
                input id=(id) name=(self.name) type=(self.kind) value=[(self.kind != "password").then_some(self.value)]
                    dir=[direction] required autocomplete=(self.autocomplete) aria-describedby=(about_id)
                    aria-invalid=[fault.map(|_| "true")] autofocus[self.is_focused];
                (about(&about_id, fault, self.purpose))
            }
        }
    }
}

/// What stands under a field: its fault, or else what it is for.
pub fn about(id: &str, fault: Option<&str>, purpose: &str) -> Markup {
    html! {
        @match fault {
            Some(fault) => p.fault id=(id) { (icon("alert")) span { (fault) } },
            None => p.meta id=(id) { (purpose) },
        }
    }
}
