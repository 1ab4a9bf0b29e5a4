//! What branches touch, what two of them run into, and bringing one up to its base.

use super::{Lab, git_in, merged, read, task, write};
use orchestron_engine::ports::Git;
use std::{collections::BTreeSet, fs, path::Path, time::Instant};

fn names(files: &[&str]) -> BTreeSet<String> {
    files.iter().map(|file| (*file).to_owned()).collect()
}

#[test]
fn touched_are_committed_and_uncommitted_files_by_both_of_their_names() {
    let lab = Lab::new();
    lab.save(&[("src/long.rs", &"line\n".repeat(50))], "A long file");
    let (tree, _) = lab.done(1, &[("a.txt", "1\n"), ("new/deep.txt", "1\n")]);
    let path = Path::new(&tree.path);
    git_in(path, &["mv", "src/long.rs", "src/renamed.rs"]);
    fs::remove_file(path.join("b.txt")).unwrap();
    write(&path.join("ä b\n.txt"), "odd name\n");
    write(&path.join("build.log"), "ignored\n");
    write(&path.join("picture.bin"), [0, 159, 146, 150]);
    write(
        &path.join(".mcp/tasks/ready/x.md"),
        "not part of the work\n",
    );
    let touched = lab.git.touched(&tree, "main").unwrap();
    let all = [
        "a.txt",
        "b.txt",
        "new/deep.txt",
        "picture.bin",
        "src/long.rs",
        "src/renamed.rs",
        "ä b\n.txt",
    ];
    assert_eq!(touched, names(&all));
    // What others did meanwhile is not its work.
    lab.save(&[("c.txt", "c\n")], "Base moves");
    assert_eq!(lab.git.touched(&tree, "main").unwrap(), names(&all));
    let status = git_in(path, &["status", "--porcelain"]);
    assert!(
        status.contains("?? picture.bin"),
        "looking stages nothing: {status}"
    );
}

#[test]
fn paths_are_those_of_the_project_in_a_larger_repository() {
    let lab = Lab::new();
    let shop = lab.root.join("apps/shop");
    lab.save(&[("apps/shop/x.txt", "x\n")], "A shop");
    let git = super::GitCli::new(shop, lab.trees.clone());
    let mut tips = Vec::new();
    for (number, text) in [(1, "1\n"), (2, "2\n")] {
        let tree = git.worktree(&task(number), "slug", "main").unwrap();
        write(&Path::new(&tree.path).join("x.txt"), text);
        assert_eq!(git.touched(&tree, "main").unwrap(), names(&["x.txt"]));
        let done = git
            .commit_all(&tree, "main", "claude-impl", "Do it")
            .unwrap();
        tips.push(done.tip.unwrap());
    }
    assert_eq!(git.forecast_pair(&tips[0], &tips[1]).unwrap(), ["x.txt"]);
}

#[test]
fn two_branches_are_compared_without_touching_anything() {
    let lab = Lab::new();
    let long: String = (1..=30).map(|n| format!("line {n}\n")).collect();
    lab.save(&[("long.txt", &long), ("p.bin", "\0\u{1}")], "More");
    let top = long.replace("line 1\n", "first\n");
    let end = long.replace("line 30\n", "last\n");
    let other_end = long.replace("line 30\n", "the end\n");
    let (_, one) = lab.done(1, &[("long.txt", &top), ("p.bin", "\0\u{2}")]);
    let (_, two) = lab.done(2, &[("long.txt", &end)]);
    let (_, three) = lab.done(3, &[("long.txt", &other_end), ("p.bin", "\0\u{3}")]);
    let before = lab.run(&["for-each-ref"]);
    let compare = |a, b| lab.git.forecast_pair(a, b).unwrap();
    assert_eq!(compare(&one, &two), [""; 0], "both ends of a file");
    assert_eq!(compare(&two, &three), ["long.txt"]);
    assert_eq!(compare(&three, &two), ["long.txt"]);
    assert_eq!(
        compare(&one, &three),
        ["p.bin"],
        "what is binary cannot be merged"
    );
    assert_eq!(compare(&one, &one), [""; 0]);
    assert_eq!(compare(&one, &lab.tip("main")), [""; 0], "what it contains");
    assert_eq!(lab.run(&["for-each-ref"]), before);
    assert!(
        lab.git
            .forecast_pair(&one, &"0".repeat(40).as_str().into())
            .is_err()
    );
}

