//! `mcp install`: the configuration of a client, shown or written into the project. Files outside the project are never touched.
//!
//! What is there already is the person's: our entry is put into the text where it belongs, and everything else stays as it is, byte for
//! byte. A text that we do not understand is left alone, and the entry is shown instead.

use crate::{
    args::{Client, Common, McpInstall},
    failure::Failure,
    here,
    output::Output,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

/// Our name in clients' files.
const NAME: &str = "orchestron";

/// What was done.
#[derive(Serialize)]
struct Installed {
    client: &'static str,
    /// Relative to the project.
    file: &'static str,
    /// What belongs there.
    entry: String,
    written: bool,
    did: String,
}

/// Where and how a client is configured for one project.
struct Format {
    name: &'static str,
    file: &'static str,
    /// The object that holds servers; none in TOML.
    key: Option<&'static str>,
    /// Whether the kind of transport is named.
    typed: bool,
}

const fn format(client: Client) -> Format {
    let (name, file, key, typed) = match client {
        Client::Claude => ("claude", ".mcp.json", Some("mcpServers"), true),
        Client::Codex => ("codex", ".codex/config.toml", None, false),
        Client::Cursor => ("cursor", ".cursor/mcp.json", Some("mcpServers"), false),
        Client::Gemini => ("gemini", ".gemini/settings.json", Some("mcpServers"), false),
        Client::Vscode => ("vscode", ".vscode/mcp.json", Some("servers"), true),
    };
    Format {
        name,
        file,
        key,
        typed,
    }
}

/// `mcp install`
pub fn install(
    common: &Common,
    args: &McpInstall,
    agent: Option<&str>,
    output: &Output,
) -> Result<(), Failure> {
    let root = here::root(common)?;
    let format = format(args.client);
    let mut words = vec!["mcp".to_owned()];
    if let Some(name) = agent {
        words.extend(["--agent".to_owned(), name.to_owned()]);
    }
    let program = program();
    let shown = format.whole(&program, &words);
    if args.print {
        let told = Installed {
            client: format.name,
            file: format.file,
            entry: shown.clone(),
            written: false,
            did: String::new(),
        };
        return output.answer(&told, |out| {
            writeln!(out, "{} (in {}):", format.file, root.display())?;
            write!(out, "{shown}")
        });
    }
    let path = root.join(format.file);
    let did = match format.put(&path, &program, &words)? {
        Put::Written => format!(
            "wrote {}: {} finds Orchestron there",
            format.file, format.name
        ),
        Put::Same => format!("{} has it already", format.file),
    };
    let told = Installed {
        client: format.name,
        file: format.file,
        entry: shown,
        written: true,
        did: did.clone(),
    };
    output.answer(&told, |out| writeln!(out, "{did}"))
}

/// How a client starts us: by name when the shell finds this very program so, else by its place.
fn program() -> String {
    let own = env::current_exe().and_then(|own| own.canonicalize()).ok();
    let paths = env::var_os("PATH").unwrap_or_default();
    let named = env::split_paths(&paths)
        .map(|folder| folder.join(format!("{NAME}{}", env::consts::EXE_SUFFIX)))
        .find_map(|found| found.canonicalize().ok());
    match own {
        Some(own) if named.as_ref() != Some(&own) => own.display().to_string(),
        _ => NAME.to_owned(),
    }
}

enum Put {
    Written,
    Same,
}

impl Format {
    fn entry(&self, program: &str, words: &[String]) -> Value {
        if self.typed {
            json!({"type": "stdio", "command": program, "args": words})
        } else {
            json!({"command": program, "args": words})
        }
    }

    /// The file when there was none.
    fn whole(&self, program: &str, words: &[String]) -> String {
        match self.key {
            Some(key) => pretty(&json!({ key: { NAME: self.entry(program, words) } })),
            None => toml(program, words),
        }
    }

    fn put(&self, path: &Path, program: &str, words: &[String]) -> Result<Put, Failure> {
        let failed = |doing| move |said| Failure::Io { doing, said };
        let old = match fs::read_to_string(path) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(said) => return Err(failed("cannot read the client's configuration")(said)),
        };
        let whole = self.whole(program, words);
        let new = match (old.filter(|old| !old.trim().is_empty()), self.key) {
            (None, _) => whole,
            (Some(old), Some(key)) => {
                let entry = self.entry(program, words);
                match with_entry(&old, key, &entry) {
                    Ok(Some(new)) => new,
                    Ok(None) => return Ok(Put::Same),
                    Err(why) => return Err(self.by_hand(why, &whole)),
                }
            }
            (Some(old), None) => match with_table(&old, &whole) {
                Ok(Some(new)) => new,
                Ok(None) => return Ok(Put::Same),
                Err(why) => return Err(self.by_hand(why, &whole)),
            },
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed("cannot make the client's folder"))?;
        }
        replace(path, &new).map_err(failed("cannot write the client's configuration"))?;
        Ok(Put::Written)
    }

    fn by_hand(&self, why: &'static str, whole: &str) -> Failure {
        Failure::Missing {
            what: format!("{} was left as it is: {why}", self.file),
            cure: format!("put this in by hand:\n{whole}"),
        }
    }
}

