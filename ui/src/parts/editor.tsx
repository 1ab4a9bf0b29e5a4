/** Opens a changed file in the person's own editor. Only the window on this machine can; in a browser there is no such button. */
import { SquareArrowOutUpRight } from "lucide-react";
import { useBackend } from "../backend/context";
import type { FileDiffView } from "../backend/wire";
import { useWrite } from "../backend/writes";
import { text } from "../text";
import { IconButton } from "./button";
import { parsePatch } from "./diff/parse";

export function OpenInEditor({ task, file }: { task: string; file: FileDiffView }) {
  const isHere = useBackend().isDesktop;
  const open = useWrite("open");
  if (!isHere || file.change === "deleted") return null;
  const line = () => parsePatch(file.patch).find(({ kind, after }) => kind === "add" && after !== null)?.after ?? null;
  return (
    <IconButton label={text.changes.openEditor} onPress={() => open.mutate({ task, path: file.path, line: line() })} isPending={open.isPending} data-testid="open-editor" className="-ml-2">
      <SquareArrowOutUpRight aria-hidden size={14} />
    </IconButton>
  );
}
