//! What a window is filled with until its page is drawn: the page's own colour, so that a dark window never begins white.

use crate::desk::Desk;
use tauri::{Theme, WebviewWindow, window::Color};

/// `--canvas` of `ui/src/theme.css`.
const LIGHT: Color = Color(0xfb, 0xfb, 0xfa, 0xff);
/// The same of the dark theme.
const DARK: Color = Color(0x12, 0x13, 0x16, 0xff);

/// The colour under a page that is dark, or light.
pub const fn canvas(dark: bool) -> Color {
    if dark { DARK } else { LIGHT }
}

/// For a window whose page has never told whether it is dark: as the system has it.
pub fn as_the_system(window: &WebviewWindow) -> tauri::Result<()> {
    let dark = window.theme()? == Theme::Dark;
    window.set_background_color(Some(canvas(dark)))
}

/// A page is drawn dark, or light: its window is filled so when it is made larger, and the next one from its start.
pub fn told(desk: &Desk, window: &WebviewWindow, dark: bool) -> tauri::Result<()> {
    if desk.remembered.set_dark(dark) {
        window.set_background_color(Some(canvas(dark)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::canvas;

    #[test]
    fn it_is_the_colour_of_the_page() {
        let theme = include_str!("../../ui/src/theme.css");
        let told: Vec<_> = theme
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--canvas: "))
            .collect();
        let ours = [false, true].map(|dark| {
            let colour = canvas(dark);
            format!("#{:02x}{:02x}{:02x};", colour.0, colour.1, colour.2)
        });
        assert_eq!(told, ours, "first the light one, then the dark one");
    }
}
