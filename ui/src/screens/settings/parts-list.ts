/** The parts of the settings, by their names in the address. */
export const SETTING_PARTS = ["keys", "trust", "chain", "limits", "money", "notify", "project", "theme", "desktop", "hooks", "rules", "file", "health", "about"] as const;

export interface SettingsSearch {
  part?: (typeof SETTING_PARTS)[number];
}
