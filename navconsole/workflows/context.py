"""What the pages of workflows show. Pure but for the reading of the store."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from navigation.records import User
from navigation.store.protocol import Store
from navigation.types import Outcome
from navigation.workflow_records import FileVersion, Kind
from navigation.workflows.files import parse
from navigation.workflows.model import AskHuman, Key, Navigate, Profile, Step, Then, Type, Verify, Wait, Workflow

CONTEXT_LINES = 2
ICONS = {
    "navigate": "pointer", "verify": "eye", "click": "pointer", "type": "field", "key": "key", "wait": "clock",
    "capture": "image", "ask_human": "hand",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Branch:
    """What follows an outcome: another than the next step."""

    outcome: Outcome
    then: Then


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step as it is drawn. `what` is its object: a target, a screen, a key…; None for none."""

    number: int
    step: Step
    icon: str
    what: str
    is_secret: bool
    before: str
    after: str
    near: str
    branches: Sequence[Branch]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of the difference of two files; `mark` says on which side it is, "gap" for lines left out."""

    mark: Literal["same", "added", "removed", "gap"]
    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One application: its profile, if there is one, and its workflows, each in its newest version; also one on which
    there were attempts only, of whose screens a profile can be made."""

    application: str
    profile: FileVersion | None
    workflows: Sequence[tuple[FileVersion, int]]


@dataclass(frozen=True, slots=True)
class Shown:
    """One version of a file. `against` is the version that it is compared with, None for the first one."""

    version: FileVersion
    versions: Sequence[FileVersion]
    steps: Sequence[StepLine]
    parameters: Sequence[str]
    profile: Profile | None
    against: FileVersion | None
    difference: Sequence[DiffLine]

    @property
    def is_newest(self) -> bool:
        return self.version.version == self.versions[0].version


def build_list(store: Store, reader: User) -> list[Listed]:
    """What the reader may see, by application."""
    profiles = {file.application: file for file in store.newest_files("profile", reader.applications)}
    workflows = store.newest_files("workflow", reader.applications)
    by_application = {name: list(files) for name, files in groupby(workflows, key=lambda file: file.application)}
    return [
        Listed(name, profiles.get(name), [(file, _step_count(file)) for file in by_application.get(name, [])])
        for name in sorted({*profiles, *by_application, *store.known_applications(reader.applications)})
    ]


def build_version(store: Store, kind: Kind, file_id: int, against: int | None) -> Shown | None:
    """One version, compared with version number `against`, else with the one before it; None when there is none."""
    version = store.file_by_id(kind, file_id)
    if version is None:
        return None
    versions = store.file_versions(kind, version.application, version.name)
    number = against or version.version - 1
    other = next((each for each in versions if each.version == number and number != version.version), None)
    said = parse(version.text).said
    return Shown(
        version=version,
        versions=versions,
        steps=step_lines(said) if isinstance(said, Workflow) else [],
        parameters=list(said.parameters) if isinstance(said, Workflow) else [],
        profile=said if isinstance(said, Profile) else None,
        against=other,
        difference=difference(other.text, version.text) if other is not None else [],
    )


def step_lines(workflow: Workflow) -> list[StepLine]:
    """The steps in order, each with where it leads besides the next one."""
    return [_line(number, step) for number, step in enumerate(workflow.steps, start=1)]


def difference(before: str, after: str) -> list[DiffLine]:
    """The lines that two versions do not share, with a few around them."""
    old, new = before.splitlines(), after.splitlines()
    found: list[DiffLine] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT_LINES):
        if found or group[0][1] > 0:
            found.append(DiffLine("gap", ""))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                found += [DiffLine("same", line) for line in old[old_from:old_to]]
                continue
            found += [DiffLine("removed", line) for line in old[old_from:old_to]]
            found += [DiffLine("added", line) for line in new[new_from:new_to]]
    return found


def _step_count(file: FileVersion) -> int:
    said = parse(file.text).said
    return len(said.steps) if isinstance(said, Workflow) else 0


def _line(number: int, step: Step) -> StepLine:
    deed = step.deed
    move = deed if isinstance(deed, Navigate) else None
    near = move.near if move else None
    return StepLine(
        number=number,
        step=step,
        icon=ICONS[step.type],
        what=_what(step),
        is_secret=isinstance(deed, Type) and deed.secret is not None,
        before=(move.before or "") if move else "",
        after=(move.after or "") if move else "",
        near="" if near is None else (near.text or f"{{{near.parameter}}}"),
        branches=[Branch(outcome, then) for outcome, then in step.on.items()],
    )


def _what(step: Step) -> str:
    deed = step.deed
    if isinstance(deed, Navigate):
        return deed.target
    if isinstance(deed, Verify):
        return deed.screen
    if isinstance(deed, Type):
        return deed.secret or (f"{{{deed.parameter}}}" if deed.parameter else deed.text or "")
    if isinstance(deed, Key):
        return " ".join(deed.keys)
    if isinstance(deed, Wait):
        return f"{deed.seconds:g} s"
    return deed.question if isinstance(deed, AskHuman) else ""