/// Through a file beside it, so that nobody ever reads half of it.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A link is followed: the file it names is meant.
    let path = path.canonicalize().unwrap_or_else(|_| PathBuf::from(path));
    let mut beside = path.clone().into_os_string();
    beside.push(".new");
    fs::write(&beside, text)?;
    fs::rename(&beside, &path)
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The text with our entry in the object `key`; none when it is there already.
fn with_entry(old: &str, key: &str, entry: &Value) -> Result<Option<String>, &'static str> {
    const STRANGE: &str = "it is no plain JSON (comments?)";
    let parsed: Value = serde_json::from_str(old).map_err(|_| STRANGE)?;
    if !parsed.is_object() {
        return Err(STRANGE);
    }
    match &parsed[key][NAME] {
        Value::Null => {}
        found if found == entry => return Ok(None),
        _ => return Err("it has another entry of that name"),
    }
    let ours = format!("\"{NAME}\": {}", indented(entry, 4));
    let new = match parsed.get(key) {
        Some(Value::Object(there)) => {
            let at = inside(old, key).ok_or(STRANGE)?;
            let comma = if there.is_empty() { "\n  " } else { "," };
            format!("{}\n    {ours}{comma}{}", &old[..at], &old[at..])
        }
        Some(_) => return Err("what it has under that name is no object"),
        None => {
            let at = old.find('{').ok_or(STRANGE)? + 1;
            let comma = if parsed.as_object().is_some_and(|all| !all.is_empty()) {
                ","
            } else {
                "\n"
            };
            format!(
                "{}\n  \"{key}\": {{\n    {ours}\n  }}{comma}{}",
                &old[..at],
                &old[at..]
            )
        }
    };
    // Whatever we misread: nothing is written that says something else than before, with our entry.
    let mut wanted = parsed;
    wanted[key][NAME] = entry.clone();
    let is_good = serde_json::from_str::<Value>(&new).is_ok_and(|found| found == wanted);
    if is_good { Ok(Some(new)) } else { Err(STRANGE) }
}

fn indented(value: &Value, by: usize) -> String {
    format!("{value:#}").replace('\n', &format!("\n{}", " ".repeat(by)))
}

