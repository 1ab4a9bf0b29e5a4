/** Which backend this page talks to. The fake is not part of a production build. */
import type { Backend } from "./backend";
import { HttpBackend } from "./http";
import { insideTauri, TauriBackend } from "./tauri";
import { restartOnNewToken, takeToken } from "./token";

export interface Chosen {
  backend: Backend;
  now: () => number;
}

export async function chooseBackend(): Promise<Chosen> {
  if (insideTauri()) return { backend: new TauriBackend(), now: Date.now };
  const token = takeToken();
  if (import.meta.env.MODE === "demo" || (import.meta.env.DEV && token === null)) {
    const { FakeBackend } = await import("./fake/backend");
    const fake = FakeBackend.fromAddress(window.location.search);
    return { backend: fake, now: fake.now };
  }
  restartOnNewToken();
  return { backend: new HttpBackend(token), now: Date.now };
}
