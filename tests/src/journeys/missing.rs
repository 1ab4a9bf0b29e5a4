//! Without the CLI, without a key, with a key that is refused: said plainly, with how to mend it, and never tried for minutes.

use super::{LEG, create, shop};
use crate::environment::{Chain, TestEnvironment, claude};

#[test]
fn without_the_cli_the_person_is_told_what_to_install() {
    let env = TestEnvironment::new();
    env.set("ORCHESTRON_CLAUDE", env.root().join("nowhere/claude"));
    env.repository();
    env.set_up(&Chain::ALONE, None);
    let task = create(&env, "Nobody can do it");
    let engine = env.engine();
    let request = env.wait_for_request("escalation", LEG);
    let told = request.to_string();
    assert!(
        told.contains("npm install -g @anthropic-ai/claude-code"),
        "{told}"
    );
    assert_eq!(env.status_of(&task), "in-progress");
    let doctor = env.orchestron(&["doctor"]);
    assert_eq!(doctor.code, 7, "{doctor}");
    assert!(
        doctor
            .stdout
            .contains("npm install -g @anthropic-ai/claude-code"),
        "{doctor}"
    );
    engine.stop();
}

#[test]
fn without_a_key_or_login_the_person_is_told_how_to_give_one() {
    let env = TestEnvironment::new();
    env.set("ORCHESTRON_CLAUDE", claude());
    env.repository();
    env.set_up(&Chain::ALONE, Some("http://127.0.0.1:9"));
    create(&env, "Nobody may do it");
    let engine = env.engine();
    let request = env.wait_for_request("escalation", LEG);
    let told = request.to_string();
    assert!(
        told.contains("log in") && told.contains("API key"),
        "{told}"
    );
    engine.stop();
}

#[test]
fn a_refused_key_is_told_at_once_and_not_tried_for_minutes() {
    let refused = r#"
  - when: { leg: implement }
    steps:
      - error: { status: 401, message: invalid x-api-key }
        times: 50
      - calls:
          - { tool: mcp__orchestron__task_submit, input: { note: "Never." } }
"#;
    let (env, _model) = shop(&Chain::ALONE, refused);
    let task = create(&env, "Not with this key");
    let engine = env.engine();
    let began = std::time::Instant::now();
    let request = env.wait_for_request("escalation", LEG);
    assert!(began.elapsed() < LEG / 2, "it took {:?}", began.elapsed());
    let told = request.to_string();
    assert!(told.contains("API key"), "{told}");
    // A person's matter, not three failed attempts.
    assert_eq!(env.json(&["show", &task])["task"]["card"]["attempts"], 1);
    engine.stop();
    env.wait_until_quiet();
}
