/** A request's one line: a command is set as code. */
import type { RequestView } from "../../backend/wire";
import { visible } from "../../format/visible";
import { verbOf } from "./order";

export function RequestTitle({ request }: { request: RequestView }) {
  if (request.kind !== "permission") return <>{visible(request.title)}</>;
  const verb = verbOf(request.tool ?? "");
  const subject = request.title.startsWith(`${verb} `) ? request.title.slice(verb.length + 1) : request.title;
  return (
    <>
      {verb} <code className="font-medium">{visible(subject)}</code>
    </>
  );
}
