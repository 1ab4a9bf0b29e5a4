/** Words of the settings. */
import { list } from "./counting";

export const settingsText = {
  theme: { title: "Appearance", words: "Kept on this machine.", system: "As the system", light: "Light", dark: "Dark", use: (name: string) => `Appearance: ${name}` },
  health: { title: "Health", looking: "Looking around…", good: "Nothing is wrong.", bad: "Something is wrong; each line says how to mend it.", failed: "The check could not be made", fine: "Fine", wrong: "Wrong", note: "To know" },
  about: { title: "About", words: "Hands work from one coding agent to the next and calls you only when a decision is needed.", version: "Version", project: "Project", base: "Base branch", noGit: "no git repository", licence: "Licence" },
  keysPanel: {
    title: "API keys",
    looking: "Asking the keyring…",
    failed: "The keyring could not be asked",
    stored: (store: string) => `Entered once, kept in ${store} and only there. A key is never shown again.`,
    noStore: (why: string) => `Keys cannot be kept here: ${why}`,
    none: "No agent of this project needs a key.",
    unused: "no agent uses it",
    usedBy: (agents: readonly string[]) => `used by ${list(agents)}`,
    source: (source: string | null) => (source === null ? "no key" : source === "keyring" ? "in the keyring" : `from the ${source}`),
    notNeeded: "not needed",
    enter: "Enter key",
    replace: "Replace",
    remove: "Delete",
    enterFor: (account: string) => `API key for ${account}`,
    key: "Key",
    keyHint: "It goes to the keyring and is not shown again.",
    save: "Save key",
    deleteTitle: (account: string) => `Delete the key of ${account}?`,
    deleteWords: (agents: readonly string[]) => (agents.length === 0 ? "It is removed from the keyring." : `It is removed from the keyring. ${list(agents)} then ${agents.length === 1 ? "uses its" : "use their"} own login, if there is one.`),
  },
} as const;
