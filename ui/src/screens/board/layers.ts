/**
 * A layered layout of what depends on what: what is waited for stands left of what waits, and lines cross as little as a few sweeps
 * can make them. Plain arithmetic over thousands of tasks in a few milliseconds; no library.
 */
export interface Task {
  id: string;
  depends_on: readonly string[];
}

export interface Placed {
  id: string;
  layer: number;
  /** In rows; not always whole. */
  row: number;
}

export interface Graph {
  nodes: Placed[];
  edges: { from: string; to: string }[];
  layers: number;
  rows: number;
  /** How many tasks stand alone. */
  alone: number;
}

const SWEEPS = 4;

export function layout(tasks: readonly Task[]): Graph {
  const known = new Set(tasks.map(({ id }) => id));
  const before = new Map<string, string[]>();
  const after = new Map<string, string[]>();
  const edges: Graph["edges"] = [];
  for (const { id, depends_on } of tasks) {
    for (const from of new Set(depends_on)) {
      if (!known.has(from) || from === id) continue;
      edges.push({ from, to: id });
      before.set(id, [...(before.get(id) ?? []), from]);
      after.set(from, [...(after.get(from) ?? []), id]);
    }
  }
  const joined = tasks.filter(({ id }) => before.has(id) || after.has(id)).map(({ id }) => id);
  const layerOf = layersOf(joined, before, after);
  const columns: string[][] = [];
  for (const id of joined) (columns[layerOf.get(id) ?? 0] ??= []).push(id);
  const filled = Array.from(columns, (column) => column ?? []);
  const rowOf = sweep(filled, before, after);
  return {
    nodes: filled.flatMap((column, layer) => column.map((id) => ({ id, layer, row: rowOf.get(id) ?? 0 }))),
    edges,
    layers: filled.length,
    rows: [...rowOf.values()].reduce((most, row) => Math.max(most, row + 1), 0),
    alone: tasks.length - joined.length,
  };
}

/** As far right as the longest way to it. Those in a circle come after what they can come after. */
function layersOf(ids: readonly string[], before: Map<string, string[]>, after: Map<string, string[]>): Map<string, number> {
  const layers = new Map<string, number>();
  const open = new Map(ids.map((id) => [id, before.get(id)?.length ?? 0]));
  const queue = ids.filter((id) => open.get(id) === 0);
  const left = new Set(ids);
  while (left.size > 0) {
    // A circle has no beginning: the first of it is taken for one.
    if (queue.length === 0) queue.push([...left][0] ?? "");
    const id = queue.pop() ?? "";
    if (!left.delete(id)) continue;
    const own = Math.max(-1, ...(before.get(id) ?? []).map((from) => layers.get(from) ?? -1)) + 1;
    layers.set(id, own);
    for (const to of after.get(id) ?? []) {
      const rest = (open.get(to) ?? 1) - 1;
      open.set(to, rest);
      if (rest === 0) queue.push(to);
    }
  }
  return layers;
}

/** Puts each near the middle of those it is joined to, to the right and to the left in turn. */
function sweep(columns: string[][], before: Map<string, string[]>, after: Map<string, string[]>): Map<string, number> {
  const rows = new Map<string, number>();
  for (const column of columns) for (const [row, id] of column.entries()) rows.set(id, row);
  for (let round = 0; round < SWEEPS; round += 1) {
    const toRight = round % 2 === 0;
    const neighbours = toRight ? before : after;
    for (const column of toRight ? columns : [...columns].reverse()) place(column, neighbours, rows);
  }
  const top = [...rows.values()].reduce((least, row) => Math.min(least, row), Number.POSITIVE_INFINITY);
  for (const [id, row] of rows) rows.set(id, row - top);
  return rows;
}

function place(column: string[], neighbours: Map<string, string[]>, rows: Map<string, number>): void {
  const wanted = new Map(
    column.map((id) => {
      const near = neighbours.get(id)?.map((other) => rows.get(other) ?? 0) ?? [];
      return [id, near.length === 0 ? (rows.get(id) ?? 0) : near.reduce((sum, row) => sum + row, 0) / near.length];
    }),
  );
  column.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
  let next = Number.NEGATIVE_INFINITY;
  for (const id of column) {
    const row = Math.max(next, Math.round((wanted.get(id) ?? 0) * 2) / 2);
    rows.set(id, row);
    next = row + 1;
  }
}
