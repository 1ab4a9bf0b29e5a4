//! Few notices, none too late, none at night.

use super::{Item, Manner, NoticeKind, Notify, Plan, Quiet, Told, plan};
use crate::{Priority, Seq, Time};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Some midnight in UTC.
const MIDNIGHT: i64 = 1_795_132_800_000 - 1_795_132_800_000 % (24 * HOUR);

fn at(hour: i64, minute: i64) -> Time {
    Time(MIDNIGHT + hour * HOUR + minute * MINUTE)
}

fn item(id: u64, kind: NoticeKind, since: Time) -> Item {
    Item {
        id: Seq(id),
        kind,
        since,
        priority: None,
    }
}

fn ids(list: &[Seq]) -> Vec<u64> {
    list.iter().map(|seq| seq.0).collect()
}

/// Told from this moment on.
fn from(moment: Time) -> Told {
    Told {
        digest: moment,
        ..Told::default()
    }
}

fn told(plan: &Plan, before: &Told, now: Time) -> Told {
    let mut after = before.clone();
    after.items.extend(plan.now.iter().chain(&plan.digest));
    if !plan.now.is_empty() {
        after.last = Some(now);
    }
    if !plan.digest.is_empty() {
        after.digest = now;
    }
    after
}

fn nights() -> Notify {
    Notify {
        quiet: Some(Quiet {
            from: 22 * 60,
            to: 7 * 60,
            ..Quiet::default()
        }),
        ..Notify::default()
    }
}

#[test]
fn an_agent_that_waits_is_told_at_once_and_takes_along_what_was_gathered() {
    let policy = Notify::default();
    let noon = at(12, 0);
    let review = item(1, NoticeKind::Review, noon);
    let alone = plan(std::slice::from_ref(&review), &from(noon), &policy, noon, 0);
    assert_eq!((ids(&alone.now), alone.later), (vec![], 1));
    assert_eq!(alone.again, Some(noon.plus_millis(120 * SECOND)));
    let later = noon.plus_millis(120 * SECOND);
    let due = plan(
        std::slice::from_ref(&review),
        &from(noon),
        &policy,
        later,
        0,
    );
    assert_eq!(ids(&due.now), [1]);
    let ask = item(2, NoticeKind::Permission, noon);
    let both = plan(&[review, ask], &from(noon), &policy, noon, 0);
    assert_eq!(ids(&both.now), [1, 2]);
    assert_eq!((both.again, both.later), (None, 0));
}

#[test]
fn many_at_once_are_two_notices_and_nothing_is_told_twice() {
    let policy = Notify::default();
    let noon = at(12, 0);
    let mut all = vec![item(1, NoticeKind::Permission, noon)];
    let first = plan(&all, &from(noon), &policy, noon, 0);
    assert_eq!(ids(&first.now), [1]);
    let after = told(&first, &from(noon), noon);
    for n in 2..50 {
        all.push(item(n, NoticeKind::Permission, noon.plus_millis(SECOND)));
    }
    let soon = noon.plus_millis(SECOND);
    let second = plan(&all, &after, &policy, soon, 0);
    assert_eq!((ids(&second.now), second.later), (vec![], 48));
    assert_eq!(second.again, Some(noon.plus_millis(20 * SECOND)));
    let then = noon.plus_millis(20 * SECOND);
    let third = plan(&all, &after, &policy, then, 0);
    assert_eq!(third.now.len(), 48);
    let nothing = plan(&all, &told(&third, &after, then), &policy, then, 0);
    assert_eq!(nothing, Plan::default());
}

#[test]
fn what_is_settled_before_it_was_told_is_never_told() {
    let noon = at(12, 0);
    let none = plan(&[], &from(noon), &Notify::default(), at(13, 0), 0);
    assert_eq!(none, Plan::default());
}

#[test]
fn quiet_hours_hold_everything_back_until_they_end() {
    let policy = nights();
    let evening = at(23, 30);
    let ask = item(1, NoticeKind::Permission, evening);
    let at_night = plan(
        std::slice::from_ref(&ask),
        &from(evening),
        &policy,
        evening,
        0,
    );
    assert_eq!((ids(&at_night.now), at_night.later), (vec![], 1));
    let morning = at(24 + 7, 0);
    assert_eq!(at_night.again, Some(morning));
    let told = plan(
        std::slice::from_ref(&ask),
        &from(evening),
        &policy,
        morning,
        0,
    );
    assert_eq!(ids(&told.now), [1]);
    let before = plan(
        std::slice::from_ref(&ask),
        &from(evening),
        &policy,
        at(24 + 6, 59),
        0,
    );
    assert_eq!(ids(&before.now), [0_u64; 0]);
}

#[test]
fn quiet_hours_are_those_of_the_persons_own_clock() {
    let policy = nights();
    let ask = |now| vec![item(1, NoticeKind::Permission, now)];
    // 20:30 in UTC is 22:30 in Berlin in summer, and 12:30 in Los Angeles.
    let now = at(20, 30);
    let berlin = plan(&ask(now), &from(now), &policy, now, 2 * 3_600);
    assert_eq!(
        (ids(&berlin.now), berlin.again),
        (vec![], Some(at(24 + 5, 0)))
    );
    let angeles = plan(&ask(now), &from(now), &policy, now, -8 * 3_600);
    assert_eq!(ids(&angeles.now), [1]);
}

