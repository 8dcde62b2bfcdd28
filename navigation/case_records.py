"""What the store keeps of cases: the case itself, sets, what runs came to, exports, and what an import brings. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from navigation.labels import Label
from navigation.records import AttemptDecision, AttemptFinish, AttemptStart, Json, RunStart, ScreenshotMeta
from navigation.sampling import Sample

CaseState = Literal["new", "green", "reopened"]
CaseSource = Literal["label", "import"]
ExportState = Literal["asked", "prepared", "making", "made", "failed", "removed"]

CASE_STATES: Final = ("new", "green", "reopened")
CASE_SOURCES: Final = ("label", "import")
EXPORT_STATES: Final = ("asked", "prepared", "making", "made", "failed", "removed")
EXPORT_FORMS: Final = ("pack", "json", "screenspot", "coco", "label-studio")


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case made of an attempt. `body` is its JSON in the format `navcases/1`, fixed when it was made.

    `label_id` is the label it rests on; `is_outdated` when that does not stand any more. `state` is "reopened" once a
    run did not give the right answer, until somebody has looked or a run is right again. `said` and `picture_id` are
    of the last run: its outcome and, where it was wrong, the picture of it.
    """

    id: str
    attempt_id: str
    application: str
    screen: str
    target_text: str
    body: str
    label_id: str | None
    source: CaseSource
    state: CaseState
    is_outdated: bool
    author_id: str
    author: str
    created_at: datetime
    checked_at: datetime | None = None
    said: str | None = None
    picture_id: str | None = None


@dataclass(frozen=True, slots=True)
class CaseSet:
    """Cases under a name; `cases` counts those that the asker may see."""

    id: str
    name: str
    author_id: str
    author: str
    created_at: datetime
    cases: int = 0


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Every given condition holds; `applications` limits what may be seen at all (None: everything)."""

    state: str = ""
    set_id: str = ""
    application: str = ""
    ids: Sequence[str] | None = None
    applications: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class CaseCheck:
    """What a run of a pack came to for one case; `picture_id` is that of the wrong answer, drawn."""

    case_id: str
    is_right: bool
    outcome: str
    pack: str
    reading: str
    picture_id: str | None
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class CaseExport:
    """Cases that leave. `asked` says which, how, and texts that somebody has vouched for; `reason` is why their
    pictures go as they are, empty for masked ones. `left` are the cases that stay behind: id, why, text."""

    id: str
    author_id: str
    author: str
    form: str
    pictures: str
    reason: str
    asked: Json
    state: ExportState
    created_at: datetime
    cases: int = 0
    left: Sequence[Mapping[str, str]] = ()
    size_bytes: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BroughtCase:
    """One imported case: an attempt of the import's own run, its label, and the case."""

    id: str
    start: AttemptStart
    decision: AttemptDecision | None
    finish: AttemptFinish
    label: Label
    body: str


@dataclass(frozen=True, slots=True)
class Import:
    """Everything that an import adds, in one transaction. `sample` holds the labels, for simulated audits only."""

    runs: Sequence[RunStart]
    pictures: Sequence[ScreenshotMeta]
    cases: Sequence[BroughtCase]
    author_id: str
    author: str
    at: datetime
    sample: Sample | None = None
