"""What a profile and a workflow say, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from navigation.types import NormBox, Outcome, PressKind, TargetKind
from navigation.workflows.problems import Place

EVERY_LANGUAGE: Final = ""
"""Stands for all languages of a profile where a text is the same in each."""
KEYS: Final = (
    "Enter", "Tab", "Escape", "Space", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown", "ArrowLeft",
    "ArrowUp", "ArrowRight", "ArrowDown",
)  # fmt: skip
PRESSES: Final[tuple[PressKind, ...]] = ("single", "double", "right")
MAX_STEPS: Final = 200
MOST_LIMIT_S: Final = 180.0
"""A step's time is at most that of an attempt."""

RETRIED: Final = frozenset(
    {
        Outcome.WRONG_SCREEN, Outcome.ABSENT, Outcome.LOW_CONFIDENCE, Outcome.AMBIGUOUS, Outcome.DISABLED,
        Outcome.OCR_UNAVAILABLE, Outcome.OCR_TIMEOUT, Outcome.OCR_FAILED, Outcome.VLM_UNAVAILABLE,
        Outcome.VLM_INVALID, Outcome.TIMEOUT,
    }
)  # fmt: skip
"""What a step may be tried again after, and only while nothing was pressed."""

Texts = Mapping[str, tuple[str, ...]]
"""Texts by language, or under EVERY_LANGUAGE."""


def in_language(texts: Texts, language: str) -> tuple[str, ...]:
    return texts.get(language, texts.get(EVERY_LANGUAGE, ()))


# --- profiles -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProfileScreen:
    """What a screen is known by. `present` may hold parameters of a workflow, `{ipp}`."""

    present: Texts
    absent: Texts
    banner: NormBox | None
    is_without_patient: bool
    parameters: frozenset[str]
    place: Place

    @property
    def says_whose(self) -> bool:
        return self.banner is not None or self.is_without_patient


@dataclass(frozen=True, slots=True)
class ProfileTarget:
    """A control by its texts. `is_secret`: a field into which nothing but secrets are typed."""

    text: Texts
    synonyms: Texts
    kind: TargetKind
    region: NormBox | None
    allow_disabled: bool
    is_secret: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Profile:
    application: str
    languages: tuple[str, ...]
    screens: Mapping[str, ProfileScreen]
    targets: Mapping[str, ProfileTarget]


# --- workflows ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Given:
    """A text that stands in the file, or the parameter that a run brings. Exactly one of the two."""

    text: str | None = None
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Navigate:
    """Find a target of the profile on the screen `before`, press it, and be on the screen `after`."""

    target: str
    before: str | None
    after: str | None
    near: Given | None
    occurrence: int | None
    press: PressKind
    is_login: bool


@dataclass(frozen=True, slots=True)
class Verify:
    screen: str


@dataclass(frozen=True, slots=True)
class Click:
    """Press once more where the step above pressed."""

    press: PressKind


@dataclass(frozen=True, slots=True)
class Type:
    """Type into the field that the step above pressed: one of the three, and a secret by its name only."""

    secret: str | None = None
    parameter: str | None = None
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Key:
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    seconds: float


@dataclass(frozen=True, slots=True)
class Capture:
    """Keep a screenshot."""


@dataclass(frozen=True, slots=True)
class AskHuman:
    question: str


Deed = Navigate | Verify | Click | Type | Key | Wait | Capture | AskHuman
TYPES: Final[Mapping[type[Deed], str]] = {
    Navigate: "navigate", Verify: "verify", Click: "click", Type: "type", Key: "key", Wait: "wait",
    Capture: "capture", AskHuman: "ask_human",
}  # fmt: skip
BLIND: Final = (Click, Type, Key)
"""Deeds that rest on what the step right above pressed."""

ThenKind = Literal["next", "stop", "goto", "hand_over"]
NEXT: Final = "next"
AGAIN: Final = "again"
"""Where a run goes on after a person had it: at the step after, or at the same one; or at a step by its name."""


@dataclass(frozen=True, slots=True)
class Then:
    """What follows an outcome. `step`: where `goto` leads, or where a run goes on once a person resumed it; "" where
    the file does not say."""

    kind: ThenKind
    step: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    on: frozenset[Outcome]
    times: int
    wait_s: float


@dataclass(frozen=True, slots=True)
class Step:
    """`places` says where in the file its parts stand: "deed", "retry", "on.absent"…"""

    name: str
    deed: Deed
    on: Mapping[Outcome, Then]
    retry: Retry | None
    limit_s: float
    place: Place
    places: Mapping[str, Place]

    @property
    def type(self) -> str:
        return TYPES[type(self.deed)]

    @property
    def is_login(self) -> bool:
        return isinstance(self.deed, Navigate) and self.deed.is_login

    def at(self, part: str) -> Place:
        return self.places.get(part, self.place)


@dataclass(frozen=True, slots=True)
class Workflow:
    """`is_about_patient`: a run of it names the patient whose record it may touch."""

    name: str
    application: str
    parameters: Mapping[str, Place]
    is_about_patient: bool
    steps: Sequence[Step]

    def index_of(self, name: str) -> int | None:
        return next((index for index, step in enumerate(self.steps) if step.name == name), None)
