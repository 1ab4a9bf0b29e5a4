//! Taking in what a look at the files found, or holding it back; see [`crate::hold`].

use crate::{
    hold::{ABSENT, CHECKOUT, Held, KEY, switch},
    looks::Refreshed,
    ports::{Commit, KnownFiles, PortError, PortErrorKind, PortResult, Scan},
    store::Store,
    told::{leave_out, tasks_in, told_by_files},
};
use orchestron_domain::{
    Actor, Decision, Fact, RequestId, RequestKind, Seq, TaskId, Time, event::Scope,
};

/// Events taken from the log at once.
const PAGE: u32 = 500;

/// While files are being changed they are looked at again after so many milliseconds.
const STILL_MS: i64 = 250;

/// What a person said to a held board.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    /// Nothing yet.
    None,
    /// The files are right as they are: by resuming (which closes no request), or by answering the request.
    Take { answered: bool, resumed: bool },
}

impl Store {
    /// The files are as they were last told, or cannot be read.
    pub(crate) fn saw_no_change(&mut self, scan: &Scan, all: bool) -> PortResult<Refreshed> {
        if scan.unreadable.is_some() {
            return self.take_in_nothing(scan);
        }
        if all {
            self.hold.again = None;
            if self.holds_on(scan)? {
                return Ok(self.held_as_it_was());
            }
            self.hold.tasks.clear();
            self.let_go()?;
            self.note_checkout()?;
        }
        Ok(self.held_as_it_was())
    }

    /// Nothing is taken in.
    fn held_as_it_was(&self) -> Refreshed {
        Refreshed {
            held: self.held_why(),
            ..Refreshed::default()
        }
    }

    /// Whether a held board is held on without judging what it looks like now, because it is still being changed: what seems to be
    /// back may go again, and nobody is to be asked twice about one branch switch.
    fn holds_on(&mut self, scan: &Scan) -> PortResult<bool> {
        if self.hold.board.is_none() {
            self.hold.board = self.noted_hold()?;
        }
        let still = self.hold.board.is_some() && self.is_being_changed(scan)?;
        if still {
            self.hold.again = Some(self.now().plus_millis(STILL_MS));
        }
        Ok(still)
    }

    /// Whether git, or somebody else, has not come to an end with the files.
    fn is_being_changed(&self, scan: &Scan) -> PortResult<bool> {
        Ok(scan.moving || self.files().checkout()?.writing)
    }

    /// Takes in what a look found, or holds it back. None when that can only be told from all files.
    pub(crate) fn take_in(
        &mut self,
        known: &KnownFiles,
        mut scan: Scan,
        all: bool,
    ) -> PortResult<Option<Refreshed>> {
        let mut facts = told_by_files(known, &scan);
        let moved = |fact: &Fact| matches!(fact, Fact::TaskMoved { .. });
        let removed = |fact: &Fact| matches!(fact, Fact::TaskRemoved { .. });
        let disturbed = facts.iter().any(|fact| moved(fact) || removed(fact));
        if !all {
            if disturbed || self.hold.is_any() {
                return Ok(None);
            }
            return self.write_down(facts, scan).map(Some);
        }
        self.hold.again = None;
        if self.holds_on(&scan)? {
            return Ok(Some(self.held_as_it_was()));
        }
        // Nobody is at work who could be disturbed: files are what they are, once they rest.
        if !disturbed || !(scan.moving || self.is_somebody_at_work()?) {
            self.hold.tasks.clear();
            self.let_go()?;
            self.note_checkout()?;
            return self.write_down(facts, scan).map(Some);
        }
        let (checkout, now) = (self.files().checkout()?, self.now());
        let other = self.is_other_checkout(checkout.head.as_deref())?;
        let switch = switch(&facts, tasks_in(known), other).filter(|_| !scan.moving);
        if let Some(why) = switch {
            self.hold.tasks.clear();
            if self.hold_board(&why, false)? {
                return Ok(Some(self.held_as_it_was()));
            }
            // A person has said that the files are right.
            self.note_checkout()?;
            return self.write_down(facts, scan).map(Some);
        }
        self.let_go()?;
        let at_work = scan.moving || checkout.at_work.is_some();
        let not_yet = self.hold.not_yet(&facts, at_work, now);
        if scan.moving || checkout.writing {
            self.hold.again = Some(now.plus_millis(STILL_MS));
        }
        leave_out(&not_yet, &mut scan, &mut facts);
        if not_yet.is_empty() {
            self.note_checkout()?;
        }
        self.write_down(facts, scan).map(Some)
    }

