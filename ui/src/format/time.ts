/** Moments and spans in words. Everything comes in milliseconds. */
const TENTH = 100;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `<0.1 s`, `0.4 s`, `40 s`, `12 min`, `1 h 20 min`, `3 d`. */
export function span(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < TENTH) return "<0.1 s";
  if (ms < SECOND) return `${(Math.floor(ms / TENTH) / 10).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) {
    const minutes = Math.floor((ms % HOUR) / MINUTE);
    return minutes === 0 ? `${Math.floor(ms / HOUR)} h` : `${Math.floor(ms / HOUR)} h ${minutes} min`;
  }
  return `${Math.floor(ms / DAY)} d`;
}

/** An age: like a span, but coarser, because it counts on. */
export function age(milliseconds: number): string {
  const ms = Math.max(0, milliseconds);
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** How often an age changes its words. */
export function ageStep(milliseconds: number): number {
  return milliseconds < MINUTE ? SECOND : 10 * SECOND;
}

const hourAndMinute = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const withSeconds = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayAndMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium" });

/** `09:12` today, `12 Nov` before. */
export function moment(at: number, now: number): string {
  return isSameDay(at, now) ? hourAndMinute.format(at) : dayAndMonth.format(at);
}

export function clock(at: number): string {
  return withSeconds.format(at);
}

export function day(at: number): string {
  return dayAndMonth.format(at);
}

export function fullMoment(at: number): string {
  return whole.format(at);
}

export function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}
