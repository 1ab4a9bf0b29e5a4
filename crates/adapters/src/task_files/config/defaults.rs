//! What `init` writes into `.mcp/`: files that work as they are, and explain themselves.

use orchestron_domain::TaskId;
use orchestron_engine::ports::InstalledAgent;

/// What the files depend on.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    /// The project's name for people.
    pub project: &'a str,
    /// The branch that is checked out; none without git.
    pub base_branch: Option<&'a str>,
    /// The coding agents that were looked for on this machine.
    pub installed: &'a [InstalledAgent],
    /// Commands that look like this project's checks (`npm test`); written as gates.
    pub gates: &'a [String],
}

/// A file to write, unless there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultFile {
    /// Below `.mcp/`.
    pub path: &'static str,
    /// What it says.
    pub text: String,
}

/// The files of a new project.
#[must_use]
pub fn write_default(setup: &Setup<'_>) -> Vec<DefaultFile> {
    let claude = setup
        .installed
        .iter()
        .any(|agent| agent.cli == "claude" && agent.program.is_some());
    let file = |path, text: String| DefaultFile { path, text };
    vec![
        file(super::PROJECT_FILE, project(setup, claude)),
        file(
            super::AGENTS_FILE,
            if claude {
                agents_with_claude()
            } else {
                agents_without()
            },
        ),
        file("prompts/prepare.md", PREPARE.to_owned()),
        file("prompts/implement.md", IMPLEMENT.to_owned()),
        file("prompts/review.md", REVIEW.to_owned()),
        file("workflows/rpiv.yaml", EXAMPLE_WORKFLOW.to_owned()),
        file(".gitignore", IGNORE.to_owned()),
    ]
}

fn project(setup: &Setup<'_>, claude: bool) -> String {
    let mut text = String::from(
        "# How this project hands work on. Read again whenever it is saved; `orchestron doctor` tells what is wrong with it.\n\n",
    );
    text.push_str(&format!("project: {}\n\n", quoted(setup.project)));
    text.push_str("# Approved work is merged into this branch. Left out: the branch that was checked out at `orchestron init`.\n");
    text.push_str(&match setup.base_branch {
        Some(branch) => format!("base_branch: {}\n\n", quoted(branch)),
        None => "# base_branch: main\n\n".to_owned(),
    });
    let example = TaskId::new("TASK", 1).map_or_else(|_| String::new(), |id| id.to_string());
    text.push_str(&format!(
        "# New tasks are called {example} and so on.\ntask_prefix: TASK\n\n"
    ));
    text.push_str(if claude {
        CHAIN_WITH_CLAUDE
    } else {
        CHAIN_WITHOUT
    });
    text.push_str(&gates(setup.gates));
    text.push_str(LIMITS);
    text
}

fn gates(commands: &[String]) -> String {
    let mut text = String::from(
        "\n# Commands that must pass before work goes to review; they run in the task's own worktree. One that fails sends the work back\n# with its output.\n",
    );
    if commands.is_empty() {
        text.push_str("gates: []\n#  - name: tests\n#    run: npm test\n#    timeout: 10m\n");
        return text;
    }
    text.push_str("gates:\n");
    for command in commands {
        let name: Vec<&str> = command.split_whitespace().take(3).collect();
        text.push_str(&format!(
            "  - name: {}\n    run: {}\n    timeout: 10m\n",
            quoted(&name.join(" ")),
            quoted(command)
        ));
    }
    text
}

/// A text as YAML that reads as exactly this text. JSON strings are YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

const CHAIN_WITH_CLAUDE: &str = "\
# Who does which leg of a task: an agent of agents.yaml, `person`, or a tool you start yourself, such as `cursor`.
# A leg that is left out is skipped; a person always approves. Several agents share a leg: [claude-impl, claude-impl-2].
chain:
  prepare: architect       # pending: fleshes the task out
  implement: claude-impl   # ready: does the work
  review: claude-review    # review: reads the work before you do
  approve: person
";

