"""Files of workflows and profiles among what is stored: all that is wrong with them, before anything is added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from navigation.store.protocol import Store
from navigation.workflow_records import FileVersion, NewFile
from navigation.workflows.checking import check
from navigation.workflows.files import checked, parse
from navigation.workflows.model import Profile, Workflow
from navigation.workflows.problems import Problem


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong with one file. `stored` is set for a stored workflow that a new profile would break."""

    name: str
    said: Profile | Workflow | None
    problems: Sequence[Problem]
    stored: FileVersion | None = None

    @property
    def is_sound(self) -> bool:
        return self.said is not None and not self.problems


def reports(files: Sequence[tuple[str, bytes]], store: Store | None) -> list[Report]:
    """Every file by its name and bytes, then the stored workflows that the new profiles no longer fit."""

    def stored_profile(application: str) -> Profile | None:
        found = store.newest_file("profile", application) if store is not None else None
        said = parse(found.text).said if found is not None else None
        return said if isinstance(said, Profile) else None

    parsed = checked([data for _, data in files], stored_profile)
    found = [Report(name, each.said, each.problems) for (name, _), each in zip(files, parsed, strict=True)]
    return found if store is None else [*found, *_broken(found, store)]


def new_files(files: Sequence[tuple[str, bytes]], sound: Sequence[Report]) -> list[NewFile]:
    """Checked files as they are stored."""
    found = []
    for (_, data), report in zip(files, sound, strict=True):
        text, said = data.decode("utf-8-sig"), report.said
        if isinstance(said, Workflow):
            found.append(NewFile("workflow", said.application, said.name, text))
        elif isinstance(said, Profile):
            found.append(NewFile("profile", said.application, "", text))
    return found


def _broken(found: Sequence[Report], store: Store) -> list[Report]:
    given = {(each.said.application, each.said.name) for each in found if isinstance(each.said, Workflow)}
    broken = []
    for each in found:
        if not isinstance(each.said, Profile) or each.problems:
            continue
        for version in store.newest_files("workflow", [each.said.application]):
            said = parse(version.text).said
            if (version.application, version.name) in given or not isinstance(said, Workflow):
                continue
            if problems := check(said, each.said):
                broken.append(Report(version.name, said, problems, version))
    return broken
