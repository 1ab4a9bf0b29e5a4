//! What our hooks say. Small shell scripts: they call the hook that was there before, then Orchestron, and never stop anything when
//! Orchestron is missing or broken. Only the exit code 1 of `orchestron hook` counts, and only before a commit.

use super::NAMES;
use std::path::Path;

/// What makes a hook ours. The number goes up when the text changes.
pub(super) const MARK: &str = "# Orchestron git hook 1.";
/// The same without the number.
pub(super) const ANY_MARK: &str = "# Orchestron git hook ";

/// What is behind the name of a hook that was there before.
pub(super) const KEPT: &str = ".before-orchestron";

/// Every hook git knows on the client's side but ours: a folder of our own must pass them on. Those that git calls many times in one
/// command are passed on only when somebody has one.
pub(super) const OTHERS: [&str; 16] = [
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-merge-commit",
    "commit-msg",
    "pre-rebase",
    "pre-push",
    "pre-receive",
    "update",
    "proc-receive",
    "post-receive",
    "post-update",
    "push-to-checkout",
    "pre-auto-gc",
    "post-rewrite",
    "sendemail-validate",
];
/// Called many times in one command.
pub(super) const BUSY: [&str; 2] = ["reference-transaction", "post-index-change"];

/// A hook in git's own folder: what was there before lies beside it.
pub(super) fn beside(name: &str, program: &Path) -> String {
    format!(
        "#!/bin/sh\n{MARK} `orchestron hooks uninstall` takes it away. The hook that was here before lies beside it\n# ({name}{KEPT}), is called first, and comes back then.\ntheirs=\"$0{KEPT}\"\n{}",
        ours(name, program)
    )
}

/// A hook in a folder of our own: what was there before stays where it is.
pub(super) fn elsewhere(name: &str, theirs: &str, program: &Path) -> String {
    let head = format!(
        "#!/bin/sh\n{MARK} `orchestron hooks uninstall` takes it away. The project's own hook stays where it is and is\n# called first.\ntheirs={}\n",
        quoted(&format!("{theirs}/{name}"))
    );
    if NAMES.contains(&name) {
        return head + &ours(name, program);
    }
    head + "[ -x \"$theirs\" ] || exit 0\nexec \"$theirs\" \"$@\"\n"
}

fn ours(name: &str, program: &Path) -> String {
    // A name alone is looked for in PATH, never in the repository.
    let program = match program.is_absolute() {
        true => quoted(&program.to_string_lossy()),
        false => quoted(""),
    };
    // What was there before may stop a commit; of what comes behind one, git takes no heed, and neither do we.
    let (stop, code) = match name {
        "pre-commit" | "prepare-commit-msg" => ("exit $?", "0"),
        _ => ("code=$?", "$code"),
    };
    format!(
        "code=0\nif [ -x \"$theirs\" ]; then\n    \"$theirs\" \"$@\" || {stop}\nfi\norchestron={program}\n[ -x \"$orchestron\" ] || orchestron=$(command -v orchestron) || exit {code}\nORCHESTRON_GIT=$PPID \"$orchestron\" hook {name} \"$@\"\n[ $? -eq 1 ] && exit 1\nexit {code}\n"
    )
}

/// A text as one word of the shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::{beside, elsewhere, quoted};
    use std::path::Path;

    #[test]
    fn any_path_is_one_word() {
        assert_eq!(quoted("/a b/it's"), "'/a b/it'\\''s'");
        let text = elsewhere("pre-push", ".husky/_", Path::new("/o"));
        assert!(text.contains("theirs='.husky/_/pre-push'") && !text.contains("orchestron="));
        assert!(beside("pre-commit", Path::new("/o x")).contains("orchestron='/o x'\n"));
    }
}
