"""Runs cases: the engine's answer now against the right one. What pytest, masking and imports judge by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from navigation.cases import NavCase
from navigation.deadline import Deadline
from navigation.engine import Engine
from navigation.errors import SettingsError
from navigation.geometry import contains_point
from navigation.handler import conclude, decide
from navigation.imaging import Screenshot
from navigation.packs.format import Manifest
from navigation.packs.reading import Pack, opened_pack
from navigation.packs.refusals import refuse
from navigation.settings import Settings, Thresholds
from navigation.textfold import fold
from navigation.types import NavigateResult, Outcome

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What the engine says of a case; `answer` holds everything it saw."""

    case: NavCase
    answer: NavigateResult

    @property
    def is_right(self) -> bool:
        """The outcome is one of those expected and, where it presses, it presses in an acceptable box."""
        expected, point = self.case.expected, self.answer.point_px
        if self.answer.outcome not in expected.outcomes:
            return False
        return not expected.boxes or (point is not None and any(contains_point(box, point) for box in expected.boxes))

    @property
    def sentence(self) -> str:
        """What was expected and what came, for whoever reads a test's failure."""
        case, expected, point = self.case, self.case.expected, self.answer.point_px
        wanted = " or ".join(expected.outcomes)
        where = " in " + " or ".join(f"({b.x}, {b.y}, {b.w} x {b.h})" for b in expected.boxes) if expected.boxes else ""
        got = f"{self.answer.outcome}" + (f" at ({point.x}, {point.y})" if point else "")
        return (
            f"“{case.action.target.text}” on {case.screen or 'a screen'} of {case.application}: "
            f"expected {wanted}{where}, got {got}. {self.answer.reason.sentence()}"
        )


def run_case(engine: Engine, case: NavCase, before: Screenshot, after: Screenshot | None = None) -> CaseResult:
    """Ask the engine as a robot would, and judge the press where the case has a picture after it. Raises OcrError."""
    deadline = Deadline.after(engine.settings.budget_s)
    answer = decide(engine, case.action, before, deadline=deadline)
    if after is not None and answer.outcome is Outcome.OK:
        answer = conclude(engine, case.action, answer, before, after, deadline=deadline)
    return CaseResult(case, answer)


def configured(settings: Settings, configuration: Mapping[str, Any]) -> Settings:
    """This machine's settings with the thresholds and the language of a pack. Raises PackError for unusable ones."""
    values = configuration.get("thresholds", {})
    language = configuration.get("language", settings.language)
    try:
        thresholds = replace(settings.thresholds, **values) if values else settings.thresholds
    except (TypeError, SettingsError):
        thresholds = None
    if not isinstance(thresholds, Thresholds) or not re.fullmatch(r"[a-z]{3}(?:\+[a-z]{3}){0,3}", str(language)):
        raise refuse("json", member="manifest.json", why="a value is missing or of the wrong kind")
    return replace(settings, thresholds=thresholds, language=str(language))


def engine_for(manifest: Manifest, *, reader: str | None = None, settings: Settings | None = None) -> Engine:
    """An engine that decides as the pack's configuration says, with one reader where it is named."""
    settings = configured(settings or Settings.from_env(), manifest.configuration)
    return Engine(replace(settings, readers=(reader,)) if reader else settings)


class Session(AbstractContextManager["Session"]):
    """One pack opened to be run; the engine starts with the first case, and reads each picture once."""

    def __init__(self, path: Path, *, reader: str | None = None) -> None:
        self._closing = ExitStack()
        self.pack: Pack = self._closing.enter_context(opened_pack(path))
        self._cases = {case.id: case for case in self.pack.cases}
        self._reader = reader
        self._engine: Engine | None = None

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            self._engine = engine_for(self.pack.manifest, reader=self._reader)
        return self._engine

    def run(self, case_id: str) -> CaseResult:
        """Raises OcrError, or PackError for a picture that is not what it says."""
        case = self._cases[case_id]
        after = self.pack.picture(case.picture_after.id) if case.picture_after else None
        return run_case(self.engine, case, self.pack.picture(case.picture.id), after)


def named_cases(path: Path) -> list[Any]:
    """The ids of a pack's cases for `pytest.mark.parametrize`, with readable names."""
    import pytest

    with opened_pack(path) as pack:
        names = readable_names(pack.cases)
        return [pytest.param(case.id, id=names[case.id]) for case in in_order(pack.cases)]


def in_order(cases: tuple[NavCase, ...]) -> list[NavCase]:
    """Cases on one picture side by side, so that it is read once and let go."""
    return sorted(cases, key=lambda c: (c.application, c.screen, c.picture.id, c.action.target.text, c.id))


def readable_names(cases: tuple[NavCase, ...]) -> dict[str, str]:
    """A readable name of each case by id: application, screen and target; numbered where that is not one case's."""
    names: dict[str, str] = {}
    taken: dict[str, int] = {}
    for case in in_order(cases):
        parts = (case.application, case.screen, case.action.target.text)
        name = "-".join(_plain(part) for part in parts if _plain(part)) or _plain(case.id)
        taken[name] = taken.get(name, 0) + 1
        names[case.id] = name if taken[name] == 1 else f"{name}-{taken[name]}"
    return names


def _plain(text: str) -> str:
    return _NOT_IN_NAMES.sub("_", fold(text)).strip("_")[:40]
