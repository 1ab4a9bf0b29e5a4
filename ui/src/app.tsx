/** Everything a screen needs around it. */
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, type RouterHistory } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { I18nProvider } from "react-aria-components";
import type { FirstQuestion } from "./backend/ahead";
import { type Surroundings, SurroundingsContext } from "./backend/context";
import { keepFresh } from "./backend/live";
import { newQueryClient } from "./backend/reads";
import { newRouter } from "./router";

interface AppProps extends Surroundings {
  /** Where to start; the browser's address by default. */
  history?: RouterHistory;
  /** What is known already. */
  answers?: readonly [FirstQuestion, unknown][];
}

export function App({ backend, now, history, answers = [] }: AppProps) {
  const [client] = useState(() => newQueryClient(answers));
  const [router] = useState(() => newRouter(history));
  const [surroundings] = useState(() => ({ backend, now }));
  useEffect(() => keepFresh(backend, client), [backend, client]);
  return (
    <I18nProvider locale="en-GB">
      <SurroundingsContext value={surroundings}>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </SurroundingsContext>
    </I18nProvider>
  );
}
