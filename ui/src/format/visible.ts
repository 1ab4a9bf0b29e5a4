/**
 * Text from agents can hold characters that are not seen or that turn the reading order around, so that a command reads
 * differently from what it does. They are shown by their number instead.
 */
const DECEPTIVE = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF\uFFF9-\uFFFB]/g;

export function visible(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(DECEPTIVE, (found) => `⟨U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
}
