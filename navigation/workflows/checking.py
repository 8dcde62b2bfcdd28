"""How a workflow's steps hang together, and with the application's profile: what would go wrong in a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from navigation.types import Outcome
from navigation.workflows.model import (
    AGAIN,
    BLIND,
    NEXT,
    Key,
    Navigate,
    Profile,
    ProfileTarget,
    Step,
    Type,
    Verify,
    Workflow,
)
from navigation.workflows.paths import (
    MAYBE_TRIED,
    REFUSALS,
    is_blind,
    leads_to,
    leads_to_at_all,
    logins,
    reached_from,
    resumed_at,
    then_of,
)
from navigation.workflows.problems import Place, Problem, harmless

_TOP: Final = Place(1, 1)


def check(workflow: Workflow, profile: Profile | None) -> list[Problem]:
    """All that is wrong, in the order of the file. `profile` is its application's, None if it has none."""
    problems = [*_names(workflow), *_blind(workflow), *_log_ins(workflow)]
    if not problems:
        problems += _unreachable(workflow)
    if profile is None:
        problems.append(Problem("no_profile", _TOP, {"application": harmless(workflow.application)}))
    elif profile.application != workflow.application:
        problems.append(Problem("other_application", _TOP, {"application": harmless(profile.application)}))
    else:
        problems += [*_on_profile(workflow, profile), *_parameters(workflow, profile)]
        problems += [*_secrets(workflow, profile), *_patient(workflow, profile)]
    return sorted(problems, key=lambda problem: (problem.place.line, problem.place.column))


def _names(workflow: Workflow) -> Iterator[Problem]:
    for step in workflow.steps:
        for outcome, then in step.on.items():
            is_named = then.step and not (then.kind == "hand_over" and then.step in (NEXT, AGAIN))
            if is_named and workflow.index_of(then.step) is None:
                yield Problem("no_step", step.at(f"on.{outcome.value}"), {"name": harmless(then.step)})


def _unreachable(workflow: Workflow) -> Iterator[Problem]:
    reached = reached_from(workflow, [0])
    for index, step in enumerate(workflow.steps):
        if index not in reached:
            yield Problem("unreachable", step.place)


def _blind(workflow: Workflow) -> Iterator[Problem]:
    """Clicks, keys and texts go where the step right above pressed, so nothing else may lead to them."""
    for index, step in enumerate(workflow.steps):
        if isinstance(step.deed, BLIND):
            above = workflow.steps[index - 1] if index else None
            if above is None or not isinstance(above.deed, (Navigate, *BLIND)):
                yield Problem("nothing_above", step.at("deed"))
        for outcome in step.on:
            code = _leads_astray(workflow, index, outcome)
            if code is not None:
                yield Problem(code, step.at(f"on.{outcome.value}"), {"name": outcome.value})


def _leads_astray(workflow: Workflow, index: int, outcome: Outcome) -> str | None:
    """The code of what is wrong when an outcome leads to a step that rests on a press of another one."""
    then = then_of(workflow.steps[index], outcome)
    named = workflow.index_of(then.step) if then.step else None
    if named is not None and is_blind(workflow, named):
        return "blind_goto"
    goes_on = outcome is not Outcome.OK and index + 1 in leads_to(workflow, index, outcome)
    return "blind_next" if goes_on and is_blind(workflow, index + 1) else None


def _log_ins(workflow: Workflow) -> Iterator[Problem]:
    """No path from a refused log-in, or from one that may have been tried, to a log-in."""
    again = set(logins(workflow))
    for index, step in enumerate(workflow.steps):
        for outcome in MAYBE_TRIED if step.is_login else REFUSALS:
            then = then_of(step, outcome)
            found = (
                {resumed_at(workflow, index, then, was_pressed=True)}
                if then.kind == "hand_over"
                else leads_to(workflow, index, outcome)
            )
            if again & reached_from(workflow, {each for each in found if each < len(workflow.steps)}):
                yield Problem("login_again", step.at(f"on.{outcome.value}"), {"name": outcome.value})


# --- with the profile -----------------------------------------------------------------------------


