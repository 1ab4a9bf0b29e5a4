/** The session token: comes once in the address (`#token=…`), is kept for this tab only, and leaves the address bar. */
const KEY = "orchestron-token";
let inMemory: string | null = null;

/** Takes the token out of the address, if one is there. */
export function takeToken(): string | null {
  const fragment = new URLSearchParams(window.location.hash.replace(/^#/, ""));
  const given = fragment.get("token");
  if (given === null) return readToken();
  inMemory = given;
  try {
    window.sessionStorage.setItem(KEY, given);
  } catch {
    // Storage is switched off: the token then lives until the page is reloaded.
  }
  fragment.delete("token");
  const rest = fragment.toString();
  const address = window.location.pathname + window.location.search + (rest === "" ? "" : `#${rest}`);
  window.history.replaceState(window.history.state, "", address);
  return given;
}

/** Opening the printed address in a tab that already shows the page changes only the fragment: start anew with it. */
export function restartOnNewToken(): void {
  window.addEventListener("hashchange", () => {
    if (!window.location.hash.includes("token=")) return;
    takeToken();
    window.location.reload();
  });
}

export function readToken(): string | null {
  if (inMemory !== null) return inMemory;
  try {
    return window.sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** For tests. */
export function forgetToken(): void {
  inMemory = null;
  window.sessionStorage.removeItem(KEY);
}
