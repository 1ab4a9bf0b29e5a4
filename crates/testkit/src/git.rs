//! A git repository in memory: one branch per task, commits with numbers that know which files they touch, merges that are remembered.

use crate::world::{World, refused};
use orchestron_domain::{CommitId, TaskId};
use orchestron_engine::ports::{
    Between, CommittedWork, FileDiff, Git, MergeOutcome, PortError, PortErrorKind, PortResult,
    Unmerged, Worktree,
};
use std::collections::{BTreeMap, BTreeSet};

/// A task's worktree.
pub struct Tree {
    worktree: Worktree,
    pub tip: CommitId,
    dirty: bool,
    /// What is not committed.
    changed: BTreeSet<String>,
    /// The base was merged into it by its holder, and is not committed.
    merged_base: bool,
}

/// What a commit of a branch touches since its base, and which merges into the base it contains.
#[derive(Clone, Default)]
struct Made {
    files: BTreeSet<String>,
    contains: BTreeSet<CommitId>,
}

/// The repository.
#[derive(Default)]
pub struct Repository {
    pub is_repository: bool,
    pub trees: BTreeMap<String, Tree>,
    pub conflicts: BTreeMap<String, Vec<String>>,
    pub merges: Vec<(String, CommitId)>,
    /// Files in which two changes always conflict; in all others they merge.
    pub collide: BTreeSet<String>,
    /// What lies between commits (older one empty: since the base), where a test says so.
    pub between: BTreeMap<(String, String), Between>,
    /// How many pairs were compared.
    pub forecasts: u32,
    made: BTreeMap<CommitId, Made>,
    commits: u32,
}

impl Repository {
    fn next_commit(&mut self) -> CommitId {
        self.commits += 1;
        CommitId(format!("{:040x}", self.commits))
    }

    /// Something in the task's worktree is changed: a file that only this task has.
    pub fn edit(&mut self, task: &str) {
        self.edit_file(task, &format!("src/{task}.rs"));
    }

    /// A file in the task's worktree is changed.
    pub fn edit_file(&mut self, task: &str, file: &str) {
        if let Some(tree) = self.trees.get_mut(task) {
            tree.dirty = true;
            tree.changed.insert(file.to_owned());
        }
    }

    /// The task's holder merges the base into its branch and resolves what conflicts.
    pub fn merge_base(&mut self, task: &str) {
        if let Some(tree) = self.trees.get_mut(task) {
            tree.dirty = true;
            tree.merged_base = true;
        }
    }

    /// Commits what is changed.
    pub fn commit(&mut self, task: &str) {
        if self.trees.get(task).is_some_and(|tree| tree.dirty) {
            let commit = self.next_commit();
            let landed: Vec<_> = self.merges.iter().map(|(_, merge)| merge.clone()).collect();
            if let Some(tree) = self.trees.get_mut(task) {
                let mut made = self.made.get(&tree.tip).cloned().unwrap_or_default();
                made.files.append(&mut tree.changed);
                if std::mem::take(&mut tree.merged_base) {
                    made.contains.extend(landed);
                }
                tree.tip = commit.clone();
                tree.dirty = false;
                self.made.insert(commit, made);
            }
        }
    }

    fn made(&self, commit: &CommitId) -> Made {
        self.made.get(commit).cloned().unwrap_or_default()
    }

    /// Merges into the base that a branch at this commit does not have, and the files in which they collide with it.
    fn news(&self, commit: &CommitId) -> (Vec<CommitId>, Vec<String>) {
        let mine = self.made(commit);
        let merges = self.merges.iter().map(|(_, merge)| merge.clone());
        let news: Vec<_> = merges
            .filter(|merge| !mine.contains.contains(merge) && merge != commit)
            .collect();
        let theirs: BTreeSet<_> = news
            .iter()
            .flat_map(|merge| self.made(merge).files)
            .collect();
        let both = mine.files.intersection(&theirs);
        let files = both.filter(|file| self.collide.contains(*file));
        let files = files.cloned().collect();
        (news, files)
    }

    fn of(&self, worktree: &Worktree) -> PortResult<(&str, &Tree)> {
        let found = self
            .trees
            .iter()
            .find(|(_, tree)| tree.worktree.path == worktree.path);
        found
            .map(|(task, tree)| (task.as_str(), tree))
            .ok_or_else(|| gone(worktree))
    }
}

fn gone(worktree: &Worktree) -> PortError {
    refused(
        PortErrorKind::Missing,
        "cannot find",
        worktree.path.clone(),
        "no such worktree",
    )
}

pub struct MemoryGit(pub World);

