//! Throws bytes at the drop folder: what a tool outside puts into an inbox is either one message in that tool's own name, within every
//! limit, or refused with a problem that says where it lies.
#![no_main]

use libfuzzer_sys::fuzz_target;
use orchestron_domain::{Actor, Fact, State, config::Agent};
use orchestron_engine::{
    drops::understood,
    ports::{DropKey, Dropped},
};

fn tool(name: &str) -> Agent {
    Agent {
        cli: (name == "coder").then(|| "claude".to_owned()),
        ..Agent::named(name.parse().expect("a name"))
    }
}

fuzz_target!(|input: &[u8]| {
    let mut state = State::default();
    for name in ["cursor", "zed", "coder"] {
        let agent = tool(name);
        state.config.agents.insert(agent.name.clone(), agent);
    }
    let file = Dropped {
        key: DropKey {
            inbox: "zed".to_owned(),
            name: "a.json".to_owned(),
            written_ns: 1,
        },
        bytes: input.to_vec(),
    };
    match understood(&state, &file) {
        Ok((Actor::Outside { name }, Fact::MessageSent { letter })) => {
            assert!(["cursor", "zed"].contains(&name.as_str()), "{name} is no tool outside");
            assert!(letter.recipients.iter().all(|to| to.as_str() == "zed"), "{:?}", letter.recipients);
            assert!(letter.text.len() <= 64 * 1024, "{} bytes", letter.text.len());
            let told = serde_json::to_string(&letter).expect("JSON");
            let again: orchestron_domain::message::Letter = serde_json::from_str(&told).expect("read again");
            assert_eq!(again, letter);
        }
        Ok(other) => panic!("{other:?}"),
        Err(Some(problem)) => assert!(problem.path.contains("zed/inbox/a.json") && !problem.cure.is_empty()),
        Err(None) => panic!("nothing is full here"),
    }
});
