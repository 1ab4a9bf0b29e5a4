/** What `orchestron doctor` finds. */
import { CircleAlert, CircleCheck, Info } from "lucide-react";
import { useRead } from "../../backend/reads";
import type { Finding } from "../../backend/wire";
import { Failed, Loading } from "../../parts/states";
import { sentence, Ticked } from "../../parts/ticked";
import { text } from "../../text";
import { Panel } from "./panel";

export function Health() {
  const doctor = useRead("doctor", {});
  const words = doctor.data === undefined ? text.health.looking : doctor.data.healthy ? text.health.good : text.health.bad;
  return (
    <Panel id="health" title={text.health.title} words={words}>
      {doctor.data !== undefined ? (
        <ul className="flex flex-col gap-2">
          {[...doctor.data.findings].sort((a, b) => Number(a.good) - Number(b.good)).map((finding) => (
            <Line key={`${finding.about} ${finding.what}`} finding={finding} />
          ))}
        </ul>
      ) : doctor.isError ? (
        <Failed title={text.health.failed} cause={doctor.error} onRetry={() => void doctor.refetch()} />
      ) : (
        <Loading what={text.health.looking} />
      )}
    </Panel>
  );
}

/** What is good and has a cure all the same is no fault, but something to know. */
function Mark({ finding }: { finding: Finding }) {
  if (!finding.good) return <CircleAlert role="img" aria-label={text.health.wrong} size={14} className="mt-0.5 shrink-0 text-bad" />;
  if (finding.cure !== null) return <Info role="img" aria-label={text.health.note} size={14} className="mt-0.5 shrink-0 text-muted" />;
  return <CircleCheck role="img" aria-label={text.health.fine} size={14} className="mt-0.5 shrink-0 text-good" />;
}

function Line({ finding }: { finding: Finding }) {
  return (
    <li className="flex gap-2.5 text-sm">
      <Mark finding={finding} />
      <span className="w-28 shrink-0 truncate text-muted">{finding.about}</span>
      <span className="min-w-0 flex-1 wrap-anywhere">
        <Ticked words={finding.what} />
        {finding.cure === null ? null : <span className="mt-0.5 block text-xs text-muted">
            <Ticked words={sentence(finding.cure)} />
          </span>}
      </span>
    </li>
  );
}