const CHAIN_WITHOUT: &str = "\
# Who does which leg of a task: an agent of agents.yaml, `person`, or a tool you start yourself, such as `cursor`.
# A leg that is left out is skipped; a person always approves.
# No coding agent that orchestron can launch was found here, so nothing is launched: the board shows whose turn it is, and
# `orchestron next --agent cursor` gives that holder the task with its whole context.
chain:
  prepare: person          # pending: fleshes the task out
  implement: cursor        # ready: does the work
  approve: person
";

const LIMITS: &str = "
limits:
  parallel: auto # agents that work at the same time; auto = what this machine can bear, 4 at most. 1 = one after the other
  attempts: 3    # failed tries before the task asks for you
  backoff: 5s    # wait after a crash or an error of the model; doubles each time. A gate that failed waits for nothing
  park: 5m       # rest of an account whose provider refuses without saying until when

# What this machine keeps of the runs of finished tasks: what agents said and how gates ended.
# keep: { days: 30, megabytes: 2000 }

# What you are told when: now, together (gathered for a while, then told as one), digest (once a day) or off. Nothing comes in quiet
# hours but what `except` names.
# notify:
#   review: together
#   permission: now
#   done: digest
#   quiet: { from: \"22:00\", to: \"07:00\", except: [budget, P0] }
#   digest: \"17:00\"
#   zone: Europe/Berlin    # left out: this machine's clock

# Where tasks are worked on. Left out: a folder of this machine outside the project.
# worktrees: ../my-worktrees
";

const KEYS: &str = "\
#   cli               the coding agent to launch (claude); without it nothing is launched
#   model             the model, in the agent's own words
#   persona           who it is, in a sentence or two
#   prompt_file       more of the same, a file below .mcp/
#   capabilities      what it is good at; a task can need some of it (`## Needs`)
#   tools_allowed     what it may use without asking, in the agent's own syntax: \"Bash(npm test)\"
#   tools_restricted  what it may never use
#   directories       folders it may write in, relative to the project; left out: all of the task's worktree
#   timeout, silence  longest run, longest silence: 30m, 2h
#   max_turns, budget_usd   limits of one run
#   instances               how many runs of it at the same time
#   base_url, account       another address of the model's API; agents of one account share its limits and its key
";

fn agents_with_claude() -> String {
    format!(
        "# The agents of this project. Read again whenever it is saved. Keys are never kept here: give them in the window or with\n# `orchestron keys set`, they go to your keyring. An entry can have:\n{KEYS}\n{AGENTS}"
    )
}

fn agents_without() -> String {
    let example: String = AGENTS
        .lines()
        .skip(1)
        .map(|line| {
            if line.is_empty() {
                "#\n".to_owned()
            } else {
                format!("# {line}\n")
            }
        })
        .collect();
    format!(
        "# The agents of this project. Read again whenever it is saved. An entry can have:\n{KEYS}
agents:
  cursor:
    persona: Implements tasks in the editor.
    capabilities: [implement]

# With the Claude command line (npm install -g @anthropic-ai/claude-code) these can work by themselves. Take the marks away, and name
# them in the chain of config.yaml:
{example}"
    )
}

