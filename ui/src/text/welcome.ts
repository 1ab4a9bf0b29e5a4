/** Words of the first run. */
import { many } from "./counting";

export const welcomeText = {
  welcome: {
    title: "Welcome to Orchestron",
    words: "It hands work from one coding agent to the next, and calls you only when a decision is needed. A few steps, and the first task is on its way.",
    steps: "First steps",
    folder: { title: "Which project?", words: "A folder with code, best a git repository. Everything shared lies in its .mcp folder.", path: "Folder", pathHint: "The whole path, such as /home/you/src/shop.", pick: "Choose a folder…", look: "Look at it", another: "Another folder", recent: "Opened lately", gone: "not there any more", forget: (name: string) => `Forget ${name}`, demo: "Or watch a sample project, without a key and for free", browser: (path: string) => `This page shows ${path}. For another project, start there: orchestron run --ui` },
    found: {
      title: "What is there",
      project: (name: string) => `It has been set up already: ${name}.`,
      git: (branch: string) => `A git repository on ${branch}: each task gets a branch and a worktree of its own.`,
      noGit: "No git repository: work happens in the folder itself and nothing is merged.",
      agents: "Coding agents on this machine",
      version: (version: string | null) => (version === null ? "found" : `version ${version}`),
      missing: "not installed",
      setUp: "Set it up",
      open: "Open it",
      openNew: "In a window of its own",
      made: "What was made",
      chain: "Its chain",
      goOn: "Go on",
    },
    agents: { title: "Agents", words: "Who can be started here, and what is missing.", fine: (n: number) => `${many(n, "agent")} ready to start.`, none: "No agent can be started yet.", all: "All agents" },
    chain: { title: "Choose a chain", words: "Who prepares, implements and reviews. You always approve. It can be changed at any time." },
    trust: { title: "What may run here", words: "Look at the commands the project names, and accept them. Nothing runs before that.", done: "You have accepted them." },
    first: { title: "The first task", words: "Say what you want and how one can tell that it is done.", button: "Write the first task", done: (n: number) => `${many(n, "task")} on the board.`, board: "Go to the board" },
    open: "First steps",
    done: "done",
    next: "to do",
  },
  projects: {
    menu: "Projects",
    switch: "Switch this window to",
    another: "Open another folder…",
    newWindow: "In a window of its own",
    inWindow: (name: string) => `${name} in a window of its own`,
  },
} as const;