    /// Nothing may be concluded from a folder that is missing.
    fn take_in_nothing(&mut self, scan: &Scan) -> PortResult<Refreshed> {
        if self.is_engine {
            self.hold_board(ABSENT, true)?;
        }
        Ok(Refreshed {
            unreadable: scan.unreadable,
            ..self.held_as_it_was()
        })
    }

    /// Why the whole board is held, when it is.
    #[must_use]
    pub fn held_why(&self) -> Option<String> {
        self.hold.board.as_ref().map(|held| held.why.clone())
    }

    /// Whether the folders cannot be read at all.
    pub(crate) fn is_absent(&self) -> bool {
        self.hold.board.as_ref().is_some_and(|held| held.absent)
    }

    /// Whether this task's file cannot be worked with now, though it may be back soon.
    #[must_use]
    pub fn is_away(&self, task: &TaskId) -> bool {
        self.hold.holds(task)
    }

    /// When to look at the files again although nothing tells of a change.
    #[must_use]
    pub const fn look_again_at(&self) -> Option<Time> {
        self.hold.again
    }

    fn is_somebody_at_work(&self) -> PortResult<bool> {
        if self.is_engine || self.locks().lease_is_held()? {
            return Ok(true);
        }
        Ok(self.noted_hold()?.is_some() || self.story()?.live_runs().next().is_some())
    }

    // ------------------------------------------------------------------------------------------ the whole board

    /// Goes on holding the board, or begins to. False when a person has said that the files are right as they are.
    fn hold_board(&mut self, why: &str, absent: bool) -> PortResult<bool> {
        if self.hold.board.is_none() {
            self.hold.board = self.noted_hold()?;
        }
        if let Some(held) = self.hold.board.clone() {
            if held.absent == absent {
                return match self.word_on(&held)? {
                    Word::None => Ok(true),
                    // What is not there cannot be taken as it is.
                    Word::Take { .. } if absent => Ok(true),
                    word => {
                        self.end_hold(&held, word, "the files were taken as they are")?;
                        Ok(false)
                    }
                };
            }
            // From missing to switched, or the other way round: it is asked anew.
            self.end_hold(&held, Word::None, "something else is with the files now")?;
        }
        if self.is_engine {
            self.begin_hold(why, absent)?;
        } else {
            // The engine asks as soon as it looks; until then nothing is taken in here either.
            let asked = self.log.last()?;
            let paused = false;
            let why = why.to_owned();
            self.hold.board = Some(Held {
                why,
                asked,
                paused,
                absent,
            });
        }
        Ok(true)
    }

