//! QR codes as drawings.

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// Light modules around a code, without which phones don't see where it ends.
const QUIET: usize = 4;

/// Draws a text as a QR code, dark on light whatever the theme is; nothing where it is longer than a code may be.
pub fn drawn(text: &str, label: &str) -> Markup {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else { return html! {} };
    let size = code.width() + 2 * QUIET;
    let path = path_of(&code.to_colors(), code.width());
    html! {
        svg.qr viewBox={ "0 0 " (size) " " (size) } role="img" aria-label=(label) shape-rendering="crispEdges" {
            rect.qr-ground width=(size) height=(size) {}
            path.qr-dark d=(path) {}
        }
    }
}

/// Each run of dark modules in a row as one rectangle.
fn path_of(colors: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run[0] == Color::Dark {
                let (left, top, length) = (x + QUIET, y + QUIET, run.len());
                path.push_str(&format!("M{left} {top}h{length}v1h-{length}z"));
            }
            x += run.len();
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_becomes_its_runs() {
        use Color::{Dark, Light};
        assert_eq!(path_of(&[Dark, Dark, Light, Dark], 4), "M4 4h2v1h-2zM7 4h1v1h-1z");
    }

    #[test]
    fn each_text_has_its_own_drawing() {
        let (one, other) = (drawn("one", "a code").into_string(), drawn("other", "a code").into_string());
        assert_ne!(one, other);
        assert!(one.contains("viewBox=\"0 0 29 29\"") && one.contains("a code"), "{one}");
        assert_eq!(drawn(&"x".repeat(4_000), "a code").into_string(), "");
    }
}
