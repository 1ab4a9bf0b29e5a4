/** Open requests, most urgent first, and who comes after one that was decided. */
import type { RequestView } from "../../backend/wire";

export function openRequests(requests: readonly RequestView[], decided: ReadonlySet<number>): RequestView[] {
  return requests.filter(({ id, open }) => open && !decided.has(id)).sort((a, b) => b.urgency - a.urgency || a.since - b.since || a.id - b.id);
}

/** The one to show: the chosen one, or the first. */
export function chosenOf(requests: readonly RequestView[], id: number | undefined): RequestView | undefined {
  return requests.find((request) => request.id === id) ?? requests[0];
}

/** The neighbour so many steps away; stops at both ends. */
export function neighbour(requests: readonly RequestView[], id: number, by: 1 | -1): RequestView | undefined {
  const index = requests.findIndex((request) => request.id === id);
  return requests[index + by];
}

/** What to show once this one is gone: the next one, at the end the one before. */
export function afterDeciding(requests: readonly RequestView[], id: number): number | undefined {
  return (neighbour(requests, id, 1) ?? neighbour(requests, id, -1))?.id;
}

/** `Run` for a shell command, `Edit` for a file; other tools by their name. */
export function verbOf(tool: string): string {
  switch (tool) {
    case "Bash":
      return "Run";
    case "Edit":
    case "MultiEdit":
    case "NotebookEdit":
      return "Edit";
    case "Write":
      return "Write";
    case "Read":
      return "Read";
    case "WebFetch":
      return "Fetch";
    case "WebSearch":
      return "Search the web for";
    default:
      return tool;
  }
}
