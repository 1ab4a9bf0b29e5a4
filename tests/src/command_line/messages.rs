//! What holders and the person tell each other.

use super::{prints, quiet_shop};
use crate::environment::out_of_envelope;

#[test]
fn a_message_waits_for_its_reader_until_it_is_acknowledged() {
    let env = quiet_shop();
    prints(
        &env,
        &["send", "cursor", "The port is 8080 now.", "--key", "port"],
        "
        ✓ sent to cursor
        ! no engine is running; it is heard when one does (`orchestron run`)",
    );
    // A sender that heard no answer asks again: nothing is sent twice.
    let again = env.orchestron(&["send", "cursor", "The port is 8080 now.", "--key", "port"]);
    assert!(
        again.stdout.contains("before, with the same key"),
        "{again}"
    );
    let reply = env.orchestron(&["send", "person", "Good.", "--agent", "cursor"]);
    assert_eq!(reply.code, 0, "{reply}");
    let inbox = |name: &str| {
        let told = env.orchestron(&["messages", "--inbox", name, "--json"]);
        out_of_envelope(&told.stdout)["messages"].clone()
    };
    let waiting = inbox("cursor");
    assert_eq!(waiting.as_array().map(Vec::len), Some(1), "{waiting}");
    assert_eq!(waiting[0]["text"], "The port is 8080 now.");
    assert_eq!(inbox("person")[0]["from"], "cursor");
    let id = waiting[0]["id"].to_string();
    let read = env.orchestron(&["ack", &id, "--agent", "cursor"]);
    assert_eq!(read.code, 0, "{read}");
    assert_eq!(inbox("cursor").as_array().map(Vec::len), Some(0));
    let all = env.orchestron(&["messages"]).stdout;
    assert!(
        all.contains("cursor ✓") && all.contains("cursor to person …"),
        "{all}"
    );
}

#[test]
fn a_message_to_nobody_or_of_no_kind_is_refused() {
    let env = quiet_shop();
    for (args, said) in [
        (
            &["send", "somebody", "Hello"][..],
            "there is nobody called `somebody`",
        ),
        (
            &["send", "cursor", "Hello", "--kind", "gossip"],
            "`gossip` is no kind of message",
        ),
        (&["send", "cursor", "  "], "must say something"),
        (&["ack", "99"], "there is no message 99"),
    ] {
        let done = env.orchestron(args);
        assert_ne!(done.code, 0, "{done}");
        assert!(done.stderr.contains(said), "{args:?}: {done}");
    }
}