/// Where the object behind a key of the outermost object begins: behind its brace.
fn inside(text: &str, key: &str) -> Option<usize> {
    let (mut depth, mut start, mut quoted, mut escaped) = (0, 0, false, false);
    for (at, c) in text.char_indices() {
        match (quoted, c) {
            (true, _) if escaped => escaped = false,
            (true, '\\') => escaped = true,
            (true, '"') => {
                quoted = false;
                let behind = text[at + 1..].trim_start();
                if depth == 1 && &text[start..at] == key && behind.starts_with(':') {
                    let brace = text[at + 1..].find('{')?;
                    return Some(at + 1 + brace + 1);
                }
            }
            (false, '"') => (quoted, start) = (true, at + 1),
            (false, '{' | '[') => depth += 1,
            (false, '}' | ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn toml(program: &str, words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| json!(word).to_string()).collect();
    // A JSON string is a TOML string.
    format!(
        "[mcp_servers.{NAME}]\ncommand = {}\nargs = [{}]\n",
        json!(program),
        words.join(", ")
    )
}

/// The text with our table behind it; none when it is there already.
fn with_table(old: &str, table: &str) -> Result<Option<String>, &'static str> {
    if old.contains(table.trim_end()) {
        return Ok(None);
    }
    let mut lines = old.lines().map(str::trim);
    if lines
        .any(|line| line.starts_with('[') && line.contains("mcp_servers") && line.contains(NAME))
    {
        return Err("it has another entry of that name");
    }
    let gap = if old.ends_with('\n') { "\n" } else { "\n\n" };
    Ok(Some(format!("{old}{gap}{table}")))
}

#[cfg(test)]
mod tests {
    use super::{NAME, Put, format, inside, with_entry, with_table};
    use crate::args::Client;
    use serde_json::{Value, json};

    fn entry() -> Value {
        json!({"command": "orchestron", "args": ["mcp"]})
    }

    #[test]
    fn what_is_there_stays_byte_for_byte() {
        for old in [
            "{}",
            "{\n}\n",
            "{\"mcpServers\": {}}",
            "{\n  \"z\": [1, {\"mcpServers\": 1}],\n  \"a\": \"\\\"mcpServers\\\": {\"\n}\n",
            "{\n  \"mcpServers\" : {\n    \"other\": {\"command\": \"x\"}\n  },\n  \"b\": true\n}\n",
            "{\"theme\":\"mcpServers\",\"mcpServers\":{\"other\":{}}}",
        ] {
            let new = with_entry(old, "mcpServers", &entry()).unwrap().unwrap();
            let mut wanted: Value = serde_json::from_str(old).unwrap();
            wanted["mcpServers"][NAME] = entry();
            assert_eq!(
                serde_json::from_str::<Value>(&new).unwrap(),
                wanted,
                "{new}"
            );
            let mut rest = new.chars();
            let kept = old.chars().all(|c| rest.any(|found| found == c));
            assert!(kept, "{new}");
            assert_eq!(
                with_entry(&new, "mcpServers", &entry()),
                Ok(None),
                "once is enough"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_left_alone() {
        for old in [
            "// hello\n{}",
            "[]",
            "{\"mcpServers\": 3}",
            "{\"mcpServers\": {\"orchestron\": {}}}",
            "x",
        ] {
            assert!(with_entry(old, "mcpServers", &entry()).is_err(), "{old}");
        }
        assert_eq!(inside("{\"a\": \"b\"}", "b"), None);
    }

    #[test]
    fn a_table_is_put_behind_what_is_there() {
        let table = "[mcp_servers.orchestron]\ncommand = \"orchestron\"\nargs = [\"mcp\"]\n";
        let new = with_table("model = \"o\"", table).unwrap().unwrap();
        assert_eq!(new, format!("model = \"o\"\n\n{table}"));
        assert_eq!(with_table(&new, table), Ok(None));
        assert!(with_table("[mcp_servers.orchestron]\ncommand = \"x\"\n", table).is_err());
    }

    #[test]
    fn every_client_has_its_own_file_in_the_project() {
        let words = ["mcp".to_owned()];
        let all = [
            Client::Claude,
            Client::Codex,
            Client::Cursor,
            Client::Gemini,
            Client::Vscode,
        ];
        let folder =
            std::env::temp_dir().join(format!("orchestron-install-{}", std::process::id()));
        for client in all {
            let format = format(client);
            let path = folder.join(format.file);
            assert!(matches!(
                format.put(&path, "orchestron", &words),
                Ok(Put::Written)
            ));
            assert!(matches!(
                format.put(&path, "orchestron", &words),
                Ok(Put::Same)
            ));
            assert!(
                format.put(&path, "elsewhere", &words).is_err(),
                "another entry is not overwritten"
            );
            let text = std::fs::read_to_string(&path).unwrap();
            assert_eq!(text, format.whole("orchestron", &words));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
