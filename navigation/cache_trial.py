"""What a cache policy would have done on recorded attempts: each is asked for and learned again, in order of time.

`recall` and `learn` are the engine's own, on a fresh memory. Two things are not as they were: nothing is remembered
of what came before the first attempt, and a doubtful place is not read from the picture but on the stored page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from navigation.cache import CacheEntry, CacheKey, MemoryCache
from navigation.geometry import contains_point, share_inside
from navigation.grounding import ground_page
from navigation.protocols import RgbImage
from navigation.remembered import CacheScope, key_of, learn, recall
from navigation.settings import CachePolicy, Thresholds
from navigation.types import Box, Grounding, Page, Point, Size, Target

Kind = Literal["gained", "kept", "wrong", "unproven", "caught", "lost", "read"]
KINDS: Final[tuple[Kind, ...]] = ("gained", "kept", "wrong", "unproven", "caught", "lost", "read")
"""What came of one attempt. With the place that is remembered: "gained", the right place, where the screen was read;
"kept", the right place, which was remembered then, too; "wrong", another place; "unproven", nobody knows. Without:
"caught", what was remembered then was pressed wrongly; "lost", what was remembered then was right; "read", as then."""

HITS: Final[tuple[Kind, ...]] = ("gained", "kept", "wrong", "unproven")
VERSION: Final = 1
"""Of the walk: another one may answer the same question otherwise."""
NAMED: Final = 40
_IN_THE_BOX = 0.5  # share of a phrase that lies in the place that is read


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of an attempt's target: where it is (`right`), where it is not (`wrong`), that it is nowhere.

    A person's word comes first; without one, the verification after the press says whether it was the place.
    """

    right: Box | None = None
    wrong: Box | None = None
    is_absent: bool = False

    def of(self, point: Point) -> bool | None:
        """Whether a press there is right; None where nobody knows."""
        if self.is_absent:
            return False
        if self.right is not None:
            return contains_point(self.right, point)
        return False if self.wrong is not None and contains_point(self.wrong, point) else None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An attempt that looked for its target, as the trial needs it.

    Attributes:
        scope: with where the screen's texts stood on the picture, as it was verified.
        page: what was read on the picture before; `limits` what was decided by.
        grounding: the answer then.
        has_landed: what the verification after the press said; None when there was none.
        at: when it was looked for; `verified_at` when the press was verified.
    """

    id: str
    target: Target
    scope: CacheScope
    size: Size
    page: Page | None
    limits: Thresholds
    grounding: Grounding
    has_landed: bool | None
    truth: Truth
    at: datetime
    verified_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of all attempts under one policy. `doubtful` are the places that were read on the stored page.

    `named` are ids of attempts by kind, oldest first, at most `NAMED` of each.
    """

    kinds: Mapping[Kind, int]
    doubtful: int
    named: Mapping[Kind, Sequence[str]]

    @property
    def hits(self) -> int:
        return sum(self.kinds[kind] for kind in HITS)


