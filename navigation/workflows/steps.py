"""From a workflow's file to its steps: what each says by itself. How they hang together is `checking`'s matter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

from navigation.replay_engine import _ALLOWED_ACTION_TYPES
from navigation.types import Outcome, PressKind
from navigation.workflows.document import Node
from navigation.workflows.model import (
    AGAIN,
    KEYS,
    MAX_STEPS,
    MOST_LIMIT_S,
    NEXT,
    PRESSES,
    RETRIED,
    AskHuman,
    Capture,
    Click,
    Deed,
    Given,
    Key,
    Navigate,
    Retry,
    Step,
    Then,
    ThenKind,
    Type,
    Verify,
    Wait,
    Workflow,
)
from navigation.workflows.problems import Place, harmless
from navigation.workflows.reading import Reader

_MAX_PARAMETERS: Final = 30
_OF_NAVIGATE: Final = ("before", "after", "near", "occurrence", "press", "flow")
_OF_EVERY: Final = ("name", "on", "retry", "limit_s")
_SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}", re.ASCII)
_TYPES: Final = tuple(sorted(_ALLOWED_ACTION_TYPES))
_OUTCOMES: Final = {outcome.value: outcome for outcome in Outcome}
_NO_DEED: Final = Capture()
"""Stands in for a deed that cannot be used, so that the rest of the step is read all the same."""


def parse_workflow(node: Node, reader: Reader) -> Workflow | None:
    """The workflow; what is wrong is noted with the reader. None when its name or application cannot be told."""
    known = ("workflow", "application", "parameters", "patient", "steps")
    found = reader.fields(node, known, ("workflow", "application", "steps"))
    name = reader.text(found["workflow"], 100) if "workflow" in found else None
    application = reader.text(found["application"], 100) if "application" in found else None
    is_about_patient = reader.flag(found["patient"]) if "patient" in found else False
    parameters = _parameters(found.get("parameters"), reader)
    steps = _steps(found["steps"], reader) if "steps" in found else []
    if name is None or application is None:
        return None
    return Workflow(name, application, parameters, is_about_patient, steps)


def _parameters(node: Node | None, reader: Reader) -> Mapping[str, Place]:
    if node is None:
        return {}
    names: dict[str, Place] = {}
    for entry in reader.items(node, _MAX_PARAMETERS):
        name = reader.name(entry)
        if name is not None and name in names:
            reader.wrong("duplicate", entry.place, name=name)
        elif name is not None:
            names[name] = entry.place
    return names


def _steps(node: Node, reader: Reader) -> list[Step]:
    entries = reader.items(node, MAX_STEPS)
    if not entries and not isinstance(node.value, str | Mapping):
        reader.wrong("none", node.place)
    steps: list[Step] = []
    for number, entry in enumerate(entries[:MAX_STEPS], start=1):
        step = _step(entry, number, reader)
        if any(step.name == other.name for other in steps):
            reader.wrong("same_name", step.place, name=harmless(step.name))
        steps.append(step)
    return steps


def _step(node: Node, number: int, reader: Reader) -> Step:
    types = [name for name in _TYPES if isinstance(node.value, Mapping) and name in node.value]
    more = _OF_NAVIGATE if types == ["navigate"] else ()
    found = reader.fields(node, (*_TYPES, *_OF_EVERY, *more))
    places = dict(node.names)
    deed: Deed = _NO_DEED
    if len(types) == 1:
        deed = _DEEDS[types[0]](found[types[0]], found, reader) or _NO_DEED
        places["deed"] = found[types[0]].place
    elif isinstance(node.value, Mapping):
        code = "several_types" if types else "no_type"
        reader.wrong(code, node.place, known=", ".join(types or _TYPES))
    name = reader.name(found["name"]) if "name" in found else None
    if name in (NEXT, AGAIN):
        reader.wrong("reserved", found["name"].place, name=name)
    limit = reader.number(found["limit_s"], 1, MOST_LIMIT_S) if "limit_s" in found else None
    on, at = _outcomes(found.get("on"), reader)
    return Step(
        name=name or f"step-{number}",
        deed=deed,
        on=on,
        retry=_retry(found.get("retry"), reader),
        limit_s=limit or MOST_LIMIT_S,
        place=node.place,
        places=places | at,
    )


# --- what a step does -----------------------------------------------------------------------------

Fields = Mapping[str, Node]


def _navigate(node: Node, found: Fields, reader: Reader) -> Deed | None:
    target = reader.name(node)
    occurrence = reader.number(found["occurrence"], 1, 1000, is_whole=True) if "occurrence" in found else None
    press = reader.choice(found["press"], PRESSES) if "press" in found else "single"
    flow = reader.choice(found["flow"], ("login",)) if "flow" in found else None
    deed = Navigate(
        target=target or "",
        before=reader.name(found["before"]) if "before" in found else None,
        after=reader.name(found["after"]) if "after" in found else None,
        near=_near(found["near"], reader) if "near" in found else None,
        occurrence=None if occurrence is None else int(occurrence),
        press=cast(PressKind, press or "single"),
        is_login=flow == "login",
    )
    return deed if target else None


def _near(node: Node, reader: Reader) -> Given | None:
    if isinstance(node.value, str):
        text = reader.text(node)
        return None if text is None else Given(text=text)
    if not isinstance(node.value, Mapping) or list(node.value) != ["parameter"]:
        reader.wrong("near_one", node.place)
        return None
    found = reader.fields(node, ("parameter",))
    name = reader.name(found["parameter"])
    return None if name is None else Given(parameter=name)


def _type(node: Node, _found: Fields, reader: Reader) -> Deed | None:
    """A mapping always: a bare text would not tell a secret from what is typed for all to read."""
    known = ("secret", "parameter", "text")
    if not isinstance(node.value, Mapping) or len(node.value) != 1 or next(iter(node.value)) not in known:
        reader.wrong("type_one", node.place)
        return None
    found = reader.fields(node, known)
    if "secret" in found:
        name = reader.text(found["secret"], 60)
        if name is not None and not _SECRET_NAME.fullmatch(name):
            # Not repeated: what is no name may be the secret itself.
            reader.wrong("not_a_name", found["secret"].place, name="…")
            return None
        return None if name is None else Type(secret=name)
    if "parameter" in found:
        name = reader.name(found["parameter"])
        return None if name is None else Type(parameter=name)
    text = reader.text(found["text"], 1000)
    return None if text is None else Type(text=text)


def _verify(node: Node, _found: Fields, reader: Reader) -> Deed | None:
    screen = reader.name(node)
    return None if screen is None else Verify(screen)


def _click(node: Node, _found: Fields, reader: Reader) -> Deed | None:
    press = reader.choice(node, PRESSES)
    return None if press is None else Click(cast(PressKind, press))


def _key(node: Node, _found: Fields, reader: Reader) -> Deed | None:
    entries = (node,) if isinstance(node.value, str) else reader.items(node, 20)
    keys = [key for entry in entries if (key := reader.choice(entry, KEYS)) is not None]
    if not entries and not isinstance(node.value, Mapping):
        reader.wrong("none", node.place)
    return Key(tuple(keys)) if keys else None


def _wait(node: Node, _found: Fields, reader: Reader) -> Deed | None:
    seconds = reader.number(node, 0.1, 60)
    return None if seconds is None else Wait(seconds)


def _capture(node: Node, _found: Fields, reader: Reader) -> Deed | None:
    reader.choice(node, ("screen",))
    return Capture()


def _ask_human(node: Node, _found: Fields, reader: Reader) -> Deed | None:
    question = reader.text(node)
    return None if question is None else AskHuman(question)


_DEEDS: Final[Mapping[str, Callable[[Node, Fields, Reader], Deed | None]]] = {
    "navigate": _navigate, "verify": _verify, "click": _click, "type": _type, "key": _key, "wait": _wait,
    "capture": _capture, "ask_human": _ask_human,
}  # fmt: skip


# --- what follows ---------------------------------------------------------------------------------


def _retry(node: Node | None, reader: Reader) -> Retry | None:
    if node is None:
        return None
    found = reader.fields(node, ("on", "times", "wait_s"), ("on", "times"))
    outcomes = set()
    for entry in reader.items(found["on"], len(Outcome)) if "on" in found else ():
        outcome = _outcome(entry.value, entry.place, reader)
        if outcome is not None and outcome not in RETRIED:
            reader.wrong("not_retried", entry.place, name=outcome.value)
        elif outcome is not None:
            outcomes.add(outcome)
    times = reader.number(found["times"], 1, 10, is_whole=True) if "times" in found else None
    wait_s = reader.number(found["wait_s"], 0, 60) if "wait_s" in found else None
    return Retry(frozenset(outcomes), int(times or 1), wait_s or 0.0)


def _outcomes(node: Node | None, reader: Reader) -> tuple[dict[Outcome, Then], dict[str, Place]]:
    if node is None:
        return {}, {}
    if not isinstance(node.value, Mapping):
        reader.wrong("not_mapping", node.place)
        return {}, {}
    on: dict[Outcome, Then] = {}
    places: dict[str, Place] = {}
    for name, value in node.value.items():
        outcome = _outcome(name, node.names[name], reader)
        then = _then(value, reader)
        if outcome is None or then is None:
            continue
        if outcome is Outcome.OK and then.kind not in ("next", "goto"):
            reader.wrong("ok_not_stop", value.place)
        elif outcome is Outcome.NEEDS_HUMAN and then.kind not in ("stop", "hand_over"):
            reader.wrong("human_stops", value.place)
        else:
            on[outcome] = then
            places[f"on.{outcome.value}"] = value.place
    return on, places


def _outcome(name: str | Sequence[Node] | Mapping[str, Node], place: Place, reader: Reader) -> Outcome | None:
    if isinstance(name, str) and name in _OUTCOMES:
        return _OUTCOMES[name]
    shown = harmless(name) if isinstance(name, str) else "…"
    reader.wrong("not_a_choice", place, name=shown, known=", ".join(outcome.value for outcome in Outcome))
    return None


def _then(node: Node, reader: Reader) -> Then | None:
    if isinstance(node.value, str) and node.value in ("next", "stop", "hand_over"):
        return Then(cast(ThenKind, node.value))
    if isinstance(node.value, Mapping) and len(node.value) == 1:
        kind, value = next(iter(node.value.items()))
        if kind in ("goto", "hand_over"):
            name = reader.name(value)
            return None if name is None else Then(cast(ThenKind, kind), name)
    reader.wrong("bad_then", node.place)
    return None
