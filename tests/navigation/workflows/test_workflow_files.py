"""What an author may get wrong is told with its line and column, in a sentence; nothing written can break it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import navigation.workflows
from navigation.replay_engine import _ALLOWED_ACTION_TYPES
from navigation.types import NormBox, Outcome
from navigation.workflows.document import MAX_BYTES
from navigation.workflows.files import checked, parse
from navigation.workflows.model import MAX_STEPS, TYPES, Navigate, Type, Wait, Workflow
from navigation.workflows.problems import SENTENCES, Problem
from tests.navigation.workflows.writing import LOGIN, PROFILE, TOP, a_profile, a_workflow, problems_of, workflow_text

DEMO = Path(__file__).parents[3] / "navconsole" / "demo" / "workflows"
ONE = "- {navigate: open}\n"

FILES: dict[str, tuple[str | bytes, str, int, int]] = {
    "empty": ("", "neither", 1, 1),
    "neither": ("name: x", "neither", 1, 1),
    "list": ("- a", "neither", 1, 1),
    "bytes": (b"workflow: \xff", "not_text", 1, 1),
    "control": ("workflow: a\x07", "not_text", 1, 1),
    "yaml": ("workflow: [a\nb: c", "not_yaml", 2, 2),
    "tab": ("workflow:\n\t- a", "not_yaml", 2, 1),
    "large": ("#" * (MAX_BYTES + 1), "too_large", 1, 1),
    "two": ("workflow: a\n---\nworkflow: b", "several", 2, 1),
    "anchor": ("workflow: &a b", "alias", 1, 11),
    "alias": ("workflow: *a", "alias", 1, 11),
    "deep": ("workflow: " + "[" * 20, "too_deep", 1, 22),
    "twice": ("workflow: a\nworkflow: b", "duplicate", 2, 1),
    "list as a name": ("workflow: a\n? [b]\n: c", "not_a_text", 2, 3),
    "no steps": ("workflow: a\napplication: b", "missing", 1, 1),
    "unknown": (TOP + "steps: [{navigate: open}]\nstep: []", "unknown", 4, 1),
    "steps a text": (TOP + "steps: open", "not_list", 3, 8),
    "no step": (TOP + "steps: []", "none", 3, 8),
    "many steps": (workflow_text(ONE * (MAX_STEPS + 1)), "too_many", 4, 3),
    "name blank": ("workflow: ''\napplication: b\nsteps: [{navigate: open}]", "blank", 1, 11),
    "name long": (f"workflow: {'a' * 101}\napplication: b\nsteps: [{{navigate: open}}]", "too_long", 1, 11),
    "name unseen": ('workflow: "a\\u202e"\napplication: b\nsteps: [{navigate: open}]', "unprintable", 1, 11),
    "parameter twice": (TOP + "parameters: [a, a]\nsteps: [{navigate: open}]", "duplicate", 3, 17),
    "flag": (TOP + "patient: yes\nsteps: [{navigate: open}]", "not_a_flag", 3, 10),
}
STEPS: dict[str, tuple[str, str, int, int]] = {
    "a text": ("- open", "not_mapping", 4, 5),
    "nothing": ("- {name: a}", "no_type", 4, 5),
    "two": ("- {navigate: open, verify: board}", "several_types", 4, 5),
    "misspelt": ("- {navigate: open, befor: login}", "unknown", 4, 22),
    "of another type": ("- {verify: board, before: login}", "unknown", 4, 21),
    "same name": ("- {name: a, navigate: open}\n- {name: a, navigate: open}", "same_name", 5, 5),
    "reserved": ("- {name: again, navigate: open}", "reserved", 4, 12),
    "a name": ("- {name: 'a b', navigate: open}", "not_a_name", 4, 12),
    "a number": ("- {navigate: open, occurrence: 0}", "not_a_number", 4, 34),
    "no whole number": ("- {navigate: open, occurrence: 1.5}", "not_a_number", 4, 34),
    "limit": ("- {navigate: open, limit_s: 181}", "not_a_number", 4, 31),
    "press": ("- {navigate: open, press: twice}", "not_a_choice", 4, 29),
    "key": ("- {navigate: open}\n- {key: F5}", "not_a_choice", 5, 11),
    "no key": ("- {navigate: open}\n- {key: []}", "none", 5, 11),
    "near": ("- {navigate: open, near: {text: a}}", "near_one", 4, 28),
    "near nothing": ("- {navigate: open, near: {}}", "near_one", 4, 28),
    "typed bare": ("- {navigate: user}\n- {type: c.lemoine}", "type_one", 5, 12),
    "typed both": ("- {navigate: user}\n- {type: {text: a, secret: B}}", "type_one", 5, 12),
    "secret no name": ("- {navigate: code}\n- {type: {secret: 'S3same!'}}", "not_a_name", 5, 21),
    "then": ("- {navigate: open, on: {absent: maybe}}", "bad_then", 4, 35),
    "outcome": ("- {navigate: open, on: {gone: stop}}", "not_a_choice", 4, 27),
    "ok stops": ("- {navigate: open, on: {ok: stop}}", "ok_not_stop", 4, 31),
    "a person's": ("- {navigate: open, on: {needs_human: next}}", "human_stops", 4, 40),
    "retried": ("- {navigate: open, retry: {on: [not_landed], times: 1}}", "not_retried", 4, 35),
    "retry bare": ("- {navigate: open, retry: {times: 1}}", "missing", 4, 29),
}
PROFILES: dict[str, tuple[str, str, int, int]] = {
    "language unknown": ("languages: [de]", "not_a_choice", 2, 13),
    "language missing": ("screens: {a: {present: {fr: b}}}", "no_language", 2, 24),
    "language not its own": ("screens: {a: {present: {fr: b, en: c, de: d}}}", "language", 2, 39),
    "nothing to know by": ("screens: {a: {present: []}}", "nothing_to_know_by", 2, 24),
    "no text": ("targets: {a: {kind: field}}", "missing", 2, 14),
    "banner and none": (
        "screens: {a: {present: b, without_patient: true, banner: [0, 0, 1, 1]}}", "banner_and_none", 2, 58,
    ),
    "box": ("screens: {a: {present: b, banner: [0, 0.5, 1, 0.6]}}", "not_a_box", 2, 35),
    "box of words": ("targets: {a: {text: b, region: [a, b, c, d]}}", "not_a_box", 2, 32),
    "password": ("targets: {a: {text: Mot de passe, kind: field}}", "password_not_secret", 2, 14),
    "password as a synonym": ("targets: {a: {text: Sésame, synonyms: MDP, kind: field}}", "password_not_secret", 2, 14),
    "secret button": ("targets: {a: {text: Code secret, secret: true}}", "secret_not_field", 2, 42),
}  # fmt: skip
CHECKS: dict[str, tuple[str, str, int, int]] = {
    "no target": ("- {navigate: shut}", "no_target", 4, 16),
    "no screen": ("- {navigate: open, before: nowhere}", "no_screen", 4, 22),
    "no screen to verify": ("- {verify: nowhere}", "no_screen", 4, 14),
    "no step": ("- {navigate: open, on: {absent: {goto: b}}}", "no_step", 4, 35),
    "no step to resume at": ("- {navigate: open, on: {absent: {hand_over: b}}}", "no_step", 4, 35),
    "unreachable": ("- {navigate: open, on: {ok: {goto: b}}}\n- {navigate: open}\n- {name: b, navigate: open}",
                    "unreachable", 5, 5),
    "typed on a button": ("- {navigate: open}\n- {type: {text: a}}", "not_into_field", 5, 12),
    "typed after a key": ("- {navigate: user}\n- {key: Tab}\n- {type: {text: a}}", "not_into_field", 6, 12),
    "after a field": ("- {navigate: user, after: board}", "field_after", 4, 22),
    "typed first": ("- {type: {text: a}}", "nothing_above", 4, 12),
    "key after a wait": ("- {navigate: user}\n- {wait: 1}\n- {key: Tab}", "nothing_above", 6, 11),
    "gone to": ("- {navigate: user}\n- {name: b, key: Tab}\n- {navigate: open, on: {absent: {goto: b}}}",
                "blind_goto", 6, 35),
    "resumed at": ("- {navigate: user, on: {absent: {hand_over: b}}}\n- {name: b, key: Tab}", "blind_goto", 4, 35),
    "typed all the same": ("- {navigate: user, on: {absent: next}}\n- {type: {text: a}}", "blind_next", 4, 35),
    "typed once resumed": ("- {navigate: user, on: {absent: {hand_over: next}}}\n- {type: {text: a}}",
                           "blind_next", 4, 35),
    "text as a secret": ("- {navigate: code}\n- {type: {text: hunter2}}", "text_into_secret", 5, 12),
    "secret for all to read": ("- {navigate: user}\n- {type: {secret: A}}", "secret_elsewhere", 5, 12),
    "no log-in": ("- {navigate: code}\n- {type: {secret: A}}\n- {navigate: enter}", "secret_needs_login", 6, 16),
    "no log-in after a wait": ("- {navigate: code}\n- {type: {secret: A}}\n- {wait: 1}\n- {navigate: enter}",
                               "secret_needs_login", 7, 16),
    "enter": ("- {navigate: code}\n- {type: {secret: A}}\n- {key: [Tab, Enter]}", "enter_after_secret", 6, 11),
    "again by itself": (
        "- {name: a, navigate: enter, flow: login, on: {login_refused: {goto: a}}}", "login_again", 4, 65),
    "again by way of others": (
        LOGIN.replace("flow: login", "flow: login, on: {not_landed: {goto: user}}"), "login_again", 8, 95),
    "again after a person": (
        "- {navigate: enter, flow: login, on: {account_locked: {hand_over: again}}}", "login_again", 4, 57),
    "locked elsewhere": (
        "- {name: a, navigate: enter, flow: login}\n- {navigate: open, on: {account_locked: {goto: a}}}",
        "login_again", 5, 43),
}  # fmt: skip
TOPS: dict[str, tuple[str, str, str, int, int]] = {
    "no parameter": (TOP, "- {navigate: open, near: {parameter: ipp}}", "no_parameter", 4, 22),
    "a screen's parameter": (TOP, "- {navigate: open, after: file}", "no_parameter", 4, 22),
    "typed parameter": (TOP, "- {navigate: user}\n- {type: {parameter: ipp}}", "no_parameter", 5, 12),
    "unused": (TOP + "parameters: [ipp]\n", ONE, "unused_parameter", 3, 14),
    "unchecked": (TOP + "patient: true\n", ONE, "patient_unchecked", 5, 16),
    "says no patient": (TOP + "patient: true\n", "- {navigate: open, before: bare}", "screen_says_no_patient", 5, 22),
    "another application": ("workflow: a\napplication: b\n", ONE, "no_profile", 1, 1),
}


def told(problem: Problem) -> tuple[str, int, int]:
    return problem.code, problem.place.line, problem.place.column


@pytest.mark.parametrize(("text", "code", "line", "column"), FILES.values(), ids=FILES)
def test_a_file_that_is_none_is_told_where(text: str | bytes, code: str, line: int, column: int) -> None:
    assert told(parse(text).problems[0]) == (code, line, column)


@pytest.mark.parametrize(("steps", "code", "line", "column"), STEPS.values(), ids=STEPS)
def test_a_step_that_says_it_wrong_is_told_where(steps: str, code: str, line: int, column: int) -> None:
    assert [told(problem) for problem in parse(workflow_text(steps)).problems] == [(code, line, column)]


@pytest.mark.parametrize(("part", "code", "line", "column"), PROFILES.values(), ids=PROFILES)
def test_a_profile_that_says_it_wrong_is_told_where(part: str, code: str, line: int, column: int) -> None:
    rest = {"languages": "[fr, en]", "screens": "{}", "targets": "{}"}
    del rest[part.partition(":")[0]]
    text = f"profile: dpi\n{part}\n" + "".join(f"{name}: {value}\n" for name, value in rest.items())
    assert [told(problem) for problem in parse(text).problems] == [(code, line, column)]


@pytest.mark.parametrize(("steps", "code", "line", "column"), CHECKS.values(), ids=CHECKS)
def test_steps_that_do_not_hang_together_are_told_where(steps: str, code: str, line: int, column: int) -> None:
    assert (code, line, column) in [told(problem) for problem in problems_of(steps)]


@pytest.mark.parametrize(("top", "steps", "code", "line", "column"), TOPS.values(), ids=TOPS)
def test_parameters_and_patients_are_checked(top: str, steps: str, code: str, line: int, column: int) -> None:
    assert [told(problem) for problem in problems_of(steps, top=top)] == [(code, line, column)]


def test_a_profile_of_another_application_does_not_do() -> None:
    found = checked([workflow_text(ONE)], lambda _application: a_profile(PROFILE.replace("profile: dpi", "profile: x")))
    assert [problem.code for problem in found[0].problems] == ["other_application"]


def test_each_sentence_is_said_by_a_test() -> None:
    tables = (FILES, STEPS, PROFILES, CHECKS)
    said = {entry[1] for table in tables for entry in table.values()} | {entry[2] for entry in TOPS.values()}
    assert said | {"other_application"} == SENTENCES.keys()


def test_what_may_be_a_secret_is_never_repeated() -> None:
    for typed in ("{secret: 'S3same!'}", "S3same!", "{secert: S3same!}", "[S3same!]", "{text: S3same!}"):
        for problem in problems_of(f"- {{navigate: code}}\n- {{type: {typed}}}"):
            assert "S3same" not in problem.sentence()
    (deed,) = (step.deed for step in a_workflow("- {navigate: user}\n- {type: {text: c.lemoine}}").steps[1:])
    assert "lemoine" not in repr(deed)


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    steps = "- {navigate: 'a b'}\n- {name: x}\n- {wait: 0}\n- {navigate: open, press: x, on: {ok: stop}}"
    lines = [problem.place.line for problem in parse(workflow_text(steps)).problems]
    assert lines == [4, 5, 6, 7, 7]


def test_yaml_1_1_turns_nothing_into_something_else() -> None:
    top = "workflow: no\napplication: dpi\nparameters: [on]\n"
    workflow = a_workflow("- {navigate: user}\n- {type: {parameter: on}}\n- {navigate: open, near: 010}", top=top)
    assert (workflow.name, list(workflow.parameters)) == ("no", ["on"])
    assert isinstance(workflow.steps[2].deed, Navigate)
    assert workflow.steps[2].deed.near is not None
    assert workflow.steps[2].deed.near.text == "010"


def test_a_sound_workflow_says_what_it_says() -> None:
    steps = (
        "- {name: go, navigate: open, before: board, near: MARTIN, occurrence: 2, press: double, limit_s: 30,\n"
        "   retry: {on: [absent, ambiguous], times: 3, wait_s: 0.5}, on: {absent: {goto: rest}, disabled: hand_over}}\n"
        "- {name: rest, wait: 2.5}"
    )
    step, rest = a_workflow(steps).steps
    assert isinstance(step.deed, Navigate)
    assert (step.deed.before, step.deed.occurrence, step.deed.press, step.limit_s) == ("board", 2, "double", 30)
    assert step.retry is not None
    assert (step.retry.on, step.retry.times, step.retry.wait_s) == ({Outcome.ABSENT, Outcome.AMBIGUOUS}, 3, 0.5)
    assert {outcome: (then.kind, then.step) for outcome, then in step.on.items()} == {
        Outcome.ABSENT: ("goto", "rest"),
        Outcome.DISABLED: ("hand_over", ""),
    }
    assert rest.deed == Wait(2.5)
    assert rest.name == "rest"


def test_a_profile_says_what_it_says() -> None:
    profile = a_profile()
    assert profile.screens["file"].banner == NormBox(0, 0.05, 1, 0.06)
    assert profile.screens["file"].parameters == {"ipp"}
    assert profile.targets["code"].is_secret
    assert profile.targets["open"].text == {"": ("Ouvrir",)}


def test_the_allowed_types_are_those_of_the_engine() -> None:
    assert set(TYPES.values()) == _ALLOWED_ACTION_TYPES


def test_the_demos_files_are_sound() -> None:
    texts = [path.read_bytes() for path in sorted(DEMO.iterdir())]
    found = checked(texts, lambda _application: None)
    assert [each.problems for each in found] == [[], []]
    workflow = found[1].said
    assert isinstance(workflow, Workflow)
    secrets = [step.deed.secret for step in workflow.steps if isinstance(step.deed, Type)]
    assert secrets == [None, "DPI_LEMOINE"]


def test_pure_modules_ask_nothing_of_the_world() -> None:
    """The import contract forbids it for modules; here, that no function opens a file by itself."""
    for path in Path(navigation.workflows.__file__).parent.glob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not names & {"open", "print", "input"}, path.name


_WORDS = st.sampled_from(
    ["workflow", "profile", "steps", "navigate", "type", "secret", "on", "goto", "retry", ": ", "\n", "\n  ", "- ",
     "{", "}", "[", "]", "a", "1", "&a", "*a", "!!python/object:os.system", "'", '"', "|", "#", "\t", "é", "\x00",
     "---", "? "]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(_WORDS, max_size=40).map("".join), st.binary(max_size=100)))
def test_nothing_that_is_written_breaks_the_reading(text: str | bytes) -> None:
    parsed = parse(text)
    assert parsed.problems
    for problem in parsed.problems:
        assert min(problem.place.line, problem.place.column) >= 1
        assert problem.sentence().isprintable()