    fn noted_hold(&self) -> PortResult<Option<Held>> {
        let noted = self.log.setting(KEY)?.filter(|text| !text.is_empty());
        Ok(noted.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn begin_hold(&mut self, why: &str, absent: bool) -> PortResult<()> {
        let story = self.story()?;
        let kind = RequestKind::Escalation {
            why: why.to_owned(),
        };
        // Asked by an engine that died before it could note that.
        let same =
            |request: &&orchestron_domain::Request| request.task.is_none() && request.kind == kind;
        let asked = story.open_requests().find(same).map(|request| request.id);
        let paused = story.paused.is_none() || story.paused.as_deref() == Some(why);
        let mut facts = Vec::new();
        if story.paused.is_none() {
            facts.push(Fact::Paused {
                why: why.to_owned(),
                scope: Scope::All,
            });
        }
        if asked.is_none() {
            facts.push(Fact::RequestOpened { task: None, kind });
        }
        let done = self.append(&Actor::Engine, facts)?;
        let opened = done.events.last().map(|event| event.seq);
        let asked = asked.map_or_else(|| opened.unwrap_or(story.seq), |id| Seq(id.0));
        let held = Held {
            why: why.to_owned(),
            asked,
            paused,
            absent,
        };
        self.log.set_setting(KEY, &as_text(&held)?)?;
        self.hold.board = Some(held);
        Ok(())
    }

    /// The files are as they were: goes on as if nothing had been.
    fn let_go(&mut self) -> PortResult<()> {
        let held = match self.hold.board.clone() {
            Some(held) => Some(held),
            None if self.is_engine => self.noted_hold()?,
            None => None,
        };
        match held {
            Some(held) if self.is_engine => {
                let word = self.word_on(&held)?;
                self.end_hold(&held, word, "the files are back")
            }
            _ => {
                self.hold.board = None;
                Ok(())
            }
        }
    }

    fn end_hold(&mut self, held: &Held, word: Word, why: &str) -> PortResult<()> {
        self.hold.board = None;
        if !self.is_engine {
            return Ok(());
        }
        let story = self.story()?;
        let (answered, resumed) = match word {
            Word::Take { answered, resumed } => (answered, resumed),
            Word::None => (false, false),
        };
        let mut facts = Vec::new();
        let ours = held.paused && story.paused.as_deref() == Some(&held.why);
        if ours && !resumed {
            facts.push(Fact::Resumed { scope: Scope::All });
        }
        let request = RequestId(held.asked.0);
        if !answered
            && story
                .requests
                .get(&request)
                .is_some_and(orchestron_domain::Request::is_open)
        {
            facts.push(Fact::RequestWithdrawn {
                request,
                why: why.to_owned(),
            });
        }
        self.commit(Commit {
            facts: facts
                .into_iter()
                .map(|fact| (Actor::Engine, fact))
                .collect(),
            ..Commit::default()
        })?;
        self.log.set_setting(KEY, "")
    }

    /// What a person said since it was asked.
    fn word_on(&self, held: &Held) -> PortResult<Word> {
        let (mut seq, mut answered, mut resumed) = (held.asked, false, false);
        loop {
            let events = self.log.after(seq, PAGE)?;
            let Some(last) = events.last() else { break };
            seq = last.seq;
            for event in &events {
                match &event.fact {
                    Fact::Resumed { scope: Scope::All } if event.by != Actor::Engine => {
                        resumed = true;
                    }
                    Fact::RequestDecided {
                        request,
                        decision: Decision::Retry { .. },
                    } if request.0 == held.asked.0 => answered = true,
                    _ => {}
                }
            }
        }
        if answered || resumed {
            return Ok(Word::Take { answered, resumed });
        }
        Ok(Word::None)
    }

    // ------------------------------------------------------------------------------------------ the checkout

    fn is_other_checkout(&self, head: Option<&str>) -> PortResult<bool> {
        let noted = self.log.setting(CHECKOUT)?;
        // A detached commit is no branch: during a rebase it changes with each step.
        let branch = |text: &str| text.starts_with("ref: ");
        Ok(match (noted.as_deref(), head) {
            (Some(before), Some(now)) => before != now && (branch(before) || branch(now)),
            _ => false,
        })
    }

    /// The board agrees with this checkout.
    fn note_checkout(&mut self) -> PortResult<()> {
        if !self.is_engine {
            return Ok(());
        }
        let Some(head) = self.files().checkout()?.head else {
            return Ok(());
        };
        if self.log.setting(CHECKOUT)?.as_deref() != Some(&head) {
            self.log.note(CHECKOUT, &head)?;
        }
        Ok(())
    }
}

fn as_text(held: &Held) -> PortResult<String> {
    serde_json::to_string(held).map_err(|error| PortError {
        doing: "cannot note",
        what: KEY.into(),
        said: error.to_string(),
        cure: None,
        kind: PortErrorKind::Other,
    })
}
