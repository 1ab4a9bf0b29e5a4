/** One action on many tasks, one after the other; what could not be done is said with its reason. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useBackend } from "../../backend/context";
import { toFailure } from "../../backend/failure";
import { tell } from "../../backend/tell";
import { text } from "../../text";

export interface Bulk {
  /** How many are done while it goes on. */
  progress: { done: number; all: number } | null;
  run: (ids: readonly string[], act: (id: string) => Promise<unknown>, did: (count: number) => string) => Promise<void>;
}

const MOST_REASONS = 2;

export function useBulk(): Bulk {
  const client = useQueryClient();
  const [progress, setProgress] = useState<Bulk["progress"]>(null);
  const run: Bulk["run"] = async (ids, act, did) => {
    const reasons = new Map<string, number>();
    let good = 0;
    for (const [index, id] of ids.entries()) {
      setProgress({ done: index, all: ids.length });
      try {
        await act(id);
        good += 1;
      } catch (cause) {
        const why = toFailure(cause).view.message;
        reasons.set(why, (reasons.get(why) ?? 0) + 1);
      }
    }
    setProgress(null);
    void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "transcript" });
    const more = [...reasons].slice(0, MOST_REASONS).map(([why, count]) => text.select.notDone(count, why));
    tell({ what: good > 0 || reasons.size === 0 ? did(good) : (more.shift() ?? ""), more, good: good > 0 });
  };
  return { progress, run };
}

export const useCalls = () => {
  const backend = useBackend();
  return {
    priority: (to: string) => (task: string) => backend.call("priority", { task, to }),
    pause: (task: string) => backend.call("pause", { why: null, task }),
    resume: (task: string) => backend.call("resume", { task }),
    reassign: (agent: string | null) => (task: string) => backend.call("reassign", { task, agent, leg: null, why: null }),
    retry: (task: string) => backend.call("retry", { task, note: null, agent: null }),
  };
};