#[test]
fn a_rename_in_one_branch_takes_the_change_of_the_other_along() {
    let lab = Lab::new();
    let long: String = (1..=30).map(|n| format!("line {n}\n")).collect();
    lab.save(&[("long.txt", &long)], "A long file");
    let tree = lab.tree(1);
    git_in(Path::new(&tree.path), &["mv", "long.txt", "moved.txt"]);
    let (moved, _) = lab.commit(&tree).unwrap();
    let changed = long.replace("line 7\n", "seventh\n");
    let (other, changed) = lab.done(2, &[("long.txt", &changed)]);
    assert_eq!(lab.git.forecast_pair(&moved, &changed).unwrap(), [""; 0]);
    merged(lab.merge(&tree, &moved));
    let (tip, files) = lab.git.catch_up(&other, "main").unwrap();
    assert_eq!((files, tip.is_some()), (vec![], true));
    let path = Path::new(&other.path);
    assert!(read(&path.join("moved.txt")).contains("seventh"));
    assert!(!path.join("long.txt").exists());
    let removed = lab.tree(3);
    git_in(Path::new(&removed.path), &["rm", "--quiet", "moved.txt"]);
    let (gone, _) = lab.commit(&removed).unwrap();
    let conflict = lab.git.forecast_pair(&gone, &tip.unwrap()).unwrap();
    assert_eq!(conflict, ["moved.txt"], "changed here, removed there");
}

#[test]
fn a_branch_is_brought_up_to_its_base_once() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    assert_eq!(
        lab.git.catch_up(&tree, "main").unwrap(),
        (Some(tip.clone()), vec![])
    );
    let base = lab.save(&[("a.txt", "changed\n")], "Base moves");
    let path = Path::new(&tree.path);
    write(&path.join("half.txt"), "not committed\n");
    let (new, files) = lab.git.catch_up(&tree, "main").unwrap();
    let new = new.unwrap();
    assert_eq!(files, [""; 0]);
    assert_eq!(lab.git.tip(&tree).unwrap().as_ref(), Some(&new));
    assert_eq!(read(&path.join("a.txt")), "changed\n");
    assert_eq!(read(&path.join("half.txt")), "not committed\n");
    assert_eq!(git_in(path, &["status", "--porcelain"]), "?? half.txt");
    let said = lab.run(&[
        "log",
        "-1",
        "--format=%P|%an|%s|%(trailers:key=Task,valueonly)",
        &new.0,
    ]);
    assert_eq!(
        said,
        format!(
            "{} {}|Orchestron|Bring task/TASK-001-slug up to main|TASK-001",
            tip.0, base.0
        )
    );
    assert_eq!(
        lab.git.touched(&tree, "main").unwrap(),
        names(&["half.txt", "new.txt"])
    );
    assert_eq!(
        lab.git.catch_up(&tree, "main").unwrap(),
        (Some(new), vec![])
    );
    assert_eq!(lab.tip("main"), base, "the base stays where it is");
}

#[test]
fn what_conflicts_stays_exactly_as_it_is() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("a.txt", "mine\n"), ("new.txt", "1\n")]);
    let path = Path::new(&tree.path);
    write(&path.join("half.txt"), "not committed\n");
    lab.save(&[("a.txt", "theirs\n")], "Base moves");
    let (now, files) = lab.git.catch_up(&tree, "main").unwrap();
    assert_eq!((now, files), (Some(tip), vec!["a.txt".to_owned()]));
    assert_eq!(read(&path.join("a.txt")), "mine\n");
    assert_eq!(git_in(path, &["status", "--porcelain"]), "?? half.txt");
    // The agent merges by itself; committing the work ends its merge.
    super::try_git(path, &["merge", "main"]);
    write(&path.join("a.txt"), "mine\ntheirs\n");
    let (resolved, _) = lab.commit(&tree).unwrap();
    assert_eq!(
        lab.git.catch_up(&tree, "main").unwrap(),
        (Some(resolved.clone()), vec![])
    );
    merged(lab.merge(&tree, &resolved));
    assert_eq!(read(&lab.root.join("a.txt")), "mine\ntheirs\n");
}

