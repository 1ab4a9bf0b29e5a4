//! What each recording gives. Taken from a first run and checked against the recordings by eye.

/// Name of the recording, signals and (set in) replies, in order.
#[rustfmt::skip]
pub const SIGNALS: &[(&str, &str)] = &[
("00-recommended", r##"
  -> 2d86 mcp
  -> rule list_permission_rules
  -> 939c mcp
  -> f217 # TASK-001 · implement · attempt 1
  -> 607c mcp
started 0a5bde1b 2.1.328 claude-sonnet-5-5
alive waiting for the model
alive writing
alive says “start”
alive preparing orc/report
alive orc/report starting
  -> b60c mcp
alive waiting for the model
alive preparing Write
alive Write rec/src/ui.ts
asked 9fcd Write: rec/src/ui.ts
alive waiting for the model
alive preparing Write
alive Write rec/src/backend/x.rs
alive waiting for the model
alive preparing Write
alive Write outside/rec.txt
alive waiting for the model
alive preparing Bash
alive Bash touch t && ls -a
asked 8334 Bash: touch t && ls -a (it touches /home/dev/project/rec/t)
alive waiting for the model
alive preparing labh/echo
alive labh/echo hi
alive waiting for the model
alive writing
alive says “done”
cost 31290 73500 294
ended completed [2] "done"
"##),
("01-text", r##"
started 3defbe61 2.1.328 claude-opus-5-5
alive says “Hello from the fake model.”
cost 8940 10500 42
ended completed [0] "Hello from the fake model."
"##),
("02a-write-default-denied", r##"
started df1797be 2.1.328 claude-opus-5-5
alive says “I will write a file.”
alive Write b/hello.txt
alive Bash cat hello.txt && id -un && pwd
alive says “Done: file written and shown.”
cost 26820 31500 126
ended completed [1] "Done: file written and shown."
"##),
("02b-write-allowed", r##"
started bfe968a6 2.1.328 claude-opus-5-5
alive says “I will write a file.”
alive Write b/hello.txt
alive Bash cat hello.txt && id -un && pwd
alive says “Done: file written and shown.”
cost 26820 31500 126
ended completed [0] "Done: file written and shown."
"##),
("03-mcp", r##"
started efe22f03 2.1.328 claude-opus-5-5
alive labs/echo via stdio
alive labh/echo via http
alive labh/structured
alive says “mcp done”
cost 35760 42000 168
ended completed [0] "mcp done"
"##),
("06-control-can_use_tool", r##"
  -> rule list_permission_rules
started 5427a2ad 2.1.328 claude-opus-5-5
alive Write ctl/p.txt
  -> 8d7b Orchestron does not answer `hook_callback`
asked a601 Write: ctl/p.txt
  -> 36dc Orchestron does not answer `hook_callback`
alive Bash touch nope
  -> 6a70 Orchestron does not answer `hook_callback`
asked 76df Bash: touch nope (it touches /home/dev/project/ctl/nope)
alive says “end”
  -> 67f0 Orchestron does not answer `hook_callback`
cost 26820 31500 126
ended completed [1] "end"
alive says “Hello from the fake model.”
  -> 222a Orchestron does not answer `hook_callback`
cost 35760 42000 168
ended completed [0] "Hello from the fake model."
  -> f217 # TASK-001 · implement · attempt 1
"##),
("07-control-interrupt", r##"
  -> rule list_permission_rules
started 2e97a8b9 2.1.328 claude-opus-5-5
alive waiting for the model
alive writing
alive says “one two three”
cost 8200 10500 5
ended stopped: its turn was interrupted [0] "one two three "
alive waiting for the model
alive writing
alive says “Hello from the fake model.”
cost 17140 21000 47
ended completed [0] "Hello from the fake model."
alive waiting for the model
alive preparing Bash
alive Bash sleep 121 & sleep 122
alive waiting for the model
alive writing
alive says “after”
cost 35020 42000 131
ended completed [0] "after"
alive waiting for the model
alive writing
alive says “Hello from the fake model.”
cost 43960 52500 173
ended completed [0] "Hello from the fake model."
alive waiting for the model
alive writing
alive says “a b c d e f g h”
cost 52900 63000 215
ended completed [0] "a b c d e f g h"
"##),
("08-signal-SIGTERM", r##"
  -> rule list_permission_rules
started b43fb820 2.1.328 claude-opus-5-5
alive Bash python3 -c 'import time; time.sleep(300) #LABMARK-child' & setsid python3 -c 'import time; time.sleep(300) #LABMARK…
asked 3a41 Bash: python3 -c 'import time; time.sleep(300) #LABMARK-child' & setsid python3 -c 'import time; time.sleep(300) #LABMARK-setsid' & python3 -c 'import time; time.sleep(300) #LABMARK-fg' (What 'setsid' starts can't be checked before it runs)
"##),
("08-signal-interrupt", r##"
  -> rule list_permission_rules
started 1cf4bbc8 2.1.328 claude-opus-5-5
alive Bash python3 -c 'import time; time.sleep(300) #LABMARK-child' & setsid python3 -c 'import time; time.sleep(300) #LABMARK…
asked 8428 Bash: python3 -c 'import time; time.sleep(300) #LABMARK-child' & setsid python3 -c 'import time; time.sleep(300) #LABMARK-setsid' & python3 -c 'import time; time.sleep(300) #LABMARK-fg' (What 'setsid' starts can't be checked before it runs)
cost 8940 10500 42
ended stopped: its turn was interrupted [0] ""
"##),
("10-fork", r##"
started e73e3e6c 2.1.328 claude-opus-5-5
alive says “Hello from the fake model.”
cost 26820 10500 42
ended completed [0] "Hello from the fake model."
"##),
("10-maxturns", r##"
started 41b6ef92 2.1.328 claude-opus-5-5
alive says “I will write a file.”
alive Write res/hello.txt
cost 8940 10500 42
ended the agent ended with an error: it used up its turns (Reached maximum number of turns (1)): raise `max_turns` in .mcp/agents.yaml, or make the task smaller [0] "I will write a file."
"##),
("10-resume", r##"
started aaaaaaaa 2.1.328 claude-opus-5-5
alive says “Hello from the fake model.”
cost 17880 10500 42
ended completed [0] "Hello from the fake model."
"##),
("11-err-401", r##"
started 2d6ab48f 2.1.328 claude-opus-5-5
doomed the agent is not logged in: the provider refuses the key or login (401). Run `claude` once in a terminal to log in, or enter an API key in Orchestron's settings
"##),
("11-err-429-long-retry-after", r##"
started 8be2082c 2.1.328 claude-opus-5-5
ended the provider's limit was reached [0] "API Error: Request rejected (429) · slow down"
"##),
("11-err-429-retry-after", r##"
started 0a370b8b 2.1.328 claude-opus-5-5
retry 1 2268 the provider limits the rate (429)
retry 2 2276 the provider limits the rate (429)
alive says “ok after 429”
cost 8940 10500 42
ended completed [0] "ok after 429"
"##),
("11-err-529-forever", r##"
started 3dd3f5bf 2.1.328 claude-opus-5-5
retry 1 504 the provider is overloaded (529)
retry 2 1145 the provider is overloaded (529)
ended the provider's limit was reached [0] "API Error: Repeated 529 Overloaded errors. The API is at capacity — this is usually temporary. Try again in a moment. If it persists, check your inference gateway (127.0.0.1:8111)."
"##),
("11-err-stall-mid", r##"
started cad58c71 2.1.328 claude-opus-5-5
retry 1 576 the provider cannot be reached
alive says “ok after stall mid”
cost 17140 21000 47
ended completed [0] "ok after stall mid"
"##),
("12-rules-denyedit-rel", r##"
started 11f41a3c 2.1.328 claude-opus-5-5
alive Write rules/src/backend/new.rs
alive Write rules/src/frontend/new.ts
alive Bash echo hi > src/backend/viabash.rs
alive Bash echo hi > src/frontend/viabash.ts
alive Bash python3 -c "open(\"src/backend/viapy.rs\",\"w\").write(\"x\")"
alive Read rules/src/backend/a.rs
alive Write outside/new.txt
alive says “end”
cost 71520 84000 336
ended completed [4] "end"
"##),
("15-agents-nobg", r##"
started 8ee03227 2.1.328 claude-opus-5-5
alive Agent rev
alive says “end”
cost 18149 31500 126
ended completed [0] "end"
"##),
("16-partial", r##"
started 69a7129a 2.1.328 claude-opus-5-5
alive waiting for the model
alive writing
alive says “Hello from the fake model.”
cost 8940 10500 42
ended completed [0] "Hello from the fake model."
"##),
("16-schema-bad-then-ok", r##"
started e465e52d 2.1.328 claude-opus-5-5
alive StructuredOutput bob
alive StructuredOutput n: 4, name: bob
cost 17880 21000 84
ended completed [0] "{\"name\":\"bob\",\"n\":4}"
"##),
("16-schema-ok", r##"
started 2ba63f06 2.1.328 claude-opus-5-5
alive StructuredOutput n: 3, name: bob
cost 8940 10500 42
ended completed [0] "{\"name\":\"bob\",\"n\":3}"
"##),
("17-sdk-mcp", r##"
  -> acad mcp
  -> rule list_permission_rules
  -> acef mcp
  -> 52cb mcp
started 51ad9f19 2.1.328 claude-opus-5-5
alive orc/report working
  -> e3dd mcp
alive orc/ask
  -> da9b mcp
alive says “end”
cost 26820 31500 126
ended completed [0] "end"
"##),
("18-ask-plan", r##"
  -> rule list_permission_rules
started b6e93a0a 2.1.328 claude-opus-5-5
alive AskUserQuestion Which DB?
  -> d370 deny
alive Write more/inplan.txt
asked 5d49 Write: more/inplan.txt (its permission mode asks)
alive ToolSearch select:ExitPlanMode
alive ExitPlanMode my plan
  -> 4965 deny
alive says “end”
cost 44700 52500 210
ended completed [0] "end"
"##),
("40-implement", r##"
  -> 2271 mcp
  -> rule list_permission_rules
  -> 8d6a mcp
  -> f217 # TASK-001 · implement · attempt 1
  -> 0d3d mcp
started 622d0ef9 2.1.328 claude-sonnet-5-5
alive waiting for the model
alive thinking
alive writing
alive says “I begin.”
alive preparing task_get
alive task_get
called 0c1d task_get {}
alive waiting for the model
alive preparing Write
alive Write /tmp/agl/wt7/src/a.txt
alive waiting for the model
alive preparing Bash
alive Bash python3 -c 1
asked 7159 Bash: python3 -c 1 (This command requires approval)
alive waiting for the model
alive preparing Write
alive Write /tmp/agl/wt7/.mcp/tasks/ready/T.md
alive waiting for the model
alive preparing task_submit
alive task_submit
  -> 1aa3 mcp
alive waiting for the model
alive preparing task_submit
alive task_submit done
called 9b48 task_submit {"note": String("done")}
alive waiting for the model
alive writing
alive says “All done.”
cost 31290 73500 294
ended completed [1] "All done."
alive waiting for the model
alive writing
alive says “I went on.”
cost 35760 84000 336
ended completed [0] "I went on."
"##),
("41-denied-everything", r##"
  -> 76ae mcp
  -> rule list_permission_rules
  -> c6b3 mcp
  -> f217 # TASK-001 · implement · attempt 1
  -> 792e mcp
started 57ff1dd5 2.1.328 claude-sonnet-5-5
alive waiting for the model
alive preparing task_get
alive task_get
called f1e5 task_get {}
alive waiting for the model
alive preparing Bash
alive Bash python3 -c 1
asked bda6 Bash: python3 -c 1 (This command requires approval)
alive waiting for the model
alive preparing Write
alive Write /tmp/agl/elsewhere.txt
alive waiting for the model
alive writing
alive says “I did it!”
cost 17880 42000 168
ended every tool call was denied, so nothing was done [2] "I did it!"
"##),
("42-interrupt-asking", r##"
  -> 7a08 mcp
  -> rule list_permission_rules
  -> 7b3e mcp
  -> f217 # TASK-001 · implement · attempt 1
  -> 4674 mcp
started f484dc19 2.1.328 claude-sonnet-5-5
alive waiting for the model
alive preparing Bash
alive Bash python3 -c 1
asked 8f24 Bash: python3 -c 1 (This command requires approval)
withdrawn 8f24
cost 4470 10500 42
ended stopped: its turn was interrupted [1] ""
"##),
("43-resume-help", r##"
  -> c26d mcp
  -> rule list_permission_rules
  -> c3aa mcp
  -> f217 # TASK-001 · implement · attempt 1
  -> 41ee mcp
started 622d0ef9 2.1.328 claude-sonnet-5-5
alive waiting for the model
alive preparing request_help
alive request_help Which one?
called 8e65 request_help {"options": Array [String("a"), String("b")], "question": String("Which one?")}
alive waiting for the model
alive writing
alive says “done”
cost 44700 21000 84
ended completed [0] "done"
"##),
("44-half-surrogate", r##"
  -> d95c mcp
  -> rule list_permission_rules
  -> 4b35 mcp
  -> f217 # TASK-001 · implement · attempt 1
  -> 0a20 mcp
started ce4d8453 2.1.328 claude-sonnet-5-5
alive waiting for the model
alive preparing Bash
alive Bash echo � > q; python3 -c 1
asked 6541 Bash: echo � > q; python3 -c 1 (Contains lone surrogate)
alive waiting for the model
alive writing
alive says “e”
cost 8940 21000 84
ended every tool call was denied, so nothing was done [1] "e"
"##),
("45-resume-unknown", r##"
ended there is no conversation to resume (No conversation found with session ID: f14fc4db-6750-4cb2-8c9b-fa40d72dd478): the next attempt has to start a new one [0] ""
"##),
("46-rule-ignored", r##"
  -> 718a mcp
  -> rule list_permission_rules
  -> a297 mcp
doomed could not start: the agent ignored permission rules that it does not understand: `bash(rm)`; mend `tools_allowed` and `tools_restricted` in .mcp/agents.yaml
  -> 8d38 mcp
"##),
("47-review", r##"
  -> 2bf5 mcp
  -> rule list_permission_rules
  -> e1c7 mcp
  -> f217 # TASK-001 · implement · attempt 1
  -> 927d mcp
started 0a6610e4 2.1.328 claude-sonnet-5-5
alive waiting for the model
alive preparing Write
alive Write /tmp/agl/wt7/r.txt
alive waiting for the model
alive preparing review_decide
alive review_decide changes: not yet
called 2819 review_decide {"note": String("not yet"), "verdict": String("changes")}
alive waiting for the model
alive writing
alive says “done”
cost 13410 31500 126
ended completed [0] "done"
"##),
("48-no-such-model", r##"
  -> 477e mcp
  -> rule list_permission_rules
  -> 79b7 mcp
  -> f217 # TASK-001 · implement · attempt 1
  -> 1492 mcp
started b0d08a34 2.1.328 claude-sonnet-5-5
alive waiting for the model
ended could not start: There's an issue with the selected model (claude-sonnet-5-5). It may not exist or you may not have access to it. Run --model to pick a different model. (`model` in .mcp/agents.yaml names it) [0] "There's an issue with the selected model (claude-sonnet-5-5). It may not exist or you may not have access to it. Run --model to pick a different model."
"##),

];
