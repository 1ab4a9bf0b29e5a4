/** What an agent said just before it asked. */
import { Link } from "@tanstack/react-router";
import { useTranscript } from "../../backend/reads";
import type { RequestView } from "../../backend/wire";
import { Markdown } from "../../parts/markdown";
import { Section } from "../../parts/section";
import { text } from "../../text";

const LAST_WORDS = 2;

export function JustBefore({ request }: { request: RequestView }) {
  const transcript = useTranscript(request.run).data;
  const said = transcript?.items.filter((item) => item.type === "says").slice(-LAST_WORDS) ?? [];
  if (said.length === 0 || request.task === null) return null;
  return (
    <Section title={text.permission.before(request.from ?? "")}>
      <div className="flex flex-col gap-2 border-l-2 border-line pl-3 text-muted">
        {said.map((item, index) => (
          <Markdown key={`${index} ${item.text}`} source={item.text} />
        ))}
        <Link to="/task/$task" params={{ task: request.task }} search={{ tab: "transcript", ...(request.run === null ? {} : { run: request.run }) }} className="self-start rounded text-xs text-accent underline-offset-2 hover:underline">
          {text.permission.wholeTranscript}
        </Link>
      </div>
    </Section>
  );
}
