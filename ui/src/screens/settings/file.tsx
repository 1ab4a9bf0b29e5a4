/** The whole configuration as text; what is wrong is refused with its line, which is then shown. */
import { useRef, useState } from "react";
import { useRead } from "../../backend/reads";
import type { ConfigView, ErrorView } from "../../backend/wire";
import { useWrite } from "../../backend/writes";
import { Button } from "../../parts/button";
import { Failed, Loading, Trouble } from "../../parts/states";
import { text } from "../../text";
import { Panel } from "./panel";

export function FilePanel() {
  const config = useRead("config", {});
  return (
    <Panel id="file" title={text.settings.part.file} words={text.settings.words.file}>
      {config.data !== undefined ? <Editor config={config.data} /> : config.isError ? <Failed title={text.settings.failed} cause={config.error} onRetry={() => void config.refetch()} /> : <Loading what={text.settings.loading} />}
    </Panel>
  );
}

function Editor({ config }: { config: ConfigView }) {
  const own = useRef<HTMLTextAreaElement>(null);
  // What is typed is bound to the text it was made from: somebody else's change is not written over.
  const [draft, setDraft] = useState<{ text: string; hash: string } | null>(null);
  const [error, setError] = useState<ErrorView | null>(null);
  const write = useWrite("config-write", {
    onDone: () => {
      setDraft(null);
      setError(null);
    },
    onFailure: (failure) => {
      setError(failure.view);
      showLine(own.current, lineIn(failure.view.message));
    },
  });
  const now = draft?.text ?? config.text;
  const isChanged = draft !== null && draft.text !== config.text;
  return (
    <div className="flex flex-col gap-3">
      {error === null ? null : <Trouble view={error} />}
      <textarea
        ref={own}
        aria-label={text.settings.text}
        data-testid="config-text"
        value={now}
        rows={18}
        spellCheck={false}
        onChange={({ target }) => setDraft({ text: target.value, hash: draft?.hash ?? config.hash })}
        className="w-full resize-y rounded-lg border border-line bg-code px-3 py-2 font-mono text-xs leading-5 whitespace-pre"
      />
      <footer className="flex justify-end gap-2">
        {isChanged ? (
          <Button
            onPress={() => {
              setDraft(null);
              setError(null);
            }}
          >
            {text.settings.revert}
          </Button>
        ) : null}
        <Button look="solid" isDisabled={!isChanged} isPending={write.isPending} onPress={() => draft !== null && write.mutate({ text: draft.text, hash: draft.hash })} data-testid="config-save">
          {text.settings.save}
        </Button>
      </footer>
    </div>
  );
}

export function lineIn(message: string): number | null {
  const found = /\bline (\d+)/.exec(message)?.[1];
  return found === undefined ? null : Number(found);
}

function showLine(area: HTMLTextAreaElement | null, line: number | null): void {
  if (area === null || line === null) return;
  const lines = area.value.split("\n");
  const begin = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(begin, begin + (lines[line - 1]?.length ?? 0));
}
