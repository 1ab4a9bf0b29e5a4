/** Light, dark, or as the system has it. Kept on this machine; public/colours.js applies it to <html> before the first paint. */
import { useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "light" | "dark";

const KEY = "orchestron-theme";
const listeners = new Set<() => void>();
/** Who is told whether the page is dark. */
const followers = new Set<(isDark: boolean) => void>();
let choice: ThemeChoice = "system";

function prefersDark(): MediaQueryList | null {
  return typeof window.matchMedia === "function" ? window.matchMedia("(prefers-color-scheme: dark)") : null;
}

function apply(): void {
  const isDark = choice === "dark" || (choice === "system" && prefersDark()?.matches === true);
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  for (const follower of followers) follower(isDark);
}

/** Tells whether the page is dark, now and whenever that changes. */
export function followDark(follower: (isDark: boolean) => void): void {
  followers.add(follower);
  follower(document.documentElement.dataset["theme"] === "dark");
}

export function startTheme(): void {
  try {
    const kept = window.localStorage.getItem(KEY);
    if (kept === "light" || kept === "dark") choice = kept;
  } catch {
    // Storage is switched off: the system's choice it is.
  }
  apply();
  prefersDark()?.addEventListener("change", apply);
}

export function chooseTheme(next: ThemeChoice): void {
  choice = next;
  try {
    window.localStorage.setItem(KEY, next);
  } catch {
    // It lasts until the window closes.
  }
  apply();
  for (const listener of listeners) listener();
}

export function useTheme(): ThemeChoice {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => choice,
  );
}
