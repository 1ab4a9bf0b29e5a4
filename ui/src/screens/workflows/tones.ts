/** The colour of how far an instance is. */
import type { InstanceWord } from "../../backend/wire";

export const STATE_TONES: Record<InstanceWord, "accent" | "warn" | "bad" | "good"> = { running: "accent", "needs-you": "warn", stuck: "bad", done: "good" };
