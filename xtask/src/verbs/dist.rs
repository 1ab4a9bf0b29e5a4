//! `dist`: packages to give away. A release build, bundled by Tauri's own bundler, and on Linux a tarball of the same files; then
//! what was made is unpacked and started, because a package that does not start is none.

use std::fs;
use std::path::{Path, PathBuf};

use crate::commands::{Job, on_path};
use crate::failure::Failure;
use crate::npm;
use crate::project::{Build, Project};
use crate::steps::{Done, Output, Steps};
use crate::verbs::release;
use crate::verbs::setup::{COMPILING, PREPARING, compile, prepare};

/// The bundler's folder; it is not part of the product and is installed by this verb alone.
const BUNDLER: &str = "tools/bundler";

/// The verb.
pub fn dist(project: &Project) -> Result<(), Failure> {
    let mut steps = Steps::new(PREPARING + COMPILING + 5);
    let lock = project.lock()?;
    prepare(project, &mut steps)?;
    compile(
        project,
        &mut steps,
        Build::Release,
        &["--bin", "orchestron-desktop"],
    )?;
    steps.step("Install Tauri's bundler", Output::Hidden, || {
        npm::install(project, BUNDLER)
    })?;
    steps.step("Make the packages", Output::Hidden, || bundle(project))?;
    let out = project.target.join("dist");
    steps.step("Gather them", Output::Hidden, || gather(project, &out))?;
    let key = release::key();
    steps.step("Sign them, and write their sums", Output::Hidden, || {
        if let Some(key) = &key {
            sign(project, key, &out)?;
        }
        sums(project, &out)
    })?;
    steps.step("Unpack and start what was made", Output::Hidden, || {
        check(project, &out)
    })?;
    drop(lock);
    if key.is_none() {
        eprintln!(
            "Not signed: TAURI_SIGNING_PRIVATE_KEY is not set, so there is no {} and no app can update itself to these (docs/desktop.md, Updates).",
            release::LIST
        );
    }
    eprintln!(
        "Done in {:.1} s. {} has:",
        steps.elapsed().as_secs_f64(),
        out.display()
    );
    for path in files(&out)? {
        let bytes = fs::metadata(&path)
            .map_err(Failure::file("look at", &path))?
            .len();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        println!("{:>9.1} kB  {name}", bytes as f64 / 1000.0);
    }
    Ok(())
}

/// What this system's people install from.
const fn kinds() -> &'static str {
    if cfg!(target_os = "macos") {
        "app,dmg"
    } else if cfg!(windows) {
        "nsis"
    } else {
        "deb,rpm"
    }
}

fn bundles(project: &Project) -> PathBuf {
    project.target.join("release/bundle")
}

fn bundle(project: &Project) -> Result<Done, Failure> {
    let made = bundles(project);
    if made.is_dir() {
        fs::remove_dir_all(&made).map_err(Failure::file("clear", &made))?;
    }
    Job::new(project, bundler(project))
        .args(["bundle", "--ci", "--bundles", kinds()])
        .args(["--features", "custom-protocol"])
        .env("CARGO_TARGET_DIR", &project.target)
        .cure("the bundler's own message says what is missing.")
        .quiet(project, "bundle")?;
    Ok(Done::Worked)
}

/// All files below a folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file("list", folder))? {
        found.push(entry.map_err(Failure::file("list", folder))?.path());
    }
    found.sort();
    Ok(found)
}

fn gather(project: &Project, out: &Path) -> Result<Done, Failure> {
    if out.is_dir() {
        fs::remove_dir_all(out).map_err(Failure::file("clear", out))?;
    }
    fs::create_dir_all(out).map_err(Failure::file("create", out))?;
    let endings = ["deb", "rpm", "dmg", "exe", "msi"];
    for kind in files(&bundles(project))?
        .iter()
        .filter(|path| path.is_dir())
    {
        for path in files(kind)? {
            let is_package = path
                .extension()
                .is_some_and(|found| endings.iter().any(|ending| found == *ending));
            if let Some(name) = path.file_name().filter(|_| is_package && path.is_file()) {
                fs::copy(&path, out.join(name)).map_err(Failure::file("copy", &path))?;
            }
        }
    }
    if cfg!(target_os = "linux") {
        tarball(project, out)?;
    } else if cfg!(target_os = "macos") {
        bundle_archive(project, out)?;
    }
    Ok(Done::Worked)
}

/// macOS: what the app exchanges itself with; a .dmg is for people.
fn bundle_archive(project: &Project, out: &Path) -> Result<(), Failure> {
    let name = format!(
        "Orchestron_{}_{}.app.tar.gz",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH
    );
    Job::new(project, "tar")
        .args(["-czf"])
        .args([out.join(name)])
        .args(["-C"])
        .args([bundles(project).join("macos")])
        .args(["Orchestron.app"])
        .quiet(project, "archive")
}

