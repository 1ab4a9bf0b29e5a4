/** The parts of the settings, by their names in the address. */
export const SETTING_PARTS = ["keys", "trust", "chain", "limits", "money", "notify", "project", "theme", "desktop", "updates", "hooks", "rules", "file", "health", "about"] as const;

/** What there is in the desktop app only. */
const OF_THE_APP: readonly string[] = ["desktop", "updates"];

export const partsHere = (isDesktop: boolean) => SETTING_PARTS.filter((part) => isDesktop || !OF_THE_APP.includes(part));

export interface SettingsSearch {
  part?: (typeof SETTING_PARTS)[number];
}