const AGENTS: &str = "\
agents:
  architect:
    cli: claude
    persona: You prepare work for others. You read the code before you write a plan.
    prompt_file: prompts/prepare.md
    capabilities: [architecture, planning]
    tools_allowed: [Read, Glob, Grep]
    timeout: 20m
    max_turns: 60

  claude-impl:
    cli: claude
    persona: You are an experienced engineer of this project.
    prompt_file: prompts/implement.md
    capabilities: [backend, frontend, tests]
    tools_allowed: [Read, Glob, Grep, Edit, Write]
    tools_restricted: [\"Bash(git push *)\"]
    timeout: 1h
    max_turns: 200

  claude-review:
    cli: claude
    persona: You review work that others did. You are thorough, fair and brief.
    prompt_file: prompts/review.md
    capabilities: [review]
    tools_allowed: [Read, Glob, Grep]
    timeout: 20m
    max_turns: 60
";

const PREPARE: &str = "\
# Preparing a task

Your leg makes a task ready for whoever implements it. You change the task, not the code.

1. Read the task, then the code it is about. Name files by their real paths.
2. Write the goal as the outcome a user or a caller will notice, in a few sentences.
3. Write acceptance criteria that somebody else can check: one observable fact each, three to seven of them, with the edge cases
   that matter. Say how each is checked when that is not plain.
4. List the files that will change, and in the implementation notes the approach, the decisions you took and why, and what to leave alone.
5. Tick the boxes of the definition of ready that hold. If the task is too big for one review, say how to split it.

If the goal can be understood in two ways that lead to different work, ask; otherwise decide, and note your assumption.
Then submit, with what the implementer must know in a few lines.
";

const IMPLEMENT: &str = "\
# Implementing a task

Your leg turns a prepared task into finished work in this worktree.

1. Read the task to its end: handoffs, feedback and error context too. Feedback comes first; answer each point of it.
2. Read the code around what you change, and keep to its style, its names and its ways of testing.
3. Make the smallest change that meets every acceptance criterion. No unrelated clean-ups, no placeholders.
4. Add tests that fail without your change. Run the project's own checks, and mend what they find.
5. Tick a criterion only when you have seen it hold. Note what you could not check.

Do not commit, push or switch branches: your work is committed for you. If you are stuck on a decision that is not yours, ask for help.
When all is done, submit, and tell the reviewer in a few lines what you did, how you checked it, and where to look closely.
";

const REVIEW: &str = "\
# Reviewing a task

Your leg decides whether this work is ready for a person's approval. You read; you change nothing.

1. Read the goal and the acceptance criteria first, then the whole diff, then the code around it.
2. For each criterion, find the code and the test that make it true. A tick alone is no proof.
3. Look for what was forgotten: errors, limits, concurrency, old data, security, and callers that were not changed.
4. Tell apart what must change from what you would have done differently. Only the first is a reason to send work back.

Approve when every criterion holds and nothing must change. Otherwise ask for changes: for each point the file and line, what is
wrong, and what would make it right. Be specific and brief; the implementer sees your words and nothing else of you.
";

/// The workflow that `init` writes: research, plan, implement, verify.
pub const EXAMPLE_WORKFLOW: &str = "\
# A workflow: a template that makes tasks. `orchestron workflow start rpiv --set goal=\"…\"` makes one task for each step; they wait for one
# another and go through the chain as all others do. A text has ${name} where a parameter goes, and ${step.task} for the task of a step it
# depends on. A step can have: title, goal, notes, priority, agent (who implements it), chain: { prepare, implement, review }, depends_on,
# criteria, files, needs, tests.
about: Research, plan, implement, verify

parameters:
  goal: What is wanted, in a sentence
  area: { about: Where in the code to look first, default: the whole project }
  plan-name: { about: \"Name of the notes in docs/research\", default: notes }

steps:
  research:
    title: \"Research: ${goal}\"
    goal: |
      Find out what has to be known before anybody plans this: ${goal}
      Where to look first: ${area}. Read; change no code. Write what you found into docs/research/${plan-name}.md.
    criteria:
      - The findings name the files and functions that matter, by their real paths
      - Open questions and risks are listed, each with what would answer it
    files: [\"docs/research/${plan-name}.md\"]

  plan:
    title: \"Plan: ${goal}\"
    depends_on: [research]
    goal: |
      Write the plan for this: ${goal}
      It builds on the findings of ${research.task}, in docs/research/${plan-name}.md.
    criteria:
      - Each step of the plan can be checked by somebody else
      - What is left out on purpose is said
    files: [\"docs/research/${plan-name}-plan.md\"]

  implement:
    title: \"Implement: ${goal}\"
    depends_on: [plan]
    goal: |
      Do it: ${goal}
      The plan is in docs/research/${plan-name}-plan.md (${plan.task}).
    criteria:
      - Every step of the plan is done, or the handoff says why not
      - Tests fail without the change and pass with it

  verify:
    title: \"Verify: ${goal}\"
    depends_on: [implement]
    goal: |
      Try what ${implement.task} did as its user would: ${goal}
      Mend small things; write down the others as criteria that do not hold.
    criteria:
      - Each criterion of ${implement.task} was seen to hold, and how is said
      - The documentation says what is new
\
";

const IGNORE: &str = "\
# Made anew from the other files at any time.
/state.json
# Left behind by an edit that was interrupted; cleared away by orchestron.
.*.tmp
# Messages between tools, on their way; what was said is kept on each machine. Delete the line to share them.
/messages/
";
