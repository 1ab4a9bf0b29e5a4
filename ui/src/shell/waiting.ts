/** How much waits for the person. What was decided a moment ago and is held back does not wait any more. */
import { useHeld } from "../backend/held";
import { useRead } from "../backend/reads";

export function useWaiting(counted: number | undefined): number | undefined {
  const { now } = useHeld();
  const decided = new Set([...now.gone, ...now.held.filter(({ until }) => until !== null).map(({ input }) => input.request)]);
  // As long as nothing was decided here, the project's own count is right and nothing more is asked.
  const requests = useRead("requests", {}, { enabled: decided.size > 0 }).data;
  if (decided.size === 0 || requests === undefined) return counted;
  return requests.filter(({ id, open }) => open && !decided.has(id)).length;
}
