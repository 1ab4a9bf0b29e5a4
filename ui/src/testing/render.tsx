/** Renders the whole app on a fake backend, at an address. */
import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { App } from "../app";
import { FakeBackend } from "../backend/fake/backend";
import type { Scenario } from "../backend/fake/world";

export interface Rendered {
  backend: FakeBackend;
  user: UserEvent;
  container: HTMLElement;
  path: () => string;
}

export function renderAt(address: string, scenario: Scenario = "ordinary"): Rendered {
  const backend = new FakeBackend(scenario);
  const history = createMemoryHistory({ initialEntries: [address] });
  const user = userEvent.setup();
  const { container } = render(<App backend={backend} now={backend.now} history={history} />);
  return { backend, user, container, path: () => history.location.pathname + history.location.search };
}
