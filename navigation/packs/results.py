"""What a run of a pack came to, as a file that the console takes in: `navcases-results/1`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from navigation.cases import CASE_ID
from navigation.packs.format import MAX_CASES
from navigation.packs.refusals import refuse
from navigation.types import Outcome

FORMAT: Final = "navcases-results/1"


@dataclass(frozen=True, slots=True)
class RunResult:
    """One case's run; `picture` is a PNG of it with what was expected and what came, for a failure."""

    case_id: str
    is_right: bool
    outcome: str
    point: tuple[int, int] | None = None
    picture: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RunResults:
    """All of one run; `reading` names the readers and their versions."""

    pack: str
    made_at: str
    reading: str
    results: tuple[RunResult, ...]


def results_to_json(run: RunResults) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "pack": run.pack,
        "made_at": run.made_at,
        "reading": run.reading,
        "results": [
            {
                "id": result.case_id,
                "right": result.is_right,
                "outcome": result.outcome,
                "point": list(result.point) if result.point else None,
                "picture": base64.b64encode(result.picture).decode() if result.picture else None,
            }
            for result in run.results
        ],
    }


def results_from_json(value: Mapping[str, Any], name: str) -> RunResults:
    """Raises PackError."""
    texts = {key: value.get(key, "") for key in ("pack", "made_at", "reading")}
    results = value.get("results")
    is_list = isinstance(results, Sequence) and not isinstance(results, str) and len(results) <= MAX_CASES
    if not is_list or not all(isinstance(text, str) for text in texts.values()):
        raise refuse("json", member=name, why="a value is missing or of the wrong kind")
    assert results is not None
    return RunResults(results=tuple(_result(item, name) for item in results), **texts)


def _result(value: Any, name: str) -> RunResult:
    try:
        point, picture = value.get("point"), value.get("picture")
        if not CASE_ID.fullmatch(value["id"]) or not isinstance(value["right"], bool):
            raise ValueError
        return RunResult(
            case_id=value["id"],
            is_right=value["right"],
            outcome=Outcome(value["outcome"]).value,
            point=(int(point[0]), int(point[1])) if point else None,
            picture=base64.b64decode(picture, validate=True) if picture else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, binascii.Error):
        raise refuse("json", member=name, why="a value is missing or of the wrong kind") from None
