/** A block of text as it is: a command, an input, an output. */
import { visible } from "../format/visible";
import { text } from "../text";
import { CopyButton } from "./copy";

interface CodeProps {
  value: string;
  label: string;
  /** A prompt before the first line, for commands. */
  prompt?: boolean;
  tall?: boolean;
}

export function Code({ value, label, prompt = false, tall = false }: CodeProps) {
  return (
    <div role="group" aria-label={label} className="group relative rounded-lg border border-line bg-code">
      {/* Focusable, so that it can be scrolled by keyboard. */}
      <pre tabIndex={0} className={`overflow-auto rounded-lg px-3 py-2.5 pr-10 text-xs leading-5 whitespace-pre-wrap wrap-anywhere ${tall ? "max-h-96" : "max-h-56"}`}>
        {prompt ? <span aria-hidden className="text-faint select-none">$ </span> : null}
        {visible(value)}
      </pre>
      <CopyButton label={`${text.copy}: ${label}`} value={value} className="absolute top-1.5 right-1.5 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100" />
    </div>
  );
}
