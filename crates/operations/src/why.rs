//! `why`: every reason why a task is not running, with its evidence and what would change it.

use crate::{
    Context, OpError,
    view::{Sight, word},
    wire::{PassedView, ReasonView, RouteView, RuleToldView, WaitWord, WhyView, input},
    writing::{card, id, must_be_clear},
};
use orchestron_domain::{
    Holder, TaskCard, rules,
    schedule::{self, Reason, Survey, Unfit, Wait, leg_of, urgency},
};

/// How many tasks that go before one are named.
const NAMED: usize = 10;

/// Why a task is not running.
///
/// # Errors
/// When there is no such task, or the project cannot be read.
pub fn why(cx: &mut Context, input: &input::OnTask) -> Result<WhyView, OpError> {
    let task = id(&input.task)?;
    let state = cx.state()?;
    if !state.cards.contains_key(&task) {
        must_be_clear(cx, &state, &task)?;
    }
    let card = card(&state, &task)?;
    let sight = Sight::new(cx, &state)?;
    let survey = Survey::new(&state, sight.now);
    let leg = leg_of(card.status);
    let turn = leg.map_or(Holder::Nobody, |leg| state.holder(&task, leg));
    let line = survey.in_line();
    let position = line.iter().position(|other| other.id == task);
    let before = line.iter().take(position.unwrap_or(0)).take(NAMED);
    let urgency = urgency(&state, card, sight.now);
    let reasons = reasons(&sight, card, matches!(turn, Holder::Agent(_)));
    // Who would take what somebody works on is no question.
    let is_open = reasons.iter().all(|one| one.kind != WaitWord::UnderWay);
    Ok(WhyView {
        task: task.to_string(),
        title: card.title.clone(),
        status: word::status(card.status),
        leg: leg.map(word::leg),
        turn: word::holder(&turn),
        reasons,
        route: leg
            .filter(|_| is_open && matches!(turn, Holder::Agent(_)))
            .map(|leg| route(&survey.route(card, leg))),
        position: position.and_then(|at| u32::try_from(at + 1).ok()),
        before: before.map(|other| other.id.to_string()).collect(),
        starts_next: sight.starts_next(&task),
        priority: card.priority.to_string(),
        counts_as: urgency.priority.to_string(),
        waiting_since: urgency
            .since
            .filter(|_| position.is_some())
            .map(word::millis),
        order: card.order.and_then(|order| i32::try_from(order).ok()),
        rules: rules::prospects(&state, card, sight.now)
            .into_iter()
            .map(rule)
            .collect(),
    })
}

fn rule(told: rules::Prospect<'_>) -> RuleToldView {
    RuleToldView {
        rule: told.rule.to_owned(),
        text: told.words,
        moved: told.moved.map(word::millis),
    }
}

fn reasons(sight: &Sight<'_>, card: &TaskCard, launched: bool) -> Vec<ReasonView> {
    let mut reasons: Vec<ReasonView> = schedule::why(sight.state, card, sight.now)
        .into_iter()
        .map(reason)
        .collect();
    // Without an engine no agent is started.
    let stands_still = |kind| {
        !matches!(
            kind,
            WaitWord::Over | WaitWord::Request | WaitWord::Turn | WaitWord::UnderWay
        )
    };
    if launched && !sight.running && reasons.iter().all(|one| stands_still(one.kind)) {
        let at = reasons.iter().position(|one| one.kind == WaitWord::Next);
        let none = ReasonView {
            kind: WaitWord::NoEngine,
            evidence: "no engine is running, so nothing is started".to_owned(),
            change: "`orchestron run`, or open the window".to_owned(),
            tasks: Vec::new(),
            agent: None,
            files: Vec::new(),
            until: None,
        };
        match at {
            Some(at) => reasons.insert(at, none),
            None => reasons.push(none),
        }
    }
    reasons
}

fn reason(reason: Reason) -> ReasonView {
    let (agent, files) = match &reason.wait {
        Wait::Unfit(agent, Unfit::Folder(files)) => (Some(agent), files.clone()),
        Wait::Unfit(agent, _)
        | Wait::AgentPaused(agent, _)
        | Wait::Breaker(agent, ..)
        | Wait::AgentFull(agent, ..) => (Some(agent), Vec::new()),
        Wait::Turn(holder) => (word::name_of(holder), Vec::new()),
        Wait::InUse(_, files) | Wait::Behind(_, files) => (None, files.clone()),
        _ => (None, Vec::new()),
    };
    ReasonView {
        kind: kind(&reason.wait),
        agent: agent.map(ToString::to_string),
        files,
        evidence: reason.evidence,
        change: reason.change,
        tasks: reason.tasks.iter().map(ToString::to_string).collect(),
        until: reason.until.map(word::millis),
    }
}

/// Who would take a leg.
fn route(route: &schedule::Route) -> RouteView {
    let passed = route.passed.iter().map(|(agent, refusal)| PassedView {
        agent: agent.to_string(),
        why: refusal.to_string(),
    });
    RouteView {
        to: route.to.as_ref().map(ToString::to_string),
        why: route.why.clone(),
        passed: passed.collect(),
    }
}

/// The word for a reason.
pub(crate) const fn kind(wait: &Wait) -> WaitWord {
    match wait {
        Wait::UnderWay => WaitWord::UnderWay,
        Wait::Over => WaitWord::Over,
        Wait::Request => WaitWord::Request,
        Wait::Turn(_) => WaitWord::Turn,
        Wait::NobodyNamed(_) => WaitWord::NobodyNamed,
        Wait::Dependencies(_) => WaitWord::Dependencies,
        Wait::Circle(_) => WaitWord::Circle,
        Wait::BackOff(_) => WaitWord::BackOff,
        Wait::Parked(_) => WaitWord::Parked,
        Wait::Unfit(..) => WaitWord::Unfit,
        Wait::AgentPaused(..) => WaitWord::AgentPaused,
        Wait::Breaker(..) => WaitWord::Breaker,
        Wait::AgentFull(..) => WaitWord::AgentFull,
        Wait::AccountFull(..) => WaitWord::AccountFull,
        Wait::Rate(_) => WaitWord::Rate,
        Wait::Budget(_) => WaitWord::Budget,
        Wait::InUse(..) => WaitWord::InUse,
        Wait::Behind(..) => WaitWord::Behind,
        Wait::StatusFull(..) => WaitWord::StatusFull,
        Wait::Full => WaitWord::Full,
        Wait::Starting => WaitWord::Starting,
        Wait::Paused => WaitWord::Paused,
        Wait::TaskPaused(_) => WaitWord::TaskPaused,
        Wait::Untrusted => WaitWord::Untrusted,
        Wait::Unclear => WaitWord::Unclear,
        Wait::Next => WaitWord::Next,
    }
}