def _on_profile(workflow: Workflow, profile: Profile) -> Iterator[Problem]:
    names = {"application": harmless(profile.application)}
    for index, step in enumerate(workflow.steps):
        deed = step.deed
        if isinstance(deed, Navigate) and deed.target not in profile.targets:
            yield Problem("no_target", step.at("deed"), names | {"name": harmless(deed.target)})
        elif isinstance(deed, Navigate) and deed.after is not None and profile.targets[deed.target].kind == "field":
            yield Problem("field_after", step.at("after"))
        for part, screen in _screens(step):
            if screen not in profile.screens:
                yield Problem("no_screen", step.at(part), names | {"name": harmless(screen)})
        if isinstance(deed, Type):
            above = _target_above(workflow, index, profile)
            if above.kind != "field" if above is not None else not _navigates(workflow, index - 1):
                yield Problem("not_into_field", step.at("deed"))


def _screens(step: Step) -> Iterator[tuple[str, str]]:
    deed = step.deed
    if isinstance(deed, Verify):
        yield "deed", deed.screen
    elif isinstance(deed, Navigate):
        if deed.before is not None:
            yield "before", deed.before
        if deed.after is not None:
            yield "after", deed.after


def _navigates(workflow: Workflow, index: int) -> bool:
    return index >= 0 and isinstance(workflow.steps[index].deed, Navigate)


def _target_above(workflow: Workflow, index: int, profile: Profile) -> ProfileTarget | None:
    deed = workflow.steps[index - 1].deed if index else None
    return profile.targets.get(deed.target) if isinstance(deed, Navigate) else None


def _parameters(workflow: Workflow, profile: Profile) -> Iterator[Problem]:
    used: set[str] = set()
    for step in workflow.steps:
        for part, name in _used(step, profile):
            used.add(name)
            if name not in workflow.parameters:
                yield Problem("no_parameter", step.at(part), {"name": harmless(name)})
    for name, place in workflow.parameters.items():
        if name not in used:
            yield Problem("unused_parameter", place, {"name": harmless(name)})


def _used(step: Step, profile: Profile) -> Iterator[tuple[str, str]]:
    """The parameters of a step and of its screens, each with the part it stands in."""
    deed = step.deed
    if isinstance(deed, Type) and deed.parameter is not None:
        yield "deed", deed.parameter
    if isinstance(deed, Navigate) and deed.near is not None and deed.near.parameter is not None:
        yield "near", deed.near.parameter
    for part, name in _screens(step):
        screen = profile.screens.get(name)
        for parameter in sorted(screen.parameters) if screen else ():
            yield part, parameter


def _secrets(workflow: Workflow, profile: Profile) -> Iterator[Problem]:
    for index, step in enumerate(workflow.steps):
        if not isinstance(step.deed, Type):
            continue
        target = _target_above(workflow, index, profile)
        is_secret = target is not None and target.is_secret
        if step.deed.secret is None and is_secret:
            yield Problem("text_into_secret", step.at("deed"))
        elif step.deed.secret is not None and not is_secret:
            yield Problem("secret_elsewhere", step.at("deed"))
        elif step.deed.secret is not None:
            yield from _sent_unseen(workflow, index, profile)


def _sent_unseen(workflow: Workflow, typed: int, profile: Profile) -> Iterator[Problem]:
    """What sends a secret says that it logs in, so that a refusal is recognised and not tried again."""
    waiting, seen = list(leads_to_at_all(workflow, typed)), {typed}
    while waiting:
        index = waiting.pop()
        if index in seen:
            continue
        seen.add(index)
        step = workflow.steps[index]
        if isinstance(step.deed, Key) and "Enter" in step.deed.keys:
            yield Problem("enter_after_secret", step.at("deed"))
        if isinstance(step.deed, Navigate):
            target = profile.targets.get(step.deed.target)
            if target is not None and target.kind == "clickable":
                if not step.deed.is_login:
                    yield Problem("secret_needs_login", step.at("deed"))
                continue
        waiting += leads_to_at_all(workflow, index)


def _patient(workflow: Workflow, profile: Profile) -> Iterator[Problem]:
    if not workflow.is_about_patient:
        return
    for step in workflow.steps:
        if isinstance(step.deed, Navigate) and step.deed.before is None:
            yield Problem("patient_unchecked", step.at("deed"))
        elif isinstance(step.deed, Navigate):
            screen = profile.screens.get(step.deed.before or "")
            if screen is not None and not screen.says_whose:
                name = harmless(step.deed.before or "")
                yield Problem("screen_says_no_patient", step.at("before"), {"name": name})
