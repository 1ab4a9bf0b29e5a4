/** Words of the backend: what stands between backticks is code, everything else is shown as it is. */
import { visible } from "../format/visible";

export function Ticked({ words }: { words: string }) {
  const parts = visible(words).split("`");
  // A single backtick opens nothing.
  if (parts.length % 2 === 0) return <>{parts.join("`")}</>;
  return (
    <>
      {parts.map((part, index) =>
        index % 2 === 0 ? (
          part
        ) : (
          <code key={`${index} ${part}`} className="rounded-[0.1875rem] bg-raised px-[0.25em] py-px text-[0.94em] wrap-anywhere select-text">
            {part}
          </code>
        ),
      )}
    </>
  );
}

/** A line of the backend as a sentence of its own. What begins with a name, a path or a command stays as it is. */
export function sentence(words: string): string {
  return /^[a-z]+[ ,]/.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words;
}
