/** The fake's time stands still, so that pictures and tests are always the same. */
export const NOW = Date.UTC(2026, 10, 20, 9, 24, 0);

export const now = (): number => NOW;

const MINUTE = 60_000;

export const minutesAgo = (minutes: number): number => NOW - minutes * MINUTE;
export const iso = (at: number): string => new Date(at).toISOString().replace(".000Z", "Z");
