//! How web views draw on Linux. With a graphics card they put the page together there. Without one (virtual machines, remote
//! desktops, servers) WebKitGTK would imitate a card on the processor: a compiler for shaders and a copy of each layer, which
//! cost some 100 MB and half as much work again as drawing what changed.

use tauri::WebviewWindow;
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};

/// Nodes of cards that can draw; NVIDIA's own driver may make only the second kind.
const CARDS: [(&str, &str); 2] = [("/dev/dri", "renderD"), ("/dev", "nvidia0")];

/// Lets a new window draw without a card if there is none.
pub fn fit(window: &WebviewWindow) -> tauri::Result<()> {
    if has_card(&CARDS) {
        return Ok(());
    }
    window.with_webview(|view| {
        if let Some(settings) = view.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    })
}

/// Whether one of these folders has a file whose name begins so.
fn has_card(places: &[(&str, &str)]) -> bool {
    places.iter().any(|(folder, begin)| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .into_iter()
            .any(|entry| entry.file_name().to_string_lossy().starts_with(begin))
    })
}

#[cfg(test)]
mod tests {
    use super::has_card;

    #[test]
    fn a_card_is_known_by_its_node() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().to_str().unwrap();
        assert!(!has_card(&[
            ("/nonexistent", "renderD"),
            (place, "renderD")
        ]));
        std::fs::write(folder.path().join("card0"), "").unwrap();
        assert!(!has_card(&[(place, "renderD")]), "it only shows pictures");
        std::fs::write(folder.path().join("renderD128"), "").unwrap();
        assert!(has_card(&[("/nonexistent", "renderD"), (place, "renderD")]));
    }
}
