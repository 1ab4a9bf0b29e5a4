//! What the app's updater asks of a release: a signature beside each package, and `latest.json`, the list that names them. Signed by
//! Tauri's own signer with the key in the environment, which no other program that a verb starts gets to see.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use crate::commands::{Job, SIGNING};
use crate::failure::Failure;
use crate::project::Project;

/// The version of everything here.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The list's name.
pub const LIST: &str = "latest.json";

/// What to sign with, from the environment, by the names the signer knows.
pub type Key = Vec<(&'static str, OsString)>;

/// The key, if there is one; a password alone signs nothing.
pub fn key() -> Option<Key> {
    let given = |name| Some((name, env::var_os(name).filter(|value| !value.is_empty())?));
    let key: Key = SIGNING.into_iter().filter_map(given).collect();
    key.iter().any(|(name, _)| *name != PASSWORD).then_some(key)
}

/// Signs what the updater can install, and lists it.
pub fn sign(
    project: &Project,
    signer: &Path,
    key: &Key,
    packages: &[&Path],
) -> Result<(), Failure> {
    let mut platforms = Vec::new();
    let mut folder = None;
    for path in packages {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Some(target) = target(&name) else {
            continue;
        };
        let mut job = Job::new(project, signer)
            .args(["signer", "sign", "--app-version", VERSION])
            .args([path])
            .env(PASSWORD, "")
            .cure("is TAURI_SIGNING_PRIVATE_KEY the text of the key that `tauri signer generate` wrote, and TAURI_SIGNING_PRIVATE_KEY_PASSWORD its password?");
        for (variable, value) in key {
            job = job.env(variable, value);
        }
        job.quiet(project, "signed")?;
        let beside = path.with_file_name(format!("{name}.sig"));
        let signature = fs::read_to_string(&beside).map_err(Failure::file("read", &beside))?;
        platforms.push((target, name.into_owned(), signature.trim().to_owned()));
        folder = path.parent();
    }
    let Some(folder) = folder else {
        return Ok(());
    };
    let changes = project.root.join("CHANGELOG.md");
    let changes = fs::read_to_string(&changes).map_err(Failure::file("read", &changes))?;
    let date = Job::new(project, "git")
        .args(["log", "-1", "--format=%cI"])
        .read()?;
    let path = folder.join(LIST);
    let text = list(notes(&changes), date.trim(), &platforms);
    fs::write(&path, text).map_err(Failure::file("write", &path))
}

/// The variable with the key's password; a key without one needs it empty, or the signer asks.
const PASSWORD: &str = "TAURI_SIGNING_PRIVATE_KEY_PASSWORD";

/// What the app calls the package for itself (`src-tauri/src/updates/installed.rs`); none = it is for people only.
fn target(name: &str) -> Option<String> {
    let endings = [
        (".deb", "linux", "deb"),
        (".rpm", "linux", "rpm"),
        ("-linux.tar.gz", "linux", "tar"),
        (".app.tar.gz", "darwin", "app"),
        ("-setup.exe", "windows", "nsis"),
    ];
    let (_, system, kind) = endings
        .into_iter()
        .find(|(ending, ..)| name.ends_with(ending))?;
    Some(format!("{system}-{}-{kind}", env::consts::ARCH))
}

/// What is new, from the changelog: the part of this version, or before a release what is to be in it.
fn notes(changes: &str) -> &str {
    let mut parts = changes.split("\n## ").skip(1);
    let first = parts.clone().next();
    let own =
        parts.find(|part| part.starts_with(VERSION) || part.starts_with(&format!("[{VERSION}]")));
    let part = own.or(first).unwrap_or_default();
    part.split_once('\n').map_or("", |(_, text)| text.trim())
}

/// The list. Packages are named without their addresses: they lie beside it, wherever that is.
fn list(notes: &str, date: &str, platforms: &[(String, String, String)]) -> String {
    let platforms: Vec<String> = platforms
        .iter()
        .map(|(target, url, signature)| {
            let fields = format!(
                "{{ \"url\": {}, \"signature\": {} }}",
                quoted(url),
                quoted(signature)
            );
            format!("    {}: {fields}", quoted(target))
        })
        .collect();
    format!(
        "{{\n  \"version\": {},\n  \"notes\": {},\n  \"pub_date\": {},\n  \"platforms\": {{\n{}\n  }}\n}}\n",
        quoted(VERSION),
        quoted(notes),
        quoted(date),
        platforms.join(",\n")
    )
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if u32::from(c) < 0x20 => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::{LIST, Project, VERSION, list, notes, sign, target};
    use std::{env, fs};

    #[test]
    #[cfg(unix)]
    fn the_signer_gets_the_key_and_what_it_signed_is_listed() {
        use std::os::unix::fs::PermissionsExt;
        let root = env::temp_dir().join(format!("xtask-signed-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        fs::write(
            root.join("CHANGELOG.md"),
            "# Changelog\n\n## Unreleased\n\n- a\n",
        )
        .unwrap();
        let signer = root.join("signer");
        let script = "#!/bin/sh\necho \"$1 $2 $3 $4 $TAURI_SIGNING_PRIVATE_KEY [$TAURI_SIGNING_PRIVATE_KEY_PASSWORD]\" > \"$5.sig\"\n";
        fs::write(&signer, script).unwrap();
        fs::set_permissions(&signer, fs::Permissions::from_mode(0o755)).unwrap();
        let project = Project {
            target: root.join("target"),
            invoked_from: root.clone(),
            root: root.clone(),
        };
        let packages = ["a.deb", "SHA256SUMS"].map(|name| root.join(name));
        for path in &packages {
            fs::write(path, "x").unwrap();
        }
        let git = |words: &[&str]| {
            let mut git = std::process::Command::new("git");
            let who = ["-c", "user.name=a", "-c", "user.email=a@b"];
            assert!(
                git.args(who)
                    .args(words)
                    .current_dir(&root)
                    .status()
                    .unwrap()
                    .success()
            );
        };
        git(&["init", "-q"]);
        git(&["commit", "-q", "--allow-empty", "-m", "x"]);
        let key = vec![("TAURI_SIGNING_PRIVATE_KEY", "secret".into())];
        let paths = packages.each_ref().map(|path| path.as_path());
        sign(&project, &signer, &key, &paths).unwrap();
        let text = fs::read_to_string(root.join(LIST)).unwrap();
        let signed = format!("\"signer sign --app-version {VERSION} secret []\"");
        assert!(
            text.contains(&signed) && text.contains("\"url\": \"a.deb\""),
            "{text}"
        );
        assert!(
            !text.contains("SHA256SUMS") && text.contains("\"notes\": \"- a\""),
            "{text}"
        );
        assert!(!root.join("SHA256SUMS.sig").exists());
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn only_what_the_app_can_install_is_listed() {
        let arch = std::env::consts::ARCH;
        for (name, wanted) in [
            (
                "Orchestron_0.1.0_amd64.deb",
                Some(format!("linux-{arch}-deb")),
            ),
            (
                "Orchestron-0.1.0-1.x86_64.rpm",
                Some(format!("linux-{arch}-rpm")),
            ),
            (
                "orchestron-0.1.0-amd64-linux.tar.gz",
                Some(format!("linux-{arch}-tar")),
            ),
            (
                "Orchestron_0.1.0_aarch64.app.tar.gz",
                Some(format!("darwin-{arch}-app")),
            ),
            (
                "Orchestron_0.1.0_x64-setup.exe",
                Some(format!("windows-{arch}-nsis")),
            ),
            ("Orchestron_0.1.0_aarch64.dmg", None),
            ("SHA256SUMS", None),
            ("Orchestron_0.1.0_amd64.deb.sig", None),
        ] {
            assert_eq!(target(name), wanted, "{name}");
        }
    }

    #[test]
    fn what_is_new_is_this_versions_part_or_the_first() {
        let coming = "# Changelog\n\n## Unreleased\n\n- a\n- b\n\n## 0.0.1\n\n- old\n";
        assert_eq!(notes(coming), "- a\n- b");
        let released = format!("# Changelog\n\n## Unreleased\n\n## {VERSION} - today\n\n- c\n");
        assert_eq!(notes(&released), "- c");
        assert_eq!(notes("nothing"), "");
    }

    #[test]
    fn the_list_is_json_whatever_stands_in_it() {
        let one = (
            "linux-x86_64-deb".to_owned(),
            "a.deb".to_owned(),
            "c2ln".to_owned(),
        );
        let other = (
            "linux-x86_64-rpm".to_owned(),
            "a.rpm".to_owned(),
            "c2ln".to_owned(),
        );
        let text = list(
            "say \"hi\"\\\n\ttwo",
            "2026-11-20T12:00:00+00:00",
            &[one, other],
        );
        let wanted = format!(
            r#"{{
  "version": "{VERSION}",
  "notes": "say \"hi\"\\\n\u0009two",
  "pub_date": "2026-11-20T12:00:00+00:00",
  "platforms": {{
    "linux-x86_64-deb": {{ "url": "a.deb", "signature": "c2ln" }},
    "linux-x86_64-rpm": {{ "url": "a.rpm", "signature": "c2ln" }}
  }}
}}
"#
        );
        assert_eq!(text, wanted);
    }
}
