/** Which backend this page talks to. The fake is not part of a production build. */
import type { Backend } from "./backend";
import { HttpBackend } from "./http";
import { insideTauri, TauriBackend } from "./tauri";
import { restartOnNewToken, takeToken } from "./token";

export interface Chosen {
  backend: Backend;
  now: () => number;
}

/** At once where it can be, so that asking begins at once. */
export function chooseBackend(): Chosen | Promise<Chosen> {
  if (insideTauri()) return { backend: new TauriBackend(), now: Date.now };
  const token = takeToken();
  if (import.meta.env.MODE === "demo" || (import.meta.env.DEV && token === null)) return fake();
  restartOnNewToken();
  return { backend: new HttpBackend(token), now: Date.now };
}

async function fake(): Promise<Chosen> {
  const { FakeBackend } = await import("./fake/backend");
  const fake = FakeBackend.fromAddress(window.location.search);
  return { backend: fake, now: fake.now };
}
