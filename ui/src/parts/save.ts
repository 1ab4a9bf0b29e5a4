/** Hands a text to the person as a file. */
import type { Backend } from "../backend/backend";

/** Where it went: a path, "" where the browser knows; null when the person wanted it nowhere. */
export async function saveFile(backend: Backend, name: string, type: string, text: string): Promise<string | null> {
  // The app's window has no downloads: the app asks where, and writes it.
  if (backend.isDesktop) return (await backend.call("desktop-save", { name, text })).path;
  download(name, type, text);
  return "";
}

function download(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // Not at once: the browser reads it after the click.
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
