/** highlight.js through lowlight: code in, coloured lines out. Loaded only when a diff is shown. */
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import markdown from "highlight.js/lib/languages/markdown";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import scss from "highlight.js/lib/languages/scss";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";
import type { Highlighter, Piece } from "./pieces";

const lowlight = createLowlight({ bash, c, cpp, csharp, css, go, ini, java, javascript, json, kotlin, markdown, php, python, ruby, rust, scss, sql, swift, typescript, xml, yaml });

type Tree = ReturnType<typeof lowlight.highlight>;
type Node = Tree["children"][number];

export const highlighter: Highlighter = {
  lines(code, language) {
    const lines: Piece[][] = [[]];
    for (const node of lowlight.highlight(language, code).children) collect(node, "", lines);
    return lines;
  },
};

function collect(node: Node, style: string, lines: Piece[][]): void {
  if (node.type === "text") {
    node.value.split("\n").forEach((text, index) => {
      if (index > 0) lines.push([]);
      if (text !== "") lines.at(-1)?.push({ text, style });
    });
    return;
  }
  if (node.type !== "element") return;
  const own = node.properties["className"];
  const inner = Array.isArray(own) ? own.join(" ") : style;
  for (const child of node.children) collect(child, inner, lines);
}
