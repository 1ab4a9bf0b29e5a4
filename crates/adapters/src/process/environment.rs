//! What of our own environment a run gets to see.
//!
//! Agents get what their driver names and nothing else. Gates are the project's own commands and get what the person's terminal
//! would give them, without what looks like a secret: a gate runs code that an agent has just written.

use std::collections::BTreeMap;

/// Names of variables that are secrets by their whole name.
const SECRET_NAMES: &[&str] = &[
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "GPG_AGENT_INFO",
    "DBUS_SESSION_BUS_ADDRESS",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "KUBECONFIG",
    "DATABASE_URL",
    "PGPASSWORD",
    "MYSQL_PWD",
    "NETRC",
];

/// Beginnings of names of variables that are secrets, or lead to one.
const SECRET_BEGINNINGS: &[&str] = &[
    "ANTHROPIC_",
    "CLAUDE_CODE_OAUTH",
    "OPENAI_",
    "GEMINI_",
    "AWS_",
    "AZURE_",
    "GCP_",
    "VAULT_",
    "ORCHESTRON_",
];

/// Words that make a variable a secret when its name ends with one, or has one between underscores.
const SECRET_WORDS: &[&str] = &[
    "KEY",
    "APIKEY",
    "TOKEN",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PAT",
    "CREDENTIAL",
    "CREDENTIALS",
    "COOKIE",
    "AUTH",
];

/// Whether a variable of this name must not reach a run.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET_NAMES.contains(&name.as_str())
        || SECRET_BEGINNINGS.iter().any(|b| name.starts_with(b))
        || name.split('_').any(|word| SECRET_WORDS.contains(&word))
        || ["TOKEN", "SECRET", "PASSWORD", "APIKEY"]
            .iter()
            .any(|word| name.ends_with(word))
}

/// Our own environment, as far as it is text.
pub(crate) fn own() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The environment without secrets.
pub(crate) fn scrubbed(own: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let kept = own.iter().filter(|(name, _)| !is_secret(name));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The named variables, where they are set, and `fixed` over them.
pub(crate) fn chosen(
    own: &BTreeMap<String, String>,
    names: &[&str],
    fixed: &[(String, String)],
) -> BTreeMap<String, String> {
    let named = names.iter().filter(|name| !is_secret(name));
    let mut env: BTreeMap<String, String> = named
        .filter_map(|name| Some(((*name).to_owned(), own.get(*name)?.clone())))
        .collect();
    env.extend(fixed.iter().cloned());
    env
}

#[cfg(test)]
mod tests {
    use super::{chosen, is_secret, scrubbed};
    use std::collections::BTreeMap;

    #[test]
    fn secrets_are_told_by_their_names() {
        for secret in [
            "ANTHROPIC_API_KEY",
            "ANTHROPIC_AUTH_TOKEN",
            "anthropic_api_key",
            "GITHUB_TOKEN",
            "NPM_TOKEN",
            "GH_PAT",
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "MY_SECRET",
            "DB_PASSWORD",
            "DBPASSWORD",
            "SSH_AUTH_SOCK",
            "STRIPE_KEY_LIVE",
            "OPENAI_API_KEY",
            "ORCHESTRON_RUN",
            "npm_config__authtoken",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
        for plain in [
            "PATH",
            "HOME",
            "LANG",
            "KEYBOARD_LAYOUT",
            "CARGO_HOME",
            "NODE_OPTIONS",
            "MONKEY",
            "PASSENGER_ROOT",
            "AUTHOR",
            "XDG_RUNTIME_DIR",
            "CI",
        ] {
            assert!(!is_secret(plain), "{plain}");
        }
    }

    #[test]
    fn a_gate_sees_the_rest_and_an_agent_only_what_is_named() {
        let own: BTreeMap<String, String> = [("PATH", "/bin"), ("A_TOKEN", "t"), ("FOO", "bar")]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let gate = scrubbed(&own);
        assert_eq!(gate.keys().collect::<Vec<_>>(), ["FOO", "PATH"]);
        let fixed = [("B".to_owned(), "1".to_owned())];
        let agent = chosen(&own, &["PATH", "A_TOKEN", "UNSET"], &fixed);
        assert_eq!(agent.keys().collect::<Vec<_>>(), ["B", "PATH"]);
    }
}
