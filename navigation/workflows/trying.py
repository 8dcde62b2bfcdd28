"""A profile tried on screens that were read before: which it recognises, and which of its targets are found on them.

The engine's own decisions on stored pages; nothing is read and nothing pressed. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from navigation.grounding import ground_page
from navigation.settings import Thresholds
from navigation.textfold import fold
from navigation.types import Grounding, GroundingOutcome, Page, Screen, Target
from navigation.visual_verifier import verify_before
from navigation.workflows.model import Profile, ProfileScreen, ProfileTarget, in_language
from navigation.workflows.profiles import has_parameter

ALIKE: Final = 0.7
"""Share of texts in common (Jaccard) from which two pictures show one screen: other patients, other times of day."""
_BETTER: Final[Sequence[GroundingOutcome]] = ("found", "ambiguous", "disabled", "low_confidence", "absent")


@dataclass(frozen=True, slots=True)
class Tried:
    """What a profile makes of one page: the screens that it is, those it nearly is, and how each target is found."""

    screens: tuple[str, ...]
    nearly: tuple[str, ...]
    targets: Mapping[str, GroundingOutcome]


@dataclass(frozen=True, slots=True)
class ScreenTally:
    """Captures by their number. `is_tried` is false for a screen known by parameters only."""

    name: str
    is_tried: bool
    recognised: Sequence[int]
    nearly: Sequence[int]


@dataclass(frozen=True, slots=True)
class TargetTally:
    """On how many captures a target ended in each way; `found` and `ambiguous` say on which."""

    name: str
    outcomes: Mapping[GroundingOutcome, int]
    found: Sequence[int]
    ambiguous: Sequence[int]


@dataclass(frozen=True, slots=True)
class Tally:
    """All captures together. `conflicts`: more than one screen is sure; `lost` and `moved`: recognised by the version
    in use and now by no screen, or by other ones (was, is)."""

    count: int
    screens: Sequence[ScreenTally]
    targets: Sequence[TargetTally]
    conflicts: Mapping[int, Sequence[str]]
    unclaimed: Sequence[int]
    lost: Mapping[int, Sequence[str]]
    moved: Mapping[int, tuple[Sequence[str], Sequence[str]]]


def try_page(profile: Profile, page: Page, limits: Thresholds) -> Tried:
    """A page under every screen and target of a profile, in whichever of its languages does best."""
    statuses = {name: _status(profile, screen, page, limits) for name, screen in profile.screens.items()}
    return Tried(
        tuple(name for name, status in statuses.items() if status == "passed"),
        tuple(name for name, status in statuses.items() if status == "ambiguous"),
        {name: find_target(profile, target, page, limits).outcome for name, target in profile.targets.items()},
    )


def asked_screen(screen: ProfileScreen, language: str) -> Screen:
    """What is asked of a stored page: a screen less the texts that only a run can fill."""
    present, absent = (
        tuple(text for text in in_language(texts, language) if not has_parameter(text))
        for texts in (screen.present, screen.absent)
    )
    return Screen(present, absent)


def find_target(profile: Profile, target: ProfileTarget, page: Page, limits: Thresholds) -> Grounding:
    """The target on a page, in the language in which it is found best."""
    answers = [
        ground_page(page, _asked_target(target, language), limits)
        for language in profile.languages
        if in_language(target.text, language)
    ]
    return min(answers, key=lambda answer: (_BETTER.index(answer.outcome), -(answer.score or 0)))


def tally(profile: Profile, tried: Sequence[Tried], before: Sequence[Tried]) -> Tally:
    """Everything together; `before` is what the version in use makes of the same captures (empty: there is none)."""
    numbered = list(enumerate(tried))
    earlier = [one.screens for one in before] or [()] * len(tried)
    return Tally(
        len(tried),
        [
            ScreenTally(
                name,
                _is_tried(profile, screen),
                [number for number, one in numbered if name in one.screens],
                [number for number, one in numbered if name in one.nearly],
            )
            for name, screen in profile.screens.items()
        ],
        [
            TargetTally(
                name,
                Counter(one.targets[name] for one in tried),
                [number for number, one in numbered if one.targets[name] == "found"],
                [number for number, one in numbered if one.targets[name] == "ambiguous"],
            )
            for name in profile.targets
        ],
        {number: one.screens for number, one in numbered if len(one.screens) > 1},
        [number for number, one in numbered if not one.screens],
        {number: earlier[number] for number, one in numbered if earlier[number] and not one.screens},
        {
            number: (earlier[number], one.screens)
            for number, one in numbered
            if earlier[number] and one.screens and not set(earlier[number]) & set(one.screens)
        },
    )


def distinct(pages: Sequence[Page]) -> list[tuple[int, int]]:
    """The first page of each screen that looks different, by its number, and how many look like it."""
    kinds: list[tuple[int, frozenset[str]]] = []
    counts: Counter[int] = Counter()
    for number, page in enumerate(pages):
        texts = frozenset(fold(phrase.text) for phrase in page.phrases)
        alike = next((first for first, known in kinds if _share(texts, known) >= ALIKE), None)
        if alike is None:
            kinds.append((number, texts))
            alike = number
        counts[alike] += 1
    return [(number, counts[number]) for number, _ in kinds]


def _status(profile: Profile, screen: ProfileScreen, page: Page, limits: Thresholds) -> str:
    asked = [asked_screen(screen, language) for language in profile.languages]
    found = {verify_before(page, one, limits).status for one in asked if one.present}
    return "passed" if "passed" in found else "ambiguous" if "ambiguous" in found else "failed"


def _is_tried(profile: Profile, screen: ProfileScreen) -> bool:
    return any(asked_screen(screen, language).present for language in profile.languages)


def _asked_target(target: ProfileTarget, language: str) -> Target:
    return Target(
        in_language(target.text, language)[0],
        target.kind,
        in_language(target.synonyms, language),
        region=target.region,
        allow_disabled=target.allow_disabled,
    )


def _share(some: frozenset[str], others: frozenset[str]) -> float:
    return len(some & others) / len(some | others) if some or others else 1.0
