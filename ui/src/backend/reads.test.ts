import { describe, expect, it } from "vitest";
import { FakeBackend } from "./fake/backend";
import { shared } from "./reads";
import type { BoardView } from "./wire";

/** As it comes over the wire: nothing of it is an object that was there before. */
const anew = <T>(answer: T): T => JSON.parse(JSON.stringify(answer)) as T;

describe("what is shared between an answer and the next one", () => {
  const { world } = new FakeBackend();
  const board: BoardView = { project: world.project, cards: world.cards };

  it("is all of it when nothing but the count of events changed", () => {
    const next = anew(board);
    next.project.generation = 77;
    const first = shared(undefined, anew(board));
    expect(shared(first, next)).toBe(first);
    const project = shared(undefined, anew(world.project));
    expect(shared(project, { ...anew(world.project), generation: 78 })).toBe(project);
  });

  it("is every card but the one that moved, wherever it stood", () => {
    const first = shared(undefined, anew(board)) as BoardView;
    const next = anew(board);
    const [moved] = next.cards.splice(2, 1);
    if (moved !== undefined) next.cards.push({ ...moved, status: "done" });
    const second = shared(first, next) as BoardView;
    expect(second.project).toBe(first.project);
    const old = new Set(first.cards);
    expect(second.cards.filter((card) => !old.has(card)).map(({ id }) => id)).toEqual([moved?.id]);
  });
});
