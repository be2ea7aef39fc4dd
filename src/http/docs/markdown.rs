//! Markdown of our own as HTML in our look: headings that can be linked to, code as figures, links between guides.

use maud::{Render, html};
use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::guides;
use crate::http::dashboard::code;

/// HTML inside of the markdown is shown as text: a guide has no need of it.
pub fn rendered(markdown: &str) -> String {
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut heading: Option<(usize, String)> = None;
    let mut block: Option<(String, String)> = None;
    let mut is_linked = true;
    for event in parser(markdown) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                heading = Some((events.len(), String::new()));
                events.push(Event::Html(opening(level, "").into()));
            }
            Event::End(TagEnd::Heading(level)) => {
                if let Some((at, words)) = heading.take() {
                    events[at] = Event::Html(opening(level, &slug(&words)).into());
                }
                events.push(Event::Html(format!("</{level}>").into()));
            }
            Event::Start(Tag::CodeBlock(kind)) => block = Some((caption(&kind).to_owned(), String::new())),
            Event::End(TagEnd::CodeBlock) => {
                if let Some((caption, text)) = block.take() {
                    events.push(Event::Html(code(&caption, text.trim_end()).into_string().into()));
                }
            }
            Event::Text(text) if block.is_some() => {
                if let Some((_, kept)) = &mut block {
                    kept.push_str(&text);
                }
            }
            // What stands in the repository only is named and no link.
            Event::Start(Tag::Link { ref dest_url, .. }) if href(dest_url).is_none() => is_linked = false,
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = href(&dest_url).unwrap_or(dest_url);
                events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            Event::End(TagEnd::Link) if !is_linked => is_linked = true,
            Event::Html(text) | Event::InlineHtml(text) => events.push(Event::Text(text)),
            other => {
                if let (Some((_, words)), Event::Text(text) | Event::Code(text)) = (&mut heading, &other) {
                    words.push_str(text);
                }
                events.push(other);
            }
        }
    }
    let mut out = String::new();
    pulldown_cmark::html::push_html(&mut out, events.into_iter());
    out
}

/// The words alone.
pub fn plain(markdown: &str) -> String {
    let words = parser(markdown).filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.into_string()),
        Event::SoftBreak | Event::HardBreak => Some(" ".to_owned()),
        _ => None,
    });
    words.collect()
}

/// A line or two of the OpenAPI document.
pub struct Words<'w>(pub &'w str);

impl Render for Words<'_> {
    fn render_to(&self, out: &mut String) {
        out.push_str(&rendered(self.0));
    }
}

fn parser(markdown: &str) -> Parser<'_> {
    Parser::new_ext(markdown, Options::ENABLE_TABLES)
}

fn opening(level: HeadingLevel, id: &str) -> String {
    html! { span id=(id) {} }.into_string().replacen("<span", &format!("<{level}"), 1).replacen("></span>", ">", 1)
}

fn caption<'k>(kind: &'k CodeBlockKind<'_>) -> &'k str {
    match kind {
        CodeBlockKind::Fenced(language) => match language.as_ref() {
            "sh" | "shell" | "console" => "In a terminal",
            "json" => "JSON",
            "" | "text" => "Text",
            other => other,
        },
        CodeBlockKind::Indented => "Text",
    }
}

/// `What counts?` is `what-counts`.
fn slug(words: &str) -> String {
    let lower = words.to_lowercase();
    let parts = lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-")
}

/// In the repository guides link to one another's files; here to one another's pages. `None` for other files.
fn href<'d>(target: &CowStr<'d>) -> Option<CowStr<'d>> {
    let (file, place) = target.split_once('#').map_or((target.as_ref(), ""), |(file, place)| (file, place));
    let name = file.rsplit('/').next().and_then(|name| name.strip_suffix(".md")).filter(|_| !file.contains(':'));
    match name.map(guides::find) {
        None => Some(target.clone()),
        Some(None) => None,
        Some(Some(guide)) if place.is_empty() => Some(guide.href().into()),
        Some(Some(guide)) => Some(format!("{}#{place}", guide.href()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_names_and_guides_link_to_pages() {
        let out = rendered("## What counts?\n\nSee [it](first-message.md#send) and [that](https://a.example/).\n");
        assert!(out.contains("<h2 id=\"what-counts\">What counts?</h2>"), "{out}");
        assert!(out.contains("href=\"/integrations/api/docs/guides/first-message#send\""), "{out}");
        assert!(out.contains("href=\"https://a.example/\""), "{out}");
        assert_eq!(rendered("The [README](../../README.md#a) says."), "<p>The README says.</p>\n");
    }

    #[test]
    fn code_is_a_figure_and_html_is_text() {
        let out = rendered("```sh\ncurl -d '{\"a\": \"<b>\"}'\n```\n\n<script>alert(1)</script>\n");
        assert!(out.contains("<figcaption>In a terminal</figcaption>"), "{out}");
        assert!(out.contains("&lt;b&gt;") && !out.contains("<script"), "{out}");
    }
}
