"""Files: each a profile or a workflow, with all that is wrong with it; checked together, so that a workflow finds its
profile among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from navigation.workflows.checking import check
from navigation.workflows.document import DocumentError, read
from navigation.workflows.model import Profile, Workflow
from navigation.workflows.problems import Place, Problem
from navigation.workflows.profiles import parse_profile
from navigation.workflows.reading import Reader
from navigation.workflows.steps import parse_workflow

_START: Final = Place(1, 1)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text is (None when it cannot be told) and what is wrong with it by itself."""

    said: Profile | Workflow | None
    problems: Sequence[Problem]


def parse(data: bytes | str) -> Parsed:
    """A profile or a workflow from its file. Never raises for what an author may have written."""
    try:
        node = read(data if isinstance(data, str) else data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Parsed(None, [Problem("not_text", _START)])
    except DocumentError as err:
        return Parsed(None, [err.problem])
    reader = Reader()
    said: Profile | Workflow | None = None
    if isinstance(node.value, Mapping) and "workflow" in node.value:
        said = parse_workflow(node, reader)
    elif isinstance(node.value, Mapping) and "profile" in node.value:
        said = parse_profile(node, reader)
    else:
        reader.wrong("neither", node.place)
    return Parsed(said, _sorted(reader.problems))


def checked(texts: Sequence[bytes | str], stored_profile: Callable[[str], Profile | None]) -> Sequence[Parsed]:
    """Each file among the others: a workflow is checked against the profile that is with it, else the stored one.

    Args:
        texts: the files.
        stored_profile: gives the newest profile of an application that is stored.
    """
    parsed = [parse(text) for text in texts]
    profiles = {each.said.application: each.said for each in parsed if isinstance(each.said, Profile)}
    found = []
    for each in parsed:
        if isinstance(each.said, Workflow) and not each.problems:
            profile = profiles.get(each.said.application) or stored_profile(each.said.application)
            found.append(Parsed(each.said, check(each.said, profile)))
        else:
            found.append(each)
    return found


def _sorted(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.place.line, problem.place.column))