fn bundler(project: &Project) -> PathBuf {
    let name = if cfg!(windows) { "tauri.cmd" } else { "tauri" };
    project
        .root
        .join(BUNDLER)
        .join("node_modules/.bin")
        .join(name)
}

fn sign(project: &Project, key: &release::Key, out: &Path) -> Result<(), Failure> {
    let packages = files(out)?;
    let packages: Vec<&Path> = packages.iter().map(PathBuf::as_path).collect();
    release::sign(project, &bundler(project), key, &packages)
}

fn sums(project: &Project, out: &Path) -> Result<Done, Failure> {
    if let Some(sums) = on_path("sha256sum") {
        let names: Vec<String> = files(out)?
            .iter()
            .filter_map(|path| {
                path.file_name()
                    .map(|name| name.to_string_lossy().into_owned())
            })
            .collect();
        let said = Job::new(project, sums).args(names).within(out).read()?;
        let path = out.join("SHA256SUMS");
        fs::write(&path, said).map_err(Failure::file("write", &path))?;
    }
    Ok(Done::Worked)
}

/// The files of the .deb as `bin/` and `share/`, to be unpacked anywhere. Made twice from one commit it is the same to the last byte.
fn tarball(project: &Project, out: &Path) -> Result<(), Failure> {
    let deb = package(out, "deb")?;
    let stem = deb
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .replace('_', "-")
        .to_lowercase();
    let folder = project.logs().join("tarball");
    if folder.is_dir() {
        fs::remove_dir_all(&folder).map_err(Failure::file("clear", &folder))?;
    }
    let unpacked = folder.join("deb");
    unpack(project, &deb, &unpacked)?;
    let name = format!("{stem}-linux");
    let from = unpacked.join("usr");
    fs::rename(&from, folder.join(&name)).map_err(Failure::file("rename", &from))?;
    for text in ["README.md", "LICENSE-MIT", "LICENSE-APACHE"] {
        let path = project.root.join(text);
        fs::copy(&path, folder.join(&name).join(text)).map_err(Failure::file("copy", &path))?;
    }
    let when = Job::new(project, "git")
        .args(["log", "-1", "--format=@%ct"])
        .read()?;
    let archive = out.join(format!("{name}.tar.gz"));
    Job::new(project, "tar")
        .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner"])
        .args([format!("--mtime={}", when.trim())])
        .args(["--use-compress-program=gzip -9n", "--create", "--file"])
        .args([&archive])
        .args(["-C"])
        .args([&folder])
        .args([&name])
        .quiet(project, "tarball")
}

fn package(out: &Path, ending: &str) -> Result<PathBuf, Failure> {
    let mut found = files(out)?.into_iter();
    found
        .find(|path| path.extension().is_some_and(|have| have == ending))
        .ok_or_else(|| Failure::FileMissing {
            path: out.join(format!("*.{ending}")),
            cure: "the bundler has to make it; see target/xtask/bundle.log.",
        })
}

fn unpack(project: &Project, deb: &Path, folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(Failure::file("create", folder))?;
    Job::new(project, "dpkg-deb")
        .args(["--extract"])
        .args([deb, folder])
        .quiet(project, "unpack")
}

/// What a package has to have, besides that it starts.
const IN_THE_PACKAGE: [&str; 4] = [
    "usr/bin/orchestron",
    "usr/bin/orchestron-desktop",
    "usr/share/applications/Orchestron.desktop",
    "usr/share/icons/hicolor/128x128/apps/orchestron-desktop.png",
];

fn check(project: &Project, out: &Path) -> Result<Done, Failure> {
    if !cfg!(target_os = "linux") || on_path("dpkg-deb").is_none() {
        return Ok(Done::Unchanged);
    }
    let folder = project.logs().join("unpacked");
    if folder.is_dir() {
        fs::remove_dir_all(&folder).map_err(Failure::file("clear", &folder))?;
    }
    unpack(project, &package(out, "deb")?, &folder)?;
    for name in IN_THE_PACKAGE {
        let path = folder.join(name);
        if !path.is_file() {
            return Err(Failure::FileMissing {
                path,
                cure: "src-tauri/tauri.conf.json says what goes into the package.",
            });
        }
    }
    let entry = folder.join(IN_THE_PACKAGE[2]);
    let text = fs::read_to_string(&entry).map_err(Failure::file("read", &entry))?;
    // Without the `%u` the system starts the app for a link and does not tell it which.
    if !text.contains("x-scheme-handler/orchestron;")
        || !text.contains("Exec=orchestron-desktop %u")
    {
        return Err(Failure::Unreadable {
            what: entry.display().to_string(),
            problem: "it does not say that it opens orchestron:// links".to_owned(),
        });
    }
    for (program, word) in [
        ("orchestron", "--version"),
        ("orchestron-desktop", "--help"),
    ] {
        let program = folder.join("usr/bin").join(program);
        Job::new(project, program)
            .args([word])
            .quiet(project, "started")?;
    }
    Ok(Done::Worked)
}
