/**
 * Every word the window says, by screen. The voice: plain, exact, short; it says what is, then what to do.
 * The words of the house (task, chain, leg, holder, handoff, run, gate, feedback, request) mean the same everywhere.
 */
import { activityText } from "./activity";
import { agentsText } from "./agents";
import { boardText } from "./board";
import { generalText } from "./general";
import { insightsText } from "./insights";
import { needsYouText } from "./needs-you";
import { newTaskText } from "./new-task";
import { reviewText } from "./review";
import { settingsText } from "./settings";
import { shellText } from "./shell";
import { taskText } from "./task";
import { welcomeText } from "./welcome";
import { workflowsText } from "./workflows";

export const text = {
  ...generalText,
  ...shellText,
  ...needsYouText,
  ...boardText,
  ...taskText,
  ...reviewText,
  ...newTaskText,
  ...agentsText,
  ...activityText,
  ...insightsText,
  ...workflowsText,
  ...welcomeText,
  ...settingsText,
} as const;
