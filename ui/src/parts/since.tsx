/** Ages and moments that keep themselves up to date. */
import { useSurroundings } from "../backend/context";
import { age, ageStep, fullMoment, moment } from "../format/time";
import { useNow } from "./ticker";

export function Age({ since }: { since: number }) {
  const { now } = useSurroundings();
  const current = useNow(ageStep(now() - since));
  return <time dateTime={new Date(since).toISOString()} title={fullMoment(since)}>{age(Math.max(0, current - since))}</time>;
}

export function Moment({ at }: { at: number }) {
  const current = useNow(60_000);
  return <time dateTime={new Date(at).toISOString()} title={fullMoment(at)}>{moment(at, current)}</time>;
}
