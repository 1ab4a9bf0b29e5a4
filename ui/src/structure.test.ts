/** The order of the folders: no import cycles, arrows point one way, files stay small. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname);
const MOST_LINES = 300;

/** Which folder may use which. Files right in src/ (app, router, main) tie everything together and are used by nobody. */
const MAY_USE: Record<string, readonly string[]> = {
  text: [],
  "theme.ts": [],
  backend: ["text"],
  format: ["text", "backend"],
  parts: ["text", "backend", "format"],
  screens: ["text", "theme.ts", "backend", "format", "parts"],
  shell: ["text", "theme.ts", "backend", "format", "parts", "screens"],
};

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const files = filesBelow(ROOT).map((path) => relative(ROOT, path));
const sources = files.filter((file) => !/\.test\.tsx?$/.test(file) && !file.startsWith("testing"));
const textOf = (file: string) => readFileSync(join(ROOT, file), "utf8");

function importsOf(file: string): string[] {
  const found = [...textOf(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, path]) => relative(ROOT, resolve(ROOT, dirname(file), path ?? "")));
  return found.flatMap((path) => files.filter((other) => other === path || other === `${path}.ts` || other === `${path}.tsx` || other === `${path}/index.ts`));
}

const graph = new Map(sources.map((file) => [file, importsOf(file)]));

function cycleFrom(start: string): string[] | null {
  const seen = new Set<string>();
  const walk = (file: string, path: string[]): string[] | null => {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return [...path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...path, next]);
      if (found !== null) return found;
    }
    return null;
  };
  return walk(start, [start]);
}

describe("the source tree", () => {
  it("has no import cycles", () => {
    expect(graph.size).toBeGreaterThan(60);
    expect(sources.map(cycleFrom).filter((cycle) => cycle !== null).map((cycle) => cycle.join(" → "))).toEqual([]);
  });

  it("has arrows that point one way", () => {
    const wrong = [...graph].flatMap(([file, targets]) => {
      const own = file.split("/")[0] ?? "";
      const allowed = MAY_USE[own];
      return allowed === undefined ? [] : targets.filter((target) => target.split("/")[0] !== own && !allowed.includes(target.split("/")[0] ?? "")).map((target) => `${file} uses ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it("has screens that do not know each other", () => {
    const wrong = [...graph].flatMap(([file, targets]) => (file.startsWith("screens/") ? targets.filter((target) => target.startsWith("screens/") && target.split("/")[1] !== file.split("/")[1]).map((target) => `${file} uses ${target}`) : []));
    expect(wrong).toEqual([]);
  });

  it("has small files, each with a word on what it is", () => {
    const own = sources.filter((file) => file !== "backend/wire.ts");
    expect(own.filter((file) => textOf(file).split("\n").length > MOST_LINES)).toEqual([]);
    expect(own.filter((file) => !textOf(file).startsWith("/**") && !textOf(file).startsWith("import \"./theme.css\"") && !/^(?:import[^;]*;\n)*\/\*\*/.test(textOf(file)))).toEqual([]);
  });

  it("makes no HTML from text and no style element", () => {
    expect(sources.filter((file) => /dangerouslySetInnerHTML|innerHTML|<style|eval\(|new Function/.test(textOf(file)))).toEqual([]);
  });
});