#[test]
fn what_may_come_through_at_night_comes_through() {
    let mut policy = nights();
    let quiet = policy.quiet.as_mut().unwrap();
    quiet.except.insert(NoticeKind::Budget);
    quiet.except_p0 = true;
    let night = at(3, 0);
    let mut urgent = item(2, NoticeKind::Review, at(2, 0));
    urgent.priority = Some(Priority::P0);
    let all = [
        item(1, NoticeKind::Budget, night),
        urgent,
        item(3, NoticeKind::Escalation, night),
    ];
    let told = plan(&all, &from(night), &policy, night, 0);
    assert_eq!((ids(&told.now), told.later), (vec![1, 2], 1));
}

#[test]
fn a_digest_comes_once_a_day() {
    let policy = Notify {
        digest: Some(17 * 60),
        ..Notify::default()
    };
    let began = at(9, 0);
    let done = [item(1, NoticeKind::Done, at(10, 0))];
    let early = plan(&done, &from(began), &policy, at(11, 0), 0);
    assert_eq!((ids(&early.digest), early.again), (vec![], Some(at(17, 0))));
    let due = plan(&done, &from(began), &policy, at(17, 5), 0);
    assert_eq!((ids(&due.digest), ids(&due.now)), (vec![1], vec![]));
    let after = told(&due, &from(began), at(17, 5));
    let more = [done[0].clone(), item(2, NoticeKind::Done, at(17, 10))];
    let evening = plan(&more, &after, &policy, at(18, 0), 0);
    assert_eq!(
        (ids(&evening.digest), evening.again),
        (vec![], Some(at(24 + 17, 0)))
    );
    let missed = plan(&more, &after, &policy, at(72, 0), 0);
    assert_eq!(
        ids(&missed.digest),
        [2],
        "a machine that was off tells it when it is on"
    );
}

#[test]
fn a_digest_waits_for_the_end_of_quiet_hours() {
    let policy = Notify {
        digest: Some(23 * 60),
        ..nights()
    };
    let done = [item(1, NoticeKind::Done, at(20, 0))];
    let night = plan(&done, &from(at(9, 0)), &policy, at(23, 30), 0);
    assert_eq!(
        (ids(&night.digest), night.again),
        (vec![], Some(at(24 + 7, 0)))
    );
    let morning = plan(&done, &from(at(9, 0)), &policy, at(24 + 7, 0), 0);
    assert_eq!(ids(&morning.digest), [1]);
}

#[test]
fn without_a_time_for_it_a_digest_comes_when_quiet_hours_end() {
    let done = [item(1, NoticeKind::Done, at(20, 0))];
    let morning = plan(&done, &from(at(9, 0)), &nights(), at(24 + 7, 1), 0);
    assert_eq!(ids(&morning.digest), [1]);
    let never = plan(&done, &from(at(9, 0)), &Notify::default(), at(240, 0), 0);
    assert_eq!(never, Plan::default());
    assert!(nights().tells(NoticeKind::Done) && !Notify::default().tells(NoticeKind::Done));
    assert!(Notify::default().tells(NoticeKind::Review));
}

#[test]
fn what_is_off_is_never_told() {
    let mut policy = Notify::default();
    policy.manners.insert(NoticeKind::Review, Manner::Off);
    policy.manners.insert(NoticeKind::Done, Manner::Now);
    let noon = at(12, 0);
    let all = [
        item(1, NoticeKind::Review, at(1, 0)),
        item(2, NoticeKind::Done, noon),
    ];
    assert_eq!(ids(&plan(&all, &from(noon), &policy, noon, 0).now), [2]);
}

#[test]
fn a_clock_that_was_set_back_keeps_nobody_from_being_told() {
    let noon = at(12, 0);
    let mut before = from(noon);
    before.last = Some(at(15, 0));
    let ask = [item(1, NoticeKind::Permission, at(11, 0))];
    let told = plan(&ask, &before, &Notify::default(), noon, 0);
    assert_eq!(ids(&told.now), [1]);
}

#[test]
fn words_are_read_as_they_are_written() {
    for kind in NoticeKind::ALL {
        assert_eq!(NoticeKind::from_word(kind.word()), Some(kind));
    }
    for manner in Manner::ALL {
        assert_eq!(Manner::from_word(manner.word()), Some(manner));
    }
}

#[test]
fn each_thing_says_when_it_is_told_and_why_not_before() {
    use super::{When, explain};
    let night = at(23, 0);
    let mut policy = nights();
    policy.manners.insert(NoticeKind::Conflict, Manner::Off);
    policy.manners.insert(NoticeKind::Permission, Manner::Now);
    policy
        .quiet
        .as_mut()
        .unwrap()
        .except
        .insert(NoticeKind::Permission);
    let items = [
        item(1, NoticeKind::Permission, night),
        item(2, NoticeKind::Review, night),
        item(3, NoticeKind::Conflict, night),
        item(4, NoticeKind::Done, night),
        item(5, NoticeKind::Budget, night),
    ];
    let mut before = from(at(8, 0));
    before.items.insert(Seq(5));
    let told = explain(&items, &before, &policy, night, 0);
    let morning = at(24 + 7, 0);
    assert_eq!(
        told,
        [
            (Seq(1), When::Now),
            (Seq(2), When::Quiet(morning)),
            (Seq(3), When::Off),
            (Seq(4), When::Digest(Some(morning))),
            (Seq(5), When::Told),
        ]
    );
    let day = at(12, 0);
    let items = [item(2, NoticeKind::Review, day)];
    let told = explain(&items, &from(at(8, 0)), &policy, day, 0);
    assert_eq!(told, [(Seq(2), When::Gathered(at(12, 2)))]);
    let none = Notify::default();
    let items = [item(4, NoticeKind::Done, day)];
    let told = explain(&items, &from(at(8, 0)), &none, day, 0);
    assert_eq!(told, [(Seq(4), When::Digest(None))], "there is no digest");
}