#[test]
fn uncommitted_work_in_the_way_is_kept_and_named() {
    let lab = Lab::new();
    let (tree, tip) = lab.done(1, &[("new.txt", "1\n")]);
    let path = Path::new(&tree.path);
    write(&path.join("a.txt"), "half done\n");
    lab.save(&[("a.txt", "theirs\n")], "Base moves");
    let error = lab.git.catch_up(&tree, "main").unwrap_err();
    assert!(
        error.said.contains("a.txt") && error.cure.is_some(),
        "{error}"
    );
    assert_eq!(read(&path.join("a.txt")), "half done\n");
    assert_eq!(lab.git.tip(&tree).unwrap(), Some(tip));
    git_in(path, &["switch", "--quiet", "--detach"]);
    let error = lab.git.catch_up(&tree, "main").unwrap_err();
    assert!(error.said.contains("should be on branch"), "{error}");
}

#[test]
fn programs_of_the_repository_are_not_run_by_looking() {
    let lab = Lab::new();
    let (tree, one) = lab.done(1, &[("a.txt", "1\n")]);
    let (_, two) = lab.done(2, &[("a.txt", "2\n")]);
    let mark = lab.root.parent().unwrap().join("was-run");
    let program = format!("touch '{}'; false", mark.display());
    write(
        &lab.root.join(".gitattributes"),
        "*.txt merge=mine filter=mine\n",
    );
    write(
        &Path::new(&tree.path).join(".gitattributes"),
        "*.txt merge=mine filter=mine\n",
    );
    lab.run(&["config", "merge.mine.driver", &program]);
    lab.run(&["config", "filter.mine.clean", &program]);
    lab.run(&["config", "core.fsmonitor", &program]);
    write(&Path::new(&tree.path).join("a.txt"), "more\n");
    lab.git.touched(&tree, "main").unwrap();
    assert_eq!(lab.git.forecast_pair(&one, &two).unwrap(), ["a.txt"]);
    assert!(!mark.exists(), "a program of the repository was run");
}

/// Not a test of speed: it prints what one comparison and one look cost here (`--nocapture`).
#[test]
fn comparing_twenty_branches_pairwise_costs_what_it_costs() {
    let lab = Lab::new();
    let files: Vec<_> = (0..300)
        .map(|n| (format!("src/{n}.rs"), format!("{n}\n").repeat(40)))
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    lab.save(&files[..1], "One");
    for (name, text) in &files {
        write(&lab.root.join(name), text);
    }
    lab.run(&["add", "--all"]);
    lab.run(&["commit", "--quiet", "-m", "Many"]);
    let branches: Vec<_> = (1..=6)
        .map(|n| lab.done(n, &[("src/7.rs", &format!("by {n}\n"))]))
        .collect();
    let start = Instant::now();
    let mut pairs = 0_u32;
    for (n, (_, one)) in branches.iter().enumerate() {
        for (_, other) in branches.iter().skip(n + 1) {
            assert_eq!(lab.git.forecast_pair(one, other).unwrap(), ["src/7.rs"]);
            pairs += 1;
        }
    }
    let compared = start.elapsed() / pairs;
    let start = Instant::now();
    for (tree, _) in &branches {
        assert_eq!(lab.git.touched(tree, "main").unwrap(), names(&["src/7.rs"]));
    }
    let looked = start.elapsed() / 6;
    println!("comparing two branches: {compared:?}; looking at a branch: {looked:?}");
}
