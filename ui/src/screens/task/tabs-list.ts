/** The tabs of the task page, as they stand in its address. */
export const TABS = ["handoffs", "transcript", "changes", "messages", "feedback", "runs", "file"] as const;
export type TabId = (typeof TABS)[number];

export interface TaskSearch {
  tab?: TabId;
  run?: string;
}