impl Git for MemoryGit {
    fn is_repository(&self) -> PortResult<bool> {
        Ok(self.0.up()?.git.is_repository)
    }

    fn current_branch(&self) -> PortResult<Option<String>> {
        Ok(self.0.up()?.git.is_repository.then(|| "main".to_owned()))
    }

    fn worktree(&self, task: &TaskId, slug: &str, _base_branch: &str) -> PortResult<Worktree> {
        let mut things = self.0.up()?;
        if !things.git.is_repository {
            return Ok(Worktree {
                path: "/project".into(),
                branch: None,
                base: None,
            });
        }
        if let Some(tree) = things.git.trees.get(&task.to_string()) {
            return Ok(tree.worktree.clone());
        }
        // The base as it is after so many merges.
        let merges = things.git.merges.len();
        let base = if merges == 0 {
            CommitId(format!("{:040x}", 0))
        } else {
            CommitId(format!("ba5e{merges:036x}"))
        };
        let worktree = Worktree {
            path: format!("/worktrees/{task}"),
            branch: Some(format!("task/{task}-{slug}")),
            base: Some(base.clone()),
        };
        let tree = Tree {
            worktree: worktree.clone(),
            tip: base,
            dirty: false,
            changed: BTreeSet::new(),
            merged_base: false,
        };
        let merges = things.git.merges.iter();
        let contains = merges.map(|(_, merge)| merge.clone()).collect();
        let files = BTreeSet::new();
        let base = tree.tip.clone();
        things.git.made.insert(base, Made { files, contains });
        things.git.trees.insert(task.to_string(), tree);
        Ok(worktree)
    }

    fn find_worktree(&self, task: &TaskId) -> PortResult<Option<Worktree>> {
        let things = self.0.up()?;
        Ok(things
            .git
            .trees
            .get(&task.to_string())
            .map(|tree| tree.worktree.clone()))
    }

    fn commit_all(
        &self,
        tree: &Worktree,
        base_branch: &str,
        _author: &str,
        _message: &str,
    ) -> PortResult<CommittedWork> {
        let mut things = self.0.up()?;
        if tree.branch.is_none() {
            return Ok(CommittedWork::unknown());
        }
        let task = things.git.of(tree)?.0.to_owned();
        things.git.commit(&task);
        let tip = things.git.of(tree)?.1.tip.clone();
        drop(things);
        Ok(CommittedWork {
            differs: Some(&tip) != tree.base.as_ref(),
            tip: Some(tip),
            touched: self.touched(tree, base_branch).ok(),
        })
    }

    fn diff(
        &self,
        tree: &Worktree,
        _base_branch: &str,
        with_uncommitted: bool,
    ) -> PortResult<Vec<FileDiff>> {
        let things = self.0.up()?;
        let (_, found) = things.git.of(tree)?;
        let differs = Some(&found.tip) != tree.base.as_ref() || (with_uncommitted && found.dirty);
        Ok(if differs {
            vec![FileDiff {
                path: "src/pay.rs".into(),
                old_path: None,
                kind: "modified".into(),
                added: Some(2),
                removed: Some(1),
                patch: "@@ -1 +1,2 @@\n-old\n+new\n+more\n".into(),
                cut: false,
            }]
        } else {
            Vec::new()
        })
    }

    fn between(
        &self,
        _base_branch: &str,
        from: Option<&CommitId>,
        to: &CommitId,
    ) -> PortResult<Option<Between>> {
        let things = self.0.up()?;
        let known = |commit: &CommitId| things.git.made.contains_key(commit);
        if !known(to) || from.is_some_and(|from| !known(from)) {
            return Ok(None);
        }
        let key = (
            from.map_or_else(String::new, |from| from.0.clone()),
            to.0.clone(),
        );
        if let Some(planted) = things.git.between.get(&key) {
            return Ok(Some(planted.clone()));
        }
        let before = from.map_or_else(BTreeSet::new, |from| things.git.made(from).files);
        let files = things.git.made(to).files.into_iter();
        let files = files
            .filter(|file| !before.contains(file))
            .map(|path| FileDiff {
                path,
                old_path: None,
                kind: "modified".into(),
                added: Some(2),
                removed: Some(1),
                patch: "@@ -1 +1,2 @@\n-old\n+new\n+more\n".into(),
                cut: false,
            });
        Ok(Some(Between {
            files: files.collect(),
            follows: true,
            caught_up: false,
        }))
    }

