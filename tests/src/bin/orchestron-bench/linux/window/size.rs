//! How much is fetched before the first screen, what is installed and what is downloaded.

use crate::linux::{
    failed::{Doing as _, Measured},
    report::Report,
};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Tells all of it.
pub fn tell(app: &Path, report: &mut Report) -> Measured<()> {
    let target = app.parent().and_then(Path::parent);
    match target
        .and_then(Path::parent)
        .map(|root| root.join("ui/dist"))
    {
        Some(ui) if ui.join("index.html").is_file() => page(&ui, report)?,
        _ => report.absent("scripts and styles", "ui/dist is not built"),
    }
    let command = app.with_file_name("orchestron");
    report.told(
        "programs (window with UI; command)",
        format!("{}; {}", megabytes(bytes(app)), megabytes(bytes(&command))),
    );
    let packages = target.map(|target| target.join("dist"));
    let Some(packages) = packages.filter(|folder| folder.is_dir()) else {
        report.absent("packages", "`./dev dist` has made none");
        return Ok(());
    };
    for path in files(&packages)? {
        let known = |ending: &std::ffi::OsStr| ending == "deb" || ending == "rpm" || ending == "gz";
        if path.extension().is_some_and(known) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            report.told(name.into_owned(), megabytes(bytes(&path)));
        }
    }
    Ok(())
}

/// The page, what it names, and all there is.
fn page(ui: &Path, report: &mut Report) -> Measured<()> {
    let index = ui.join("index.html");
    let text = fs::read_to_string(&index).doing(format!("read {}", index.display()))?;
    let named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        text.contains(name.as_ref())
    };
    let all = files(&ui.join("assets"))?;
    let code = |path: &&PathBuf| {
        path.extension()
            .is_some_and(|ending| ending == "js" || ending == "css")
    };
    let first: Vec<&PathBuf> = all.iter().filter(code).filter(|path| named(path)).collect();
    report.told("scripts and styles before the first screen", sizes(&first)?);
    report.told(
        "scripts and styles, all",
        sizes(&all.iter().filter(code).collect::<Vec<_>>())?,
    );
    let fonts: Vec<&PathBuf> = all
        .iter()
        .filter(|path| !code(path))
        .filter(|path| named(path))
        .collect();
    report.told(
        "fonts before the first screen",
        kilobytes(fonts.iter().map(|path| bytes(path)).sum()),
    );
    Ok(())
}

fn sizes(files: &[&PathBuf]) -> Measured<String> {
    let raw = files.iter().map(|path| bytes(path)).sum();
    let mut packed = 0;
    for path in files {
        let done = Command::new("gzip")
            .args(["-9", "-c"])
            .arg(path)
            .stdin(Stdio::null())
            .output()
            .doing("start gzip")?;
        packed += done.stdout.len() as u64;
    }
    Ok(format!(
        "{} ({} gzipped)",
        kilobytes(raw),
        kilobytes(packed)
    ))
}

fn files(folder: &Path) -> Measured<BTreeSet<PathBuf>> {
    let entries = fs::read_dir(folder).doing(format!("list {}", folder.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).collect())
}

fn bytes(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |found| found.len())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn kilobytes(bytes: u64) -> String {
    format!("{:.0} kB", bytes as f64 / 1e3)
}