@dataclass
class Walk:
    """One policy's way through the attempts; the memory is its own."""

    policy: CachePolicy
    cache: MemoryCache = field(init=False)
    _kinds: Counter[Kind] = field(default_factory=Counter)
    _named: dict[Kind, list[str]] = field(default_factory=dict)
    _doubtful: int = 0

    def __post_init__(self) -> None:
        self.cache = MemoryCache(self.policy)

    def needs_picture(self, attempt: Recorded) -> bool:
        """Whether the next step looks at the attempt's picture: something is remembered, or may be learned."""
        key = key_of(attempt.target, attempt.scope, attempt.size)
        may_learn = attempt.has_landed or attempt.truth.right is not None
        return key is not None and (may_learn or self.cache.get(key) is not None)

    def step(self, attempt: Recorded, rgb: RgbImage | None) -> Kind | None:
        """What would have come of the attempt, and remember what would have been learned of it.

        None for a target that is never remembered. `rgb` is the picture before; None where it is not needed.
        """
        key = key_of(attempt.target, attempt.scope, attempt.size)
        if key is None:
            return None
        found = self._recall(attempt, rgb) if rgb is not None else None
        kind = _kind_of(attempt, found)
        self._learn(key, attempt, found, rgb)
        self._kinds[kind] += 1
        named = self._named.setdefault(kind, [])
        if len(named) < NAMED:
            named.append(attempt.id)
        return kind

    @classmethod
    def resumed(cls, policy: CachePolicy, entries: Mapping[CacheKey, CacheEntry], counts: Counts) -> Walk:
        """A walk that goes on where another one had come to."""
        walk = cls(policy)
        walk.cache = MemoryCache(policy, entries)
        walk._kinds, walk._doubtful = Counter(counts.kinds), counts.doubtful
        walk._named = {kind: list(ids) for kind, ids in counts.named.items()}
        return walk

    def counts(self) -> Counts:
        named = {kind: tuple(self._named.get(kind, ())) for kind in KINDS}
        return Counts({kind: self._kinds[kind] for kind in KINDS}, self._doubtful, named)

    def _recall(self, attempt: Recorded, rgb: RgbImage) -> Grounding | None:
        def read_line(box: Box) -> str:
            self._doubtful += 1
            return text_in(attempt.page, box)

        return recall(
            self.cache, rgb, attempt.target, attempt.scope, page=attempt.page, read_line=read_line, policy=self.policy,
            limits=attempt.limits, now=attempt.at,
        )  # fmt: skip

    def _learn(self, key: CacheKey, attempt: Recorded, found: Grounding | None, rgb: RgbImage | None) -> None:
        """As the engine does after a press: a verified one is remembered, a failed one of the memory is put aside."""
        used = found or _read(attempt)
        if used is None or used.point_px is None:
            return
        landed = _has_landed(attempt, used.point_px)
        if landed and rgb is not None:
            learn(self.cache, rgb, attempt.target, used, attempt.scope, now=attempt.verified_at)
        elif landed is False and used.method == "cache":
            self.cache.contradict(key, attempt.verified_at)


def text_in(page: Page | None, box: Box) -> str:
    """What was read in a place of a page, from left to right."""
    if page is None:
        return ""
    here = [phrase for phrase in page.phrases if share_inside(phrase.box, box) >= _IN_THE_BOX]
    return " ".join(phrase.text for phrase in sorted(here, key=lambda phrase: phrase.box.x))


def _kind_of(attempt: Recorded, found: Grounding | None) -> Kind:
    was_remembered = attempt.grounding.method == "cache"
    if found is not None and found.point_px is not None:
        is_right = attempt.truth.of(found.point_px)
        if is_right is None:
            return "unproven"
        return "wrong" if not is_right else "kept" if was_remembered else "gained"
    point = attempt.grounding.point_px
    was_right = attempt.truth.of(point) if was_remembered and point is not None else None
    return "read" if was_right is None else "lost" if was_right else "caught"


def _read(attempt: Recorded) -> Grounding | None:
    """What reading gives: the answer then, or, where that came from the memory, what stands on the page."""
    if attempt.grounding.method != "cache":
        return attempt.grounding if attempt.grounding.outcome == "found" else None
    if attempt.page is None:
        return None
    found = ground_page(attempt.page, attempt.target, attempt.limits)
    return found if found.outcome == "found" else None


def _has_landed(attempt: Recorded, point: Point) -> bool | None:
    """What the verification says of a press there: then's word for then's place, else what is known of the place."""
    box = attempt.grounding.box_px
    return attempt.has_landed if box is not None and contains_point(box, point) else attempt.truth.of(point)


def counts_to_json(counts: Counts) -> dict[str, Any]:
    return {
        "kinds": dict(counts.kinds),
        "doubtful": counts.doubtful,
        "named": {kind: list(ids) for kind, ids in counts.named.items() if ids},
    }


def counts_from_json(value: Mapping[str, Any]) -> Counts:
    kinds, named = value["kinds"], value["named"]
    return Counts(
        {kind: int(kinds.get(kind, 0)) for kind in KINDS},
        int(value["doubtful"]),
        {kind: tuple(named.get(kind, ())) for kind in KINDS},
    )