    fn merge(
        &self,
        tree: &Worktree,
        base_branch: &str,
        commit: Option<&CommitId>,
        _message: &str,
    ) -> PortResult<MergeOutcome> {
        let mut things = self.0.up()?;
        let (task, found) = things.git.of(tree)?;
        let (task, commit) = (task.to_owned(), commit.unwrap_or(&found.tip).clone());
        if let Some(files) = things
            .git
            .conflicts
            .get(&task)
            .filter(|files| !files.is_empty())
        {
            let why = "both sides changed them".to_owned();
            return Ok(MergeOutcome::Refused {
                files: files.clone(),
                why,
            });
        }
        let (_, files) = things.git.news(&commit);
        if !files.is_empty() {
            let why = "both sides changed them".to_owned();
            return Ok(MergeOutcome::Refused { files, why });
        }
        let merge = (task, commit.clone());
        if !things.git.merges.contains(&merge) {
            things.git.merges.push(merge);
        }
        Ok(MergeOutcome::Merged {
            commit: Some(commit),
            into: base_branch.to_owned(),
        })
    }

    fn unmerge(
        &self,
        _base_branch: &str,
        merge: &CommitId,
        _message: &str,
    ) -> PortResult<Unmerged> {
        let mut things = self.0.up()?;
        let merges = &mut things.git.merges;
        let newest = merges.last().is_some_and(|(_, commit)| commit == merge);
        let known = merges.len();
        merges.retain(|(_, commit)| commit != merge);
        let to = CommitId(format!("{:040x}", 0));
        Ok(match (newest, merges.len() < known) {
            (_, false) => Unmerged::Nothing,
            (true, true) => Unmerged::MovedBack { to },
            (false, true) => Unmerged::Reverted {
                commit: things.git.next_commit(),
            },
        })
    }

    fn worktrees(&self) -> PortResult<Vec<(TaskId, Worktree)>> {
        let things = self.0.up()?;
        let trees = things.git.trees.iter();
        let named =
            trees.filter_map(|(task, tree)| Some((task.parse().ok()?, tree.worktree.clone())));
        Ok(named.collect())
    }

    fn bring_back(
        &self,
        task: &TaskId,
        slug: &str,
        base_branch: &str,
        _saved: Option<&str>,
    ) -> PortResult<Worktree> {
        self.worktree(task, slug, base_branch)
    }

    fn forecast(&self, tree: &Worktree, _base_branch: &str) -> PortResult<Vec<String>> {
        let things = self.0.up()?;
        let (task, _) = things.git.of(tree)?;
        Ok(things.git.conflicts.get(task).cloned().unwrap_or_default())
    }

    fn touched(&self, tree: &Worktree, _base_branch: &str) -> PortResult<BTreeSet<String>> {
        let things = self.0.up()?;
        let (_, found) = things.git.of(tree)?;
        let committed = things.git.made(&found.tip).files;
        Ok(committed.union(&found.changed).cloned().collect())
    }

    fn forecast_pair(&self, one: &CommitId, other: &CommitId) -> PortResult<Vec<String>> {
        let mut things = self.0.up()?;
        things.git.forecasts += 1;
        let (mine, theirs) = (things.git.made(one), things.git.made(other));
        if mine.contains.contains(other) || theirs.contains.contains(one) {
            return Ok(Vec::new());
        }
        let both = mine.files.intersection(&theirs.files);
        let files = both.filter(|file| things.git.collide.contains(*file));
        Ok(files.cloned().collect())
    }

    fn catch_up(
        &self,
        tree: &Worktree,
        _base_branch: &str,
    ) -> PortResult<(Option<CommitId>, Vec<String>)> {
        let mut things = self.0.up()?;
        let (task, found) = things.git.of(tree)?;
        let (task, tip) = (task.to_owned(), found.tip.clone());
        let (news, files) = things.git.news(&tip);
        if news.is_empty() || !files.is_empty() {
            return Ok((Some(tip), files));
        }
        let mut made = things.git.made(&tip);
        made.contains.extend(news);
        let commit = things.git.next_commit();
        things.git.made.insert(commit.clone(), made);
        if let Some(tree) = things.git.trees.get_mut(&task) {
            tree.tip = commit.clone();
        }
        Ok((Some(commit), Vec::new()))
    }

    fn tip(&self, tree: &Worktree) -> PortResult<Option<CommitId>> {
        Ok(Some(self.0.up()?.git.of(tree)?.1.tip.clone()))
    }

    fn remove_worktree(&self, task: &TaskId, _tree: &Worktree) -> PortResult<Option<String>> {
        let mut things = self.0.up()?;
        let removed = things.git.trees.remove(&task.to_string());
        Ok(removed
            .filter(|tree| tree.dirty)
            .map(|_| format!("refs/orchestron/saved/{task}")))
    }
}
