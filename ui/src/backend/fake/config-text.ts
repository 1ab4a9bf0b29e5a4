/** The text of the fake's `.mcp/config.yaml`. */
export const CONFIG = `# How this project hands work on. Read again whenever it is saved.

project: acme/storefront
base_branch: main
task_prefix: TASK

# Who does which leg of a task.
chain:
  prepare: architect       # pending: fleshes the task out
  implement: claude-impl   # ready: does the work
  review: codex-review     # review: reads the work before you do
  approve: person

gates:
  - name: tests
    run: npm test
    timeout: 10m
  - name: lint
    run: npm run lint -- --max-warnings 0

limits:
  parallel: auto # agents that work at the same time
  attempts: 3    # failed tries before the task asks for you
  backoff: 5s
  budget_usd: { task: 5, day: 20 }

notify:
  done: digest
  digest: "17:00"
  quiet: { from: "22:00", to: "07:00", except: [budget, P0] }
`;
