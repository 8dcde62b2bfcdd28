"""A step with a run's parameters is the action the engine takes, in the run's language."""

from __future__ import annotations

import pytest

from navigation.actions import parse_action
from navigation.types import NormBox
from navigation.workflows.binding import Bound
from tests.navigation.workflows.writing import LOGIN, TOP, a_profile, a_workflow

STEPS = (
    LOGIN
    + """\
- {name: open, navigate: open, before: board, near: {parameter: name}, occurrence: 2, press: double, after: file}
- {name: again, click: right}
- {name: keys, key: [Tab, Enter]}
- {name: pause, wait: 2}
- {name: second, navigate: open, before: file, near: Box 4}
""".replace("again", "once-more")
)


@pytest.fixture
def bound() -> Bound:
    workflow = a_workflow(STEPS, top=TOP + "parameters: [ipp, name]\n")
    return Bound(workflow, a_profile(), "fr", {"ipp": "8012345", "name": "MARTIN Jeanne"})


def test_a_step_is_an_action_that_the_engine_takes(bound: Bound) -> None:
    action = parse_action(bound.action_of(bound.workflow.steps[5]))
    assert (action.target.text, action.target.near, action.target.occurrence) == ("Ouvrir", "MARTIN Jeanne", 2)
    assert (action.target.region, action.target.allow_disabled, action.press) == (NormBox(0, 0, 1, 0.5), True, "double")
    assert action.before is not None
    assert (action.before.name, action.before.present, action.before.is_without_patient) == (
        "board",
        ("Tableau",),
        True,
    )
    assert action.after is not None
    assert action.after.present == ("Motif", "{ipp}")
    assert action.after.parameters == {"ipp": "8012345"}
    assert action.after.patient_banner == NormBox(0, 0.05, 1, 0.06)


def test_a_log_in_says_so(bound: Bound) -> None:
    assert parse_action(bound.action_of(bound.workflow.steps[4])).flow == "login"
    assert parse_action(bound.action_of(bound.workflow.steps[0])).flow is None


def test_texts_are_those_of_the_runs_language(bound: Bound) -> None:
    english = Bound(bound.workflow, bound.profile, "en", bound.parameters)
    assert [parse_action(each.action_of(each.workflow.steps[4])).target for each in (bound, english)] == [
        parse_action({"type": "navigate", "target": {"text": "Se connecter", "synonyms": ["Connexion"]}}).target,
        parse_action({"type": "navigate", "target": {"text": "Sign in"}}).target,
    ]


def test_what_the_agent_does_by_itself_is_told_and_a_secret_only_by_its_name(bound: Bound) -> None:
    steps = {step.name: step for step in bound.workflow.steps}
    told = {name: bound.deed_json(steps[name]) for name in ("step-2", "step-4", "once-more", "keys", "pause", "open")}
    assert told == {
        "step-2": {"text": "c.lemoine"},
        "step-4": {"secret": "DPI"},
        "once-more": {"press": "right"},
        "keys": {"keys": ["Tab", "Enter"]},
        "pause": {"seconds": 2.0},
        "open": {},
    }


def test_a_parameter_is_typed_and_never_shown(bound: Bound) -> None:
    workflow = a_workflow("- {navigate: user}\n- {type: {parameter: ipp}}", top=TOP + "parameters: [ipp]\n")
    typing = Bound(workflow, a_profile(), "fr", {"ipp": "8012345"})
    assert typing.deed_json(workflow.steps[1]) == {"text": "8012345"}
    assert "8012345" not in repr(typing)


def test_the_banner_is_that_of_the_screen_before(bound: Bound) -> None:
    assert bound.banner_before(bound.workflow.steps[9]) == NormBox(0, 0.05, 1, 0.06)
    assert bound.banner_before(bound.workflow.steps[5]) is None
    assert bound.banner_before(bound.workflow.steps[0]) is None
    with pytest.raises(ValueError, match="does not navigate"):
        bound.action_of(bound.workflow.steps[1])
